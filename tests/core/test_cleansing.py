"""Cleansing: remedies do what their catalogue says, and the log of their changes replays to the same rows."""

from dataclasses import replace
from decimal import Decimal

import pyarrow as pa
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from cutover.core.cleansing import CHANGES, REMEDIES, CleanseStep, Parameters, cleanse, replay
from cutover.core.cleansing.divisions import CITIES, DISTRICTS, OUTDATED, PROVINCES

PARAMETERS = Parameters(
    length=10,
    values={"A": "B", "old": None},
    locale="de_DE",
    scale=2,
    factor=Decimal(10_000),
    formats=("%d/%m/%Y", "%Y.%m.%d"),
    epoch=1900,
    pivot=50,
    region="CN",
    validator="cn_uscc",
    beside="b",
)
MARKS = replace(PARAMETERS, values={"CR": "-", "DR": "+", "贷": "-"})
DECIMALS = replace(PARAMETERS, values={"JPY": "0", "A": "3"})
FACTORS = replace(PARAMETERS, values={"pcs": "1", "万": "10000"})
NASTY = st.one_of(
    st.text(max_size=12),
    st.text(alphabet=" 0193.,-ＡＢ９　\u00a0\u200b\t\néeßŉ\u0301A", max_size=10),
    st.sampled_from(
        [
            "00000000",
            "99991231",
            "9999-12-31",
            "20250315",
            "0000001200",
            "4380.31-",
            "A",
            "old",
            "\ufeffx\ufeff",
            "",
            " ",
            "\x00",
            "45731",
            "(1.5)",
            "1.234,56",
            "2021年3月5日",
            "涓婃捣",
            "13800138000/13900139000",
        ]
    ),
)
TEXTS = st.lists(st.none() | NASTY, max_size=20)


def apply(name: str, *texts: str | None, parameters: Parameters = PARAMETERS) -> list[str | None]:
    return REMEDIES[name].apply(pa.array(texts, pa.string()), parameters).to_pylist()


