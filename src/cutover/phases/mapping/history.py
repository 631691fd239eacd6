"""History: the last periods move row by row, older ones as one row per key and period, the oldest stay in the archive.

A row of a summarised period merges into the first row of its key and period, which carries the sum of them all, so that
detail + summary + archive = source. A row whose days lie on both sides of a cut belongs to neither: it is rejected.
"""

from collections.abc import Iterator

import pyarrow as pa
import pyarrow.compute as pc

from cutover.core.rules import as_array
from cutover.core.verdicts import CheckResult, none_of
from cutover.phases.world import World
from cutover.project.model import Copy, History, Mapping
from cutover.systems import datasets
from cutover.systems.setwise import SetWise, open_setwise, quote, quote_text

SUMS = pa.schema([("_row", pa.int64()), ("column", pa.string()), ("value", pa.string())])


def decide_history(setwise: SetWise, snapshot: str, mapping: Mapping) -> tuple[pa.Table, pa.Table]:
    """Return _row, fate, reason, survivor_row of every row that does not move as it is, and the cells of summaries.

    The connection knows the rows that were decided already as `excluded` and `unreadable`.
    """
    history = mapping.history
    assert history is not None
    clean = datasets.clean(snapshot, mapping.entity)
    setwise.connection.register("placed", setwise.select(_placed_sql(history), clean=clean))
    fates = setwise.select(_FATES)
    cells = [setwise.select(_sum_sql(column), clean=clean) for column in history.sum]
    cells.append(setwise.select(_PERIODS.format(column=quote_text(history.day))))
    return fates, pa.concat_tables([part.cast(SUMS) for part in cells])


def _placed_sql(history: History) -> str:
    """Place each row: its period, its zone, its key within the entity, and why it has no place."""
    day = quote(history.day)
    last = f"greatest({day}, coalesce({quote(history.until)}, {day}))" if history.until else day
    detail = f"date '{history.detail_from}'"
    # Without a first day of the summaries nothing is archived.
    summary = f"date '{history.summary_from or '0001-01-01'}'"
    key = ", ".join(f"coalesce(cast({quote(column)} as varchar), chr(30))" for column in history.by)
    return f"""
        select *, min(_row) over (partition by zone, problem, key, period) as first_row
        from (
            select _row, concat_ws(chr(31), {key}) as key,
                   cast(date_trunc('{history.period}', {day}) as date) as period,
                   case when {day} is null then 'detail' when {day} >= {detail} then 'detail'
                        when {day} >= {summary} then 'summary' else 'archive' end as zone,
                   case when {day} is null then 'no_date'
                        when {day} < {detail} and {last} >= {detail} then 'straddles_cut'
                        when {day} < {summary} and {last} >= {summary} then 'straddles_cut'
                        when {day} < {detail} and {day} >= {summary}
                             and date_trunc('{history.period}', {day}) <> date_trunc('{history.period}', {last})
                        then 'straddles_period' end as problem
            from clean
            where _row not in (select _row from excluded) and _row not in (select _row from unreadable)
        )"""


_FATES = """
    select _row,
           case when problem is not null then 'rejected'
                when zone = 'archive' then 'dropped' else 'merged' end as outcome,
           coalesce(problem, case zone when 'archive' then 'archived' else 'summarised' end) as reason,
           case when problem is null and zone = 'summary' then first_row end as survivor_row
    from placed
    where problem is not null or zone = 'archive' or (zone = 'summary' and _row <> first_row)"""
_SUMMARIES = "placed where problem is null and zone = 'summary'"
_PERIODS = f"""
    select _row, {{column}} as "column", cast(period as varchar) as value from {_SUMMARIES} and _row = first_row"""


def _sum_sql(column: str) -> str:
    return f"""
        select first_row as _row, {quote_text(column)} as "column", cast(sum(clean.{quote(column)}) as varchar) as value
        from clean join (select _row, first_row from {_SUMMARIES}) as placed on placed._row = clean._row
        group by first_row"""


def put_sums(mapping: Mapping, rows: pa.Table, cells: pa.Table) -> pa.Table:
    """Put the sums and the first day of the period into the rows that stand for a period; other rows stay as they are.

    Sums take all the digits there are, in every part, so that the parts have the same types.
    """
    history = mapping.history
    if history is None:
        return rows
    for column in (*history.sum, history.day):
        place = rows.schema.get_field_index(column)
        kind = rows.schema.field(place).type
        wide = pa.decimal128(38, kind.scale) if pa.types.is_decimal(kind) else kind
        lines = cells.filter(pc.equal(cells["column"], column))
        place_of = pc.index_in(rows["_row"], value_set=as_array(lines["_row"]))
        values = as_array(lines["value"]).take(as_array(place_of)).cast(wide)
        rows = rows.set_column(place, column, pc.coalesce(values, as_array(rows[column]).cast(wide)))
    return rows


def counted_outcomes(mapping: Mapping, outcomes: pa.Table, column: str | None) -> pa.Array:
    """Return the outcome under which each row's value of a column counts: what a summary holds counts as loaded."""
    found = as_array(outcomes["outcome"])
    if mapping.history is None or column not in mapping.history.sum:
        return found
    held = pc.and_(pc.equal(found, "merged"), pc.equal(as_array(outcomes["rule"]), mapping.history.rule))
    return pc.if_else(pc.fill_null(held, False), "loaded", found)


def check_history(world: World, snapshot: str, mapping: Mapping) -> Iterator[CheckResult]:
    """Hold the sums of detail and summaries against those of the source, per key and period."""
    history = mapping.history
    copied = {f.source: f.target for f in mapping.fields if isinstance(f, Copy)}
    for column in (name for name in (history.sum if history else ()) if name in copied):
        assert history is not None
        with open_setwise(world.staging) as setwise:
            named = {"clean": datasets.clean, "outcome": datasets.outcome, "mapped": datasets.mapped}
            apart = setwise.select(
                _apart_sql(history, column, copied[column]),
                **{name: dataset(snapshot, mapping.entity) for name, dataset in named.items()},
            )
        yield none_of(f"HISTORY.{column}", mapping.entity, apart["apart"][0].as_py(), apart["groups"][0].as_py())


def _apart_sql(history: History, column: str, target: str) -> str:
    keys = ", ".join(f"clean.{quote(name)}" for name in history.by)
    day, value = f"clean.{quote(history.day)}", f"clean.{quote(column)}"
    return f"""
        select count(*) as groups, count(*) filter (where source is distinct from target) as apart
        from (
            select sum(coalesce({value}, 0)) as source, sum(coalesce(mapped.{quote(target)}, 0)) as target
            from clean join outcome on outcome._row = clean._row left join mapped on mapped._row = clean._row
            where outcome.outcome in ('loaded', 'merged')
            group by date_trunc('{history.period}', {day}), {keys}
        )"""
