"""Feeds made by hand, and servers to read from."""

import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import psycopg2
import pyarrow as pa
import pytest
from sqlalchemy.engine import make_url

from cutover.core.types import parse_type
from cutover.errors import SourceError
from cutover.project.model import Csv, Excel, Json, Source
from cutover.systems.connections import Connection
from cutover.systems.sources import Feed, Reading, open_legacy, read_feed

sys.path.insert(0, str(Path(__file__).parents[2] / "support"))

from mariadb import mariadb, mariadb_database  # noqa: E402

__all__ = ["mariadb", "mariadb_database"]


def _folder(path: Path) -> Connection:
    return Connection("files", "fs", extra={"path": str(path)})


def _make_feed(
    key: str | tuple[str, ...] = "id", columns: dict[str, str] | None = None, sql: str = "", **where: Any
) -> Feed:
    types = {name: parse_type(text) for name, text in (columns or {}).items()}
    if sql:
        where["extract"] = "extract.sql"
    source = Source(system="legacy", key=key, columns=types, **where)
    return Feed("legacy.feed", source, types, sql or None)


def _read(connection: Connection, feed: Feed) -> tuple[pa.Table, Reading]:
    """Read a whole feed."""
    with open_legacy(connection) as legacy:
        reading = read_feed(legacy, feed)
        counted = reading.count()
        rows = pa.concat_tables([reading.schema.empty_table(), *reading.blocks])
        return rows, replace(reading, count=lambda: counted)


def _read_csv(path: Path, columns: tuple[str, ...] = (), **declared: Any) -> tuple[pa.Table, Reading]:
    declared = {"encoding": "utf-8"} | declared
    feed = _make_feed(columns=dict.fromkeys(columns, "text"), csv=Csv(path=path.name, **declared))
    return _read(_folder(path.parent), feed)


def _read_excel(path: Path, **declared: Any) -> tuple[pa.Table, Reading]:
    return _read(_folder(path.parent), _make_feed(excel=Excel(path=path.name, **declared)))


def _read_json(path: Path, **declared: Any) -> tuple[pa.Table, Reading]:
    return _read(_folder(path.parent), _make_feed(json=Json(path=path.name, **declared)))


@pytest.fixture(scope="session")
def postgres() -> Connection:
    """A PostgreSQL server to read from; the test is skipped when none answers."""
    url = make_url(os.environ["CUTOVER_TEST_DATABASE_URL"])
    connection = Connection(
        "legacy", "postgres", url.host, url.port, url.username, url.password, url.database or "postgres"
    )
    try:
        psycopg2.connect(_dsn(connection)).close()
    except psycopg2.OperationalError:
        pytest.skip("no PostgreSQL answers: give CUTOVER_TEST_DATABASE_URL")
    return connection


def _dsn(connection: Connection) -> str:
    url = connection.url.set(drivername="postgresql")
    return url.render_as_string(hide_password=False)


@pytest.fixture
def legacy_sql(postgres: Connection) -> Iterator[Any]:
    """A cursor that commits each statement, in a schema of its own that is dropped afterwards."""
    opened = psycopg2.connect(_dsn(postgres))
    opened.autocommit = True
    with opened.cursor() as cursor:
        cursor.execute("drop schema if exists land_test cascade; create schema land_test; set search_path = land_test")
        yield cursor
        cursor.execute("drop schema land_test cascade")
    opened.close()


@pytest.fixture
def make_feed() -> Callable[..., Feed]:
    """Make a feed: make_feed(key, table=..., sql=..., columns={...})."""
    return _make_feed


@pytest.fixture
def read() -> Callable[..., tuple[pa.Table, Reading]]:
    """Read a whole feed: read(connection, feed)."""
    return _read


@pytest.fixture
def fail() -> Callable[..., str]:
    """Read a whole feed that cannot be read, and return the message of the error: fail(connection, feed)."""

    def message(connection: Connection, feed: Feed) -> str:
        with pytest.raises(SourceError) as caught:
            _read(connection, feed)
        return str(caught.value)

    return message


@pytest.fixture
def read_csv() -> Callable[..., tuple[pa.Table, Reading]]:
    """Read delimited files: read_csv(path, columns, **declared); UTF-8 unless declared."""
    return _read_csv


@pytest.fixture
def read_excel() -> Callable[..., tuple[pa.Table, Reading]]:
    """Read workbooks: read_excel(path, **declared)."""
    return _read_excel


@pytest.fixture
def read_json() -> Callable[..., tuple[pa.Table, Reading]]:
    """Read JSON files: read_json(path, **declared)."""
    return _read_json
