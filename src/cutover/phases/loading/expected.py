"""What a run should have left in the target, row by row, and what stands there now."""

from collections.abc import Iterator, Sequence

import pyarrow as pa
import pyarrow.compute as pc
from sqlalchemy import Connection

from cutover.core.comparison import NOTHING, Comparison, compare
from cutover.core.rules import as_array, join_key
from cutover.core.types import DataType, type_of
from cutover.phases.loading.falling import reject_fallen
from cutover.phases.loading.tables import Table
from cutover.phases.world import World
from cutover.systems import copying, datasets
from cutover.systems.catalogue import read_catalogue

KEY = "_compared"


def expected_part(world: World, table: Table, index: int, outcome: pa.Table, rows: pa.Array | None) -> pa.Table:
    """Return the rows that one batch should have left in a table; `rows` limits them to a pilot's selection.

    The frame holds `_row` and the target columns, the identity among them.
    """
    found = world.staging.read_part(table.dataset, index)
    standing = pc.is_in(outcome["outcome"], value_set=pa.array(["loaded", "merged"]))
    found = found.filter(pc.is_in(found["_row"], value_set=as_array(outcome.filter(standing)["_row"])))
    if rows is not None:
        found = found.filter(pc.is_in(found["_row"], value_set=rows))
    return table.shape(found)


def actual_rows(connection: Connection, table: Table, expected: pa.Table) -> pa.Table:
    """Read the target's rows that carry the keys of `expected`, in the same columns and types."""
    types = {field.name: column_type(field.type) for field in expected.schema if field.name != "_row"}
    where = expected.select(list(table.names_a_row))
    return copying.read_rows(connection, table.name, types, where=where, order=list(table.names_a_row))


def column_type(arrow: pa.DataType) -> DataType:
    """Return our type for a staged column; a column that is empty throughout counts as text."""
    return DataType("text") if pa.types.is_null(arrow) else type_of(arrow)


def with_key(table: Table, rows: pa.Table) -> pa.Table:
    """Add the column that names a row as one text."""
    return rows.append_column(KEY, join_key([as_array(rows[name]) for name in table.names_a_row]))


def compare_part(connection: Connection, table: Table, expected: pa.Table) -> tuple[Comparison, pa.Table]:
    """Compare what should be there with what is there, for the keys of one batch; returns the actual rows too."""
    if not len(expected):
        return NOTHING, expected
    padded = [column.name for column in read_catalogue(connection, table.name).columns if column.type == "character"]
    expected, actual = (_unpadded(rows, padded) for rows in (expected, actual_rows(connection, table, expected)))
    columns = [name for name in actual.column_names if name not in table.names_a_row]
    return compare(with_key(table, expected), with_key(table, actual), KEY, columns), actual


def _unpadded(rows: pa.Table, padded: Sequence[str]) -> pa.Table:
    """Leave out the blanks at the end of char(n) columns: they mean nothing to the target, which fills them up."""
    for at, name in enumerate(rows.column_names):
        if name in padded and pa.types.is_string(rows.schema.field(at).type):
            rows = rows.set_column(at, name, pc.utf8_rtrim(rows[name], " "))
    return rows


def outcome_parts(
    world: World, snapshot: str, entity: str, rows: pa.Array | None, fallen: pa.Table
) -> Iterator[tuple[int, pa.Table]]:
    """Yield the outcomes of an entity part by part, limited to a pilot's selection; fallen rows are rejected."""
    for index, outcome in world.staging.read_parts(datasets.outcome(snapshot, entity)):
        in_scope = outcome if rows is None else outcome.filter(pc.is_in(outcome["_row"], value_set=rows))
        yield index, reject_fallen(in_scope, fallen)


def selected(world: World, snapshot: str, run_id: int, kind: str, entity: str) -> pa.Array | None:
    """Return the rows that a run moves: a pilot's selection, None for all."""
    if kind != "pilot":
        return None
    return as_array(world.staging.read(datasets.selection(snapshot, run_id, entity))["_row"])
