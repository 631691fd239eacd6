"""Rejects: what stays behind of an entity, from the ledger where it is loaded, else from what was mapped."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

import pyarrow as pa
import pyarrow.compute as pc

from cutover.core.expression import columns_of
from cutover.core.reasons import Language, in_words
from cutover.core.rules import as_array
from cutover.phases.quarantine.lines import due_days, owners_of
from cutover.phases.quarantine.replay import standing_runs
from cutover.phases.world import World
from cutover.project.model import Mapping, located_fields
from cutover.systems import datasets
from cutover.systems.queries import run as query


@dataclass(frozen=True)
class Reject:
    """One rule that one rejected row broke. run_id: None while nothing of the entity is loaded."""

    entity: str
    row: int
    key: str | None
    rule: str
    column: str
    reason: str
    severity: str
    stage: str
    constraint: str
    owner: str
    due: date | None
    run_id: int | None

    def words(self, language: Language) -> str:
        """Say why, in words."""
        return in_words(self.reason, language, rule=self.rule, column=self.column, constraint=self.constraint)


def list_rejects(world: World, snapshot: str, entity: str, *, owner: str | None = None) -> list[Reject]:
    """Return the rejects of an entity, of one owner or of all, in the order of the rows.

    Raises:
        InputError: no such entity, or it is not mapped.
    """
    mapping = world.specification.mapping(entity)
    world.staging.require(datasets.outcome(snapshot, entity), phase="map")
    kept = _kept(world, snapshot, mapping)
    found = list(_staged(world, snapshot, mapping)) if kept is None else kept
    return [one for one in found if owner is None or one.owner == owner]


def count_rules(rejects: list[Reject]) -> dict[tuple[str, str, str], int]:
    """Count the rows by rule, column and reason, the most frequent first."""
    return dict(Counter((one.rule, one.column, one.reason) for one in rejects).most_common())


def _kept(world: World, snapshot: str, mapping: Mapping) -> list[Reject] | None:
    """Return what the ledger holds; None when no run of the snapshot has loaded the entity."""
    for run in reversed(standing_runs(world, snapshot)):
        with world.target.connect() as connection:
            loaded = query(connection, "find_loaded", entities=[mapping.entity]).all()
            if (run.run_id, mapping.entity) in [tuple(line) for line in loaded]:
                lines = query(connection, "list_rejects", run_id=run.run_id, entity=mapping.entity).all()
                return [
                    Reject(
                        mapping.entity, line.row, line.src_key, line.rule, line.column, line.reason, line.severity,
                        line.stage, line.constraint_name, line.owner, line.due, run.run_id,
                    )
                    for line in lines
                ]  # fmt: skip
    return None


def _staged(world: World, snapshot: str, mapping: Mapping) -> Iterator[Reject]:
    owners = owners_of(world, mapping)
    due = world.now().date() + timedelta(days=due_days(world, mapping))
    dataset = datasets.outcome(snapshot, mapping.entity)
    for index, lines in world.staging.read_parts(datasets.rejects(snapshot, mapping.entity)):
        outcome = world.staging.read_part(dataset, index, ["_row", "_key"])
        place = as_array(pc.index_in(lines["_row"], value_set=as_array(outcome["_row"])))
        keys = as_array(outcome["_key"]).take(place).to_pylist()
        for line, key in zip(lines.sort_by("_row").to_pylist(), _sorted(keys, lines), strict=True):
            yield Reject(
                mapping.entity, line["_row"], key, line["rule"], line["column"] or "", line["reason"],
                line["severity"], "map", "", owners.get(line["rule"], owners[""]), due, None,
            )  # fmt: skip


def _sorted(keys: list[str | None], lines: pa.Table) -> list[str | None]:
    order = pc.sort_indices(lines["_row"]).to_pylist()
    return [keys[place] for place in order]


def correctable(mapping: Mapping, reject: Reject) -> frozenset[str] | None:
    """Return the source columns that a broken rule reads; None when it cannot be told, so any may be at fault."""
    if reject.rule == "SOURCE":
        return frozenset({reject.column})
    if reject.rule == "KEY":
        return frozenset(mapping.source.key)
    fields = [field for _, field in located_fields(mapping)]
    wanted = [
        field for field in fields if reject.rule == field.rule or (reject.column and field.target == reject.column)
    ]
    found = {name for field in wanted for _, name in field.columns()}
    found |= {name for field in wanted for _, expression in field.expressions() for name in columns_of(expression)}
    return frozenset(found) or None
