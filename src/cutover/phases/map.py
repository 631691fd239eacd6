"""Map: clean rows become target-shaped rows, each with exactly one outcome before anything is loaded.

First the whole entity is decided set-wise (dropped, merged, clashing keys), then every part is filled rule by rule and
gated, then the whole entity is settled set-wise (unique target keys, groups, circles, survivors). The parts line up
with those of the clean rows: one part is one batch.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from cutover.core.expression import evaluate
from cutover.core.gates import run_gate
from cutover.core.rules import KeyIndex, as_array, truth
from cutover.phases import snapshots
from cutover.phases.cleanse import unreadable
from cutover.phases.mapping.deciding import Decisions, decide, in_part
from cutover.phases.mapping.filling import FilledColumn, fill_columns, rejects_of, told_by
from cutover.phases.mapping.gating import column_gates, naming_keys, row_gates
from cutover.phases.mapping.history import put_sums
from cutover.phases.mapping.identities import index_keys, index_own_keys, look_up, row_ids, stage_identities
from cutover.phases.mapping.lookups import Lookups, build_lookups
from cutover.phases.mapping.settling import settle
from cutover.phases.quarantine.correcting import digest_above
from cutover.phases.world import Step, World
from cutover.project.model import Mapping, Rule
from cutover.systems import datasets, keys
from cutover.systems.setwise import SetWise, open_setwise
from cutover.systems.staging import Dataset


@dataclass(frozen=True)
class Plan:
    """What stays the same for every part of an entity.

    first_keys: the first reserved key of the own rows, then of the further rows in the order of `also`; None where the
        table has no identity.
    """

    mapping: Mapping
    decisions: Decisions
    lookups: Lookups
    first_keys: tuple[int | None, ...]


def map_entity(world: World, snapshot: str, entity: str, *, reserve: bool = True) -> None:
    """Map and gate every row of an entity; a second call with the same specification does nothing.

    reserve: take the keys of new rows from the target's sequences; without it new rows get negative, provisional keys,
        and nothing in the target moves (a dual run only compares).

    Raises:
        InputError: the entity is not cleansed, or a parent is not mapped.
        TerminalError: an expression cannot be computed, or a rule that says `stop` failed.
    """
    mapping = world.specification.mapping(entity)
    clean = datasets.clean(snapshot, entity)
    cleansed = world.staging.require(clean, phase="cleanse")
    made_from = {"spec_sha256": world.specification.sha256, "rows": cleansed["rows"], "reserved": reserve}
    made_from["decisions"] = _decided(world, snapshot, entity, cleansed)
    made_from["corrections"] = digest_above(world, snapshot, entity)
    sealed = world.staging.manifest(datasets.outcome(snapshot, entity))
    if sealed is not None and made_from.items() <= sealed.items():
        return
    _clear(world, snapshot, mapping)
    with open_setwise(world.staging) as setwise:
        plan = _plan(world, setwise, snapshot, mapping, cleansed["rows"], reserve)
        done = 0
        for index, rows in world.staging.read_parts(clean):
            _map_part(world, snapshot, plan, index, rows)
            done += len(rows)
            world.progress(Step("map", entity, done, cleansed["rows"]))
    settle(world, snapshot, mapping)
    for dataset in _datasets(snapshot, mapping):
        world.staging.seal(dataset, made_from)


def _decided(world: World, snapshot: str, entity: str, cleansed: dict[str, Any]) -> list[Any]:
    """Return what names the decisions of stewards behind this entity and all that it refers to."""
    named = sorted(world.specification.parents(entity))
    parents = (world.staging.manifest(datasets.outcome(snapshot, one)) for one in named)
    return [cleansed.get("decisions"), *(parent.get("decisions") if parent else None for parent in parents)]


def _datasets(snapshot: str, mapping: Mapping) -> list[Dataset]:
    # The outcome is sealed last: it is what the next phases ask for.
    named = [datasets.mapped, datasets.rejects, datasets.outcome]
    mapped, rejects, outcome = (name(snapshot, mapping.entity) for name in named)
    return [mapped, *datasets.further(snapshot, mapping), rejects, outcome]


def _clear(world: World, snapshot: str, mapping: Mapping) -> None:
    for dataset in reversed(_datasets(snapshot, mapping)):
        world.staging.clear(dataset)


# --- the plan --------------------------------------------------------------------------------------------------------


def _plan(world: World, setwise: SetWise, snapshot: str, mapping: Mapping, rows: int, reserve: bool) -> Plan:
    decisions = decide(world, snapshot, mapping)
    first_keys = _reserve(world, snapshot, mapping, rows, reserve)
    stage_identities(world, setwise, snapshot, mapping, decisions.fates, first_keys[0])

    def index(entity: str, keys: pa.Array) -> KeyIndex:
        if entity == mapping.entity:
            return index_keys(setwise, datasets.identities(snapshot, entity), keys)
        world.staging.require(datasets.outcome(snapshot, entity), phase="map")
        parent = world.specification.mapping(entity)
        if parent.target.id is None:
            return index_own_keys(setwise, snapshot, parent, keys)
        return index_keys(setwise, datasets.outcome(snapshot, entity), keys)

    lookups = build_lookups(world, setwise, snapshot, mapping, index, reserve=reserve)
    return Plan(mapping, decisions, lookups, first_keys)


def _reserve(world: World, snapshot: str, mapping: Mapping, rows: int, reserve: bool) -> tuple[int | None, ...]:
    places = [(mapping.target.table, mapping.target.id), *((split.table, split.id) for split in mapping.also)]
    with world.target.begin() as connection:
        snapshots.register(world, connection, snapshot)
        ranges: dict[str, int] = {}
        for table, column in places:
            if column is None or table in ranges:
                continue
            wanted = rows * places.count((table, column))
            ranges[table] = -wanted - 1
            if reserve:
                ranges[table] = keys.reserve_keys(connection, snapshot, mapping.entity, table, column, wanted)
    # Several rows of one table (the two lines of a posting) take one stretch of its range after the other.
    before = [places[:index].count(place) for index, place in enumerate(places)]
    return tuple(None if at[1] is None else ranges[at[0]] + rows * n for at, n in zip(places, before, strict=True))


# --- one part --------------------------------------------------------------------------------------------------------


def _map_part(world: World, snapshot: str, plan: Plan, index: int, rows: pa.Table) -> None:
    mapping = plan.mapping
    identities = world.staging.read_part(datasets.identities(snapshot, mapping.entity), index, ["_id"])
    rows = rows.append_column("_id", identities["_id"])
    fates = in_part(plan.decisions.fates, rows)
    fate = look_up(fates, as_array(rows["_row"]), "outcome")
    rows = _fill_survivors(rows, in_part(plan.decisions.fills, rows))
    rows = put_sums(mapping, rows, in_part(plan.decisions.sums, rows))
    moving = rows.filter(pc.is_null(fate))
    merged = rows.filter(truth(pc.equal(fate, "merged")))
    rejects = [_unreadable(world, snapshot, mapping, index, moving), _clashes(fates)]
    candidates, found = _fill_table(plan, moving, mapping.fields, 0)
    rejects += found
    further = []
    for place in range(1, len(mapping.also) + 1):
        filled, found = _fill_split(plan, place, moving, merged)
        further.append(filled)
        rejects += found
    rejected = pa.concat_tables(rejects)
    bad = pc.unique(rejected["_row"])
    world.staging.write_part(datasets.mapped(snapshot, mapping.entity), index, _without(candidates, bad))
    for dataset, filled in zip(datasets.further(snapshot, mapping), further, strict=True):
        world.staging.write_part(dataset, index, _without(filled, bad))
    world.staging.write_part(datasets.rejects(snapshot, mapping.entity), index, rejected)
    world.staging.write_part(datasets.outcome(snapshot, mapping.entity), index, _outcomes(rows, fates, rejected))


def _without(rows: pa.Table, bad: pa.Array) -> pa.Table:
    return rows.filter(pc.invert(pc.is_in(rows["_row"], value_set=as_array(bad))))


def _fill_survivors(rows: pa.Table, fills: pa.Table) -> pa.Table:
    for column in pc.unique(fills["column"]).to_pylist():
        lines = fills.filter(pc.equal(fills["column"], column))
        values = look_up(lines, as_array(rows["_row"]), "value").cast(rows.schema.field(column).type)
        rows = rows.set_column(rows.schema.get_field_index(column), column, pc.coalesce(values, rows[column]))
    return rows


def _unreadable(world: World, snapshot: str, mapping: Mapping, index: int, moving: pa.Table) -> pa.Table:
    cells = world.staging.read_part(unreadable(snapshot, mapping.entity), index)
    return cells.filter(pc.is_in(cells["_row"], value_set=as_array(moving["_row"])))


def _clashes(fates: pa.Table) -> pa.Table:
    lines = fates.filter(pc.equal(fates["outcome"], "rejected"))
    blank, severity = (pa.repeat(pa.scalar(text), len(lines)) for text in ("", "major"))
    return pa.table([lines["_row"], lines["rule"], blank, lines["reason"], severity], schema=datasets.REJECTS)


def _fill_table(plan: Plan, rows: pa.Table, fields: Sequence[Rule], place: int) -> tuple[pa.Table, list[pa.Table]]:
    """Fill and gate the own rows (place 0) or those of an `also` entry; returns the frame and what was rejected."""
    columns = fill_columns(fields, rows, plan.lookups)
    table = plan.mapping.also[place - 1] if place else plan.mapping.target
    numbers = as_array(rows["_row"])
    rejects = rejects_of(columns, numbers)
    frame = _frame(plan, rows, columns, place)
    gated = _without(frame, pc.unique(rejects["_row"]))
    with told_by(f"a check of {plan.mapping.entity}"):
        report = run_gate(
            column_gates(columns, plan.mapping.checks if place == 0 else (), naming_keys(table)),
            row_gates(plan.mapping) if place == 0 else (),
            gated,
        )
    return frame, [rejects, report.failures]


def _frame(plan: Plan, rows: pa.Table, columns: Sequence[FilledColumn], place: int) -> pa.Table:
    numbers, source_keys = as_array(rows["_row"]), as_array(rows["_key"])
    ids = as_array(rows["_id"]) if place == 0 else row_ids(plan.first_keys[place], numbers)
    names = ["_row", "_key", "_id", *(column.name for column in columns)]
    return pa.table([numbers, source_keys, ids, *(column.filled.values for column in columns)], names=names)


def _fill_split(plan: Plan, place: int, moving: pa.Table, merged: pa.Table) -> tuple[pa.Table, list[pa.Table]]:
    split = plan.mapping.also[place - 1]
    rows = pa.concat_tables([moving, merged]) if split.merged == "keep" else moving
    if split.when is not None:
        with told_by(f"rule {split.rule}"):
            rows = rows.filter(truth(evaluate([split.when], rows)[0]))
    filled, rejects = _fill_table(plan, rows, split.fields, place)
    return filled.drop_columns(["_key"]), rejects


def _outcomes(rows: pa.Table, fates: pa.Table, rejected: pa.Table) -> pa.Table:
    """Give every row of the part its outcome: what was decided, else rejected by its first broken rule, else loaded."""
    numbers, source_keys = as_array(rows["_row"]), as_array(rows["_key"])
    first = rejected.group_by("_row", use_threads=False).aggregate([("rule", "first"), ("reason", "first")])
    broken = pc.is_in(numbers, value_set=as_array(first["_row"]))
    fate = look_up(fates, numbers, "outcome")
    outcome = pc.if_else(broken, "rejected", pc.coalesce(fate, pa.scalar("loaded")))
    loaded, merged = (truth(pc.equal(outcome, name)) for name in ("loaded", "merged"))
    told = {
        name: pc.coalesce(look_up(_renamed(first), numbers, name), look_up(fates, numbers, name))
        for name in ("rule", "reason")
    }
    columns: dict[str, Any] = {
        "_row": numbers,
        "_key": source_keys,
        "_id": pc.if_else(pc.or_(loaded, merged), as_array(rows["_id"]), pa.scalar(None, pa.int64())),
        "outcome": outcome,
        "survivor": pc.if_else(merged, _survivor_names(fates, numbers), pa.scalar(None, pa.string())),
        **{name: pc.if_else(loaded, pa.scalar(None, pa.string()), values) for name, values in told.items()},
    }
    return pa.table([columns[field.name] for field in datasets.OUTCOME], schema=datasets.OUTCOME)


def _renamed(first: pa.Table) -> pa.Table:
    return first.rename_columns([name.removesuffix("_first") for name in first.column_names])


def _survivor_names(fates: pa.Table, rows: pa.Array) -> pa.Array:
    entity, row = look_up(fates, rows, "survivor_entity"), look_up(fates, rows, "survivor_row")
    return pc.binary_join_element_wise(entity, row.cast(pa.string()), "#")
