"""Set-wise SQL over staged datasets: one DuckDB per process, in memory, spilling to disk beyond a few hundred MB."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from uuid import uuid4

import duckdb
import pyarrow as pa

from cutover.core.expression import first_line
from cutover.errors import TerminalError
from cutover.systems.staging import Dataset, Staging

MEMORY_LIMIT = "400MB"


def quote(name: str) -> str:
    """Quote an identifier for DuckDB."""
    return '"' + name.replace('"', '""') + '"'


def quote_text(text: str) -> str:
    """Write a text as DuckDB's SQL reads it."""
    return "'" + text.replace("'", "''") + "'"


@dataclass(frozen=True)
class SetWise:
    """Query datasets by name: each is a view of that name; frames are registered on the connection beside them."""

    connection: duckdb.DuckDBPyConnection
    staging: Staging

    def select(self, sql: str, **datasets: Dataset) -> pa.Table:
        """Run one SELECT.

        Raises:
            TerminalError: it cannot be run; only the first line of the reason is told, it holds no values.
        """
        try:
            for name, dataset in datasets.items():
                pattern = quote_text(self.staging.pattern(dataset))
                view = f"create or replace temp view {quote(name)} as select * from read_parquet({pattern})"
                self.connection.execute(view).fetchall()
            return self.connection.query(sql).to_arrow_table()
        except duckdb.Error as error:
            raise TerminalError(
                f"a set-wise step failed: {first_line(error)}",
                fix="correct the expression that it names; its columns are those of the landed feed",
            ) from None


@contextmanager
def open_setwise(staging: Staging) -> Iterator[SetWise]:
    """Open a connection for one piece of set-wise work; its views and frames are forgotten with it."""
    with _database().cursor() as connection:
        yield SetWise(connection, staging)


@cache
def _database() -> duckdb.DuckDBPyConnection:
    # Opening a database costs as much as fifty small queries, so that a process has one. DuckDB makes the folder when
    # it must spill, empties it as the work ends, and removes it with the database; a task of Airflow ends without that.
    settings: dict[str, str | bool | int | float | list[str]] = {
        "memory_limit": MEMORY_LIMIT,
        "temp_directory": str(Path(tempfile.gettempdir()) / f"cutover-duckdb-{uuid4()}"),
        "threads": "2",
    }
    return duckdb.connect(":memory:", config=settings)


# Its threads do not come along into a forked child, which would wait for them for ever: no child inherits a database.
os.register_at_fork(before=_database.cache_clear)
