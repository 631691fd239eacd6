"""Real legacy data before anything is loaded: what the mappings cover, and what a simulated load reports."""

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.projects.journey import (
    ADVENTUREWORKS,
    NORTHWIND,
    WAVE,
    folder_connection,
    load_fully,
    make_world,
    prepare,
    sqlite_connection,
)

from cutover.core.verdicts import CheckResult
from cutover.phases.coverage import cover_entity
from cutover.phases.preview import preview_rows
from cutover.phases.runs import list_runs
from cutover.phases.simulate import simulate
from cutover.phases.summary import summarise
from cutover.phases.world import World
from cutover.systems.fingerprint import take_fingerprint


def covered(world: World, snapshot: str) -> list[CheckResult]:
    """Return the coverage of every entity, and print how many checks ended how."""
    results = [
        result
        for mapping in world.specification.mappings.values()
        for result in cover_entity(world, snapshot, mapping).results
    ]
    print(Counter((result.check_id.partition(".")[0], result.status) for result in results))
    return results


def simulated_and_loaded(world: World, snapshot: str) -> None:
    """Simulate, hold the target against what it was, load for real, and hold the reports against each other."""
    schemas = world.specification.project.target.schemas
    with world.target.connect() as connection:
        before = take_fingerprint(connection, schemas, ())
    found = simulate(world, wave=WAVE, snapshot=snapshot)
    with world.target.connect() as connection:
        assert take_fingerprint(connection, schemas, ()) == before
    assert list_runs(world) == [] and found.drawn == ()
    load_fully(world, snapshot)
    real, shown = summarise(world, wave=WAVE).full, found.summary.full
    assert real is not None and shown is not None
    assert (real.entities, real.totals) == (shown.entities, shown.totals)
    print(f"{sum(line.loaded for line in shown.entities)} rows simulated, then loaded")


@pytest.mark.timeout(600)
def test_northwind(northwind_database: Path, scratch_database: Callable[..., str], tmp_path: Path) -> None:
    world = make_world(
        NORTHWIND, sqlite_connection("northwind_legacy", northwind_database), scratch_database(), tmp_path
    )
    snapshot = prepare(world)
    results = covered(world, snapshot)
    assert [(r.check_id, r.entity, r.message, r.evidence) for r in results if r.status == "fail"] == []
    assert len(preview_rows(world, snapshot, "customer", key=None, limit=3)) == 3
    simulated_and_loaded(world, snapshot)


@pytest.mark.timeout(600)
def test_adventureworks(adventureworks_folder: Path, scratch_database: Callable[..., str], tmp_path: Path) -> None:
    legacy = folder_connection("adventureworks_files", adventureworks_folder)
    world = make_world(ADVENTUREWORKS, legacy, scratch_database(), tmp_path)
    snapshot = prepare(world)
    results = covered(world, snapshot)
    assert [(r.check_id, r.entity, r.message, r.evidence) for r in results if r.status == "fail"] == []
    simulated_and_loaded(world, snapshot)
