"""Every defect of the catalogue is found where it is, and only there: recall and precision over cells with a truth."""

from dataclasses import dataclass, field

import pyarrow as pa
import pytest
from babel.numbers import get_currency_precision

from cutover.core.cleansing import NEVER, REMEDIES, Parameters
from cutover.core.cleansing.codes import currency_codes
from cutover.core.defects import CELL, DEFECTS, FAMILIES
from cutover.core.defects.numbers import ZERO_DECIMALS


@dataclass(frozen=True)
class Truth:
    """Rows with the defect and rows without; a row is a text, or a tuple in the order of `roles`."""

    bad: list[object]
    good: list[object]
    roles: tuple[str, ...] = (CELL,)
    parameters: Parameters = field(default_factory=Parameters)


def misread(text: str, encoding: str) -> str:
    return text.encode(encoding).decode("latin-1")


UNITS = Parameters(values={"PCE": None, "KG": None})
LONG = "上海华信智能装备有限责任公"
TRUTHS: dict[str, Truth] = {
    "T01": Truth(
        [misread("上海贸易", "gb18030"), misread("客户编码", "utf-8")],
        ["Müller GmbH", "Citroën", "上海", "Ærøskøbing", "naïve café", ""],
    ),
    "T02": Truth(
        ["諦誧晤鎢", "�ͻ�"], ["客户编码", "NAME"], parameters=Parameters(values={"客户编码": None, "NAME": None})
    ),
    "T03": Truth(
        ["涓婃捣", "鍖椾含", "MÃ¼ller", "CitroÃ«n"],
        ["上海", "北京华信有限公司", "Müller", "深圳市", "É", "沪", "A"],
    ),
    "T04": Truth(["锟斤拷公司", "上\ufffd海", "上?海", "张?三", "???"], ["上海", "what?", "价格?", "?"]),
    "T05": Truth(["\ufeff客户编码", "ï»¿NO", "Ã¯Â»Â¿NO"], ["客户编码", "NO", "a\ufeffb"]),
    "T06": Truth(["上海\u3000", "a\u00a0b", "a\u200bb", " a", "a ", "a  b", "a\tb"], ["a b", "上海", ""]),
    "T07": Truth(["ＡＢ１２", "Ａ1", "12－3", "（1）"], ["AB12", "上海，浦东（新区）！", "10²", "①", "㎡"]),
    "T08": Truth(["华信（上海）", "华信(上海)", "A—B", "A-B"], ["华信上", "A·C"]),
    "T09": Truth(["華信貿易", "华信贸易"], ["臺灣", "上海"]),
    "T10": Truth(["张䶮", "𠮷野", "王?"], ["张三", "王"]),
    "T11": Truth(["第一行\n第二行", 'a "b"'], ["第一行", "a, b", "a; b"]),
    "T12": Truth(
        [LONG, LONG[:-1] + "司", LONG[:-1] + "会"],
        ["华信", "上海华信", "abc", "FR-R92B-58AB2", "FR-R92B-58AB3", "FR-R92B-58AB4"],
    ),
    "T13": Truth(["9111O000600037341L", "АB12", "12O45678"], ["91110000600037341L", "AB12", "Иванов", "MODEL", "I2C"]),
    "T14": Truth(
        ["TEST", "测试客户", "某公司（作废）", "DO NOT USE", "无", "/", "-", "999", "test kunde", "N/A"],
        ["TESTO AG", "无锡机械", "A-1", "1999", "Contest", "NA"],
    ),
    "N01": Truth(["4380.31-", "5-", "1,000.00-"], ["-4380.31", "5", "2024-01", "-"]),
    "N02": Truth(["1.234,56", "1,234.56", "1,5", "1 234,50"], ["1234.56", "12", "a,b", "1.5", "12.000"]),
    "N03": Truth(["(123.45)", "5.00 CR", "贷 3", "H", "1.00DR"], ["123.45", "(a)", "S", "CRM", "-5"]),
    "N04": Truth(
        [("12.34", "JPY"), ("5.00", "KRW")], [("12.34", "CNY"), ("1234", "JPY"), ("x", "JPY")], ("amount", "currency")
    ),
    "N05": Truth(
        ["1.10105E+17", "1E+05", "1101051949123100", "110105194912310000"],
        ["11010519491231002X", "000000000010000100", "12E", "1E5", "2E4", "1000000", "123456789012345"],
    ),
    "N06": Truth(
        ["100 pcs", "约100", "12.5万", "5kg", "30 ℃", "~5"], ["100", "A100", "5.0", "M8x20", "9111010512345678X"]
    ),
    "N07": Truth(["940.99999999999989", "0.30000000000000004"], ["940.99", "0.333333333333", "1.123456789", "3"]),
    "N08": Truth(
        [("1.25", "B"), ("2.50", "B")],
        [("12500", "A"), ("25000", "A"), ("18000", "C"), ("20000", "C")],
        ("amount", "sheet"),
    ),
    "N09": Truth(
        [("10", "250.00", "25.00"), ("3", "1000", "3.00")],
        [("10", "2.50", "25.00"), ("1", "0", "0")],
        ("quantity", "price", "amount"),
    ),
    "N10": Truth(
        [("3", "2.00", "6.50"), ("3", "2.00", "6.02")],
        [("3", "2.00", "6.00"), ("3", "2.003", "6.01"), ("x", "1", "1")],
        ("quantity", "price", "amount"),
    ),
    "N11": Truth(["0.13", "0.06"], ["13", "16", "6", "0", "x"]),
    "N12": Truth(["-1", "999999", "9999.00", "-9999"], ["1", "-2", "99", "19999"]),
    "N13": Truth([("-5", "1"), ("3", "0"), ("5-", "1")], [("5", "1.00"), ("0", "0"), ("x", "1")], ("quantity", "cost")),
    "N14": Truth(
        [("0.01", "2023-01-01"), ("-0.05", "20230201")],
        [("0.01", "2024-06-01"), ("5.00", "2023-01-01"), ("0", "2022-01-01"), ("1", "2024-07-01")],
        ("open", "due"),
    ),
    "D01": Truth(["00000000", "0000-00-00", "0000-00-00 00:00:00", "", "  "], ["20250101", "0", "000000001"]),
    "D02": Truth(["99991231", "9999-12-31", "31.12.9999"], ["20991231", "9999"]),
    "D03": Truth(["1900-01-01", "19700101", "1899-12-30"], ["1900-01-02", "2000-01-01"]),
    "D04": Truth(["45731", "20000", "45731.0"], ["1234", "19999", "60001", "2025-03-15", "457310"]),
    "D05": Truth(["03/04/2021", "1.2.2021"], ["2021-04-03", "20210403", "3/4/21"]),
    "D06": Truth(
        ["2021-02-30", "20210229", "2021/13/01", "20230431"],
        ["2020-02-29", "20210228", "00000000", "99991231", "x", "12345678901", "42487730"],
    ),
    "D07": Truth(
        ["2021年3月5日", "2021.3", "21-3-5", "民国110年3月5日", "2021-03"],
        ["2021-03-05", "20210305", "21", "1234.56", "2021.13", "张月", "年轻"],
    ),
    "D08": Truth(
        ["2021-03-05 08:00:00", "2021-03-05T08:00"], ["2021-03-05T08:00:00Z", "2021-03-05", "2021-03-05 08:00:00+08:00"]
    ),
    "D09": Truth(
        [("2021-03-05", "2021-03-01"), ("20210305", "20210301")],
        [("2021-03-01", "2021-03-05"), ("x", "2021-03-01"), ("2021-03-01", "2021-03-01")],
        ("start", "end"),
    ),
    "D10": Truth(["2024-02-04", "2024-10-01", "1990-01-01"], ["2024-02-05", "2024-02-11", "2024-03-02", "x"]),
    "K01": Truth(["1200", "77"], ["0000001200", "0000000077", "A12"]),
    "K02": Truth(["M8x20", "M8×20", "m8*20"], ["M8x25", "M10"]),
    "K03": Truth(["1", "1"], ["2", "3", ""], ("key",)),
    "K04": Truth(
        [
            ("华信（上海）精密机械有限公司", "A1"),
            ("华信(上海)精密机械有限公司", "B2"),
            ("远大贸易", "C3"),
            ("另一家", "C3"),
        ],
        [("北京长城电子", "D4"), ("广州珠江物流有限公司", ""), ("北京故宫文化", "")],
        ("name", "identity"),
    ),
    "K05": Truth([("100", "T1"), ("100", "T2")], [("200", "T3"), ("200", "T3"), ("300", "")], ("key", "identity")),
    "K06": Truth(["1001", "SH1001x"], ["SH-1001", "BJ77"]),
    "K07": Truth([("9", "1"), ("X", "2")], [("1", "3"), ("0002", "4"), ("", "5")], ("reference", "key")),
    "K08": Truth([("A", "B"), ("B", "A"), ("C", "C")], [("A", "D"), ("D", "E"), (None, "A")], ("parent", "child")),
    "K09": Truth(["NA", "NULL", "n/a", "nan", "#N/A"], ["NAMIBIA", "Nan", "", "0", "CN"]),
    "K10": Truth([("X", "500.00"), ("1", "-2")], [("X", "0.00"), ("", "500"), ("X", "")], ("flag", "open")),
    "K11": Truth(
        [("CPD", "甲"), ("CPD", "乙"), ("CPD", "丙")],
        [("100", "丁"), ("100", "丁"), ("200", "戊"), ("200", "己")],
        ("account", "name"),
    ),
    "K12": Truth(
        [("1001", "", "500")],
        [("100101", "1001", "500"), ("1002", "", "0"), ("100201", "1002", "3"), ("9", "9", "4")],
        ("account", "parent", "balance"),
    ),
    "C01": Truth(
        ["91110000600037341M", "9111000060003734IL"], ["91110000600037341L", "110108001234567", "91110000600037341l"]
    ),
    "C02": Truth(["110108001234567", "12345678-9", "12345678X"], ["91110000600037341L", "1234", "12345678"]),
    "C03": Truth(["11010519491231002x", "110105491231002", "110105194912310021", "abc"], ["11010519491231002X"]),
    "C04": Truth(
        ["138 0013 8000", "0086-21-61234567", "021-61234567转8001", "61234567", "13800138000/13900139000"],
        ["+8613800138000", "+862161234567", ""],
    ),
    "C05": Truth(
        ["华信有限责任公司", "华信有限公司", "长城电子上海分公司", "甲公司（曾用名乙公司）"],
        ["长城电子有限公司", "北京公司"],
    ),
    "C06": Truth(
        ["浦东新区世纪大道1号", "世纪大道1号", "上海市卢湾区淮海路", "吉林市"],
        ["上海市浦东新区世纪大道1号", "中国广东省深圳市", "1 Main St", "新疆维吾尔自治区"],
    ),
    "C07": Truth(
        ["6222 0212 3456 7890 123", "62220212345", "6222-0212-3456-7890"], ["6222021234567890123", "102100099996"]
    ),
    "C08": Truth(["1234567", "123", "2.3E+19"], ["01234567", "24312000000012345678", "1100123456"]),
    "C09": Truth(
        [("17", "2019-06-01"), ("16", "20180401"), ("13", "2016-05-01")],
        [("17", "2018-04-30"), ("16", "2018-05-01"), ("13", "2019-04-01"), ("6", "2019-06-01")],
        ("rate", "day"),
    ),
    "C10": Truth(["个", "pcs", "箩"], ["PCE", "KG"], parameters=UNITS),
    "C11": Truth(["RMB", "￥", "人民币", "DEM", "cny"], ["CNY", "USD", "EUR"]),
    "C12": Truth(["中国大陆", "Germany", "de"], ["CN", "DE", "NA"]),
    "C13": Truth(["张 三", "李 小 龙", "王\u3000五"], ["张三", "李小龙", "上海 北京", "Li Xi"]),
    "M01": Truth(
        [("箱", "个", "0"), ("箱", "个", ""), ("KG", "G", "1000"), ("G", "KG", "0.01")],
        [("打", "个", "12"), ("T", "KG", "1000"), ("KG", "T", "0.001")],
        ("from_unit", "to_unit", "factor"),
    ),
    "M02": Truth(["", "  "], ["Z030", "0"]),
    "M03": Truth(["a@b.com; c@d.org", "a@", "nobody", "a b@c.de"], ["a@b.com", "", "vertrieb@müller.de"]),
    "M04": Truth(["won", "成交"], ["PCE", "KG"], parameters=UNITS),
    "M05": Truth(
        [("10", "10", "open"), ("10", "12", "")],
        [("10", "10", "closed"), ("10", "9", "open"), ("0", "0", "open")],
        ("ordered", "delivered", "status"),
    ),
    "M06": Truth(
        [("1000", "300", "650", "5"), ("1000", "300", "700", "0")],
        [("1000", "300", "700", "5")],
        ("cost", "accumulated", "net", "life"),
    ),
    "M07": Truth([("100", ""), (None, "5")], [("100", "720"), ("", "")], ("document", "local")),
    "M08": Truth(
        [
            ("100", "90", "5", "S1", "", "", ""),
            ("10", "10", "0", "S2", "", "", ""),
            ("10", "9", "1", "S2", "", "", ""),
            ("1", "1", "0", "S4", "S99", "", ""),
            ("1", "1", "0", "", "", "P1", "R1"),
            ("1", "1", "0", "", None, "P1", "R2"),
        ],
        [
            ("100", "90", "10", "S3", "", "P2", "R1"),
            ("1", "1", "0", "", "", "P2", "R1"),
            ("1", "1", "0", "S5", "S3", "P3", ""),
            ("1", "1", "0", "", "", "P3", "R3"),
        ],
        ("input", "good", "scrap", "serial", "parent", "item", "routing"),
    ),
    "M09": Truth(
        [("4711", ""), ("4712", "00000000"), ("1", None)], [("4711", "2026-01-01"), ("", "")], ("lot", "expiry")
    ),
    "M10": Truth(
        ["密码: abc123", "联系 13800138000", "身份证 11010519491231002X", "Password=x"],
        ["请优先", "4711", "2024-01-01", "PO 1234567890", "000000000010000123", "80108059-0002-4253-A805-53A232F3B2E1"],
    ),
}


