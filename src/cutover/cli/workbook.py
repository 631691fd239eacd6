"""`cutover workbook export | import`: the mapping in Excel, for consultants, and their edits back."""

from pathlib import Path
from typing import Annotated

import typer

from cutover.cli.runtime import ProjectOption
from cutover.cli.world import open_specification, open_world, write_file
from cutover.phases.pages.mapping_workbook import write_mapping_workbook
from cutover.project.mapping_workbook.applying import apply_texts, import_workbook

workbook = typer.Typer(help="The mapping in Excel: export it, and import what was edited.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add the verbs of this theme to `app`."""
    workbook.command("export")(export)
    workbook.command("import")(import_)
    app.add_typer(workbook, name="workbook")


def export(
    project: ProjectOption = None,
    file: Annotated[Path, typer.Option("--file", help="Where it is written.")] = Path("mapping.xlsx"),
) -> None:
    """Write the mapping workbook: rules, crosswalks, open decisions, sign-off; with figures of the latest snapshot.

    Example:  cutover workbook export --file mapping.xlsx        then:  cutover workbook import mapping.xlsx
    """
    write_file(file, write_mapping_workbook(open_world(project)))
    typer.echo(f"written  {file}\nNext:  edit the yellow cells, then  cutover workbook import {file}")


def import_(
    file: Annotated[Path, typer.Argument(help="A workbook that `export` wrote and somebody edited.")],
    project: ProjectOption = None,
    apply: Annotated[bool, typer.Option("--apply", help="Write the changes into the project's files.")] = False,
) -> None:
    """Show what was edited in a mapping workbook, and write it into the YAML and CSV files when told to.

    Every bad cell is named, and then nothing is applied.

    Example:  cutover workbook import mapping.xlsx        then:  cutover workbook import mapping.xlsx --apply
    """
    specification = open_specification(project)
    changes, texts = import_workbook(specification, file)
    for change in changes:
        typer.echo(str(change))
    if not changes:
        typer.echo("nothing was changed")
    elif apply:
        apply_texts(specification, texts)
        typer.echo(f"applied to {', '.join(sorted(texts))}\nNext:  cutover check, and commit the files")
    else:
        count = f"{len(changes)} change{'s' if len(changes) > 1 else ''}"
        files = f"{len(texts)} file{'s' if len(texts) > 1 else ''}"
        typer.echo(f"{count} in {files}, none applied\nNext:  cutover workbook import {file} --apply")
