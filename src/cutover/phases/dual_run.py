"""Dual run: each night the legacy system is read anew, mapped, and compared row by row with what stands in the target.

The night takes its own fresh snapshot and never writes to either system, except for the ledger. Rows are matched by the
keys that the full load gave them. What does not move by rule is explained; every other difference is a break.
"""

from dataclasses import dataclass, replace

import pyarrow as pa
import pyarrow.compute as pc
from sqlalchemy import Connection

from cutover.core.breaks import Break, Tally, status_of
from cutover.core.comparison import Comparison, DuplicateKeys
from cutover.core.pairs import PairResult
from cutover.core.rules import as_array
from cutover.errors import InputError, TargetError
from cutover.phases import snapshots
from cutover.phases.cleanse import cleanse_entity
from cutover.phases.control_totals import compare_pairs
from cutover.phases.land import land
from cutover.phases.loading.expected import KEY, compare_part, expected_part, with_key
from cutover.phases.loading.falling import reject_fallen
from cutover.phases.loading.tables import Table, tables_of
from cutover.phases.map import map_entity
from cutover.phases.quarantine.carrying import carry_corrections
from cutover.phases.runs import latest_run, read_run
from cutover.phases.world import Step, World
from cutover.project.control_totals import read_pairs
from cutover.project.model import Mapping
from cutover.systems import datasets, evidence, ledger, nights
from cutover.systems.ledger import Run


@dataclass(frozen=True)
class Night:
    """What one night found."""

    night_id: int
    run_id: int
    snapshot: str
    status: str
    tallies: tuple[Tally, ...]
    pairs: tuple[PairResult, ...]
    opened: int
    still_open: int
    closed: int


def run_night(world: World, *, wave: str) -> Night:
    """Compare both systems once and keep what was found: tallies, control totals, breaks opened and closed.

    Raises:
        InputError: no full run of the wave stands in the target, or it is still being loaded.
        SourceError, TransientError: a system could not be read; the night stays `running` in the ledger: not clean.
    """
    run = read_run(world, latest_run(world, wave=wave, kind="full"))
    if run.status == "active":
        raise InputError(
            f"run {run.run_id} of wave {wave!r} is not finished: what is still to come would be taken for lost",
            fix="finish the run, or take it back; then run the night again",
        )
    started = world.now()
    snapshot = land(world, snapshot=snapshots.new_snapshot(world, snapshots.NIGHT))
    with world.target.begin() as connection:
        snapshots.register(world, connection, snapshot)
        night_id = nights.open_night(connection, run.run_id, snapshot, started)
    for entity in _needed(world, wave):
        cleanse_entity(world, snapshot, entity)
        if carry_corrections(world, run.snapshot_id, snapshot, entity):
            cleanse_entity(world, snapshot, entity)
        map_entity(world, snapshot, entity, reserve=False)
    tallies, breaks = _compare_entities(world, run, snapshot, wave)
    pairs = compare_pairs(world, snapshot)
    breaks += [_total_break(pair) for pair in pairs if not pair.ties]
    status = status_of(tallies, sum(not pair.ties for pair in pairs))
    with world.target.begin() as connection:
        compared = [tally.entity for tally in tallies if not tally.not_compared]
        moved = nights.record_breaks(connection, night_id, breaks, [*compared, *(_total(pair) for pair in pairs)])
        nights.close_night(connection, night_id, tallies, pairs, status, world.now())
    return Night(night_id, run.run_id, snapshot, status, tuple(tallies), tuple(pairs), *moved)


def _needed(world: World, wave: str) -> list[str]:
    """Return, in load order, the entities of a wave, those they refer to, and those that explain a control total."""
    specification = world.specification
    pairs, _ = read_pairs(specification.root)
    needed = {*specification.entities(wave), *(told.entity for pair in pairs for told in pair.explanations)}
    for entity in reversed(list(specification.mappings)):
        needed |= specification.parents(entity) if entity in needed else set()
    return [entity for entity in specification.mappings if entity in needed]


def _total(pair: PairResult) -> str:
    return f"total:{pair.name}"


def _total_break(pair: PairResult) -> Break:
    return Break(_total(pair), pair.group, pair.measure, "control_total", str(pair.old), str(pair.new))


def _compare_entities(world: World, run: Run, snapshot: str, wave: str) -> tuple[list[Tally], list[Break]]:
    tallies, breaks = [], []
    with world.target.connect() as connection:
        for entity in world.specification.entities(wave):
            if entity not in run.entities:
                rows = world.staging.require(datasets.outcome(snapshot, entity), phase="map")["rows"]
                tallies.append(Tally(entity, not_compared=rows))
                continue
            try:
                tally, found = _compare_entity(world, connection, run, snapshot, world.specification.mapping(entity))
            except (DuplicateKeys, TargetError):
                rows = world.staging.require(datasets.outcome(snapshot, entity), phase="map")["rows"]
                tally, found = Tally(entity, not_compared=max(rows, 1)), []
            tallies.append(tally)
            breaks += found
    return tallies, breaks


