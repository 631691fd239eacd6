"""Connections: the same Airflow connections for a DAG and for the command line.

A connection is a fact; how it is found is given in: an `Environment` reads `AIRFLOW_CONN_<ID>` as Airflow does (a URI
or JSON), a task asks Airflow.
"""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from sqlalchemy.engine import URL

from cutover.errors import InputError

DRIVERS = {
    "postgres": "postgresql+psycopg2",
    "postgresql": "postgresql+psycopg2",
    "mysql": "mysql+pymysql",
    "mariadb": "mysql+pymysql",
    "mssql": "mssql+pymssql",
    "oracle": "oracle+oracledb",
    "sqlite": "sqlite",
}
_FOLDERS = ("fs", "file")


@dataclass(frozen=True)
class Connection:
    """Where a system is and how to log in; `conn_type` as Airflow names it (postgres, mysql, sqlite, fs ...)."""

    conn_id: str
    conn_type: str
    host: str | None = None
    port: int | None = None
    login: str | None = None
    password: str | None = field(default=None, repr=False)
    schema: str | None = None
    extra: Mapping[str, Any] = field(default_factory=dict, repr=False)

    @property
    def url(self) -> URL:
        """The SQLAlchemy URL of a database connection.

        Raises:
            InputError: the connection is none to a database that we have a driver for.
        """
        if self.conn_type not in DRIVERS:
            raise InputError(
                f"connection {self.conn_id!r} is of type {self.conn_type!r}, not a database",
                fix=f"use one of {', '.join(sorted(DRIVERS))}",
            )
        if self.conn_type == "sqlite":
            return URL.create("sqlite", database=self.schema or self.host or "")
        return URL.create(DRIVERS[self.conn_type], self.login, self.password, self.host, self.port, self.schema)

    @property
    def folder(self) -> Path:
        """The folder of a file connection (extra `path`).

        Raises:
            InputError: the connection is none to a folder, or the folder is not there.
        """
        if self.conn_type not in _FOLDERS:
            raise InputError(
                f"connection {self.conn_id!r} is no folder", fix="make it of type fs with the extra `path`"
            )
        path = Path(str(self.extra.get("path") or self.schema or ""))
        if path == Path() or not path.is_dir():
            raise InputError(f"connection {self.conn_id!r} names a folder that is not there", fix="correct its `path`")
        return path

    @property
    def statement_timeout(self) -> int | None:
        """The milliseconds that a statement may take (extra `statement_timeout`), 0 for ever, None where nobody says.

        Raises:
            InputError: the extra is no such number.
        """
        given = self.extra.get("statement_timeout")
        if given is not None and not re.fullmatch("[0-9]{1,9}", str(given)):
            raise InputError(
                f"the statement_timeout of connection {self.conn_id!r} is no number of milliseconds",
                fix="write it in digits, such as 60000",
            )
        return None if given is None else int(given)


Connect = Callable[[str], Connection]


def parse_connection(conn_id: str, text: str) -> Connection:
    """Read a connection as Airflow writes it into AIRFLOW_CONN_<ID>: JSON or a URI.

    Raises:
        InputError: the text is neither; its content is not repeated, since it may hold a password.
    """
    try:
        return _from_json(conn_id, text) if text.lstrip().startswith("{") else _from_uri(conn_id, text)
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(
            f"connection {conn_id!r} is not readable",
            fix="write it as Airflow does: a URI, or JSON with conn_type",
        ) from error


def _from_json(conn_id: str, text: str) -> Connection:
    fields = json.loads(text)
    extra = fields.get("extra") or {}
    extra = json.loads(extra) if isinstance(extra, str) else extra
    if not isinstance(extra, dict):
        raise ValueError("extra is no object")
    return Connection(
        conn_id,
        fields["conn_type"],
        fields.get("host"),
        int(fields["port"]) if fields.get("port") else None,
        fields.get("login"),
        fields.get("password"),
        fields.get("schema"),
        extra,
    )


def _from_uri(conn_id: str, text: str) -> Connection:
    parts = urlsplit(text)
    if not parts.scheme:
        raise ValueError("no scheme")
    query = dict(parse_qsl(parts.query))
    extra = json.loads(query.pop("__extra__")) if "__extra__" in query else query
    decoded = {name: unquote(value) if value else None for name, value in _credentials(parts).items()}
    path = unquote(parts.path[1:]) or None
    return Connection(conn_id, parts.scheme.replace("-", "_"), port=parts.port, schema=path, extra=extra, **decoded)


def _credentials(parts: Any) -> dict[str, str | None]:
    return {"host": _host(parts), "login": parts.username, "password": parts.password}


def _host(parts: Any) -> str | None:
    """Return the host as it is written: it may be a path (of SQLite), which `hostname` makes lower case."""
    if parts.hostname is None:
        return None
    start = parts.netloc.lower().rindex(parts.hostname.lower())
    return str(parts.netloc[start : start + len(parts.hostname)])


@dataclass(frozen=True)
class Environment:
    """Find connections in environment variables."""

    variables: Mapping[str, str] = field(repr=False)

    def __call__(self, conn_id: str) -> Connection:
        """Return a connection.

        Raises:
            InputError: there is none of this name.
        """
        name = f"AIRFLOW_CONN_{conn_id.upper()}"
        if name not in self.variables:
            raise InputError(
                f"there is no connection {conn_id!r}", fix=f"set {name}; `cutover up` sets those of the example"
            )
        return parse_connection(conn_id, self.variables[name])
