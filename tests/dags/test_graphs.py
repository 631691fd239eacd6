"""The arrows: entities after those that they refer to, and every dangerous task behind all of its guards."""

import copy

import pytest
from airflow.providers.standard.exceptions import HITLTimeoutError
from airflow.sdk import DAG, RetryAction, TriggerRule
from airflow.sdk.exceptions import ParamValidationError

ENTITIES = ("customer", "supplier", "order", "invoice")
PARENTS = {"customer": (), "supplier": ("customer",), "order": ("customer", "supplier"), "invoice": ("order",)}


def upstream(dag: DAG, task_id: str) -> set[str]:
    return {task.task_id for task in dag.get_task(task_id).get_flat_relatives(upstream=True)}


def loads(entity: str) -> str:
    return f"{entity}.load_{entity}"


@pytest.mark.parametrize("entity", ENTITIES)
def test_an_entity_waits_for_those_that_it_refers_to(dags: dict[str, DAG], entity: str) -> None:
    for parent in PARENTS[entity]:
        assert f"map_{parent}" in dags["cutover_mapping"].get_task(f"map_{entity}").upstream_task_ids
        for dag_id in ("cutover_pilot_migration", "cutover_full_migration"):
            assert loads(parent) in dags[dag_id].get_task(loads(entity)).upstream_task_ids
    children = [child for child, parents in PARENTS.items() if entity in parents]
    assert not upstream(dags["cutover_mapping"], f"map_{entity}") & {f"map_{child}" for child in children}


GUARDS = [
    *(("cutover_cleansing", f"cleanse_{entity}", {"land", "gate_landing"}) for entity in ENTITIES),
    ("cutover_mapping", "gate_mapping", {"choose_snapshot", *(f"map_{entity}" for entity in ENTITIES)}),
    *(
        ("cutover_pilot_migration", loads(entity), {"choose_snapshot", "gate_mapping", "start_run", "select_pilot"})
        for entity in ENTITIES
    ),
    ("cutover_pilot_migration", "rehearse_rollback", {"start_run", "verify_run", "finish_run", *map(loads, ENTITIES)}),
    *(
        (
            "cutover_full_migration",
            loads(entity),
            {"choose_snapshot", "gate_mapping", "require_pilot", "approve_load", "require_decision", "start_run"},
        )
        for entity in ENTITIES
    ),
    ("cutover_full_migration", "start_run", {"gate_mapping", "require_pilot", "approve_load", "require_decision"}),
    ("cutover_full_migration", "finish_run", {"verify_run", *map(loads, ENTITIES)}),
    ("cutover_rollback", "roll_back", {"check_request", "approve_rollback", "require_decision"}),
    ("cutover_quarantine", "import_corrections", {"check_corrections", "approve_corrections", "require_decision"}),
    ("cutover_quarantine", "verify_run", {"import_corrections"}),
    ("cutover_implementation", "run_full_migration", {"run_cleansing", "run_mapping", "run_pilot_migration"}),
    ("cutover_implementation", "run_dual_run", {"run_full_migration"}),
]


@pytest.mark.parametrize(("dag_id", "task_id", "guards"), GUARDS)
def test_a_dangerous_task_has_all_its_guards(dags: dict[str, DAG], dag_id: str, task_id: str, guards: set[str]) -> None:
    assert guards <= upstream(dags[dag_id], task_id)


@pytest.mark.parametrize("dag_id", ["cutover_full_migration", "cutover_quarantine", "cutover_rollback"])
def test_what_is_dangerous_asks_the_decision_itself(dags: dict[str, DAG], dag_id: str) -> None:
    """Not only by way of a task that may be skipped: `none_failed` takes a skipped task for a good one."""
    writes = ("load_", "roll_back", "import_")
    dangerous = [task for task in dags[dag_id].tasks if task.task_id.split(".")[-1].startswith(writes)]
    assert dangerous
    for task in dangerous:
        assert "require_decision" in task.upstream_task_ids


def test_no_last_task_hides_a_failure(dags: dict[str, DAG]) -> None:
    lenient = {TriggerRule.ALL_DONE, TriggerRule.ALL_DONE_MIN_ONE_SUCCESS, TriggerRule.ONE_DONE, TriggerRule.ALWAYS}
    for dag in dags.values():
        for task in dag.tasks:
            if task.trigger_rule in lenient:
                assert task.task_id == "require_decision" and task.downstream_task_ids
        assert {leaf.trigger_rule for leaf in dag.leaves} <= {TriggerRule.ALL_SUCCESS, TriggerRule.NONE_FAILED}


def test_questions_end_and_are_answered_yes_or_no(dags: dict[str, DAG]) -> None:
    asked = {
        "cutover_full_migration": "approve_load",
        "cutover_quarantine": "approve_corrections",
        "cutover_rollback": "approve_rollback",
    }
    for dag_id, task_id in asked.items():
        question = dags[dag_id].get_task(task_id)
        assert question.options == ["Approve", "Reject"]
        assert question.response_timeout is not None
        assert question.defaults is None, "a default answer would be a sign-off by nobody"
        assert question.downstream_task_ids == {"require_decision"}
        assert "check_result" in question.body and "run_id" in question.body


