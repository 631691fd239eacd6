"""Legacy databases: one read-only transaction per system, in which every feed of the system is read."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol
from uuid import uuid4

from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError, NoSuchModuleError

from cutover.errors import ConnectionLost, InputError
from cutover.systems.connections import Connection
from cutover.systems.sources.feed import Feed, Reading
from cutover.systems.sources.mysql import MySql, connect_mysql
from cutover.systems.sources.oracle import Oracle, connect_oracle
from cutover.systems.sources.postgres import open_postgres
from cutover.systems.sources.relational import Dialect, Relational, one_line
from cutover.systems.sources.sqlite import open_sqlite
from cutover.systems.sources.sqlserver import SqlServer, connect_sqlserver

_CONNECT = {
    "mysql": connect_mysql,
    "mariadb": connect_mysql,
    "mssql": connect_sqlserver,
    "oracle": connect_oracle,
}
_EXTRAS = {"mysql": "mysql", "mariadb": "mysql", "mssql": "sqlserver", "oracle": "oracle"}


class Database(Protocol):
    """A consistent view of a legacy database.

    instant: names the state of the database; equal instants hold equal rows.
    """

    @property
    def instant(self) -> str: ...

    def read(self, feed: Feed) -> Reading:
        """Open a feed; the blocks of one feed must be read before the next is."""

    def objects(self) -> list[str]:
        """Return the names of all tables and views there are, as a mapping may write them."""


@contextmanager
def open_database(connection: Connection, *, timeout: int | None) -> Iterator[Database]:
    """Open a database read-only, at one instant.

    Raises:
        InputError: we have no driver for its kind. ConnectionLost: it does not answer.
    """
    with _open(connection, timeout) as database:
        yield database


def _open(connection: Connection, timeout: int | None) -> AbstractContextManager[Database]:
    if connection.conn_type in ("postgres", "postgresql"):
        return open_postgres(connection, timeout)
    return open_sqlite(connection) if connection.conn_type == "sqlite" else _open_server(connection, timeout)


@contextmanager
def _open_server(connection: Connection, timeout: int | None) -> Iterator[Relational]:
    engine = _make_engine(connection, timeout)
    try:
        try:
            opened = engine.connect()
            dialect = _dialect(engine)
            for statement in dialect.begin(timeout):
                opened.exec_driver_sql(statement)
        except DBAPIError as error:
            raise ConnectionLost(
                f"legacy database of connection {connection.conn_id!r} cannot be opened: {one_line(error)}",
                fix="check the connection's host, port, login and password, and that the database is up",
            ) from None
        with opened:
            try:
                # We know no way to compare two instants of such a database: none equals another.
                yield Relational(opened, dialect, uuid4().hex)
            except BaseException:
                if not opened.invalidated:
                    dialect.abandon(opened)
                raise
    finally:
        engine.dispose()


def _make_engine(connection: Connection, timeout: int | None) -> Engine:
    try:
        return _CONNECT.get(connection.conn_type, connect_mysql)(connection, timeout)
    except (ModuleNotFoundError, NoSuchModuleError) as error:
        extra = _EXTRAS[connection.conn_type]
        raise InputError(
            f"connection {connection.conn_id!r} needs a driver: {error}", fix=f"pip install 'cutover[{extra}]'"
        ) from None


def _dialect(engine: Engine) -> Dialect:
    if engine.dialect.name == "mssql":
        return SqlServer()
    return Oracle() if engine.dialect.name == "oracle" else MySql(bool(getattr(engine.dialect, "is_mariadb", False)))