CASES: list[tuple[str, str, str | None]] = [
    ("salesforce_id", "0018000001MV1kq", "0018000001MV1kqAAD"),
    ("salesforce_id", "0018000001MV1kqAAD", "0018000001MV1kqAAD"),
    ("salesforce_id", "0018000001MV1-q", "0018000001MV1-q"),
    ("trim", "\u00a0 a\tb\u200b \u3000", "a\tb"),
    ("trim", " 上海\u3000浦东\u00a0 路\r\n", "上海\u3000浦东\u00a0 路"),
    ("trim", "\ufeff\x00", ""),
    ("collapse_spaces", " a \u2003 b\r\nc ", "a b c"),
    ("remove_spaces", " 12 345\u00a06 ", "123456"),
    ("fold_width", "ＡＢ１２－（株）　中文", "AB12-(株) 中文"),
    ("fold_width", "中文，。", "中文,。"),
    ("upper", "aé", "AÉ"),
    ("nfc", "e\u0301", "é"),
    ("empty_to_null", " \t ", None),
    ("empty_to_null", " x", " x"),
    ("strip_zeros", "0000001200", "1200"),
    ("strip_zeros", "0000000000", "0"),
    ("strip_zeros", "00000001200", "00000001200"),
    ("strip_zeros", "00A1", "00A1"),
    ("pad_zeros", "1200", "0000001200"),
    ("pad_zeros", "12A", "12A"),
    ("negate", "1.50", "-1.50"),
    ("negate", "-1.50", "1.50"),
    ("negate", "0.00", "0.00"),
    ("negate", "n/a", "n/a"),
    ("trailing_minus", "4380.31-", "-4380.31"),
    ("trailing_minus", "4380.31 -", "-4380.31"),
    ("trailing_minus", "4-3-", "4-3-"),
    ("zero_date", "00000000", None),
    ("zero_date", "20250101", "20250101"),
    ("open_end_date", "99991231", None),
    ("open_end_date", "9999-12-31", None),
    ("iso_date", "20250315", "2025-03-15"),
    ("iso_date", "2025031", "2025031"),
    ("replace_values", "A", "B"),
    ("replace_values", "old", None),
    ("replace_values", "AA", "AA"),
    ("locale_number", "1.234,56", "1234.56"),
    ("locale_number", "1.23,4", "1.23,4"),
    ("locale_number", "n/a", "n/a"),
    ("round_artefact", "940.99999999999989", "941.00"),
    ("round_artefact", "1.005", "1.005"),
    ("multiply", "1.25", "12500.00"),
    ("multiply", "约1", "约1"),
    ("as_fraction", "13", "0.13"),
    ("as_fraction", "13%", "0.13"),
    ("as_fraction", "0.13", "0.13"),
    ("excel_serial", "45731", "2025-03-15"),
    ("excel_serial", "60", "60"),
    ("date_formats", "03/04/2021", "2021-04-03"),
    ("date_formats", "2021.3.4", "2021-03-04"),
    ("date_formats", "31/31/2021", "31/31/2021"),
    ("chinese_date", "2021年3月5日", "2021-03-05"),
    ("chinese_date", "2021年2月30日", "2021年2月30日"),
    ("chinese_date", "2021年3月", "2021年3月"),
    ("short_date", "21-3-5", "2021-03-05"),
    ("short_date", "99.12.31", "1999-12-31"),
    ("short_date", "民国110年3月5日", "2021-03-05"),
    ("fold_key", "Ｍ8 × 20 (A)", "m8x20a"),
    ("unmix_gb", "涓婃捣", "上海"),
    ("unmix_gb", "上海", "上海"),
    ("unmix_latin", "MÃ¼ller", "Müller"),
    ("simplify", "華信貿易", "华信贸易"),
    ("join_name", "张 三", "张三"),
    ("join_name", "上海 北京", "上海 北京"),
    ("mask_secrets", "密码: abc123, 请优先", "***, 请优先"),
    ("mask_secrets", "PO 1234567890", "PO 1234567890"),
    ("e164", "0086-21-61234567", "+862161234567"),
    ("e164", "138 0013 8000", "+8613800138000"),
    ("e164", "021-61234567转8001", "021-61234567转8001"),
    ("e164", "61234567", "61234567"),
    ("split_phones", "13800138000/13900139000", "+8613800138000; +8613900139000"),
    ("split_phones", "13800138000/12", "13800138000/12"),
    ("currency_code", "人民币", "CNY"),
    ("currency_code", "usd", "USD"),
    ("currency_code", "¥", "¥"),
    ("country_code", "中国大陆", "CN"),
    ("country_code", "Germany", "DE"),
    ("country_code", "Ruritania", "Ruritania"),
    ("near_country", "Germanny", "DE"),
    ("near_country", "Ruritania", "Ruritania"),
    ("complete_division", "深圳市南山区科技路1号", "广东省深圳市南山区科技路1号"),
    ("complete_division", "浦东新区世纪大道1号", "上海市浦东新区世纪大道1号"),
    ("complete_division", "上海卢湾区淮海路1号", "上海市黄浦区淮海路1号"),
    ("complete_division", "宣武区", "北京市西城区"),
    ("complete_division", "湖北省襄樊市长征路", "湖北省襄阳市长征路"),
    ("complete_division", "中国吉林市", "中国吉林省吉林市"),
    ("complete_division", "朝阳区建国路", "朝阳区建国路"),
    ("complete_division", "广东省深圳市", "广东省深圳市"),
    ("complete_division", "中山路1号", "中山路1号"),
    ("account_digits", "6222 0212-3456 7890 123", "6222021234567890123"),
    ("account_digits", "A 12", "A 12"),
    ("upper_x", "11010519491231002x", "11010519491231002X"),
    ("upper_x", "x", "x"),
    ("long_resident_id", "110105491231002", "11010519491231002X"),
    ("long_resident_id", "110105491331002", "110105491331002"),
    ("look_alike", "9111O000600037341L", "91110000600037341L"),
    ("look_alike", "91110000600037341M", "91110000600037341M"),
    ("split_emails", "a@b.com; c@d.org", "a@b.com; c@d.org"),
    ("split_emails", "a@b.com / c@d.org", "a@b.com; c@d.org"),
    ("split_emails", "a@b.com / nobody", "a@b.com / nobody"),
]
WITH_MARKS: list[tuple[str, str, str]] = [
    ("(123.45)", "-123.45", "brackets are negative"),
    ("5.00 CR", "-5.00", "a mark behind"),
    ("贷 3", "-3", "a mark in front"),
    ("1 dr", "1", "the other mark"),
    ("CR 5 DR", "CR 5 DR", "two marks say nothing"),
    ("7", "7", "no mark"),
]
WITH_NEIGHBOUR: list[tuple[str, str, str | None, str]] = [
    ("currency_decimals", "12.34", "JPY", "1234"),
    ("currency_decimals", "12.34", "CNY", "12.34"),
    ("currency_decimals", "12.34", None, "12.34"),
    ("price_unit", "250.00", "100", "2.5000"),
    ("price_unit", "7", "3", "7/3"),
    ("price_unit", "7", "0", "7/0"),
    ("price_unit", "x", "10", "x"),
]
OF_REMEDY = {"marked_sign": MARKS, "currency_decimals": DECIMALS, "split_unit": FACTORS}
TRIED_APART = {"marked_sign", "split_unit"} | {name for name, *_ in WITH_NEIGHBOUR}


