"""What the systems do not have or cannot take is found before anything is landed, at its place in the project."""

from dataclasses import replace
from pathlib import Path

import pytest
from tests.phases.moved import toy
from tests.phases.toy import Toy, execute, one, simple

from cutover.core.types import parse_type
from cutover.phases.check_systems import check_systems, fits, tell
from cutover.systems.catalogue import ColumnFacts
from cutover.systems.connections import Connection

__all__ = ["toy"]
CUSTOMER, ORDER, LINE, PROJECT = (f"mappings/{name}.yaml" for name in ("customer", "order", "line", "project"))


def column(
    kind: str, *, length: int | None = None, precision: int | None = None, scale: int | None = None
) -> ColumnFacts:
    return ColumnFacts("c", kind, length, precision, scale, True, False, "", False, None)


@pytest.mark.parametrize(
    ("kind", "target", "fit"),
    [
        ("text(40)", column("character varying", length=40), True),
        ("text(41)", column("character varying", length=40), False),
        ("text", column("character varying", length=40), False),
        ("text", column("text"), True),
        ("integer", column("text"), True),
        ("decimal(12,2)", column("numeric", precision=12, scale=2), True),
        ("decimal(12,2)", column("numeric", precision=14, scale=4), True),
        ("decimal(12,2)", column("numeric", precision=12, scale=4), False),
        ("decimal(12,3)", column("numeric", precision=18, scale=2), False),
        ("decimal(38,9)", column("numeric"), True),
        ("integer", column("numeric", precision=12, scale=2), True),
        ("text", column("numeric"), False),
        ("decimal(9,0)", column("integer"), True),
        ("decimal(10,0)", column("integer"), False),
        ("decimal(9,2)", column("bigint"), False),
        ("integer", column("smallint"), True),
        ("text", column("bigint"), False),
        ("boolean", column("boolean"), True),
        ("integer", column("boolean"), False),
        ("date", column("date"), True),
        ("timestamp", column("date"), False),
        ("timestamp", column("timestamp with time zone"), True),
        ("text", column("date"), False),
        ("text", column("uuid"), True),
        ("decimal(4,2)", column("jsonb"), False),
    ],
)
def test_a_type_fits_a_column_or_not(kind: str, target: ColumnFacts, fit: bool) -> None:
    assert fits(parse_type(kind), target) is fit


def test_a_column_is_told_as_the_target_writes_it() -> None:
    assert tell(column("character varying", length=4)) == "character varying(4)"
    assert tell(column("numeric", precision=12, scale=2)) == "numeric(12,2)"
    assert tell(column("numeric")) == "numeric"


def test_systems_that_are_as_described_have_no_finding_and_are_left_alone(toy: Toy) -> None:
    simple(toy)
    world = toy.world()
    execute(world, "drop schema cutover cascade")
    assert check_systems(toy.world()) == []
    assert one(world, "select count(*) from pg_namespace where nspname = 'cutover'") == 0


# statement or edit -> (file, the text that the finding points at, words of it)
TARGETS = {
    "no table": ("drop table app.line", LINE, "table: app.line", "the target has no table 'app.line'"),
    "no column": ("alter table app.partner drop phone", CUSTOMER, "target: phone", "app.partner has no column 'phone'"),
    "no audit column": ("alter table app.partner drop defaulted", CUSTOMER, "audit: defaulted",
        "no column 'defaulted'"),
    "a column too short": (
        "alter table app.partner alter term type varchar(3)", CUSTOMER, "target: term",
        "text(4) does not fit app.partner.term, which is character varying(3)",
    ),
    "a scale too small": (
        "alter table app.line alter qty type numeric(12,2)", LINE, "target: qty",
        "decimal(12,3) does not fit app.line.qty",
    ),
    "a number for a text": (
        "alter table app.partner alter name type bigint using 0", CUSTOMER, "target: name", "which is bigint",
    ),
    "a required column that nobody fills": (
        "alter table app.orders add branch text not null", ORDER, "table: app.orders",
        "no rule fills app.orders.branch",
    ),
    "a required column of a further row": (
        "alter table app.role alter note set not null", CUSTOMER, "table: app.role", "no rule fills app.role.note",
    ),
    "a key that is not unique": (
        "alter table app.line drop constraint line_pkey", LINE, "key: [order_id, pos]", "order_id, pos is not unique",
    ),
    "no identity": (
        "alter table app.orders alter id drop identity", ORDER, "id: id", "has no sequence to reserve keys from",
    ),
    "a computed column": (
        "alter table app.orders drop tax, add tax text generated always as (no) stored", ORDER, "target: tax",
        "computed by the target",
    ),
}  # fmt: skip


