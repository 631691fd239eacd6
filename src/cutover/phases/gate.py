"""The gate between mapping and loading: every figure from the staged data, every result in the ledger."""

from collections import Counter
from collections.abc import Iterator

import pyarrow as pa
import pyarrow.compute as pc

from cutover.core.cleansing import replay
from cutover.core.verdicts import CheckResult, must_equal, none_of, share_at_most
from cutover.phases.cleanse import type_columns
from cutover.phases.coverage import cover_entity
from cutover.phases.duplicates import duplicate_checks
from cutover.phases.gates import fit, quality
from cutover.phases.gates.concluding import conclude
from cutover.phases.gates.rounding import check_rounding
from cutover.phases.mapping.history import check_history
from cutover.phases.quarantine.correcting import apply_corrections, split_log
from cutover.phases.scope import retention_checks
from cutover.phases.world import Step, World
from cutover.project.model import DefaultAudited, Mapping
from cutover.project.scope import read_scope
from cutover.systems import datasets

MAPPING_GATE = "mapping"


def gate_mapping(world: World, snapshot: str, wave: str) -> list[CheckResult]:
    """Evaluate the gate of a mapped snapshot, store every result, and return them.

    Raises:
        GateClosed: a check failed, could not be computed, or was not run; the message lists them.
    """
    results, scope = [], read_scope(world.specification.root)
    for entity in world.specification.entities(wave):
        mapping = world.specification.mapping(entity)
        rows = world.staging.require(datasets.outcome(snapshot, entity), phase="map")["rows"]
        results += [*_entity_checks(world, snapshot, mapping), *retention_checks(world, snapshot, mapping, scope)]
        world.progress(Step("gate", entity, rows, rows))
    return conclude(world, MAPPING_GATE, results, snapshot=snapshot)


def _entity_checks(world: World, snapshot: str, mapping: Mapping) -> Iterator[CheckResult]:
    landed = world.staging.require(datasets.raw(snapshot, mapping.source), phase="land")
    counts, reasons = _count_outcomes(world, snapshot, mapping)
    limit = world.specification.project.thresholds.reject_rate_max.full
    yield must_equal("CONSERVED", mapping.entity, sum(counts.values()), landed["rows"], counts=counts)
    yield share_at_most(
        "REJECTS",
        mapping.entity,
        counts["rejected"],
        sum(counts.values()),
        limit,
        severity="major",
        evidence={"reasons": reasons},
    )
    yield from quality.raw_checks(world, snapshot, mapping)
    yield from quality.clean_checks(world, snapshot, mapping)
    yield from quality.rule_checks(world, snapshot, mapping)
    yield from fit.set_wise_checks(world, snapshot, mapping)
    yield from fit.fit_checks(world, snapshot, mapping)
    yield _replayed(world, snapshot, mapping)
    yield from check_history(world, snapshot, mapping)
    yield from check_rounding(world, snapshot, mapping)
    yield from cover_entity(world, snapshot, mapping).results
    yield from _defaults(world, snapshot, mapping)
    yield from duplicate_checks(world, snapshot, mapping)


def _count_outcomes(world: World, snapshot: str, mapping: Mapping) -> tuple[dict[str, int], dict[str, int]]:
    """Count the rows by outcome, and the rejected ones by rule and reason."""
    counts, reasons = Counter[str](), Counter[str]()
    columns = ["outcome", "rule", "reason"]
    for _, rows in world.staging.read_parts(datasets.outcome(snapshot, mapping.entity), columns):
        for line in rows.group_by(columns).aggregate([([], "count_all")]).to_pylist():
            counts[line["outcome"]] += line["count_all"]
            if line["outcome"] == "rejected":
                reasons[f"{line['rule']} {line['reason']}"] += line["count_all"]
    return {name: counts[name] for name in datasets.OUTCOMES}, dict(reasons)


def _replayed(world: World, snapshot: str, mapping: Mapping) -> CheckResult:
    """Replay the change log over the raw rows, all of them, and compare with the clean rows cell by cell (DMC-06).

    A change that was made by itself must be of a rule that may.
    """
    wrong = cells = parts = 0
    may = pa.array([rule.rule for rule in mapping.cleanse if not (rule.propose or rule.approver)], pa.string())
    clean, changes = datasets.clean(snapshot, mapping.entity), datasets.changes(snapshot, mapping.entity)
    for index, raw in world.staging.read_parts(datasets.raw(snapshot, mapping.source)):
        logged = world.staging.read_part(changes, index)
        cells, parts = cells + len(logged), parts + 1
        held, others = split_log(logged)
        own = pc.and_(pc.equal(others["mode"], "auto"), pc.invert(pc.is_in(others["rule"], value_set=may)))
        if pc.any(own).as_py():
            told = f"part {index}: cells changed by themselves whose rule needs an approval: {pc.sum(own).as_py()}"
            return none_of("REPLAY", mapping.entity, 1, parts, message=told)
        try:
            corrected, _ = apply_corrections(raw, held)
            typed, _ = type_columns(mapping, replay(corrected, others))
        except ValueError as problem:
            return none_of("REPLAY", mapping.entity, 1, parts, message=f"part {index}: {problem}")
        wrong += not typed.equals(world.staging.read_part(clean, index, typed.column_names))
    return none_of("REPLAY", mapping.entity, wrong, parts, logged_cells=cells)


def _defaults(world: World, snapshot: str, mapping: Mapping) -> Iterator[CheckResult]:
    """Measure the share of rows that took a default, per audited field (DMC-10)."""
    limits = world.specification.project.thresholds
    for field in mapping.fields:
        if isinstance(field, DefaultAudited) and field.audit:
            limit = limits.critical_default_rate_max if field.critical else limits.default_rate_max
            used, rows = _count_defaults(world, snapshot, mapping, field.audit)
            name = {"field": field.target}
            yield share_at_most(
                f"DEFAULTS.{field.rule}",
                mapping.entity,
                used,
                rows,
                limit,
                severity="blocker",
                evidence=name,
            )


def _count_defaults(world: World, snapshot: str, mapping: Mapping, audit: str) -> tuple[int, int]:
    used = rows = 0
    for _, flags in world.staging.read_parts(datasets.mapped(snapshot, mapping.entity), [audit]):
        used, rows = used + (pc.sum(flags[audit]).as_py() or 0), rows + len(flags)
    return used, rows
