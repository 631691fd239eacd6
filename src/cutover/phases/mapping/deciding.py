"""Decide, over a whole entity at once, which rows are dropped, which merge into a survivor, and which keys clash."""

from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from cutover.core.rules import as_array
from cutover.phases.cleanse import UNREADABLE_RULE, unreadable
from cutover.phases.mapping.history import SUMS, decide_history
from cutover.phases.mapping.linking import link_rows, match_sql
from cutover.phases.mapping.surviving import FILLS, survive
from cutover.phases.quarantine.ragged import read_ragged
from cutover.phases.world import World
from cutover.project.model import Mapping
from cutover.systems import datasets
from cutover.systems.setwise import SetWise, open_setwise, quote_text
from cutover.systems.staging import Dataset

DUPLICATE_KEY_RULE = "KEY"
_MATCHES = pa.schema([("_row", pa.int64()), ("match", pa.string())])


@dataclass(frozen=True)
class Decisions:
    """What was decided before any row was mapped.

    fates: _row, outcome (dropped, merged, rejected), survivor_entity, survivor_row, rule, reason; other rows go on.
    fills: _row, column, value: cells of survivors that take the value of a merged row.
    sums: _row, column, value: cells of the rows that stand for a period of history.
    """

    fates: pa.Table
    fills: pa.Table
    sums: pa.Table


def matches(snapshot: str, entity: str) -> Dataset:
    """Name the dataset of match values: which rows of an entity are the same real thing."""
    return Dataset(snapshot, "matches", entity)


def decide(world: World, snapshot: str, mapping: Mapping) -> Decisions:
    """Decide the fate of rows that do not simply move: ragged, excluded, duplicates, or two rows with one key."""
    with open_setwise(world.staging) as setwise:
        ragged = _ragged(world, snapshot, mapping)
        setwise.connection.register("ragged", ragged)
        excluded = setwise.select(_excluded_sql(mapping), clean=datasets.clean(snapshot, mapping.entity))
        setwise.connection.register("excluded", pa.concat_tables([ragged, excluded.cast(ragged.schema)]))
        setwise.connection.register("unreadable", _unreadable_rows(world, snapshot, mapping))
        merged, fills = _merge(world, setwise, snapshot, mapping)
        placed, sums = _place(setwise, snapshot, mapping)
        merged = pa.concat_tables([merged, placed["merged"]])
        excluded = pa.concat_tables([excluded.cast(_NO_EXCLUDED.schema), placed["dropped"]])
        setwise.connection.register("excluded", pa.concat_tables([ragged, excluded, placed["rejected"]]))
        setwise.connection.register("merged", merged)
        own = quote_text(mapping.entity)
        clashes = setwise.select(_CLASHES.format(entity=own), clean=datasets.clean(snapshot, mapping.entity))
    clashes = pa.concat_tables([clashes.cast(ragged.schema), ragged, placed["rejected"].cast(ragged.schema)])
    merged = merged.filter(pc.invert(pc.is_in(merged["_row"], value_set=as_array(clashes["_row"]))))
    fates = pa.concat_tables([_told(excluded, "dropped"), _told(merged, "merged"), _told(clashes, "rejected")])
    return Decisions(fates.sort_by("_row"), fills, sums)


def _place(setwise: SetWise, snapshot: str, mapping: Mapping) -> tuple[dict[str, pa.Table], pa.Table]:
    """Return what history makes of rows, by outcome, in the shapes that other decisions have."""
    if mapping.history is None:
        return {"merged": _NO_MERGES, "dropped": _NO_EXCLUDED, "rejected": _NO_EXCLUDED}, SUMS.empty_table()
    fates, sums = decide_history(setwise, snapshot, mapping)
    told = {name: fates.filter(pc.equal(fates["outcome"], name)) for name in ("merged", "dropped", "rejected")}
    rule = pa.scalar(mapping.history.rule)
    plain = {
        name: pa.table([rows["_row"], pa.repeat(rule, len(rows)), rows["reason"]], schema=_NO_EXCLUDED.schema)
        for name, rows in told.items()
    }
    rows = told["merged"]
    merged = plain["merged"].append_column("survivor_entity", pa.repeat(pa.scalar(mapping.entity), len(rows)))
    plain["merged"] = merged.append_column("survivor_row", rows["survivor_row"])
    return plain, sums


def _ragged(world: World, snapshot: str, mapping: Mapping) -> pa.Table:
    rows = read_ragged(world, snapshot, mapping.source)
    rules = pa.repeat(pa.scalar(UNREADABLE_RULE), len(rows))
    return pa.table({"_row": rows["_row"], "rule": rules, "reason": rows["reason"]})


def _unreadable_rows(world: World, snapshot: str, mapping: Mapping) -> pa.Table:
    return world.staging.read(unreadable(snapshot, mapping.entity), ["_row"])


def _excluded_sql(mapping: Mapping) -> str:
    if not mapping.exclude:
        return "select _row, null::varchar as rule, null::varchar as reason from clean where false"
    rules = " ".join(f"when ({drop.when}) then {quote_text(drop.rule)}" for drop in mapping.exclude)
    reasons = " ".join(f"when {quote_text(drop.rule)} then {quote_text(drop.reason)}" for drop in mapping.exclude)
    return f"""
        select _row, rule, case rule {reasons} end as reason
        from (select _row, case {rules} end as rule from clean)
        where rule is not null and _row not in (select _row from ragged)"""


