"""Rollback: take back what a run loaded, the last batch first, and prove that the target is as it was.

What people changed since is found before anything is touched. Each batch goes back in one transaction with its ledger
row, so a rollback that was killed is simply run again.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import Connection

from cutover.errors import Busy, InputError, NotConserved, RollbackConflict
from cutover.phases.runs import take
from cutover.phases.world import Step, World
from cutover.systems import ledger
from cutover.systems.fingerprint import compare_fingerprints, read_fingerprint
from cutover.systems.journal import read_entries
from cutover.systems.keys import release_keys
from cutover.systems.ledger import Batch, Run
from cutover.systems.number_ranges import restore_ranges
from cutover.systems.queries import run as query
from cutover.systems.refusals import refusals
from cutover.systems.undo import Conflict, Undone, undo_entry

OnConflict = Literal["stop", "keep"]


@dataclass(frozen=True)
class RollbackResult:
    """What a rollback did: rows written by the batches = rows_removed + rows_restored + rows_kept.

    original_state: whether the fingerprint equals the one before the load; None when only a part was taken back.
    differences: the tables and sequences whose fingerprints differ. conflicts: what stayed as people made it.
    """

    rollback_id: int
    run_id: int
    batches: int
    rows_removed: int
    rows_restored: int
    rows_kept: int
    original_state: bool | None
    differences: tuple[str, ...] = ()
    conflicts: tuple[Conflict, ...] = ()


def roll_back(
    world: World,
    run_id: int,
    *,
    entity: str | None = None,
    seq: int | None = None,
    reason: str,
    by_whom: str,
    on_conflict: OnConflict = "stop",
) -> RollbackResult:
    """Take back a run, one of its entities, or one batch of it, in the reverse order of the load.

    Asked again in the same words when nothing is left to take back, as by a worker that was killed after its work, it
    tells what was done.

    on_conflict: `stop` changes nothing at all when people changed, deleted or built on loaded rows since; `keep` leaves
        those rows, and the rows they refer to, and lists them in cutover.carry_back.

    Raises:
        RollbackConflict: there are conflicts and they stop; tables, counts and keys are named.
        InputError: no reason, no such run, entity or batch, nothing to take back, or dependants are still loaded.
        ConnectionLost, Busy: run it again, it resumes.
    """
    _require_reason(reason, by_whom)
    _require_scope(entity, seq)
    with world.target.connect() as connection:
        run = ledger.read_run(connection, run_id)
        batches = _loaded(connection, run, entity, seq)
        done_before = None if batches else _done_before(connection, run, entity, seq, reason, by_whom)
        if done_before is not None:
            return done_before
        _require_something(connection, run, entity, seq, batches)
        _require_independent(world, connection, run, entity)
    if on_conflict == "stop":
        _require_no_conflict(world, batches)
    rollback_id = _open(world, run_id, entity, seq, reason, by_whom)
    conflicts: list[Conflict] = []
    for done, batch in enumerate(batches, start=1):
        conflicts += _undo_batch(world, rollback_id, batch, on_conflict)
        world.progress(Step("rollback", f"run {run_id}", done, len(batches), "batches"))
    return _close(world, run, rollback_id, entity, seq, tuple(conflicts))


def _require_reason(reason: str, by_whom: str) -> None:
    if not reason.strip() or not by_whom.strip():
        raise InputError("a rollback needs a reason and a person", fix="say why, and who decided it")


def _require_scope(entity: str | None, seq: int | None) -> None:
    if seq is not None and entity is None:
        raise InputError(f"batch {seq} of which entity", fix="name the entity as well")


def _loaded(connection: Connection, run: Run, entity: str | None, seq: int | None) -> list[Batch]:
    """Return the loaded batches to take back, the last one first."""
    place = {name: position for position, name in enumerate(run.entities)}
    loaded = [batch for batch in ledger.list_batches(connection, run.run_id, entity) if batch.state == "loaded"]
    chosen = [batch for batch in loaded if seq is None or batch.seq == seq]
    return sorted(chosen, key=lambda batch: (place[batch.entity], batch.seq), reverse=True)


def _done_before(
    connection: Connection, run: Run, entity: str | None, seq: int | None, reason: str, by_whom: str
) -> RollbackResult | None:
    if entity is None and run.status != "rolled_back":
        return None
    asked: dict[str, Any] = {"run_id": run.run_id, "entity": entity, "seq": seq, "reason": reason, "by_whom": by_whom}
    found = query(connection, "find_done_rollback", **asked).mappings().first()
    if found is None:
        return None
    before, after = (read_fingerprint(connection, run.run_id, name) for name in ("before_load", "after_rollback"))
    return RollbackResult(**found, differences=tuple(compare_fingerprints(before, after)) if entity is None else ())


def _require_something(
    connection: Connection, run: Run, entity: str | None, seq: int | None, batches: Sequence[Batch]
) -> None:
    if run.status == "rolled_back":
        raise InputError(f"run {run.run_id} is already rolled back", fix="nothing is left to take back")
    if entity is not None and entity not in run.entities:
        raise InputError(f"run {run.run_id} does not move {entity!r}", fix=f"use one of {', '.join(run.entities)}")
    if entity is not None and not batches and ledger.find_open_rollback(connection, run.run_id, entity, seq) is None:
        what = f"batch {seq} of {entity!r}" if seq is not None else f"{entity!r}"
        raise InputError(f"{what} is not loaded by run {run.run_id}", fix="nothing is left to take back")


def _require_independent(world: World, connection: Connection, run: Run, entity: str | None) -> None:
    """Refuse to take an entity from under others that refer to it."""
    if entity is None:
        return
    loaded = {batch.entity for batch in ledger.list_batches(connection, run.run_id) if batch.state == "loaded"}
    mappings = world.specification.mappings
    dependants = [
        name
        for name in run.entities
        if name in loaded and name in mappings and entity in world.specification.parents(name)
    ]
    if dependants:
        raise InputError(
            f"{', '.join(dependants)} of run {run.run_id} refer to {entity!r} and are still loaded",
            fix=f"roll back {', then '.join(reversed(dependants))} first, or the whole run",
        )


def _require_no_conflict(world: World, batches: Sequence[Batch]) -> None:
    """Do it all in one transaction that is given up at its end: what cannot be undone shows, and nothing changes."""
    with world.target.connect() as connection, connection.begin() as attempt:
        found = [conflict for batch in batches for conflict in _undo(world, connection, batch).conflicts]
        attempt.rollback()
    _stop_on(found)


def _stop_on(conflicts: Sequence[Conflict], stays: str = "nothing was taken back") -> None:
    if conflicts:
        raise RollbackConflict(
            f"people have worked on what was loaded, {stays}: {'; '.join(map(str, conflicts))}",
            fix="settle these rows by hand, or roll back with `--on-conflict keep`: they stay and are listed",
        )


def _undo_batch(world: World, rollback_id: int, batch: Batch, on_conflict: OnConflict) -> tuple[Conflict, ...]:
    with refusals(entity=batch.entity, batch=batch.seq), world.target.begin() as connection:
        found = ledger.lock_batch(connection, batch.run_id, batch.entity, batch.seq)
        # Nobody proves that a run balances while a batch of it goes back.
        ledger.read_run(connection, batch.run_id, lock="share")
        if found is None or found.state != "loaded":
            return ()
        undone = _undo(world, connection, batch, rollback_id)
        if on_conflict == "stop":
            _stop_on(undone.conflicts, "this batch stays; those after it may be back already")
        ledger.mark_rolled_back(connection, batch)
        ledger.add_to_rollback(connection, rollback_id, undone.removed, undone.restored, undone.kept)
        return undone.conflicts


def take_back(world: World, connection: Connection, batch: Batch) -> None:
    """Take back one loaded batch in the caller's transaction, to load it anew.

    Raises:
        RollbackConflict: people changed or built on its rows since.
    """
    _stop_on(_undo(world, connection, batch).conflicts, "this batch stays as it is")
    ledger.mark_rolled_back(connection, batch)


def _undo(world: World, connection: Connection, batch: Batch, rollback_id: int | None = None) -> Undone:
    volatile = world.specification.project.target.volatile
    xact = ledger.read_xact(connection, batch)
    removed = restored = kept = 0
    conflicts: list[Conflict] = []
    for entry in read_entries(connection, batch.run_id, batch.entity, batch.seq):
        undone = undo_entry(connection, entry, volatile, xact=xact, rollback_id=rollback_id)
        removed, restored, kept = removed + undone.removed, restored + undone.restored, kept + undone.kept
        conflicts += undone.conflicts
        if undone.removed + undone.restored + undone.kept != entry.rows:
            raise NotConserved(
                f"{entry.rows} rows were written to {entry.table}, {undone.removed + undone.restored} would be taken"
                f" back and {undone.kept} kept; nothing of this batch was",
                fix=f"make sure that {', '.join(entry.keys)} is unique in the table",
            )
    return Undone(removed, restored, kept, tuple(conflicts))


def _open(world: World, run_id: int, entity: str | None, seq: int | None, reason: str, by_whom: str) -> int:
    with world.target.begin() as connection:
        return ledger.open_rollback(
            connection,
            run_id=run_id,
            entity=entity,
            seq=seq,
            reason=reason,
            by_whom=by_whom,
            started_at=world.now(),
        )


def _close(
    world: World, run: Run, rollback_id: int, entity: str | None, seq: int | None, conflicts: tuple[Conflict, ...]
) -> RollbackResult:
    differences: list[str] = []
    is_whole = entity is None
    with world.target.begin() as connection:
        ledger.read_run(connection, run.run_id, lock="update")
        _require_empty(connection, run, entity, seq)
        if is_whole:
            release_keys(connection)
            restore_ranges(connection, run.run_id)
            before = read_fingerprint(connection, run.run_id, "before_load")
            differences = compare_fingerprints(before, take(world, connection, run.run_id, "after_rollback"))
            ledger.end_run(connection, run.run_id, "rolled_back", world.now())
        original_state = not differences if is_whole else None
        row = ledger.close_rollback(connection, rollback_id, original_state, world.now())
    return RollbackResult(
        rollback_id=rollback_id,
        run_id=run.run_id,
        batches=row["batches"],
        rows_removed=row["rows_removed"],
        rows_restored=row["rows_restored"],
        rows_kept=row["rows_kept"],
        original_state=original_state,
        differences=tuple(differences),
        conflicts=conflicts,
    )


def _require_empty(connection: Connection, run: Run, entity: str | None, seq: int | None) -> None:
    batches = ledger.list_batches(connection, run.run_id, entity)
    left = [batch for batch in batches if batch.state == "loaded" and seq in (None, batch.seq)]
    if left:
        raise Busy(
            f"run {run.run_id} was loaded further while it was rolled back: {len(left)} batches",
            fix="stop the load, then roll back again",
        )
