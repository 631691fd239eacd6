"""A target in one transaction that never commits: what a run does to it is real until it is taken back."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection

from cutover.systems.queries import run


class SimulatedTarget:
    """Stands for the engine of the target within one transaction of it: each transaction of a run is a savepoint.

    What the target checks at commit is checked at the end of each savepoint. Constraints that may be deferred are all
    deferred until then, also those that a real run would check row by row.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    @contextmanager
    def begin(self) -> Iterator[Connection]:
        """Open a savepoint; it is released at the end, and taken back when something fails."""
        with self._connection.begin_nested():
            yield self._connection
            run(self._connection, "check_constraints")
            run(self._connection, "defer_constraints")

    @contextmanager
    def connect(self) -> Iterator[Connection]:
        """Return the one connection there is."""
        yield self._connection
