"""The bodies of tasks: each opens the world, calls one use case, and hands on nothing but ids and names."""

import logging
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal

from airflow.sdk import TriggerRule, task
from airflow.sdk.exceptions import AirflowSkipException

from cutover.errors import GateClosed, InputError
from cutover.orchestration.defaults import TASK_TIMEOUT
from cutover.orchestration.enterprise import read_enterprise
from cutover.orchestration.forms import LATEST, NEW
from cutover.orchestration.signoffs import FULL_MIGRATION, ROLLBACK
from cutover.orchestration.work import at_work, decided_failures

if TYPE_CHECKING:
    from cutover.phases.world import World

log = logging.getLogger(__name__)

# Airflow hands these two to a task that asks for them by name; their default must be None.
Params = Mapping[str, Any] | None
DagRun = Any

STARTED_BY = "airflow_run"


@task
def name_snapshot(dag_run: DagRun = None) -> str:
    """Name the snapshot of this DAG run: a retry of the run finds the same one again."""
    return snapshot_of(dag_run)


@task
def land(params: Params = None, dag_run: DagRun = None) -> str:
    """Land the legacy systems raw; returns the snapshot."""
    chosen = given(params)
    with at_work() as world:
        from cutover.phases.land import land

        snapshot = snapshot_to_land(world, chosen["snapshot"], dag_run)
        limit = int(TASK_TIMEOUT.total_seconds())
        return land(world, batch_rows=chosen["batch_rows"], snapshot=snapshot, statement_timeout=limit)


@task
def gate_landing(snapshot: str, params: Params = None) -> None:
    """Evaluate the gate between landing and cleansing for the whole wave; fail when it is closed."""
    with at_work() as world:
        from cutover.phases.landed import gate_landing

        gate_landing(world, snapshot, given(params)["wave"])


@task
def choose_snapshot(params: Params = None) -> str:
    """Return the snapshot that this run works on, so that `latest` means the same to all of its tasks."""
    wanted = str(given(params)["snapshot"])
    with at_work() as world:
        from cutover.phases.snapshots import latest_snapshot

        if wanted == LATEST:
            return latest_snapshot(world)
        if wanted not in world.staging.snapshots():
            raise InputError(f"there is no snapshot {wanted!r}", fix="run cutover_cleansing, or choose `latest`")
        return wanted


@task
def cleanse_entity(snapshot: str, entity: str, params: Params = None) -> None:
    """Cleanse one entity, unless it is not part of this run."""
    skip_others(entity, params)
    with at_work() as world:
        from cutover.phases.cleanse import cleanse_entity

        cleanse_entity(world, snapshot, entity)


@task(trigger_rule=TriggerRule.NONE_FAILED)
def map_entity(snapshot: str, entity: str, params: Params = None) -> None:
    """Map one entity, unless it is not part of this run."""
    skip_others(entity, params)
    with at_work() as world:
        from cutover.phases.map import map_entity

        map_entity(world, snapshot, entity)


@task(trigger_rule=TriggerRule.NONE_FAILED)
def gate_mapping(snapshot: str, params: Params = None) -> None:
    """Evaluate the gate between mapping and loading for the whole wave; fail when it is closed."""
    with at_work() as world:
        from cutover.phases.gate import gate_mapping

        gate_mapping(world, snapshot, given(params)["wave"])


@task
def require_pilot(snapshot: str, params: Params = None) -> int:
    """Return the pilot that the sign-off rests on; fail when there is none, or its rehearsal did not pass."""
    chosen = given(params)
    with at_work() as world:
        from cutover.phases.readiness import require_rehearsed_pilot

        return require_rehearsed_pilot(world, wave=chosen["wave"], snapshot=snapshot, entities=chosen["entities"])


@task
def start_run(kind: Literal["pilot", "full"], snapshot: str, params: Params = None, dag_run: DagRun = None) -> int:
    """Start a run in the ledger, or find the one that this DAG run started before; returns its number."""
    chosen, name = given(params), name_of(dag_run)
    with at_work() as world:
        from cutover.phases.runs import list_runs, start_run

        for run in list_runs(world):
            if run.status == "active" and run.params.get(STARTED_BY) == name:
                return run.run_id
        return start_run(
            world,
            wave=chosen["wave"],
            kind=kind,
            snapshot=snapshot,
            entities=chosen["entities"] or None,
            params={**chosen, STARTED_BY: name},
        )


@task
def select_pilot(run: int) -> None:
    """Choose the rows of a pilot run."""
    with at_work() as world:
        from cutover.phases.pilot import select_pilot

        select_pilot(world, run)


@task
def plan_slices(params: Params = None) -> list[int]:
    """Return the numbers of the slices that an entity's load is cut into."""
    return list(range(given(params)["slices"]))


@task(trigger_rule=TriggerRule.NONE_FAILED)
def load_entity(run: int, entity: str, slice_index: int = 0, signed: int | None = None, params: Params = None) -> None:
    """Load one slice of an entity, unless it is not part of this run.

    signed: the pilot whose sign-off the ledger must hold, also when someone clears this task alone.
    """
    skip_others(entity, params)
    with at_work() as world:
        from cutover.phases.load import load_entity
        from cutover.phases.signoff import require_signoff

        if signed is not None:
            require_signoff(world, signed, FULL_MIGRATION.gate)
        load_entity(world, run, entity, slice_index=slice_index, slices=given(params).get("slices", 1))


