"""All local servers of one home as one thing: brought up, looked at, taken down, removed.

Every verb can run twice; `bring_up` also mends what was killed, and restarts Airflow when what it was
given has changed.
"""

import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

import psycopg2

from cutover.errors import RuntimeSetupError
from cutover.runtime import connections, environment, supervisor
from cutover.runtime.environment import Ports
from cutover.runtime.home import Home, Project, hold_lock, read_state, remember, remove_home
from cutover.runtime.postgres import (
    ServerChoice,
    ServerStatus,
    find_place,
    remove_server,
    server_status,
    start_server,
    stop_server,
)
from cutover.runtime.processes import choose_port
from cutover.runtime.server import Server, create_database, open_session
from cutover.runtime.supervisor import ComponentStatus

DATABASES = (connections.METADATA, connections.LEGACY, connections.TARGET)


@dataclass(frozen=True)
class Caller:
    """Who asks: their environment variables, working directory, and how many tasks their machine runs at
    once."""

    environ: Mapping[str, str]
    folder: Path
    parallelism: int = 4


@dataclass(frozen=True)
class StackStatus:
    """One look at everything; `url` is None while Airflow was not asked for."""

    home: Home
    database: ServerStatus
    components: tuple[ComponentStatus, ...]
    url: str | None

    @property
    def is_healthy(self) -> bool:
        return self.database.healthy and all(component.healthy for component in self.components)


def bring_up(
    home: Home,
    project: Project,
    choice: ServerChoice,
    caller: Caller,
    *,
    has_airflow: bool = True,
    report: Callable[[str], None] = lambda line: None,
) -> StackStatus:
    """Start what does not run yet, wait until it is healthy, and write the file with the connections.

    has_airflow: False starts the database alone and leaves Airflow as it is.
    report: gets one line per step.

    Raises:
        Busy: another command is at it.
        RuntimeSetupError, InputError, ConnectionLost: something cannot be started; says what, where and
        how to mend it.
    """
    if has_airflow:
        _airflow_version()
    with hold_lock(home):
        if supervisor.has_living(home) and not server_status(home).healthy:
            # What lost its database may end at any moment from now on.
            report("Airflow: stopping, because its database was gone")
            supervisor.stop_components(home)
        report("PostgreSQL: starting")
        server = start_server(home, choice)
        for name in DATABASES:
            create_database(server, name)
        report(f"PostgreSQL {server.version}: ready at {server.host}:{server.port}")
        values = _plan_environment(home, project, server, caller)
        connections.write_environment(home, values)
        if has_airflow:
            _bring_up_airflow(home, server, caller, values, report)
        return read_status(home)


def _plan_environment(home: Home, project: Project, server: Server, caller: Caller) -> dict[str, str]:
    own = connections.given_by_caller(caller.environ, home, "AIRFLOW__")
    own_connections = connections.given_by_caller(caller.environ, home, connections.PREFIX)
    remember(home, given=sorted([*own, *own_connections]))
    tuned = {name: value for name, value in own.items() if name in environment.TUNABLE}
    ours = environment.airflow_environment(
        home,
        server,
        project,
        _choose_ports(home),
        connections.local_connections(server, home),
        environment.keep_secrets(home),
        parallelism=caller.parallelism,
    )
    return {**own, **ours, **tuned, **own_connections}


def _choose_ports(home: Home) -> Ports:
    """Return the remembered ports; when nothing of ours runs, those that somebody else has taken are
    chosen anew."""
    ports: dict[str, int] = read_state(home).get("ports", {})
    if not supervisor.has_living(home):
        for name in ("api", "worker_log", "trigger_log"):
            ports[name] = choose_port(ports.get(name), taken=ports.values())
        remember(home, ports=ports)
    return Ports(ports["api"], ports["worker_log"], ports["trigger_log"])


def _bring_up_airflow(
    home: Home, server: Server, caller: Caller, values: Mapping[str, str], report: Callable[[str], None]
) -> None:
    if supervisor.has_living(home) and read_state(home).get("fingerprint") != environment.fingerprint(values):
        report("Airflow: stopping, because its settings have changed")
        supervisor.stop_components(home)
    environment.keep_admin_password(home)
    whole = environment.component_environment(home, caller.environ, caller.folder, values)
    _migrate(home, server, whole, report)
    remember(home, fingerprint=environment.fingerprint(values))
    started = supervisor.start_components(home, whole)
    report(f"Airflow: starting {', '.join(started)}" if started else "Airflow: already running")
    try:
        supervisor.await_health(home, values["AIRFLOW__API__BASE_URL"])
    except RuntimeSetupError:
        supervisor.stop_components(home)
        raise
    report(f"Airflow: healthy at {values['AIRFLOW__API__BASE_URL']}")


