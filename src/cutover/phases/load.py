"""Load: the parts of a mapped entity go into the target, each with its ledger in one transaction, exactly once."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc
from sqlalchemy import Connection

from cutover.core.rules import as_array
from cutover.errors import InputError, NotConserved, TargetError
from cutover.phases.bisecting import Frame, find_refused
from cutover.phases.falling import fallen_rows, reject_fallen
from cutover.phases.quarantine import reject_lines
from cutover.phases.rollback import take_back
from cutover.phases.runs import among, require_active, require_unchanged, select_rows
from cutover.phases.world import Step, World
from cutover.project.model import Mapping, Reference, Rule, Split, Target
from cutover.systems import datasets, ledger
from cutover.systems.catalogue import read_catalogue
from cutover.systems.journal import write_entry
from cutover.systems.ledger import Batch, Run
from cutover.systems.refusals import refusals, row_reason
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
    """A table that takes rows of the entity, and the staged rows for it.

    references: the columns that may hold keys of the entity itself.
    """

    dataset: Dataset
    table: str
    id_column: str | None
    keys: tuple[str, ...]
    references: tuple[str, ...]


def load_entity(world: World, run_id: int, entity: str, *, slice_index: int = 0, slices: int = 1) -> EntityResult:
    """Load the batches of an entity whose number modulo `slices` is `slice_index`; those already loaded are skipped.

    An entity that refers to itself is one batch: its rows arrive together, in whatever order they refer to each other.

    Raises:
        SpecificationChanged: the specification is not the one that the run was started with.
        InputError: the run has ended or does not hold the entity, or staged data are missing.
        TargetError: the target refuses more rows of a batch than thresholds.refused_rate_max allows, or refuses for
            another reason than a row; nothing of the batch stays. ConnectionLost, Busy: run it again, it resumes.
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
    _reload_fallen(world, run, entity)
    return _sum(entity, _as_kept(world, run, done))


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


def load_batch(world: World, run: Run, entity: str, seq: int, parts: Sequence[int], *, again: bool = False) -> Batch:
    """Load one batch in one transaction, unless the ledger says that it is loaded; return its ledger row.

    Rows that the target refuses are found by bisecting and rejected; all others load. again: a batch that is loaded is
    taken back and loaded anew in the same transaction.
    """
    try:
        return _load_batch(world, run, entity, seq, parts, again, bisects=False)
    except TargetError as refusal:
        if row_reason(refusal) is None:
            raise
    # Searching leaves its marks on the transaction, so only a batch that needs it pays for it.
    return _load_batch(world, run, entity, seq, parts, again, bisects=True)


def _load_batch(
    world: World, run: Run, entity: str, seq: int, parts: Sequence[int], again: bool, *, bisects: bool
) -> Batch:
    with refusals(entity=entity, batch=seq), world.target.begin() as connection:
        found = ledger.lock_batch(connection, run.run_id, entity, seq)
        if found is not None and found.state == "loaded" and not again:
            return found
        require_active(ledger.read_run(connection, run.run_id, lock="share"))
        if found is not None:
            if found.state == "loaded":
                take_back(world, connection, found)
            ledger.delete_batch(connection, found)
        mapping = world.specification.mapping(entity)
        fallen = fallen_rows(world, connection, run.snapshot_id, mapping)
        if bisects:
            refused = _find_refused(world, connection, run, mapping, parts, fallen)
            fallen = fallen_rows(world, connection, run.snapshot_id, mapping, refused)
        return _write_batch(world, connection, run, mapping, seq, parts, fallen)


def _find_refused(
    world: World, connection: Connection, run: Run, mapping: Mapping, parts: Sequence[int], fallen: pa.Table
) -> pa.Table:
    outcomes = _outcomes(world, run, mapping.entity, parts, fallen)
    frames, references = [], []
    for place in _places(run, mapping):
        table = read_catalogue(connection, place.table).table
        rows = [_shape(rows, place) for rows in _target_rows(world, run, mapping, place, parts, outcomes)]
        if rows:
            frames.append(Frame(table, pa.concat_tables(rows)))
            references += [(frames[-1].rows, name) for name in place.references]
    own = pc.equal(outcomes["outcome"], "loaded")
    found = find_refused(
        connection,
        frames,
        _references(outcomes.filter(own), references),
        world.specification.project.thresholds.refused_rate_max,
    )
    place = as_array(pc.index_in(found["_row"], value_set=as_array(outcomes["_row"])))
    at = found.schema.get_field_index("_key")
    return found.set_column(at, "_key", as_array(outcomes["_key"]).take(place))


