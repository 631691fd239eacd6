"""One batch: its rows are written with their ledger in the caller's transaction."""

from collections.abc import Iterator, Sequence
from decimal import Decimal

import pyarrow as pa
import pyarrow.compute as pc
from sqlalchemy import Connection

from cutover.core.rules import as_array
from cutover.errors import NotConserved
from cutover.phases.loading.bisecting import Frame, find_refused
from cutover.phases.loading.falling import fallen_rows, reject_fallen
from cutover.phases.loading.grouping import units_of
from cutover.phases.loading.planning import Scope
from cutover.phases.loading.tables import Table, tables_of
from cutover.phases.quarantine.lines import reject_lines
from cutover.phases.runs import among, select_rows
from cutover.phases.world import World
from cutover.project.model import Mapping
from cutover.systems import datasets, ledger
from cutover.systems.catalogue import read_catalogue
from cutover.systems.journal import write_entry
from cutover.systems.ledger import Batch, Run
from cutover.systems.writing import Writing, insert_rows


def write_batch(
    world: World, connection: Connection, run: Run, mapping: Mapping, scope: Scope, *, bisects: bool
) -> Batch:
    """Write the rows of a batch, its dispositions, its rejects and its journal in the caller's transaction.

    bisects: rows that the target refuses are found first, and rejected.
    """
    fallen = fallen_rows(world, connection, run.snapshot_id, mapping)
    if bisects:
        refused = _find_refused(world, connection, run, mapping, scope, fallen)
        fallen = fallen_rows(world, connection, run.snapshot_id, mapping, refused)
    return _write_batch(world, connection, run, mapping, scope, fallen)


def _find_refused(
    world: World, connection: Connection, run: Run, mapping: Mapping, scope: Scope, fallen: pa.Table
) -> pa.Table:
    outcomes = _outcomes(world, run, mapping.entity, scope, fallen)
    frames, references = [], []
    for table in tables_of(run.snapshot_id, mapping):
        name = read_catalogue(connection, table.name).table
        rows = [table.shape(part) for part in _target_rows(world, table, scope, outcomes)]
        if rows:
            frames.append(Frame(name, pa.concat_tables(rows)))
            references += [(frames[-1].rows, field.target) for field in table.references(mapping.entity)]
    own = pc.equal(outcomes["outcome"], "loaded")
    rows = pc.unique(pa.chunked_array([as_array(frame.rows["_row"]) for frame in frames], pa.int64()))
    found = find_refused(
        connection,
        frames,
        pa.table({"_row": rows, "unit": units_of(world, run.snapshot_id, mapping, rows)}),
        _references(outcomes.filter(own), references),
        # All rows of a replay were rejected before, and all may be again.
        Decimal(1) if scope.is_replay else world.specification.project.thresholds.refused_rate_max,
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
    world: World, connection: Connection, run: Run, mapping: Mapping, scope: Scope, fallen: pa.Table
) -> Batch:
    entity = mapping.entity
    outcomes = _outcomes(world, run, entity, scope, fallen)
    writing = Writing()
    for table in tables_of(run.snapshot_id, mapping):
        facts = read_catalogue(connection, table.name)
        rows = (table.shape(part).drop_columns("_row") for part in _target_rows(world, table, scope, outcomes))
        insert_rows(connection, writing, facts, table.names_a_row, rows)
    batch = _count(run.run_id, entity, scope.seq, outcomes, writing)
    # The batch first: dispositions and journal name it, and at commit the database holds its counts against them.
    ledger.insert_batch(connection, batch)
    ledger.write_dispositions(connection, batch, outcomes)
    ledger.write_rejects(connection, batch, reject_lines(world, run, mapping, scope.parts, outcomes, fallen))
    for entry in writing.entries:
        write_entry(connection, run.run_id, entity, scope.seq, entry)
    return batch


def _outcomes(world: World, run: Run, entity: str, scope: Scope, fallen: pa.Table) -> pa.Table:
    dataset = datasets.outcome(run.snapshot_id, entity)
    staged = pa.concat_tables([scope.among(world.staging.read_part(dataset, part)) for part in scope.parts])
    return reject_fallen(select_rows(world, run, entity, staged), fallen)


def _target_rows(world: World, table: Table, scope: Scope, outcomes: pa.Table) -> Iterator[pa.Table]:
    """Yield the rows for one table part by part: of the own table the loaded ones, of a further one all that stand."""
    is_own = table.rule is None
    standing = ["loaded"] if is_own else ["loaded", "merged"]
    wanted = outcomes.filter(pc.is_in(outcomes["outcome"], value_set=pa.array(standing)))
    present = set(world.staging.parts(table.dataset))
    arrived = 0
    for part in scope.parts:
        rows = among(world.staging.read_part(table.dataset, part), wanted) if part in present else None
        if rows is not None and rows.num_rows:
            arrived += rows.num_rows
            yield rows
    if is_own and arrived != wanted.num_rows:
        raise NotConserved(
            f"{wanted.num_rows} rows are to be loaded, the mapped data hold {arrived} of them",
            fix="run `cutover map` again for this snapshot",
        )


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
