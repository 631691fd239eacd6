"""Number ranges: the target's own counters for business numbers, moved past what a run brought, and back with it."""

import json
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, text

from cutover.errors import Busy, TargetError
from cutover.project.model import NumberRange
from cutover.systems.queries import query, quote_columns, render, run


def advance_ranges(connection: Connection, run_id: int, ranges: Sequence[NumberRange]) -> None:
    """Move each counter past the highest number that stands in its table, and remember from where.

    A counter that is beyond it already stays as it is.

    Raises:
        TargetError: a declared counter has no row. Busy: somebody drew from it in this very moment.
    """
    for declared in ranges:
        highest = run(
            connection, "highest_number", {"table": declared.numbers, "column": [declared.column]}
        ).scalar_one()
        before = _read(connection, declared)
        if highest is not None and highest >= before:
            if not _write(connection, declared.table, declared.next, declared.where, before, highest + 1):
                raise Busy(f"somebody drew from number range {declared.where} just now", fix="run it again")
            run(
                connection,
                "insert_number_range",
                run_id=run_id,
                table_name=declared.table,
                row_key=json.dumps(declared.where),
                next_column=declared.next,
                before=before,
                after=highest + 1,
            )


def restore_ranges(connection: Connection, run_id: int) -> None:
    """Put back the counters that a run moved, unless somebody drew a number since: such a counter stays."""
    for moved in run(connection, "list_number_ranges", run_id=run_id):
        _write(connection, moved.table_name, moved.next_column, moved.row_key, moved.after, moved.before)


def _read(connection: Connection, declared: NumberRange) -> int:
    keyed = _run_keyed(connection, "read_counter", declared.table, declared.next, declared.where)
    found = keyed.scalar()
    if found is None:
        raise TargetError(
            f"number range {declared.where} is not in {declared.table}", fix="create its row, or correct project.yaml"
        )
    return int(found)


def _write(connection: Connection, table: str, column: str, where: dict[str, str], before: int, after: int) -> bool:
    """Move a counter that still stands at `before`; returns whether it did."""
    moved = _run_keyed(connection, "write_counter", table, column, where, before=before, after=after)
    return bool(moved.rowcount)


def _run_keyed(connection: Connection, name: str, table: str, column: str, where: dict[str, str], **values: int) -> Any:
    """Run a query on the one row that `where` names; its columns are quoted, its values bound in their order."""
    found = query(name)
    keys = f"({quote_columns(list(where))})"
    places = ", ".join(f":key_{place}" for place in range(len(where)))
    body = render(found, {"table": table, "next": [column]}) + f" and {keys} = ({places})"
    bound = {f"key_{place}": value for place, value in enumerate(where.values())}
    return connection.execute(text(body), {**bound, **values})
