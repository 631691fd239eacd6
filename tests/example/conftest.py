"""One small legacy side for the tests of this folder, in databases made for them and dropped afterwards."""

import os
from collections.abc import Callable, Iterator
from contextlib import closing
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import psycopg2
import pytest
from psycopg2 import sql

from cutover.example.generate import write_legacy
from tests.example.readback import Legacy, read_legacy


@pytest.fixture(scope="session")
def scratch_database() -> Iterator[Callable[[], str]]:
    """Makes empty databases and gives their URLs; drops them at the end."""
    server = os.environ["CUTOVER_TEST_DATABASE_URL"]
    names: list[str] = []

    def create() -> str:
        names.append(f"cutover_test_{uuid4().hex[:12]}")
        _run(server, sql.SQL("create database {} template template0 encoding 'UTF8'"), names[-1])
        return urlunsplit(urlsplit(server)._replace(path="/" + names[-1]))

    yield create
    for name in names:
        _run(server, sql.SQL("drop database if exists {} with (force)"), name)


def _run(server: str, statement: sql.SQL, name: str) -> None:
    with closing(psycopg2.connect(server)) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(statement.format(sql.Identifier(name)))


@pytest.fixture(scope="session")
def legacy(scratch_database: Callable[[], str], tmp_path_factory: pytest.TempPathFactory) -> Legacy:
    """The legacy side at scale 1, seed 7."""
    erp = scratch_database()
    written = write_legacy(1, 7, erp, tmp_path_factory.mktemp("legacy"), lambda table, rows: None)
    return read_legacy(written, erp)
