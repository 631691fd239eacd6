"""The target: a PostgreSQL database whose sessions all speak the same dialect, with its ledger migrated."""

from collections.abc import Mapping
from importlib import resources
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from sqlalchemy import Engine, create_engine

from cutover.errors import InputError, TargetError
from cutover.systems.connections import Connection
from cutover.systems.queries import run
from cutover.systems.refusals import refusals, translate_errors

# What a value looks like as text must not depend on whose session asks: fingerprints and COPY rely on it.
_SETTINGS = {
    "timezone": "UTC",
    "datestyle": "ISO",
    "intervalstyle": "postgres",
    "extra_float_digits": "1",
    "bytea_output": "hex",
    "client_encoding": "UTF8",
    "standard_conforming_strings": "on",
}
_TLS = ("sslmode", "sslcert", "sslkey", "sslrootcert", "sslpassword", "connect_timeout")


def open_target(connection: Connection) -> Engine:
    """Return an engine to the target, its ledger in schema `cutover` created or migrated to this version.

    Raises:
        InputError: the connection is none to PostgreSQL. ConnectionLost: nobody answers.
        TargetError: the ledger is newer than this package, we may not create it, or its schema is somebody else's.
    """
    engine = connect_target(connection)
    try:
        migrate_ledger(engine)
    except BaseException:
        engine.dispose()
        raise
    return engine


def connect_target(connection: Connection) -> Engine:
    """Return an engine to a PostgreSQL database with the session settings that we rely on; nothing is changed there."""
    if connection.url.get_backend_name() != "postgresql":
        raise InputError(
            f"the target {connection.conn_id!r} is of type {connection.conn_type!r}",
            fix="name a PostgreSQL connection",
        )
    limit = connection.statement_timeout
    settings = {**_SETTINGS, **({"statement_timeout": limit} if limit is not None else {})}
    options = " ".join(f"-c {name}={value}" for name, value in settings.items())
    tls = {name: value for name, value in connection.extra.items() if name in _TLS}
    engine = create_engine(
        connection.url,
        connect_args={"options": options, "application_name": "cutover", **tls},
        pool_pre_ping=True,
        hide_parameters=True,
    )
    translate_errors(engine)
    return engine


def run_setup(cursor: Any, statements: Mapping[str, str]) -> None:
    """Run whole SQL files in the caller's transaction, in their order; `statements` is file name -> text.

    Raises:
        TargetError: the target refuses a statement; its fact `file` names the file.
    """
    for file, text in statements.items():
        with refusals(file=file):
            cursor.execute(text)


def migrate_ledger(engine: Engine) -> None:
    """Bring the ledger to this package's version, once, however many callers come at the same time."""
    config = Config()
    config.set_main_option("script_location", str(resources.files("cutover.systems") / "migrations"))
    with engine.begin() as connection:
        run(connection, "lock_migration")
        if not run(connection, "find_schema", schema="cutover").scalar():
            run(connection, "create_ledger_schema")
        config.attributes["connection"] = connection
        try:
            command.upgrade(config, "head")
        except CommandError as error:
            raise TargetError(
                "the ledger in the target was made by a newer version of cutover",
                fix="use that version, or a newer one",
            ) from error
        except TargetError as error:
            if error.facts.get("sqlstate") != "42P07":
                raise
            raise TargetError(
                "the schema cutover of the target holds tables that are not the ledger's",
                fix="rename that schema, or name another database in the target's connection",
            ) from None
