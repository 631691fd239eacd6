"""A small client for the REST API of a running Airflow: trigger a run, follow it, answer its sign-offs."""

import time
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import httpx

from cutover.errors import ConnectionLost, InputError
from cutover.runtime.health import explain_silence

ENDED = frozenset({"success", "failed"})
PAGE = 100


@dataclass(frozen=True)
class DagRun:
    """One run of a DAG; `state` is queued, running, success or failed."""

    dag_id: str
    run_id: str
    state: str
    started: datetime | None
    ended: datetime | None

    @property
    def has_ended(self) -> bool:
        return self.state in ENDED


@dataclass(frozen=True)
class TaskInstance:
    """One task of a run; `map_index` is -1 when it is not mapped, `state` None while nothing was decided."""

    task_id: str
    map_index: int
    state: str | None
    try_number: int
    seconds: float | None
    started: datetime | None = None
    ended: datetime | None = None


@dataclass(frozen=True)
class Question:
    """A sign-off that waits for a person: what is asked and what may be answered."""

    dag_id: str
    run_id: str
    task_id: str
    map_index: int
    subject: str
    body: str
    options: tuple[str, ...]
    task_state: str | None
    try_number: int


class _Login(httpx.Auth):
    """Bear a token, fetched before the first call and again when it is refused."""

    requires_response_body = True

    def __init__(self, url: str, user: str, password: str) -> None:
        self._ask = httpx.Request("POST", f"{url}/auth/token", json={"username": user, "password": password})
        self._token = ""

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        if self._token:
            request.headers["Authorization"] = f"Bearer {self._token}"
            response = yield request
            # An expired or foreign token is 403 like a missing right; asking once more tells them apart.
            if response.status_code not in (401, 403):
                return
        answer = yield self._ask
        if answer.is_server_error:
            raise ConnectionLost(f"Airflow's login failed: {_detail(answer)}", fix="see logs/api-server.log")
        if not answer.is_success:
            raise InputError(
                f"Airflow refuses the login: {_detail(answer)}",
                fix="use what `cutover status --show-password` says",
            )
        self._token = answer.json()["access_token"]
        request.headers["Authorization"] = f"Bearer {self._token}"
        yield request


class Airflow:
    """A session with one Airflow; use it as a context manager.

    Each method raises ConnectionLost when nobody answers or the server fails (5xx), and InputError with the
    server's own message when it refuses (4xx).
    """

    def __init__(self, url: str, user: str, password: str, *, transport: httpx.BaseTransport | None = None) -> None:
        self.url = url.rstrip("/")
        login = _Login(self.url, user, password)
        self._client = httpx.Client(base_url=self.url, auth=login, timeout=30, transport=transport, trust_env=False)

    def __enter__(self) -> "Airflow":
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def await_dag(self, dag_id: str, *, patience: float = 90.0) -> None:
        """Wait until the DAG processor has made the DAG known, which takes some seconds after a start.

        Raises:
            InputError: it is still unknown after `patience` seconds; names the files that fail to import.
        """
        deadline = time.monotonic() + patience
        while True:
            response = self._send("GET", f"/dags/{dag_id}", accept=(200, 404))
            if response.status_code == 200:
                return
            if time.monotonic() > deadline:
                raise self._explain_unknown(dag_id, response)
            time.sleep(1)

    def _explain_unknown(self, dag_id: str, response: httpx.Response) -> InputError:
        broken = self._send("GET", "/importErrors").json()["import_errors"]
        files = ", ".join(sorted(error["filename"] for error in broken))
        why = f"these files fail to import: {files}" if files else _detail(response)
        return InputError(
            f"Airflow does not know the DAG {dag_id}: {why}", fix="see the import errors on its home page"
        )

    def unpause(self, dag_id: str) -> None:
        """Let the scheduler run the DAG."""
        self._send("PATCH", f"/dags/{dag_id}", params={"update_mask": "is_paused"}, json={"is_paused": False})

    def trigger(self, dag_id: str, conf: Mapping[str, Any] | None = None, *, run_id: str | None = None) -> DagRun:
        """Start a run with these params."""
        body = {"logical_date": None, "conf": dict(conf or {}), **({"dag_run_id": run_id} if run_id else {})}
        return _build_run(self._send("POST", f"/dags/{dag_id}/dagRuns", json=body).json())

    def read_run(self, dag_id: str, run_id: str) -> DagRun:
        """Look at a run."""
        return _build_run(self._send("GET", f"/dags/{dag_id}/dagRuns/{run_id}").json())

    def read_tasks(self, dag_id: str, run_id: str) -> list[TaskInstance]:
        """List all task instances of a run, mapped ones each, in the server's order."""
        path = f"/dags/{dag_id}/dagRuns/{run_id}/taskInstances"
        return [_build_task(entry) for entry in self._read_pages(path, "task_instances", {})]

    def read_questions(self, dag_id: str = "~", run_id: str = "~") -> list[Question]:
        """List the sign-offs that nobody has answered yet, of a run or of all."""
        path = f"/dags/{dag_id}/dagRuns/{run_id}/hitlDetails"
        found = self._read_pages(path, "hitl_details", {"response_received": False})
        return [_build_question(entry) for entry in found]

    def _read_pages(self, path: str, name: str, params: Mapping[str, Any]) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        while True:
            page = self._send("GET", path, params={**params, "limit": PAGE, "offset": len(found)}).json()
            found += page[name]
            if not page[name] or len(found) >= page["total_entries"]:
                return found

    def read_task(self, dag_id: str, run_id: str, task_id: str, map_index: int = -1) -> TaskInstance:
        """Look at one task instance."""
        middle = f"{task_id}/{map_index}" if map_index >= 0 else task_id
        path = f"/dags/{dag_id}/dagRuns/{run_id}/taskInstances/{middle}"
        return _build_task(self._send("GET", path).json())

    def read_log(self, dag_id: str, run_id: str, task: TaskInstance) -> list[dict[str, Any]]:
        """Return the entries of a task's last log: event, level, and error_detail where something was raised."""
        path = f"/dags/{dag_id}/dagRuns/{run_id}/taskInstances/{task.task_id}/logs/{task.try_number}"
        params = {"map_index": task.map_index, "full_content": True}
        entries = self._send("GET", path, params=params, headers={"Accept": "application/json"}).json()["content"]
        return [entry for entry in entries if isinstance(entry, dict)]

    def read_xcom(self, dag_id: str, run_id: str, task_id: str, key: str) -> str | None:
        """Return what a task handed on under a name, None when it did not."""
        path = f"/dags/{dag_id}/dagRuns/{run_id}/taskInstances/{task_id}/xcomEntries/{key}"
        response = self._send("GET", path, accept=(404,))
        return None if response.status_code == 404 else str(response.json()["value"])

    def respond(self, question: Question, option: str) -> bool:
        """Record an answer; False when it was answered before. Prefer `signoffs.answer`, which knows when."""
        path = (
            f"/dags/{question.dag_id}/dagRuns/{question.run_id}"
            f"/taskInstances/{question.task_id}/{question.map_index}/hitlDetails"
        )
        body = {"chosen_options": [option], "params_input": {}}
        return self._send("PATCH", path, json=body, accept=(200, 409)).status_code == 200

    def is_taken_for_dead(self, question: Question, try_number: int) -> bool:
        """Tell whether the scheduler failed this try because its executor spoke late (see `signoffs`)."""
        params = {"event": "state mismatch", "dag_id": question.dag_id, "run_id": question.run_id}
        found = self._read_pages("/eventLogs", "event_logs", params)
        tries = [entry["try_number"] for entry in found if entry["task_id"] == question.task_id]
        return try_number in tries

    def clear(self, question: Question) -> None:
        """Let a failed sign-off ask again, and what waits behind it wait again."""
        task = question.task_id if question.map_index < 0 else [question.task_id, question.map_index]
        body = {
            "dag_run_id": question.run_id,
            "task_ids": [task],
            "dry_run": False,
            "only_failed": True,
            "include_downstream": True,
            "reset_dag_runs": True,
        }
        self._send("POST", f"/dags/{question.dag_id}/clearTaskInstances", json=body)

    def _send(self, method: str, path: str, *, accept: tuple[int, ...] = (), **parts: Any) -> httpx.Response:
        try:
            response = self._client.request(method, f"/api/v2{path}", **parts)
        except httpx.HTTPError as error:
            raise explain_silence(self.url, error) from error
        if response.is_success or response.status_code in accept:
            return response
        if response.is_server_error:
            raise ConnectionLost(f"Airflow failed: {_detail(response)}", fix="see logs/api-server.log", call=path)
        raise InputError(f"Airflow refuses: {_detail(response)}", fix="mend the request", call=f"{method} {path}")


