"""Which codes the data hold, and which of them the crosswalks translate: counted by value, by row and by amount."""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from cutover.core.cells import MASKED
from cutover.core.composite import empty_codes
from cutover.core.expression import evaluate
from cutover.core.rules import JOINER, as_array, truth
from cutover.phases.mapping.filling import told_by
from cutover.phases.mapping.lookups import Lookups, crosswalk_lookups
from cutover.phases.mapping.rule_kinds import column_of, fill
from cutover.phases.pages.masking import reads_personal
from cutover.phases.world import World
from cutover.project.model import Codes, Mapping, Rule, located_fields
from cutover.systems import datasets

_FAILED = ("no_entry", "ambiguous", "no_factor", "no_rate")


@dataclass(frozen=True)
class Value:
    """One code of one rule: what it becomes, in how many rows, and the sums of the entity's control columns.

    state: mapped; refused (an entry says that it stays out); proposed (an entry waits to be confirmed); unmapped; or
    undated (a row without a day, of which nobody can say which entry holds).
    """

    entity: str
    rule: str
    crosswalk: str
    code: str
    target: str | None
    state: str
    rows: int
    amounts: tuple[tuple[str, str], ...]


def observe_values(world: World, snapshot: str, mapping: Mapping) -> list[Value]:
    """Return every code that rows hold for which a rule has a crosswalk; dropped and merged rows do not count."""
    lookups = crosswalk_lookups(world.specification)
    rules = [(place, rule) for place, rule in located_fields(mapping) if any(rule.crosswalks())]
    counted: dict[str, list[pa.Table]] = {rule.rule: [] for _, rule in rules}
    for index, rows in world.staging.read_parts(datasets.clean(snapshot, mapping.entity)) if rules else ():
        rows = of_outcome(world, snapshot, mapping.entity, index, rows, ("loaded", "rejected"))
        for place, rule in rules:
            counted[rule.rule].append(_count(mapping, place, rule, rows, lookups))
    return [value for _, rule in rules for value in _add_up(world, mapping, rule, counted[rule.rule])]


def of_outcome(
    world: World, snapshot: str, entity: str, index: int, rows: pa.Table, wanted: tuple[str, ...]
) -> pa.Table:
    """Return the rows of a part that have one of the outcomes."""
    outcome = world.staging.read_part(datasets.outcome(snapshot, entity), index, ["_row", "outcome"])
    found = outcome.filter(pc.is_in(outcome["outcome"], value_set=pa.array(wanted)))
    return rows.filter(pc.is_in(rows["_row"], value_set=as_array(found["_row"])))


def _count(mapping: Mapping, place: tuple[str | int, ...], rule: Rule, rows: pa.Table, lookups: Lookups) -> pa.Table:
    """Count the rows of a part by code, target and state, and sum the control columns."""
    split = mapping.also[int(place[1])] if place[0] == "also" else None
    with told_by(f"rule {rule.rule}"):
        if split is not None and split.when is not None:
            rows = rows.filter(truth(evaluate([split.when], rows)[0]))
        filled = fill(rule, rows, lookups)
    code = _codes(rule, rows)
    state = pa.repeat(pa.scalar("mapped"), len(rows))
    for reason, mask in filled.failures:
        failed = "unmapped" if reason in _FAILED else "undated" if reason == "no_date" else None
        state = pc.if_else(truth(mask), failed, state) if failed else state
    target = filled.values.cast(pa.string()) if isinstance(rule, Codes) else pa.nulls(len(rows), pa.string())
    sums = {name: rows[name].cast(pa.decimal128(38, _scale(rows[name].type))) for name in _amounts(mapping, rows)}
    frame = pa.table({"code": code, "target": target, "state": state, **sums}).filter(pc.is_valid(code))
    totals = [(name, "sum") for name in sums]
    return frame.group_by(["code", "target", "state"]).aggregate([([], "count_all"), *totals])


def _codes(rule: Rule, rows: pa.Table) -> pa.Array:
    """Return what a rule looks up, its parts joined; null where there is nothing to look up."""
    texts = [column_of(rows, name, rule).cast(pa.string()) for name in rule.looked_up()]
    if isinstance(rule, Codes):
        empty, _ = empty_codes(texts)
        texts = [pc.if_else(empty, pa.scalar(None, pa.string()), pc.fill_null(text, "")) for text in texts]
    return texts[0] if len(texts) == 1 else pc.binary_join_element_wise(*texts, JOINER)


def _amounts(mapping: Mapping, rows: pa.Table) -> list[str]:
    names = dict.fromkeys(control.source for control in mapping.control)
    return [name for name in names if pa.types.is_decimal(rows.schema.field(name).type)]


def _scale(kind: pa.DataType) -> int:
    return int(kind.scale)


def _add_up(world: World, mapping: Mapping, rule: Rule, counted: list[pa.Table]) -> Iterator[Value]:
    if not counted:
        return
    named = [name for name in counted[0].column_names if name not in ("code", "target", "state")]
    sums = [(name, "sum") for name in named]
    total = pa.concat_tables(counted).group_by(["code", "target", "state"]).aggregate(sums)
    ((_, name),) = rule.crosswalks()
    decided = {JOINER.join(entry.source): entry.state for entry in world.specification.crosswalks[name].entries}
    hidden = reads_personal(mapping, rule)
    for line in sorted(total.to_pylist(), key=lambda line: (line["code"], line["target"] or "")):
        # What an entry translates at another time has no entry at this one.
        waiting = decided.get(line["code"]) if line["state"] == "unmapped" else None
        state = waiting if waiting in ("proposed", "refused") else line["state"]
        amounts = [(n.removesuffix("_sum"), str(line[f"{n}_sum"] or 0)) for n in named if n != "count_all"]
        code = MASKED if hidden and state != "mapped" and line["code"] not in decided else line["code"]
        yield Value(mapping.entity, rule.rule, name, code, line["target"], state, line["count_all_sum"], tuple(amounts))


def write_values(world: World, snapshot: str, entity: str, values: list[Value]) -> str:
    """Write the observed codes of an entity beside its staged data, as evidence; returns the file."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(["rule", "crosswalk", "code", "target", "state", "rows", "amounts"])
    for value in values:
        sums = "; ".join(f"{name} {amount}" for name, amount in value.amounts)
        writer.writerow([value.rule, value.crosswalk, value.code, value.target, value.state, value.rows, sums])
    return world.staging.write_file(f"{snapshot}/evidence/coverage/{entity}.csv", buffer.getvalue().encode())
