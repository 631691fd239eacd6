"""The whole way of a project in a few verbs, and plain SQL on what it left behind."""

from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import psycopg2
import pyarrow.compute as pc

from cutover.phases.cleanse import cleanse_entity
from cutover.phases.create_target import create_target
from cutover.phases.land import land
from cutover.phases.load import load_entity
from cutover.phases.map import map_entity
from cutover.phases.runs import finish_run, start_run
from cutover.phases.verify import verify_run
from cutover.phases.world import World
from cutover.project.specification import read_specification
from cutover.systems import datasets
from cutover.systems.connections import Connection
from cutover.systems.staging import Staging

HERE = Path(__file__).parent
NORTHWIND = HERE / "northwind"
ADVENTUREWORKS = HERE / "adventureworks"
MALL = HERE / "mall"
OPENBOXES = HERE / "openboxes"
UK_LEDGERS = tuple(HERE / name for name in ("uk_leeds", "uk_tfl", "uk_salford"))
WAVE = "main"


@dataclass(frozen=True)
class Moved:
    """A project on its way: the world it moves in, the URL of its target, its snapshot, and its full run."""

    world: World
    database: str
    snapshot: str
    run_id: int

    @property
    def entities(self) -> tuple[str, ...]:
        """The project's entities in load order."""
        return self.world.specification.entities(WAVE)

    def rows(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        """Return the rows of a hand-written query on the target."""
        return select(self.database, query, values)

    def one(self, query: str, *values: Any) -> tuple[Any, ...]:
        """Return the only row of a hand-written query on the target."""
        (row,) = self.rows(query, *values)
        return row

    def outcomes(self) -> dict[str, dict[str, int]]:
        """Return how many staged rows of each entity have each outcome, those that occur."""
        return {entity: count_outcomes(self.world, self.snapshot, entity) for entity in self.entities}


def make_world(project: Path, legacy: Connection, database: str, staging: Path) -> World:
    """Make the world that moves a project's only legacy system into an empty database."""
    specification = read_specification(project)
    target = target_connection(specification.project.target.connection, database)
    known = {each.conn_id: each for each in (legacy, target)}
    world = World(specification, Staging(str(staging)), known.__getitem__, lambda: datetime.now(UTC))
    create_target(world)
    return world


def target_connection(conn_id: str, url: str) -> Connection:
    """Make the connection to a PostgreSQL database of its URL."""
    parts = urlsplit(url)
    password = unquote(parts.password) if parts.password else None
    return Connection(conn_id, "postgres", parts.hostname, parts.port, parts.username, password, parts.path[1:])


def sqlite_connection(conn_id: str, path: Path) -> Connection:
    """Make the connection to a SQLite file."""
    return Connection(conn_id, "sqlite", host=str(path))


def folder_connection(conn_id: str, path: Path) -> Connection:
    """Make the connection to a folder of files."""
    return Connection(conn_id, "fs", extra={"path": str(path)})


def prepare(world: World, *, batch_rows: int = 2_000) -> str:
    """Land, cleanse and map everything; returns the snapshot."""
    snapshot = land(world, batch_rows=batch_rows)
    for entity in world.specification.entities(WAVE):
        cleanse_entity(world, snapshot, entity)
        map_entity(world, snapshot, entity)
    return snapshot


def load_fully(world: World, snapshot: str) -> int:
    """Load everything, verify every row, and close the run; returns it."""
    run_id = start_run(world, wave=WAVE, kind="full", snapshot=snapshot)
    for entity in world.specification.entities(WAVE):
        load_entity(world, run_id, entity)
    verify_run(world, run_id)
    finish_run(world, run_id)
    return run_id


def load_ungated(world: World, database: str, snapshot: str) -> Moved:
    """Load everything and close the run without regard to any gate: what is rejected stays out."""
    run_id = start_run(world, wave=WAVE, kind="full", snapshot=snapshot)
    for entity in world.specification.entities(WAVE):
        load_entity(world, run_id, entity)
    finish_run(world, run_id)
    return Moved(world, database, snapshot, run_id)


def count_outcomes(world: World, snapshot: str, entity: str) -> dict[str, int]:
    """Return how many staged rows of an entity have each outcome, those that occur."""
    outcome = world.staging.read(datasets.outcome(snapshot, entity), ["outcome"])["outcome"]
    return {line["values"].as_py(): line["counts"].as_py() for line in pc.value_counts(outcome)}


def rejected(world: World, snapshot: str, entity: str) -> list[tuple[str | None, str, str]]:
    """Return source key, rule and reason of each rejected row of an entity, in the order of the feed."""
    rows = world.staging.read(datasets.outcome(snapshot, entity)).to_pylist()
    return [(row["_key"], row["rule"], row["reason"]) for row in rows if row["outcome"] == "rejected"]


def fingerprint(database: str, schemas: Sequence[str], *, sequences: bool = True) -> dict[str, str]:
    """Return a digest of every table and the state of every sequence of the schemas: plain SQL, not the engine's."""
    tables = select(
        database,
        """select format('%%I.%%I', schemaname, tablename), false from pg_tables where schemaname = any(%s)
           union all select format('%%I.%%I', schemaname, sequencename), true
           from pg_sequences where schemaname = any(%s) and %s""",
        (list(schemas), list(schemas), sequences),
    )
    digest = "select count(*) || ' ' || coalesce(md5(string_agg(t::text, chr(10) order by t::text)), '') from {} as t"
    state = "select last_value || ' ' || is_called from {}"
    return {
        name: select(database, (state if is_sequence else digest).format(name))[0][0] for name, is_sequence in tables
    }


def select(database: str, query: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
    """Return the rows of a hand-written query."""
    with closing(psycopg2.connect(database)) as connection, connection.cursor() as cursor:
        cursor.execute(query, values or None)
        found: list[tuple[Any, ...]] = cursor.fetchall()
        return found