def _airflow_version() -> str:
    try:
        return metadata.version("apache-airflow-core")
    except metadata.PackageNotFoundError:
        raise RuntimeSetupError(
            "Airflow is not installed beside this cutover",
            fix="pip install 'cutover[airflow]', or start the database alone with `cutover up --only-database`",
        ) from None


def _migrate(home: Home, server: Server, whole: Mapping[str, str], report: Callable[[str], None]) -> None:
    version = _airflow_version()
    done = read_state(home).get("migrated")
    if done and done == {"airflow": version, "head": _read_head(server)}:
        return
    report(f"Airflow {version}: preparing its database")
    with supervisor.open_log(home, "migrate") as log:
        command = [sys.executable, "-m", "airflow", "db", "migrate"]
        ended = subprocess.run(
            command,
            env=dict(whole),
            cwd=home.airflow,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    if ended.returncode != 0:
        path = supervisor.log_path(home, "migrate")
        raise RuntimeSetupError(
            f"Airflow's database cannot be prepared; the end of {path}:\n{supervisor.read_tail(path)}\n",
            fix="mend what the log says, then run `cutover up` again",
        )
    remember(home, migrated={"airflow": version, "head": _read_head(server)})


def _read_head(server: Server) -> str | None:
    with open_session(server, connections.METADATA) as session, session.cursor() as cursor:
        try:
            cursor.execute("select version_num from alembic_version")
        except psycopg2.errors.UndefinedTable:
            return None
        row = cursor.fetchone()
    return str(row[0]) if row else None


def read_status(home: Home) -> StackStatus:
    """Look at all servers without changing anything."""
    state = read_state(home)
    url = f"http://{environment.HOST}:{state['ports']['api']}" if state.get("components") else None
    components = supervisor.read_component_statuses(home, url) if url else []
    return StackStatus(home, server_status(home), tuple(components), url)


def require_running(home: Home) -> None:
    """Return while the database and all of Airflow's components live.

    Raises:
        RuntimeSetupError: one of them has ended.
    """
    server, dead = server_status(home), supervisor.find_dead(home)
    if not server.alive:
        raise RuntimeSetupError(
            "PostgreSQL has ended", fix="see the log that `cutover status` names, and run this again"
        )
    if dead:
        log = supervisor.log_path(home, dead)
        raise RuntimeSetupError(f"Airflow's {dead} has ended", fix=f"read the end of {log} and run this again")


def take_down(home: Home, *, report: Callable[[str], None] = lambda line: None) -> None:
    """Stop all servers that we started; what they stored stays.

    Raises:
        Busy: another command is at it.
    """
    with hold_lock(home):
        _take_down(home, report)


def _take_down(home: Home, report: Callable[[str], None], *, forget: bool = True) -> None:
    try:
        read_state(home)
    except RuntimeSetupError:
        # Airflow's processes bear the home's mark, and the database's place follows from the home's path.
        home.state_file.unlink()
        remember(home, server_folder=str(find_place(home).folder))
        report("state.json was damaged: the servers are looked for without it")
    count = supervisor.stop_components(home, forget=forget)
    report(f"Airflow: stopped, {count} processes" if count else "Airflow: was not running")
    report("PostgreSQL: stopped" if stop_server(home) else "PostgreSQL: was not running")


def remove_all(home: Home, *, report: Callable[[str], None] = lambda line: None) -> None:
    """Stop all servers and remove everything that they and we stored: databases, logs, passwords, staging.

    Databases on a server that was given by its URL stay.

    Raises:
        Busy: another command is at it.
    """
    with hold_lock(home):
        # On a full disk nothing can be written down, and this is what makes room.
        _take_down(home, report, forget=False)
        remove_server(home)
        others = remove_home(home)
    report(f"removed {home.root}" if not others else f"emptied {home.root}; what is not ours stays: {others[0]}")
