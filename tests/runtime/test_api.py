"""The client of Airflow's API against a scripted server: logins, refusals, silence, and the sign-off race."""

import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from cutover.errors import ConnectionLost, InputError, RuntimeSetupError
from cutover.runtime.api import Airflow, DagRun, Question, await_end
from cutover.runtime.health import read_health
from cutover.runtime.signoffs import SETTLE_SECONDS, answer

URL = "http://127.0.0.1:1"
Handler = Callable[[httpx.Request], httpx.Response]
RUN = {"dag_id": "d", "dag_run_id": "r", "state": "running", "start_date": None, "end_date": None}


def connect(handler: Handler) -> Airflow:
    def serve(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/auth/token":
            return httpx.Response(201, json={"access_token": "t"})
        return handler(request)

    return Airflow(URL, "admin", "secret", transport=httpx.MockTransport(serve))


def test_expired_token_is_fetched_anew() -> None:
    tokens = iter(["old", "new"])

    def serve(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/auth/token":
            return httpx.Response(201, json={"access_token": next(tokens)})
        is_old = request.headers["Authorization"] == "Bearer old"
        serve.calls += 1  # type: ignore[attr-defined]
        return httpx.Response(403 if is_old and serve.calls > 1 else 200, json=RUN)  # type: ignore[attr-defined]

    serve.calls = 0  # type: ignore[attr-defined]
    airflow = Airflow(URL, "admin", "secret", transport=httpx.MockTransport(serve))
    assert airflow.read_run("d", "r").state == "running"
    assert airflow.read_run("d", "r").state == "running"
    assert next(tokens, None) is None


def test_refusal_carries_the_servers_message() -> None:
    with pytest.raises(InputError, match="batch size must be positive"):
        connect(lambda _: httpx.Response(400, json={"detail": "batch size must be positive"})).trigger("d")


def test_wrong_password_is_a_refusal() -> None:
    refuse = httpx.MockTransport(lambda _: httpx.Response(401, json={"detail": "Invalid credentials"}))
    with pytest.raises(InputError, match="Invalid credentials"):
        Airflow(URL, "admin", "wrong", transport=refuse).read_run("d", "r")


def test_failing_server_is_transient() -> None:
    with pytest.raises(ConnectionLost, match="status 502"):
        connect(lambda _: httpx.Response(502, text="bad gateway")).read_run("d", "r")


def test_silence_is_transient() -> None:
    with pytest.raises(ConnectionLost, match=f"does not answer at {URL}"):
        Airflow(URL, "admin", "secret").read_run("d", "r")
    with pytest.raises(ConnectionLost):
        read_health(URL)


def test_all_pages_are_read() -> None:
    def serve(request: httpx.Request) -> httpx.Response:
        offset = int(request.url.params["offset"])
        tasks = [task_body(f"t{n}") for n in range(offset, min(offset + 100, 230))]
        return httpx.Response(200, json={"task_instances": tasks, "total_entries": 230})

    found = connect(serve).read_tasks("d", "r")
    assert [task.task_id for task in found] == [f"t{n}" for n in range(230)]


def test_unknown_dag_names_the_files_that_fail_to_import() -> None:
    def serve(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/importErrors"):
            return httpx.Response(200, json={"import_errors": [{"filename": "broken.py"}]})
        return httpx.Response(404, json={"detail": "not found"})

    with pytest.raises(InputError, match="fail to import: broken.py"):
        connect(serve).await_dag("d", patience=0)


def test_run_is_followed_through_a_lost_connection() -> None:
    answers = iter([httpx.Response(503), httpx.Response(200, json={**RUN, "state": "failed"})])

    def serve(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/taskInstances"):
            return httpx.Response(200, json={"task_instances": [], "total_entries": 0})
        return next(answers)

    seen: list[str] = []
    run = DagRun("d", "r", "queued", None, None)
    ended = await_end(
        connect(serve), run, patience=5, interval=0, on_progress=lambda run, tasks: seen.append(run.state)
    )
    assert (ended.state, ended.has_ended, seen) == ("failed", True, ["failed"])


def test_run_that_does_not_end_is_given_up() -> None:
    def serve(request: httpx.Request) -> httpx.Response:
        body = {"task_instances": [], "total_entries": 0} if "taskInstances" in request.url.path else RUN
        return httpx.Response(200, json=body)

    with pytest.raises(ConnectionLost, match="has not ended after 0 s"):
        await_end(connect(serve), DagRun("d", "r", "queued", None, None), patience=0, interval=0)


def task_body(name: str, state: str = "success", tries: int = 1) -> dict[str, Any]:
    return {"task_id": name, "map_index": -1, "state": state, "try_number": tries, "duration": None}


QUESTION = Question("d", "r", "gate", -1, "Load?", "", ("Approve", "Reject"), "awaiting_input", 1)


class Scripted:
    """An Airflow in which the sign-off's task goes through `states`, one per look."""

    def __init__(self, states: list[tuple[str, int]], *, pending: bool = True, lost: tuple[int, ...] = ()) -> None:
        self.states, self.pending, self.lost = states, pending, lost
        self.answers: list[str] = []
        self.cleared: list[dict[str, Any]] = []
        self.slept = 0.0

    def serve(self, request: httpx.Request) -> httpx.Response:
        if request.method == "PATCH":
            self.answers.append(request.content.decode())
            return httpx.Response(200, json={})
        if request.url.path.endswith("/clearTaskInstances"):
            self.cleared.append(json.loads(request.content))
            return httpx.Response(200, json={})
        if request.url.path.endswith("/eventLogs"):
            assert request.url.params["event"] == "state mismatch"
            found = [{"task_id": "gate", "try_number": number} for number in self.lost]
            return httpx.Response(200, json={"event_logs": found, "total_entries": len(found)})
        if request.url.path.endswith("/hitlDetails"):
            task = {**task_body("gate", "awaiting_input"), "dag_id": "d", "dag_run_id": "r"}
            detail = {"subject": "s", "body": None, "options": ["Approve"], "task_instance": task}
            asked = [detail] if self.pending else []
            return httpx.Response(200, json={"hitl_details": asked, "total_entries": len(asked)})
        state, tries = self.states.pop(0) if len(self.states) > 1 else self.states[0]
        return httpx.Response(200, json=task_body("gate", state, tries))

    def sleep(self, seconds: float) -> None:
        self.slept += seconds

    def answer(self, option: str = "Approve", patience: float = 60) -> str | None:
        return answer(connect(self.serve), QUESTION, option, patience=patience, sleep=self.sleep).state


def test_answer_waits_until_the_task_has_settled_in_waiting() -> None:
    script = Scripted([("awaiting_input", 1), ("awaiting_input", 1), ("success", 1)])
    assert script.answer() == "success"
    assert len(script.answers) == 1 and '"Approve"' in script.answers[0]
    assert script.slept >= SETTLE_SECONDS


def test_task_that_is_queued_again_meanwhile_is_not_answered_yet() -> None:
    parked, queued = ("awaiting_input", 1), ("queued", 1)
    script = Scripted([parked, queued, queued, ("awaiting_input", 2), ("awaiting_input", 2), ("success", 2)])
    assert script.answer() == "success"
    assert len(script.answers) == 1


def test_task_that_asks_anew_is_answered_anew() -> None:
    first, second = ("awaiting_input", 1), ("awaiting_input", 2)
    script = Scripted([first, first, ("up_for_retry", 1), second, second, ("success", 2)])
    assert script.answer() == "success"
    assert len(script.answers) == 2


def test_question_that_somebody_else_answered_is_left_to_them() -> None:
    parked = ("awaiting_input", 1)
    script = Scripted([parked, parked, ("success", 1)], pending=False)
    assert script.answer() == "success"
    assert script.answers == []


def test_task_that_the_scheduler_took_for_dead_is_cleared_and_answered_again() -> None:
    first, second = ("awaiting_input", 1), ("awaiting_input", 2)
    script = Scripted([first, first, ("failed", 1), second, second, ("success", 2)], lost=(1,))
    assert script.answer() == "success"
    assert len(script.answers) == 2
    assert [(each["task_ids"], each["dag_run_id"], each["dry_run"]) for each in script.cleared] == [
        (["gate"], "r", False)
    ]


def test_task_that_failed_for_another_reason_stays_failed() -> None:
    parked = ("awaiting_input", 2)
    script = Scripted([parked, parked, ("failed", 2)], lost=(1,))
    assert script.answer() == "failed"
    assert script.cleared == []


def test_task_that_is_taken_for_dead_again_and_again_is_given_up() -> None:
    script = Scripted([("failed", 1)], lost=(1,))
    assert script.answer() == "failed"
    assert len(script.cleared) == 3


def test_answer_that_is_not_offered_is_refused_before_asking() -> None:
    script = Scripted([("awaiting_input", 1)])
    with pytest.raises(InputError, match="'Perhaps' is no answer.*choose one of Approve, Reject"):
        script.answer("Perhaps")
    assert script.answers == []


def test_task_that_never_settles_is_given_up() -> None:
    with pytest.raises(ConnectionLost, match="has not taken its answer after 10 s"):
        Scripted([("queued", 1)]).answer(patience=10)


def test_waiting_ends_when_there_is_no_use_in_it() -> None:
    def end() -> None:
        raise RuntimeSetupError("Airflow's scheduler has ended")

    with pytest.raises(RuntimeSetupError, match="scheduler has ended"):
        await_end(Airflow(URL, "admin", "x"), DagRun("d", "r", "queued", None, None), patience=60, require_running=end)
