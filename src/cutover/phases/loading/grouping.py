"""Groups: rows that stand together travel in one batch, whatever parts hold them, and are tried together.

The target may ask something of all rows of a document at the end of a transaction, such as that its postings balance.
"""

import pyarrow as pa
import pyarrow.compute as pc

from cutover.core.rules import as_array
from cutover.phases.world import World
from cutover.project.model import Mapping
from cutover.systems import datasets
from cutover.systems.setwise import open_setwise, quote
from cutover.systems.staging import Dataset

NO_ROWS = pa.array([], pa.int64())


def travelling_rows(world: World, snapshot: str, mapping: Mapping) -> pa.Table:
    """Return _row, part, home: the rows whose group begins in an earlier part, their own part, and that one."""
    if mapping.all_or_none is None:
        return pa.table(dict.fromkeys(("_row", "part", "home"), NO_ROWS))
    clean = datasets.clean(snapshot, mapping.entity)
    with open_setwise(world.staging) as setwise:
        setwise.connection.register("bounds", _bounds(world, clean))
        return setwise.select(_travelling_sql(mapping.all_or_none.by), clean=clean)


def _bounds(world: World, dataset: Dataset) -> pa.Table:
    """Return the first row of each part that holds one."""
    found = [(index, pc.min(rows["_row"]).as_py()) for index, rows in world.staging.read_parts(dataset, ["_row"])]
    lines = [{"part": index, "first": first} for index, first in found if first is not None]
    return pa.Table.from_pylist(lines, pa.schema([("part", pa.int64()), ("first", pa.int64())]))


def _group(by: tuple[str, ...]) -> tuple[str, str]:
    """Return the SQL of a group's columns, and that none of them is empty: what has no group stands alone."""
    columns = [f"clean.{quote(column)}" for column in by]
    return ", ".join(columns), " and ".join(f"{column} is not null" for column in columns)


def _travelling_sql(by: tuple[str, ...]) -> str:
    group, whole = _group(by)
    return f"""
        with ends as (
            select ({group}) as grouped, min(_row) as least, max(_row) as greatest from clean where {whole} group by all
        ), homes as (
            select grouped, home.part as home from ends
            asof join bounds as home on ends.least >= home.first
            asof join bounds as away on ends.greatest >= away.first
            where home.part <> away.part
        )
        select clean._row, bounds.part, homes.home
        from clean join homes on homes.grouped = ({group}) asof join bounds on clean._row >= bounds.first
        where bounds.part <> homes.home"""


def units_of(world: World, snapshot: str, mapping: Mapping, rows: pa.Array) -> pa.Array:
    """Return for each of some rows the least of those that stand together with it; itself when it stands alone."""
    if mapping.all_or_none is None:
        return rows
    clean = datasets.clean(snapshot, mapping.entity)
    group, whole = _group(mapping.all_or_none.by)
    with open_setwise(world.staging) as setwise:
        setwise.connection.register("asked", pa.table({"_row": rows}))
        found = setwise.select(
            f"""
            select _row, case when {whole} then min(_row) over (partition by {group}) else _row end as unit
            from clean where _row in (select _row from asked)""",
            clean=clean,
        )
    return as_array(found["unit"]).take(as_array(pc.index_in(rows, value_set=as_array(found["_row"]))))
