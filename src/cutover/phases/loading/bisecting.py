"""Bisect a batch that the target refuses: find the rows at fault, so that all others load.

Every attempt lives in a savepoint. What is accepted stays until the search ends, so that rows which only clash with
each other are told apart: the later one is refused. At the end everything is undone; the good rows are then written
once, as if nobody had searched. k rows at fault of n cost at most about k * log2(n) attempts, and a batch with more of
them than a declared share stops the search.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal

import pyarrow as pa
import pyarrow.compute as pc
from sqlalchemy import Connection

from cutover.core.rules import as_array
from cutover.errors import TargetError
from cutover.systems import copying
from cutover.systems.datasets import REFUSED
from cutover.systems.queries import run
from cutover.systems.refusals import row_reason

TARGET_RULE = "TARGET"
ALWAYS_ALLOWED = 10


@dataclass(frozen=True)
class Frame:
    """Rows for one table of the target: `_row`, the source row that each belongs to, and the table's columns."""

    table: str
    rows: pa.Table


@dataclass
class _Search:
    """What is known so far: refusals by source row, and the rows that fall with them (whom they refer to)."""

    limit: int
    references: pa.Table
    refused: dict[int, TargetError] = field(default_factory=dict)
    down: set[int] = field(default_factory=set)

    def refuse(self, rows: Sequence[int], error: TargetError) -> None:
        self.refused |= dict.fromkeys(rows, error)
        self.down.update(rows)
        if len(self.refused) > self.limit:
            raise TargetError(
                f"the target refuses more than {self.limit} rows of this batch: {error.problem}",
                fix=f"{error.fix or 'mend mapping or target'}; thresholds.refused_rate_max is the share allowed",
                **error.facts,
            )

    def standing(self, rows: pa.Array) -> pa.Array:
        """Return the rows that refer to none that is down."""
        while self.down and len(self.references):
            fallen = pa.array(self.down, pa.int64())
            children = self.references.filter(pc.is_in(self.references["parent"], value_set=fallen))
            caught = pc.is_in(rows, value_set=as_array(children["child"]))
            if not pc.any(caught).as_py():
                break
            self.down.update(rows.filter(caught).to_pylist())
            rows = rows.filter(pc.invert(caught))
        return rows


def find_refused(connection: Connection, frames: Sequence[Frame], references: pa.Table, share: Decimal) -> pa.Table:
    """Return the source rows that the target refuses, as REFUSED; nothing of the attempts stays.

    frames: what the batch would write, in the order of writing. references: child, parent: source rows of this batch
    that refer to others of it. share: of the rows, that may be refused; ten always may.

    Raises:
        TargetError: more rows are refused, or the target refuses for another reason than a row.
    """
    rows = pc.unique(pa.chunked_array([as_array(frame.rows["_row"]) for frame in frames], pa.int64()))
    search = _Search(max(ALWAYS_ALLOWED, int(len(rows) * share)), references)
    ordered, circles = _parents_first(rows, references)
    with connection.begin_nested() as everything:
        # Said here as well: PostgreSQL puts the mode back only for the savepoint in which it was changed first.
        run(connection, "defer_constraints")
        _bisect(connection, frames, ordered, search)
        rest = search.standing(circles)
        # Rows in a circle can only arrive together, so they fall together.
        problem = _attempt(connection, frames, rest) if len(rest) else None
        if problem is not None:
            search.refuse(rest.to_pylist(), problem)
        everything.rollback()
    return pa.Table.from_pylist([_line(row, error) for row, error in sorted(search.refused.items())], REFUSED)


def _bisect(connection: Connection, frames: Sequence[Frame], rows: pa.Array, search: _Search) -> None:
    waiting = [rows] if len(rows) else []
    while waiting:
        chunk = search.standing(waiting.pop())
        problem = _attempt(connection, frames, chunk) if len(chunk) else None
        if problem is None:
            continue
        if len(chunk) == 1:
            search.refuse(chunk.to_pylist(), problem)
        else:
            middle = len(chunk) // 2
            waiting += [chunk.slice(middle), chunk.slice(0, middle)]


def _attempt(connection: Connection, frames: Sequence[Frame], rows: pa.Array) -> TargetError | None:
    """Write some rows; they stay when the target takes them all, else nothing does and its refusal is returned."""
    try:
        with connection.begin_nested():
            run(connection, "defer_constraints")
            for frame in frames:
                sent = frame.rows.filter(pc.is_in(frame.rows["_row"], value_set=rows))
                if len(sent):
                    copying.copy_in(connection, frame.table, sent.drop_columns(["_row"]))
            run(connection, "check_constraints")
    except TargetError as error:
        if row_reason(error) is None:
            raise
        return error
    return None


def _parents_first(rows: pa.Array, references: pa.Table) -> tuple[pa.Array, pa.Array]:
    """Return the rows ordered so that each comes after those it refers to, and the rows for which no order exists."""
    levels, left = [pa.array([], pa.int64())], rows
    while len(left):
        inside = references.filter(pc.is_in(references["parent"], value_set=left))
        waits = pc.is_in(left, value_set=as_array(inside["child"]))
        ready = left.filter(pc.invert(waits))
        if not len(ready):
            break
        levels.append(ready)
        left = left.filter(waits)
    return pa.concat_arrays(levels), left


def _line(row: int, error: TargetError) -> dict[str, object]:
    told = {name: str(error.facts.get(name, "")) for name in ("column", "constraint")}
    return {"_row": row, "rule": TARGET_RULE, "reason": row_reason(error), **told}
