"""Coverage: every source column decided, every code translated into a live one, every mandatory column filled.

Each figure is a share that must be 100 %, with what is missing as its evidence (DMC-09 and DMC-10).
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal

import pyarrow as pa
import pyarrow.compute as pc

from cutover.core.expression import columns_of, evaluate, order_expression
from cutover.core.rules import JOINER, truth
from cutover.core.verdicts import CheckResult, Status, all_of
from cutover.phases.gates.target_coverage import check_target
from cutover.phases.gates.tried import check_tried
from cutover.phases.mapping.filling import told_by
from cutover.phases.mapping.rule_kinds import branch_of
from cutover.phases.mapping.values import Value, observe_values, of_outcome, write_values
from cutover.phases.world import World
from cutover.project.checking import located_expressions
from cutover.project.model import (
    Conditional,
    Currency,
    Lookup,
    LookupComposite,
    LookupManyToOne,
    Mapping,
    Rule,
    located_fields,
)
from cutover.systems import datasets

SHOWN = 20


@dataclass(frozen=True)
class Coverage:
    """What was computed for one entity: its checks, every observed code, and the file that holds them."""

    entity: str
    results: tuple[CheckResult, ...]
    values: tuple[Value, ...]
    file: str


def cover_entity(world: World, snapshot: str, mapping: Mapping) -> Coverage:
    """Compute the coverage of a mapped entity and write its evidence; nothing is recorded in the ledger.

    Raises:
        InputError: the entity is not mapped yet.
    """
    world.staging.require(datasets.outcome(snapshot, mapping.entity), phase="map")
    values = observe_values(world, snapshot, mapping)
    file = write_values(world, snapshot, mapping.entity, values)
    results = [
        _columns(world, snapshot, mapping),
        *_dropped(world, snapshot, mapping),
        _approved(mapping),
        check_tried(world, snapshot, mapping),
        *_translated(world, mapping, values, file),
        *_collapsed(world, snapshot, mapping, values),
        *_branches(world, snapshot, mapping),
        *_fanned_out(world, snapshot, mapping),
        *check_target(world, snapshot, mapping),
    ]
    return Coverage(mapping.entity, tuple(results), tuple(values), file)


def _columns(world: World, snapshot: str, mapping: Mapping) -> CheckResult:
    """Find source columns that are neither used nor dropped with a reason."""
    landed = {*world.staging.schema(datasets.raw(snapshot, mapping.source)).names} - {"_row"}
    undecided = undecided_columns(mapping, landed)
    covered = len(landed) - len(undecided)
    return all_of("COVERAGE", mapping.entity, covered, len(landed), evidence={"undecided": undecided})


def undecided_columns(mapping: Mapping, there: Iterable[str]) -> list[str]:
    """Return the source columns that a mapping neither reads nor drops with a reason, in the order of their names."""
    decided = {*used_columns(mapping), *(column for drop in mapping.drops for column in drop.column)}
    # Expressions do not tell upper from lower case.
    named = {column.casefold() for column in decided}
    return sorted(column for column in there if column.casefold() not in named)


def used_columns(mapping: Mapping) -> set[str]:
    """Return the source columns that a mapping reads anywhere."""
    used = {*mapping.source.key, *(name for total in mapping.control for name in (total.source, total.by) if name)}
    for _, field in located_fields(mapping):
        used |= {name for _, name in field.columns()}
    for place, expression in located_expressions(mapping):
        used |= columns_of(expression) if place[0] != "checks" else set()
    if mapping.merge is not None:
        terms = [*mapping.merge.order, *(term for listed in mapping.merge.survive.values() for term in listed)]
        used |= {*mapping.merge.fill, *mapping.merge.survive}.union(*(columns_of(order_expression(t)) for t in terms))
    if mapping.duplicates is not None:
        used |= {name for name in (mapping.duplicates.name, mapping.duplicates.identity) if name}
    if mapping.history is not None:
        dates = {mapping.history.day, *([mapping.history.until] if mapping.history.until else [])}
        used |= {*mapping.history.by, *mapping.history.sum, *dates}
    if mapping.all_or_none is not None:
        used |= {*mapping.all_or_none.by}
    if mapping.acyclic is not None:
        used |= {*mapping.acyclic.parent, *mapping.acyclic.child}
    return used | {rule.beside for rule in mapping.cleanse if rule.beside}


def _dropped(world: World, snapshot: str, mapping: Mapping) -> Iterator[CheckResult]:
    """Hold the dropped columns that are empty, or whose values stay somewhere, against all that are dropped."""
    there = {name.casefold(): name for name in world.staging.schema(datasets.raw(snapshot, mapping.source)).names}
    archives = {there[column.casefold()]: drop.archive or world.specification.project.archive
                for drop in mapping.drops for column in drop.column if column.casefold() in there}  # fmt: skip
    filled = _filled(world, snapshot, mapping, list(archives))
    lost = sorted(name for name, rows in filled.items() if rows and not archives[name])
    told = {"filled": filled, "lost": lost}
    message = f"say in `archive` where their values stay: {', '.join(lost)}" if lost else ""
    if mapping.drops:
        kept = len(archives) - len(lost)
        yield all_of("DROPPED", mapping.entity, kept, len(archives), severity="major", evidence=told, message=message)


def _filled(world: World, snapshot: str, mapping: Mapping, columns: list[str]) -> dict[str, int]:
    """Count the landed rows in which columns hold a value."""
    filled = dict.fromkeys(columns, 0)
    for _, rows in world.staging.read_parts(datasets.raw(snapshot, mapping.source), columns) if columns else ():
        for name in columns:
            empty = pc.equal(rows[name], "") if pa.types.is_string(rows[name].type) else pc.is_null(rows[name])
            filled[name] += pc.sum(pc.invert(pc.fill_null(empty, True))).as_py() or 0  # noqa: FBT003
    return filled


def _approved(mapping: Mapping) -> CheckResult:
    """Hold the approved rules against all rules."""
    rules = [field for _, field in located_fields(mapping)]
    drafts = sorted(rule.rule for rule in rules if rule.status != "approved")
    approved = len(rules) - len(drafts)
    return all_of("APPROVED", mapping.entity, approved, len(rules), evidence={"drafts": drafts})


def _translated(world: World, mapping: Mapping, values: list[Value], file: str) -> Iterator[CheckResult]:
    """Hold the codes that crosswalks decide (translate or refuse) against those that rows hold, by code and by row."""
    by_rule: dict[str, list[Value]] = defaultdict(list)
    for value in values:
        by_rule[value.rule].append(value)
    for _, field in located_fields(mapping):
        for _, crosswalk in field.crosswalks():
            found = [value for value in by_rule[field.rule] if value.state != "undated"]
            missing = [value for value in found if value.state in ("unmapped", "proposed")]
            states = ("unmapped", "proposed", "refused")
            codes = {state: sorted({v.code for v in found if v.state == state}) for state in states}
            told = {"crosswalk": crosswalk, "file": file, **{name: some[:SHOWN] for name, some in codes.items()}}
            told["stale"] = _stale(world, field, crosswalk, found)
            distinct, lost = len({v.code for v in found}), len({v.code for v in missing})
            rows, left = (sum(value.rows for value in some) for some in (found, missing))
            for check, part, whole in (("VALUES", distinct - lost, distinct), ("VALUE_ROWS", rows - left, rows)):
                yield all_of(
                    f"{check}.{field.rule}",
                    mapping.entity,
                    part,
                    whole,
                    evidence=told,
                    message=_advice(crosswalk, codes),
                )


def _stale(world: World, field: Rule, crosswalk: str, found: list[Value]) -> list[str]:
    """Return codes that a crosswalk translates and that no row has; entries with `*` and rates are not asked for."""
    if isinstance(field, LookupComposite | Currency):
        return []
    observed = {value.code for value in found}
    confirmed = {JOINER.join(entry.source) for entry in world.specification.crosswalks[crosswalk].confirmed}
    return sorted(confirmed - observed)[:SHOWN]


def _advice(crosswalk: str, codes: dict[str, list[str]]) -> str:
    return "; ".join(
        f"{verb} in crosswalks/{crosswalk}.csv: {', '.join(repr(code) for code in codes[state][:SHOWN])}"
        for state, verb in (("unmapped", "add"), ("proposed", "confirm"))
        if codes[state]
    )


def _collapsed(world: World, snapshot: str, mapping: Mapping, values: list[Value]) -> Iterator[CheckResult]:
    """Show how many codes become one; a lookup that does so without saying so is told.

    Of a `lookup_many_to_one` the rows of each target code are counted again in the mapped data.
    """
    own = {field.rule: field for field in mapping.fields}
    for _, field in located_fields(mapping):
        groups: dict[str, set[str]] = defaultdict(set)
        for value in values:
            if value.rule == field.rule and value.target is not None and value.state == "mapped":
                groups[value.target].add(value.code)
        many = {target: sorted(codes) for target, codes in groups.items() if len(codes) > 1}
        told: dict[str, object] = {"collapsed": many, "ratio": _ratio(groups)}
        check = f"COLLAPSE.{field.rule}"
        if isinstance(field, LookupManyToOne):
            apart = _apart(world, snapshot, mapping, field) if field.rule in own else []
            told |= {"loss": field.loss, "apart": apart}
            good = len(groups) - len(apart)
            yield all_of(check, mapping.entity, good, len(groups), severity="major", evidence=told)
        elif many and isinstance(field, Lookup):
            message = "several codes become one: use kind lookup_many_to_one and say what is lost"
            one = len(groups) - len(many)
            yield all_of(check, mapping.entity, one, len(groups), severity="minor", evidence=told, message=message)


def _ratio(groups: dict[str, set[str]]) -> str:
    codes = set().union(*groups.values()) if groups else set()
    return f"{Decimal(len(codes)) / len(groups):.2f}" if groups else ""


def _apart(world: World, snapshot: str, mapping: Mapping, field: LookupManyToOne) -> list[str]:
    """Return the target codes whose rows and sums in the mapped data are not those of their source codes."""
    crosswalk = world.specification.crosswalks[field.crosswalk]
    targets = {"|".join(entry.source): entry.target for entry in crosswalk.confirmed}
    totals = [c for c in mapping.control if c.also is None]
    source: dict[str, list[Decimal]] = {}
    target: dict[str, list[Decimal]] = {}
    for index, rows in world.staging.read_parts(datasets.mapped(snapshot, mapping.entity)):
        clean = world.staging.read_part(datasets.clean(snapshot, mapping.entity), index)
        clean = clean.filter(pc.is_in(clean["_row"], value_set=rows["_row"].combine_chunks()))
        _sum(source, clean, [*field.source], [c.source for c in totals], targets)
        _sum(target, rows, [field.target], [c.target for c in totals], None)
    return sorted(code for code in source.keys() | target.keys() if source.get(code) != target.get(code))


def _sum(
    into: dict[str, list[Decimal]], rows: pa.Table, keys: list[str], amounts: list[str], targets: dict[str, str] | None
) -> None:
    sums = [(name, "sum") for name in dict.fromkeys(amounts)]
    for line in rows.group_by(keys).aggregate([([], "count_all"), *sums]).to_pylist():
        if any(line[key] is None for key in keys):
            continue
        code = "|".join(str(line[key]) for key in keys)
        found = [Decimal(line["count_all"]), *(Decimal(line[f"{name}_sum"] or 0) for name in amounts)]
        name = targets[code] if targets is not None else code
        known = into.get(name, [Decimal(0)] * len(found))
        into[name] = [a + b for a, b in zip(known, found, strict=True)]


def _branches(world: World, snapshot: str, mapping: Mapping) -> Iterator[CheckResult]:
    """Count the rows that each branch of a conditional takes; a branch that takes none was never tried."""
    for place, field in located_fields(mapping):
        if not isinstance(field, Conditional):
            continue
        split = mapping.also[int(place[1])] if place[0] == "also" else None
        hits = dict.fromkeys(range(len(field.branches)), 0)
        for index, rows in world.staging.read_parts(datasets.clean(snapshot, mapping.entity)):
            rows = of_outcome(world, snapshot, mapping.entity, index, rows, ("loaded",))
            with told_by(f"rule {field.rule}"):
                if split is not None and split.when is not None:
                    rows = rows.filter(truth(evaluate([split.when], rows)[0]))
                for line in pc.value_counts(branch_of(field, rows).drop_null()).to_pylist():
                    hits[line["values"]] += line["counts"]
        named = {branch.when: hits[number] for number, branch in enumerate(field.branches)}
        hit = sum(1 for rows_hit in hits.values() if rows_hit)
        told = {"rows": named}
        yield all_of(f"BRANCHES.{field.rule}", mapping.entity, hit, len(hits), severity="major", evidence=told)


def _fanned_out(world: World, snapshot: str, mapping: Mapping) -> Iterator[CheckResult]:
    """Count the further rows that each entry of `also` makes; one that makes none of rows that move was never tried."""
    outcome = datasets.outcome(snapshot, mapping.entity)
    loaded = sum(
        pc.sum(pc.equal(rows["outcome"], "loaded")).as_py() or 0
        for _, rows in world.staging.read_parts(outcome, ["outcome"])
    )
    for split, dataset in zip(mapping.also, datasets.further(snapshot, mapping), strict=True):
        made = sum(len(rows) for _, rows in world.staging.read_parts(dataset, ["_row"])) if loaded else 0
        status: Status = "not_applicable" if not loaded else "pass" if made else "fail"
        message = "no row is to be loaded" if not loaded else "" if made else "no row meets `when`: correct or drop it"
        value, check = f"{made} rows of {loaded}" if loaded else "", f"FANOUT.{split.rule}"
        yield CheckResult(check, mapping.entity, status, "major", made, loaded, value, "at least 1", message)
