"""Before anything is loaded: `cutover coverage | preview | simulate`."""

import json
from dataclasses import asdict
from typing import Annotated

import typer

from cutover.cli.phases import SnapshotOption, WaveOption
from cutover.cli.runtime import JsonOption, ProjectOption
from cutover.cli.show import print_summary, summary_as_json
from cutover.cli.world import open_world, pick_snapshot
from cutover.core.verdicts import closing
from cutover.phases.coverage import Coverage, cover_entity
from cutover.phases.preview import preview_rows
from cutover.phases.simulate import simulate as simulate_run

MARKS = {"pass": "ok", "fail": "FAIL", "not_applicable": "-"}


def register(app: typer.Typer) -> None:
    """Add the verbs of this theme to `app`."""
    for verb in (coverage, preview, simulate):
        app.command()(verb)


def coverage(
    entity: Annotated[str | None, typer.Argument(help="The entity; all of them when absent.")] = None,
    project: ProjectOption = None,
    snapshot: SnapshotOption = "latest",
    as_json: JsonOption = False,
) -> None:
    """Show what the mappings cover, and list every code that no crosswalk decides; exit status 1 when any is left.

    Example:  cutover coverage customer        then:  cutover gate
    """
    world = open_world(project)
    name = pick_snapshot(world, snapshot)
    entities = [entity] if entity is not None else list(world.specification.mappings)
    covered = [cover_entity(world, name, world.specification.mapping(each)) for each in entities]
    if as_json:
        typer.echo(json.dumps([asdict(one) for one in covered], indent=2, ensure_ascii=False, default=str))
    else:
        for one in covered:
            _print_coverage(one)
    if closing(result for one in covered for result in one.results):
        typer.echo("Next:  mend what FAILs, then  cutover cleanse; cutover map; cutover coverage", err=as_json)
        raise typer.Exit(1)
    if not as_json:
        typer.echo("Next:  cutover gate")


def _print_coverage(found: Coverage) -> None:
    typer.echo(found.entity)
    for result in found.results:
        told = f"  {result.message}" if result.message else ""
        typer.echo(
            f"  {MARKS.get(result.status, result.status):5} {result.check_id:26} {result.value or '-':>18}{told}"
        )
    for value in found.values:
        if value.state != "mapped":
            sums = "".join(f", {name} {amount}" for name, amount in value.amounts)
            typer.echo(
                f"        {value.state:9} {value.crosswalk} {value.code!r}: {value.rows} rows{sums} ({value.rule})"
            )
    typer.echo(f"  evidence  {found.file}")


def preview(
    entity: Annotated[str, typer.Argument(help="The entity.")],
    key: Annotated[
        str | None, typer.Option("--key", help="A source key after cleansing, its parts joined by |.")
    ] = None,
    rows: Annotated[int, typer.Option("--rows", min=1, max=10_000, help="How many rows.")] = 5,
    project: ProjectOption = None,
    snapshot: SnapshotOption = "latest",
    as_json: JsonOption = False,
) -> None:
    """Show rows before and after, with the rule that made each cell; personal data are masked.

    Example:  cutover preview customer --rows 2        then:  cutover coverage customer
    """
    world = open_world(project)
    found = preview_rows(world, pick_snapshot(world, snapshot), entity, key=key, limit=rows)
    if as_json:
        typer.echo(json.dumps([asdict(row) for row in found], indent=2, ensure_ascii=False))
        return
    for row in found:
        typer.echo(f"row {row.row}: {row.outcome} {row.why}".rstrip())
        for column, text in row.landed:
            typer.echo(f"  landed  {column:18} {_quoted(text)}")
        for cell in row.cells:
            read = ", ".join(f"{name} {_quoted(text)}" for name, text in cell.reads)
            made = f"REJECTED {cell.problem}" if cell.problem else _quoted(cell.value)
            typer.echo(f"  {cell.rule:12} {cell.kind:16} {cell.table}.{cell.column}: {read or '-'} -> {made}")
    typer.echo(f"Next:  cutover coverage {entity}   (cutover trace {entity} KEY follows one row)")


def _quoted(text: str | None) -> str:
    return "-" if text is None else f"'{text}'"


def simulate(
    project: ProjectOption = None,
    wave: WaveOption = "main",
    snapshot: SnapshotOption = "latest",
    as_json: JsonOption = False,
) -> None:
    """Load and verify everything with the target's own constraints, report on it, and take all of it back.

    Example:  cutover simulate        then:  cutover pilot
    """
    world = open_world(project)
    found = simulate_run(world, wave=wave, snapshot=pick_snapshot(world, snapshot))
    if as_json:
        typer.echo(summary_as_json(found.summary, found.files))
        return
    typer.echo("simulated: nothing of it stays; every row and number range of the target is as it was before")
    for sequence in found.drawn:
        typer.echo(f"drawn by the target from a sequence that is not ours to hold: {sequence}")
    print_summary(found.summary, found.files, following="cutover pilot")
