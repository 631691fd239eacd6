"""The ledger's snapshots, runs and batches: facts in, facts out; the database refuses what does not balance."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Literal

import pyarrow as pa
from sqlalchemy import Connection, RowMapping

from cutover.core.types import TEXT, DataType
from cutover.errors import InputError, NotConserved
from cutover.systems.copying import copy_in, copy_text, decode_rows
from cutover.systems.datasets import OUTCOMES, REFUSED
from cutover.systems.queries import run

Kind = Literal["pilot", "full"]
# Batches of replayed rows are numbered from here on; parts never are.
FIRST_REPLAY = 1_000_000
_DISPOSITION = {"_row": DataType("integer"), "outcome": TEXT, "_id": DataType("integer"), "survivor": TEXT}


@dataclass(frozen=True)
class Run:
    """One load of a wave's entities (in load order) from a snapshot, and the specification it was started with."""

    run_id: int
    wave: str
    kind: Kind
    snapshot_id: str
    entities: tuple[str, ...]
    spec_sha256: str
    spec_files: Mapping[str, str]
    package_version: str
    params: Mapping[str, Any]
    status: Literal["active", "finished", "rolled_back"]
    started_at: datetime
    ended_at: datetime | None


@dataclass(frozen=True)
class Batch:
    """What became of the source rows of one part: read = loaded + merged + dropped + rejected.

    rows_written: rows in the target, those of further tables too. first_row, last_row: None when nothing was read.
    digest: SHA-256 of the bytes that were sent.
    """

    run_id: int
    entity: str
    seq: int
    rows_read: int
    rows_loaded: int
    rows_merged: int
    rows_dropped: int
    rows_rejected: int
    rows_written: int
    first_row: int | None
    last_row: int | None
    digest: str
    state: Literal["loaded", "rolled_back"] = "loaded"

    @property
    def outcomes(self) -> dict[str, int]:
        """How many source rows had each outcome."""
        return {outcome: getattr(self, f"rows_{outcome}") for outcome in OUTCOMES}


@dataclass(frozen=True)
class Rejected:
    """A rejected source row: its batch, why, whether at the load, and the newest correction that was known then."""

    row: int
    seq: int
    rule: str
    reason: str
    refused: bool
    last_correction: int


def register_snapshot(
    connection: Connection, snapshot_id: str, taken_at: datetime, manifest: Mapping[str, Any]
) -> None:
    """Register a snapshot; once registered it stays as it is."""
    text = json.dumps(manifest, ensure_ascii=False, default=str)
    run(connection, "register_snapshot", snapshot_id=snapshot_id, taken_at=taken_at, manifest=text)


def insert_run(
    connection: Connection, *, wave: str, kind: Kind, snapshot: str, entities: Sequence[str], spec_sha256: str,
    spec_files: Mapping[str, str], package_version: str, params: Mapping[str, Any], started_at: datetime,
) -> int | None:  # fmt: skip
    """Start a run and return its id, or None when a run of the wave is active."""
    found: int | None = run(
        connection, "insert_run", wave=wave, kind=kind, snapshot_id=snapshot, entities=list(entities),
        spec_sha256=spec_sha256, spec_files=json.dumps(dict(spec_files)), package_version=package_version,
        params=json.dumps(dict(params), default=str), started_at=started_at,
    ).scalar()  # fmt: skip
    return found


def read_run(connection: Connection, run_id: int, *, lock: Literal["share", "update"] | None = None) -> Run:
    """Return a run; a lock keeps it from being ended (share) or used (update) until the transaction ends.

    Raises:
        InputError: there is no such run.
    """
    if lock is not None:
        run(connection, f"lock_run_{lock}", run_id=run_id)
    row = run(connection, "read_run", run_id=run_id).mappings().one_or_none()
    if row is None:
        raise InputError(f"there is no run {run_id}", fix="`cutover runs` lists them")
    return _run(row)


def list_runs(connection: Connection) -> list[Run]:
    """Return every run, the first one first."""
    return [_run(row) for row in run(connection, "list_runs").mappings()]


def _run(row: RowMapping) -> Run:
    return Run(**{**row, "entities": tuple(row["entities"])})


def find_active_run(connection: Connection, wave: str) -> int | None:
    """Return the active run of a wave."""
    found: int | None = run(connection, "find_active_run", wave=wave).scalar()
    return found