def table_of(truth: Truth) -> tuple[pa.Table, dict[str, str]]:
    lines = [line if isinstance(line, tuple) else (line,) for line in (*truth.bad, *truth.good)]
    columns = {f"Col {role}": pa.array([line[n] for line in lines], pa.string()) for n, role in enumerate(truth.roles)}
    numbers = pa.array(range(100, 100 + len(lines)), pa.int64())
    return pa.table({"_row": numbers, **columns}), {role: f"Col {role}" for role in truth.roles}


@pytest.mark.parametrize("defect", DEFECTS)
def test_a_defect_is_found_where_it_is_and_nowhere_else(defect: str) -> None:
    truth = TRUTHS[defect]
    rows, columns = table_of(truth)
    assert truth.bad and truth.good
    found = set(DEFECTS[defect].detector.find(rows, columns, truth.parameters).to_pylist())
    listed = set(range(100, 100 + len(truth.bad)))
    missed, wrong = listed - found, found - listed
    recall, precision = 1 - len(missed) / len(listed), 1 - len(wrong) / max(len(found), 1)
    told = [(truth.bad + truth.good)[row - 100] for row in sorted(missed | wrong)]
    assert (recall, precision) == (1, 1), (told, missed, wrong)


@pytest.mark.parametrize("defect", DEFECTS)
def test_a_detector_takes_nothing_and_no_rows(defect: str) -> None:
    truth = TRUTHS[defect]
    for lines in ([], [tuple(None for _ in truth.roles)]):
        rows, columns = table_of(Truth([], lines, truth.roles))  # type: ignore[arg-type]
        found = DEFECTS[defect].detector.find(rows, columns, truth.parameters)
        # A conversion without a factor is the one defect that nothing at all may be.
        assert defect in ("M01",) or found.to_pylist() == [], defect