def test_phases_are_linked_by_assets(dags: dict[str, DAG]) -> None:
    def names(dag_id: str, side: str) -> set[str]:
        return {asset.name for task in dags[dag_id].tasks for asset in getattr(task, side)}

    assert names("cutover_cleansing", "outlets") == {"raw", *(f"clean.{entity}" for entity in ENTITIES)}
    assert names("cutover_mapping", "inlets") == {f"clean.{entity}" for entity in ENTITIES}
    assert names("cutover_mapping", "outlets") == names("cutover_full_migration", "inlets")
    assert names("cutover_full_migration", "outlets") == names("cutover_dual_run", "inlets")
    assert names("cutover_pilot_migration", "outlets") == set(), "a pilot leaves nothing behind"


def test_tasks_retry_soon_and_end_in_time(dags: dict[str, DAG]) -> None:
    from cutover.orchestration.defaults import TASK_TIMEOUT

    for dag in dags.values():
        for task in dag.tasks:
            waits = task.task_type == "TriggerDagRunOperator"
            asks = task.task_type == "HITLOperator"
            assert task.retries == (0 if waits else 20 if asks else 2), task.task_id
            assert task.execution_timeout == (None if waits else TASK_TIMEOUT), task.task_id
            assert (task.retry_policy is not None) is asks


def test_a_person_who_did_not_answer_is_not_asked_again(dags: dict[str, DAG]) -> None:
    policy = dags["cutover_full_migration"].get_task("approve_load").retry_policy
    silence = policy.evaluate(HITLTimeoutError("no answer"), try_number=1, max_tries=20)
    lost = policy.evaluate(RuntimeError("state mismatch"), try_number=1, max_tries=20)
    assert (silence.action, lost.action) == (RetryAction.FAIL, RetryAction.DEFAULT)


def test_the_journey_waits_without_a_worker_and_passes_the_snapshot_on(dags: dict[str, DAG]) -> None:
    journey = dags["cutover_implementation"]
    for task in journey.tasks:
        if task.task_type == "TriggerDagRunOperator":
            assert task.deferrable and task.wait_for_completion and task.fail_when_dag_is_paused
            assert set(task.conf) <= set(dags[task.trigger_dag_id].params)
            assert task.trigger_dag_id in dags
    named = [task.trigger_dag_id for task in journey.tasks if "snapshot" in (getattr(task, "conf", None) or {})]
    assert sorted(named) == sorted(
        ["cutover_cleansing", "cutover_mapping", "cutover_pilot_migration", "cutover_full_migration"]
    )


def fill_in(dag: DAG, conf: dict[str, object]) -> None:
    form = copy.deepcopy(dag.params)
    form.update(conf)
    form.validate()


@pytest.mark.parametrize(
    ("dag_id", "conf"),
    [
        ("cutover_cleansing", {"wave": "typo"}),
        ("cutover_cleansing", {"batch_rows": 0}),
        ("cutover_cleansing", {"batch_rows": "many"}),
        ("cutover_cleansing", {"snapshot": "../../etc"}),
        ("cutover_mapping", {"entities": ["custmer"]}),
        ("cutover_mapping", {"entities": ["order", "order"]}),
        ("cutover_full_migration", {"slices": 0}),
        ("cutover_full_migration", {"slices": 17}),
        ("cutover_rollback", {"reason": "a good reason"}),
        ("cutover_rollback", {"run_id": 1}),
        ("cutover_rollback", {"run_id": 0, "reason": "a good reason"}),
        ("cutover_rollback", {"run_id": 1, "reason": "short"}),
        ("cutover_rollback", {"run_id": 1, "reason": "a good reason", "level": "planet"}),
        ("cutover_rollback", {"run_id": 1, "reason": "a good reason", "entity": "custmer"}),
        ("cutover_rollback", {"run_id": 1, "reason": "a good reason", "on_conflict": "overwrite"}),
    ],
)
def test_a_form_refuses(dags: dict[str, DAG], dag_id: str, conf: dict[str, object]) -> None:
    with pytest.raises(ParamValidationError):
        fill_in(dags[dag_id], conf)


@pytest.mark.parametrize(
    ("dag_id", "conf"),
    [
        ("cutover_cleansing", {}),
        ("cutover_cleansing", {"wave": "late", "batch_rows": 10, "snapshot": "20260101T000000-000001"}),
        ("cutover_mapping", {"entities": ["order", "customer"]}),
        ("cutover_full_migration", {"slices": 4}),
        ("cutover_rollback", {"run_id": 1, "reason": "a good reason"}),
        ("cutover_rollback", {"run_id": 1, "reason": "a good reason", "level": "batch", "entity": "order", "seq": 0}),
    ],
)
def test_a_form_takes(dags: dict[str, DAG], dag_id: str, conf: dict[str, object]) -> None:
    fill_in(dags[dag_id], conf)