def await_end(
    airflow: Airflow,
    run: DagRun,
    *,
    patience: float,
    on_progress: Callable[[DagRun, list[TaskInstance]], None] = lambda run, tasks: None,
    interval: float = 2.0,
    require_running: Callable[[], None] = lambda: None,
) -> DagRun:
    """Follow a run until it has ended, calling `on_progress` at each look; a lost connection is tried again.

    require_running: called before each look; raises when it is no use to wait any longer.

    Raises:
        ConnectionLost: it has not ended after `patience` seconds, or Airflow is silent by then.
    """
    deadline = time.monotonic() + patience
    while True:
        require_running()
        try:
            run = airflow.read_run(run.dag_id, run.run_id)
            on_progress(run, airflow.read_tasks(run.dag_id, run.run_id))
        except ConnectionLost:
            if time.monotonic() > deadline:
                raise
        if run.has_ended:
            return run
        if time.monotonic() > deadline:
            raise ConnectionLost(
                f"the run {run.run_id} of {run.dag_id} has not ended after {patience:.0f} s",
                fix=f"follow it at {airflow.url}/dags/{run.dag_id}/runs/{run.run_id}",
            )
        time.sleep(interval)


def _detail(response: httpx.Response) -> str:
    try:
        return str(response.json()["detail"])
    except (ValueError, KeyError, TypeError):
        return f"status {response.status_code}"


def _parse_time(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _build_run(body: Mapping[str, Any]) -> DagRun:
    started, ended = _parse_time(body["start_date"]), _parse_time(body["end_date"])
    return DagRun(body["dag_id"], body["dag_run_id"], body["state"], started, ended)


def _build_task(body: Mapping[str, Any]) -> TaskInstance:
    known = (body["task_id"], body["map_index"], body["state"], body["try_number"], body["duration"])
    return TaskInstance(*known, _parse_time(body.get("start_date")), _parse_time(body.get("end_date")))


def _build_question(body: Mapping[str, Any]) -> Question:
    task = body["task_instance"]
    return Question(
        task["dag_id"],
        task["dag_run_id"],
        task["task_id"],
        task["map_index"],
        body["subject"],
        body["body"] or "",
        tuple(body["options"]),
        task["state"],
        task["try_number"],
    )
