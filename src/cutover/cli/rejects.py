"""Quarantine by hand: `cutover rejects [ENTITY]`, `rejects export`, `rejects import`, `rejects replay`."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from cutover.cli.phases import SnapshotOption
from cutover.cli.runtime import JsonOption, ProjectOption
from cutover.cli.world import open_world, pick_snapshot, write_file
from cutover.core.reasons import Language
from cutover.errors import InputError
from cutover.phases.quarantine.correct import import_corrections
from cutover.phases.quarantine.correction_sheet import write_corrections
from cutover.phases.quarantine.rejects import Reject, count_rules, list_rejects
from cutover.phases.quarantine.replay import Replayed
from cutover.phases.quarantine.replay import replay as replay_rejects
from cutover.phases.world import World
from cutover.systems import datasets

LanguageOption = Annotated[Language, typer.Option("--lang", help="The language of the reasons.")]


class _ListByDefault(TyperGroup):
    """A group whose first word may be an entity: then, and without any word, it lists."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Put `list` in front of what is no command of the group."""
        named = bool(args) and (args[0] in self.commands or args[0] == "--help")
        return super().parse_args(ctx, args if named else ["list", *args])


def register(app: typer.Typer) -> None:
    """Add the verbs of this theme to `app`."""
    group = typer.Typer(cls=_ListByDefault, help="Show, export, correct and replay the rows that stayed behind.")
    group.command("list")(list_)
    group.command("export")(export)
    group.command("import")(import_)
    group.command("replay")(replay)
    app.add_typer(group, name="rejects")


def list_(
    entity: Annotated[str | None, typer.Argument(help="Only this entity, row by row.")] = None,
    project: ProjectOption = None,
    snapshot: SnapshotOption = "latest",
    lang: LanguageOption = "en",
    as_json: JsonOption = False,
) -> None:
    """List rejected rows in words, counted by rule; with an entity, row by row.

    Example:  cutover rejects customer        then:  cutover rejects export --file rejects.xlsx
    """
    world = open_world(project)
    name = pick_snapshot(world, snapshot)
    found = {one: list_rejects(world, name, one) for one in _mapped(world, name, entity)}
    if as_json:
        lines = [{**asdict(one), "words": one.words(lang)} for rejects in found.values() for one in rejects]
        typer.echo(json.dumps(lines, indent=2, default=str, ensure_ascii=False))
        return
    for one, rejects in found.items():
        if rejects:
            _print_entity(one, rejects, lang, rows=entity is not None)
    if not any(found.values()):
        typer.echo("no row is rejected")
    typer.echo("Next:  cutover rejects export --file rejects.xlsx")


def _print_entity(entity: str, rejects: list[Reject], lang: Language, *, rows: bool) -> None:
    typer.echo(f"{entity}: {len({one.row for one in rejects})} rows")
    samples = {(one.rule, one.column, one.reason): one for one in rejects}
    for rule, count in count_rules(rejects).items():
        one = samples[rule]
        typer.echo(f"  {count:>7,}  {one.rule:12} {one.words(lang)} ({one.severity}, {one.owner}, due {one.due})")
    for one in rejects if rows else ():
        typer.echo(f"  row {one.row} key {one.key or '-'}: {one.words(lang)} [{one.rule}]")


def _mapped(world: World, snapshot: str, entity: str | None) -> list[str]:
    if entity is not None:
        return [world.specification.mapping(entity).entity]
    mappings = world.specification.mappings
    found = [one for one in mappings if world.staging.manifest(datasets.outcome(snapshot, one)) is not None]
    if not found:
        raise InputError(
            f"nothing of snapshot {snapshot} is mapped yet", fix=f"run `cutover map --snapshot {snapshot}`"
        )
    return found


def export(
    file: Annotated[Path, typer.Option("--file", help="The workbook to write.")],
    project: ProjectOption = None,
    snapshot: SnapshotOption = "latest",
    entity: Annotated[str | None, typer.Option("--entity", help="Only this entity.")] = None,
    owner: Annotated[
        str | None, typer.Option("--owner", help="Only what waits for this owner, personal data unmasked.")
    ] = None,
    lang: LanguageOption = "zh",
) -> None:
    """Write a workbook in which people correct rejected rows; without an owner, personal data is masked.

    Example:  cutover rejects export --owner finance --lang zh --file finance.xlsx        then:  cutover rejects import
    """
    world = open_world(project)
    name = pick_snapshot(world, snapshot)
    content, rows = write_corrections(world, name, entities=_mapped(world, name, entity), owner=owner, language=lang)
    write_file(file, content)
    typer.echo(f"{rows} rejected rows written to {file}\nNext:  cutover rejects import {file} --by NAME")


def import_(
    file: Annotated[Path, typer.Argument(help="A workbook of `cutover rejects export`, filled in.")],
    project: ProjectOption = None,
    by: Annotated[str, typer.Option("--by", help="Who corrected.")] = "command line",
) -> None:
    """Check the corrections of a workbook, record them, and replay only the rows they mend; all of it or nothing.

    Example:  cutover rejects import finance.xlsx --by "Li Na"        then:  cutover verify 2
    """
    try:
        content = file.read_bytes()
    except OSError as error:
        raise InputError(f"{file} cannot be read: {error.strerror}", fix="name the filled-in workbook") from None
    done = import_corrections(open_world(project), content, by_whom=by)
    typer.echo(f"cells corrected: {done.cells}")
    _print_replayed(done.replayed)


def replay(
    project: ProjectOption = None,
    snapshot: SnapshotOption = "latest",
    refused: Annotated[
        bool, typer.Option("--refused", help="Try again what the target refused, now that it is mended.")
    ] = False,
) -> None:
    """Go on with a replay that was stopped, or try again what a mended target refused.

    Example:  cutover rejects replay --refused        then:  cutover rejects
    """
    world = open_world(project)
    _print_replayed(replay_rejects(world, pick_snapshot(world, snapshot), refused=refused))


def _print_replayed(replayed: Any) -> None:
    lines: list[Replayed] = list(replayed)
    for one in lines:
        typer.echo(
            f"run {one.run_id} {one.entity}: {one.rows} rows replayed: {one.loaded} loaded, {one.merged} merged,"
            f" {one.dropped} dropped, {one.rejected} rejected again"
        )
    runs = sorted({one.run_id for one in lines})
    typer.echo("\n".join(f"Next:  cutover verify {run_id}" for run_id in runs) or "Next:  cutover gate")
