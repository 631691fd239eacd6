"""Legacy databases: one read-only transaction per system, in which every feed of the system is read."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from cutover.systems.connections import Connection
from cutover.systems.sources.feed import Feed, Reading
from cutover.systems.sources.generic import open_generic
from cutover.systems.sources.postgres import open_postgres


class Database(Protocol):
    """A consistent view of a legacy database.

    instant: names the state of the database; equal instants hold equal rows.
    """

    @property
    def instant(self) -> str: ...

    def read(self, feed: Feed) -> Reading:
        """Open a feed; the blocks of one feed must be read before the next is."""


@contextmanager
def open_database(connection: Connection, *, timeout: int | None) -> Iterator[Database]:
    """Open a database read-only, at one instant.

    Raises:
        InputError: we have no driver for its kind. ConnectionLost: it does not answer.
    """
    postgres = connection.conn_type in ("postgres", "postgresql")
    with open_postgres(connection, timeout) if postgres else open_generic(connection) as database:
        yield database
