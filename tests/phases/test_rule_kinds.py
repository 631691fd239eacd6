"""Each kind of rule on rows that it can fill and on rows that it must refuse, through the whole of `map`."""

import hashlib
from decimal import Decimal
from itertools import count
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.phases.toy import mapped, offline, stage, through, told

from cutover.errors import TerminalError
from cutover.systems import given_numbers
from cutover.systems.connections import Connection

PROJECT = """\
name: Kinds
systems: {crm: {connection: crm}}
target: {connection: target, schemas: [app]}
waves: {main: {entities: [thing]}}
thresholds: {reject_rate_max: {pilot: 1, full: 1}, default_rate_max: 1}
"""
THING = """\
entity: thing
source: {system: crm, csv: {path: thing.csv, encoding: utf-8}, key: NR, columns: {%s}}
target: {table: app.thing, id: id, key: no}
fields:
  - {rule: T-1, kind: copy, source: NR, target: no, type: text(10), required: true}
  %s
"""


@pytest.fixture
def kinds(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    """Maps rows by one rule more than the key's; returns outcome and reason of each, and the mapped rows."""

    made = count()

    def run(rule: str, rows: list[dict[str, str | None]], columns: str = "", **crosswalks: str) -> tuple[Any, Any]:
        codes = {f"mappings/crosswalks/{name}.csv": text for name, text in crosswalks.items()}
        files = {"project.yaml": PROJECT, "mappings/thing.yaml": THING % (columns, rule), **codes}
        world = offline(monkeypatch, tmp_path, files)
        world.__dict__["connect"] = lambda name: Connection(name, "fs", extra={"path": str(tmp_path / "files")})
        snapshot = f"2024010{next(made)}T000000Z"
        stage(world, snapshot, "thing", [{"NR": str(number), **row} for number, row in enumerate(rows, 1)], part=2)
        through(world, snapshot, "thing")
        hidden = ("_row", "_key", "_id", "no")
        lines = [{k: v for k, v in line.items() if k not in hidden} for line in mapped(world, snapshot, "thing")]
        return told(world, snapshot, "thing"), lines

    return run


LOADED = ("loaded", None)


def rejected(reason: str) -> tuple[str, str]:
    return "rejected", reason


CLASS = """- rule: T-2
    kind: conditional
    target: class
    type: text(8)
    else: reject
    branches:
      - {when: "KIND = 'A'", value: alpha}
      - {when: "KIND in ('A', 'B')", source: NAME}
      - {when: "KIND = 'C'", expression: "cast(cast(NAME as integer) + 1 as varchar)"}"""


def test_the_first_branch_that_holds_fills_and_no_branch_rejects(kinds: Any) -> None:
    rows = [("B", "beta"), ("A", "x"), ("C", "41"), ("D", "x"), (None, "x"), ("B", "much too long"), ("B", None)]
    fates, lines = kinds(CLASS, [{"KIND": kind, "NAME": name} for kind, name in rows])
    assert fates == [
        LOADED, LOADED, LOADED, rejected("no_branch"), rejected("no_branch"), rejected("too_long"), LOADED,
    ]  # fmt: skip
    # The expression of a branch is computed for its rows only: `beta` is no number, and nobody asks.
    assert [line["class"] for line in lines] == ["beta", "alpha", "42", None]


def test_codes_of_several_columns_take_the_most_exact_entry(kinds: Any) -> None:
    rule = "- {rule: T-2, kind: lookup_composite, source: [LAND, KIND], crosswalk: tax, target: tax, type: text(4)}"
    rows = [("CN", "A"), ("CN", "B"), ("DE", "A"), ("DE", "B"), (None, "A"), (None, None)]
    tax = "source,source_2,target\nCN,*,C0\nCN,A,CA\n*,A,XA\n"
    fates, lines = kinds(rule, [{"LAND": land, "KIND": kind} for land, kind in rows], tax=tax)
    assert fates == [LOADED, LOADED, LOADED, rejected("no_entry"), LOADED, LOADED]
    assert [line["tax"] for line in lines] == ["CA", "C0", "XA", "XA", None]


@pytest.mark.parametrize("kind", ["lookup", "lookup_many_to_one, loss: x", "lookup_effective, as_of: DAY"])
def test_half_a_code_is_no_empty_code(kinds: Any, kind: str) -> None:
    rule = f"- {{rule: T-2, source: [LAND, KIND], crosswalk: tax, target: tax, kind: {kind}}}"
    tax = (
        "source,source_2,target,valid_from\nCN,A,CA,2000-01-01\n"
        if "as_of" in kind
        else "source,source_2,target\nCN,A,CA\n"
    )
    rows = [("CN", "A"), ("CN", None), (None, "A"), (None, None)]
    fates, lines = kinds(
        rule, [{"LAND": land, "KIND": kind, "DAY": "2024-01-01"} for land, kind in rows], "DAY: date", tax=tax
    )
    assert fates == [LOADED, rejected("no_entry"), rejected("no_entry"), LOADED]
    assert [line["tax"] for line in lines] == ["CA", None]


def test_several_codes_become_one_on_purpose(kinds: Any) -> None:
    rule = "- {rule: T-2, kind: lookup_many_to_one, source: LAND, crosswalk: area, target: area, loss: the country}"
    area = "source,target\nCN,ASIA\nJP,ASIA\n"
    fates, lines = kinds(rule, [{"LAND": land} for land in ("CN", "JP", "DE", None)], area=area)
    assert fates == [LOADED, LOADED, rejected("no_entry"), LOADED]
    assert [line["area"] for line in lines] == ["ASIA", "ASIA", None]


LINES = st.lists(st.tuples(st.sampled_from(["CN", "JP", "DE"]), st.decimals(-99, 99, places=2)), min_size=1, max_size=8)


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(lines=LINES)
def test_a_target_code_has_the_sum_of_its_source_codes(kinds: Any, lines: list[tuple[str, Decimal]]) -> None:
    rule = """- {rule: T-2, kind: lookup_many_to_one, source: LAND, crosswalk: area, target: area, loss: the country}
  - {rule: T-3, kind: copy, source: AMT, target: amount}"""
    area = {"CN": "ASIA", "JP": "ASIA", "DE": "EUROPE"}
    text = "source,target\n" + "".join(f"{code},{target}\n" for code, target in area.items())
    _, found = kinds(rule, [{"LAND": c, "AMT": str(a)} for c, a in lines], 'AMT: "decimal(9,2)"', area=text)
    for target in set(area.values()):
        source = sum((amount for code, amount in lines if area[code] == target), Decimal(0))
        assert sum((line["amount"] for line in found if line["area"] == target), Decimal(0)) == source


def test_an_amount_takes_the_sign_of_its_side(kinds: Any) -> None:
    rule = "- {rule: T-2, kind: sign, source: AMT, indicator: SH, debit: [S], credit: [H], target: amount}"
    rows = [("5.00", "S"), ("5.00", "H"), ("-5.00", "H"), ("5.00", "X"), ("5.00", None)]
    fates, lines = kinds(rule, [{"AMT": amount, "SH": side} for amount, side in rows], 'AMT: "decimal(9,2)"')
    unknown = rejected("unknown_indicator")
    assert fates == [LOADED, LOADED, LOADED, unknown, unknown]
    assert [str(line["amount"]) for line in lines] == ["5.00", "-5.00", "5.00"]


def test_an_amount_without_a_rate_is_rejected(kinds: Any) -> None:
    rule = """- {rule: T-2, kind: currency, source: AMT, from_currency: CUR, to_currency: CNY, rates: rate,
     rate_type: M, as_of: DAY,
     direction: multiply, rounding: half_up, rounding_to: "6603", target: amount, type: "decimal(12,2)"}"""
    rate = "source,source_2,source_3,target,valid_from,valid_to\nUSD,CNY,M,7.105,2024-01-01,\n"
    rows = [("0.01", "USD", "2024-05-01"), ("9.99", "CNY", None), ("1", "USD", "2023-05-01"), ("1", "USD", None)]
    fates, lines = kinds(
        rule, [{"AMT": a, "CUR": c, "DAY": d} for a, c, d in rows], 'AMT: "decimal(9,2)", DAY: date', rate=rate
    )
    assert fates == [LOADED, LOADED, rejected("no_rate"), rejected("no_date")]
    assert [str(line["amount"]) for line in lines] == ["0.07", "9.99"]


def test_a_factor_may_be_a_fraction_and_belong_to_several_columns(kinds: Any) -> None:
    rule = """- {rule: T-2, kind: unit, source: QTY, unit: [ITEM, UOM], factors: pack, target: qty,
     rounding: half_up, type: "decimal(9,3)"}"""
    pack = "source,source_2,target\nBOLT,BOX,1/3\nBOLT,PC,1\n"
    rows = [("1", "BOLT", "BOX"), ("6", "BOLT", "BOX"), ("6", "NUT", "BOX"), ("2", "BOLT", "PC")]
    fates, lines = kinds(rule, [{"QTY": q, "ITEM": i, "UOM": u} for q, i, u in rows], 'QTY: "decimal(9,3)"', pack=pack)
    assert fates == [LOADED, LOADED, rejected("no_factor"), LOADED]
    assert [str(line["qty"]) for line in lines] == ["0.333", "2.000", "2.000"]


SPLIT = """- {rule: T-2, kind: split_field, source: TEXT, pattern: '(?P<a>\\w+)-(?P<b>\\w+)', part: a, target: a}
  - {rule: T-3, kind: split_field, source: TEXT, pattern: '(?P<a>\\w+)-(?P<b>\\w+)', part: b, target: b}
  - {rule: T-4, kind: concat, source: [TEXT, MORE], separator: " ", target: both, type: text(8), reversible: true}"""


def test_texts_are_taken_apart_and_joined(kinds: Any) -> None:
    rows = [("x-y", "z"), ("x-y-z", None), ("x-y", "a b"), ("x-y", "much too long"), (None, None)]
    fates, lines = kinds(SPLIT, [{"TEXT": text, "MORE": more} for text, more in rows])
    separated = rejected("holds_separator")
    assert fates == [LOADED, rejected("leftover"), separated, separated, LOADED]
    assert lines == [{"a": "x", "b": "y", "both": "x-y z"}, {"a": None, "b": None, "both": None}]


def test_a_file_is_there_and_is_what_it_should_be(kinds: Any, tmp_path: Path) -> None:
    (tmp_path / "files").mkdir()
    (tmp_path / "files" / "a.pdf").write_bytes(b"drawing")
    (tmp_path / "secret").write_bytes(b"drawing")
    digest = hashlib.sha256(b"drawing").hexdigest()
    rule = """- {rule: T-2, kind: attachment, source: FILE, store: crm, expected: SUM, target: path, sha256: hash,
     size: bytes}"""
    rows = [("a.pdf", digest.upper()), ("b.pdf", digest), ("a.pdf", "0" * 64), ("../secret", digest), ("a.pdf", None)]
    fates, lines = kinds(rule, [{"FILE": file, "SUM": told} for file, told in rows] + [{"FILE": None, "SUM": None}])
    other, missing = rejected("other_hash"), rejected("no_file")
    assert fates == [LOADED, missing, other, missing, other, LOADED]
    assert lines[0] == {"path": "a.pdf", "hash": digest, "bytes": 7}


NUMBERED = "- {rule: T-2, kind: sequence, first: 500, last: 999, above: OLD, target: number, type: integer}"


def test_a_range_begins_above_the_numbers_of_the_legacy_system(kinds: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def give(_: Any, rule: str, keys: Any, **range_: Any) -> Any:
        return pa.array(range(range_["first"], range_["first"] + len(keys)), pa.int64())

    monkeypatch.setattr(given_numbers, "give_numbers", give)
    fates, lines = kinds(NUMBERED, [{"OLD": "D000499"}, {"OLD": "none"}, {"OLD": None}])
    assert fates == [LOADED] * 3 and [line["number"] for line in lines] == [500, 501, 502]
    with pytest.raises(TerminalError, match="T-2 gives numbers from 500, the legacy system has them up to 500"):
        kinds(NUMBERED, [{"OLD": "D000499"}, {"OLD": "0500"}])


TREE = "- {rule: T-2, kind: hierarchy, source: UP, entity: thing, target: parent_id, levels: 3, level: level}"


def test_a_hierarchy_has_levels_and_no_circles(kinds: Any) -> None:
    # 4 is too deep; 6 hangs on 5, 5 on 9, and 9 on a parent that is not there; 7 and 8 hang on each other.
    ups = [None, "1", "2", "3", "9", "5", "8", "7", "10"]
    fates, lines = kinds(TREE, [{"UP": up} for up in ups])
    circle, down = rejected("circle"), rejected("parent_rejected")
    assert fates == [LOADED] * 3 + [rejected("too_deep"), down, down, circle, circle, rejected("no_parent")]
    assert [line["level"] for line in lines] == [1, 2, 3]


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(ups=st.lists(st.none() | st.integers(1, 8), min_size=1, max_size=8))
def test_every_loaded_row_hangs_on_a_root_and_one_below_its_parent(kinds: Any, ups: list[int | None]) -> None:
    fates, lines = kinds(TREE.replace(", levels: 3", ""), [{"UP": None if up is None else str(up)} for up in ups])
    loaded = [place for place, fate in enumerate(fates) if fate == LOADED]
    level = {place + 1: line["level"] for place, line in zip(loaded, lines, strict=True)}
    for place in range(1, len(ups) + 1):
        chain, at = [], place
        while at is not None and at not in chain and at <= len(ups):
            chain.append(at)
            at = ups[at - 1]  # type: ignore[assignment]
        assert (place in level) == (at is None)
        assert level.get(place) in (None, len(chain))


def test_a_rule_that_stops_names_its_rows(kinds: Any) -> None:
    rule = "- {rule: T-2, kind: sign, source: AMT, indicator: SH, debit: [S], credit: [H], target: a, on_error: stop}"
    with pytest.raises(TerminalError, match="T-2 stops the run: unknown_indicator in 1 rows"):
        kinds(rule, [{"AMT": "5.00", "SH": "X"}], 'AMT: "decimal(9,2)"')
