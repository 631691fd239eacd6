"""Set-wise gates over the mapped rows that are to be loaded: unique, without orphans and circles, fit for the target.

DMC-12 and DMC-13 of the checklist. Mapping rejects what it finds itself; these checks do not trust it and ask anew,
over the whole entity, in DuckDB.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from cutover.core.verdicts import CheckResult, none_of
from cutover.phases.gates.structures import structure_checks
from cutover.phases.loading.tables import Table, tables_of
from cutover.phases.world import World
from cutover.project.model import Mapping, Reference
from cutover.systems import datasets
from cutover.systems.catalogue import ColumnFacts, TableFacts, read_catalogue
from cutover.systems.queries import run as query
from cutover.systems.setwise import SetWise, open_setwise, quote
from cutover.systems.staging import Dataset

SHOWN = 20  # of the source rows at fault, by their number in the snapshot
_RANGES = {"smallint": 15, "integer": 31, "bigint": 63}
_CODECS = {
    "UTF8": "utf-8", "LATIN1": "iso8859-1", "LATIN9": "iso8859-15", "WIN1252": "cp1252", "EUC_CN": "gb2312",
    "EUC_TW": "big5", "EUC_JP": "euc_jp", "EUC_KR": "euc_kr", "SQL_ASCII": "ascii",
}  # fmt: skip


@dataclass(frozen=True)
class Misfit:
    """How many values of a column do not fit, and in which way."""

    column: str
    way: str
    rows: int


def set_wise_checks(world: World, snapshot: str, mapping: Mapping) -> Iterator[CheckResult]:
    """Check the rows of an entity that are to be loaded, as a whole."""
    yield _ordered(world, mapping)
    yield from structure_checks(world, snapshot, mapping)
    with open_setwise(world.staging) as setwise:
        for table in tables_of(snapshot, mapping):
            if world.staging.parts(table.dataset):
                yield from _unique(setwise, snapshot, mapping, table)
                yield from _orphans(world, setwise, snapshot, mapping, table)


def fit_checks(world: World, snapshot: str, mapping: Mapping) -> Iterator[CheckResult]:
    """Check that every value fits its column of the target: length, precision, range, character set (DMC-13)."""
    with world.target.connect() as connection, open_setwise(world.staging) as setwise:
        encoding = str(query(connection, "read_encoding").scalar_one())
        for table in tables_of(snapshot, mapping):
            if world.staging.parts(table.dataset):
                facts = read_catalogue(connection, table.name)
                found = misfits(setwise, snapshot, mapping, table, facts, encoding)
                told = {f"{one.column} {one.way}": one.rows for one in found}
                rows = _count_standing(setwise, table, datasets.outcome(snapshot, mapping.entity))
                yield none_of(
                    f"FIT.{table.label}", mapping.entity, sum(told.values()), rows, misfits=told, charset=encoding
                )


def _ordered(world: World, mapping: Mapping) -> CheckResult:
    order = list(world.specification.mappings)
    place = order.index(mapping.entity)
    parents = world.specification.parents(mapping.entity)
    late = sorted(parent for parent in parents if order.index(parent) > place)
    return none_of("ORDER", mapping.entity, len(late), len(parents), late=late, load_order=order)


def _standing(table: Table) -> str:
    outcomes = "('loaded')" if table.rule is None else "('loaded', 'merged')"
    return f"rows._row in (select _row from outcome where outcome.outcome in {outcomes})"


def _count_standing(setwise: SetWise, table: Table, outcome: Dataset) -> int:
    sql = f"select count(*) from rows where {_standing(table)}"
    return _numbers(setwise.select(sql, rows=table.dataset, outcome=outcome))[0]


def _unique(setwise: SetWise, snapshot: str, mapping: Mapping, table: Table) -> Iterator[CheckResult]:
    outcome = datasets.outcome(snapshot, mapping.entity)
    for key in table.unique:
        if table.id in key:
            continue
        columns = ", ".join(f"rows.{quote(column)}" for column in key)
        present = " and ".join(f"rows.{quote(column)} is not null" for column in key)
        sql = f"""
            select coalesce(sum(n) filter (n > 1), 0) as bad, coalesce(sum(n), 0) as whole,
                   (list(least order by least) filter (n > 1))[:{SHOWN}] as rows
            from (
                select count(*) as n, min(rows._row) as least from rows
                where {present} and {_standing(table)} group by {columns})"""
        (found,) = setwise.select(sql, rows=table.dataset, outcome=outcome).to_pylist()
        name = f"UNIQUE.{table.name}.{'+'.join(key)}"
        yield _none_bad(name if table.rule is None else f"{name}.{table.rule}", mapping, found)


def _orphans(world: World, setwise: SetWise, snapshot: str, mapping: Mapping, table: Table) -> Iterator[CheckResult]:
    outcome = datasets.outcome(snapshot, mapping.entity)
    for field in table.fields:
        if not isinstance(field, Reference):
            continue
        known, staged = _known(world, snapshot, field)
        sql = f"""
            select count(*) filter (orphan) as bad, count(*) as whole,
                   (list(_row order by _row) filter (orphan))[:{SHOWN}] as rows
            from (
                select rows._row, cast(rows.{quote(field.target)} as varchar) not in ({known}) as orphan
                from rows where rows.{quote(field.target)} is not null and {_standing(table)})"""
        (found,) = setwise.select(sql, rows=table.dataset, outcome=outcome, **staged).to_pylist()
        yield _none_bad(f"ORPHANS.{field.rule}", mapping, found, column=field.target)


def _none_bad(check: str, mapping: Mapping, found: dict[str, Any], **facts: Any) -> CheckResult:
    return none_of(
        check, mapping.entity, int(found["bad"]), int(found["whole"]), rows=list(found["rows"] or []), **facts
    )


def _known(world: World, snapshot: str, field: Reference) -> tuple[str, dict[str, Dataset]]:
    """Return the SQL of all target keys that a reference may have, and the datasets that it names."""
    queries, staged = [], {}
    for index, entity in enumerate(field.entities):
        staged[f"parents_{index}"], key = datasets.target_keys(snapshot, world.specification.mapping(entity))
        name = quote(key)
        queries.append(f"select cast({name} as varchar) from parents_{index} where {name} is not null")
    return " union all ".join(queries), staged


def _numbers(found: pa.Table) -> list[int]:
    return [int(column[0].as_py()) for column in found.columns]


def misfits(
    setwise: SetWise, snapshot: str, mapping: Mapping, table: Table, facts: TableFacts, encoding: str
) -> list[Misfit]:
    """Return what does not fit, column by column.

    encoding: the target's character set as PostgreSQL names it; one that is not known here takes ASCII only.
    """
    outcome = datasets.outcome(snapshot, mapping.entity)
    schema = setwise.select("select * from rows limit 0", rows=table.dataset).schema
    columns = [column for column in facts.columns if column.name in schema.names]
    ways = [
        (column.name, way, condition)
        for column in columns
        for way, condition in _conditions(column, f"rows.{quote(column.name)}", schema.field(column.name).type)
    ]
    found = _count(setwise, table, outcome, ways) if ways else []
    if encoding != "UTF8":
        texts = [column.name for column in columns if pa.types.is_string(schema.field(column.name).type)]
        found += [_unencodable(setwise, snapshot, mapping, table, name, encoding) for name in texts]
    return [one for one in found if one.rows]


def _count(setwise: SetWise, table: Table, outcome: Dataset, ways: list[tuple[str, str, str]]) -> list[Misfit]:
    """Count the rows in which each condition holds, in one pass over them."""
    counts = ", ".join(f"count(*) filter ({condition})" for _, _, condition in ways)
    counted = setwise.select(f"select {counts} from rows where {_standing(table)}", rows=table.dataset, outcome=outcome)
    rows = (int(count[0].as_py()) for count in counted.columns)
    return [Misfit(name, way, count) for (name, way, _), count in zip(ways, rows, strict=True)]


def _conditions(column: ColumnFacts, name: str, kind: pa.DataType) -> Iterator[tuple[str, str]]:
    if pa.types.is_string(kind):
        yield "NUL characters", f"contains({name}, chr(0))"
        if column.length is not None:
            # Blanks at the end are cut by PostgreSQL itself, as the standard has it.
            yield f"longer than {column.length} characters", f"length(rtrim({name}, ' ')) > {column.length}"
    if pa.types.is_decimal(kind) and column.precision is not None and column.scale is not None:
        whole = column.precision - column.scale
        yield f"more than {column.scale} decimals", f"{name} <> round({name}, {column.scale})"
        yield f"more than {whole} digits", f"abs(round({name}, {column.scale})) >= cast('1{'0' * whole}' as hugeint)"
    if pa.types.is_integer(kind) and column.type in _RANGES:
        bits = _RANGES[column.type]
        yield f"out of {column.type}", f"{name} not between -{2**bits} and {2**bits - 1}"


def _unencodable(setwise: SetWise, snapshot: str, mapping: Mapping, table: Table, column: str, encoding: str) -> Misfit:
    """Count the texts with a character that the target's character set does not have; each character is tried once."""
    outcome = datasets.outcome(snapshot, mapping.entity)
    name = f"rows.{quote(column)}"
    sql = f"select distinct unnest(string_split({name}, '')) as c from rows where {name} is not null"
    codec = _CODECS.get(encoding, "ascii")
    strange = [char for char in setwise.select(sql, rows=table.dataset)["c"].to_pylist() if not _encodes(char, codec)]
    setwise.connection.register("strange", pa.table({"c": pa.array(strange, pa.string())}))
    sql = f"""
        select count(*) from rows
        where list_has_any(string_split({name}, ''), (select list(c) from strange)) and {_standing(table)}"""
    rows = _numbers(setwise.select(sql, rows=table.dataset, outcome=outcome))[0] if strange else 0
    return Misfit(column, f"characters that are not in {encoding}", rows)


def _encodes(text: str, codec: str) -> bool:
    try:
        text.encode(codec)
    except UnicodeEncodeError:
        return False
    return True
