"""What must hold of any project that was moved: an open gate, phases that may run twice, and a way back."""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from tests.projects.journey import WAVE, Moved, fingerprint, load_fully, target_connection

from cutover.errors import InputError
from cutover.phases.cleanse import cleanse_entity
from cutover.phases.create_target import create_target
from cutover.phases.gate import gate_mapping
from cutover.phases.land import land
from cutover.phases.load import load_entity
from cutover.phases.map import map_entity
from cutover.phases.rollback import roll_back
from cutover.phases.runs import finish_run, start_run
from cutover.phases.verify import verify_run


@pytest.fixture(params=["northwind", "adventureworks", "openboxes", pytest.param("mall", marks=pytest.mark.mariadb)])
def moved(request: pytest.FixtureRequest) -> Moved:
    """Each project, moved and verified; not to be changed."""
    project: Moved = request.getfixturevalue(request.param)
    return project


def test_the_gate_is_open_and_every_source_column_is_decided(moved: Moved, copy_of: Callable[[Moved], Moved]) -> None:
    copy = copy_of(moved)
    results = gate_mapping(copy.world, copy.snapshot, WAVE)
    assert {result.status for result in results} <= {"pass", "not_applicable"}
    decisive = [result for result in results if result.check_id in ("CONSERVED", "COVERAGE", "REPLAY")]
    assert {result.status for result in decisive} == {"pass"}
    assert {result.entity for result in results if result.check_id == "COVERAGE"} == set(moved.entities)


def test_every_batch_balances_and_names_its_rows_once(moved: Moved) -> None:
    batches = moved.rows("select rows_read, rows_loaded, rows_merged, rows_dropped, rows_rejected from cutover.batch")
    assert batches and all(read == sum(outcomes) for read, *outcomes in batches)
    (doubled,) = moved.one(
        """select count(*) from (
               select from cutover.disposition group by run_id, entity, src_key having count(*) > 1) as doubled"""
    )
    assert doubled == 0
    assert moved.one("select status from cutover.run where run_id = %s", moved.run_id) == ("finished",)


def test_a_second_run_of_each_phase_changes_nothing(moved: Moved, copy_of: Callable[[Moved], Moved]) -> None:
    copy = copy_of(moved)
    staged, there = dict(_staged(copy)), _everything(copy)
    assert land(copy.world, snapshot=copy.snapshot) == copy.snapshot
    for entity in copy.entities:
        cleanse_entity(copy.world, copy.snapshot, entity)
        map_entity(copy.world, copy.snapshot, entity)
    finish_run(copy.world, copy.run_id)
    with pytest.raises(InputError, match="has already loaded"):
        start_run(copy.world, wave=WAVE, kind="full", snapshot=copy.snapshot)
    with pytest.raises(InputError, match=f"run {copy.run_id} is finished"):
        load_entity(copy.world, copy.run_id, copy.entities[0])
    assert (dict(_staged(copy)), _everything(copy)) == (staged, there)
    verify_run(copy.world, copy.run_id)
    assert fingerprint(copy.database, _schemas(copy)) == fingerprint(moved.database, _schemas(moved))


def test_a_batch_that_is_loaded_again_is_not_doubled(moved: Moved, copy_of: Callable[[Moved], Moved]) -> None:
    copy = copy_of(moved)
    roll_back(copy.world, copy.run_id, reason="start anew", by_whom="tester")
    run_id = start_run(copy.world, wave=WAVE, kind="full", snapshot=copy.snapshot)
    first = [load_entity(copy.world, run_id, entity) for entity in copy.entities]
    there = _everything(copy)
    assert [load_entity(copy.world, run_id, entity) for entity in copy.entities] == first
    assert _everything(copy) == there
    assert [sum(result.read for result in first)] == [moved.one("select sum(rows_read)::int from cutover.batch")[0]]


def test_the_way_back_restores_the_empty_target_and_the_way_there_the_full_one(
    moved: Moved, copy_of: Callable[[Moved], Moved], scratch_database: Callable[..., str]
) -> None:
    copy, empty = copy_of(moved), scratch_database()
    connection = target_connection(moved.world.specification.project.target.connection, empty)
    create_target(replace(moved.world, connect={connection.conn_id: connection}.__getitem__))
    full = fingerprint(copy.database, _schemas(copy))
    assert full != fingerprint(empty, _schemas(copy))
    result = roll_back(copy.world, copy.run_id, reason="test of the way back", by_whom="tester")
    assert (result.original_state, result.differences, result.rows_kept) == (True, (), 0)
    assert fingerprint(copy.database, _schemas(copy)) == fingerprint(empty, _schemas(copy))
    with pytest.raises(InputError, match="already rolled back"):
        roll_back(copy.world, copy.run_id, reason="again", by_whom="tester")
    load_fully(copy.world, copy.snapshot)
    assert fingerprint(copy.database, _schemas(copy)) == full


def _schemas(moved: Moved) -> tuple[str, ...]:
    return moved.world.specification.project.target.schemas


def _everything(moved: Moved) -> dict[str, str]:
    # A refused run uses up a number of the ledger: its sequences are no evidence.
    return fingerprint(moved.database, _schemas(moved)) | fingerprint(moved.database, ["cutover"], sequences=False)


def _staged(moved: Moved) -> Iterator[tuple[str, tuple[int, str]]]:
    root = Path(moved.world.staging.url)
    for path in (path for path in sorted(root.rglob("*")) if path.is_file()):
        yield (
            path.relative_to(root).as_posix(),
            (path.stat().st_mtime_ns, hashlib.sha256(path.read_bytes()).hexdigest()),
        )
