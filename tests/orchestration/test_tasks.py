"""The bodies of tasks, without Airflow around them."""

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException

from cutover.errors import GateClosed, InputError
from cutover.orchestration import signoffs, tasks, work
from cutover.orchestration.signoffs import Answer

RUN = SimpleNamespace(
    dag_id="cutover_x",
    run_id="manual__1",
    run_after=datetime(2026, 1, 2, 3, 4, 5, 6, UTC),
    triggering_user_name=None,
)
FORM: dict[str, Any] = {"wave": "main", "entities": [], "snapshot": "latest", "slices": 3}


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    staging = SimpleNamespace(snapshots=lambda: ["20260101", "20260102"], manifest=lambda dataset: {"rows": 0})
    made = SimpleNamespace(staging=staging)
    monkeypatch.setattr(work, "open_world", lambda: made)
    return made


def test_a_snapshot_is_named_by_its_run_and_sorts_by_time() -> None:
    assert tasks.name_snapshot.function(dag_run=RUN) == "20260102T030405-000006"


@pytest.mark.parametrize(("wanted", "chosen"), [("latest", "20260102"), ("20260101", "20260101")])
def test_a_snapshot_is_chosen_once(world: SimpleNamespace, wanted: str, chosen: str) -> None:
    assert tasks.choose_snapshot.function(params={**FORM, "snapshot": wanted}) == chosen


def test_a_snapshot_that_is_not_there(world: SimpleNamespace) -> None:
    with pytest.raises(AirflowFailException, match="there is no snapshot '1999'"):
        tasks.choose_snapshot.function(params={**FORM, "snapshot": "1999"})


@pytest.mark.parametrize(
    ("wanted", "landed"), [("new", "20260102T030405-000006"), ("latest", "20260102"), ("mine", "mine")]
)
def test_landing_names_its_snapshot(
    world: SimpleNamespace, monkeypatch: pytest.MonkeyPatch, wanted: str, landed: str
) -> None:
    def land(world: Any, *, batch_rows: int, snapshot: str, statement_timeout: int) -> str:
        return f"{batch_rows} {snapshot} {statement_timeout}"

    monkeypatch.setattr("cutover.phases.land.land", land)
    form = {"snapshot": wanted, "batch_rows": 7}
    assert tasks.land.function(params=form, dag_run=RUN) == f"7 {landed} 21600"


@pytest.mark.parametrize(
    ("entity", "form", "skipped"),
    [
        ("customer", {}, False),
        ("invoice", {}, True),
        ("invoice", {"wave": "late"}, False),
        ("order", {"entities": ["order"]}, False),
        ("customer", {"entities": ["order"]}, True),
    ],
)
def test_an_entity_outside_of_the_run_is_skipped(entity: str, form: dict[str, Any], skipped: bool) -> None:
    if not skipped:
        return tasks.skip_others(entity, {**FORM, **form})
    with pytest.raises(AirflowSkipException):
        tasks.skip_others(entity, {**FORM, **form})


def test_slices_are_numbered_from_zero() -> None:
    assert tasks.plan_slices.function(params=FORM) == [0, 1, 2]


def test_a_started_run_is_found_again(world: SimpleNamespace, monkeypatch: pytest.MonkeyPatch) -> None:
    """A task that was killed after it started the run must not fail on that run."""
    runs: list[SimpleNamespace] = []

    def start(world: Any, *, params: dict[str, Any], **_: Any) -> int:
        runs.append(SimpleNamespace(run_id=41 + len(runs), status="active", params=params))
        return int(runs[-1].run_id)

    monkeypatch.setattr("cutover.phases.runs.start_run", start)
    monkeypatch.setattr("cutover.phases.runs.list_runs", lambda world: runs)
    started = [tasks.start_run.function("full", "s", params=FORM, dag_run=RUN) for _ in range(2)]
    other = SimpleNamespace(dag_id="cutover_x", run_id="manual__2")
    assert started == [41, 41]
    assert tasks.start_run.function("full", "s", params=FORM, dag_run=other) == 42


@pytest.mark.parametrize(
    ("level", "entity", "seq", "scope"),
    [
        ("run", None, None, (None, None)),
        ("entity", "order", None, ("order", None)),
        ("batch", "order", 0, ("order", 0)),
    ],
)
def test_a_rollback_says_what_it_means(level: str, entity: str | None, seq: int | None, scope: Any) -> None:
    assert tasks.scope_of({"level": level, "entity": entity, "seq": seq}) == scope


@pytest.mark.parametrize(
    ("level", "entity", "seq"),
    [
        ("run", "order", None),
        ("run", None, 0),
        ("entity", None, None),
        ("entity", "order", 0),
        ("batch", "order", None),
        ("batch", None, 0),
    ],
)
def test_a_rollback_that_contradicts_itself(level: str, entity: str | None, seq: int | None) -> None:
    with pytest.raises(InputError, match="needs"):
        tasks.scope_of({"level": level, "entity": entity, "seq": seq})


