"""Settle an entity after its parts were mapped: what only shows over all rows rejects more of them.

Unique keys of the target, groups that stand together, circles, parents of the same entity, and survivors that were
rejected themselves: each is a set-wise question, asked until nothing more falls.
"""

import pyarrow as pa
import pyarrow.compute as pc

from cutover.core.cycles import rows_in_circles
from cutover.core.rules import as_array, join_key
from cutover.phases.world import World
from cutover.project.model import Acyclic, Mapping, Reference, located_fields
from cutover.systems import datasets
from cutover.systems.setwise import SetWise, open_setwise, quote, quote_text

_FALLEN = pa.schema([("_row", pa.int64()), ("rule", pa.string()), ("column", pa.string()), ("reason", pa.string())])


def settle(world: World, snapshot: str, mapping: Mapping) -> None:
    """Reject the rows that cannot stand, rewriting only the parts that hold such rows."""
    with open_setwise(world.staging) as setwise:
        fallen = pa.concat_tables([*_clashing(setwise, snapshot, mapping), circles(world, snapshot, mapping)])
        while True:
            fallen = _first_reason(fallen)
            more = _dragged_down(world, setwise, snapshot, mapping, fallen)
            if not len(more):
                break
            fallen = pa.concat_tables([fallen, more])
    if len(fallen):
        _rewrite(world, snapshot, mapping, fallen)
    with open_setwise(world.staging) as setwise:
        _drop_repeated_splits(world, setwise, snapshot, mapping)


def _first_reason(fallen: pa.Table) -> pa.Table:
    names = ["rule", "column", "reason"]
    first = fallen.group_by("_row", use_threads=False).aggregate([(name, "first") for name in names])
    return first.rename_columns(["_row", *names]).cast(_FALLEN)


def _clashing(setwise: SetWise, snapshot: str, mapping: Mapping) -> list[pa.Table]:
    """Find rows that claim the same unique key of the target; all of them fall, since nobody can choose."""
    rules = {field.target: field.rule for field in mapping.fields}
    dataset = datasets.mapped(snapshot, mapping.entity)
    found = [
        setwise.select(_clash_sql(key, rules[key[0]]), rows=dataset)
        for key in (mapping.target.key, *mapping.target.unique)
    ]
    for split, dataset in zip(mapping.also, datasets.further(snapshot, mapping), strict=True):
        # Of the further rows that merged rows share, one is kept: those with one key are one.
        keys = (split.key, *split.unique) if split.merged == "skip" else split.unique
        same = () if split.merged == "skip" else split.key
        found += [setwise.select(_clash_sql(key, split.rule, same), rows=dataset) for key in keys]
    return [table.cast(_FALLEN) for table in found]


def _clash_sql(key: tuple[str, ...], rule: str, same: tuple[str, ...] = ()) -> str:
    columns = ", ".join(quote(column) for column in key)
    present = " and ".join(f"{quote(column)} is not null" for column in key)
    thing = f"concat_ws(chr(31), {', '.join(quote(column) for column in same)})" if same else "_row"
    return f"""
        select _row, '{rule}' as rule, {quote_text(key[0])} as "column", 'duplicate_target_key' as reason
        from (select _row, min({thing}) over (partition by {columns}) as first_thing,
                     max({thing}) over (partition by {columns}) as last_thing from rows where {present})
        where first_thing <> last_thing"""


def _drop_repeated_splits(world: World, setwise: SetWise, snapshot: str, mapping: Mapping) -> None:
    """A further row that merged rows share (such as a role of one partner) is kept once."""
    for split, dataset in zip(mapping.also, datasets.further(snapshot, mapping), strict=True):
        if split.merged == "skip":
            continue
        columns = ", ".join(quote(column) for column in split.key)
        repeated = setwise.select(
            f"""
                select _row
                from (select _row, row_number() over (partition by {columns} order by _row) as n from rows)
                where n > 1""",
            rows=dataset,
        )
        if len(repeated):
            for index, rows in world.staging.read_parts(dataset):
                kept = rows.filter(pc.invert(pc.is_in(rows["_row"], value_set=as_array(repeated["_row"]))))
                world.staging.write_part(dataset, index, kept)


