"""Fall: rows that the mapping let through and that are rejected all the same, because the target refused them.

What the target refused is in the ledger, in the transaction of its batch. Everything else follows from it and is
computed anew whenever somebody asks: rows that refer to a fallen row, rows that were merged into one, and groups that
stand together. The staged outcomes stay as mapping made them.
"""

from collections.abc import Iterator

import pyarrow as pa
import pyarrow.compute as pc
from sqlalchemy import Connection

from cutover.core.rules import as_array
from cutover.phases.loading.bisecting import TARGET_RULE
from cutover.phases.loading.tables import tables_of
from cutover.phases.mapping.settling import group_sql, reject_rows
from cutover.phases.world import World
from cutover.project.model import Mapping, Reference
from cutover.systems import datasets, ledger
from cutover.systems.datasets import REFUSED
from cutover.systems.setwise import SetWise, open_setwise, quote, quote_text


def fallen_rows(
    world: World, connection: Connection, snapshot: str, mapping: Mapping, refused: pa.Table | None = None
) -> pa.Table:
    """Return the rows of an entity that fell with what the target refused, as REFUSED, each with its first reason.

    refused: refusals that are not in the ledger yet.
    """
    own = ledger.list_refused(connection, snapshot, mapping.entity)
    own = own.filter(pc.equal(own["rule"], TARGET_RULE))
    own = pa.concat_tables([own, *([] if refused is None else [refused])])
    above = {entity: ledger.list_refused(connection, snapshot, entity) for entity in _above(world, mapping)}
    if not len(own) and not any(len(rows) for rows in above.values()):
        return REFUSED.empty_table()
    with open_setwise(world.staging) as setwise:
        return _close(world, setwise, snapshot, mapping, own, above)


def reject_fallen(outcomes: pa.Table, fallen: pa.Table) -> pa.Table:
    """Return outcomes in which the fallen rows are rejected."""
    place = as_array(pc.index_in(outcomes["_row"], value_set=as_array(fallen["_row"])))
    hit = pc.is_valid(place)
    return reject_rows(outcomes, fallen, place, hit) if pc.any(hit).as_py() else outcomes


def _above(world: World, mapping: Mapping) -> list[str]:
    return sorted(world.specification.parents(mapping.entity))


def _close(
    world: World, setwise: SetWise, snapshot: str, mapping: Mapping, own: pa.Table, above: dict[str, pa.Table]
) -> pa.Table:
    fallen = _first(own)
    outcome = datasets.outcome(snapshot, mapping.entity)
    for entity, rows in above.items():
        setwise.connection.register("refused", rows.select(["_row"]))
        fallen = _joined(fallen, _referring(world, setwise, snapshot, mapping, entity))
    while True:
        setwise.connection.register("fallen", fallen)
        setwise.connection.register("refused", fallen.select(["_row"]))
        more = [*_referring(world, setwise, snapshot, mapping, mapping.entity)]
        if mapping.all_or_none is not None:
            sql = _told(group_sql(mapping))
            more.append(setwise.select(sql, outcome=outcome, clean=datasets.clean(snapshot, mapping.entity)))
        grown = _joined(fallen, more)
        if len(grown) == len(fallen):
            return fallen
        fallen = grown


def _joined(fallen: pa.Table, found: Iterator[pa.Table] | list[pa.Table]) -> pa.Table:
    return _first(pa.concat_tables([fallen, *(table.cast(REFUSED) for table in found)]))


def _first(fallen: pa.Table) -> pa.Table:
    names = REFUSED.names[1:]
    first = fallen.group_by("_row", use_threads=False).aggregate([(name, "first") for name in names])
    return first.rename_columns(["_row", *names]).cast(REFUSED)


def _referring(world: World, setwise: SetWise, snapshot: str, mapping: Mapping, entity: str) -> Iterator[pa.Table]:
    """Find the rows that refer to fallen rows of an entity (`refused`), or were merged into one."""
    outcome = datasets.outcome(snapshot, mapping.entity)
    if mapping.merge is not None:
        yield setwise.select(_told(_merged_sql(mapping.merge.rule, entity)), outcome=outcome)
    parents, key = datasets.target_keys(snapshot, world.specification.mapping(entity))
    for table in tables_of(snapshot, mapping):
        if not world.staging.parts(table.dataset) or not world.staging.parts(parents):
            continue
        for field in table.references(entity):
            sql = _told(_referring_sql(field, key))
            yield setwise.select(sql, rows=table.dataset, parents=parents, outcome=outcome)


def _told(sql: str) -> str:
    """Give the rows that a query finds the columns of REFUSED, and leave out those that do not stand anyway."""
    return f"""
        select found._row, found.rule, found."column", found.reason, '' as "constraint", standing._key
        from ({sql}) as found join outcome as standing on standing._row = found._row
        where standing.outcome in ('loaded', 'merged')"""


def _referring_sql(field: Reference, key: str) -> str:
    return f"""
        select rows._row, '{field.rule}' as rule, {quote_text(field.target)} as "column", 'parent_rejected' as reason
        from rows where cast(rows.{quote(field.target)} as varchar) in (
            select cast(parents.{quote(key)} as varchar) from parents
            where parents.{quote(key)} is not null and parents._row in (select _row from refused))"""


def _merged_sql(rule: str, entity: str) -> str:
    return f"""
        select outcome._row, '{rule}' as rule, '' as "column", 'survivor_rejected' as reason
        from outcome where outcome.outcome = 'merged'
          and outcome.survivor in (select '{entity}#' || _row from refused)"""
