"""The demo that is hurt: killed in the middle, with its scheduler and its database; then taken back, stopped, removed.

This is law 2 from end to end: nothing lost, nothing doubled. And the README's promise: no process, no trace.
"""

import os
import signal
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import pytest
from tests.e2e.conftest import Stack

from cutover.runtime import cluster
from cutover.runtime.home import read_state
from cutover.runtime.postgres import find_place
from cutover.runtime.processes import find_in_folder, find_marked
from cutover.runtime.supervisor import read_components

pytestmark = [pytest.mark.scale, pytest.mark.airflow, pytest.mark.timeout(1800)]

Done = subprocess.CompletedProcess[str]
PILOT_LOADS = "select 1 from cutover.run r join cutover.batch b using (run_id) where r.kind = 'pilot' and r.run_id > {}"
FULL_LOADS = "select 1 from cutover.run r join cutover.batch b using (run_id) where r.kind = 'full' and r.run_id > {}"
HALF = " group by r.run_id having count(distinct b.entity) > 6"


def await_row(stack: Stack, statement: str, process: "subprocess.Popen[str]", patience: float = 900) -> None:
    """Wait until a question to the ledger has an answer, while the demo is at work."""
    deadline = time.monotonic() + patience
    while not stack.query(statement):
        assert process.poll() is None, "the demo ended before it could be hurt"
        assert time.monotonic() < deadline, "the demo never came so far"
        time.sleep(0.2)


def kill_demo(stack: Stack, process: "subprocess.Popen[str]") -> None:
    process.kill()
    process.wait(30)


def kill_scheduler(stack: Stack, process: "subprocess.Popen[str]") -> None:
    os.kill(read_components(stack.home)["scheduler"].pid, signal.SIGKILL)
    assert process.wait(60) == 1, "the demo says that the scheduler has ended, and ends"


def kill_database(stack: Stack, process: "subprocess.Popen[str]") -> None:
    postmaster = cluster.find_postmaster(find_place(stack.home))
    assert postmaster
    os.kill(postmaster, signal.SIGKILL)
    assert process.wait(60) == 1, "the demo says that PostgreSQL has ended, and ends"


def count_rows(stack: Stack) -> dict[str, int]:
    """Count the rows of each table of the target, without asking the ledger."""
    tables = [name for (name,) in stack.query("select tablename from pg_tables where schemaname = 'erp'")]
    return {name: stack.query(f'select count(*) from erp."{name}"')[0][0] for name in tables}  # noqa: S608


@dataclass(frozen=True)
class Hurt:
    """What the first demo left, the run that ended the second one, and what was said on the way."""

    summary: Any
    rows: dict[str, int]
    done: Done
    said: list[str]


@pytest.fixture(scope="module")
def hurt(stack: Stack, demo: Done) -> Hurt:
    """A second demo, hurt three times and run again each time."""
    before, rows = stack.read_json("summary"), count_rows(stack)
    last = before["full"]["run_id"]
    blows: list[tuple[str, Callable[[Stack, subprocess.Popen[str]], None]]] = [
        ("select 1 from cutover.run where status = 'active' and run_id > {}", kill_demo),
        (PILOT_LOADS, kill_scheduler),
        (FULL_LOADS + HALF, kill_database),
    ]
    log = stack.home.root.parent / "begun.log"
    for statement, blow in blows:
        process = stack.begin("demo")
        try:
            await_row(stack, statement.format(last), process)
            blow(stack, process)
        finally:
            process.kill()
            process.wait()
    return Hurt(before, rows, stack.run("demo"), log.read_text(encoding="utf-8").splitlines())


def test_a_demo_that_was_hurt_ends_green_when_it_is_run_again(hurt: Hurt) -> None:
    done, said = hurt.done, hurt.said
    assert done.returncode == 0, f"{done.stdout[-4000:]}\n{done.stderr[-4000:]}"
    assert [line for line in said if "Airflow's scheduler has ended" in line]
    assert [line for line in said if "PostgreSQL has ended" in line]
    assert "Traceback" not in "\n".join(said)


def test_a_second_demo_takes_the_first_back(stack: Stack, hurt: Hurt) -> None:
    first = hurt.summary["full"]["run_id"]
    assert [line for line in hurt.said if line.startswith(f"run {first} of an earlier demo: ")]
    assert stack.query(f"select status from cutover.run where run_id = {first}") == [("rolled_back",)]


def test_nothing_is_lost_and_nothing_doubled(stack: Stack, hurt: Hurt) -> None:
    before, rows, after = hurt.summary, hurt.rows, stack.read_json("summary")
    assert after["full"]["run_id"] > before["full"]["run_id"]
    assert after["full"]["entities"] == before["full"]["entities"]
    assert after["full"]["totals"] == before["full"]["totals"]
    assert after["night"]["status"] == "clean"
    assert count_rows(stack) == rows
    assert stack.query("select count(*) from cutover.run where status = 'active'") == [(0,)]


def test_rollback_restores_the_fingerprint(stack: Stack, hurt: Hurt) -> None:
    run_id = stack.read_json("summary")["full"]["run_id"]
    done = stack.run("rollback", str(run_id), "--reason", "the end of the tests")
    assert done.returncode == 0, done.stderr
    full = stack.read_json("summary")["full"]
    assert full["status"] == "rolled_back"
    assert full["fingerprint_before"] == full["fingerprint_after_rollback"] != ""
    assert stack.query("select count(*) from erp.sales_order_line") == [(0,)]


def test_down_leaves_no_process_and_clean_no_trace(stack: Stack, demo: Done) -> None:
    home = stack.home
    place, ours = find_place(home), [*find_marked(str(home.root)), *find_in_folder(str(find_place(home).data))]
    folder = Path(read_state(home)["server_folder"])
    assert len(ours) > 10 and place.data.is_dir()
    assert stack.run("down").returncode == 0
    assert [process for process in ours if process.is_running() and process.status() != psutil.STATUS_ZOMBIE] == []
    assert find_marked(str(home.root)) == [] and find_in_folder(str(place.data)) == []
    assert stack.run("status").returncode == 3
    assert stack.run("clean", "--yes").returncode == 0
    assert not home.root.exists() and not folder.exists()
