"""Every defect is searched for in all landed rows by code that shares nothing with the generator.

What is found must be exactly what the ground truth lists: no line too few, none too many.
"""

import datetime
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator

import pytest
from stdnum.cn import uscc

from tests.example.readback import Legacy, Row, key_of

Cells = set[tuple[str, str, str]]
DAY_COLUMNS = {
    "kna": ("erdat",), "lfa": ("erdat",), "mara": ("ersda",), "stpo": ("datuv",), "konp": ("datab", "datbi"),
    "mard": ("dlinl",), "vbak": ("audat", "vdatu"), "vbap": ("edatu",), "ekko": ("audat", "vdatu"),
    "ekpo": ("edatu",), "bsid": ("budat", "zfbdt"), "bsik": ("budat", "zfbdt"),
    "work_orders": ("计划开始", "计划完成"), "contacts": ("LastContact",),
}  # fmt: skip
CURRENCY_COLUMNS = {
    "t001": "waers", "kna": "waers", "lfa": "waers", "konp": "konwa", "vbak": "waerk", "ekko": "waerk",
    "bsid": "waers", "bsik": "waers", "glt": "waers",
}  # fmt: skip
# (table, column) refers to (table, column); keys compare without zeros in front, as K01 takes them away.
REFERENCES = {
    ("adr", "ownernr"): ("kna+lfa", ""), ("stpo", "matnr"): ("mara", "matnr"), ("stpo", "idnrk"): ("mara",
        "matnr"),
    ("konp", "matnr"): ("mara", "matnr"), ("mard", "matnr"): ("mara", "matnr"), ("vbak", "kunnr"): ("kna",
        "kunnr"),
    ("vbap", "vbeln"): ("vbak", "vbeln"), ("vbap", "matnr"): ("mara", "matnr"), ("ekko", "lifnr"): ("lfa",
        "lifnr"),
    ("ekpo", "ebeln"): ("ekko", "ebeln"), ("ekpo", "matnr"): ("mara", "matnr"), ("bsid", "kunnr"): ("kna",
        "kunnr"),
    ("bsik", "lifnr"): ("lfa", "lifnr"), ("contacts", "CustomerNo"): ("kna", "kunnr"),
    ("work_orders", "物料编码"): ("mara", "matnr"),
}  # fmt: skip
WIDTH = {"matnr": 18, "idnrk": 18, "物料编码": 18}


def every_cell(legacy: Legacy) -> Iterator[tuple[str, Row, str, str]]:
    for table, rows in legacy.tables.items():
        for row in rows:
            for column, value in row.items():
                yield table, row, column, value


def matching(legacy: Legacy, wanted: Callable[[str, Row, str, str], object]) -> Cells:
    return {
        (t, key_of(t, row), column) for t, row, column, value in every_cell(legacy) if wanted(t, row, column, value)
    }


def is_impossible(text: str) -> bool:
    digits = re.sub(r"[/-]", "", text)
    if digits in ("00000000", "99991231"):
        return False
    try:
        datetime.date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    except ValueError:
        return True
    return False


def is_trial(text: str) -> bool:
    return bool(re.search(r"TEST|测试|作废", text))


def odd_blanks(table: str, row: Row, column: str, value: str) -> bool:
    return bool(re.search("[\u00a0\u3000\u200b]|^ | $", value))


def full_width_code(table: str, row: Row, column: str, value: str) -> bool:
    return column in ("stceg", "matkl", "vrkme", "telf1", "Phone") and bool(re.search("[！-～]", value))


def names_of(table: str) -> str:
    return "maktx" if table == "mara" else "name1"