@pytest.mark.parametrize(("remedy", "before", "after"), CASES)
def test_a_remedy_mends_what_it_names(remedy: str, before: str, after: str | None) -> None:
    assert apply(remedy, before) == [after]


def test_every_remedy_is_tried_above() -> None:
    assert {remedy for remedy, _, _ in CASES} | TRIED_APART == set(REMEDIES)


@pytest.mark.parametrize(("before", "after", "why"), WITH_MARKS)
def test_a_declared_mark_is_a_sign(before: str, after: str, why: str) -> None:
    assert apply("marked_sign", before, parameters=MARKS) == [after], why


def test_a_declared_unit_is_a_factor_and_an_approximation_stays() -> None:
    texts = ["100 pcs", "12.5万", "约100", "3 kg", "7", None]
    assert apply("split_unit", *texts, parameters=FACTORS) == ["100", "125000.0", "约100", "3 kg", "7", None]


@pytest.mark.parametrize(("remedy", "before", "beside", "after"), WITH_NEIGHBOUR)
def test_a_remedy_reads_the_column_beside(remedy: str, before: str, beside: str | None, after: str) -> None:
    rows = pa.table({"_row": pa.array([1], pa.int64()), "a": [before], "b": pa.array([beside], pa.string())})
    parameters = Parameters(values={"JPY": "0"}, beside="b")
    clean, changes, _ = cleanse(rows, [CleanseStep("R-1", "a", (remedy,), parameters)])
    assert clean["a"].to_pylist() == [after]
    assert len(changes) == (before != after)


def test_mixed_chinese_is_judged_by_the_whole_column() -> None:
    holds = REMEDIES["unmix_gb"].holds
    assert holds is not None
    assert holds(pa.array(["涓婃捣", "SHANGHAI", "", None, "鍖椾含"]))
    assert not holds(pa.array(["涓婃捣", "上海"]))


HUGE = "9" * 45


