"""Carry corrections on to a newer snapshot, while the legacy system still holds what was found wrong."""

from collections import defaultdict
from dataclasses import replace

import pyarrow as pa
import pyarrow.compute as pc

from cutover.phases.quarantine.correcting import read_corrections
from cutover.phases.quarantine.correction_sheet import current_rows
from cutover.phases.world import World
from cutover.systems import corrections, datasets


def carry_corrections(world: World, earlier: str, snapshot: str, entity: str) -> int:
    """Let corrections of an earlier snapshot hold for a cleansed newer one, and return how many cells they are.

    A row is found by the key that it had when it was corrected. A cell that was mended in the legacy system since, or
    a key that is not the row's alone, carries nothing.
    """
    held = [one for one in read_corrections(world, earlier, entity) if one.src_key is not None]
    if not held or read_corrections(world, snapshot, entity):
        return 0
    rows = _rows_of_keys(world, snapshot, entity, {str(one.src_key) for one in held})
    current = current_rows(world, snapshot, world.specification.mapping(entity), sorted(rows.values()))
    carried = [
        replace(one, row=rows[one.src_key])
        for one in held
        if one.src_key in rows and current[rows[one.src_key]].get(one.column) == one.before
    ]
    with world.target.begin() as connection:
        told = f"carried from {earlier}"
        corrections.record_corrections(connection, snapshot, carried, file_sha256=told, at=world.now())
    return len(carried)


def _rows_of_keys(world: World, snapshot: str, entity: str, keys: set[str]) -> dict[str, int]:
    found: dict[str, list[int]] = defaultdict(list)
    wanted = pa.array(sorted(keys))
    for _, part in world.staging.read_parts(datasets.clean(snapshot, entity), ["_row", "_key"]):
        for line in part.filter(pc.is_in(part["_key"], value_set=wanted)).to_pylist():
            found[line["_key"]].append(line["_row"])
    return {key: rows[0] for key, rows in found.items() if len(rows) == 1}
