"""Rows that could not be read as declared: in the feed by their number, without values, rejected by file and line."""

from collections.abc import Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from cutover.core.rules import as_array
from cutover.phases.world import World
from cutover.project.model import Source
from cutover.systems import datasets
from cutover.systems.sources.feed import Refused
from cutover.systems.staging import Dataset


def stage_refused(world: World, dataset: Dataset, refused: Sequence[Refused]) -> None:
    """Keep the refused rows of a feed, as they are written in their files."""
    lines = [
        {"_row": each.row, "_key": f"{each.file}:{each.line}", "reason": each.reason, "text": each.text}
        for each in refused
    ]
    world.staging.write_part(dataset, 0, pa.Table.from_pylist(lines, datasets.REFUSED))
    world.staging.seal(dataset, {"rows": len(lines)})


def read_refused(world: World, snapshot: str, source: Source) -> pa.Table:
    """Return the refused rows of a feed, in the shape of `datasets.REFUSED`; sources other than files have none."""
    dataset = datasets.refused(snapshot, source)
    if world.staging.manifest(dataset) is None:
        return datasets.REFUSED.empty_table()
    return world.staging.read(dataset)


def name_refused(refused: pa.Table, rows: pa.Table, keys: pa.Array) -> pa.Array:
    """Return the source keys of a part's rows, for refused ones their file and line."""
    if not len(refused):
        return keys
    place = pc.index_in(as_array(rows["_row"]), value_set=as_array(refused["_row"]))
    return pc.coalesce(as_array(refused["_key"]).take(place), keys)


def texts_of(world: World, snapshot: str, source: Source, rows: Sequence[int]) -> dict[int, dict[str, Any]]:
    """Return the refused ones among some rows: row number -> place and text, which stand for the row's values."""
    refused = read_refused(world, snapshot, source)
    wanted = refused.filter(pc.is_in(refused["_row"], value_set=pa.array(rows, pa.int64())))
    return {line["_row"]: {"line": line["_key"], "text": line["text"]} for line in wanted.to_pylist()}