@pytest.mark.parametrize(
    ("remedy", "before", "after"),
    [
        ("multiply", HUGE + ".25", HUGE + "2500.00"),
        ("split_unit", HUGE + "万", HUGE + "0000"),
        ("round_artefact", HUGE + ".10000000000004", HUGE + ".10"),
        ("round_artefact", HUGE + ".25", HUGE + ".25"),
        ("negate", HUGE, "-" + HUGE),
    ],
)
def test_no_digit_of_a_huge_number_is_lost(remedy: str, before: str, after: str) -> None:
    parameters = FACTORS if remedy == "split_unit" else PARAMETERS
    assert apply(remedy, before, parameters=parameters) == [after]


def test_the_cities_are_those_of_the_standard() -> None:
    names = [city for cities in CITIES.values() for city in cities.split()]
    assert len(names) == len(set(names)) == 293 and len(CITIES) == 27
    assert {province[:2] for province in (*CITIES, *DISTRICTS)} < {name[:2] for name in PROVINCES.split("|")}
    districts = [district for listed in DISTRICTS.values() for district in listed.split()]
    assert not set(OUTDATED) & {*districts, *(f"{name}市" for name in names)}
    assert all(now in districts or now[:-1] in names for _, now in OUTDATED.values())


@pytest.mark.parametrize("text", ["1,5e3", "１.２３４,５６", "١.٢٣٤,٥٦", "Infinity,", "NaN,"])
def test_only_plain_digits_make_a_local_number(text: str) -> None:
    assert apply("locale_number", text) == [text]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("请联系13800138000李经理", "请联系***李经理"),
        ("电话+86 138 0013 8000。", "电话***。"),
        ("身份证11010519491231002X已核", "身份证***已核"),
        ("卡号6222 0212 3456 7890 123", "卡号***"),
        ("登录pwd:abc。请改", "登录***。请改"),
        ("PO13800138000", "PO13800138000"),
        ("订单138001380001234x", "订单138001380001234x"),
        ("shipping: DHL", "shipping: DHL"),
    ],
)
def test_secrets_are_found_between_chinese_words(text: str, shown: str) -> None:
    assert apply("mask_secrets", text) == [shown]


@pytest.mark.parametrize("epoch", [1900, 1904])
def test_a_serial_number_is_neither_a_year_nor_too_small(epoch: int) -> None:
    texts = ["60", "2", "2021", "1999", "0061", "６１"]
    assert apply("excel_serial", *texts, parameters=replace(PARAMETERS, epoch=epoch)) == texts
    (first,) = apply("excel_serial", "61", parameters=replace(PARAMETERS, epoch=epoch))
    assert first == {1900: "1900-03-01", 1904: "1904-03-02"}[epoch]


def test_marks_of_direction_and_separators_of_lines_are_no_text() -> None:
    odd = "\u202b上\u200f海\u2028分\u00ad公司\u2069"
    assert apply("collapse_spaces", odd) == ["上海 分公司"]


def test_a_neighbour_with_odd_signs_does_not_touch_the_text() -> None:
    rows = pa.table({"_row": pa.array([1, 2], pa.int64()), "a": ["5", "5"], "b": ["J\x1fPY", "JPY"]})
    step = CleanseStep("R-1", "a", ("currency_decimals",), Parameters(values={"JPY": "0"}, beside="b"))
    assert cleanse(rows, [step])[0]["a"].to_pylist() == ["5", "500"]


def test_a_date_that_two_formats_read_differently_stays() -> None:
    both = replace(PARAMETERS, formats=("%d/%m/%Y", "%m/%d/%Y"))
    assert apply("date_formats", "03/04/2021", "13/04/2021", parameters=both) == ["03/04/2021", "2021-04-13"]


def test_a_short_year_is_of_the_century_that_the_pivot_says() -> None:
    short = replace(PARAMETERS, formats=("%d/%m/%y",), pivot=30)
    texts = ["03/04/30", "03/04/31", "29/02/00", "29/02/99"]
    assert apply("date_formats", *texts, parameters=short) == ["2030-04-03", "1931-04-03", "2000-02-29", "29/02/99"]


def test_the_epoch_of_1904_shifts_by_1462_days() -> None:
    assert apply("excel_serial", "44269", parameters=replace(PARAMETERS, epoch=1904)) == ["2025-03-15"]