def circles(world: World, snapshot: str, mapping: Mapping) -> pa.Table:
    """Find the rows that are to be loaded and lie on a circle of the declared structure."""
    if mapping.acyclic is None:
        return _FALLEN.empty_table()
    caught = rows_on_circles(edges_of(world, snapshot, mapping, mapping.acyclic))
    told = (mapping.acyclic.rule, mapping.acyclic.parent[0], "circle")
    return pa.table([caught, *(pa.repeat(pa.scalar(text), len(caught)) for text in told)], schema=_FALLEN)


def edges_of(world: World, snapshot: str, mapping: Mapping, structure: Acyclic) -> pa.Table:
    """Return _row, parent, child of the edges that are to be loaded, their ends as keys."""
    named = dict.fromkeys([*structure.parent, *structure.child])
    rows = world.staging.read(datasets.clean(snapshot, mapping.entity), ["_row", *named])
    moving = world.staging.read(datasets.outcome(snapshot, mapping.entity), ["_row", "outcome"])
    rows = rows.filter(
        pc.is_in(rows["_row"], value_set=as_array(moving.filter(pc.equal(moving["outcome"], "loaded"))["_row"]))
    )
    sides = {"parent": structure.parent, "child": structure.child}
    ends = {side: join_key([as_array(rows[column]) for column in columns]) for side, columns in sides.items()}
    return pa.table({"_row": as_array(rows["_row"]), **ends})


def rows_on_circles(edges: pa.Table) -> pa.Array:
    """Return the rows of the edges that lie on a circle."""
    parents, children = as_array(edges["parent"]), as_array(edges["child"])
    return as_array(edges["_row"]).filter(rows_in_circles(parents, children))


def _dragged_down(world: World, setwise: SetWise, snapshot: str, mapping: Mapping, fallen: pa.Table) -> pa.Table:
    """Find rows that fall because others fell: members of a group, children of the same entity, merged rows."""
    setwise.connection.register("fallen", fallen)
    outcome = datasets.outcome(snapshot, mapping.entity)
    clean = datasets.clean(snapshot, mapping.entity)
    merging = mapping.merge or mapping.history
    found = (
        [setwise.select(_SURVIVORS.format(entity=mapping.entity, rule=merging.rule), outcome=outcome)]
        if merging
        else []
    )
    if mapping.all_or_none is not None:
        found.append(setwise.select(group_sql(mapping), outcome=outcome, clean=clean))
    for _, field in located_fields(mapping):
        if isinstance(field, Reference) and mapping.entity in field.entities:
            earlier = _moved_before(world, snapshot, mapping, field)
            setwise.connection.register("earlier", earlier)
            found.append(setwise.select(_children_sql(field), outcome=outcome, clean=clean))
    return pa.concat_tables([table.cast(_FALLEN) for table in found]) if found else _FALLEN.empty_table()


def _moved_before(world: World, snapshot: str, mapping: Mapping, field: Reference) -> pa.Table:
    """Return the keys that a reference finds in the entities that it looks into before its own."""
    named = field.entities
    keys = [pa.table({"_key": pa.array([], pa.string())})]
    for entity in named[: named.index(mapping.entity)]:
        rows = world.staging.read(datasets.outcome(snapshot, entity), ["_key", "outcome"])
        moved = pc.is_in(rows["outcome"], value_set=pa.array(["loaded", "merged"]))
        keys.append(rows.filter(moved).select(["_key"]))
    return pa.concat_tables(keys)


# Qualified throughout: a legacy system may have a column named outcome or survivor.
_STANDING = "outcome.outcome in ('loaded', 'merged') and outcome._row not in (select _row from fallen)"
_DOWN = "(outcome.outcome = 'rejected' or outcome._row in (select _row from fallen))"
_SURVIVORS = f"""
    select _row, '{{rule}}' as rule, '' as "column", 'survivor_rejected' as reason from outcome
    where outcome.outcome = 'merged' and {_STANDING} and survivor in (
        select '{{entity}}#' || _row from outcome where {_DOWN})"""


