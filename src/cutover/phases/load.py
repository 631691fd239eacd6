"""Load: the parts of a mapped entity go into the target, each with its ledger in one transaction, exactly once."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc
from sqlalchemy import Connection

from cutover.errors import InputError, NotConserved
from cutover.phases.ragged import texts_of
from cutover.phases.runs import require_active, require_unchanged, select_rows
from cutover.phases.world import Step, World
from cutover.project.model import Mapping, Reference
from cutover.systems import datasets, ledger
from cutover.systems.catalogue import read_catalogue
from cutover.systems.journal import write_entry
from cutover.systems.ledger import Batch, Run
from cutover.systems.refusals import refusals
from cutover.systems.staging import Dataset
from cutover.systems.writing import Writing, insert_rows


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


@dataclass(frozen=True)
class _Place:
    """A table that takes rows of the entity, and the staged rows for it."""

    dataset: Dataset
    table: str
    id_column: str | None
    keys: tuple[str, ...]


def load_entity(world: World, run_id: int, entity: str, *, slice_index: int = 0, slices: int = 1) -> EntityResult:
    """Load the batches of an entity whose number modulo `slices` is `slice_index`; those already loaded are skipped.

    An entity that refers to itself is one batch: its rows arrive together, in whatever order they refer to each other.

    Raises:
        SpecificationChanged: the specification is not the one that the run was started with.
        InputError: the run has ended or does not hold the entity, or staged data are missing.
        TargetError: the target refuses a batch; nothing of it stays. ConnectionLost, Busy: run it again, it resumes.
    """
    with world.target.connect() as connection:
        run = ledger.read_run(connection, run_id)
    require_active(run)
    require_unchanged(world, run)
    if entity not in run.entities:
        raise InputError(f"run {run_id} does not move {entity!r}", fix=f"use one of {', '.join(run.entities)}")
    manifest = world.staging.require(datasets.outcome(run.snapshot_id, entity), phase="map")
    total = manifest.get("rows") if slices == 1 and run.kind == "full" else None
    done: list[Batch] = []
    for seq, parts in plan_batches(world, run, entity, slice_index, slices):
        done.append(load_batch(world, run, entity, seq, parts))
        world.progress(Step("load", entity, sum(batch.rows_read for batch in done), total))
    return _sum(entity, done)


def plan_batches(world: World, run: Run, entity: str, slice_index: int, slices: int) -> list[tuple[int, list[int]]]:
    """Return the batches of a slice, each as its number and the parts it holds."""
    parts = world.staging.parts(datasets.outcome(run.snapshot_id, entity))
    whole = refers_to_itself(world.specification.mapping(entity))
    batches = [(0, parts)] if whole and parts else [(part, [part]) for part in parts]
    return [(seq, held) for seq, held in batches if seq % slices == slice_index]


def refers_to_itself(mapping: Mapping) -> bool:
    """Whether rows of an entity refer to others of it: by a key, or from a further row of one merged away."""
    kept = [field for split in mapping.also if split.merged == "keep" for field in split.fields]
    references = [field for field in (*mapping.fields, *kept) if isinstance(field, Reference)]
    return any(mapping.entity in (field.entity, *field.otherwise) for field in references)


def load_batch(world: World, run: Run, entity: str, seq: int, parts: Sequence[int]) -> Batch:
    """Load one batch in one transaction, unless the ledger says that it is loaded; return its ledger row."""
    with refusals(entity=entity, batch=seq), world.target.begin() as connection:
        found = ledger.lock_batch(connection, run.run_id, entity, seq)
        if found is not None and found.state == "loaded":
            return found
        require_active(ledger.read_run(connection, run.run_id, lock="share"))
        if found is not None:
            ledger.delete_batch(connection, found)
        return _write_batch(world, connection, run, entity, seq, parts)


def _write_batch(world: World, connection: Connection, run: Run, entity: str, seq: int, parts: Sequence[int]) -> Batch:
    mapping = world.specification.mapping(entity)
    outcomes = pa.concat_tables([_outcomes(world, run, entity, part) for part in parts])
    writing = Writing()
    for place in _places(run, mapping):
        facts = read_catalogue(connection, place.table)
        insert_rows(connection, writing, facts, place.keys, _target_rows(world, run, mapping, place, parts, outcomes))
    batch = _count(run.run_id, entity, seq, outcomes, writing)
    # The batch first: dispositions and journal name it, and at commit the database holds its counts against them.
    ledger.insert_batch(connection, batch)
    ledger.write_dispositions(connection, batch, outcomes)
    ledger.write_rejects(connection, batch, _rejects(world, run, mapping, parts, outcomes))
    for entry in writing.entries:
        write_entry(connection, run.run_id, entity, seq, entry)
    return batch


def _places(run: Run, mapping: Mapping) -> Iterator[_Place]:
    own = mapping.target
    yield _Place(datasets.mapped(run.snapshot_id, mapping.entity), own.table, own.id, (own.id,) if own.id else own.key)
    for split, dataset in zip(mapping.also, datasets.further(run.snapshot_id, mapping), strict=True):
        yield _Place(dataset, split.table, split.id, (split.id,) if split.id else split.key)


def _outcomes(world: World, run: Run, entity: str, part: int) -> pa.Table:
    return select_rows(world, run, entity, world.staging.read_part(datasets.outcome(run.snapshot_id, entity), part))


def _target_rows(
    world: World, run: Run, mapping: Mapping, place: _Place, parts: Sequence[int], outcomes: pa.Table
) -> Iterator[pa.Table]:
    """Yield the rows for one table part by part: of the own table the loaded ones, of a further one all in scope."""
    is_own = place.table == mapping.target.table and place.dataset.layer == "mapped"
    wanted = outcomes.filter(pc.equal(outcomes["outcome"], "loaded")) if is_own else outcomes
    present = set(world.staging.parts(place.dataset))
    arrived = 0
    for part in parts:
        rows = _among(world.staging.read_part(place.dataset, part), wanted) if part in present else None
        if rows is not None and rows.num_rows:
            arrived += rows.num_rows
            yield _shape(rows, place.id_column)
    if is_own and arrived != wanted.num_rows:
        raise NotConserved(
            f"{wanted.num_rows} rows are to be loaded, the mapped data hold {arrived} of them",
            fix="run `cutover map` again for this snapshot",
        )


def _shape(rows: pa.Table, id_column: str | None) -> pa.Table:
    """Drop the bookkeeping columns; the reserved key becomes the identity column's value."""
    shaped = rows.drop_columns([name for name in rows.column_names if name.startswith("_")])
    return shaped if id_column is None else shaped.append_column(id_column, rows["_id"])


