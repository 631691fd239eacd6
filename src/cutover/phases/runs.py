"""Runs: one load of a wave from a snapshot, started with what is to be loaded, ended when every row has its place."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from sqlalchemy import Connection

from cutover import __version__
from cutover.core.rules import as_array
from cutover.errors import InputError, NotConserved, SpecificationChanged
from cutover.phases.loading.falling import fallen_rows, reject_fallen
from cutover.phases.loading.tables import tables_of
from cutover.phases.world import World
from cutover.systems import datasets, ledger
from cutover.systems.catalogue import read_catalogue
from cutover.systems.fingerprint import Moment, TableFingerprint, record_fingerprint
from cutover.systems.journal import count_present, read_entries
from cutover.systems.keys import advance_keys
from cutover.systems.ledger import Batch, Kind, Run
from cutover.systems.number_ranges import advance_ranges
from cutover.systems.queries import run as run_query
from cutover.systems.staging import Dataset


def start_run(
    world: World,
    *,
    wave: str,
    kind: Kind,
    snapshot: str,
    entities: Sequence[str] | None = None,
    params: Mapping[str, Any] | None = None,
) -> int:
    """Start a run of a wave (or of some of its entities) and take the fingerprint before the load.

    Raises:
        InputError: a run of the wave is active, mapped data are missing or of another specification, an entity is
            already loaded or moved by another wave, no fingerprint would cover a table, or a name is unknown; nothing
            is started. TargetError: reserved keys are taken by others.
    """
    chosen = _choose(world, wave, entities)
    for entity in chosen:
        _require_mapped(world, snapshot, entity)
    with world.target.begin() as connection:
        _require_snapshot(connection, snapshot)
        run_query(connection, "lock_starts")
        _require_no_rival(connection, wave, chosen)
        run_id = ledger.insert_run(
            connection, wave=wave, kind=kind, snapshot=snapshot, entities=chosen, params=params or {},
            spec_sha256=world.specification.sha256, spec_files=world.specification.files,
            package_version=__version__, started_at=world.now(),
        )  # fmt: skip
        if run_id is None:
            raise refuse_beside(ledger.find_active_run(connection, wave), wave)
        _require_not_loaded(connection, chosen)
        _require_covered(world, connection, snapshot, chosen)
        take(world, connection, run_id, "before_load")
        advance_keys(connection, snapshot, chosen)
    return run_id


def finish_run(world: World, run_id: int) -> None:
    """Prove that every source row has one outcome and every written row is in the target, and close the run.

    The target's number ranges are moved past what the run brought, in the same transaction. A run that is finished
    already stays as it is.

    Raises:
        NotConserved: something does not balance, or was taken back since; all of it is named and nothing is changed.
        InputError: there is no such run, or it was rolled back.
    """
    with world.target.begin() as connection:
        found = ledger.read_run(connection, run_id, lock="update")
        if found.status == "finished":
            _require_whole(connection, found)
            return
        require_active(found)
        prove_balance(world, connection, found)
        ledger.end_run(connection, run_id, "finished", world.now())


def prove_balance(world: World, connection: Connection, run: Run) -> None:
    """Prove that a run balances, move the target's number ranges past what it brought, and take the fingerprint.

    Raises:
        NotConserved: something does not balance; all of it is named.
    """
    problems = [problem for entity in run.entities for problem in _imbalances(world, connection, run, entity)]
    if problems:
        raise NotConserved(
            f"run {run.run_id} does not balance: {'; '.join(problems)}",
            fix=f"load what is missing, or take it back with `cutover rollback {run.run_id} --reason ...`",
        )
    advance_ranges(connection, run.run_id, world.specification.project.target.number_ranges)
    take(world, connection, run.run_id, "after_load")


def read_run(world: World, run_id: int) -> Run:
    """Return a run.

    Raises:
        InputError: there is no such run.
    """
    with world.target.connect() as connection:
        return ledger.read_run(connection, run_id)


def taken_back(connection: Connection, run_id: int) -> list[str]:
    """Return the entities of a run of which a batch was taken back and not loaded again, in load order."""
    gone = {batch.entity for batch in ledger.list_batches(connection, run_id) if batch.state == "rolled_back"}
    return [entity for entity in ledger.read_run(connection, run_id).entities if entity in gone]


def refuse_beside(run_id: int | None, wave: str) -> InputError:
    """Return the refusal of a second active run of a wave."""
    return InputError(
        f"run {run_id} of wave {wave!r} is active",
        fix=f"finish it, or take it back with `cutover rollback {run_id} --reason ...`",
    )


def _require_whole(connection: Connection, run: Run) -> None:
    gone = taken_back(connection, run.run_id)
    if gone:
        raise NotConserved(
            f"batches of run {run.run_id} were taken back since it was finished: {', '.join(gone)}",
            fix=f"load them again with `cutover load --resume {run.run_id}`, or take the whole run back",
        )


def require_active(run: Run) -> None:
    """Refuse a run that has ended.

    Raises:
        InputError: it is finished or rolled back.
    """
    if run.status != "active":
        raise InputError(f"run {run.run_id} is {run.status.replace('_', ' ')}", fix="start a new run")


def require_unchanged(world: World, run: Run) -> None:
    """Refuse to go on with a specification that is not the one the run was started with.

    Raises:
        SpecificationChanged: it changed; the message names the files.
    """
    if world.specification.sha256 == run.spec_sha256:
        return
    before, after = run.spec_files, world.specification.files
    groups: dict[str, list[str]] = {
        "changed": [name for name in before if name in after and before[name] != after[name]],
        "added": [name for name in after if name not in before],
        "removed": [name for name in before if name not in after],
    }
    told = "; ".join(f"{how} {', '.join(sorted(names))}" for how, names in groups.items() if names)
    raise SpecificationChanged(
        f"the specification changed since run {run.run_id} started: {told}",
        fix=f"put the files back and go on, or `cutover rollback {run.run_id} --reason ...` and start anew",
    )


def take(world: World, connection: Connection, run_id: int, moment: Moment) -> list[TableFingerprint]:
    """Take and keep the fingerprint of the project's target at a moment of a run."""
    target = world.specification.project.target
    return record_fingerprint(connection, run_id, moment, target.schemas, target.volatile)


