"""Rows that could not be read as declared: in the feed by their number, without values, rejected by file and line."""

from collections.abc import Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from cutover.core.rules import as_array
from cutover.phases.world import World
from cutover.project.model import Source
from cutover.systems import datasets
from cutover.systems.sources.feed import Ragged
from cutover.systems.staging import Dataset


def stage_ragged(world: World, dataset: Dataset, ragged: Sequence[Ragged]) -> None:
    """Keep the ragged rows of a feed, as they are written in their files."""
    lines = [
        {"_row": each.row, "_key": f"{each.file}:{each.line}", "reason": each.reason, "text": each.text}
        for each in ragged
    ]
    world.staging.write_part(dataset, 0, pa.Table.from_pylist(lines, datasets.RAGGED))
    world.staging.seal(dataset, {"rows": len(lines)})


def read_ragged(world: World, snapshot: str, source: Source) -> pa.Table:
    """Return the ragged rows of a feed, in the shape of `datasets.RAGGED`; sources other than files have none."""
    dataset = datasets.ragged(snapshot, source)
    if world.staging.manifest(dataset) is None:
        return datasets.RAGGED.empty_table()
    return world.staging.read(dataset)


def name_ragged(ragged: pa.Table, rows: pa.Table, keys: pa.Array) -> pa.Array:
    """Return the source keys of a part's rows, for ragged ones their file and line."""
    if not len(ragged):
        return keys
    place = pc.index_in(as_array(rows["_row"]), value_set=as_array(ragged["_row"]))
    return pc.coalesce(as_array(ragged["_key"]).take(place), keys)


def texts_of(world: World, snapshot: str, source: Source, rows: Sequence[int]) -> dict[int, dict[str, Any]]:
    """Return the ragged ones among some rows: row number -> place and text, which stand for the row's values."""
    ragged = read_ragged(world, snapshot, source)
    wanted = ragged.filter(pc.is_in(ragged["_row"], value_set=pa.array(rows, pa.int64())))
    return {line["_row"]: {"line": line["_key"], "text": line["text"]} for line in wanted.to_pylist()}
