"""Which source rows each batch of an entity holds."""

from dataclasses import dataclass, field, replace

import pyarrow as pa
import pyarrow.compute as pc
from sqlalchemy import Connection

from cutover.core.rules import as_array
from cutover.phases.loading.grouping import NO_ROWS, travelling_rows
from cutover.phases.world import World
from cutover.project.model import Mapping, Reference
from cutover.systems import datasets, ledger
from cutover.systems.ledger import Run
from cutover.systems.staging import Dataset


@dataclass(frozen=True)
class Scope:
    """The source rows of a batch: those of some parts, or `only` these of them; without those replayed `elsewhere`."""

    seq: int
    parts: tuple[int, ...]
    only: pa.Array | None = None
    elsewhere: pa.Array = field(default_factory=lambda: NO_ROWS)

    @property
    def is_replay(self) -> bool:
        """Whether its rows were rejected before, in other batches."""
        return self.seq >= ledger.FIRST_REPLAY

    def among(self, rows: pa.Table) -> pa.Table:
        """Return those of the rows that the batch holds."""
        if self.only is not None:
            rows = rows.filter(pc.is_in(rows["_row"], value_set=self.only))
        return rows.filter(pc.invert(pc.is_in(rows["_row"], value_set=self.elsewhere))) if len(self.elsewhere) else rows


def plan_batches(world: World, run: Run, mapping: Mapping) -> list[Scope]:
    """Return the batches of an entity: one per part, with whole groups; a single one when rows refer to each other."""
    outcome = datasets.outcome(run.snapshot_id, mapping.entity)
    parts = world.staging.parts(outcome)
    if refers_to_itself(mapping):
        return [Scope(0, tuple(parts))] if parts else []
    travelling = travelling_rows(world, run.snapshot_id, mapping)
    return [scope for part in parts if (scope := _batch_of(world, outcome, part, travelling)) is not None]


def refers_to_itself(mapping: Mapping) -> bool:
    """Whether rows of an entity refer to others of it: by a key, or from a further row of one merged away."""
    kept = [field for split in mapping.also if split.merged == "keep" for field in split.fields]
    references = [field for field in (*mapping.fields, *kept) if isinstance(field, Reference)]
    return any(mapping.entity in field.entities for field in references)


def _batch_of(world: World, outcome: Dataset, part: int, travelling: pa.Table) -> Scope | None:
    """Return the batch of a part: without the rows that join an earlier one, with those that join it; None if empty."""
    come = travelling.filter(pc.equal(travelling["home"], part))
    leave = travelling.filter(pc.equal(travelling["part"], part))
    if not len(come) and not len(leave):
        return Scope(part, (part,))
    own = as_array(world.staging.read_part(outcome, part, ["_row"])["_row"])
    stay = own.filter(pc.invert(pc.is_in(own, value_set=as_array(leave["_row"]))))
    rows = pa.concat_arrays([stay, as_array(come["_row"])])
    return Scope(part, (part, *sorted(set(come["part"].to_pylist()))), rows) if len(rows) else None


def scope_now(connection: Connection, run: Run, entity: str, scope: Scope) -> Scope:
    """Return a planned batch as it is now: a replay holds the rows that the ledger names, and no other one does."""
    replayed = ledger.list_replayed(connection, run.run_id, entity)
    if scope.is_replay:
        return replace(scope, only=as_array(replayed.filter(pc.equal(replayed["seq"], scope.seq))["_row"]))
    return replace(scope, elsewhere=as_array(replayed["_row"]))