FINDERS: dict[str, Callable[[Legacy], Cells]] = {
    "T06": lambda legacy: matching(legacy, odd_blanks),
    "T07": lambda legacy: matching(legacy, full_width_code),
    "T10": lambda legacy: matching(legacy, lambda t, row, c, value: "𠮷" in value or "䶮" in value),
    "T11": lambda legacy: matching(legacy, lambda t, row, c, value: re.search('[;"\n]', value)),
    "T14": lambda legacy: matching(legacy, lambda t, row, c, value: c in ("name1", "maktx") and is_trial(value)),
    "N01": lambda legacy: matching(legacy, lambda t, row, c, value: re.fullmatch(r"[\d.]+-", value)),
    "N03": lambda legacy: matching(legacy, lambda t, row, c, value: c == "shkzg" and value == "H"),
    "N13": lambda legacy: matching(legacy, lambda t, row, c, value: c == "labst" and value.endswith("-")),
    "D01": lambda legacy: matching(legacy, lambda t, row, c, value: value == "00000000"),
    "D02": lambda legacy: matching(legacy, lambda t, row, c, value: value == "99991231"),
    "D06": lambda legacy: matching(legacy, lambda t, row, c, v: c in DAY_COLUMNS.get(t, ()) and is_impossible(v)),
    "C11": lambda legacy: matching(
        legacy, lambda t, row, c, v: CURRENCY_COLUMNS.get(t) == c and v not in ("CNY", "USD", "EUR")
    ),
    "K09": lambda legacy: matching(legacy, lambda t, row, c, value: value == "NA"),
    "K10": lambda legacy: matching(legacy, lambda t, row, c, value: c == "loevm" and value == "X"),
    "M02": lambda legacy: matching(legacy, lambda t, row, c, value: c == "zterm" and value == ""),
    "L01": lambda legacy: matching(legacy, lambda t, row, c, value: c == "name1" and len(value.strip()) > 80),
}


@pytest.mark.parametrize("defect", FINDERS)
def test_cells_found_are_the_cells_listed(legacy: Legacy, defect: str) -> None:
    listed = legacy.cells(defect)
    assert listed
    assert FINDERS[defect](legacy) == listed


def test_unknown_units_are_the_units_listed(legacy: Legacy) -> None:
    known = {row["msehi"] for row in legacy.tables["t006"]} | {"件"}
    columns = {"mara": "meins", "vbap": "vrkme", "ekpo": "vrkme", "work_orders": "单位"}
    found = matching(legacy, lambda t, row, c, v: columns.get(t) == c and folded(v) not in known)
    assert found == legacy.cells("C10")


def folded(text: str) -> str:
    return "".join(chr(ord(c) - 0xFEE0) if "！" <= c <= "～" else c for c in text)


def test_wrong_check_digits_are_those_listed(legacy: Legacy) -> None:
    def is_wrong(table: str, row: Row, column: str, value: str) -> bool:
        return column == "stceg" and row["land1"] == "CN" and not uscc.is_valid(folded(value))

    assert matching(legacy, is_wrong) == legacy.cells("C01")


def test_lost_padding_is_where_it_is_listed(legacy: Legacy) -> None:
    def is_short(table: str, row: Row, column: str, value: str) -> bool:
        return (table, column) in REFERENCES and len(value.strip()) < WIDTH.get(column, 10)

    assert matching(legacy, is_short) == legacy.cells("K01")


def known_numbers(legacy: Legacy, table: str, column: str) -> set[str]:
    if table == "kna+lfa":
        return known_numbers(legacy, "kna", "kunnr") | known_numbers(legacy, "lfa", "lifnr")
    return {row[column].lstrip("0") for row in legacy.tables[table]}


def test_orphans_are_those_listed(legacy: Legacy) -> None:
    known = {here: known_numbers(legacy, *there) for here, there in REFERENCES.items()}

    def is_orphan(table: str, row: Row, column: str, value: str) -> bool:
        numbers = known.get((table, column))
        return numbers is not None and value.strip().lstrip("0") not in numbers

    assert matching(legacy, is_orphan) == legacy.cells("K07")


def test_items_held_twice_are_those_listed(legacy: Legacy) -> None:
    items = legacy.tables["mara"]
    count = Counter(row["matnr"].lstrip("0") for row in items)
    twice = {("mara", row["matnr"], "matnr") for row in items if count[row["matnr"].lstrip("0")] > 1}
    assert twice and twice == legacy.cells("K03")


