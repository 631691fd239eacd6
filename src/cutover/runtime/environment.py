"""The environment that the four Airflow components run in, as one pure function."""

import base64
import hashlib
import json
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from cutover.runtime.connections import METADATA, connection_variable
from cutover.runtime.home import Home, Project, keep_secret, write_private
from cutover.runtime.processes import MARK
from cutover.runtime.server import Server

ADMIN = "admin"
HOST = "127.0.0.1"
EXECUTOR = "cutover.orchestration.executor.WarmExecutor"

# The caller's own values of these win over ours; of the rest that we set, ours do.
TUNABLE = ("AIRFLOW__CORE__PARALLELISM", "AIRFLOW__DAG_PROCESSOR__REFRESH_INTERVAL")
LEFT_BEHIND = ("PYTHONDONTWRITEBYTECODE", "AIRFLOW_CONFIG")


@dataclass(frozen=True)
class Ports:
    """Where Airflow listens: its API and pages on loopback; the two log servers on all addresses, without
    a choice."""

    api: int
    worker_log: int
    trigger_log: int

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.api}"


@dataclass(frozen=True)
class Secrets:
    """Keys that the components share: for stored connections, for tokens, for sessions."""

    fernet_key: str
    jwt_secret: str
    session_key: str


def keep_secrets(home: Home) -> Secrets:
    """Return the home's keys, made at the first call."""
    fernet = base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()
    return Secrets(
        keep_secret(home.secrets / "fernet_key", fernet),
        keep_secret(home.secrets / "jwt_secret"),
        keep_secret(home.secrets / "session_key"),
    )


def admin_password_file(home: Home) -> Path:
    """Return where the password of Airflow's one user is kept."""
    return home.secrets / "admin_password"


def keep_admin_password(home: Home) -> str:
    """Return the password of Airflow's one user, made at the first call, and put it where Airflow looks
    for it."""
    password = keep_secret(admin_password_file(home))
    write_private(home.secrets / "airflow_passwords.json", json.dumps({ADMIN: password}) + "\n")
    return password


def airflow_environment(
    home: Home,
    server: Server,
    project: Project,
    ports: Ports,
    connections: Mapping[str, str],
    keys: Secrets,
    *,
    parallelism: int = 4,
) -> dict[str, str]:
    """Return the variables that make Airflow this project's: folders, database, keys, ports and connections.

    connections: Airflow connection id → URI or JSON.
    parallelism: tasks that run at the same time.
    """
    metadata = server.url(METADATA)
    settings = {
        "AIRFLOW__CORE__DAGS_FOLDER": str(project.dags),
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(project.plugins),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__EXECUTOR": EXECUTOR,
        "AIRFLOW__CORE__PARALLELISM": str(parallelism),
        "AIRFLOW__CORE__FERNET_KEY": keys.fernet_key,
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": f"{ADMIN}:admin",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS": "False",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(home.secrets / "airflow_passwords.json"),
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"{ports.url}/execution/",
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": metadata,
        "AIRFLOW__API__HOST": HOST,
        "AIRFLOW__API__PORT": str(ports.api),
        "AIRFLOW__API__BASE_URL": ports.url,
        "AIRFLOW__API__WORKERS": "1",
        "AIRFLOW__API__SECRET_KEY": keys.session_key,
        "AIRFLOW__API_AUTH__JWT_SECRET": keys.jwt_secret,
        "AIRFLOW__LOGGING__BASE_LOG_FOLDER": str(home.airflow / "logs"),
        "AIRFLOW__LOGGING__WORKER_LOG_SERVER_PORT": str(ports.worker_log),
        "AIRFLOW__LOGGING__TRIGGER_LOG_SERVER_PORT": str(ports.trigger_log),
        # One scheduler on one machine may look for work more often: each step of a run waits for the next look.
        "AIRFLOW__SCHEDULER__SCHEDULER_IDLE_SLEEP_TIME": "0.2",
        # After a kill -9 the tasks that died with their scheduler or database are found within a minute, not five.
        "AIRFLOW__SCHEDULER__ORPHANED_TASKS_CHECK_INTERVAL": "15",
        "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT": "60",
        # An unchanged DAG file is drawn again every minute, for a change in `include/`, which it reads as well.
        "AIRFLOW__DAG_PROCESSOR__MIN_FILE_PROCESS_INTERVAL": "60",
        # A new file in the DAGs folder is seen after ten seconds instead of five minutes.
        "AIRFLOW__DAG_PROCESSOR__REFRESH_INTERVAL": "10",
    }
    folders = {
        "AIRFLOW_HOME": str(home.airflow),
        "CUTOVER_HOME": str(home.root),
        "CUTOVER_PROJECT": str(project.include),
        "CUTOVER_STAGING": str(home.staging),
    }
    found = {connection_variable(name): value for name, value in connections.items()}
    return {**settings, **folders, **found}


def component_environment(
    home: Home, caller: Mapping[str, str], folder: Path, ours: Mapping[str, str]
) -> dict[str, str]:
    """Return a component's whole environment: the caller's, overruled by ours, and the mark that finds it
    again.

    folder: the caller's working directory, which the component does not share.
    """
    # Uncompiled, Airflow's imports take twice as long; a foreign configuration file would overrule nothing
    # but confuse.
    kept = {name: value for name, value in caller.items() if name not in LEFT_BEHIND}
    if path := kept.get("PYTHONPATH"):
        kept["PYTHONPATH"] = os.pathsep.join(str(folder / entry) for entry in path.split(os.pathsep))
    # Without SPT_NOENV Airflow's process titles overwrite the very memory in which others can read the mark.
    marks = {MARK: str(home.root), "SPT_NOENV": "1", "PYTHONUNBUFFERED": "1", "NO_COLOR": "1"}
    return {**kept, **ours, **marks}


def fingerprint(environment: Mapping[str, str]) -> str:
    """Return a hash by which a component can be told to run in another environment than the present one."""
    return hashlib.sha256(json.dumps(sorted(environment.items())).encode()).hexdigest()
