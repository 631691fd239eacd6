"""Control totals of both systems: asked of each by its own SQL, and tied by what the mapping left behind."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from sqlalchemy import Connection, text

from cutover.core.pairs import Figures, PairResult, pair_figures
from cutover.core.rules import as_array
from cutover.errors import SourceError, TargetError
from cutover.phases.mapping.history import counted_outcomes
from cutover.phases.world import World
from cutover.project.control_totals import Explanation, Pair, read_pairs
from cutover.project.model import Source
from cutover.systems import datasets
from cutover.systems.sources import Feed, Folder, open_legacy, read_feed


def compare_pairs(world: World, snapshot: str) -> list[PairResult]:
    """Ask both systems for every pair of the project and tie the figures.

    Raises:
        SourceError, TargetError: a query cannot be run, or returns something else than `group` and numbers.
    """
    pairs, _ = read_pairs(world.specification.root)
    results: list[PairResult] = []
    with world.target.connect() as connection:
        for pair in pairs:
            explained = _explained(world, snapshot, pair.explanations)
            results += pair_figures(pair.name, _old(world, pair), _new(connection, pair), explained)
    return results


def _old(world: World, pair: Pair) -> Figures:
    connection = world.connect(world.specification.project.systems[pair.system].connection)
    source = Source(system=pair.system, extract=f"control_totals/{pair.name}.old.sql", key=("group",))
    with open_legacy(connection) as legacy:
        if isinstance(legacy, Folder):
            raise SourceError(f"{pair.system} is a folder, it answers no SQL", fix=f"drop {pair.name}.old.sql")
        blocks = list(read_feed(legacy, Feed(pair.name, source, {}, pair.old)).blocks)
    return _figures(pair, [line for block in blocks for line in block.to_pylist()], SourceError)


def _new(connection: Connection, pair: Pair) -> Figures:
    return _figures(pair, [dict(row) for row in connection.execute(text(pair.new)).mappings()], TargetError)


def _figures(pair: Pair, rows: Sequence[dict[str, Any]], error: type[SourceError] | type[TargetError]) -> Figures:
    figures: dict[tuple[str, str], Decimal] = {}
    for row in rows:
        if "group" not in row:
            raise error(f"control total {pair.name} returns no column `group`", fix="name the first column so")
        group = str(row["group"])
        for measure, value in row.items():
            if measure in ("group", "_row"):
                continue
            if (group, measure) in figures:
                raise error(f"control total {pair.name} returns a group twice", fix="group by the first column")
            figures[group, measure] = _figure(pair, measure, value, error)
    return figures


def _figure(pair: Pair, measure: str, value: Any, error: type[SourceError] | type[TargetError]) -> Decimal:
    if value is None:
        return Decimal(0)
    try:
        if isinstance(value, float):
            raise ValueError
        return Decimal(str(value))
    except (ValueError, InvalidOperation):
        raise error(
            f"control total {pair.name} returns no exact number in {measure!r}",
            fix="sum a numeric column, or cast it to numeric",
        ) from None


def _explained(world: World, snapshot: str, explanations: Iterable[Explanation]) -> Figures:
    """Sum what stays behind: the rows of an entity that were dropped, merged or rejected."""
    sums: defaultdict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for told in explanations:
        outcome = datasets.outcome(snapshot, told.entity)
        columns = ["_row", told.by, *([told.column] if told.column else [])]
        mapping = world.specification.mapping(told.entity)
        for index, outcomes in world.staging.read_parts(outcome, ["_row", "outcome", "rule"]):
            stayed = outcomes.filter(pc.not_equal(counted_outcomes(mapping, outcomes, told.column), "loaded"))
            rows = world.staging.read_part(datasets.clean(snapshot, told.entity), index, columns)
            rows = rows.filter(pc.is_in(rows["_row"], value_set=as_array(stayed["_row"])))
            for group, value in _grouped(rows, told):
                sums[group, told.measure] += value
    return sums


def _grouped(rows: pa.Table, told: Explanation) -> list[tuple[str, Decimal]]:
    if told.column is None:
        lines = rows.group_by(told.by).aggregate([([], "count_all")]).to_pylist()
        return [(str(line[told.by]), Decimal(line["count_all"])) for line in lines]
    values = as_array(rows[told.column])
    wide = values.cast(pa.decimal128(38, getattr(values.type, "scale", 0)))
    summed = pa.table({"by": rows[told.by], "value": wide}).group_by("by").aggregate([("value", "sum")]).to_pylist()
    return [(str(line["by"]), line["value_sum"] or Decimal(0)) for line in summed]
