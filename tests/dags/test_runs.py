"""Whole runs without a scheduler: the use cases are stand-ins that write down their calls, a person answers at once."""

from collections.abc import Callable
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.providers.standard.exceptions import HITLTimeoutError
from airflow.providers.standard.operators.hitl import HITLOperator
from airflow.sdk import DAG

from cutover.errors import ConnectionLost, GateClosed
from cutover.orchestration import work

pytestmark = [pytest.mark.airflow, pytest.mark.usefixtures("metadata")]


class Diary(list[str]):
    """The calls of the use cases, in order."""

    def note(self, name: str, result: Any = None) -> Callable[..., Any]:
        def use_case(world: Any, *args: Any, **options: Any) -> Any:
            self.append(" ".join([name, *(str(arg) for arg in args)]))
            if isinstance(result, Exception):
                raise result
            return result

        return use_case

    def of(self, name: str) -> list[str]:
        return [line for line in self if line.split()[0] == name]


@pytest.fixture
def diary(monkeypatch: pytest.MonkeyPatch) -> Diary:
    """Put stand-ins in the place of world and use cases."""
    diary = Diary()
    staging = SimpleNamespace(snapshots=lambda: ["s1"], manifest=lambda dataset: {"rows": 0})
    monkeypatch.setattr(work, "open_world", lambda: SimpleNamespace(staging=staging))
    results = {
        "gate.gate_mapping": None,
        "load.load_entity": None,
        "pilot.select_pilot": None,
        "readiness.require_rehearsed_pilot": 6,
        "rehearsal.rehearse": None,
        "runs.finish_run": None,
        "runs.list_runs": [],
        "runs.read_run": SimpleNamespace(run_id=7),
        "runs.start_run": 7,
        "signoff.require_signoff": None,
        "verify.verify_run": None,
    }
    for name, result in results.items():
        monkeypatch.setattr(f"cutover.phases.{name}", diary.note(name.split(".")[1], result))
    decided = lambda world, run, gate, *, decision, **_: diary.append(f"decided {run} {gate} {decision}")  # noqa: E731
    monkeypatch.setattr("cutover.phases.signoff.record_signoff", decided)
    return diary


@pytest.fixture
def person(monkeypatch: pytest.MonkeyPatch) -> Callable[[str | None], None]:
    """Answer every question at once; None: nobody answers in time."""

    def answers(option: str | None) -> None:
        def execute(self: HITLOperator, context: Any) -> Any:
            if option is None:
                raise HITLTimeoutError("no answer")
            return {"chosen_options": [option], "params_input": {}, "responded_by_user": {"id": "1", "name": "Li"}}

        monkeypatch.setattr(HITLOperator, "execute", execute)

    return answers


def run(dag: DAG, **conf: Any) -> tuple[str, dict[str, set[str]]]:
    """Run a DAG; returns the state of the run, and task -> states of its instances."""
    finished = dag.test(run_conf=conf)
    states: dict[str, set[str]] = {}
    for instance in finished.get_task_instances():
        states.setdefault(instance.task_id, set()).add(str(instance.state))
    return str(finished.state), states


LOADS = {"load_entity 7 customer", "load_entity 7 supplier", "load_entity 7 order"}


def test_an_approved_migration_loads_the_wave_in_order(
    dags: dict[str, DAG], diary: Diary, person: Callable[[str | None], None]
) -> None:
    person("Approve")
    state, tasks = run(dags["cutover_full_migration"], slices=2)
    assert state == "success"
    assert tasks["customer.load_customer"] == {"success"} and tasks["invoice.load_invoice"] == {"skipped"}
    loads = [line.split()[-1] for line in diary.of("load_entity")]
    assert loads == ["customer", "customer", "supplier", "supplier", "order", "order"]
    assert (
        diary.index("decided 6 full_migration approved")
        < diary.index("start_run")
        < diary.index("load_entity 7 customer")
    )
    assert diary[-2:] == ["verify_run 7", "finish_run 7"]