@pytest.mark.parametrize("defect", DEFECTS)
def test_the_roles_of_a_detector_are_those_of_its_truth(defect: str) -> None:
    assert set(DEFECTS[defect].detector.roles) == set(TRUTHS[defect].roles)


def test_the_catalogue_is_whole() -> None:
    assert len(DEFECTS) == 73 == len(TRUTHS)
    counts = [len(family) for family in FAMILIES.values()]
    assert counts == [14, 14, 10, 12, 13, 10]
    assert list(DEFECTS) == [
        f"{letter}{n:02}" for letter, size in zip("TNDKCM", counts, strict=True) for n in range(1, size + 1)
    ]


@pytest.mark.parametrize("defect", DEFECTS)
def test_what_mends_a_defect_says_so_and_never_more_than_its_mode_allows(defect: str) -> None:
    found = DEFECTS[defect]
    for name in found.remedies:
        assert defect in REMEDIES[name].mends.split() or name in (
            "remove_spaces",
            "empty_to_null",
            "replace_values",
            "upper",
            "nfc",
            "trim",
        ), name
    automatic = [name for name in found.remedies if REMEDIES[name].mode == "A"]
    assert not (found.mode == "X" and found.remedies), "what a machine must never do has no remedy"
    assert automatic or "A" not in found.mode or not found.remedies


def test_every_remedy_mends_a_defect_that_names_it() -> None:
    for name, remedy in REMEDIES.items():
        named = remedy.mends.split()
        assert named and set(named) <= set(DEFECTS)
        assert any(name in DEFECTS[defect].remedies for defect in named) or name == "iso_date", name


def test_what_no_machine_may_do_is_told_for_every_such_defect() -> None:
    told = {defect for never in NEVER.values() for defect in never.defects.split()}
    assert {defect.id for defect in DEFECTS.values() if defect.mode == "X"} <= told
    assert not set(NEVER) & set(REMEDIES)


def test_the_currencies_without_decimals_are_those_of_cldr() -> None:
    listed = {code for code in currency_codes() if get_currency_precision(code) == 0 and not code.startswith("X")}
    assert {code for code in ZERO_DECIMALS if not code.startswith("X")} <= listed
