"""The target ERP's schema, made from the project's SQL files."""

from contextlib import closing
from pathlib import Path

import psycopg2.extensions
from psycopg2 import sql

from cutover.errors import InputError
from cutover.example.generate import connect, schema_mark
from cutover.systems.target import run_setup

SCHEMA = "erp"
MARK = "Cutover example: target ERP"


def create_target(url: str, files: Path, *, reset: bool) -> bool:
    """Create the target schema `erp` unless it is there; True when this call created it.

    files: folder of the .sql files, run in the order of their names, all in one transaction.
    reset: drop an earlier target first, with everything that was loaded into it.

    Raises:
        InputError: no SQL file in `files`, or the database's schema `erp` is not one that this function made.
        ConnectionLost: the database does not answer. TargetError: it refuses a statement.
    """
    statements = {path.name: path.read_text(encoding="utf-8") for path in sorted(files.glob("*.sql"))}
    if not statements:
        raise InputError(f"There is no SQL file in {files}", fix="name the project's folder with --project")
    with closing(connect(url)) as connection, connection, connection.cursor() as cursor:
        mark = schema_mark(cursor, SCHEMA)
        _require_own(mark)
        if mark is not None and not reset:
            return False
        _create(cursor, statements)
    return True


def _require_own(mark: str | None) -> None:
    if mark is not None and mark != MARK:
        raise InputError(
            "The database given for the target already has a schema erp that is not the example's target",
            fix="give the target a database of its own, apart from the legacy ERP's",
        )


def _create(cursor: psycopg2.extensions.cursor, statements: dict[str, str]) -> None:
    schema = sql.Identifier(SCHEMA)
    cursor.execute(sql.SQL("drop schema if exists {} cascade").format(schema))
    run_setup(cursor, statements)
    cursor.execute(sql.SQL("comment on schema {} is {}").format(schema, sql.Literal(MARK)))