# One key that names two things: nobody can tell which of them is meant, so no row of it moves. Rows with one key that
# all become one record (merged into the same survivor) name the same thing. An empty key of a row that is to move names
# nothing.
_CLASHES = f"""
    select _row, '{DUPLICATE_KEY_RULE}' as rule, case when _key is null then 'no_key' else 'duplicate_key' end as reason
    from (
        select clean._row, clean._key, merged._row is null as moves,
               min(coalesce(merged.survivor_entity, {{entity}}) || '#' || coalesce(merged.survivor_row, clean._row))
                   over (partition by clean._key) as first_thing,
               max(coalesce(merged.survivor_entity, {{entity}}) || '#' || coalesce(merged.survivor_row, clean._row))
                   over (partition by clean._key) as last_thing
        from clean left join merged using (_row)
        where clean._row not in (select _row from excluded)
    )
    where (_key is not null and first_thing <> last_thing) or (_key is null and moves)"""


def _merge(world: World, setwise: SetWise, snapshot: str, mapping: Mapping) -> tuple[pa.Table, pa.Table]:
    if mapping.merge is None:
        return _NO_MERGES, FILLS.empty_table()
    clean = datasets.clean(snapshot, mapping.entity)
    setwise.connection.register("linked", link_rows(world, setwise, mapping, clean))
    setwise.connection.register("clusters", setwise.select(_clusters_sql(mapping), clean=clean))
    found = setwise.select("select _row, match from clusters")
    world.staging.clear(matches(snapshot, mapping.entity))
    world.staging.write_part(matches(snapshot, mapping.entity), 0, found)
    world.staging.seal(matches(snapshot, mapping.entity), {"rows": len(found)})
    setwise.connection.register("elsewhere", _elsewhere(world, snapshot, mapping))
    merged = setwise.select(
        _MERGED.format(
            entity=quote_text(mapping.entity),
            rule=quote_text(mapping.merge.rule),
            reason=quote_text(mapping.merge.reason),
        )
    )
    return merged, survive(world, setwise, snapshot, mapping)


def _clusters_sql(mapping: Mapping) -> str:
    assert mapping.merge is not None
    order = ", ".join([*mapping.merge.order, "_row"])
    return f"""
        select _row, _key, _match as match,
               first_value(_row) over cluster as survivor_row,
               row_number() over cluster as place,
               count(*) over (partition by _match) as members
        from (
            select clean.*, coalesce(linked.label, {match_sql(mapping)}) as _match
            from clean left join linked using (_row)
            where _match is not null
              and _row not in (select _row from excluded) and _row not in (select _row from unreadable)
        )
        window cluster as (partition by _match order by {order})"""


# A survivor in an earlier entity takes them all; otherwise the first of the cluster does.
_MERGED = """
    select _row, {rule} as rule, {reason} as reason,
           coalesce(elsewhere.entity, {entity}) as survivor_entity,
           coalesce(elsewhere.survivor, clusters.survivor_row) as survivor_row
    from clusters left join elsewhere using (match)
    where elsewhere.entity is not null or clusters.place > 1"""


def _elsewhere(world: World, snapshot: str, mapping: Mapping) -> pa.Table:
    """Return match, entity and row of the rows of earlier entities that live on, one per match."""
    assert mapping.merge is not None
    with open_setwise(world.staging) as setwise:
        found = [
            setwise.select(
                f"""select match, {quote_text(entity)} as entity, min(_row) as survivor
                    from matches join outcome using (_row) where outcome = 'loaded' group by match""",
                matches=matches(snapshot, entity),
                outcome=datasets.outcome(snapshot, entity),
            )
            for entity in mapping.merge.into
        ]
        if not found:
            return pa.schema([("match", pa.string()), ("entity", pa.string()), ("survivor", pa.int64())]).empty_table()
        setwise.connection.register("found", pa.concat_tables(found))
        return setwise.select(
            "select match, min(entity) as entity, min_by(survivor, entity) as survivor from found group by match"
        )


_FATES = pa.schema(
    [
        ("_row", pa.int64()),
        ("outcome", pa.string()),
        ("survivor_entity", pa.string()),
        ("survivor_row", pa.int64()),
        ("rule", pa.string()),
        ("reason", pa.string()),
    ]
)
_NO_EXCLUDED = pa.schema([("_row", pa.int64()), ("rule", pa.string()), ("reason", pa.string())]).empty_table()
_NO_MERGES = pa.table(
    {
        "_row": pa.array([], pa.int64()),
        "rule": pa.array([], pa.string()),
        "reason": pa.array([], pa.string()),
        "survivor_entity": pa.array([], pa.string()),
        "survivor_row": pa.array([], pa.int64()),
    }
)


def _told(rows: pa.Table, outcome: str) -> pa.Table:
    columns = {name: rows[name] for name in rows.column_names}
    columns["outcome"] = pa.repeat(pa.scalar(outcome), len(rows))
    return pa.table([columns.get(field.name, pa.nulls(len(rows), field.type)) for field in _FATES], schema=_FATES).cast(
        _FATES
    )


def in_part(table: pa.Table, rows: pa.Table) -> pa.Table:
    """Return the lines of `table` that speak of the rows of a part (parts are contiguous in `_row`)."""
    if not len(rows):
        return table.slice(0, 0)
    first, last = rows["_row"][0].as_py(), rows["_row"][-1].as_py()
    return table.filter(pc.and_(pc.greater_equal(table["_row"], first), pc.less_equal(table["_row"], last)))
