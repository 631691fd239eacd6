"""The phases by hand: `cutover create-target`, then `land | cleanse | map | gate | pilot | load | verify` and so on."""

import json
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Literal

import typer

from cutover.cli.runtime import JsonOption, ProjectOption
from cutover.cli.show import checks_as_json, print_night, print_summary, print_trace, summary_as_json
from cutover.cli.world import open_world, pick_snapshot, require_snapshot
from cutover.errors import InputError
from cutover.phases.cleanse import cleanse_entity
from cutover.phases.create_target import create_target as create_empty_target
from cutover.phases.dual_run import run_night
from cutover.phases.gate import gate_mapping
from cutover.phases.land import land as land_snapshot
from cutover.phases.landed import gate_landing
from cutover.phases.load import load_entity
from cutover.phases.map import map_entity
from cutover.phases.pages.report import write_report
from cutover.phases.pages.workbook import write_reject_workbook
from cutover.phases.pilot import select_pilot
from cutover.phases.profile import write_profile
from cutover.phases.readiness import require_rehearsed_pilot
from cutover.phases.rehearsal import rehearse
from cutover.phases.rollback import OnConflict, roll_back
from cutover.phases.runs import finish_run, list_runs, read_run, start_run
from cutover.phases.summary import summarise
from cutover.phases.trace import mask_trace, trace_rows
from cutover.phases.verify import verify_run
from cutover.phases.world import World

WaveOption = Annotated[str, typer.Option("--wave", help="A wave of project.yaml.")]
SnapshotOption = Annotated[str, typer.Option("--snapshot", help="A landed snapshot, or `latest`.")]
EntityOption = Annotated[list[str] | None, typer.Option("--entity", help="Only this entity; may be repeated.")]
RunArgument = Annotated[int, typer.Argument(help="The run's number; `cutover runs` lists them.")]


def register(app: typer.Typer) -> None:
    """Add the verbs of this theme to `app`."""
    for verb in (
        create_target,
        land,
        profile,
        cleanse,
        map_,
        gate,
        pilot,
        load,
        verify,
        rollback,
        night,
        trace,
        runs,
        summary,
    ):
        app.command(verb.__name__.rstrip("_").replace("_", "-"))(verb)


def create_target(project: ProjectOption = None) -> None:
    """Create the empty target from the SQL files of `target.setup`, in one transaction, where none of it is there.

    Example:  cutover create-target        then:  cutover land
    """
    created = create_empty_target(open_world(project))
    typer.echo(f"created {', '.join(created)}\nNext:  cutover land")


def land(
    project: ProjectOption = None,
    batch_rows: Annotated[int, typer.Option("--batch-rows", min=1, help="Rows of a part, and so of a batch.")] = 50_000,
    snapshot: Annotated[str | None, typer.Option("--snapshot", help="Resume this snapshot.")] = None,
) -> None:
    """Read the legacy systems once, read-only and consistently, into a snapshot.

    Example:  cutover land        then:  cutover cleanse
    """
    world = open_world(project)
    resumed = None if snapshot is None else require_snapshot(world, snapshot)
    name = land_snapshot(world, batch_rows=batch_rows, snapshot=resumed)
    typer.echo(f"snapshot {name}\nNext:  cutover cleanse")


def profile(
    entity: Annotated[str | None, typer.Argument(help="The entity; all of them when not given.")] = None,
    project: ProjectOption = None,
    snapshot: SnapshotOption = "latest",
) -> None:
    """Write a page per entity on what its landed columns hold: shares, shapes, plots, suspected defects.

    Example:  cutover profile customer        then:  cutover cleanse
    """
    world = open_world(project)
    name = pick_snapshot(world, snapshot)
    for one in [entity] if entity else world.specification.mappings:
        typer.echo(write_profile(world, name, one))
    typer.echo("Next:  cutover cleanse")


def cleanse(project: ProjectOption = None, snapshot: SnapshotOption = "latest", entity: EntityOption = None) -> None:
    """Apply the cleansing rules; every changed cell is logged.

    Example:  cutover cleanse --entity customer        then:  cutover map
    """
    _each(project, snapshot, entity, cleanse_entity)
    typer.echo("Next:  cutover map")


