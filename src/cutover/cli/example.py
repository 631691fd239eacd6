"""`cutover example`: write the legacy side of the worked example, and the empty target ERP beside it."""

import os
import time
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from cutover.cli.runtime import ProjectOption, find_home
from cutover.example.generate import Written, write_legacy
from cutover.example.legacy import TABLES
from cutover.example.tables import World
from cutover.example.target import create_target
from cutover.runtime.connections import read_environment
from cutover.systems.connections import Connection, Environment

LEGACY, TARGET = "legacy_erp", "cutover_target"
_console = Console()


def register(app: typer.Typer) -> None:
    """Add the verbs of this theme to `app`."""
    app.command(name="example")(example)


def example(
    scale: Annotated[int, typer.Option(min=1, help="1 is about 100,000 rows; rows grow with it.")] = 1,
    seed: Annotated[int, typer.Option(help="Another seed, another enterprise; same kinds of defects.")] = 1,
    erp_url: Annotated[str, typer.Option(help="Legacy database; default AIRFLOW_CONN_LEGACY_ERP.")] = "",
    target_url: Annotated[str, typer.Option(help="Default AIRFLOW_CONN_CUTOVER_TARGET, else none.")] = "",
    folder: Annotated[
        Path | None, typer.Option(help="Gets the files and ground_truth.csv; default: where the connections look.")
    ] = None,
    project: ProjectOption = None,
    reset: Annotated[bool, typer.Option("--reset", help="Drop the target first, with its data.")] = False,
) -> None:
    """Write the legacy side of the worked example; running again replaces it.

    Example:  cutover example --scale 10        then:  cutover check
    """
    found, home = find_home(project)
    environ = {**read_environment(home), **os.environ}
    connections = Environment(environ)
    has_target = f"AIRFLOW_CONN_{TARGET.upper()}" in environ
    legacy = erp_url or database_url(connections(LEGACY))
    target = target_url or (database_url(connections(TARGET)) if has_target else "")
    write_example(legacy, target, folder or home.legacy, found.include, scale=scale, seed=seed, reset=reset)
    _console.print("Next: [bold]cutover check[/bold], then the journey: [bold]make demo[/bold]")


def write_example(legacy: str, target: str, folder: Path, include: Path, *, scale: int, seed: int, reset: bool) -> None:
    """Write the legacy side, create the target ERP when a target is named, and print what was written."""
    started = time.monotonic()
    written = _write_with_progress(scale, seed, legacy, folder)
    _print_written(written, time.monotonic() - started)
    if target:
        _print_target(create_target(target, include / "sql" / "target", reset=reset))


def database_url(connection: Connection) -> str:
    """Return a PostgreSQL connection as the URL that libpq reads."""
    return connection.url.set(drivername="postgresql").render_as_string(hide_password=False)


def _write_with_progress(scale: int, seed: int, legacy: str, folder: Path) -> Written:
    world = World(scale, seed)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=_console, transient=True) as bar:
        task = bar.add_task("writing", total=sum(table.count(world) for table in TABLES))
        return write_legacy(
            scale, seed, legacy, folder, lambda table, rows: bar.update(task, advance=rows, description=table)
        )


def _print_written(written: Written, seconds: float) -> None:
    table = Table("system", "table", "rows")
    table.columns[2].justify = "right"
    for count in written.tables:
        table.add_row(count.system, count.table, f"{count.rows:,}")
    _console.print(table)
    rate = written.rows / max(seconds, 0.001)
    _console.print(f"{written.rows:,} rows in {seconds:.1f} s, {rate:,.0f} rows/s")
    truth = written.folder / "ground_truth.csv"
    _console.print(f"{written.truth_lines:,} injected defects in {truth}", soft_wrap=True)


def _print_target(created: bool) -> None:
    kept = "target schema erp was there and stays; --reset drops it first"
    _console.print("target schema erp created" if created else kept)