@task(trigger_rule=TriggerRule.NONE_FAILED)
def verify_run(run: int) -> None:
    """Compare what was loaded with what should be there; fail when they differ."""
    with at_work() as world:
        from cutover.phases.verify import verify_run

        verify_run(world, run)


@task
def rehearse_rollback(run: int, dag_run: DagRun = None) -> None:
    """Take a pilot run back and fail unless the target is what it was."""
    with at_work() as world:
        from cutover.phases.rehearsal import rehearse

        rehearse(world, run, by_whom=person_of(dag_run))


@task
def finish_run(run: int) -> None:
    """Close a run in the ledger."""
    with at_work() as world:
        from cutover.phases.runs import finish_run

        finish_run(world, run)


@task
def check_request(params: Params = None) -> int:
    """Check that a rollback says what it means and that there is such a run; returns the run to take back."""
    chosen = given(params)
    with at_work() as world:
        from cutover.phases.runs import read_run

        scope_of(chosen)
        return read_run(world, chosen["run_id"]).run_id


@task
def roll_back(run: int, params: Params = None, dag_run: DagRun = None) -> None:
    """Take back a run, an entity or a batch, and fail when the proof says that something was left behind."""
    chosen = given(params)
    entity, seq = scope_of(chosen)
    choices = {name: chosen[name] for name in ("reason", "on_conflict")}
    with at_work() as world:
        from cutover.phases.rollback import roll_back
        from cutover.phases.signoff import require_signoff

        require_signoff(world, run, ROLLBACK.gate)
        result = roll_back(world, run, entity=entity, seq=seq, by_whom=person_of(dag_run), **choices)
        counts = (result.batches, result.rows_removed, result.rows_restored, result.rows_kept)
        log.info("rollback %s: %s batches, %s rows removed, %s restored, %s kept", result.rollback_id, *counts)
        log.info("original state: %s", result.original_state)
        if result.original_state is False and chosen["on_conflict"] == "stop":
            raise GateClosed(
                f"after the rollback of run {run} the target is not what it was",
                fix="compare the fingerprints of this run in cutover.fingerprint",
            )


@task
def run_night(params: Params = None) -> int:
    """Compare the old and the new system for one night; returns the night."""
    with at_work() as world:
        from cutover.phases.dual_run import run_night

        night = run_night(world, wave=given(params)["wave"])
        log.info("night %s of run %s is %s", night.night_id, night.run_id, night.status)
        if night.status == "invalid":
            raise GateClosed(
                f"night {night.night_id} left something uncompared, so it says nothing",
                fix="look at not_compared in its report, and run the night again",
            )
        return night.night_id


def snapshot_of(dag_run: DagRun) -> str:
    """Name the snapshot that belongs to a DAG run: names sort by time, and two runs never share one."""
    return str(dag_run.run_after.strftime("%Y%m%dT%H%M%S-%f"))


def snapshot_to_land(world: "World", wanted: str, dag_run: DagRun) -> str:
    """Return the snapshot to land: this DAG run's own, the newest, or the one that is named."""
    from cutover.phases.snapshots import latest_snapshot

    if wanted == NEW:
        return snapshot_of(dag_run)
    return latest_snapshot(world) if wanted == LATEST else wanted


def name_of(dag_run: DagRun) -> str:
    """Name a DAG run for the ledger."""
    return f"{dag_run.dag_id} {dag_run.run_id}"


def person_of(dag_run: DagRun) -> str:
    """Name who triggered a DAG run: a person, or the run itself when no person did."""
    return str(dag_run.triggering_user_name or name_of(dag_run))


def skip_others(entity: str, params: Params) -> None:
    """Skip the task of an entity that is not in the wave, or not among the chosen ones."""
    chosen = given(params)
    with decided_failures():
        members = read_enterprise().waves[chosen["wave"]]
    if entity not in members:
        raise AirflowSkipException(f"{entity} is not in wave {chosen['wave']}")
    if chosen["entities"] and entity not in chosen["entities"]:
        raise AirflowSkipException(f"{entity} is not among the chosen entities")


_NEEDS = {"run": "neither entity nor batch", "entity": "an entity and no batch", "batch": "entity and batch"}
_GIVES = {(False, False): "run", (True, False): "entity", (True, True): "batch"}


def scope_of(params: Mapping[str, Any]) -> tuple[str | None, int | None]:
    """Return entity and batch of a rollback, None where it means all of them.

    Raises:
        InputError: level, entity and batch contradict each other.
    """
    level, entity, seq = params["level"], params["entity"], params["seq"]
    if _GIVES.get((entity is not None, seq is not None)) != level:
        problem = f"a rollback of level {level!r} needs {_NEEDS[level]}"
        raise InputError(problem, fix="correct the form and trigger it again")
    return entity, seq


def given(params: Params) -> Mapping[str, Any]:
    """Return the parameters of a DAG run, which Airflow always hands over."""
    assert params is not None
    return params
