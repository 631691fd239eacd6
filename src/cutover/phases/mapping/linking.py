"""What stewards said of pairs, as match values: rows they joined get one, a row they set apart gets its own."""

from collections.abc import Sequence

import pyarrow as pa

from cutover.phases.world import World
from cutover.project.model import Mapping
from cutover.systems import pairs
from cutover.systems.pairs import Pair
from cutover.systems.setwise import SetWise
from cutover.systems.staging import Dataset

LINKED = pa.schema([("_row", pa.int64()), ("label", pa.string())])


def match_sql(mapping: Mapping) -> str:
    """Return the SQL of a row's match value over `clean`; null where a term of it is empty."""
    assert mapping.merge is not None
    terms = ", ".join(f"cast(({term}) as varchar)" for term in mapping.merge.match)
    present = " and ".join(f"({term}) is not null and cast(({term}) as varchar) <> ''" for term in mapping.merge.match)
    return f"case when {present} then concat_ws(chr(31), {terms}) end"


def decided_pairs(world: World, mapping: Mapping) -> list[Pair]:
    """Return the pairs of an entity that a steward decided; none where it does not look for duplicates."""
    if mapping.duplicates is None:
        return []
    with world.target.connect() as connection:
        listed = pairs.list_pairs(connection, mapping.entity)
    return [pair for pair in listed if pair.state in ("same", "different")]


def link_rows(world: World, setwise: SetWise, mapping: Mapping, clean: Dataset) -> pa.Table:
    """Return the rows whose match value a steward's decisions replace, as in LINKED."""
    decided = decided_pairs(world, mapping)
    if not decided:
        return LINKED.empty_table()
    keys = sorted({key for pair in decided for key in (pair.first_key, pair.second_key)})
    setwise.connection.register("decided_keys", pa.table({"_key": pa.array(keys, pa.string())}))
    rows = setwise.select(
        f"""with matched as (select _row, _key, {match_sql(mapping)} as match from clean),
                 named as (select * from matched where _key in (select _key from decided_keys))
            select * from matched
            where _row in (select _row from named) or match in (select match from named where match is not null)
            order by _row""",
        clean=clean,
    )
    return label_rows(rows, decided)


def label_rows(rows: pa.Table, decided: Sequence[Pair]) -> pa.Table:
    """Join what belongs together and set apart what does not; rows: _row, _key, match. Returns LINKED.

    A chain of the same reaches over match values. A row of a pair that is different, though nothing but its match value
    joins it to the other, stands alone.
    """
    import networkx

    lines = rows.to_pylist()
    row_of = {line["_key"]: line["_row"] for line in reversed(lines)}
    pairs_of = {
        state: [(row_of[p.first_key], row_of[p.second_key]) for p in decided if p.state == state and
                p.first_key in row_of and p.second_key in row_of]
        for state in ("same", "different")
    }  # fmt: skip
    said = networkx.Graph(pairs_of["same"])
    apart = {b for a, b in pairs_of["different"] if not (a in said and b in said and networkx.has_path(said, a, b))}
    graph = networkx.Graph(pairs_of["same"])
    graph.add_nodes_from(line["_row"] for line in lines)
    graph.add_edges_from(
        (line["_row"], line["match"]) for line in lines if line["match"] is not None and line["_row"] not in apart
    )
    labels: dict[int, str] = {}
    for component in networkx.connected_components(graph):
        matches = sorted(node for node in component if isinstance(node, str))
        numbers = sorted(node for node in component if isinstance(node, int))
        labels |= {row: matches[0] if matches else f"steward\x1f{numbers[0]}" for row in numbers}
    return pa.table(
        [pa.array(sorted(labels)), pa.array([labels[row] for row in sorted(labels)], pa.string())], schema=LINKED
    )