def map_(project: ProjectOption = None, snapshot: SnapshotOption = "latest", entity: EntityOption = None) -> None:
    """Map and gate rows: what becomes of each of them is decided here, before anything is loaded.

    Example:  cutover map        then:  cutover gate
    """
    _each(project, snapshot, entity, map_entity)
    typer.echo("Next:  cutover gate")


def _each(
    project: Path | None, snapshot: str, entities: list[str] | None, phase: Callable[[World, str, str], None]
) -> None:
    world = open_world(project)
    name = pick_snapshot(world, snapshot)
    for entity in world.specification.mappings:
        if not entities or entity in entities:
            phase(world, name, entity)
    for entity in entities or ():
        world.specification.mapping(entity)


def gate(
    project: ProjectOption = None,
    wave: WaveOption = "main",
    snapshot: SnapshotOption = "latest",
    at: Annotated[
        Literal["landing", "mapping"], typer.Option("--at", help="Of a landed snapshot, or of a mapped one.")
    ] = "mapping",
    as_json: JsonOption = False,
) -> None:
    """Evaluate the gate of a landed or a mapped snapshot; exit status 1 when it is closed.

    Example:  cutover gate        then:  cutover pilot
    """
    world = open_world(project)
    evaluate, after = (gate_landing, "cleanse") if at == "landing" else (gate_mapping, "pilot")
    with checks_as_json(as_json) as show:
        results = evaluate(world, pick_snapshot(world, snapshot), wave)
        show(results, f"the gate is open: {len(results)} checks\nNext:  cutover {after}")


def pilot(
    project: ProjectOption = None,
    wave: WaveOption = "main",
    snapshot: SnapshotOption = "latest",
    by: Annotated[str, typer.Option("--by", help="Who rehearses the way back.")] = "command line",
) -> None:
    """Load a small selection, verify all of it, take it back, and prove that the target is what it was.

    Example:  cutover pilot        then:  cutover load
    """
    world = open_world(project)
    run_id = start_run(world, wave=wave, kind="pilot", snapshot=pick_snapshot(world, snapshot))
    select_pilot(world, run_id)
    _load_all(world, run_id)
    verify_run(world, run_id)
    finish_run(world, run_id)
    result = rehearse(world, run_id, by_whom=by)
    typer.echo(
        f"run {run_id}: loaded, verified, taken back; original state: {result.original_state}\nNext:  cutover load"
    )


def load(
    project: ProjectOption = None,
    wave: WaveOption = "main",
    snapshot: SnapshotOption = "latest",
    run_id: Annotated[int | None, typer.Option("--resume", help="Go on with this run.")] = None,
    without_pilot: Annotated[
        str | None, typer.Option("--without-pilot", help="Why no pilot has to be proven first; kept with the run.")
    ] = None,
) -> None:
    """Load everything, each batch exactly once, then verify 100 % of the rows; a pilot was proven on the snapshot.

    Example:  cutover load        then:  cutover summary
    """
    world = open_world(project)
    run = run_id if run_id is not None else _start_full(world, wave, pick_snapshot(world, snapshot), without_pilot)
    _load_all(world, run)
    verify_run(world, run)
    finish_run(world, run)
    typer.echo(f"run {run} is finished\nNext:  cutover summary   (cutover rollback {run} --reason ... takes it back)")


def _start_full(world: World, wave: str, snapshot: str, without_pilot: str | None) -> int:
    if without_pilot is None:
        require_rehearsed_pilot(world, wave=wave, snapshot=snapshot)
    elif not without_pilot.strip():
        raise InputError("--without-pilot gives no reason", fix="say why no pilot has to be proven, or run one")
    params = {} if without_pilot is None else {"without_pilot": without_pilot}
    return start_run(world, wave=wave, kind="full", snapshot=snapshot, params=params)


def _load_all(world: World, run_id: int) -> None:
    for entity in read_run(world, run_id).entities:
        load_entity(world, run_id, entity)


