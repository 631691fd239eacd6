"""`cutover demo`: the worked example moves from its legacy systems into the target, in Airflow, before your eyes."""

import os
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from cutover.cli.example import LEGACY, TARGET, database_url, write_example
from cutover.cli.following import PHASES, Chronicle, Follower
from cutover.cli.progress import Meter
from cutover.cli.runtime import ProjectOption, find_home, read_admin_password, read_choice
from cutover.cli.show import print_summary
from cutover.cli.world import open_world
from cutover.errors import GateClosed, InputError
from cutover.phases.pages.report import write_report
from cutover.phases.pages.workbook import write_reject_workbook
from cutover.phases.progress import watch_progress
from cutover.phases.rollback import roll_back
from cutover.phases.runs import list_runs
from cutover.phases.summary import summarise
from cutover.phases.world import World, silent
from cutover.runtime.api import Airflow, DagRun, await_end
from cutover.runtime.connections import read_environment
from cutover.runtime.environment import ADMIN
from cutover.runtime.failures import find_failures
from cutover.runtime.home import Home, make_home, read_state, remember
from cutover.runtime.stack import Caller, bring_up, require_running
from cutover.systems.connections import Environment

JOURNEY = "cutover_implementation"
ROLLBACK = "cutover_rollback"
WAVE = "main"
PATIENCE_SECONDS = 3600.0


def register(app: typer.Typer) -> None:
    """Add the verbs of this theme to `app`."""
    app.command()(demo)


def demo(
    project: ProjectOption = None,
    scale: Annotated[int, typer.Option(min=1, help="1 is about 100,000 legacy rows.")] = 1,
    slices: Annotated[int, typer.Option(min=1, max=8, help="Workers that load one entity.")] = 1,
) -> None:
    """Start everything, write the example's legacy systems, and move them into the target and back, in Airflow.

    The journey: land, cleanse, map, gate, pilot with the rehearsal of its rollback, full migration, verification, one
    night of the dual run. Sign-offs are answered for you, and it says so. What an earlier demo loaded is taken back
    first; a journey that still runs is followed to its end.

    Example:  cutover demo        then:  cutover summary
    """
    found, home = find_home(project)
    home = make_home(home.root)
    caller = Caller(os.environ, Path.cwd(), parallelism=2 * (os.cpu_count() or 2))
    state = bring_up(home, found, read_choice(), caller, report=typer.echo)
    login = f"Airflow:  {state.url}  user {ADMIN}, password:  cutover status --show-password"
    typer.echo(login)
    with Airflow(str(state.url), ADMIN, read_admin_password(home)) as airflow:
        run = _running_journey(airflow, home) or _begin(airflow, home, found.include, scale, slices)
        world = open_world(project, silent)
        typer.echo(f"The journey:  {airflow.url}/dags/{JOURNEY}/runs/{run.run_id}")
        console = Console()
        chronicle = Chronicle(typer.echo, Meter(console, console.is_terminal))
        follow = Follower(airflow, chronicle, partial(watch_progress, world), datetime.now(UTC))
        ended = await_end(
            airflow,
            run,
            patience=PATIENCE_SECONDS,
            on_progress=follow,
            interval=1.0,
            require_running=partial(require_running, home),
        )
        if ended.state != "success":
            raise _failure(airflow, ended)
        typer.echo(f"\n{_times(ended, chronicle.seconds)}")
    summary = summarise(world, wave=WAVE)
    assert summary.full is not None  # the journey succeeded
    print_summary(summary, [write_report(world, summary), write_reject_workbook(world, summary.full.run_id)])
    typer.echo(login)


def _times(run: DagRun, phases: Mapping[str, float]) -> str:
    """Write how long a run took, and each of its phases that was seen."""
    whole = (run.ended - run.started).total_seconds() if run.ended and run.started else 0.0
    parts = "; ".join(f"{title} {seconds:.0f} s" for title, seconds in phases.items())
    return f"The journey took {whole:.0f} s: {parts}"


def _running_journey(airflow: Airflow, home: Home) -> DagRun | None:
    """Return the journey that an earlier call began, when it still runs."""
    known = read_state(home).get("journey")
    if known is None:
        return None
    try:
        run = airflow.read_run(JOURNEY, known)
    except InputError:
        return None  # the run, or all of Airflow's history, was deleted since
    return None if run.has_ended else run


def _begin(airflow: Airflow, home: Home, include: Path, scale: int, slices: int) -> DagRun:
    connections = Environment({**read_environment(home), **os.environ})
    legacy, target = (database_url(connections(name)) for name in (LEGACY, TARGET))
    write_example(legacy, target, home.legacy, include, scale=scale, seed=1, reset=False)
    _take_back(open_world(include, silent))
    for dag in (*(phase.dag_id for phase in PHASES), ROLLBACK, JOURNEY):
        airflow.await_dag(dag)
        airflow.unpause(dag)
    run = airflow.trigger(JOURNEY, {"wave": WAVE, "slices": slices})
    remember(home, journey=run.run_id)
    return run


def _take_back(world: World) -> None:
    for run in reversed(list_runs(world)):
        if run.status != "rolled_back":
            result = roll_back(world, run.run_id, reason="a new demo begins", by_whom="cutover demo")
            typer.echo(f"run {run.run_id} of an earlier demo: {result.rows_removed:,} rows taken back")


def _failure(airflow: Airflow, run: DagRun) -> GateClosed:
    """Say in which task the journey failed, and what that task itself says."""
    failures = find_failures(airflow, run, {phase.task_id: phase.dag_id for phase in PHASES})
    told = [f"{each.dag_id}.{each.task_id}: {each.message or 'its log holds no error'}" for each in failures]
    where = failures[0] if failures else run
    return GateClosed(
        "\n".join(["the journey failed", *told]),
        fix=f"mend the cause and clear the red task at {airflow.url}/dags/{where.dag_id}/runs/{where.run_id}, then the "
        "red step of the journey; or run `cutover demo` again",
    )
