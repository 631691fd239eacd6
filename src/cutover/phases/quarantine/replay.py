"""Replay: rejected rows that would fare otherwise now go the same way again, and only these.

Cleansing and mapping are done anew for what the corrections touch; rows that stand in the target must come out as they
stand. Then each rejected row whose fate changed leaves its batch for a new one, in one transaction of the target with
its ledger: whatever is killed, a row has one outcome, and the next replay goes on.
"""

from collections.abc import Iterator, Sequence, Set
from contextlib import contextmanager
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc
from sqlalchemy import Connection

from cutover.errors import Busy, InputError, TargetError
from cutover.phases.cleanse import cleanse_entity
from cutover.phases.loading.batches import write_batch
from cutover.phases.loading.bisecting import TARGET_RULE
from cutover.phases.loading.falling import fallen_rows
from cutover.phases.loading.planning import Scope
from cutover.phases.map import map_entity
from cutover.phases.quarantine.correcting import last_corrections
from cutover.phases.quarantine.standing import require_standing
from cutover.phases.runs import prove_balance, require_unchanged
from cutover.phases.world import World
from cutover.project.model import Mapping
from cutover.systems import corrections, datasets, ledger
from cutover.systems.ledger import Batch, Rejected, Run
from cutover.systems.refusals import refusals, row_reason


@dataclass(frozen=True)
class Replayed:
    """What became of the rejected rows of one entity that were replayed in a run."""

    run_id: int
    entity: str
    rows: int
    loaded: int
    merged: int
    dropped: int
    rejected: int


def replay(world: World, snapshot: str, *, refused: bool = False) -> list[Replayed]:
    """Map a snapshot with the corrections that hold, and replay what changed in every run that stands on it.

    refused: try the rows again that the target refused, too, because the target has been mended.

    Raises:
        Busy: somebody else corrects or replays this snapshot. InputError: a row that stands in the target would have
            another fate; nothing was loaded.
        SpecificationChanged: the specification is not the one of a run. NotConserved: a run does not balance.
    """
    with alone(world, snapshot):
        return replay_alone(world, snapshot, refused=refused)


@contextmanager
def alone(world: World, snapshot: str) -> Iterator[None]:
    """Keep everybody else from correcting and replaying a snapshot, whose staged data are made anew meanwhile.

    Raises:
        Busy: somebody else does so now.
    """
    with world.target.begin() as guard:
        if not corrections.try_lock(guard, snapshot):
            problem = f"somebody else corrects or replays snapshot {snapshot} at this moment"
            raise Busy(problem, fix="wait until they are done, and do the same again")
        yield


def replay_alone(world: World, snapshot: str, *, refused: bool = False) -> list[Replayed]:
    """Do what `replay` does, for a caller who keeps the others out already."""
    runs = prepare(world, snapshot)
    found = [line for run in runs for line in _replay_run(world, run, refused)]
    for run in runs:
        if run.status == "finished":
            with world.target.begin() as connection:
                prove_balance(world, connection, ledger.read_run(connection, run.run_id, lock="update"))
    return found


def prepare(world: World, snapshot: str) -> list[Run]:
    """Map a snapshot with the corrections that hold, and return the runs that stand on it; loads nothing.

    Raises:
        InputError: a row that stands in the target would have another fate. SpecificationChanged: since a run started.
    """
    runs = standing_runs(world, snapshot)
    for run in runs:
        require_unchanged(world, run)
    remap(world, snapshot, {entity for run in runs for entity in run.entities})
    for run in runs:
        require_standing(world, run)
    return runs


def standing_runs(world: World, snapshot: str) -> list[Run]:
    """Return the full runs from a snapshot that were not taken back."""
    with world.target.connect() as connection:
        runs = ledger.list_runs(connection)
    return [run for run in runs if run.snapshot_id == snapshot and run.kind == "full" and run.status != "rolled_back"]


def remap(world: World, snapshot: str, loaded: Set[str] = frozenset()) -> None:
    """Cleanse and map again what rests on other corrections than those that hold now; `loaded` was mapped once."""
    for entity in world.specification.mappings:
        if entity in loaded or world.staging.manifest(datasets.outcome(snapshot, entity)) is not None:
            cleanse_entity(world, snapshot, entity)
            map_entity(world, snapshot, entity)