def test_nobody_refers_to_dropped_or_doubled_rows(legacy: Legacy) -> None:
    hidden = {key.lstrip("0") for table, key, _ in legacy.cells("T14", "K10", "K03")}
    referred = {row[column].strip().lstrip("0") for table, column in REFERENCES for row in legacy.tables[table]}
    assert hidden and not hidden & referred


def test_cycles_are_those_listed(legacy: Legacy) -> None:
    lines = [(row["matnr"].lstrip("0"), row["idnrk"].lstrip("0"), row) for row in legacy.tables["stpo"]]
    left = lines
    while True:
        above, below = {line[0] for line in left}, {line[1] for line in left}
        kept = [line for line in left if line[0] in below and line[1] in above]
        if len(kept) == len(left):
            break
        left = kept
    found = {("stpo", key_of("stpo", row), "idnrk") for _, _, row in left}
    assert found and found == legacy.cells("K08")


def match_key(name: str) -> str:
    return re.sub(r"[()（）\s\u200b]", "", folded(name))


def parties(legacy: Legacy) -> list[tuple[str, str, str, str]]:
    """(table, key, tax id, name), customers first, sound Chinese tax ids only."""
    return [
        (table, key_of(table, row), folded(row["stceg"]), row["name1"])
        for table in ("kna", "lfa")
        for row in legacy.tables[table]
        if uscc.is_valid(folded(row["stceg"]))
    ]


def test_merged_parties_are_those_with_same_tax_id_and_name(legacy: Legacy) -> None:
    groups: dict[tuple[str, str], list[tuple[str, str]]] = defaultdict(list)
    for table, key, tax_id, name in parties(legacy):
        groups[tax_id, match_key(name)].append((table, key))
    found = {(table, key, "stceg") for group in groups.values() for table, key in sorted(group)[1:]}
    merged = {(t["table"], t["key"], t["column"]) for t in legacy.truth if t["expected"] == "merged"}
    assert {table for table, _, _ in merged} == {"kna", "lfa"}
    assert found == merged


def test_the_note_of_a_merged_party_names_the_survivor(legacy: Legacy) -> None:
    tax_id = {(table, key): number for table, key, number, _ in parties(legacy)}
    for line in (line for line in legacy.truth if line["expected"] == "merged"):
        survivor = line["note"].split()[-1]
        assert tax_id[line["table"], line["key"]] == tax_id["kna", survivor]


def test_near_duplicates_are_those_listed(legacy: Legacy) -> None:
    by_tax_id, by_name = defaultdict(set), defaultdict(set)
    for _, _, tax_id, name in parties(legacy):
        by_tax_id[tax_id].add(match_key(name))
        by_name[match_key(name)].add(tax_id)
    branches = {
        (table, key, "name1")
        for table, key, tax_id, name in parties(legacy)
        if len(by_tax_id[tax_id]) > 1 and "分公司" in name
    }
    assert branches and branches == legacy.cells("C05")
    namesakes = [line for line in legacy.truth if (line["defect"], line["expected"]) == ("K04", "loaded")]
    assert len(namesakes) == sum(len(numbers) - 1 for numbers in by_name.values()) > 0


def test_every_line_names_a_row_that_exists_and_appears_once(legacy: Legacy) -> None:
    keys = {table: {key_of(table, row) for row in rows} for table, rows in legacy.tables.items()}
    assert all(line["key"] in keys[line["table"]] for line in legacy.truth)
    assert max(Counter(tuple(line.values()) for line in legacy.truth).values()) == 1
    assert {line["expected"] for line in legacy.truth} == {"cleaned", "rejected", "merged", "dropped", "loaded"}
    assert len(legacy.truth) == legacy.written.truth_lines


def test_a_defect_touches_at_most_two_rows_in_a_hundred(legacy: Legacy) -> None:
    rates = Counter((line["table"], line["defect"], line["column"]) for line in legacy.truth)
    shares = {found: count / len(legacy.tables[found[0]]) for found, count in rates.items()}
    assert all(0.001 <= share <= 0.0205 for share in shares.values()), shares
