"""A PostgreSQL server that can be reached, and the databases in it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import psycopg2
from psycopg2 import errors, sql
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from cutover.errors import ConnectionLost, InputError, RuntimeSetupError
from cutover.runtime.binaries import OLDEST_MAJOR
from cutover.runtime.home import Home, write_private

DRIVER = "postgresql+psycopg2"
NO_SPACE = "No space left on device"


@dataclass(frozen=True)
class Server:
    """Where a server listens and how to enter it; `data` and `binaries` are None when it is not ours to stop.

    maintenance: the database to enter in order to create others.
    options: further parts of the URL (such as sslmode).
    """

    host: str
    port: int
    user: str
    password_file: Path
    version: str
    data: Path | None = None
    binaries: Path | None = None
    maintenance: str = "postgres"
    options: tuple[tuple[str, str], ...] = ()

    @property
    def password(self) -> str:
        return self.password_file.read_text(encoding="utf-8").rstrip("\n")

    def url(self, database: str) -> str:
        """Return the SQLAlchemy URL of a database, with the password in it: never print it."""
        parts = URL.create(DRIVER, self.user, self.password, self.host, self.port, database, dict(self.options))
        return parts.render_as_string(hide_password=False)


@contextmanager
def open_session(server: Server, database: str, *, timeout: int = 5) -> Iterator[Any]:
    """Open a connection that commits each statement at once.

    Raises:
        ConnectionLost: nothing answers, or the server is still starting or already stopping.
        RuntimeSetupError: it answers and refuses the user, the password or the database.
    """
    try:
        session = psycopg2.connect(server.url(database).replace(DRIVER, "postgresql", 1), connect_timeout=timeout)
    except psycopg2.OperationalError as error:
        raise _explain_refusal(error, server) from error
    session.autocommit = True
    try:
        yield session
    finally:
        session.close()


def _explain_refusal(error: psycopg2.OperationalError, server: Server) -> RuntimeSetupError | ConnectionLost:
    where = f"the PostgreSQL server at {server.host}:{server.port}"
    said = str(error).strip().splitlines()[0] if str(error).strip() else "no reason given"
    if "authentication failed" in said or "does not exist" in said or "pg_hba.conf" in said:
        return RuntimeSetupError(f"{where} refuses {server.user}: {said}", fix="mend the user and password of the URL")
    return ConnectionLost(f"{where} does not answer: {said}", fix="run `cutover up`, or mend CUTOVER_DATABASE_URL")


def read_server_version(server: Server) -> str:
    """Ask a server for its version (such as 18.4); raises as `open_session` does."""
    with open_session(server, server.maintenance) as session, session.cursor() as cursor:
        cursor.execute("show server_version")
        return str(cursor.fetchone()[0]).split()[0]


def create_database(server: Server, name: str) -> bool:
    """Create a UTF-8 database that sorts by code point; tell whether it was new.

    Raises:
        RuntimeSetupError: the disk is full, or the user may not create databases.
    """
    with open_session(server, server.maintenance) as session, session.cursor() as cursor:
        cursor.execute("select 1 from pg_database where datname = %s", (name,))
        if cursor.fetchone():
            return False
        command = sql.SQL("create database {} template template0 encoding 'UTF8' lc_collate 'C' lc_ctype 'C'")
        try:
            cursor.execute(command.format(sql.Identifier(name)))
        except errors.DuplicateDatabase:
            return False
        except psycopg2.Error as error:
            raise _explain_failed_create(error, name) from error
    return True


def _explain_failed_create(error: psycopg2.Error, name: str) -> RuntimeSetupError:
    said = str(error).strip().splitlines()[0]
    full = NO_SPACE in str(error)
    fix = "free space on the disk of the database" if full else "use a database user who may create databases"
    return RuntimeSetupError(f"the database {name} cannot be created: {said}", fix=fix)


def read_given_server(home: Home, given: str) -> Server:
    """Turn the URL of a server that somebody else runs into a Server, and check that it answers and is new
    enough.

    Raises:
        InputError: not a PostgreSQL URL.
        ConnectionLost, RuntimeSetupError: it cannot be entered, or is older than PostgreSQL 15.
    """
    try:
        url = make_url(given)
    except ArgumentError:
        url = None
    if url is None or not url.drivername.startswith("postgres") or not url.host:
        raise InputError(
            "CUTOVER_DATABASE_URL is not the URL of a PostgreSQL server",
            fix="give it the form postgresql://user:password@host:5432/postgres",
        )
    password_file = home.secrets / "given_database_password"
    write_private(password_file, f"{url.password or ''}\n")
    options = tuple((name, str(value)) for name, value in sorted(url.query.items()))
    server = Server(
        url.host,
        url.port or 5432,
        url.username or "postgres",
        password_file,
        version="",
        maintenance=url.database or "postgres",
        options=options,
    )
    version = read_server_version(server)
    if int(version.split(".")[0]) < OLDEST_MAJOR:
        raise RuntimeSetupError(
            f"the given server is PostgreSQL {version}", fix=f"give one of version {OLDEST_MAJOR} or later"
        )
    return replace(server, version=version)