def test_turning_a_sign_twice_leaves_a_number_as_it_was() -> None:
    numbers = ["1.50", "-1.50", "0", None, "x"]
    assert apply("negate", *apply("negate", *numbers)) == numbers


def test_a_remedy_with_a_condition_leaves_the_other_rows_alone() -> None:
    rows = pa.table({"_row": pa.array([1, 2, 3], pa.int64()), "n": ["5", "5", "5"], "sign": ["-", "+", None]})
    clean, changes, _ = cleanse(rows, [CleanseStep("R-1", "n", ("negate",), when="sign = '-'")])
    assert clean["n"].to_pylist() == ["-5", "5", "5"]
    assert replay(rows, changes).equals(clean)


@pytest.mark.parametrize("remedy", [name for name, remedy in sorted(REMEDIES.items()) if not remedy.once])
@given(texts=TEXTS)
def test_a_remedy_keeps_nothing_as_nothing_and_does_not_change_its_own_result(
    remedy: str, texts: list[str | None]
) -> None:
    parameters = OF_REMEDY.get(remedy, PARAMETERS)
    once = apply(remedy, *texts, parameters=parameters)
    assert len(once) == len(texts)
    assert all(after is None for before, after in zip(texts, once, strict=True) if before is None)
    assert apply(remedy, *once, parameters=parameters) == once


PLAIN = sorted(set(REMEDIES) - {"marked_sign", "currency_decimals", "split_unit"})
# Remedies that read tables of their own stand alone in a rule; the others in any order.
NAMES = [[name] for name in sorted(REMEDIES)] + [[one, other] for one in PLAIN for other in PLAIN]
STEPS = st.lists(
    st.tuples(st.sampled_from(["a", "b"]), st.sampled_from(NAMES)),
    max_size=5,
)


@given(
    rows=st.lists(st.tuples(st.none() | NASTY, st.none() | NASTY), max_size=15),
    steps=STEPS,
    first=st.integers(0, 10**12),
)
@example(rows=[("A", None)], steps=[("a", ["replace_values"])], first=0)
def test_the_log_replays_to_the_clean_rows(
    rows: list[tuple[str | None, str | None]], steps: list[tuple[str, list[str]]], first: int
) -> None:
    raw = pa.table(
        {
            "_row": pa.array(range(first, first + len(rows)), pa.int64()),
            "a": pa.array([a for a, _ in rows], pa.string()),
            "b": pa.array([b for _, b in rows], pa.string()),
        }
    )
    built = [
        CleanseStep(f"R-{place}", column, tuple(names), OF_REMEDY.get(names[0], PARAMETERS))
        for place, (column, names) in enumerate(steps)
    ]
    clean, changes, _ = cleanse(raw, built)
    assert changes.schema == CHANGES
    assert replay(raw, changes).equals(clean)
    for line in changes.to_pylist():
        assert line["before"] != line["after"]
    untouched = {"a", "b"} - {column for column, _ in steps}
    assert all(clean[column].equals(raw[column]) for column in untouched)


def test_a_log_that_starts_from_other_texts_is_refused() -> None:
    raw = pa.table({"_row": pa.array([7], pa.int64()), "a": pa.array([" x "])})
    _, changes, _ = cleanse(raw, [CleanseStep("R-1", "a", ("trim",))])
    other = raw.set_column(1, "a", pa.array(["y"]))
    with pytest.raises(ValueError, match="R-1, column a"):
        replay(other, changes)


def test_a_log_that_misses_a_cell_does_not_replay() -> None:
    raw = pa.table({"_row": pa.array([1, 2], pa.int64()), "a": pa.array([" x ", " y "])})
    clean, changes, _ = cleanse(raw, [CleanseStep("R-1", "a", ("trim",))])
    assert not replay(raw, changes.slice(1)).equals(clean)