def _among(rows: pa.Table, wanted: pa.Table) -> pa.Table:
    return rows.filter(pc.is_in(rows["_row"], wanted["_row"].combine_chunks()))


def _count(run_id: int, entity: str, seq: int, outcomes: pa.Table, writing: Writing) -> Batch:
    counts = {value["values"]: value["counts"] for value in outcomes["outcome"].value_counts().to_pylist()}
    bounds = pc.min_max(outcomes["_row"]).as_py()
    return Batch(
        run_id=run_id,
        entity=entity,
        seq=seq,
        rows_read=outcomes.num_rows,
        rows_loaded=counts.get("loaded", 0),
        rows_merged=counts.get("merged", 0),
        rows_dropped=counts.get("dropped", 0),
        rows_rejected=counts.get("rejected", 0),
        rows_written=writing.rows,
        first_row=bounds["min"],
        last_row=bounds["max"],
        digest=writing.digest.hexdigest(),
    )


def _rejects(world: World, run: Run, mapping: Mapping, parts: Sequence[int], outcomes: pa.Table) -> pa.Table:
    """Return the rules that rejected rows broke, each with the whole row as it was landed."""
    dataset = datasets.rejects(run.snapshot_id, mapping.entity)
    present = set(world.staging.parts(dataset))
    found = [world.staging.read_part(dataset, part).select(datasets.REJECTS.names) for part in parts if part in present]
    rejects = _among(pa.concat_tables([datasets.REJECTS.empty_table(), *found]), outcomes)
    sources = _source_rows(world, datasets.raw(run.snapshot_id, mapping.source), parts, rejects)
    ragged = texts_of(world, run.snapshot_id, mapping.source, list(sources))
    sources |= {row: _json(told) for row, told in ragged.items()}
    texts = pa.array([sources[row] for row in rejects["_row"].to_pylist()], pa.string())
    named = pc.coalesce(rejects["column"], pa.scalar(""))
    at = rejects.schema.get_field_index("column")
    return (
        rejects.set_column(at, "column", named)
        .append_column("source_row", texts)
        .rename_columns(["row", *rejects.column_names[1:], "source_row"])
    )


def _source_rows(world: World, raw: Dataset, parts: Sequence[int], rejects: pa.Table) -> dict[int, str]:
    """Return the landed rows of rejects as JSON by row number; their own part is looked into first, then all others."""
    missing = set(rejects["_row"].to_pylist())
    found: dict[int, str] = {}
    landed = world.staging.parts(raw)
    for part in sorted(landed, key=lambda part: (part not in parts, part)):
        if not missing:
            break
        rows = world.staging.read_part(raw, part)
        for row in rows.filter(pc.is_in(rows["_row"], pa.array(missing, pa.int64()))).to_pylist():
            number = row.pop("_row")
            found[number] = _json(row)
        missing -= found.keys()
    if missing:
        raise NotConserved(
            f"{len(missing)} rejected rows are not in the landed data", fix="land and map the snapshot again"
        )
    return found


def _json(row: dict[str, object]) -> str:
    # jsonb takes every character but NUL; its picture says that it was there.
    shown = {name: value.replace("\0", "\u2400") if isinstance(value, str) else value for name, value in row.items()}
    return json.dumps(shown, ensure_ascii=False, default=str)


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
