"""`cutover up | down | status | clean`: the local servers of one project."""

import dataclasses
import json
import os
from pathlib import Path
from typing import Annotated, Any

import typer

from cutover.errors import InputError
from cutover.runtime.connections import PREFIX, read_environment
from cutover.runtime.environment import ADMIN, admin_password_file
from cutover.runtime.home import Home, Project, find_project, make_home
from cutover.runtime.postgres import ServerChoice
from cutover.runtime.stack import Caller, StackStatus, bring_up, read_status, remove_all, take_down

ProjectOption = Annotated[
    Path | None,
    typer.Option(
        "--project",
        envvar="CUTOVER_PROJECT",
        metavar="FOLDER",
        help="The specification's folder; `include` of the project around the current folder when not given.",
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print the state for programs to read.")]


def register(app: typer.Typer) -> None:
    """Add the verbs of this theme to `app`."""
    for verb in (up, down, status, clean):
        app.command()(verb)


def up(
    project: ProjectOption = None,
    only_database: Annotated[bool, typer.Option("--only-database", help="Start PostgreSQL without Airflow.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Start PostgreSQL and Airflow on this machine, and wait until they are healthy.

    Runs as often as you like: what runs already is left alone, what was killed is started again.

    Example:  cutover up          then:  cutover status
    """
    found, home = find_home(project)
    home = make_home(home.root)
    caller = Caller(os.environ, Path.cwd(), parallelism=2 * (os.cpu_count() or 2))
    state = bring_up(
        home,
        found,
        read_choice(),
        caller,
        has_airflow=not only_database,
        report=_silence if as_json else typer.echo,
    )
    if as_json:
        typer.echo(json.dumps(describe(state), indent=2))
        return
    typer.echo(f"\nConnections for your own commands:  . {home.env_file}")
    if state.url and not only_database:
        typer.echo(f"Airflow:  {state.url}  user {ADMIN}, password:  cutover status --show-password")
    typer.echo("Next:  cutover status   (cutover down stops everything)")


def down(project: ProjectOption = None, as_json: JsonOption = False) -> None:
    """Stop everything that `cutover up` started; data and runs stay.

    Example:  cutover down        then:  cutover up
    """
    home = find_home(project)[1]
    if home.root.is_dir():
        take_down(make_home(home.root), report=_silence if as_json else typer.echo)
    typer.echo(
        json.dumps(describe(read_status(home)), indent=2) if as_json else "Next:  cutover up   (or cutover clean)"
    )


def status(
    project: ProjectOption = None,
    show_password: Annotated[
        bool, typer.Option("--show-password", help="Print the password of Airflow's user too.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Show what runs where, and whether it is healthy; exit status 3 when something is not.

    Example:  cutover status --json
    """
    home = find_home(project)[1]
    state = read_status(home)
    if as_json:
        typer.echo(json.dumps(describe(state), indent=2))
    else:
        _print_status(state)
    if show_password:
        typer.echo(f"password of {ADMIN}: {read_admin_password(home)}", err=as_json)
    if not state.is_healthy:
        raise typer.Exit(3)


def clean(
    project: ProjectOption = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Stop everything and remove it for good: databases, runs, logs, passwords, staging.

    Example:  cutover clean --yes        then:  cutover up
    """
    home = make_home(find_home(project)[1].root)
    if not yes:
        typer.confirm(f"Remove {home.root} with all local databases?", abort=True)
    remove_all(home, report=typer.echo)
    typer.echo("Next:  cutover up")


def find_home(include: Path | None) -> tuple[Project, Home]:
    """Find the project around the current folder, and its home: CUTOVER_HOME, or `.cutover` in its root."""
    project = find_project(Path.cwd(), include)
    return project, Home(Path(os.environ.get("CUTOVER_HOME") or project.root / ".cutover").resolve())


def read_admin_password(home: Home) -> str:
    """Return the password of Airflow's user.

    Raises:
        InputError: there is none before the first `cutover up`.
    """
    file = admin_password_file(home)
    if not file.is_file():
        raise InputError("Airflow has no user yet", fix="run `cutover up` first")
    return file.read_text(encoding="utf-8").strip()


def read_choice() -> ServerChoice:
    """Read which PostgreSQL server to use from CUTOVER_DATABASE_URL, CUTOVER_POSTGRES and PATH.

    Raises:
        InputError: CUTOVER_POSTGRES is neither `wheel` nor `system`.
    """
    origin = os.environ.get("CUTOVER_POSTGRES") or None
    if origin not in (None, "wheel", "system"):
        raise InputError(f"CUTOVER_POSTGRES is {origin!r}", fix="set it to wheel or system, or leave it away")
    return ServerChoice(os.environ.get("CUTOVER_DATABASE_URL") or None, origin, os.environ.get("PATH", ""))


def describe(state: StackStatus) -> dict[str, Any]:
    """Return the state as plain values for JSON; passwords are named by their file, never shown."""
    server = state.database.server
    return {
        "home": str(state.home.root),
        "healthy": state.is_healthy,
        "environment": str(state.home.env_file),
        "database": {
            "alive": state.database.alive,
            "healthy": state.database.healthy,
            "pid": state.database.pid,
            "log": str(state.database.log) if state.database.log else None,
            **({"host": server.host, "port": server.port, "user": server.user} if server else {}),
            **({"version": server.version, "password_file": str(server.password_file)} if server else {}),
        },
        "airflow": {
            "url": state.url,
            "user": ADMIN,
            "password_file": str(admin_password_file(state.home)),
            "components": [
                {**dataclasses.asdict(component), "log": str(component.log)} for component in state.components
            ],
        },
        "connections": [name for name in read_environment(state.home) if name.startswith(PREFIX)],
    }


def _print_status(state: StackStatus) -> None:
    server = state.database.server
    where = f"{server.host}:{server.port}  user {server.user}  version {server.version}" if server else ""
    rows = [("postgresql", state.database.pid, state.database.alive, state.database.healthy, where)]
    for part in state.components:
        where = str(state.url) if part.name == "api-server" else str(part.log)
        rows.append((part.name, part.pid, part.alive, part.healthy, where))
    for name, pid, alive, healthy, where in rows:
        word = "healthy" if healthy else "not healthy" if alive else "down"
        typer.echo(f"{name:14} {word:12} {str(pid or '') if alive else '':8} {where}")
    if server:
        typer.echo(f"database password in {server.password_file}; connections in {state.home.env_file}")
    if state.url:
        typer.echo(f"Airflow's user is {ADMIN}, the password:  cutover status --show-password")
    typer.echo("Next:  cutover down" if state.is_healthy else "Next:  cutover up")


def _silence(line: str) -> None:
    """Report nothing: only JSON goes to the output."""