def _choose(world: World, wave: str, entities: Sequence[str] | None) -> tuple[str, ...]:
    members = world.specification.entities(wave)
    strangers = [entity for entity in entities or () if entity not in members]
    if strangers:
        raise InputError(f"wave {wave!r} has no entity {strangers[0]!r}", fix=f"use some of {', '.join(members)}")
    return tuple(entity for entity in members if not entities or entity in entities)


def _require_mapped(world: World, snapshot: str, entity: str) -> None:
    mapping = world.specification.mapping(entity)
    needed: list[Dataset] = [datasets.outcome(snapshot, entity), datasets.mapped(snapshot, entity)]
    for dataset in [*needed, datasets.rejects(snapshot, entity), *datasets.further(snapshot, mapping)]:
        manifest = world.staging.require(dataset, phase="map")
        if dataset in needed and manifest.get("spec_sha256") != world.specification.sha256:
            raise InputError(
                f"the {dataset.layer} data of {entity!r} in snapshot {snapshot} was made with another specification",
                fix=f"run `cutover map --snapshot {snapshot}` again",
            )


def _require_snapshot(connection: Connection, snapshot: str) -> None:
    if run_query(connection, "find_snapshot", snapshot_id=snapshot).one_or_none() is None:
        raise InputError(
            f"snapshot {snapshot!r} is not registered in the target's ledger",
            fix=f"run `cutover map --snapshot {snapshot}` against this target",
        )


def _require_not_loaded(connection: Connection, entities: Sequence[str]) -> None:
    loaded = ledger.find_loaded(connection, entities)
    if loaded:
        run_id = loaded[0][0]
        names = ", ".join(entity for loaded_by, entity in loaded if loaded_by == run_id)
        raise InputError(
            f"run {run_id} has already loaded {names}",
            fix=f"take it back first with `cutover rollback {run_id} --reason ...`, or leave these entities out",
        )


def _require_no_rival(connection: Connection, wave: str, entities: Sequence[str]) -> None:
    rival = run_query(connection, "find_rival", wave=wave, entities=list(entities)).first()
    if rival is not None:
        raise refuse_beside(rival.run_id, rival.wave)


