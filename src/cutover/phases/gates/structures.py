"""Structures whose edges are rows (a bill of material): no circle, nothing released made of what is not (DMC-12)."""

from collections.abc import Iterator

import pyarrow as pa
import pyarrow.compute as pc

from cutover.core.expression import evaluate
from cutover.core.rules import as_array, truth
from cutover.core.verdicts import CheckResult, none_of
from cutover.phases.mapping.filling import told_by
from cutover.phases.mapping.settling import edges_of, rows_on_circles
from cutover.phases.world import World
from cutover.project.model import Mapping
from cutover.systems import datasets

SHOWN = 20


def structure_checks(world: World, snapshot: str, mapping: Mapping) -> Iterator[CheckResult]:
    """Check the edges of an entity that are to be loaded, where it declares a structure.

    Raises:
        InputError: the nodes are not cleansed yet. TerminalError: `released` cannot be computed.
    """
    structure = mapping.acyclic
    if structure is None:
        return
    edges = edges_of(world, snapshot, mapping, structure)
    on_circles = rows_on_circles(edges).to_pylist()
    yield none_of("CYCLES", mapping.entity, len(on_circles), len(edges), rows=on_circles[:SHOWN])
    if structure.nodes is not None and structure.released is not None:
        with told_by(f"`released` of {structure.rule}"):
            released = _released(world, snapshot, structure.nodes, structure.released)
        used = edges.filter(pc.is_in(edges["parent"], value_set=released))
        early = used.filter(pc.invert(pc.is_in(used["child"], value_set=released)))["_row"].to_pylist()
        yield none_of("RELEASED", mapping.entity, len(early), len(used), rows=early[:SHOWN])


def _released(world: World, snapshot: str, nodes: str, released: str) -> pa.Array:
    """Return the keys of the nodes that may be used."""
    clean = datasets.clean(snapshot, nodes)
    world.staging.require(clean, phase="cleanse")
    keys = [pa.array([], pa.string())]
    for _, rows in world.staging.read_parts(clean):
        may = truth(as_array(evaluate([released], rows)[0]))
        keys.append(as_array(rows["_key"]).filter(may))
    return pa.concat_arrays(keys)
