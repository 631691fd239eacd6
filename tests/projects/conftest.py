"""Real projects with legacy data of their own, each moved all the way into a database made for it."""

import os
import shutil
import sqlite3
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import psycopg2
import pytest
from psycopg2 import sql
from tests.projects.journey import (
    ADVENTUREWORKS,
    MALL,
    NORTHWIND,
    OPENBOXES,
    Moved,
    folder_connection,
    load_fully,
    make_world,
    prepare,
    sqlite_connection,
    target_connection,
)

from cutover.systems.connections import Connection
from cutover.systems.staging import Staging

sys.path.insert(0, str(Path(__file__).parents[1] / "support"))

from mariadb import Server, mariadb  # noqa: E402

__all__ = ["mariadb"]


@pytest.fixture(scope="session")
def scratch_database() -> Iterator[Callable[..., str]]:
    """Makes databases, empty or as a copy of another one that nobody is connected to; drops them at the end."""
    server = os.environ["CUTOVER_TEST_DATABASE_URL"]
    names: list[str] = []

    def create(template: str = "template0") -> str:
        names.append(f"cutover_test_{uuid4().hex[:12]}")
        _administer(server, "create database {} template {}", names[-1], template)
        return urlunsplit(urlsplit(server)._replace(path="/" + names[-1]))

    yield create
    for name in names:
        _administer(server, "drop database if exists {} with (force)", name)


def _administer(server: str, statement: str, *names: str) -> None:
    with closing(psycopg2.connect(server)) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))


def held(path: Path, name: str) -> Path:
    """Return a piece of the shared data, or skip when they do not hold it."""
    if not path.exists():
        pytest.skip(f"the shared data hold no {name}")
    return path


@pytest.fixture(scope="session")
def northwind_database(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Northwind's SQLite file, built from its script."""
    script = held(shared_data / "2_northwind" / "northwind_sqlite.sql", "Northwind")
    path = tmp_path_factory.mktemp("northwind") / "northwind.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(script.read_text(encoding="utf-8"))
    return path


@pytest.fixture(scope="session")
def adventureworks_folder(shared_data: Path) -> Path:
    """The folder of Adventure Works' text files."""
    return held(shared_data / "3_adventureworks_oltp_csv", "Adventure Works")


@pytest.fixture(scope="session")
def northwind(
    northwind_database: Path, scratch_database: Callable[..., str], tmp_path_factory: pytest.TempPathFactory
) -> Moved:
    """Northwind, moved and verified."""
    legacy = sqlite_connection("northwind_legacy", northwind_database)
    return move(NORTHWIND, legacy, scratch_database(), tmp_path_factory.mktemp("staging"))


@pytest.fixture(scope="session")
def adventureworks(
    adventureworks_folder: Path, scratch_database: Callable[..., str], tmp_path_factory: pytest.TempPathFactory
) -> Moved:
    """Adventure Works' purchasing, moved and verified."""
    legacy = folder_connection("adventureworks_files", adventureworks_folder)
    return move(ADVENTUREWORKS, legacy, scratch_database(), tmp_path_factory.mktemp("staging"))


@pytest.fixture(scope="session")
def mall_dump(shared_data: Path) -> Path:
    """The dump of mall's database."""
    return held(shared_data / "5_mall_mysql_zh" / "mall.sql", "mall")


@pytest.fixture(scope="session")
def mall_database(mall_dump: Path, mariadb: Server) -> Connection:
    """mall's database, made of its dump on the MariaDB server."""
    return replace(mariadb.load(mall_dump), conn_id="mall_legacy")


@pytest.fixture(scope="session")
def mall(
    mall_database: Connection, scratch_database: Callable[..., str], tmp_path_factory: pytest.TempPathFactory
) -> Moved:
    """mall, moved and verified."""
    return move(MALL, mall_database, scratch_database(), tmp_path_factory.mktemp("staging"))


@pytest.fixture(scope="session")
def openboxes_folder(shared_data: Path) -> Path:
    """The folder of OpenBoxes' workbooks."""
    return held(shared_data / "7_excel_openboxes", "OpenBoxes")


@pytest.fixture(scope="session")
def openboxes(
    openboxes_folder: Path, scratch_database: Callable[..., str], tmp_path_factory: pytest.TempPathFactory
) -> Moved:
    """OpenBoxes' purchase orders, moved and verified."""
    legacy = folder_connection("openboxes_files", openboxes_folder)
    return move(OPENBOXES, legacy, scratch_database(), tmp_path_factory.mktemp("staging"))


def move(project: Path, legacy: Connection, database: str, staging: Path, *, batch_rows: int = 2_000) -> Moved:
    """Move and verify a project."""
    world = make_world(project, legacy, database, staging)
    snapshot = prepare(world, batch_rows=batch_rows)
    return Moved(world, database, snapshot, load_fully(world, snapshot))


@pytest.fixture
def copy_of(scratch_database: Callable[..., str], tmp_path: Path) -> Callable[[Moved], Moved]:
    """Copies a moved project, target and staging, for a test that changes them."""

    def copy(moved: Moved) -> Moved:
        moved.world.target.dispose()  # a database that serves as a template has no visitors
        database = scratch_database(urlsplit(moved.database).path[1:])
        shutil.copytree(moved.world.staging.url, tmp_path / "staging")
        target = target_connection(moved.world.specification.project.target.connection, database)
        world = replace(
            moved.world, staging=Staging(str(tmp_path / "staging")), connect={target.conn_id: target}.__getitem__
        )
        return replace(moved, world=world, database=database)

    return copy