def _require_covered(world: World, connection: Connection, snapshot: str, entities: Sequence[str]) -> None:
    """Refuse to write where no fingerprint looks: the proof of a rollback would say nothing about it."""
    schemas = world.specification.project.target.schemas
    for entity in entities:
        for table in tables_of(snapshot, world.specification.mapping(entity)):
            name = read_catalogue(connection, table.name).table
            if name.split(".")[0] not in schemas:
                raise InputError(
                    f"no fingerprint covers {name} of entity {entity!r}: its schema is not among {', '.join(schemas)}",
                    fix="add the schema to target.schemas in project.yaml",
                )


def _imbalances(world: World, connection: Connection, run: Run, entity: str) -> Iterator[str]:
    """Say what does not balance: staged rows, batches, dispositions and the target's rows must all agree."""
    batches = [batch for batch in ledger.list_batches(connection, run.run_id, entity) if batch.state == "loaded"]
    staged = count_staged(world, connection, run, entity)
    loaded = _sum_outcomes(batches)
    if staged != loaded:
        yield f"{entity}: {_tell(staged)} staged, {_tell(loaded)} in batches"
    kept = ledger.count_outcomes(connection, run.run_id, entity)
    if kept != loaded:
        yield f"{entity}: {_tell(loaded)} in batches, {_tell(kept)} in dispositions"
    for batch in batches:
        for entry in read_entries(connection, run.run_id, entity, batch.seq):
            present = count_present(connection, entry)
            if present != entry.rows:
                yield f"{entity} batch {batch.seq}: {entry.rows} rows written to {entry.table}, {present} are there"


def count_staged(world: World, connection: Connection, run: Run, entity: str) -> dict[str, int]:
    """Count the source rows that a run has to account for, by outcome; what fell with the load is rejected."""
    fallen = fallen_rows(world, connection, run.snapshot_id, world.specification.mapping(entity))
    counts = dict.fromkeys(datasets.OUTCOMES, 0)
    for _, outcomes in world.staging.read_parts(datasets.outcome(run.snapshot_id, entity)):
        in_scope = reject_fallen(select_rows(world, run, entity, outcomes), fallen)
        for value in in_scope.column("outcome").value_counts().to_pylist():
            counts[value["values"]] = counts.get(value["values"], 0) + value["counts"]
    return counts


def select_rows(world: World, run: Run, entity: str, rows: pa.Table) -> pa.Table:
    """Return those of the rows that a run moves: all of a full run, the selected ones of a pilot."""
    if run.kind == "full":
        return rows
    dataset = datasets.selection(run.snapshot_id, run.run_id, entity)
    world.staging.require(dataset, phase="pilot")
    parts = [part for _, part in world.staging.read_parts(dataset, ["_row"])]
    chosen = pa.concat_tables([pa.table({"_row": pa.array([], pa.int64())}), *parts])
    return among(rows, chosen)


def among(rows: pa.Table, wanted: pa.Table) -> pa.Table:
    """Return those of the rows whose number is one of the wanted ones."""
    return rows.filter(pc.is_in(rows["_row"], value_set=as_array(wanted["_row"])))


def _sum_outcomes(batches: Sequence[Batch]) -> dict[str, int]:
    return {outcome: sum(batch.outcomes[outcome] for batch in batches) for outcome in datasets.OUTCOMES}


def _tell(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{count} {outcome}" for outcome, count in counts.items())


def latest_run(world: World, *, wave: str, kind: Kind | None = None) -> int:
    """Return the last run of a wave that was not taken back.

    Raises:
        InputError: there is none.
    """
    with world.target.connect() as connection:
        found = [run for run in ledger.list_runs(connection) if run.wave == wave and run.status != "rolled_back"]
    numbers = [run.run_id for run in found if kind in (None, run.kind)]
    if not numbers:
        raise InputError(f"no {kind or ''} run of wave {wave!r} stands in the target", fix="run `cutover load` first")
    return max(numbers)


def list_runs(world: World) -> list[Run]:
    """Return every run of the ledger, the first one first."""
    with world.target.connect() as connection:
        return ledger.list_runs(connection)