# --- what moves ------------------------------------------------------------------------------------------------------


def _replay_run(world: World, run: Run, refused: bool) -> Iterator[Replayed]:
    for entity in run.entities:
        batch = replay_entity(world, run, entity, refused=refused)
        if batch is not None:
            yield Replayed(run.run_id, entity, batch.rows_read, **batch.outcomes)


def replay_entity(world: World, run: Run, entity: str, *, refused: bool = False) -> Batch | None:
    """Replay the rejected rows of one entity whose fate changed, in one transaction; None when there are none."""
    try:
        return _replay(world, run, entity, refused, bisects=False)
    except TargetError as refusal:
        if row_reason(refusal) is None:
            raise
    return _replay(world, run, entity, refused, bisects=True)


def _replay(world: World, run: Run, entity: str, refused: bool, *, bisects: bool) -> Batch | None:
    mapping = world.specification.mapping(entity)
    with refusals(entity=entity), world.target.begin() as connection:
        # One replay of an entity at a time: no part has this number.
        ledger.lock_batch(connection, run.run_id, entity, ledger.FIRST_REPLAY - 1)
        if ledger.read_run(connection, run.run_id, lock="share").status == "rolled_back":
            raise InputError(f"run {run.run_id} is rolled back", fix="start a new run")
        rows = _release(world, connection, run, mapping, refused)
        if not rows:
            return None
        known = [batch.seq for batch in ledger.list_batches(connection, run.run_id, entity)]
        seq = max([ledger.FIRST_REPLAY - 1, *known]) + 1
        parts = tuple(world.staging.parts(datasets.outcome(run.snapshot_id, entity)))
        scope = Scope(seq, parts, pa.array(sorted(rows), pa.int64()))
        return write_batch(world, connection, run, mapping, scope, bisects=bisects)


def _release(world: World, connection: Connection, run: Run, mapping: Mapping, refused: bool) -> list[int]:
    """Take the rows out of their batches that are to be replayed, and return them."""
    entity = mapping.entity
    rejected = ledger.list_rejected(connection, run.run_id, entity)
    if not rejected:
        return []
    for seq in sorted({one.seq for one in rejected}):
        ledger.lock_batch(connection, run.run_id, entity, seq)
    rejected = ledger.list_rejected(connection, run.run_id, entity)
    staged = _staged_fates(world, run, entity, [one.row for one in rejected])
    corrected = last_corrections(world, run.snapshot_id, entity)
    first = [one for one in rejected if _has_moved(one, staged[one.row], corrected.get(one.row, 0), refused)]
    _release_all(connection, run, entity, first)
    # What fell with others rises with them: asked only now that those are out of the ledger.
    fallen = set(fallen_rows(world, connection, run.snapshot_id, mapping)["_row"].to_pylist())
    taken = {one.row for one in first}
    risen = [one for one in rejected if one.refused and one.row not in fallen and one.row not in taken]
    risen = [one for one in risen if one.rule != TARGET_RULE]
    _release_all(connection, run, entity, risen)
    return [one.row for one in (*first, *risen)]


def _has_moved(one: Rejected, staged: tuple[str, str, str], last_correction: int, refused: bool) -> bool:
    if last_correction != one.last_correction:
        return True
    if one.refused:
        return refused and one.rule == TARGET_RULE
    return staged != ("rejected", one.rule, one.reason)


def _release_all(connection: Connection, run: Run, entity: str, rows: Sequence[Rejected]) -> None:
    for seq in sorted({one.seq for one in rows}):
        numbers = [one.row for one in rows if one.seq == seq]
        ledger.release_rows(connection, run.run_id, entity, seq, numbers)


def _staged_fates(world: World, run: Run, entity: str, rows: Sequence[int]) -> dict[int, tuple[str, str, str]]:
    wanted = pa.array(rows, pa.int64())
    fates: dict[int, tuple[str, str, str]] = {}
    dataset = datasets.outcome(run.snapshot_id, entity)
    for _, part in world.staging.read_parts(dataset, ["_row", "outcome", "rule", "reason"]):
        for line in part.filter(pc.is_in(part["_row"], value_set=wanted)).to_pylist():
            fates[line["_row"]] = (line["outcome"], line["rule"], line["reason"])
    return fates
