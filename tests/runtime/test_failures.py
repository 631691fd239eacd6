"""Why a run failed: from the journey's red step through the run that it triggered to the task's own words."""

from typing import Any

import httpx
import pytest

from cutover.runtime.api import DagRun
from cutover.runtime.failures import Failure, find_failures, last_error
from tests.runtime.test_api import connect, task_body

JOURNEY = DagRun("journey", "j1", "failed", None, None)
CLOSED = {"level": "error", "event": "Task failed", "error_detail": [{"exc_type": "X", "exc_value": "gate is closed"}]}


@pytest.mark.parametrize(
    ("entries", "message"),
    [
        ([{"level": "info", "event": "begun"}, CLOSED, {"level": "info", "event": "ended"}], "gate is closed"),
        ([{"level": "error", "event": "no connection"}, CLOSED], "gate is closed"),
        ([{"level": "error", "event": "killed"}], "killed"),
        ([{"level": "info", "event": "begun"}], ""),
        ([], ""),
    ],
)
def test_the_last_error_of_a_log(entries: list[dict[str, Any]], message: str) -> None:
    assert last_error(entries) == message


def serve(request: httpx.Request) -> httpx.Response:
    path = request.url.path
    if path.endswith("/xcomEntries/trigger_run_id"):
        return httpx.Response(200 if "run_load" in path else 404, json={"value": "p1"})
    if "/logs/" in path:
        return httpx.Response(200, json={"content": [CLOSED] if "/gate/" in path else []})
    if path.endswith("/taskInstances"):
        states = {"run_load": "failed"} if "/j1/" in path else {"gate": "failed", "load": "upstream_failed"}
        tasks = [task_body(name, state) for name, state in states.items()]
        return httpx.Response(200, json={"task_instances": tasks, "total_entries": len(tasks)})
    run = {"dag_id": "load", "dag_run_id": "p1", "state": "failed", "start_date": None, "end_date": None}
    return httpx.Response(200, json=run)


def test_the_failure_of_a_phase_is_that_of_its_task() -> None:
    found = find_failures(connect(serve), JOURNEY, {"run_load": "load"})
    assert found == [Failure("load", "p1", "gate", "gate is closed")]


def test_a_step_that_triggered_nothing_speaks_for_itself() -> None:
    assert find_failures(connect(serve), JOURNEY, {}) == [Failure("journey", "j1", "run_load", "")]