def place_of(toy: Toy, file: str, anchor: str) -> tuple[int, int]:
    """Line and column of the first place of a text in a project file."""
    before = toy.files[file][: toy.files[file].index(anchor)]
    return before.count("\n") + 1, len(before) - before.rfind("\n")


@pytest.mark.parametrize("case", TARGETS)
def test_what_the_target_cannot_take_is_found_at_its_place(toy: Toy, case: str) -> None:
    statement, file, anchor, told = TARGETS[case]
    simple(toy)
    world = toy.world()
    execute(world, statement)
    found = [finding for finding in check_systems(world) if finding.file == file]
    assert told in found[0].problem
    assert (found[0].line, found[0].column) == place_of(toy, file, anchor)
    assert found[0].fix


def test_a_schema_that_no_fingerprint_covers_is_found(toy: Toy) -> None:
    simple(toy)
    toy.edit("project.yaml", "schemas: [app]", "schemas: [public]")
    found = check_systems(toy.world())
    assert {finding.file for finding in found} == {CUSTOMER, ORDER, LINE, "mappings/supplier.yaml"}
    assert "no fingerprint covers app.partner" in found[0].problem


def test_everything_is_found_at_once(toy: Toy) -> None:
    simple(toy)
    (toy.root / "legacy" / "line.csv").unlink()
    toy.edit(CUSTOMER, "source: PHONE, target: phone", "source: FON, target: fone")
    toy.edit(CUSTOMER, "NAME ilike 'test%'", "name ilike 'test%' and STATE = 'X'")
    toy.edit(CUSTOMER, '["SINCE desc nulls last"]', '["SINZE desc nulls last"]')
    toy.edit(ORDER, "table: app.orders", "table: app.ordrs")
    found = check_systems(toy.world())
    problems = {finding.problem for finding in found}
    assert {
        "the source has no column 'FON'",
        "the source has no column 'STATE'",
        "the source has no column 'SINZE'",
        "app.partner has no column 'fone'",
        "the target has no table 'app.ordrs'",
    } <= problems
    assert any(finding.file == LINE for finding in found)
    assert len(found) == 6
    assert all(finding.line > 0 for finding in found)


def test_connections_that_are_missing_or_dead_are_found_at_their_place(toy: Toy, tmp_path: Path) -> None:
    simple(toy)
    world = toy.world()
    known = {
        "crm": Connection("crm", "fs", extra={"path": str(tmp_path / "nowhere")}),
        "target": Connection("target", "postgres", "127.0.0.1", 1, "x", "secret", "x"),
    }
    found = check_systems(replace(world, connect=known.__getitem__))
    assert [(finding.file, finding.line, finding.column) for finding in found] == [
        ("project.yaml", *place_of(toy, "project.yaml", "connection: crm")),
        ("project.yaml", *place_of(toy, "project.yaml", "connection: target")),
    ]
    assert "folder that is not there" in found[0].problem
    assert "does not answer" in found[1].problem
    assert "secret" not in str(found)


@pytest.mark.parametrize(
    ("words", "at", "problem"),
    [
        ("codes_in: app.land", "codes_in: app.land", "the target has no table 'app.land'"),
        ("codes_in: app.country, active: alive", "active: alive", "app.country has no column 'alive'"),
        ("active: open", "active: open", "nothing says which table the codes are in"),
        ("codes_in: app.country, active: open", "", ""),
    ],
)
def test_a_table_of_codes_that_is_not_there_is_found(toy: Toy, words: str, at: str, problem: str) -> None:
    simple(toy)
    toy.edit(CUSTOMER, "crosswalk: country, type", f"crosswalk: country, {words}, type")
    world = toy.world()
    execute(world, "create table app.country (code varchar(2) primary key, open boolean not null)")
    found = check_systems(world)
    assert [finding.problem for finding in found] == ([problem] if problem else [])
    text = (toy.root / "project" / CUSTOMER).read_text(encoding="utf-8")
    for finding in found:
        assert text.splitlines()[finding.line - 1][finding.column - 1 :].startswith(at)