def _compare_entity(
    world: World, connection: Connection, run: Run, snapshot: str, mapping: Mapping
) -> tuple[Tally, list[Break]]:
    # A night reserves no keys, and rows of further tables have none from before: their business key names them.
    own, *others = tables_of(snapshot, mapping)
    further = [replace(table, id=None) for table in others]
    tally, breaks = Tally(mapping.entity), list[Break]()
    evidence.forget_seen(connection)
    done = 0
    refused = ledger.list_refused(connection, run.snapshot_id, mapping.entity)
    for index, outcome in world.staging.read_parts(datasets.outcome(snapshot, mapping.entity)):
        outcome = _in_quarantine(outcome, refused)
        moved, still = _part(world, connection, mapping, own, further, index, outcome)
        explained = len(outcome) - moved.broken - moved.matched
        tally = replace(
            tally,
            matched=tally.matched + moved.matched,
            explained=tally.explained + explained,
            broken=tally.broken + moved.broken,
        )
        breaks += still
        evidence.add_seen(connection, as_array(outcome["_key"]), pc.equal(as_array(outcome["outcome"]), "loaded"))
        done += len(outcome)
        world.progress(Step("compare", mapping.entity, done, None))
    lost = evidence.list_lost(connection, mapping.entity)
    breaks += [Break(mapping.entity, key, "", "missing_in_old") for key in lost]
    # A row that is still there but does not move any more was counted where it stands.
    return replace(tally, broken=tally.broken + sum(not is_present for is_present in lost.values())), breaks


def _in_quarantine(outcome: pa.Table, refused: pa.Table) -> pa.Table:
    """Reject what the target refused when it was loaded: such rows wait for a person, as any other reject does."""
    place = as_array(pc.index_in(outcome["_key"], value_set=as_array(refused["_key"]), skip_nulls=True))
    hit = pc.is_valid(place)
    if not pc.any(hit).as_py():
        return outcome
    fallen = refused.take(place.filter(hit))
    return reject_fallen(outcome, fallen.set_column(0, "_row", as_array(outcome["_row"]).filter(hit)))


def _part(
    world: World,
    connection: Connection,
    mapping: Mapping,
    own: Table,
    further: list[Table],
    index: int,
    outcome: pa.Table,
) -> tuple[Tally, list[Break]]:
    """Compare one part in all its tables; a source row is broken once, however many of its cells differ.

    A row that was loaded once and does not move any more is broken too, never explained.
    """
    moves = pc.equal(as_array(outcome["outcome"]), "loaded")
    loaded = as_array(outcome["_row"]).filter(moves)
    breaks: list[Break] = []
    broken = _lost_rows(connection, mapping, outcome.filter(pc.invert(moves)))
    for table in (own, *further):
        expected = expected_part(world, table, index, outcome, None)
        comparison, _ = compare_part(connection, table, expected)
        names = _source_keys(table, expected, outcome, comparison)
        for line in comparison.cells.to_pylist():
            row, key = names[line["key"]]
            broken.add(row)
            breaks.append(
                Break(
                    mapping.entity,
                    key,
                    f"{table.name}.{line['column']}",
                    "value",
                    line["expected"],
                    line["actual"],
                )
            )
        for missing in comparison.missing:
            row, key = names[missing]
            broken.add(row)
            breaks.append(Break(mapping.entity, key, "" if table is own else table.name, "missing_in_new"))
    mine = pc.sum(pc.is_in(loaded, value_set=pa.array(sorted(broken), pa.int64()))).as_py() or 0
    return Tally(mapping.entity, matched=len(loaded) - mine, broken=len(broken)), breaks


def _lost_rows(connection: Connection, mapping: Mapping, staying: pa.Table) -> set[int]:
    """Return which of the rows that do not move tonight were loaded."""
    if not len(staying):
        return set()
    known = evidence.read_known_keys(connection, mapping.entity, as_array(staying["_key"]))
    loaded = pc.is_in(staying["_key"], value_set=as_array(known["_key"]), skip_nulls=True)
    return set(staying["_row"].filter(loaded).to_pylist())


def _source_keys(table: Table, expected: pa.Table, outcome: pa.Table, found: Comparison) -> dict[str, tuple[int, str]]:
    """Return key in the target -> (source row, source key), for what differs or is missing."""
    named = pa.concat_arrays([as_array(found.cells["key"]), pa.array(found.missing, pa.string())])
    if not len(named):
        return {}
    wanted = with_key(table, expected)
    wanted = wanted.filter(pc.is_in(wanted[KEY].cast(pa.string()), value_set=named))
    rows = as_array(wanted["_row"])
    names = as_array(outcome["_key"]).take(pc.index_in(rows, value_set=as_array(outcome["_row"])))
    pairs = zip(rows.to_pylist(), names.to_pylist(), strict=True)
    return dict(zip(wanted[KEY].to_pylist(), pairs, strict=True))