@pytest.mark.parametrize(("option", "decision"), [("Reject", "rejected"), (None, "timed_out")])
def test_without_a_yes_the_migration_fails_before_anything_is_written(
    dags: dict[str, DAG],
    diary: Diary,
    person: Callable[[str | None], None],
    option: str | None,
    decision: str,
) -> None:
    person(option)
    state, tasks = run(dags["cutover_full_migration"])
    assert state == "failed"
    assert f"decided 6 full_migration {decision}" in diary
    assert not diary.of("load_entity") and not diary.of("start_run")
    assert tasks["require_decision"] == {"failed"}
    assert tasks["start_run"] == tasks["finish_run"] == {"upstream_failed"}


@pytest.mark.parametrize(("option", "decision"), [("Reject", "rejected"), (None, "timed_out")])
def test_without_a_yes_nothing_is_taken_back(
    dags: dict[str, DAG],
    diary: Diary,
    person: Callable[[str | None], None],
    monkeypatch: pytest.MonkeyPatch,
    option: str | None,
    decision: str,
) -> None:
    monkeypatch.setattr("cutover.phases.rollback.roll_back", lambda *_, **__: pytest.fail("rolled back"))
    person(option)
    state, tasks = run(dags["cutover_rollback"], run_id=7, reason="a good reason")
    assert (state, tasks["roll_back"]) == ("failed", {"upstream_failed"})
    assert f"decided 7 rollback {decision}" in diary


def test_a_closed_gate_asks_nobody(
    dags: dict[str, DAG], diary: Diary, person: Callable[[str | None], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    person("Approve")
    closed = GateClosed("gate 'mapping' is closed")
    monkeypatch.setattr("cutover.phases.gate.gate_mapping", diary.note("gate_mapping", closed))
    state, tasks = run(dags["cutover_full_migration"])
    assert (state, tasks["approve_load"]) == ("failed", {"upstream_failed"})
    assert tasks["require_decision"] == {"upstream_failed"}
    assert not diary.of("load_entity") and not diary.of("decided")


def test_a_pilot_ends_with_its_rehearsal(dags: dict[str, DAG], diary: Diary) -> None:
    state, _ = run(dags["cutover_pilot_migration"])
    assert state == "success"
    assert set(diary.of("load_entity")) == LOADS
    assert diary[-3:] == ["verify_run 7", "finish_run 7", "rehearse 7"]


def test_a_failed_verification_fails_the_run(
    dags: dict[str, DAG], diary: Diary, monkeypatch: pytest.MonkeyPatch
) -> None:
    wrong = GateClosed("3 rows differ")
    monkeypatch.setattr("cutover.phases.verify.verify_run", diary.note("verify_run", wrong))
    state, _ = run(dags["cutover_pilot_migration"])
    assert state == "failed"
    assert len(diary.of("verify_run")) == 1, "a terminal failure is not tried again"
    assert not diary.of("rehearse")


def test_a_transient_failure_is_tried_again(
    dags: dict[str, DAG], diary: Diary, monkeypatch: pytest.MonkeyPatch
) -> None:
    lost = ConnectionLost("the target does not answer")
    monkeypatch.setattr("cutover.phases.pilot.select_pilot", diary.note("select_pilot", lost))
    dag = dags["cutover_pilot_migration"]
    monkeypatch.setattr(dag.get_task("select_pilot"), "retry_delay", timedelta(0))
    state, _ = run(dag)
    assert state == "failed"
    assert len(diary.of("select_pilot")) == 3
    assert not diary.of("load_entity")


def test_a_rollback_that_contradicts_itself_asks_nobody(
    dags: dict[str, DAG], diary: Diary, person: Callable[[str | None], None]
) -> None:
    person("Approve")
    state, tasks = run(dags["cutover_rollback"], run_id=7, reason="a good reason", level="batch")
    assert (state, tasks["approve_rollback"]) == ("failed", {"upstream_failed"})
