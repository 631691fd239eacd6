"""Quality gates: raw rows as they were landed, clean rows as they were typed, and each rule with its pass rate.

DMC-07 of the checklist: hard rules hold everywhere, soft ones reach their goal. A rule that applies to no row of a
filled entity is not run, which never counts as green.
"""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal

import pyarrow as pa
import pyarrow.compute as pc

from cutover.core.expression import evaluate
from cutover.core.gates import ColumnGate, RowGate, run_gate
from cutover.core.rules import as_array, truth
from cutover.core.types import TEXT
from cutover.core.verdicts import CheckResult, Severity, none_of
from cutover.phases.loading.expected import column_type
from cutover.phases.mapping.filling import told_by
from cutover.phases.mapping.gating import gate_check
from cutover.phases.mapping.values import of_outcome
from cutover.phases.world import World
from cutover.project.model import Check, Mapping
from cutover.systems import datasets
from cutover.systems.setwise import open_setwise
from cutover.systems.sources.measure import Measure, measure
from cutover.systems.staging import Dataset


def raw_checks(world: World, snapshot: str, mapping: Mapping) -> Iterator[CheckResult]:
    """Count and sum the landed rows anew and hold them against their manifest; a key names one row that moves."""
    dataset = datasets.raw(snapshot, mapping.source)
    manifest = world.staging.require(dataset, phase="land")
    measured, shapes = Measure(), set[str]()
    for _, rows in world.staging.read_parts(dataset):
        shapes |= {f"{name} {kind}" for name, kind in zip(rows.schema.names, rows.schema.types, strict=True)}
        measured += measure(rows, mapping.source.columns)
    # As the manifest was written: amounts are texts there.
    found = json.loads(json.dumps(measured.as_manifest(), default=str))
    told = {name: value for name, value in found.items() if name in manifest}
    # Totals of entities that share a feed stand in one manifest; these are ours.
    apart = [name for name, value in told.items() if not _agrees(value, manifest[name])]
    landed = {f"{line['name']} {line['type']}" for line in manifest.get("columns", [])}
    apart += sorted(landed - shapes)
    yield none_of("RAW", mapping.entity, len(apart), len(told) + len(landed), differing=apart, rows=measured.rows)
    with open_setwise(world.staging) as setwise:
        keys = setwise.select(_KEYS, outcome=datasets.outcome(snapshot, mapping.entity))
    bad, whole = (int(column[0].as_py()) for column in keys.columns)
    yield none_of("RAW.KEY", mapping.entity, bad, whole, key=list(mapping.source.key))


def _agrees(found: object, told: object) -> bool:
    if isinstance(found, dict) and isinstance(told, dict):
        return all(told[name] == value for name, value in found.items() if name in told)
    return found == told


_KEYS = """
    select coalesce(sum(n) filter (_key is null or n > 1), 0), coalesce(sum(n), 0) from (
        select _key, count(*) as n from outcome where outcome.outcome = 'loaded' group by _key)"""


def clean_checks(world: World, snapshot: str, mapping: Mapping) -> Iterator[CheckResult]:
    """Validate the clean rows that move against the types and keys of the source, by their Pandera schema."""
    dataset = datasets.clean(snapshot, mapping.entity)
    failed, rows = Counter[str](), 0
    columns = list(dict.fromkeys(["_row", "_key", *mapping.source.columns, *mapping.source.key]))
    for _, part in _loaded_parts(world, snapshot, mapping, dataset, columns):
        gates = _clean_gates(mapping, part)
        report = run_gate(gates, (), part.select(["_row", *(gate.name for gate in gates)]))
        failed.update(f"{line['column']} {line['reason']}" for line in report.failures.to_pylist())
        rows += len(part)
    yield none_of("CLEAN", mapping.entity, sum(failed.values()), rows, failures=dict(failed))


def _clean_gates(mapping: Mapping, rows: pa.Table) -> list[ColumnGate]:
    names = dict.fromkeys([*mapping.source.columns, *mapping.source.key])
    return [
        ColumnGate(name, mapping.source.columns.get(name, column_type(rows.schema.field(name).type)), "SOURCE", False)
        for name in names
        if not pa.types.is_null(rows.schema.field(name).type)
    ] + [ColumnGate("_key", TEXT, "KEY", True)]


def _loaded_parts(
    world: World, snapshot: str, mapping: Mapping, dataset: Dataset, columns: list[str] | None = None
) -> Iterator[tuple[int, pa.Table]]:
    for index, part in world.staging.read_parts(dataset, columns):
        yield index, of_outcome(world, snapshot, mapping.entity, index, part, ("loaded",))


