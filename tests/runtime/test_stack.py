"""All local servers together, for real: brought up, used, hurt, mended, taken down without a trace."""

import os
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import psutil
import pytest

from cutover.errors import InputError, RuntimeSetupError
from cutover.runtime import supervisor
from cutover.runtime.api import Airflow, await_end
from cutover.runtime.environment import ADMIN, admin_password_file
from cutover.runtime.home import Home, Project, make_home, read_state
from cutover.runtime.processes import find_marked
from cutover.runtime.signoffs import answer
from cutover.runtime.stack import Caller, StackStatus, bring_up, read_status, remove_all, require_running, take_down
from tests.runtime.conftest import WHEEL

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

DAGS = """
import subprocess

from airflow.providers.standard.operators.hitl import ApprovalOperator
from airflow.sdk import dag, task


@dag(schedule=None)
def asking():
    @task
    def first(): return 1

    @task
    def last(): return 2

    first() >> ApprovalOperator(task_id="gate", subject="Load?", body="17 rows") >> last()


@dag(schedule=None)
def endless():
    @task
    def wait():
        subprocess.run(["sleep", "299"])

    wait()


asking()
endless()
"""


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Home, Project]]:
    root = tmp_path_factory.mktemp("stack")
    for folder in ("include", "dags", "plugins"):
        (root / folder).mkdir()
    (root / "include" / "project.yaml").write_text("", encoding="utf-8")
    (root / "dags" / "two.py").write_text(DAGS, encoding="utf-8")
    home = make_home(root / ".cutover")
    yield home, Project(root, root / "include")
    remove_all(make_home(home.root))


def up(stack: tuple[Home, Project], **extra: str) -> tuple[StackStatus, list[str]]:
    lines: list[str] = []
    caller = Caller({**os.environ, **extra}, Path.cwd(), parallelism=2)
    return bring_up(*stack, WHEEL, caller, report=lines.append), lines


def kill(pid: int) -> None:
    """Kill a process and wait until it is gone."""
    process = psutil.Process(pid)
    process.kill()
    while process.is_running() and process.status() != psutil.STATUS_ZOMBIE:
        time.sleep(0.05)


def connect(home: Home, url: str | None) -> Airflow:
    return Airflow(str(url), ADMIN, admin_password_file(home).read_text(encoding="utf-8").strip())


def test_everything_is_healthy_and_a_second_start_changes_nothing(stack: tuple[Home, Project]) -> None:
    own = {"AIRFLOW_CONN_OTHER_ERP": "postgres://example.org/erp"}
    first, _ = up(stack, **own)
    assert first.is_healthy and len(first.components) == 4
    second, lines = up(stack, **own)
    assert [part.pid for part in second.components] == [part.pid for part in first.components]
    assert "Airflow: already running" in lines


def test_login_stays_on(stack: tuple[Home, Project]) -> None:
    url = up(stack)[0].url
    assert httpx.get(f"{url}/api/v2/dags", trust_env=False).status_code == 401
    with pytest.raises(InputError, match="Invalid credentials"):
        Airflow(str(url), ADMIN, "wrong").read_tasks("asking", "none")


def test_api_and_database_listen_on_loopback_only(stack: tuple[Home, Project]) -> None:
    home = stack[0]
    up(stack)
    listening = {
        (each.laddr.ip, each.laddr.port)
        for process in find_marked(str(home.root))
        for each in process.net_connections()
        if each.status == psutil.CONN_LISTEN
    }
    ports = read_state(home)["ports"]
    assert ("127.0.0.1", ports["api"]) in listening
    # Airflow's two log servers leave no choice of address.
    elsewhere = {port for address, port in listening if address != "127.0.0.1"}
    assert elsewhere <= {ports["worker_log"], ports["trigger_log"]}


def test_sign_off_is_answered_and_the_run_ends(stack: tuple[Home, Project]) -> None:
    status, _ = up(stack)
    with connect(stack[0], status.url) as airflow:
        airflow.await_dag("asking")
        airflow.unpause("asking")
        run = airflow.trigger("asking")
        deadline = time.monotonic() + 60
        while not (questions := airflow.read_questions("asking", run.run_id)):
            assert time.monotonic() < deadline, "the sign-off never asked"
            time.sleep(0.5)
        assert (questions[0].task_id, questions[0].body) == ("gate", "17 rows")
        assert answer(airflow, questions[0], "Approve").state == "success"
        assert await_end(airflow, run, patience=60).state == "success"
        assert {task.state for task in airflow.read_tasks("asking", run.run_id)} == {"success"}


def test_what_was_killed_is_mended(stack: tuple[Home, Project]) -> None:
    before, _ = up(stack)
    scheduler = next(part for part in before.components if part.name == "scheduler")
    assert scheduler.pid
    require_running(stack[0])
    kill(scheduler.pid)
    assert not read_status(stack[0]).is_healthy
    with pytest.raises(RuntimeSetupError, match="Airflow's scheduler has ended"):
        require_running(stack[0])
    after, lines = up(stack)
    assert after.is_healthy
    assert "Airflow: starting scheduler" in lines
    schedulers = [each for each in find_marked(str(stack[0].root)) if each.cmdline()[-1:] == ["scheduler"]]
    assert len(schedulers) == 1


def test_killed_database_comes_back_with_all_that_leans_on_it(stack: tuple[Home, Project]) -> None:
    before, _ = up(stack)
    assert before.database.pid
    kill(before.database.pid)
    with pytest.raises(RuntimeSetupError, match="PostgreSQL has ended"):
        require_running(stack[0])
    after, lines = up(stack)
    assert after.is_healthy
    assert any("database was gone" in line for line in lines)
    assert after.url == before.url


def test_changed_settings_restart_airflow(stack: tuple[Home, Project]) -> None:
    before, _ = up(stack)
    after, lines = up(stack, AIRFLOW_CONN_LEGACY_ERP="postgres://elsewhere/db")
    assert any("settings have changed" in line for line in lines)
    assert {part.pid for part in after.components}.isdisjoint({part.pid for part in before.components})


def test_down_leaves_no_process_even_with_a_task_at_work(stack: tuple[Home, Project]) -> None:
    home = stack[0]
    status, _ = up(stack)
    with connect(home, status.url) as airflow:
        airflow.await_dag("endless")
        airflow.unpause("endless")
        run = airflow.trigger("endless")
        deadline = time.monotonic() + 60
        while not [each for each in find_marked(str(home.root)) if each.cmdline() == ["sleep", "299"]]:
            assert time.monotonic() < deadline, f"the task never ran: {airflow.read_tasks('endless', run.run_id)}"
            time.sleep(0.5)
    take_down(home)
    assert find_marked(str(home.root)) == []
    assert not read_status(home).database.alive
    take_down(home)


def test_component_that_cannot_start_is_named_with_its_log(
    stack: tuple[Home, Project], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervisor, "COMPONENTS", ("api-server", "no-such-component"))
    with pytest.raises(RuntimeSetupError, match=r"no-such-component has ended.*no-such-component\.log"):
        up(stack)
    assert find_marked(str(stack[0].root)) == []
