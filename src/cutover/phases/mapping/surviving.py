"""Survivorship: which value each attribute of a merged record keeps, and the values of those that lost, all kept."""

import pyarrow as pa

from cutover.phases.world import World
from cutover.project.model import Mapping
from cutover.systems import datasets
from cutover.systems.setwise import SetWise, open_setwise, quote, quote_text

FILLS = pa.schema([("_row", pa.int64()), ("column", pa.string()), ("value", pa.string())])
SURVIVORSHIP = pa.schema(
    [
        ("survivor", pa.int64()),
        ("member", pa.int64()),
        ("member_key", pa.string()),
        ("column", pa.string()),
        ("value", pa.string()),
        ("won", pa.bool_()),
        ("rule", pa.string()),
    ]
)


def survive(world: World, setwise: SetWise, snapshot: str, mapping: Mapping) -> pa.Table:
    """Decide each attribute of every cluster, stage all values with who won, and return the fills of the survivors.

    Reads the frame `clusters` on the connection: _row, _key, survivor_row, place, members. Per column the first value
    wins that is not empty, in the order of `merge.survive`, then of `merge.order`: the place in the cluster, which is
    never the same twice.
    """
    assert mapping.merge is not None
    clean, dataset = datasets.clean(snapshot, mapping.entity), datasets.survivorship(snapshot, mapping.entity)
    orders: dict[str, tuple[str, ...]] = {column: () for column in mapping.merge.fill} | mapping.merge.survive
    told = [setwise.select(_values_sql(column, terms), clean=clean) for column, terms in orders.items()]
    rules = [pa.repeat(pa.scalar(mapping.merge.rule), len(lines)) for lines in told]
    log = pa.concat_tables(
        [
            SURVIVORSHIP.empty_table(),
            *(lines.append_column("rule", rule) for lines, rule in zip(told, rules, strict=True)),
        ]
    )
    world.staging.clear(dataset)
    world.staging.write_part(dataset, 0, log)
    world.staging.seal(dataset, {"rows": len(log)})
    setwise.connection.register("told", log)
    return setwise.select(_FILLS).cast(FILLS)


def _values_sql(column: str, terms: tuple[str, ...]) -> str:
    name, text = quote(column), quote_text(column)
    order = ", ".join([f"clean.{name} is null", *terms, "clusters.place"])
    return f"""
        select clusters.survivor_row as survivor, _row as member, clusters._key as member_key, {text} as "column",
               cast(clean.{name} as varchar) as value,
               clean.{name} is not null
                   and row_number() over (partition by clusters.survivor_row order by {order}) = 1 as won
        from clusters join clean using (_row)
        where clusters.members > 1
        order by survivor, clusters.place"""


_FILLS = """
    select winner.survivor as _row, winner."column", winner.value
    from told as winner
    join told as own on own.survivor = winner.survivor and own.member = own.survivor and own."column" = winner."column"
    where winner.won and winner.value is distinct from own.value
    order by _row, 2"""


def count_lost_values(world: World, snapshot: str, mapping: Mapping) -> tuple[int, int]:
    """Count the values of merged rows that the staged survivorship cannot give back as they were, and all of them.

    Each member of a cluster must be told with each attribute that the merge decides, and with the value it had.
    """
    dataset = datasets.survivorship(snapshot, mapping.entity)
    if mapping.merge is None or world.staging.manifest(dataset) is None:
        return 0, 0
    lost = whole = 0
    with open_setwise(world.staging) as setwise:
        for column in {**dict.fromkeys(mapping.merge.fill), **mapping.merge.survive}:
            found = setwise.select(
                _LOST.format(name=quote(column), text=quote_text(column), own=quote_text(f"{mapping.entity}#")),
                clean=datasets.clean(snapshot, mapping.entity),
                outcome=datasets.outcome(snapshot, mapping.entity),
                told=dataset,
            )
            lost, whole = lost + found["lost"][0].as_py(), whole + found["whole"][0].as_py()
    return lost, whole


_LOST = """
    with own as (select * from told where "column" = {text}),
    members as (
        select _row from outcome where outcome = 'merged' and starts_with(survivor, {own})
        union select try_cast(split_part(survivor, '#', -1) as bigint) from outcome
        where outcome = 'merged' and starts_with(survivor, {own})
    )
    select count(*) as whole,
           count(*) filter (own.member is null or own.value is distinct from cast(clean.{name} as varchar)) as lost
    from members join clean using (_row) left join own on own.member = members._row"""
