"""The connections of the local servers, as Airflow and our own commands read them, and the file that
shares them."""

import json
import shlex
from collections.abc import Mapping

from cutover.errors import RuntimeSetupError
from cutover.runtime.home import Home, read_state, write_private
from cutover.runtime.server import Server

PREFIX = "AIRFLOW_CONN_"
METADATA = "airflow"
LEGACY = "legacy_erp"
TARGET = "target_erp"


def local_connections(server: Server, home: Home) -> dict[str, str]:
    """Return Airflow connection id → JSON for the systems of the worked example.

    `legacy_erp` and `cutover_target` are databases of `server`; `legacy_crm` and `legacy_mes` are folders
    of the home.
    """
    return {
        "legacy_erp": _database_connection(server, LEGACY),
        "cutover_target": _database_connection(server, TARGET),
        "legacy_crm": _folder_connection(home, "crm"),
        "legacy_mes": _folder_connection(home, "mes"),
    }


def _database_connection(server: Server, database: str) -> str:
    parts = {
        "conn_type": "postgres",
        "host": server.host,
        "port": server.port,
        "login": server.user,
        "password": server.password,
        "schema": database,
        "extra": dict(server.options),
    }
    return json.dumps({name: part for name, part in parts.items() if part != {}})


def _folder_connection(home: Home, name: str) -> str:
    return json.dumps({"conn_type": "fs", "extra": {"path": str(home.legacy / name)}})


def connection_variable(connection_id: str) -> str:
    """Return the environment variable in which Airflow looks for a connection."""
    return PREFIX + connection_id.upper()


def write_environment(home: Home, values: Mapping[str, str]) -> None:
    """Write the file that a person sources, `. .cutover/env`, to use the same connections; only its owner
    reads it."""
    lines = [f"export {name}={shlex.quote(value)}" for name, value in sorted(values.items())]
    header = "# Written by `cutover up`; holds passwords. Use it with:  . " + shlex.quote(str(home.env_file))
    write_private(home.env_file, "\n".join([header, *lines]) + "\n")


def read_environment(home: Home) -> dict[str, str]:
    """Return what `write_environment` wrote, empty before the first `up`.

    A command merges it under its own environment, so that AIRFLOW_CONN_* are found without sourcing the file.

    Raises:
        RuntimeSetupError: somebody changed the file into something else.
    """
    if not home.env_file.is_file():
        return {}
    try:
        words = shlex.split(home.env_file.read_text(encoding="utf-8"), comments=True)
        return dict(word.split("=", 1) for word in words if word != "export")
    except ValueError:
        raise RuntimeSetupError(
            f"{home.env_file} is damaged", fix="remove it and run `cutover up`, which writes it anew"
        ) from None


def given_by_caller(environ: Mapping[str, str], home: Home, prefix: str) -> dict[str, str]:
    """Return the caller's own variables that start with `prefix`.

    A variable that merely came from sourcing our file is not the caller's own: it may be out of date. One that the
    caller gave before stands in our file too, and stays the caller's own while it is given.
    """
    ours, before = read_environment(home), read_state(home).get("given", ())
    named = {name: value for name, value in environ.items() if name.startswith(prefix)}
    return {name: value for name, value in named.items() if name in before or ours.get(name) != value}