def find_loaded(connection: Connection, entities: Sequence[str]) -> list[tuple[int, str]]:
    """Return (run, entity) for every entity of the list that is loaded, oldest run first."""
    return [(row.run_id, row.entity) for row in run(connection, "find_loaded", entities=list(entities))]


def end_run(connection: Connection, run_id: int, status: Literal["finished", "rolled_back"], at: datetime) -> None:
    """Close a run."""
    run(connection, "end_run", run_id=run_id, status=status, ended_at=at)


def reopen_run(connection: Connection, run_id: int) -> None:
    """Open a finished run again."""
    run(connection, "reopen_run", run_id=run_id)


def list_batches(connection: Connection, run_id: int, entity: str | None = None) -> list[Batch]:
    """Return the batches of a run, or of one of its entities, in the order of their numbers."""
    rows = run(connection, "list_batches", run_id=run_id, entity=entity).mappings()
    return [Batch(**row) for row in rows]


def lock_batch(connection: Connection, run_id: int, entity: str, seq: int) -> Batch | None:
    """Wait until no other worker holds the batch, hold it until the transaction ends, and return its ledger row."""
    run(connection, "lock_batch", run_id=str(run_id), entity=entity, seq=str(seq))
    row = run(connection, "read_batch", run_id=run_id, entity=entity, seq=seq).mappings().one_or_none()
    return None if row is None else Batch(**row)


def insert_batch(connection: Connection, batch: Batch) -> None:
    """Write a batch's row; at commit the database compares its counts with its dispositions."""
    run(connection, "insert_batch", **asdict(batch))


def delete_batch(connection: Connection, batch: Batch) -> None:
    """Forget a batch that was rolled back, to load it again."""
    names: dict[str, Any] = {"run_id": batch.run_id, "entity": batch.entity, "seq": batch.seq}
    run(connection, "delete_dispositions", **names, first_row=batch.first_row, last_row=batch.last_row)
    run(connection, "delete_journal", **names)
    run(connection, "delete_batch", **names)


def mark_rolled_back(connection: Connection, batch: Batch) -> None:
    """Say that a batch is no longer in the target."""
    run(connection, "mark_rolled_back", run_id=batch.run_id, entity=batch.entity, seq=batch.seq)


def read_xact(connection: Connection, batch: Batch) -> str:
    """Return the id of the transaction that wrote a batch."""
    xact: str = run(connection, "read_xact", run_id=batch.run_id, entity=batch.entity, seq=batch.seq).scalar_one()
    return xact


def write_dispositions(connection: Connection, batch: Batch, outcomes: pa.Table) -> None:
    """Keep what became of each source row; outcomes: as in datasets.OUTCOME."""
    renamed = outcomes.select(["_row", "_key", "outcome", "_id", "survivor", "rule", "reason"]).rename_columns(
        ["row", "src_key", "outcome", "tgt_key", "survivor", "rule", "reason"]
    )
    copy_in(
        connection,
        "cutover.disposition",
        _of_batch(batch, renamed).append_column("seq", _same(batch.seq, renamed)),
    )


def write_rejects(connection: Connection, batch: Batch, rejects: pa.Table) -> None:
    """Keep each rule that a rejected row broke; rejects: the columns of cutover.reject but those of the batch."""
    copy_in(connection, "cutover.reject", _of_batch(batch, rejects).append_column("seq", _same(batch.seq, rejects)))


def list_refused(connection: Connection, snapshot_id: str, entity: str) -> pa.Table:
    """Return the rows that were rejected while they were loaded: _row, rule, column, reason, constraint, _key."""
    rows = run(connection, "list_refused", entity=entity, snapshot_id=snapshot_id).all()
    lines = [(row.row, row.rule, row.column, row.reason, row.constraint_name, row.src_key) for row in rows]
    return pa.Table.from_pylist([dict(zip(REFUSED.names, line, strict=True)) for line in lines], REFUSED)


def list_seqs_of_rows(connection: Connection, run_id: int, entity: str, rows: Sequence[int]) -> list[int]:
    """Return the numbers of the loaded batches that hold some rows."""
    return list(run(connection, "list_seqs_of_rows", run_id=run_id, entity=entity, rows=list(rows)).scalars())


