"""What benchmarks of one entity share: their arguments, and a database on a given server or on one started for it."""

import argparse
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


def read_arguments(doc: str) -> argparse.Namespace:
    """Return rows, rounds and url (None where no server is given) of a script, whose docstring tells what it is."""
    parser = argparse.ArgumentParser(description=doc.splitlines()[0])
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=3, help="of which the median is taken")
    parser.add_argument("--url", help="a PostgreSQL server to use; one is started when absent")
    return parser.parse_args()


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
