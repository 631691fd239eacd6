"""Load: the parts of a mapped entity go into the target, each with its ledger in one transaction, exactly once."""

from collections.abc import Sequence
from dataclasses import dataclass

from cutover.errors import InputError, TargetError
from cutover.phases.loading.batches import write_batch
from cutover.phases.loading.falling import fallen_rows
from cutover.phases.loading.planning import Scope, plan_batches, scope_now
from cutover.phases.loading.resuming import resume_run
from cutover.phases.rollback import take_back
from cutover.phases.runs import require_active
from cutover.phases.world import Step, World
from cutover.systems import datasets, ledger
from cutover.systems.ledger import Batch, Run
from cutover.systems.refusals import refusals, row_reason


@dataclass(frozen=True)
class EntityResult:
    """What became of an entity's rows (of this slice); read = loaded + merged + dropped + rejected."""

    entity: str
    batches: int
    read: int
    loaded: int
    merged: int
    dropped: int
    rejected: int
    written: int


def load_entity(world: World, run_id: int, entity: str, *, slice_index: int = 0, slices: int = 1) -> EntityResult:
    """Load the batches of an entity whose number modulo `slices` is `slice_index`; those already loaded are skipped.

    A finished run is opened again for batches that were taken back since.
    An entity that refers to itself is one batch: its rows arrive together, in whatever order they refer to each other.

    Raises:
        SpecificationChanged: the specification is not the one that the run was started with.
        InputError: the run has ended or does not hold the entity, or staged data are missing.
        TargetError: the target refuses more rows of a batch than thresholds.refused_rate_max allows, or refuses for
            another reason than a row; nothing of the batch stays. ConnectionLost, Busy: run it again, it resumes.
    """
    run = resume_run(world, run_id)
    if entity not in run.entities:
        raise InputError(f"run {run_id} does not move {entity!r}", fix=f"use one of {', '.join(run.entities)}")
    manifest = world.staging.require(datasets.outcome(run.snapshot_id, entity), phase="map")
    total = manifest.get("rows") if slices == 1 and run.kind == "full" else None
    done: list[Batch] = []
    planned = plan_batches(world, run, world.specification.mapping(entity))
    for scope in planned:
        if scope.seq % slices == slice_index:
            done.append(load_batch(world, run, entity, scope))
            world.progress(Step("load", entity, sum(batch.rows_read for batch in done), total))
    done += _load_replays(world, run, entity, slice_index, slices)
    _reload_fallen(world, run, entity, planned)
    return _sum(entity, _as_kept(world, run, done))


def load_batch(world: World, run: Run, entity: str, planned: Scope, *, again: bool = False) -> Batch:
    """Load one batch in one transaction, unless the ledger says that it is loaded; return its ledger row.

    Rows that the target refuses are found by bisecting and rejected; all others load. again: a batch that is loaded is
    taken back and loaded anew in the same transaction.
    """
    try:
        return _load_batch(world, run, entity, planned, again, bisects=False)
    except TargetError as refusal:
        if row_reason(refusal) is None:
            raise
    # Searching leaves its marks on the transaction, so only a batch that needs it pays for it.
    return _load_batch(world, run, entity, planned, again, bisects=True)


def _load_batch(world: World, run: Run, entity: str, planned: Scope, again: bool, *, bisects: bool) -> Batch:
    with refusals(entity=entity, batch=planned.seq), world.target.begin() as connection:
        found = ledger.lock_batch(connection, run.run_id, entity, planned.seq)
        if found is not None and found.state == "loaded" and not again:
            return found
        require_active(ledger.read_run(connection, run.run_id, lock="share"))
        scope = scope_now(connection, run, entity, planned)
        if found is not None:
            if found.state == "loaded":
                take_back(world, connection, found)
            ledger.delete_batch(connection, found)
        return write_batch(world, connection, run, world.specification.mapping(entity), scope, bisects=bisects)


def _reload_fallen(world: World, run: Run, entity: str, planned: Sequence[Scope]) -> None:
    """Load those batches again whose rows fell, or rose, with what was known only after them (a group, a replay)."""
    mapping = world.specification.mapping(entity)
    with world.target.connect() as connection:
        kept = ledger.list_refused(connection, run.snapshot_id, entity)
        fallen = fallen_rows(world, connection, run.snapshot_id, mapping)
        known, wanted = set(kept["_row"].to_pylist()), set(fallen["_row"].to_pylist())
        apart = sorted(known ^ wanted)
        seqs = ledger.list_seqs_of_rows(connection, run.run_id, entity, apart) if apart else []
    everything = tuple(world.staging.parts(datasets.outcome(run.snapshot_id, entity)))
    known_scopes = {scope.seq: scope for scope in planned}
    for seq in seqs:
        load_batch(world, run, entity, known_scopes.get(seq, Scope(seq, everything)), again=True)


def _load_replays(world: World, run: Run, entity: str, slice_index: int, slices: int) -> list[Batch]:
    """Load the replays of an entity that were taken back; each holds rows of whatever parts."""
    with world.target.connect() as connection:
        known = [batch.seq for batch in ledger.list_batches(connection, run.run_id, entity)]
    parts = tuple(world.staging.parts(datasets.outcome(run.snapshot_id, entity)))
    replays = [seq for seq in known if seq >= ledger.FIRST_REPLAY and seq % slices == slice_index]
    return [load_batch(world, run, entity, Scope(seq, parts)) for seq in replays]


def _as_kept(world: World, run: Run, done: Sequence[Batch]) -> list[Batch]:
    if not done:
        return []
    with world.target.connect() as connection:
        kept = {batch.seq: batch for batch in ledger.list_batches(connection, run.run_id, done[0].entity)}
    return [kept[batch.seq] for batch in done]


def _sum(entity: str, batches: Sequence[Batch]) -> EntityResult:
    return EntityResult(
        entity=entity,
        batches=len(batches),
        read=sum(batch.rows_read for batch in batches),
        loaded=sum(batch.rows_loaded for batch in batches),
        merged=sum(batch.rows_merged for batch in batches),
        dropped=sum(batch.rows_dropped for batch in batches),
        rejected=sum(batch.rows_rejected for batch in batches),
        written=sum(batch.rows_written for batch in batches),
    )
