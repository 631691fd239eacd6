"""Correct: lay what people mended over the landed rows, before they are cleansed, and log it as any other change.

The snapshot stays as it was landed. Whoever makes something of it reads which corrections hold, so that a full run of
the same snapshot and the same corrections gives the same.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import astuple

import pyarrow as pa
import pyarrow.compute as pc

from cutover.core.cleansing import CHANGES
from cutover.core.rules import as_array
from cutover.phases.world import World
from cutover.systems import corrections
from cutover.systems.corrections import Correction

CORRECTION_RULE = "CORRECTION"


def read_corrections(world: World, snapshot: str, entity: str) -> list[Correction]:
    """Return the corrections of an entity that hold."""
    with world.target.connect() as connection:
        return corrections.list_corrections(connection, snapshot, [entity])


def digest_above(world: World, snapshot: str, entity: str) -> str:
    """Return the digest of the corrections that an entity's mapped rows rest on: its own, and those above it."""
    above, waiting = {entity}, [entity]
    while waiting:
        found = world.specification.parents(waiting.pop()) - above
        above |= found
        waiting += found
    with world.target.connect() as connection:
        return digest(corrections.list_corrections(connection, snapshot, sorted(above)))


def last_corrections(world: World, snapshot: str, entity: str) -> dict[int, int]:
    """Return row -> its newest correction that holds."""
    last: dict[int, int] = {}
    for one in read_corrections(world, snapshot, entity):
        last[one.row] = max(one.correction_id, last.get(one.row, 0))
    return last


def digest(held: Sequence[Correction]) -> str:
    """Return what tells one set of corrections from another; empty when there are none."""
    texts = sorted(json.dumps(astuple(one), ensure_ascii=False) for one in held)
    return hashlib.sha256("\n".join(texts).encode()).hexdigest() if texts else ""


def apply_corrections(rows: pa.Table, held: Sequence[Correction]) -> tuple[pa.Table, pa.Table]:
    """Lay corrections over a part of landed rows; returns the rows and what changed, as a change log.

    Raises:
        ValueError: a row does not hold what was found when it was corrected, or a column cannot take the text.
    """
    changes = [CHANGES.empty_table()]
    numbers = as_array(rows["_row"])
    for column in dict.fromkeys(one.column for one in held):
        lines = [one for one in held if one.column == column]
        place = pc.index_in(numbers, value_set=pa.array([one.row for one in lines], pa.int64()))
        hit = pc.is_valid(place)
        if not pc.any(hit).as_py():
            continue
        old = as_array(rows[column])
        before, after = (as_texts(side).take(place) for side in _sides(lines))
        if not old.cast(pa.string()).filter(hit).equals(before.filter(hit)):
            raise ValueError(f"column {column!r} does not hold what was found when it was corrected")
        mended = pc.if_else(hit, after.cast(old.type), old)
        rows = rows.set_column(rows.schema.get_field_index(column), column, mended)
        changes.append(_log(numbers.filter(hit), lines, column, place.filter(hit)))
    return rows, pa.concat_tables(changes)


def as_texts(values: Sequence[str | None]) -> pa.Array:
    """Return texts as an array."""
    return pa.array(list(values), pa.string())


def _sides(lines: Sequence[Correction]) -> tuple[list[str | None], list[str | None]]:
    return [one.before for one in lines], [one.after for one in lines]


def _log(numbers: pa.Array, lines: Sequence[Correction], column: str, place: pa.Array) -> pa.Table:
    before, after = (as_texts(side).take(place) for side in _sides(lines))
    told = {
        "_row": numbers,
        "column": pa.repeat(column, len(numbers)),
        "rule": pa.repeat(CORRECTION_RULE, len(numbers)),
        "before": before,
        "after": after,
        "mode": pa.repeat("approved", len(numbers)),
        "approver": as_texts([one.by_whom for one in lines]).take(place),
    }
    return pa.table(told).select(CHANGES.names).cast(CHANGES)


def split_log(changes: pa.Table) -> tuple[list[Correction], pa.Table]:
    """Return the corrections that a change log tells of, and the rest of it."""
    corrected = pc.equal(changes["rule"], CORRECTION_RULE)
    lines = changes.filter(corrected).to_pylist()
    held = [Correction("", one["_row"], one["column"], one["before"], one["after"], "") for one in lines]
    return held, changes.filter(pc.invert(corrected))
