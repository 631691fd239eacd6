"""Why a run of Airflow failed, in the words of the task that failed: through the runs that it triggered, to its log."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cutover.runtime.api import Airflow, DagRun, TaskInstance

TRIGGERED_RUN = "trigger_run_id"


@dataclass(frozen=True)
class Failure:
    """The task that failed by itself, not because of another one, and the last error of its log ("" if it has none)."""

    dag_id: str
    run_id: str
    task_id: str
    message: str


def find_failures(airflow: Airflow, run: DagRun, phases: Mapping[str, str]) -> list[Failure]:
    """Find the tasks at which a run failed.

    phases: task id -> the DAG that it runs; where such a task failed, the failures of the run it triggered are meant.
    """
    found: list[Failure] = []
    for task in airflow.read_tasks(run.dag_id, run.run_id):
        if task.state == "failed":
            found += _of_triggered(airflow, run, task, phases) or [_of_task(airflow, run, task)]
    return found


def _of_triggered(airflow: Airflow, run: DagRun, task: TaskInstance, phases: Mapping[str, str]) -> list[Failure]:
    dag_id = phases.get(task.task_id)
    triggered = airflow.read_xcom(run.dag_id, run.run_id, task.task_id, TRIGGERED_RUN) if dag_id else None
    return find_failures(airflow, airflow.read_run(dag_id, triggered), {}) if dag_id and triggered else []


def _of_task(airflow: Airflow, run: DagRun, task: TaskInstance) -> Failure:
    entries = airflow.read_log(run.dag_id, run.run_id, task)
    return Failure(run.dag_id, run.run_id, task.task_id, last_error(entries))


def last_error(entries: list[dict[str, Any]]) -> str:
    """Return the last error of a log: the exception's own message, else what was logged."""
    errors = [entry for entry in entries if entry.get("level") in ("error", "critical")]
    if not errors:
        return ""
    raised = errors[-1].get("error_detail") or []
    # The first is what ended the task; the others are what led to it.
    return str(raised[0].get("exc_value") if raised else errors[-1].get("event", ""))
