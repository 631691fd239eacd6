"""`cutover checklist | waive | scope`: what is proven, what is let pass, and what nobody has decided on yet."""

import csv
import json
import sys
from dataclasses import asdict
from datetime import datetime
from typing import Annotated

import typer

from cutover.cli.phases import SnapshotOption
from cutover.cli.runtime import JsonOption, ProjectOption
from cutover.cli.world import open_world, pick_snapshot
from cutover.errors import InputError
from cutover.phases.checklist import judge_snapshot
from cutover.phases.scope import propose_scope
from cutover.phases.waivers import Waiver
from cutover.phases.waivers import waive as let_pass
from cutover.project.scope import FILES, read_scope

OPEN = ("pass", "waived", "not_applicable")


def register(app: typer.Typer) -> None:
    """Add the verbs of this theme to `app`."""
    for verb in (checklist, waive, scope):
        app.command()(verb)


def checklist(project: ProjectOption = None, snapshot: SnapshotOption = "latest", as_json: JsonOption = False) -> None:
    """Show the items of the migration checklist with what their checks said last; exit status 1 when one is not green.

    Example:  cutover checklist        then:  cutover gate
    """
    world = open_world(project)
    judged = judge_snapshot(world, pick_snapshot(world, snapshot))
    if as_json:
        typer.echo(json.dumps([asdict(one) for one in judged], indent=2, ensure_ascii=False, default=str))
    for one in judged if not as_json else ():
        typer.echo(f"{one.item.id} {one.status:14} {one.item.name}: {one.item.proves}")
        for asks, (status, checks) in one.lines.items():
            if status not in OPEN or checks:
                told = [f"{check.check_id} {check.entity or ''} {check.status}".replace("  ", " ") for check in checks]
                typer.echo(f"       {status:14} {asks}{': ' if told else ''}{', '.join(told[:8])}")
    if any(one.status not in OPEN for one in judged):
        raise typer.Exit(1)


def waive(
    check: Annotated[str, typer.Argument(help="The check's id, as `cutover checklist` shows it.")],
    reason: Annotated[str, typer.Option("--reason", help="Why it may stay as it is.")],
    by: Annotated[list[str], typer.Option("--by", help="ROLE=PERSON, such as steering='Wang Fang'; repeatable.")],
    until: Annotated[datetime, typer.Option("--until", formats=["%Y-%m-%d"], help="The last day on which it holds.")],
    control: Annotated[str, typer.Option("--control", help="What makes up for it meanwhile.")] = "",
    entity: Annotated[str | None, typer.Option("--entity", help="The entity that the check is about.")] = None,
    project: ProjectOption = None,
    snapshot: SnapshotOption = "latest",
) -> None:
    """Let a failed check pass for a while; a blocker by steering, a major one by data owner and project manager.

    Example:  cutover waive SCOPE.DECIDED --reason "..." --control "..." --by steering=Wang --until 2026-12-31
    """
    roles = dict(each.split("=", 1) for each in by if "=" in each)
    if len(roles) != len(by):
        raise InputError("--by names no role", fix="write ROLE=PERSON, such as --by 'steering=Wang Fang'")
    world = open_world(project)
    result = let_pass(
        world, pick_snapshot(world, snapshot), check, entity, Waiver(reason, control, roles, until.date())
    )
    typer.echo(f"{result.check_id} is waived until {until.date()}\nNext:  cutover gate")


def scope(project: ProjectOption = None, snapshot: SnapshotOption = "latest") -> None:
    """Print the lines that the files in `scope` lack: legacy objects and columns that nobody has decided on.

    Example:  cutover scope        then:  cutover gate --at landing
    """
    world = open_world(project)
    writer = csv.writer(sys.stdout, lineterminator="\n")
    for name, lines in propose_scope(
        world, pick_snapshot(world, snapshot), read_scope(world.specification.root)
    ).items():
        typer.echo(f"# scope/{name}.csv lacks {len(lines)} lines")
        writer.writerows([FILES[name], *lines] if lines else [])
