"""`cutover proposals | approve | duplicates`: what cleansing proposes, and what people decide about it."""

import json
from dataclasses import asdict, replace
from pathlib import Path
from typing import Annotated

import typer

from cutover.cli.runtime import JsonOption, ProjectOption
from cutover.cli.world import open_world
from cutover.errors import InputError
from cutover.phases.duplicates import decide_pair, list_pairs
from cutover.phases.pages.masking import mask, personal_columns
from cutover.phases.proposals import (
    decide_rule,
    decide_workbook,
    list_proposals,
    withdraw_rule,
    write_proposal_workbook,
)
from cutover.phases.world import World
from cutover.systems.stewards import Proposal

_SHOWN = 20


def register(app: typer.Typer) -> None:
    """Add the verbs of this theme to `app`."""
    for verb in (proposals, approve, duplicates):
        app.command(verb.__name__)(verb)


def proposals(
    project: ProjectOption = None,
    entity: Annotated[str | None, typer.Option("--entity", help="Only this entity.")] = None,
    every: Annotated[bool, typer.Option("--all", help="Those that were decided too.")] = False,
    export: Annotated[bool, typer.Option("--export", help="Write the open ones as a workbook to decide in.")] = False,
    unmasked: Annotated[bool, typer.Option("--unmasked", help="Show personal data as well.")] = False,
    as_json: JsonOption = False,
) -> None:
    """List what cleansing proposes and a steward has to decide; personal data are masked, but in the workbook.

    Example:  cutover proposals --export        then:  cutover approve FILE --by "your name"
    """
    world = open_world(project)
    found = list_proposals(world, entity, None if every else "open")
    found = found if unmasked else [_masked(world, one) for one in found]
    if as_json:
        typer.echo(json.dumps([asdict(one) for one in found], indent=2, default=str, ensure_ascii=False))
        return
    for one in found[:_SHOWN]:
        typer.echo(
            f"{one.state:8} {one.entity}.{one.column} {one.src_key}: {one.before!r} -> {one.after!r}  ({one.rule})"
        )
    more = f", the first {_SHOWN} of them above" if len(found) > _SHOWN else ""
    typer.echo(f"{len(found)} proposals{more}")
    if export:
        typer.echo(write_proposal_workbook(world, entity))
    typer.echo('Next:  cutover approve FILE --by "your name"')


def _masked(world: World, one: Proposal) -> Proposal:
    mapping = world.specification.mappings.get(one.entity)
    # Of an entity that is no longer in the project nobody can say what is personal.
    hidden = personal_columns(mapping) if mapping is not None else frozenset([one.column.casefold()])
    before, after = (mask({one.column: text}, hidden)[one.column] for text in (one.before, one.after))
    return replace(one, before=before or "", after=after)


def approve(
    file: Annotated[Path | None, typer.Argument(help="A workbook of `cutover proposals --export`, decided.")] = None,
    rule: Annotated[str | None, typer.Option("--rule", help="Approve all that this rule proposes.")] = None,
    reject: Annotated[bool, typer.Option("--reject", help="With --rule: reject instead.")] = False,
    withdraw: Annotated[
        bool, typer.Option("--withdraw", help="With --rule: take back what was decided; it is open again.")
    ] = False,
    reason: Annotated[str, typer.Option("--reason", help="With --withdraw: why; it is kept in the ledger.")] = "",
    by: Annotated[str, typer.Option("--by", help="Who decides; it is kept in the ledger.")] = "",
    project: ProjectOption = None,
) -> None:
    """Record decisions about proposals, all or none; the next cleansing applies what was approved.

    Example:  cutover approve --rule CONT-C40 --by "head of sales"        then:  cutover cleanse
    """
    if file is not None and not file.is_file():
        raise InputError(f"there is no file {file}", fix="name a workbook of `cutover proposals --export`")
    if (file is None) == (rule is None):
        raise InputError("name a workbook or a rule, and only one of them", fix="cutover approve FILE, or --rule ID")
    if withdraw and (rule is None or reject):
        raise InputError(
            "--withdraw takes back a rule's decisions", fix="cutover approve --rule ID --withdraw --reason"
        )
    world = open_world(project)
    if rule is not None and withdraw:
        counts = {"open again": withdraw_rule(world, rule, by=by, reason=reason)}
    elif rule is not None:
        counts = decide_rule(world, rule, "rejected" if reject else "approved", by=by)
    else:
        assert file is not None  # one of the two is there
        counts = decide_workbook(world, file, by=by)
    typer.echo(", ".join(f"{count} {state}" for state, count in counts.items()) + "\nNext:  cutover cleanse")


def duplicates(
    project: ProjectOption = None,
    entity: Annotated[str | None, typer.Option("--entity", help="Only this entity.")] = None,
    every: Annotated[bool, typer.Option("--all", help="Those that were decided too.")] = False,
    same: Annotated[str | None, typer.Option("--same", help="Say of this pair (its id, or the beginning).")] = None,
    different: Annotated[str | None, typer.Option("--different", help="Say of this pair that it is two.")] = None,
    by: Annotated[str, typer.Option("--by", help="Who decides; it is kept in the ledger.")] = "",
    as_json: JsonOption = False,
) -> None:
    """List pairs of rows that may be one thing, or decide one of them; the next mapping merges what is the same.

    Example:  cutover duplicates --same 3f0a91 --by "head of sales"        then:  cutover cleanse
    """
    if same is not None and different is not None:
        raise InputError("a pair is the same or different, not both", fix="give --same ID or --different ID")
    world = open_world(project)
    if same or different:
        pair = decide_pair(world, same or str(different), "same" if same else "different", by=by)
        typer.echo(f"{pair.entity} {pair.first_key} and {pair.second_key} decided\nNext:  cutover cleanse")
        return
    found = list_pairs(world, entity, None if every else "open")
    if as_json:
        typer.echo(json.dumps([asdict(one) for one in found], indent=2, default=str, ensure_ascii=False))
        return
    for one in found[:_SHOWN]:
        shared = "one official number" if one.same_identity else "likely" if one.likely else "to look at"
        keys = f"{one.first_key} ~ {one.second_key}"
        typer.echo(f"{one.pair_id[:8]} {one.entity} {keys}  {one.score} %, {shared}: {one.state}")
    typer.echo(f"{len(found)} pairs\nNext:  cutover duplicates --same ID, or --different ID")