def list_replayed(connection: Connection, run_id: int, entity: str) -> pa.Table:
    """Return the rows of an entity that left their first batch for a replay: _row, seq."""
    found = run(connection, "list_replayed", run_id=run_id, entity=entity, first_replay=FIRST_REPLAY).all()
    return pa.table({"_row": pa.array([line.row for line in found], pa.int64()),
                     "seq": pa.array([line.seq for line in found], pa.int64())})  # fmt: skip


def list_rejected(connection: Connection, run_id: int, entity: str) -> list[Rejected]:
    """Return the rejected rows of an entity in a run, in order."""
    return [Rejected(**row) for row in run(connection, "list_rejected", run_id=run_id, entity=entity).mappings()]


def count_undecided(connection: Connection, run_id: int, entity: str) -> dict[str, int]:
    """Count the rejects of an entity, and those of them that lack an owner, a reason or a due date."""
    return dict(run(connection, "count_undecided", run_id=run_id, entity=entity).mappings().one())


def release_rows(connection: Connection, run_id: int, entity: str, seq: int, rows: Sequence[int]) -> None:
    """Take rejected rows out of a batch, in the transaction that gives them another one.

    Raises:
        NotConserved: the batch does not hold all of them as rejected.
    """
    names: dict[str, Any] = {"run_id": run_id, "entity": entity, "seq": seq}
    released = run(connection, "release_rows", **names, rows=list(rows)).rowcount
    if released != len(rows):
        raise NotConserved(f"{len(rows)} rejected rows are wanted, batch {seq} holds {released}", fix="run it again")
    run(connection, "shrink_batch", **names, rows=released)


def read_dispositions(connection: Connection, run_id: int, entity: str, first: int, last: int) -> pa.Table:
    """Return what became of the rows from `first` to `last`: _row, outcome, _id, survivor."""
    run(connection, "set_rows", run_id=str(run_id), entity=entity, first=str(first), last=str(last))
    return decode_rows(copy_text(connection, "copy_dispositions", {}), _DISPOSITION)


def count_outcomes(connection: Connection, run_id: int, entity: str) -> dict[str, int]:
    """Count an entity's dispositions by outcome, those of batches that were rolled back left out."""
    counts = {row.outcome: row.rows for row in run(connection, "count_outcomes", run_id=run_id, entity=entity)}
    return {outcome: counts.get(outcome, 0) for outcome in OUTCOMES}


def _of_batch(batch: Batch, rows: pa.Table) -> pa.Table:
    return rows.append_column("run_id", _same(batch.run_id, rows)).append_column("entity", _same(batch.entity, rows))


def _same(value: int | str, rows: pa.Table) -> pa.Array:
    return pa.repeat(value, rows.num_rows)


def open_rollback(
    connection: Connection, *, run_id: int, entity: str | None, seq: int | None, reason: str, by_whom: str,
    started_at: datetime,
) -> int:  # fmt: skip
    """Open a rollback, or go on with the one of the same scope that was killed, and return its id."""
    run(connection, "lock_run_update", run_id=run_id)
    found = find_open_rollback(connection, run_id, entity, seq)
    if found is not None:
        return found
    run(connection, "end_open_rollbacks", run_id=run_id, ended_at=started_at)
    return int(
        run(
            connection, "insert_rollback", run_id=run_id, entity=entity, seq=seq, reason=reason, by_whom=by_whom,
            started_at=started_at,
        ).scalar_one()
    )  # fmt: skip


def find_open_rollback(connection: Connection, run_id: int, entity: str | None, seq: int | None) -> int | None:
    """Return the rollback of this scope that was not finished."""
    found: int | None = run(connection, "find_open_rollback", run_id=run_id, entity=entity, seq=seq).scalar()
    return found


def add_to_rollback(connection: Connection, rollback_id: int, removed: int, restored: int, kept: int) -> None:
    """Count one more batch that was taken back."""
    run(connection, "add_to_rollback", rollback_id=rollback_id, removed=removed, restored=restored, kept=kept)


def close_rollback(
    connection: Connection, rollback_id: int, original_state: bool | None, at: datetime
) -> Mapping[str, Any]:
    """Close a rollback with its proof and return its counts."""
    closed = run(connection, "close_rollback", rollback_id=rollback_id, original_state=original_state, ended_at=at)
    return dict(closed.mappings().one())
