"""Coverage: each share is 100 % where it should be, and each falls when something is missing."""

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from tests.phases.moved import moved, original, toy
from tests.phases.toy import FILES, Toy, execute, of, offline, simple, stage, through

from cutover.core.verdicts import CheckResult
from cutover.errors import GateClosed
from cutover.phases.coverage import Coverage, cover_entity
from cutover.phases.gate import gate_mapping
from cutover.phases.gates.rounding import check_rounding
from cutover.systems import datasets

__all__ = ["moved", "original", "toy"]
SNAPSHOT = "20240101T000000Z"
CUSTOMER, COUNTRY = "mappings/customer.yaml", "mappings/crosswalks/country.csv"
Cover = Callable[..., Coverage]


PROJECT = "project.yaml"


@pytest.fixture
def cover(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Cover:
    """Covers customers offline, with edits (file, before, after) and a tampering before the coverage."""

    def run(rows: list[dict[str, str | None]], *edits: tuple[str, str, str], tamper: Any = None) -> Coverage:
        files = dict(FILES)
        for file, before, after in edits:
            assert files[file].count(before) == 1, before
            files[file] = files[file].replace(before, after)
        world = offline(monkeypatch, tmp_path, files)
        stage(world, SNAPSHOT, "customer", [{"NR": str(number), **row} for number, row in enumerate(rows, 1)])
        through(world, SNAPSHOT, "customer")
        if tamper is not None:
            tamper(world)
        return cover_entity(world, SNAPSHOT, world.specification.mapping("customer"))

    return run


def found(coverage: Coverage, check: str) -> CheckResult:
    return of(coverage.results, check, "customer")


def test_an_unmapped_code_is_counted_by_value_row_and_amount(cover: Cover) -> None:
    lands = ["CN", "CN", "D", "??", "??", None]
    coverage = cover([{"LAND": land, "CREDIT": "1.50"} for land in lands])
    values, rows = found(coverage, "VALUES.CU-3"), found(coverage, "VALUE_ROWS.CU-3")
    assert (values.status, values.numerator, values.denominator, values.severity) == ("fail", 2, 3, "blocker")
    assert (rows.status, rows.numerator, rows.denominator) == ("fail", 3, 5)
    assert values.message == "add in crosswalks/country.csv: '??'"
    (missing,) = [value for value in coverage.values if value.state != "mapped"]
    assert (missing.code, missing.rows, missing.amounts) == ("??", 2, (("CREDIT", "3.00"),))
    line = "CU-3,country,??,,unmapped,2,CREDIT 3.00\n"
    assert line in Path(coverage.file).read_text(encoding="utf-8")


def test_a_proposed_entry_that_the_data_need_is_named(cover: Cover) -> None:
    coverage = cover([{"LAND": "CN"}, {"LAND": "X"}])
    assert found(coverage, "VALUES.CU-3").status == "fail"
    assert found(coverage, "VALUES.CU-3").message == "confirm in crosswalks/country.csv: 'X'"
    assert found(coverage, "VALUES.CU-3").evidence["stale"] == ["D"]
    confirmed = cover([{"LAND": "CN"}, {"LAND": "X"}], (COUNTRY, "X,XX,proposed", "X,XX,confirmed"))
    assert found(confirmed, "VALUES.CU-3").status == "pass"


def test_a_refused_code_is_decided_and_its_rows_stay_out(cover: Cover) -> None:
    coverage = cover([{"LAND": "CN"}, {"LAND": "X"}], (COUNTRY, "X,XX,proposed", "X,,refused"))
    assert found(coverage, "VALUES.CU-3").status == "pass"
    assert found(coverage, "VALUES.CU-3").evidence["refused"] == ["X"]
    assert [value.state for value in coverage.values] == ["mapped", "refused"]


@pytest.mark.parametrize("pii", ["LAND", "land"])
def test_an_unknown_code_that_is_personal_data_is_not_shown(cover: Cover, pii: str) -> None:
    coverage = cover([{"LAND": "Li Lei"}, {"LAND": "CN"}], (CUSTOMER, "pii: [NAME", f"pii: [{pii}, NAME"))
    assert [(value.code, value.state) for value in coverage.values] == [("CN", "mapped"), ("***", "unmapped")]
    assert "Li Lei" not in Path(coverage.file).read_text(encoding="utf-8")
    assert "Li Lei" not in str(coverage.results)


def test_dropped_rows_need_no_code(cover: Cover) -> None:
    coverage = cover([{"LAND": "CN"}, {"LAND": "??", "NAME": "test"}])
    assert found(coverage, "VALUE_ROWS.CU-3").status == "pass"


def test_an_empty_source_has_no_codes_and_is_no_pass(cover: Cover) -> None:
    assert found(cover([]), "VALUES.CU-3").status == "not_applicable"


def test_an_undecided_column_lowers_the_share(cover: Cover) -> None:
    drop = "drops:\n  - {column: NOTE, reason: not_needed, approver: sales}\n"
    result = found(cover([{}], (CUSTOMER, drop, "")), "COVERAGE")
    assert (result.status, result.numerator, result.denominator) == ("fail", 9, 10)


DROP = "{column: NOTE, reason: not_needed, approver: sales"


@pytest.mark.parametrize(
    ("note", "edits", "status"),
    [
        ("", (), "pass"),
        ("gold", (), "fail"),
        ("gold", ((CUSTOMER, DROP, f"{DROP}, archive: tape 7"),), "pass"),
        ("gold", ((PROJECT, "name: Toy\n", "name: Toy\narchive: tape 7\n"),), "pass"),
    ],
)
def test_a_dropped_column_is_empty_or_archived(cover: Cover, note: str, edits: Any, status: str) -> None:
    result = found(cover([{"NOTE": note}, {"NOTE": None}], *edits), "DROPPED")
    assert (result.status, result.evidence["filled"]) == (status, {"NOTE": 1 if note else 0})
    assert ("say in `archive` where their values stay: NOTE" in result.message) == (status == "fail")


def test_a_draft_is_not_approved(cover: Cover) -> None:
    result = found(
        cover([{}], (CUSTOMER, "{rule: CU-5, kind: copy", "{rule: CU-5, status: draft, kind: copy")), "APPROVED"
    )
    assert (result.status, result.numerator, result.denominator) == ("fail", 8, 9)
    assert result.evidence == {"drafts": ["CU-5"]}


def test_a_rule_that_nobody_saw_at_work_is_told(cover: Cover) -> None:
    """DMC-09: no customer has a phone or a parent, and neither rule has an example."""
    result = found(cover([{}]), "EXAMPLES")
    assert (result.status, result.severity, result.numerator, result.denominator) == ("fail", "minor", 7, 9)
    assert result.evidence == {"bare": ["CU-5", "CU-7"]} and "add `examples`: CU-5, CU-7" in result.message
    example = "target: phone, examples: [{given: {PHONE: '1'}, gives: '1'}]"
    result = found(cover([{"PARENT": "9"}, {}], (CUSTOMER, "target: phone", example)), "EXAMPLES")
    assert (result.status, result.numerator) == ("pass", 9)
    assert found(cover([{"LAND": "??"}]), "EXAMPLES").status == "not_applicable"


BRANCHES = """{rule: CU-5, kind: conditional, target: phone, type: text(20), else: reject,
     branches: [{when: "LAND = 'CN'", source: PHONE}, {when: "LAND = 'D'", value: none}]}"""
PHONE = "{rule: CU-5, kind: copy, source: PHONE, target: phone, type: text(20)}"


def test_a_branch_that_no_row_takes_was_never_tried(cover: Cover) -> None:
    edit = (CUSTOMER, PHONE, BRANCHES)
    result = found(cover([{"LAND": "CN"}], edit), "BRANCHES.CU-5")
    assert (result.status, result.numerator, result.denominator) == ("fail", 1, 2)
    assert result.evidence == {"rows": {"LAND = 'CN'": 1, "LAND = 'D'": 0}}
    assert found(cover([{"LAND": "CN"}, {"LAND": "D"}], edit), "BRANCHES.CU-5").status == "pass"


MANY = (CUSTOMER, "kind: lookup, source: LAND", "kind: lookup_many_to_one, loss: the state, source: LAND")
SAME = (COUNTRY, "D,DE,confirmed", "D,CN,confirmed")


@pytest.mark.parametrize(("when", "status", "made"), [("LAND = 'CN'", "pass", 1), ("LAND = 'XX'", "fail", 0)])
def test_a_further_row_that_nobody_makes_was_never_tried(cover: Cover, when: str, status: str, made: int) -> None:
    edit = (CUSTOMER, "    merged: keep\n", f"    merged: keep\n    when: {when}\n")
    result = found(cover([{"LAND": "CN"}, {"LAND": "D"}], edit), "FANOUT.CU-R")
    assert (result.status, result.severity, result.numerator, result.denominator) == (status, "major", made, 2)
    empty = found(cover([{"NAME": "test"}], edit), "FANOUT.CU-R")
    assert empty.status == "not_applicable"


def test_codes_that_become_one_by_a_plain_lookup_are_told(cover: Cover) -> None:
    rows: list[dict[str, str | None]] = [{"LAND": "CN"}, {"LAND": "D"}]
    result = found(cover(rows, SAME), "COLLAPSE.CU-3")
    assert (result.status, result.severity, result.evidence["collapsed"]) == ("fail", "minor", {"CN": ["CN", "D"]})
    result = found(cover(rows, SAME, MANY), "COLLAPSE.CU-3")
    assert (result.status, result.evidence["ratio"], result.evidence["loss"]) == ("pass", "2.00", "the state")


def test_a_target_code_holds_the_rows_of_its_source_codes(cover: Cover) -> None:
    def tamper(world: Any) -> None:
        dataset = datasets.mapped(SNAPSHOT, "customer")
        part = world.staging.read_part(dataset, 0)
        place = part.schema.get_field_index("country")
        world.staging.write_part(dataset, 0, part.set_column(place, "country", part["country"].take([1, 1, 0])))

    rows: list[dict[str, str | None]] = [{"LAND": "CN"}, {"LAND": "D"}, {"LAND": "CN"}]
    assert found(cover(rows, MANY), "COLLAPSE.CU-3").status == "pass"
    result = found(cover(rows, MANY, tamper=tamper), "COLLAPSE.CU-3")
    assert (result.status, result.evidence["apart"]) == ("fail", ["CN", "DE"])


# --- with a target ---------------------------------------------------------------------------------------------------


def closed(toy: Toy, *, statements: tuple[str, ...]) -> str:
    simple(toy)
    world = toy.world()
    snapshot = toy.prepare(world)
    execute(world, *statements)
    try:
        gate_mapping(world, snapshot, "main")
    except GateClosed as error:
        return str(error)
    return ""


def test_a_column_that_became_mandatory_closes_the_gate(toy: Toy) -> None:
    told = closed(toy, statements=("alter table app.orders add column clerk text not null",))
    assert "MANDATORY order fail: 2 of 3 (= 100 %)" in told


def test_the_gate_says_which_entry_is_missing(toy: Toy) -> None:
    simple(toy)
    toy.write("order", [{"ID": "1", "PARTNER": "1", "TAXC": "V9"}])
    world = toy.world()
    missing = r"VALUES.OR-3 order fail: 0 of 1 \(= 100 %\), add in crosswalks/tax.csv: 'V9'"
    with pytest.raises(GateClosed, match=missing):
        gate_mapping(world, toy.prepare(world), "main")


LANDS = "create table app.country (code varchar(2) primary key, open boolean not null)"
FILLED = "insert into app.country values ('CN', true), ('DE', {}), ('XX', true)"
REFERS = "alter table app.partner add foreign key (country) references app.country"


@pytest.mark.parametrize(("alive", "problem"), [("true", ""), ("false", "DANGLING.CU-3 customer fail: 1 of 2")])
def test_a_code_that_is_blocked_in_the_target_closes_the_gate(toy: Toy, alive: str, problem: str) -> None:
    toy.edit(CUSTOMER, "crosswalk: country, type", "crosswalk: country, active: open, type")
    told = closed(toy, statements=(LANDS, FILLED.format(alive), REFERS))
    assert problem in told and bool(problem) == bool(told)


def test_a_code_that_the_target_does_not_have_closes_the_gate(toy: Toy) -> None:
    toy.edit(CUSTOMER, "crosswalk: country, type", "crosswalk: country, codes_in: app.country, type")
    told = closed(toy, statements=(LANDS, "insert into app.country values ('CN', true)"))
    assert "DANGLING.CU-3 customer fail: 1 of 2" in told


LOOKED_UP = "kind: lookup, source: LAND, target: country, crosswalk: country"
KINDS = {
    "a constant": "kind: constant, value: DE",
    "a default": "kind: default_audited, source: LAND, value: DE",
    "a branch": "kind: conditional, else: reject, branches: [{when: \"NR <> ''\", value: DE}]",
}


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_a_value_that_is_a_dead_code_closes_the_gate(toy: Toy, kind: str) -> None:
    toy.edit(CUSTOMER, LOOKED_UP, f"{kind}, target: country, active: open")
    told = closed(toy, statements=(LANDS, FILLED.format("false"), REFERS))
    assert "DANGLING.CU-3 customer fail: 0 of 1" in told


MEASURED = """{rule: CU-4, kind: unit, source: CREDIT, unit: LAND, factors: factor, rounding: half_up, target: credit,
     type: "decimal(12,2)"}"""


def test_quantities_tie_per_unit(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    customer = FILES[CUSTOMER].replace("{rule: CU-4, kind: copy, source: CREDIT, target: credit}", MEASURED)
    files = {**FILES, CUSTOMER: customer, "mappings/crosswalks/factor.csv": "source,target\nBOX,1/3\nKG,1\n"}
    files[COUNTRY] = "source,target\nBOX,BO\nKG,KG\n"
    world = offline(monkeypatch, tmp_path, files)
    lines = [("BOX", "1.00"), ("BOX", "2.00"), ("KG", "5.00"), ("BOX", None)]
    stage(world, SNAPSHOT, "customer", [{"NR": str(n), "LAND": unit, "CREDIT": q} for n, (unit, q) in enumerate(lines)])
    through(world, SNAPSHOT, "customer")
    mapping = world.specification.mapping("customer")
    (check,) = check_rounding(world, SNAPSHOT, mapping)
    # 1/3 became 0.33 and 2/3 became 0.67.
    assert (check.check_id, check.status) == ("ROUNDING.CU-4", "pass")
    assert check.evidence == {"differences": {"BOX": "0.000000", "KG": "0.000000"}, "apart": []}
    dataset = datasets.mapped(SNAPSHOT, "customer")
    part = world.staging.read_part(dataset, 0)
    wrong = pa.array([Decimal("0.33"), Decimal("0.69"), Decimal("5.00")], pa.decimal128(12, 2))
    world.staging.write_part(dataset, 0, part.set_column(part.schema.get_field_index("credit"), "credit", wrong))
    (check,) = check_rounding(world, SNAPSHOT, mapping)
    assert (check.status, check.evidence["apart"]) == ("fail", ["BOX"])


ROLE = "      - {rule: CU-R2, kind: constant, value: customer, target: role, type: text(10)}\n"


def test_quantities_of_further_rows_tie_too(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    share = f"      - {MEASURED.replace('CU-4', 'CU-R3').replace('target: credit', 'target: share')}\n"
    files = {**FILES, CUSTOMER: FILES[CUSTOMER].replace(ROLE, ROLE + share)}
    files |= {"mappings/crosswalks/factor.csv": "source,target\nD,1/3\nCN,1\n"}
    world = offline(monkeypatch, tmp_path, files)
    # The second is merged, and keeps a role of its own.
    lines = [{"NR": "1", "TAX": "T"}, {"NR": "2", "TAX": "T", "LAND": "D", "CREDIT": "1.00"}, {"NR": "3", "LAND": "??"}]
    stage(world, SNAPSHOT, "customer", lines)
    through(world, SNAPSHOT, "customer")
    mapping = world.specification.mapping("customer")
    (check,) = check_rounding(world, SNAPSHOT, mapping)
    assert (check.check_id, check.status, check.denominator) == ("ROUNDING.CU-R3", "pass", 1)
    (dataset,) = datasets.further(SNAPSHOT, mapping)
    part = world.staging.read_part(dataset, 0)
    wrong = pa.array([Decimal("9.99")] * len(part), pa.decimal128(12, 2))
    world.staging.write_part(dataset, 0, part.set_column(part.schema.get_field_index("share"), "share", wrong))
    (check,) = check_rounding(world, SNAPSHOT, mapping)
    assert (check.status, check.numerator) == ("fail", 0)


CONVERTED = """{rule: CU-4, kind: currency, source: CREDIT, from_currency: LAND, to_currency: CN, rates: rate,
     rate_type: M, as_of: SINCE, direction: multiply, rounding: half_up, rounding_to: "6603", target: credit,
     type: "decimal(12,2)"}"""


def test_rounding_is_computed_per_currency_and_nothing_else_is_apart(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    customer = FILES[CUSTOMER].replace("{rule: CU-4, kind: copy, source: CREDIT, target: credit}", CONVERTED)
    rate = "source,source_2,source_3,target,valid_from,valid_to\nD,CN,M,7.333,,\n"
    files = {**FILES, CUSTOMER: customer, "mappings/crosswalks/rate.csv": rate}
    world = offline(monkeypatch, tmp_path, files)
    lines = [("D", "0.01"), ("D", "0.10"), ("CN", "5.00"), ("D", None)]
    stage(world, SNAPSHOT, "customer", [{"NR": str(n), "LAND": land, "CREDIT": c} for n, (land, c) in enumerate(lines)])
    through(world, SNAPSHOT, "customer")
    mapping = world.specification.mapping("customer")
    (check,) = check_rounding(world, SNAPSHOT, mapping)
    assert check.status == "pass"
    # 0.07333 became 0.07 and 0.7333 became 0.73.
    assert check.evidence == {"rounding_to": "6603", "differences": {"CN": "0.000000", "D": "0.006630"}, "apart": []}
    dataset = datasets.mapped(SNAPSHOT, "customer")
    part = world.staging.read_part(dataset, 0)
    wrong = pa.array([Decimal("0.09"), Decimal("0.73"), Decimal("5.00")], pa.decimal128(12, 2))
    world.staging.write_part(dataset, 0, part.set_column(part.schema.get_field_index("credit"), "credit", wrong))
    (check,) = check_rounding(world, SNAPSHOT, mapping)
    assert (check.status, check.evidence["apart"]) == ("fail", ["D"])
