"""A database of a benchmark's own, dropped at the end: on a given server, else on one started for it from the wheel."""

import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from uuid import uuid4

import psycopg2
from sqlalchemy import make_url

from cutover.runtime.home import make_home
from cutover.runtime.postgres import ServerChoice, start_server
from cutover.runtime.stack import remove_all
from cutover.systems.connections import Connection


@contextmanager
def throwaway_target(url: str | None) -> Iterator[Connection]:
    """Create a database `cutover_benchmark_...`, yield the connection to it, and remove everything.

    url: of the server; None starts one.
    """
    name = f"cutover_benchmark_{uuid4().hex[:12]}"
    with _given(url) if url else _started() as server, closing(psycopg2.connect(server)) as session:
        session.autocommit = True
        cursor = session.cursor()
        cursor.execute(f"create database {name}")
        parts = make_url(server)
        try:
            yield Connection("target", "postgres", parts.host, parts.port, parts.username, parts.password, name)
        finally:
            cursor.execute(f"drop database {name} with (force)")


@contextmanager
def _given(url: str) -> Iterator[str]:
    yield url


@contextmanager
def _started() -> Iterator[str]:
    with tempfile.TemporaryDirectory(prefix="cutover-benchmark-") as folder:
        home = make_home(Path(folder) / "home")
        try:
            server = start_server(home, ServerChoice(origin="wheel"))
            yield server.url(server.maintenance).replace("+psycopg2", "", 1)
        finally:
            remove_all(home)
