"""Kill PostgreSQL itself in the middle of a load, whenever: it recovers, the work goes on, the result is the same."""

import os
import random
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from scratch import ERP, execute
from small_world import Sizes, make_world, prepare, query
from tests.faults.test_kill import Bench

from cutover.phases.rollback import roll_back
from cutover.phases.runs import finish_run
from cutover.runtime.home import Home, make_home
from cutover.runtime.postgres import ServerChoice, server_status, start_server
from cutover.runtime.stack import remove_all
from cutover.systems.connections import Connection
from cutover.systems.target import open_target

SIZES = Sizes(category=200, customer=6_000, price=2_000, part=500)
KILLS = 8


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    """A home with a PostgreSQL of this test's own, which nobody else minds to lose."""
    home = make_home(tmp_path / "home")
    yield home
    remove_all(make_home(home.root))


def up(home: Home) -> Connection:
    """Start the server, or recover it, and return a connection to its maintenance database."""
    server = start_server(home, ServerChoice(origin="wheel"))
    return Connection("target", "postgres", server.host, server.port, server.user, server.password, server.maintenance)


def lose(home: Home, bench: Bench, moments: random.Random) -> None:
    """Kill the postmaster, or a server process that works for us: then PostgreSQL ends all the others itself."""
    backends = query(
        bench.world,
        "select coalesce(array_agg(pid), '{}') from pg_stat_activity"
        " where application_name = 'cutover' and pid <> pg_backend_pid()",
    )
    bench.world.target.dispose()
    postmaster = server_status(home).pid
    assert postmaster is not None
    os.kill(moments.choice([postmaster, *backends]), signal.SIGKILL)


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_load_whose_postgresql_is_killed_ends_as_if_it_was_not(home: Home, tmp_path: Path) -> None:
    moments = random.Random(20240630)
    target = up(home)
    execute(target, ERP)
    open_target(target).dispose()
    bench = Bench(make_world(tmp_path / "staging", target), tmp_path / "staging", target)
    prepare(bench.world, SIZES)
    run_id = bench.begin()
    seconds = bench.finish("load", run_id)
    undisturbed = bench.loaded()
    assert roll_back(bench.world, run_id, reason="again", by_whom="a test").original_state is True
    query(bench.world, "delete from cutover.disposition; delete from cutover.journal; delete from cutover.batch")
    run_id, lost = bench.begin(), 0
    for _ in range(KILLS):
        worker = bench.start("load", run_id)
        time.sleep(moments.uniform(0, seconds * 0.3))
        lose(home, bench, moments)
        lost += worker.wait(timeout=60) != 0
        assert up(home).port == target.port
    assert lost
    bench.finish("load", run_id)
    assert bench.loaded() == undisturbed
    finish_run(bench.world, run_id)