@pytest.mark.parametrize(
    ("original_state", "on_conflict", "fails"),
    [(True, "stop", False), (None, "stop", False), (False, "stop", True), (False, "keep", False)],
)
def test_a_rollback_without_its_proof_fails(
    world: SimpleNamespace,
    monkeypatch: pytest.MonkeyPatch,
    original_state: bool | None,
    on_conflict: str,
    fails: bool,
) -> None:
    asked: list[tuple[int, str]] = []
    result = SimpleNamespace(
        rollback_id=1, batches=1, rows_removed=1, rows_restored=0, rows_kept=0, original_state=original_state
    )
    monkeypatch.setattr("cutover.phases.rollback.roll_back", lambda world, run, **_: result)
    monkeypatch.setattr("cutover.phases.signoff.require_signoff", lambda world, run, gate: asked.append((run, gate)))
    form = {"level": "run", "entity": None, "seq": None, "reason": "a good reason", "on_conflict": on_conflict}
    if fails:
        with pytest.raises(AirflowFailException, match="is not what it was"):
            tasks.roll_back.function(7, params=form, dag_run=RUN)
    else:
        tasks.roll_back.function(7, params=form, dag_run=RUN)
    assert asked == [(7, "rollback")]


@pytest.mark.parametrize("task", ["load", "roll_back"])
def test_without_a_sign_off_nothing_is_written(
    world: SimpleNamespace, monkeypatch: pytest.MonkeyPatch, task: str
) -> None:
    def refuse(world: Any, run: int, gate: str) -> None:
        raise GateClosed("nobody decided")

    monkeypatch.setattr("cutover.phases.signoff.require_signoff", refuse)
    monkeypatch.setattr("cutover.phases.load.load_entity", lambda *_, **__: pytest.fail("loaded"))
    monkeypatch.setattr("cutover.phases.rollback.roll_back", lambda *_, **__: pytest.fail("rolled back"))
    form = {**FORM, "level": "run", "entity": None, "seq": None, "reason": "x", "on_conflict": "stop"}
    with pytest.raises(AirflowFailException, match="nobody decided"):
        if task == "load":
            tasks.load_entity.function(7, "customer", signed=6, params=form)
        else:
            tasks.roll_back.function(7, params=form, dag_run=RUN)


def test_an_invalid_night_is_not_green(world: SimpleNamespace, monkeypatch: pytest.MonkeyPatch) -> None:
    night = SimpleNamespace(night_id=3, run_id=7, status="not_clean")
    monkeypatch.setattr("cutover.phases.dual_run.run_night", lambda world, *, wave: night)
    assert tasks.run_night.function(params=FORM) == 3
    night.status = "invalid"
    with pytest.raises(AirflowFailException, match="left something uncompared"):
        tasks.run_night.function(params=FORM)


def reply(option: str, **more: Any) -> dict[str, Any]:
    return {"chosen_options": [option], "params_input": {}, "responded_by_user": {"id": "1", "name": "Li"}, **more}


@pytest.mark.parametrize(
    ("answer", "read"),
    [
        (reply("Approve"), Answer("Li", "approved")),
        (reply("Reject", params_input={"comment": "too early"}), Answer("Li", "rejected", "too early")),
        (reply("Approve", responded_by_user=None), Answer("nobody", "approved")),
        (reply("Maybe"), Answer("Li", "rejected")),
    ],
)
def test_an_answer_is_read(answer: dict[str, Any], read: Answer) -> None:
    assert signoffs.read_answer(answer) == read


def test_no_answer_is_no_approval() -> None:
    assert signoffs.read_answer(None).decision == "timed_out"


@pytest.mark.parametrize(
    ("answer", "decision"), [(reply("Approve"), "approved"), (reply("Reject"), "rejected"), (None, "timed_out")]
)
def test_every_decision_reaches_the_ledger_and_only_a_yes_goes_on(
    world: SimpleNamespace, monkeypatch: pytest.MonkeyPatch, answer: Any, decision: str
) -> None:
    kept: list[tuple[int, str, str]] = []
    monkeypatch.setattr(
        "cutover.phases.signoff.record_signoff",
        lambda world, run, gate, *, person, decision, comment: kept.append((run, gate, decision)),
    )
    monkeypatch.setattr("cutover.phases.signoff.require_signoff", lambda *_: None)
    if decision == "approved":
        signoffs.require_decision.function(7, "full_migration", answer)
    else:
        with pytest.raises(AirflowFailException, match=f"was not approved: {decision}"):
            signoffs.require_decision.function(7, "full_migration", answer)
    assert kept == [(7, "full_migration", decision)]