def group_sql(mapping: Mapping) -> str:
    """Find the rows (of `outcome` and `clean`) whose group holds a row that is rejected or in `fallen`."""
    assert mapping.all_or_none is not None
    group = ", ".join(f"clean.{quote(column)}" for column in mapping.all_or_none.by)
    return f"""
        select outcome._row, '{mapping.all_or_none.rule}' as rule, '' as "column", 'group_rejected' as reason
        from outcome join clean on clean._row = outcome._row
        where {_STANDING} and ({group}) in (
            select ({group}) from outcome join clean on clean._row = outcome._row where {_DOWN})"""


def _children_sql(field: Reference) -> str:
    parent = " || '|' || ".join(f"cast(clean.{quote(column)} as varchar)" for column in field.source)
    return f"""
        select outcome._row, '{field.rule}' as rule, {quote_text(field.target)} as "column", 'parent_rejected' as reason
        from outcome join clean on clean._row = outcome._row
        where outcome.outcome = 'loaded' and {_STANDING}
          and {parent} in (select _key from outcome where _key is not null and {_DOWN})
          and {parent} not in (select _key from outcome where _key is not null and not {_DOWN}
                               and outcome.outcome <> 'dropped')
          and {parent} not in (select _key from earlier where _key is not null)"""


def _rewrite(world: World, snapshot: str, mapping: Mapping, fallen: pa.Table) -> None:
    outcome = datasets.outcome(snapshot, mapping.entity)
    rows_fallen = as_array(fallen["_row"])
    for index, rows in world.staging.read_parts(outcome):
        place = pc.index_in(rows["_row"], value_set=rows_fallen)
        hit = as_array(pc.is_valid(place))
        if not pc.any(hit).as_py():
            continue
        world.staging.write_part(outcome, index, reject_rows(rows, fallen, as_array(place), hit))
        caught = as_array(rows["_row"]).filter(hit)
        for dataset in (datasets.mapped(snapshot, mapping.entity), *datasets.further(snapshot, mapping)):
            part = world.staging.read_part(dataset, index)
            world.staging.write_part(dataset, index, part.filter(pc.invert(pc.is_in(part["_row"], value_set=caught))))
        _append_rejects(world, snapshot, mapping, index, fallen.filter(pc.is_in(fallen["_row"], value_set=caught)))


def reject_rows(rows: pa.Table, fallen: pa.Table, place: pa.Array, hit: pa.BooleanArray) -> pa.Table:
    """Return outcomes in which the rows that are hit are rejected; place: where each row stands in `fallen`."""
    changed = {
        "_id": pc.if_else(hit, pa.scalar(None, pa.int64()), as_array(rows["_id"])),
        "outcome": pc.if_else(hit, "rejected", as_array(rows["outcome"])),
        "survivor": pc.if_else(hit, pa.scalar(None, pa.string()), as_array(rows["survivor"])),
        "rule": pc.if_else(hit, as_array(fallen["rule"]).take(place), as_array(rows["rule"])),
        "reason": pc.if_else(hit, as_array(fallen["reason"]).take(place), as_array(rows["reason"])),
    }
    return pa.table([changed.get(field.name, rows[field.name]) for field in datasets.OUTCOME], schema=datasets.OUTCOME)


def _append_rejects(world: World, snapshot: str, mapping: Mapping, index: int, fallen: pa.Table) -> None:
    dataset = datasets.rejects(snapshot, mapping.entity)
    severity = pa.repeat(pa.scalar("major"), len(fallen))
    added = pa.table([*(as_array(fallen[name]) for name in _FALLEN.names), severity], schema=datasets.REJECTS)
    world.staging.write_part(dataset, index, pa.concat_tables([world.staging.read_part(dataset, index), added]))
