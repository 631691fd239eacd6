"""Verify: after a load, every row of the target is read back and compared with what the mapping says it must be."""

from collections.abc import Iterator, Sequence
from collections.abc import Mapping as ReadOnly
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from sqlalchemy import Connection

from cutover.core.comparison import NOTHING, Comparison, DuplicateKeys
from cutover.core.rules import as_array
from cutover.core.totals import Total, Totals, group_of
from cutover.core.verdicts import CheckResult, must_equal, none_of, share_at_most
from cutover.errors import InputError, TargetError
from cutover.phases.gates.concluding import conclude
from cutover.phases.loading.expected import (
    KEY,
    compare_part,
    expected_part,
    outcome_parts,
    selected,
    with_key,
)
from cutover.phases.loading.falling import fallen_rows
from cutover.phases.loading.tables import Table, tables_of
from cutover.phases.mapping.filling import told_by
from cutover.phases.mapping.history import counted_outcomes
from cutover.phases.runs import read_run
from cutover.phases.world import Step, World
from cutover.project.model import ControlTotal, Mapping
from cutover.systems import datasets, ledger
from cutover.systems.catalogue import read_catalogue
from cutover.systems.ledger import Run
from cutover.systems.queries import run as query
from cutover.systems.staging import Dataset

VERIFY_GATE = "verification"
SHOWN = 20


def verify_run(world: World, run_id: int) -> list[CheckResult]:
    """Compare 100 % of a run's rows and all its control totals; store every result, and return them.

    Raises:
        InputError: there is no such run, or it was rolled back.
        GateClosed: something differs, is missing, or was not expected; the message names check and entity.
    """
    run = read_run(world, run_id)
    if run.status == "rolled_back":
        # Another run may have loaded the same rows since: to find them would say nothing about this one.
        raise InputError(f"run {run_id} is rolled back", fix="verify a run that stands; `cutover runs` lists them")
    results: list[CheckResult] = []
    with world.target.connect() as connection:
        for entity in run.entities:
            results += list(_verify_entity(world, connection, run, world.specification.mapping(entity)))
        results += list(_counted(world, connection, run))
    return conclude(world, VERIFY_GATE, results, snapshot=run.snapshot_id, run_id=run_id)


def _counted(world: World, connection: Connection, run: Run) -> Iterator[CheckResult]:
    """Hold the number of rows of each table against those before the run and those that runs wrote since.

    Rows that nobody expects show here: whoever compares by key looks only at the keys that should be there.
    """
    mappings = [world.specification.mapping(entity) for entity in run.entities]
    names = {table.name for mapping in mappings for table in tables_of(run.snapshot_id, mapping)}
    for name in sorted(names):
        full_name = read_catalogue(connection, name).table
        found = query(connection, "count_strays", {"table": name}, run_id=run.run_id, table_name=full_name).first()
        if found is None:
            told = "no fingerprint was taken of it before the load"
            yield CheckResult(f"COUNT.{name}", None, "not_run", "blocker", message=told)
        else:
            facts = {"before": found.before, "written": found.written}
            yield must_equal(f"COUNT.{name}", None, found.present, found.before + found.written, **facts)


def _verify_entity(world: World, connection: Connection, run: Run, mapping: Mapping) -> Iterator[CheckResult]:
    rows = selected(world, run.snapshot_id, run.run_id, run.kind, mapping.entity)
    tables = tables_of(run.snapshot_id, mapping)
    found = {table.dataset: NOTHING for table in tables}
    repeated: dict[Dataset, str] = {}
    totals = [Totals() for _ in mapping.control]
    total = len(rows) if rows is not None else world.staging.require(tables[0].dataset, phase="map")["rows"]
    counts: dict[str, int] = dict.fromkeys(datasets.OUTCOMES, 0)
    done = 0
    fallen = fallen_rows(world, connection, run.snapshot_id, mapping)
    for index, outcome in outcome_parts(world, run.snapshot_id, mapping.entity, rows, fallen):
        source = _source_rows(world, run.snapshot_id, mapping, index)
        for table in tables:
            expected = expected_part(world, table, index, outcome, rows)
            try:
                comparison, actual = compare_part(connection, table, expected)
            except (DuplicateKeys, TargetError) as error:
                repeated[table.dataset] = f"nothing can be compared: {error}"
                continue
            found[table.dataset] += comparison
            _add_target(totals, mapping.control, table, expected, actual, source)
        _add_source(totals, mapping, source, outcome)
        for line in pc.value_counts(outcome["outcome"]):
            counts[line["values"].as_py()] += line["counts"].as_py()
        done += len(outcome)
        world.progress(Step("verify", mapping.entity, done, total))
    yield from _rejected(world, run, mapping, counts)
    yield _decided(connection, run, mapping)
    short = _not_compared(connection, run, mapping, tables, found)
    for table in tables:
        told = repeated.get(table.dataset) or short.get(table.name, "")
        yield _compared(mapping, table, found[table.dataset], told)
    for control, sums in zip(mapping.control, totals, strict=True):
        yield _ties(world, mapping, control, sums.result())


