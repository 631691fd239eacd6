"""Write the legacy side of the worked example: ERP database, CRM workbooks, MES file and ground truth."""

import shutil
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import psycopg2
import psycopg2.extensions
from psycopg2 import sql

from cutover.errors import ConnectionLost, InputError
from cutover.example.contacts import CONTACTS
from cutover.example.legacy import ERP_TABLES
from cutover.example.shopfloor import WORK_ORDERS
from cutover.example.tables import LegacyTable, World, read_chunks
from cutover.example.writing import (
    SCHEMA,
    Gb18030Csv,
    GroundTruth,
    Workbooks,
    add_key,
    copy_rows,
    create_table,
)

MARK = "Cutover example: legacy ERP"
Progress = Callable[[str, int], None]


@dataclass(frozen=True)
class TableCount:
    """How many rows a legacy table or file got."""

    system: str
    table: str
    rows: int


@dataclass(frozen=True)
class Written:
    """What one run wrote: counts per table and the number of lines of ground truth."""

    tables: tuple[TableCount, ...]
    truth_lines: int
    folder: Path

    @property
    def rows(self) -> int:
        """Rows of all tables and files together."""
        return sum(table.rows for table in self.tables)


def write_legacy(scale: float, seed: int, erp: str, folder: Path, progress: Progress) -> Written:
    """Replace the legacy side by the one of (scale, seed).

    scale: 1 is about 100,000 rows; a smaller one has at least 500 rows of each table that grows.
    erp: PostgreSQL URL of the legacy database; its schema `erp` is replaced in one transaction.
    folder: gets crm/contacts_NNN.xlsx, mes/work_orders.csv and ground_truth.csv,
    replaced when all of them are complete.
    progress: called after each chunk with the table and the number of its rows.

    Raises:
        InputError: scale not above 0, or the database's schema `erp` is not one that this function wrote.
        ConnectionLost: the database does not answer.
    """
    if scale <= 0:
        raise InputError(f"Scale {scale} is not above 0", fix="give a number above 0, for example --scale 1")
    world = World(scale, seed)
    draft = folder / ".writing"
    _prepare(draft)
    with closing(connect(erp)) as connection:
        with GroundTruth(draft / "ground_truth.csv") as truth:
            counts = [*_write_erp(connection, world, truth, progress), *_write_files(world, draft, truth, progress)]
        _publish(draft, folder)
        connection.commit()
    return Written(tuple(counts), truth.lines, folder)


def connect(url: str) -> psycopg2.extensions.connection:
    """Open a database by its URL; its refusal becomes one clear error without the URL's password."""
    try:
        return psycopg2.connect(url)
    except psycopg2.ProgrammingError:
        raise InputError(
            "What names the database is no URL of PostgreSQL", fix="write postgresql://user:password@host:port/database"
        ) from None
    except psycopg2.OperationalError as error:
        raise ConnectionLost(
            f"The database does not answer: {str(error).strip().splitlines()[0]}",
            fix="start it (cutover up) or correct the connection",
        ) from None


def schema_mark(cursor: psycopg2.extensions.cursor, schema: str) -> str | None:
    """The comment on a schema: None when the schema is absent, empty when it has none."""
    cursor.execute(
        "select coalesce(obj_description(oid, 'pg_namespace'), '') from pg_namespace where nspname = %s", (schema,)
    )
    found = cursor.fetchone()
    return None if found is None else str(found[0])


def _prepare(draft: Path) -> None:
    shutil.rmtree(draft, ignore_errors=True)
    for name in ("crm", "mes"):
        (draft / name).mkdir(parents=True)


def _write_erp(
    connection: psycopg2.extensions.connection, world: World, truth: GroundTruth, progress: Progress
) -> list[TableCount]:
    with connection.cursor() as cursor:
        _replace_schema(cursor, world)
        return [_write_table(cursor, world, table, truth, progress) for table in ERP_TABLES]


def _replace_schema(cursor: psycopg2.extensions.cursor, world: World) -> None:
    mark = schema_mark(cursor, SCHEMA)
    if mark is not None and not mark.startswith(MARK):
        raise InputError(
            "The database given for the legacy ERP already has a schema erp that is not the example's",
            fix="give the example a database of its own, or drop that schema yourself",
        )
    schema = sql.Identifier(SCHEMA)
    cursor.execute(sql.SQL("drop schema if exists {} cascade").format(schema))
    cursor.execute(sql.SQL("create schema {}").format(schema))
    text = f"{MARK}, scale {world.scale}, seed {world.seed}"
    cursor.execute(sql.SQL("comment on schema {} is {}").format(schema, sql.Literal(text)))


def _write_table(
    cursor: psycopg2.extensions.cursor, world: World, table: LegacyTable, truth: GroundTruth, progress: Progress
) -> TableCount:
    create_table(cursor, table)
    for chunk in read_chunks(world, table):
        copy_rows(cursor, table, chunk.rows)
        truth.add(chunk.truth)
        progress(table.name, chunk.rows.num_rows)
    add_key(cursor, table)
    cursor.execute(sql.SQL("analyze {}").format(sql.Identifier(SCHEMA, table.name)))
    return TableCount(table.system, table.name, table.count(world))


def _write_files(world: World, draft: Path, truth: GroundTruth, progress: Progress) -> list[TableCount]:
    sinks = (
        (CONTACTS, Workbooks(draft / "crm", CONTACTS.name)),
        (WORK_ORDERS, Gb18030Csv(draft / "mes" / f"{WORK_ORDERS.name}.csv")),
    )
    for table, sink in sinks:
        with closing(sink):
            for chunk in read_chunks(world, table):
                sink.add(chunk.rows)
                truth.add(chunk.truth)
                progress(table.name, chunk.rows.num_rows)
    return [TableCount(table.system, table.name, table.count(world)) for table, _ in sinks]


def _publish(draft: Path, folder: Path) -> None:
    for name in ("crm", "mes"):
        shutil.rmtree(folder / name, ignore_errors=True)
        (draft / name).rename(folder / name)
    (draft / "ground_truth.csv").replace(folder / "ground_truth.csv")
    shutil.rmtree(draft)