def _references(own: pa.Table, columns: Sequence[tuple[pa.Table, str]]) -> pa.Table:
    """Return child, parent: which source rows of the batch refer to which others of it."""
    found = [pa.schema([("child", pa.int64()), ("parent", pa.int64())]).empty_table()]
    ids = as_array(own["_id"]).cast(pa.string())
    for rows, name in columns:
        at = pc.index_in(rows[name].cast(pa.string()), value_set=ids, skip_nulls=True)
        pairs = pa.table({"child": rows["_row"], "parent": as_array(own["_row"]).take(as_array(at))})
        found.append(pairs.filter(pc.not_equal(pairs["child"], pairs["parent"])))
    return pa.concat_tables(found)


def _write_batch(
    world: World, connection: Connection, run: Run, mapping: Mapping, seq: int, parts: Sequence[int], fallen: pa.Table
) -> Batch:
    entity = mapping.entity
    outcomes = _outcomes(world, run, entity, parts, fallen)
    writing = Writing()
    for place in _places(run, mapping):
        facts = read_catalogue(connection, place.table)
        rows = _target_rows(world, run, mapping, place, parts, outcomes)
        insert_rows(connection, writing, facts, place.keys, (_shape(part, place).drop_columns("_row") for part in rows))
    batch = _count(run.run_id, entity, seq, outcomes, writing)
    # The batch first: dispositions and journal name it, and at commit the database holds its counts against them.
    ledger.insert_batch(connection, batch)
    ledger.write_dispositions(connection, batch, outcomes)
    ledger.write_rejects(connection, batch, reject_lines(world, run, mapping, parts, outcomes, fallen))
    for entry in writing.entries:
        write_entry(connection, run.run_id, entity, seq, entry)
    return batch


def _reload_fallen(world: World, run: Run, entity: str) -> None:
    """Load those batches again whose rows fell, or rose, with what was known only after them (a group over two)."""
    mapping = world.specification.mapping(entity)
    with world.target.connect() as connection:
        kept = ledger.list_refused(connection, run.snapshot_id, entity)
        fallen = fallen_rows(world, connection, run.snapshot_id, mapping)
        known, wanted = set(kept["_row"].to_pylist()), set(fallen["_row"].to_pylist())
        apart = pa.array(sorted(known ^ wanted), pa.int64())
        seqs = ledger.list_seqs_of_rows(connection, run.run_id, entity, apart) if len(apart) else []
    planned = dict(plan_batches(world, run, entity, 0, 1))
    for seq in seqs:
        load_batch(world, run, entity, seq, planned[seq], again=True)


def _places(run: Run, mapping: Mapping) -> Iterator[_Place]:
    targets: list[tuple[Target | Split, Sequence[Rule]]] = [(mapping.target, mapping.fields)]
    targets += [(split, split.fields) for split in mapping.also]
    own = datasets.mapped(run.snapshot_id, mapping.entity)
    staged = [own, *datasets.further(run.snapshot_id, mapping)]
    for (target, fields), dataset in zip(targets, staged, strict=True):
        within = [field for field in fields if isinstance(field, Reference)]
        names = tuple(field.target for field in within if mapping.entity in (field.entity, *field.otherwise))
        yield _Place(dataset, target.table, target.id, (target.id,) if target.id else target.key, names)


def _outcomes(world: World, run: Run, entity: str, parts: Sequence[int], fallen: pa.Table) -> pa.Table:
    dataset = datasets.outcome(run.snapshot_id, entity)
    staged = pa.concat_tables([world.staging.read_part(dataset, part) for part in parts])
    return reject_fallen(select_rows(world, run, entity, staged), fallen)


def _target_rows(
    world: World, run: Run, mapping: Mapping, place: _Place, parts: Sequence[int], outcomes: pa.Table
) -> Iterator[pa.Table]:
    """Yield the rows for one table part by part: of the own table the loaded ones, of a further one all that stand."""
    is_own = place.dataset.layer == "mapped"
    standing = ["loaded"] if is_own else ["loaded", "merged"]
    wanted = outcomes.filter(pc.is_in(outcomes["outcome"], value_set=pa.array(standing)))
    present = set(world.staging.parts(place.dataset))
    arrived = 0
    for part in parts:
        rows = among(world.staging.read_part(place.dataset, part), wanted) if part in present else None
        if rows is not None and rows.num_rows:
            arrived += rows.num_rows
            yield rows
    if is_own and arrived != wanted.num_rows:
        raise NotConserved(
            f"{wanted.num_rows} rows are to be loaded, the mapped data hold {arrived} of them",
            fix="run `cutover map` again for this snapshot",
        )


def _shape(rows: pa.Table, place: _Place) -> pa.Table:
    """Drop the bookkeeping columns but `_row`; the reserved key becomes the identity column's value."""
    shaped = rows.drop_columns([name for name in rows.column_names if name.startswith("_") and name != "_row"])
    return shaped if place.id_column is None else shaped.append_column(place.id_column, rows["_id"])


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
