"""`cutover check | schema | remedies | json-schemas | reference`: the specification, and whether the systems fit it."""

import json
from pathlib import Path
from typing import Annotated, Literal

import typer

from cutover.cli.runtime import JsonOption, ProjectOption
from cutover.cli.world import find_specification, open_specification, open_world
from cutover.core.cleansing import PRESETS, REMEDIES
from cutover.core.validators import VALIDATORS
from cutover.phases.check_systems import check_systems
from cutover.phases.examples import check_examples
from cutover.phases.mapping.gating import schema_source
from cutover.project.json_schema import write_schemas
from cutover.project.reference import write_reference
from cutover.project.specification import Specification, inspect_specification


def register(app: typer.Typer) -> None:
    """Add the verbs of this theme to `app`."""
    for verb in (check, schema, remedies, json_schemas, reference):
        app.command(verb.__name__.replace("_", "-"))(verb)


def check(
    project: ProjectOption = None,
    as_json: JsonOption = False,
    systems: Annotated[
        bool, typer.Option("--systems", help="Ask the legacy systems and the target too: tables, columns, types.")
    ] = False,
) -> None:
    """Find every mistake in the specification at once, with place and mend; exit status 1 when there is one.

    Example:  cutover check --systems        then:  cutover land
    """
    specification, findings = inspect_specification(find_specification(project))
    if specification is not None and not findings:
        findings = check_examples(specification)
    if systems and specification is not None:
        findings = [*findings, *check_systems(open_world(project))]
    if as_json:
        typer.echo(json.dumps([finding.__dict__ for finding in sorted(findings)], indent=2, ensure_ascii=False))
    else:
        for finding in sorted(findings):
            typer.echo(str(finding))
    if specification is None or findings:
        typer.echo(f"{len(findings)} mistake{'s' if len(findings) != 1 else ''}", err=True)
        raise typer.Exit(1)
    if not as_json:
        names = ", ".join(specification.mappings)
        typer.echo(f"no mistake in {len(specification.mappings)} entities, in load order: {names}")
        if idle := _in_no_wave(specification):
            typer.echo(f"in no wave, so nothing loads them: {', '.join(idle)}")
        typer.echo("Next:  cutover land")


def _in_no_wave(specification: Specification) -> list[str]:
    waved = {entity for wave in specification.project.waves for entity in specification.entities(wave)}
    return [entity for entity in specification.mappings if entity not in waved]


def schema(entity: Annotated[str, typer.Argument(help="The entity.")], project: ProjectOption = None) -> None:
    """Print the gate of an entity as the Pandera schema that its mapping yields.

    Example:  cutover schema customer > customer_schema.py
    """
    typer.echo(schema_source(open_specification(project).mapping(entity)), nl=False)


def remedies() -> None:
    """List the remedies and presets that `cleanse` may name and the validators that `checks` may name.

    Example:  cutover remedies
    """
    for name, remedy in REMEDIES.items():
        typer.echo(f"{name:18} {remedy.mode} {remedy.mends:16} {remedy.text}")
    for name, preset in PRESETS.items():
        typer.echo(f"{name:20} = {', '.join(preset.remedies)}: {preset.text}")
    typer.echo(f"validators: {', '.join(VALIDATORS)}")


def json_schemas(
    folder: Annotated[Path, typer.Argument(help="Where they are written.")] = Path("schemas"),
) -> None:
    """Write the JSON Schemas that editors complete and check project files with.

    Example:  cutover json-schemas schemas
    """
    for path in write_schemas(folder):
        typer.echo(str(path))


def reference(
    page: Annotated[Literal["mapping", "defects", "checklist"], typer.Argument(help="Which reference.")] = "mapping",
) -> None:
    """Print the reference of the mapping language, the catalogue of defects, or the checklist, as Markdown.

    Example:  cutover reference > docs/mapping.md
    """
    from cutover.project.catalogue import write_catalogue
    from cutover.project.checklist_page import write_checklist

    pages = {"mapping": write_reference, "defects": write_catalogue, "checklist": write_checklist}
    typer.echo(pages[page](), nl=False)
