"""Databases of the tests' own on a MariaDB or MySQL server that is there already."""

import os
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy.engine import make_url

from cutover.systems.connections import Connection

SERVER = "CUTOVER_TEST_MARIADB_URL"
_DEFAULT = "mysql+pymysql://root@127.0.0.1:3306"


class Server:
    """A server on which databases are made, filled and dropped."""

    def __init__(self) -> None:
        self.url = make_url(os.environ.get(SERVER, _DEFAULT))
        self.names: list[str] = []

    def connect(self, database: str | None = None) -> Any:
        """Open a session that commits each statement and may send several at once."""
        import pymysql
        from pymysql.constants import CLIENT

        return pymysql.connect(
            host=self.url.host or "127.0.0.1",
            port=self.url.port or 3306,
            user=self.url.username,
            password=self.url.password or "",
            database=database,
            charset="utf8mb4",
            autocommit=True,
            client_flag=CLIENT.MULTI_STATEMENTS,
            connect_timeout=5,
        )

    def create(self, script: str = "") -> Connection:
        """Make a database, run a script in it, and return the connection to it; `{name}` in it is its name."""
        name = f"cutover_test_{uuid4().hex[:12]}"
        self.names.append(name)
        self.run(None, f"create database `{name}` character set utf8mb4")
        if script:
            self.run(name, script.replace("{name}", name))
        return self.connection(name)

    def connection(self, name: str) -> Connection:
        """Return the connection to a database."""
        url = self.url
        return Connection("legacy", "mysql", url.host or "127.0.0.1", url.port, url.username, url.password, name)

    def run(self, database: str | None, script: str) -> list[tuple[Any, ...]]:
        """Run a script and return the rows of its first statement."""
        with closing(self.connect(database)) as session, session.cursor() as cursor:
            cursor.execute(script)
            rows = list(cursor.fetchall())
            while cursor.nextset():
                pass
            return rows

    def load(self, dump: Path, database: str | None = None) -> Connection:
        """Make a database of a dump; `database` is its name in the dump, where it is written there."""
        text = dump.read_text(encoding="utf-8")
        return self.create(text.replace(f"`{database}`", "`{name}`") if database else text)

    def drop_all(self) -> None:
        """Drop every database that was made."""
        for name in self.names:
            self.run(None, f"drop database if exists `{name}`")


@pytest.fixture(scope="session")
def mariadb() -> Iterator[Server]:
    """A MariaDB or MySQL server; the test is skipped when none answers."""
    pymysql = pytest.importorskip("pymysql", reason="no driver for MariaDB: pip install 'cutover[mysql]'")
    server = Server()
    try:
        server.connect().close()
    except pymysql.err.OperationalError:
        pytest.skip(f"no MariaDB answers on {server.url.host}:{server.url.port}: give {SERVER}")
    yield server
    server.drop_all()


@pytest.fixture
def mariadb_database(mariadb: Server) -> Callable[[str], Connection]:
    """Make a database of a script."""
    return mariadb.create
