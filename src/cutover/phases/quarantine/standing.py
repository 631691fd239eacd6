"""What stands stays: rows that are loaded keep their fate, their key and their values, whatever is corrected."""

from collections.abc import Iterator

import pyarrow as pa
import pyarrow.compute as pc
from sqlalchemy import Connection

from cutover.core.rules import as_array
from cutover.errors import InputError
from cutover.phases.loading.expected import compare_part
from cutover.phases.loading.tables import tables_of
from cutover.phases.world import World
from cutover.systems import datasets, ledger
from cutover.systems.ledger import Run

OTHER_VALUES = "loaded with other values"


def require_standing(world: World, run: Run) -> None:
    """Return when every row that stands since a run would come out as it stands.

    Raises:
        InputError: one would not; the message says what would become of it.
    """
    with world.target.connect() as connection:
        moved = {entity: _moved(world, connection, run, entity) for entity in run.entities}
    told = "; ".join(f"{entity}: {', '.join(sorted(reasons))}" for entity, reasons in moved.items() if reasons)
    if told:
        raise InputError(
            f"rows that stand in the target since run {run.run_id} would have another fate: {told}",
            fix="correct the rows so that they do not clash with what is loaded, or take the run back and load anew",
        )


def _moved(world: World, connection: Connection, run: Run, entity: str) -> set[str]:
    """Return what would become of rows that stand: their new outcomes, rules and reasons, or that values change."""
    found: set[str] = set()
    joined = [pa.array([], pa.int64())]
    for _, staged, kept in _parts(world, connection, run, entity):
        stays = kept.filter(pc.not_equal(kept["outcome"], "rejected"))
        now = staged.take(as_array(pc.index_in(stays["_row"], value_set=as_array(staged["_row"]))))
        apart = pa.array([False] * len(stays), pa.bool_())
        for name in ("outcome", "_id", "survivor"):
            apart = pc.or_(apart, _differ(as_array(stays[name]), as_array(now[name])))
        lines = now.filter(apart).group_by(["outcome", "rule", "reason"]).aggregate([([], "count_all")]).to_pylist()
        found |= {f"{line['outcome']} {line['rule'] or ''} {line['reason'] or ''}".strip() for line in lines}
        joined.append(_joining(entity, staged, as_array(stays["_row"])))
    changed = not found and _would_change(world, connection, run, entity, pa.concat_arrays(joined).unique())
    return found | ({OTHER_VALUES} if changed else set())


def _parts(world: World, connection: Connection, run: Run, entity: str) -> Iterator[tuple[int, pa.Table, pa.Table]]:
    """Yield each part that holds rows: its outcomes as they would be now, and as the ledger has them."""
    for index, staged in world.staging.read_parts(datasets.outcome(run.snapshot_id, entity)):
        bounds = pc.min_max(staged["_row"]).as_py()
        if bounds["min"] is not None:
            yield index, staged, ledger.read_dispositions(connection, run.run_id, entity, bounds["min"], bounds["max"])


def _differ(one: pa.Array, other: pa.Array) -> pa.Array:
    same = pc.fill_null(pc.equal(one, other), False)
    return pc.invert(pc.or_(same, pc.and_(pc.is_null(one), pc.is_null(other))))


def _joining(entity: str, staged: pa.Table, stays: pa.Array) -> pa.Array:
    """Return the rows of an entity that rows which do not stand would be merged into."""
    new = pc.and_(pc.equal(staged["outcome"], "merged"), pc.invert(pc.is_in(staged["_row"], value_set=stays)))
    survivors = as_array(staged.filter(new)["survivor"])
    own = survivors.filter(pc.starts_with(survivors, f"{entity}#"))
    return pc.utf8_slice_codeunits(own, len(entity) + 1).cast(pa.int64())


def _would_change(world: World, connection: Connection, run: Run, entity: str, survivors: pa.Array) -> bool:
    """Say whether rows that others join, by a merge or in a sum, would then hold other values than the target does."""
    if not len(survivors):
        return False
    own, *_ = tables_of(run.snapshot_id, world.specification.mapping(entity))
    for index, staged, kept in _parts(world, connection, run, entity):
        loaded = as_array(kept.filter(pc.equal(kept["outcome"], "loaded"))["_row"])
        asked = survivors.filter(pc.is_in(survivors, value_set=loaded))
        asked = asked.filter(pc.is_in(asked, value_set=as_array(staged["_row"])))
        rows = world.staging.read_part(own.dataset, index) if len(asked) else None
        if rows is not None:
            expected = own.shape(rows.filter(pc.is_in(rows["_row"], value_set=asked)))
            compared, _ = compare_part(connection, own, expected)
            if compared.differing or compared.missing:
                return True
    return False
