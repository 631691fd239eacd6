"""Set-wise SQL over staged datasets: one DuckDB in memory, spilling to disk, a few hundred megabytes at most."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import duckdb
import pyarrow as pa

from cutover.core.expression import first_line
from cutover.errors import TerminalError
from cutover.systems.staging import Dataset, Staging

MEMORY_LIMIT = "400MB"


def quote(name: str) -> str:
    """Quote an identifier for DuckDB."""
    return '"' + name.replace('"', '""') + '"'


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
                pattern = self.staging.pattern(dataset).replace("'", "''")
                view = f"create or replace temp view {quote(name)} as select * from read_parquet('{pattern}')"
                self.connection.execute(view).fetchall()
            return self.connection.query(sql).to_arrow_table()
        except duckdb.Error as error:
            raise TerminalError(
                f"a set-wise step failed: {first_line(error)}",
                fix="correct the expression that it names; its columns are those of the landed feed",
            ) from None


@contextmanager
def open_setwise(staging: Staging) -> Iterator[SetWise]:
    """Open a DuckDB for one entity's set-wise work; it leaves nothing behind."""
    with tempfile.TemporaryDirectory(prefix="cutover-duckdb-") as folder:
        settings: dict[str, str | bool | int | float | list[str]] = {
            "memory_limit": MEMORY_LIMIT,
            "temp_directory": folder,
            "threads": "2",
        }
        connection = duckdb.connect(":memory:", config=settings)
        try:
            yield SetWise(connection, staging)
        finally:
            connection.close()