def verify(run_id: RunArgument, project: ProjectOption = None, as_json: JsonOption = False) -> None:
    """Compare every row of a run with what the mapping says it must be; exit status 1 when something differs.

    Example:  cutover verify 2
    """
    with checks_as_json(as_json) as show:
        results = verify_run(open_world(project), run_id)
        show(results, f"run {run_id}: {len(results)} checks passed\nNext:  cutover summary")


def rollback(
    run_id: RunArgument,
    reason: Annotated[str, typer.Option("--reason", help="Why; it is kept in the ledger.")],
    project: ProjectOption = None,
    entity: Annotated[str | None, typer.Option("--entity", help="Only this entity.")] = None,
    batch: Annotated[
        int | None, typer.Option("--batch", min=0, max=2**31 - 1, help="Only this batch of the entity.")
    ] = None,
    on_conflict: Annotated[
        OnConflict, typer.Option("--on-conflict", help="What to do with rows that people changed since.")
    ] = "stop",
    by: Annotated[str, typer.Option("--by", help="Who decided.")] = "command line",
    as_json: JsonOption = False,
) -> None:
    """Take back a run, an entity or a batch; what people changed since is never overwritten silently.

    Example:  cutover rollback 2 --reason "finance tie-out failed"
    """
    world = open_world(project)
    result = roll_back(world, run_id, entity=entity, seq=batch, reason=reason, by_whom=by, on_conflict=on_conflict)
    if as_json:
        typer.echo(json.dumps(asdict(result), indent=2, ensure_ascii=False))
        return
    typer.echo(f"run {run_id}: {result.rows_removed} rows removed, {result.rows_kept} kept")
    if result.original_state is not None:
        typer.echo(f"the target is {'what it was before' if result.original_state else 'NOT what it was before'}")
    typer.echo("Next:  cutover summary")


def night(project: ProjectOption = None, wave: WaveOption = "main", as_json: JsonOption = False) -> None:
    """Compare both systems as the nightly dual run does: row by row, and by control totals.

    Example:  cutover night        then:  cutover summary
    """
    world = open_world(project)
    world.specification.entities(wave)
    found = run_night(world, wave=wave)
    print_night(found, as_json=as_json)


def trace(
    entity: Annotated[str, typer.Argument(help="The entity.")],
    key: Annotated[str, typer.Argument(help="The row's key after cleansing, its parts joined by |.")],
    project: ProjectOption = None,
    snapshot: SnapshotOption = "latest",
    unmasked: Annotated[bool, typer.Option("--unmasked", help="Show personal data as well.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Follow one row from the legacy system into the target; personal data are masked unless you ask for them.

    Example:  cutover trace customer 0000100003
    """
    world = open_world(project)
    mapping = world.specification.mapping(entity)
    rows = trace_rows(world, pick_snapshot(world, snapshot), entity, key)
    shown = [found if unmasked else mask_trace(found, mapping) for found in rows]
    if as_json:
        typer.echo(json.dumps([asdict(found) for found in shown], indent=2, ensure_ascii=False, default=str))
        return
    for found in shown:
        print_trace(found)


def runs(project: ProjectOption = None, as_json: JsonOption = False) -> None:
    """List the runs of the ledger.

    Example:  cutover runs
    """
    listed = list_runs(open_world(project))
    if as_json:
        fields = ("run_id", "wave", "kind", "snapshot_id", "status")
        typer.echo(json.dumps([{name: getattr(run, name) for name in fields} for run in listed], indent=2))
        return
    for run in listed:
        typer.echo(f"run {run.run_id:4}  {run.kind:6} {run.wave:12} {run.status:12} snapshot {run.snapshot_id}")
    typer.echo("Next:  cutover summary" if listed else "no run yet\nNext:  cutover land")


def summary(project: ProjectOption = None, wave: WaveOption = "main", as_json: JsonOption = False) -> None:
    """Show on one screen what moved and that it balances, and write the report and the reject workbook.

    Example:  cutover summary --json
    """
    world = open_world(project)
    found = summarise(world, wave=wave)
    last = found.full or found.pilot
    assert last is not None  # summarise() refuses a wave without a run
    files = [write_report(world, found), write_reject_workbook(world, last.run_id)]
    if as_json:
        typer.echo(summary_as_json(found, files))
    else:
        print_summary(found, files)