def _source_rows(world: World, snapshot: str, mapping: Mapping, index: int) -> pa.Table:
    columns = {column for control in mapping.control for column in (control.source, control.by) if column}
    return world.staging.read_part(datasets.clean(snapshot, mapping.entity), index, ["_row", *sorted(columns)])


def _add_source(totals: list[Totals], mapping: Mapping, source: pa.Table, outcome: pa.Table) -> None:
    place = pc.index_in(outcome["_row"], value_set=as_array(source["_row"]))
    rows = source.take(as_array(place))
    for sums, control in zip(totals, mapping.control, strict=True):
        groups = as_array(rows[control.by]) if control.by else None
        with told_by(f"control total of {control.source!r}"):
            sums.add(as_array(rows[control.source]), groups, counted_outcomes(mapping, outcome, control.source))


def _add_target(
    totals: list[Totals],
    controls: tuple[ControlTotal, ...],
    table: Table,
    expected: pa.Table,
    actual: pa.Table,
    source: pa.Table,
) -> None:
    if not len(actual):
        return
    place = pc.index_in(with_key(table, actual)[KEY], value_set=as_array(with_key(table, expected)[KEY]))
    numbers = as_array(expected["_row"]).take(as_array(place))
    own = [pair for pair in zip(totals, controls, strict=True) if pair[1].also == table.rule]
    for sums, control in own:
        sums.add(as_array(actual[control.target]), group_of(numbers, source, control.by), "target")


def _rejected(world: World, run: Run, mapping: Mapping, counts: dict[str, int]) -> Iterator[CheckResult]:
    limit = getattr(world.specification.project.thresholds.reject_rate_max, run.kind)
    yield share_at_most(
        "REJECTS",
        mapping.entity,
        counts["rejected"],
        sum(counts.values()),
        limit,
        severity="major",
        evidence=counts,
    )


def _decided(connection: Connection, run: Run, mapping: Mapping) -> CheckResult:
    """Every reject has an owner, a reason code and a due date (DMC-18)."""
    found = ledger.count_undecided(connection, run.run_id, mapping.entity)
    total = found.pop("rejects")
    lacking: dict[str, Any] = dict(found)
    return none_of("REJECTS.DECIDED", mapping.entity, sum(found.values()), total, severity="major", **lacking)


def _not_compared(
    connection: Connection, run: Run, mapping: Mapping, tables: Sequence[Table], found: ReadOnly[Dataset, Comparison]
) -> dict[str, str]:
    """Return table -> what is wrong where fewer rows were compared than the run has written, by its journal."""
    lines = query(connection, "count_written", run_id=run.run_id, entity=mapping.entity)
    written = {line.table_name: line.rows for line in lines}
    short: dict[str, str] = {}
    for name in {table.name for table in tables}:
        own = [found[table.dataset] for table in tables if table.name == name]
        compared = sum(one.compared - len(one.unexpected) for one in own)
        wrote = written.get(read_catalogue(connection, name).table, 0)
        if compared < wrote:
            short[name] = f"{wrote} rows were written, the mapped data of the snapshot hold {compared} of them"
    return short


def _compared(mapping: Mapping, table: Table, found: Comparison, problem: str) -> CheckResult:
    name = f"ROWS.{table.label}"
    if problem:
        return CheckResult(name, mapping.entity, "error", "blocker", message=problem)
    if not found.compared:
        return CheckResult(name, mapping.entity, "not_applicable", "blocker", message="no row of the run belongs there")
    wrong = found.differing + len(found.missing) + len(found.unexpected)
    columns = pc.value_counts(found.cells["column"])
    return none_of(
        name,
        mapping.entity,
        wrong,
        found.compared,
        matched=found.matched,
        differing=found.differing,
        missing=list(found.missing[:SHOWN]),
        unexpected=list(found.unexpected[:SHOWN]),
        columns={line["values"].as_py(): line["counts"].as_py() for line in columns},
        keys=found.cells["key"].to_pylist()[:SHOWN],
    )


def _ties(world: World, mapping: Mapping, control: ControlTotal, totals: list[Total]) -> CheckResult:
    tolerance = world.specification.project.thresholds.money_tolerance
    apart = [total for total in totals if abs(total.difference) > tolerance]
    lines = [
        {"group": t.group, "source": str(t.source), "loaded": str(t.loaded), "merged": str(t.merged),
         "dropped": str(t.dropped), "rejected": str(t.rejected), "target": str(t.target)} for t in totals
    ]  # fmt: skip
    name = f"TOTAL.{control.target}"
    if not totals:
        return CheckResult(name, mapping.entity, "not_applicable", "blocker", message="the source holds no rows",
                           evidence={"by": control.by, "source": control.source, "totals": []})  # fmt: skip
    return none_of(name, mapping.entity, len(apart), len(totals), by=control.by, source=control.source, totals=lines)
