"""Whether every rule was seen at work: by an example of its own, or by a row that it filled or refused (DMC-09)."""

from collections.abc import Iterator

import pyarrow.compute as pc

from cutover.core.verdicts import CheckResult, all_of
from cutover.phases.loading.tables import tables_of
from cutover.phases.world import World
from cutover.project.model import Constant, Mapping, located_fields
from cutover.systems import datasets


def check_tried(world: World, snapshot: str, mapping: Mapping) -> CheckResult:
    """Hold the rules that have an example, declared or in the data, against all rules of an entity whose rows move."""
    rules = [rule for _, rule in located_fields(mapping)]
    filling = set(_filling(world, snapshot, mapping))
    # What a constant does stands in the mapping.
    told_by_itself = {rule.rule for rule in rules if rule.examples or isinstance(rule, Constant)}
    seen = filling | told_by_itself | _refusing(world, snapshot, mapping)
    # Of an entity of which no row moves there is nothing to see.
    bare = sorted(rule.rule for rule in rules if rule.rule not in seen) if filling else []
    whole = len(rules) if filling else 0
    told = f"nobody has seen what they do, add `examples`: {', '.join(bare)}" if bare else ""
    return all_of(
        "EXAMPLES", mapping.entity, whole - len(bare), whole, severity="minor", evidence={"bare": bare}, message=told
    )


def _filling(world: World, snapshot: str, mapping: Mapping) -> Iterator[str]:
    """Yield the rules that filled a column of a staged row with a value."""
    for table in tables_of(snapshot, mapping):
        left = {field.target: field.rule for field in table.fields}
        for index in world.staging.parts(table.dataset):
            if not left:
                break
            rows = world.staging.read_part(table.dataset, index, list(left))
            filled = [name for name in left if rows[name].null_count < len(rows)]
            yield from (left.pop(name) for name in filled)


def _refusing(world: World, snapshot: str, mapping: Mapping) -> set[str]:
    found: set[str] = set()
    for _, rows in world.staging.read_parts(datasets.rejects(snapshot, mapping.entity), ["rule"]):
        found |= set(pc.unique(rows["rule"]).to_pylist())
    return found
