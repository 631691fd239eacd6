"""Bisect a batch that the target refuses: find the rows at fault, so that all others load.

Every attempt lives in a savepoint. What is accepted stays until the search ends, so that rows which only clash with
each other are told apart: the later one is refused. At the end everything is undone; the good rows are then written
once, as if nobody had searched. k rows at fault of n cost at most about k * log2(n) attempts, and a batch with more of
them than a declared share stops the search.

What is halved are units: a row, or all rows that stand together (a document), which the target may judge as a whole.
"""

from collections.abc import Mapping, Sequence
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
    """What is known so far: refusals by source row, and the units that fall with them (whom they refer to)."""

    frames: Sequence[Frame]
    units: pa.Table
    references: pa.Table
    limit: int
    refused: dict[int, TargetError] = field(default_factory=dict)
    at_fault: int = 0
    down: set[int] = field(default_factory=set)

    def rows(self, units: pa.Array) -> pa.Array:
        """Return the rows of some units."""
        return as_array(self.units.filter(pc.is_in(self.units["unit"], value_set=units))["_row"])

    def refuse(self, units: pa.Array, refused: Mapping[int, TargetError], error: TargetError) -> None:
        """Note that units cannot be written because of some of their rows; a unit counts once."""
        self.refused.update(refused)
        self.at_fault += len(units)
        self.down.update(units.to_pylist())
        if self.at_fault > self.limit:
            raise TargetError(
                f"the target refuses more than {self.limit} rows of this batch: {error.problem}",
                fix=f"{error.fix or 'mend mapping or target'}; thresholds.refused_rate_max is the share allowed",
                **error.facts,
            )

    def standing(self, units: pa.Array) -> pa.Array:
        """Return the units that refer to none that is down."""
        while self.down and len(self.references):
            fallen = pa.array(self.down, pa.int64())
            children = self.references.filter(pc.is_in(self.references["parent"], value_set=fallen))
            caught = pc.is_in(units, value_set=as_array(children["child"]))
            if not pc.any(caught).as_py():
                break
            self.down.update(units.filter(caught).to_pylist())
            units = units.filter(pc.invert(caught))
        return units


def find_refused(
    connection: Connection, frames: Sequence[Frame], units: pa.Table, references: pa.Table, share: Decimal
) -> pa.Table:
    """Return the source rows that the target refuses, as REFUSED; nothing of the attempts stays.

    frames: what the batch would write, in the order of writing. units: _row, unit: which rows stand together, named by
    one of them. references: child, parent: source rows of this batch that refer to others of it. share: of the rows,
    that may be refused; ten always may.

    Raises:
        TargetError: more rows are refused, or the target refuses for another reason than a row.
    """
    references = _between_units(units, references)
    search = _Search(frames, units, references, max(ALWAYS_ALLOWED, int(len(units) * share)))
    ordered, circles = _parents_first(as_array(units["unit"]).unique(), references)
    with connection.begin_nested() as everything:
        # Said here as well: PostgreSQL puts the mode back only for the savepoint in which it was changed first.
        run(connection, "defer_constraints")
        _bisect(connection, search, ordered)
        rest = search.standing(circles)
        # Units in a circle can only arrive together, so they fall together.
        problem = _attempt(connection, frames, search.rows(rest)) if len(rest) else None
        if problem is not None:
            search.refuse(rest, dict.fromkeys(search.rows(rest).to_pylist(), problem), problem)
        everything.rollback()
    return pa.Table.from_pylist([_line(row, error) for row, error in sorted(search.refused.items())], REFUSED)


def _between_units(units: pa.Table, references: pa.Table) -> pa.Table:
    """Return the references between rows as those between their units, without those within one."""
    numbers, names = as_array(units["_row"]), as_array(units["unit"])
    ends = {end: names.take(as_array(pc.index_in(references[end], value_set=numbers))) for end in ("child", "parent")}
    pairs = pa.table(ends)
    return pairs.filter(pc.not_equal(pairs["child"], pairs["parent"]))


def _bisect(connection: Connection, search: _Search, units: pa.Array) -> None:
    waiting = [units] if len(units) else []
    while waiting:
        chunk = search.standing(waiting.pop())
        problem = _attempt(connection, search.frames, search.rows(chunk)) if len(chunk) else None
        if problem is None:
            continue
        if len(chunk) == 1:
            search.refuse(chunk, _at_fault(connection, search.frames, search.rows(chunk), problem), problem)
        else:
            middle = len(chunk) // 2
            waiting += [chunk.slice(middle), chunk.slice(0, middle)]


def _at_fault(
    connection: Connection, frames: Sequence[Frame], rows: pa.Array, problem: TargetError
) -> dict[int, TargetError]:
    """Return the rows of a refused unit that the target refuses one by one; all of them when it takes each alone."""
    alone = rows.to_pylist()
    if len(alone) > 1:
        tried = {row: _attempt(connection, frames, pa.array([row], pa.int64()), whole=False) for row in alone}
        refused = {row: error for row, error in tried.items() if error is not None}
        if refused:
            return refused
    return dict.fromkeys(alone, problem)


def _attempt(
    connection: Connection, frames: Sequence[Frame], rows: pa.Array, *, whole: bool = True
) -> TargetError | None:
    """Write some rows; they stay when the target takes them all, else nothing does and its refusal is returned.

    whole: the rows make whole units; else what the target asks at the end of a transaction is not asked, nothing stays.
    """
    try:
        with connection.begin_nested() as attempt:
            run(connection, "defer_constraints")
            for frame in frames:
                sent = frame.rows.filter(pc.is_in(frame.rows["_row"], value_set=rows))
                if len(sent):
                    copying.copy_in(connection, frame.table, sent.drop_columns(["_row"]))
            if whole:
                run(connection, "check_constraints")
            else:
                attempt.rollback()
    except TargetError as error:
        if row_reason(error) is None:
            raise
        return error
    return None


def _parents_first(units: pa.Array, references: pa.Table) -> tuple[pa.Array, pa.Array]:
    """Return the units ordered so that each comes after those it refers to, and those for which no order exists."""
    levels, left = [pa.array([], pa.int64())], units
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
