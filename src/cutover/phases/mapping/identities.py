"""Identities: the target key of every row that may move, staged part by part before any row is filled.

A row keeps the key that it was loaded with, a new one takes its place in the reserved range, a merged one that of its
survivor. References are looked up in the staged identities and outcomes: no key column is ever in memory as a whole.
"""

from collections.abc import Callable
from typing import TypeAlias

import pyarrow as pa
import pyarrow.compute as pc

from cutover.core.rules import KeyIndex, as_array
from cutover.phases.mapping.deciding import in_part
from cutover.phases.world import World
from cutover.project.model import Mapping
from cutover.systems import datasets, evidence, ledger
from cutover.systems.setwise import SetWise, quote
from cutover.systems.staging import Dataset

# Target keys of rows, given their numbers and their source keys.
_Identify: TypeAlias = Callable[[pa.Array, pa.Array], pa.Array]


def stage_identities(
    world: World, setwise: SetWise, snapshot: str, mapping: Mapping, fates: pa.Table, first: int | None
) -> None:
    """Stage the target key of every row, and what was decided of it; null where its table has no identity.

    fates: as in `Decisions`. first: the first reserved key, None where the table has no identity.
    """
    dataset, clean = datasets.identities(snapshot, mapping.entity), datasets.clean(snapshot, mapping.entity)
    world.staging.clear(dataset)
    with world.target.connect() as connection:
        is_loaded = bool(ledger.find_loaded(connection, [mapping.entity]))

        def identify(numbers: pa.Array, source_keys: pa.Array) -> pa.Array:
            new = row_ids(first, numbers)
            if not is_loaded:
                return new
            known = evidence.read_known_keys(connection, mapping.entity, source_keys)
            place = pc.index_in(source_keys, value_set=as_array(known["_key"]), skip_nulls=True)
            return pc.coalesce(as_array(known["_id"]).take(place), new)

        survivors = _survivors(setwise, snapshot, mapping, fates, identify)
        for index, rows in world.staging.read_parts(clean, ["_row", "_key"]):
            numbers = as_array(rows["_row"])
            ids = identify(numbers, as_array(rows["_key"]))
            fate = look_up(in_part(fates, rows), numbers, "outcome")
            ids = pc.if_else(pc.is_null(fate), ids, look_up(in_part(survivors, rows), numbers, "_id"))
            outcomes = pc.coalesce(fate, pa.scalar("loaded"))
            staged = pa.table([numbers, rows["_key"], ids, outcomes], names=["_row", "_key", "_id", "outcome"])
            world.staging.write_part(dataset, index, staged)


def row_ids(first: int | None, rows: pa.Array) -> pa.Array:
    """Return the reserved keys of rows by their numbers, null where there are none."""
    return pa.nulls(len(rows), pa.int64()) if first is None else pc.add(rows, first)


def look_up(table: pa.Table, rows: pa.Array, column: str) -> pa.Array:
    """Return a column of `table` for rows by their numbers, null where the table does not speak of a row."""
    return as_array(table[column]).take(pc.index_in(rows, value_set=as_array(table["_row"])))


def _survivors(setwise: SetWise, snapshot: str, mapping: Mapping, fates: pa.Table, identify: _Identify) -> pa.Table:
    """Return _row and _id of every merged row: the target key of the row that it merges into."""
    merged = fates.filter(pc.equal(fates["outcome"], "merged"))
    found = [pa.schema([("_row", pa.int64()), ("_id", pa.int64())]).empty_table()]
    for entity in (mapping.entity, *(mapping.merge.into if mapping.merge else ())):
        lines = merged.filter(pc.equal(merged["survivor_entity"], entity))
        setwise.connection.register("survivors", pa.table({"_row": lines["survivor_row"]}))
        if entity == mapping.entity:
            rows = setwise.select(_SURVIVING_HERE, rows=datasets.clean(snapshot, entity))
            rows = rows.append_column("_id", identify(as_array(rows["_row"]), as_array(rows["_key"])))
        else:
            rows = setwise.select(_SURVIVING_ELSEWHERE, rows=datasets.outcome(snapshot, entity))
        ids = look_up(rows, as_array(lines["survivor_row"]), "_id")
        found.append(pa.table({"_row": lines["_row"], "_id": ids}))
    return pa.concat_tables(found).sort_by("_row")


_SURVIVING_HERE = "select _row, _key from rows where _row in (select _row from survivors)"
_SURVIVING_ELSEWHERE = "select _row, _id from rows where _row in (select _row from survivors)"


def index_keys(setwise: SetWise, rows: Dataset, keys: pa.Array) -> KeyIndex:
    """Index the rows that have some of the keys; where several have one key, a row that moves comes first.

    rows: the outcomes of an entity that was mapped before, or the identities of the one that is mapped now: what of it
    falls later drags its children down.
    """
    setwise.connection.register("wanted", pa.table({"_key": pc.unique(keys)}))
    found = setwise.select(_WANTED, rows=rows)
    return KeyIndex(*(as_array(found[name]) for name in ("_key", "_id", "outcome")))


def index_own_keys(setwise: SetWise, snapshot: str, parent: Mapping, keys: pa.Array) -> KeyIndex:
    """Index rows of an entity without an identity by source key: they are named by the only column of their own key."""
    setwise.connection.register("wanted", pa.table({"_key": pc.unique(keys)}))
    rows = {name: part(snapshot, parent.entity) for name, part in _MADE.items()}
    found = setwise.select(_NAMED.format(entity=parent.entity, key=quote(parent.target.key[0])), **rows)
    return KeyIndex(*(as_array(found[name]) for name in ("_key", "_id", "outcome")))


_MADE = {"outcome": datasets.outcome, "mapped": datasets.mapped}
_NAMED = """
    select told._key, mapped.{key} as _id, told.outcome
    from (
        select *,
               case when outcome = 'loaded' then _row
                    when outcome = 'merged' then cast(substr(survivor, length('{entity}#') + 1) as bigint) end as stands
        from outcome where _key in (select _key from wanted)
    ) as told left join mapped on mapped._row = told.stands
    order by told.outcome not in ('loaded', 'merged'), told._row"""
_WANTED = """
    select _key, case when outcome in ('loaded', 'merged') then _id end as _id, outcome
    from rows
    where _key in (select _key from wanted)
    order by outcome not in ('loaded', 'merged'), _row"""
