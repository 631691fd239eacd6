"""Phases as steps of a whole implementation."""

from typing import Any

from airflow.providers.standard.operators.trigger_dagrun import TriggerDagRunOperator


def passed_on(*names: str) -> dict[str, str]:
    """Return parameters of the journey as templates for the parameters of a phase."""
    return {name: f"{{{{ params.{name} }}}}" for name in names}


def run_phase(dag_id: str, **parameters: Any) -> TriggerDagRunOperator:
    """Run a phase's own DAG, wait for it without holding a worker, and fail when it fails.

    parameters: the phase's. A paused phase fails the step at once instead of waiting for ever.
    """
    return TriggerDagRunOperator(
        task_id=f"run_{dag_id.removeprefix('cutover_')}",
        trigger_dag_id=dag_id,
        conf=parameters,
        logical_date=None,
        wait_for_completion=True,
        deferrable=True,
        poke_interval=1,
        fail_when_dag_is_paused=True,
        # Running a failed phase again by itself would hide its failure; a person clears the step.
        retries=0,
        execution_timeout=None,
    )