# --- rules -----------------------------------------------------------------------------------------------------------


@dataclass
class _Tally:
    severity: Severity
    goal: Decimal
    applicable: int = 0
    failed: int = 0
    columns: set[str] = field(default_factory=set)


def dq_failures(snapshot: str, entity: str) -> Dataset:
    """Name the dataset of rows that break a rule and load all the same: _row, rule, column, reason, severity."""
    return Dataset(snapshot, "dq_failures", entity)


def rule_checks(world: World, snapshot: str, mapping: Mapping) -> Iterator[CheckResult]:
    """Measure every rule over the rows that are to be loaded: passing rows of those to which it applies (DMC-07)."""
    tallies = _tallies(world, mapping)
    evidence = dq_failures(snapshot, mapping.entity)
    world.staging.clear(evidence)
    rows = 0
    for index, part in _loaded_parts(world, snapshot, mapping, datasets.mapped(snapshot, mapping.entity)):
        failures = _judge(mapping, part, tallies)
        if len(failures):
            world.staging.write_part(evidence, index, failures)
        rows += len(part)
    world.staging.seal(evidence, {"rows": rows})
    for rule, tally in tallies.items():
        yield _result(rule, mapping.entity, tally, rows, evidence.path)


def _tallies(world: World, mapping: Mapping) -> dict[str, _Tally]:
    limits = world.specification.project.thresholds
    found = {f.rule: _Tally("blocker", limits.dq_hard_pass) for f in mapping.fields if f.required}
    for check in mapping.checks:
        soft = limits.dq_soft_pass if check.goal is None else check.goal
        found[check.rule] = _Tally(check.severity, limits.dq_hard_pass if check.hard else soft)
    return found


def _judge(mapping: Mapping, rows: pa.Table, tallies: dict[str, _Tally]) -> pa.Table:
    for field_ in mapping.fields:
        if field_.required:
            tallies[field_.rule].applicable += len(rows)
    for check in mapping.checks:
        tallies[check.rule].applicable += _applicable(mapping, check, rows)
    frame = _without_nulls(rows)
    gates = [
        ColumnGate(
            field_.target, column_type(frame.schema.field(field_.target).type), field_.rule, field_.required,
            tuple(gate_check(c) for c in mapping.checks if c.column == field_.target and c.expression is None),
        )
        for field_ in mapping.fields
    ]  # fmt: skip
    over = [RowGate(c.rule, c.expression, c.severity, c.when) for c in mapping.checks if c.expression is not None]
    with told_by(f"a check of {mapping.entity}"):
        failures = run_gate(gates, over, frame).failures
    for line in failures.group_by(["rule"]).aggregate([("_row", "count_distinct")]).to_pylist():
        if line["rule"] in tallies:
            tallies[line["rule"]].failed += line["_row_count_distinct"]
    return failures


def _without_nulls(rows: pa.Table) -> pa.Table:
    for at, column in enumerate(rows.schema):
        if pa.types.is_null(column.type):
            rows = rows.set_column(at, column.name, rows[column.name].cast(pa.string()))
    return rows


def _applicable(mapping: Mapping, check: Check, rows: pa.Table) -> int:
    applies = pa.array([True] * len(rows), pa.bool_())
    if check.when is not None:
        with told_by(f"the condition of {check.rule}"):
            applies = truth(as_array(evaluate([check.when], rows)[0]))
    if check.column is not None and check.expression is None:
        applies = pc.and_(applies, pc.is_valid(as_array(rows[check.column])))
    return int(pc.sum(applies).as_py() or 0)


def _result(rule: str, entity: str, tally: _Tally, rows: int, file: str) -> CheckResult:
    name = f"DQ.{rule}"
    if rows == 0:
        return CheckResult(name, entity, "not_applicable", tally.severity, 0, 0, message="no row is to be loaded")
    if tally.applicable == 0:
        return CheckResult(name, entity, "not_run", tally.severity, 0, 0, message="the rule applies to no row")
    passing = tally.applicable - tally.failed
    rate = Decimal(passing) / Decimal(tally.applicable)
    return CheckResult(
        name, entity, "pass" if rate >= tally.goal else "fail", tally.severity, passing, tally.applicable,
        f"{rate:.4%}", f"at least {tally.goal:.4%}", evidence={"file": file, "failed": tally.failed},
    )  # fmt: skip
