"""Kill whatever works, whenever: run again, and the result is as if nobody had.

The moments are drawn, from a seed, between a worker's first statement and its end, so that they fall into COPYs,
commits and the gaps between them.
"""

import json
import os
import random
import signal
import subprocess
import sys
import time
from dataclasses import asdict
from pathlib import Path

import pytest
from scratch import execute
from small_world import SNAPSHOT, WAVE, Sizes, ledger_state, make_world, prepare, query, target_state

from cutover.phases.load import load_entity
from cutover.phases.rollback import roll_back
from cutover.phases.runs import finish_run, read_run, start_run
from cutover.phases.world import World
from cutover.systems.connections import Connection
from cutover.systems.fingerprint import TableFingerprint

WORKER = Path(__file__).with_name("worker.py")
SIZES = Sizes(category=200, customer=12_000, price=4_000, part=1_000)
KILLS = 20


class Bench:
    """A small world, the database it loads into, and workers that can be killed."""

    def __init__(self, world: World, staging: Path, connection: Connection) -> None:
        self.world, self.staging, self.connection = world, staging, connection

    def start(self, verb: str, run_id: int) -> subprocess.Popen[str]:
        """Start a worker and wait until it is about to begin."""
        told = json.dumps({name: value for name, value in asdict(self.connection).items() if name != "extra"})
        worker = subprocess.Popen(
            [sys.executable, str(WORKER), verb, str(self.staging), told, str(run_id)],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        )  # fmt: skip
        assert worker.stdout is not None and worker.stdout.readline() == "ready\n"
        return worker

    def finish(self, verb: str, run_id: int) -> float:
        """Run a worker to its end and return the seconds it took."""
        worker, begun = self.start(verb, run_id), time.monotonic()
        assert worker.stdout is not None and worker.stdout.read() == "done\n"
        assert worker.wait() == 0
        return time.monotonic() - begun

    def kill(self, verb: str, run_id: int, after: float) -> bool:
        """Kill a worker some seconds into its work; returns whether it was still at it."""
        worker = self.start(verb, run_id)
        time.sleep(after)
        worker.send_signal(signal.SIGKILL)
        return worker.wait() == -signal.SIGKILL

    def begin(self) -> int:
        return start_run(self.world, wave=WAVE, kind="full", snapshot=SNAPSHOT)

    def loaded(self) -> tuple[list[TableFingerprint], dict[str, object]]:
        return target_state(self.world), ledger_state(self.world)


@pytest.fixture
def bench(tmp_path, scratch_database):
    world = make_world(tmp_path, scratch_database)
    prepare(world, SIZES)
    yield Bench(world, tmp_path, scratch_database)
    world.target.dispose()


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_load_that_is_killed_twenty_times_ends_as_if_it_was_not(bench):
    moments = random.Random(20240630)
    run_id = bench.begin()
    seconds = bench.finish("load", run_id)
    undisturbed = bench.loaded()
    empty_again = roll_back(bench.world, run_id, reason="again", by_whom="a test")
    assert empty_again.original_state is True
    killed, run_id = 0, None
    while killed < KILLS:
        # Small bites keep the run unfinished: later kills must find work to interrupt.
        if run_id is None or _is_loaded(bench.world, run_id):
            if run_id is not None:
                roll_back(bench.world, run_id, reason="again", by_whom="a test")
            query(
                bench.world,
                "delete from cutover.disposition; delete from cutover.journal; delete from cutover.batch",
            )
            run_id = bench.begin()
        killed += bench.kill("load", run_id, moments.uniform(0, seconds * 0.6))
    bench.finish("load", run_id)
    assert bench.loaded() == undisturbed
    finish_run(bench.world, run_id)
    assert read_run(bench.world, run_id).status == "finished"


def _is_loaded(world: World, run_id: int) -> bool:
    return query(world, "select count(*) from cutover.batch where run_id = :run_id", run_id=run_id) == 17


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_a_rollback_that_is_killed_is_run_again(bench):
    moments = random.Random(1)
    before = target_state(bench.world)
    query(bench.world, "insert into erp.category (id, code) values (900000, 'theirs')")
    run_id = bench.begin()
    seconds = bench.finish("load", run_id)
    killed = 0
    while query(bench.world, "select status from cutover.run") == "active" and killed < 10:
        killed += bench.kill("rollback", run_id, moments.uniform(0.2, 1) * seconds)
    if query(bench.world, "select status from cutover.run") == "active":
        bench.finish("rollback", run_id)
    assert killed
    assert query(bench.world, "select batches, rows_removed, rows_kept, original_state from cutover.rollback") == [
        (17, 140 + 8_400 + 3_600 + 2_800, 0, True)
    ]
    query(bench.world, "delete from erp.category where code = 'theirs'")
    tables = [entry for entry in target_state(bench.world) if entry.kind == "table"]
    assert tables == [entry for entry in before if entry.kind == "table"]


def _wait_for_copy(bench: Bench) -> int:
    """Return the server process that is copying rows in for a worker."""
    for _ in range(2_000):
        found = query(
            bench.world,
            "select pid from pg_stat_activity where datname = current_database() and query ~ '^copy \"erp\"'"
            " and state = 'active'",
        )
        if found:
            return found if isinstance(found, int) else found[0][0]
        time.sleep(0.001)
    raise AssertionError("no worker was seen to copy")


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_a_server_process_that_dies_in_a_batch_is_a_lost_connection_and_the_work_resumes(bench):
    run_id = bench.begin()
    lost = 0
    for _ in range(10):
        worker = bench.start("load", run_id)
        try:
            execute(bench.connection, f"select pg_terminate_backend({_wait_for_copy(bench)})")
        except AssertionError:
            worker.wait()
            break
        told = worker.communicate()[0]
        lost += told == "ConnectionLost\n"
        assert told in ("ConnectionLost\n", "done\n")
        if lost >= 3:
            break
    assert lost
    bench.finish("load", run_id)
    finish_run(bench.world, run_id)
    assert query(bench.world, "select count(*) from erp.customer") == 8_400


def test_a_worker_in_this_process_survives_a_lost_connection(bench, scratch_database):
    run_id = bench.begin()
    bench.world.target.connect().close()
    execute(
        scratch_database,
        "select pg_terminate_backend(pid) from pg_stat_activity"
        " where datname = current_database() and pid <> pg_backend_pid() and application_name = 'cutover'",
    )
    assert load_entity(bench.world, run_id, "category").loaded == 140
