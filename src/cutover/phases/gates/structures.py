"""Structures whose edges are rows (a bill of material): no circle, nothing released made of what is not (DMC-12)."""

from collections.abc import Iterator

import pyarrow as pa
import pyarrow.compute as pc

from cutover.core.expression import evaluate
from cutover.core.rules import as_array, join_key, truth
from cutover.core.verdicts import CheckResult, none_of
from cutover.phases.mapping.filling import told_by
from cutover.phases.mapping.settling import circles
from cutover.phases.mapping.values import of_outcome
from cutover.phases.world import World
from cutover.project.model import Mapping
from cutover.systems import datasets

SHOWN = 20


def structure_checks(world: World, snapshot: str, mapping: Mapping) -> Iterator[CheckResult]:
    """Check the edges of an entity that are to be loaded, where it declares a structure.

    Raises:
        InputError: the nodes are not cleansed yet. TerminalError: `released` cannot be computed.
    """
    if mapping.acyclic is None:
        return
    edges = _edges(world, snapshot, mapping)
    on_circles = circles(world, snapshot, mapping)["_row"].to_pylist()
    yield none_of("CYCLES", mapping.entity, len(on_circles), len(edges), rows=on_circles[:SHOWN])
    if mapping.acyclic.nodes is not None:
        released = _released(world, snapshot, mapping)
        used = edges.filter(pc.is_in(edges["parent"], value_set=released))
        early = used.filter(pc.invert(pc.is_in(used["child"], value_set=released)))["_row"].to_pylist()
        yield none_of("RELEASED", mapping.entity, len(early), len(used), rows=early[:SHOWN])


def _edges(world: World, snapshot: str, mapping: Mapping) -> pa.Table:
    """Return _row, parent, child of the edges that are to be loaded, their ends as keys."""
    assert mapping.acyclic is not None
    sides = {"parent": mapping.acyclic.parent, "child": mapping.acyclic.child}
    columns = ["_row", *dict.fromkeys([*mapping.acyclic.parent, *mapping.acyclic.child])]
    parts = [pa.schema([("_row", pa.int64()), ("parent", pa.string()), ("child", pa.string())]).empty_table()]
    for index, rows in world.staging.read_parts(datasets.clean(snapshot, mapping.entity), columns):
        rows = of_outcome(world, snapshot, mapping.entity, index, rows, ("loaded",))
        ends = {side: join_key([as_array(rows[name]) for name in names]) for side, names in sides.items()}
        parts.append(pa.table({"_row": rows["_row"], **ends}))
    return pa.concat_tables(parts)


def _released(world: World, snapshot: str, mapping: Mapping) -> pa.Array:
    """Return the keys of the nodes that may be used."""
    assert mapping.acyclic is not None and mapping.acyclic.nodes is not None and mapping.acyclic.released is not None
    clean = datasets.clean(snapshot, mapping.acyclic.nodes)
    world.staging.require(clean, phase="cleanse")
    keys = [pa.array([], pa.string())]
    for _, rows in world.staging.read_parts(clean):
        with told_by(f"`released` of {mapping.acyclic.rule}"):
            may = truth(as_array(evaluate([mapping.acyclic.released], rows)[0]))
        keys.append(as_array(rows["_key"]).filter(may))
    return pa.concat_arrays(keys)
