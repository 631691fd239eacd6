"""One home with real servers for all tests of this folder; each file hands it on to the next in a working state.

test_demo looks at a finished demo, test_ui at its pages, and test_way_back, the last, hurts it and takes it away.
"""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg2
import pytest

from cutover.runtime.api import Airflow
from cutover.runtime.environment import ADMIN, admin_password_file
from cutover.runtime.home import Home, make_home, read_state
from cutover.runtime.stack import remove_all

ROOT = Path(__file__).parent.parent.parent
COMMAND = [sys.executable, "-c", "from cutover.cli import main; main()"]


def pytest_collection_modifyitems(items: Sequence[pytest.Item]) -> None:
    """Keep these tests on one worker where the caller distributes by groups: they share their servers."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.xdist_group("e2e"))


@dataclass(frozen=True)
class Stack:
    """A home, and the command line that works in it."""

    home: Home

    @property
    def environ(self) -> dict[str, str]:
        """The environment of a person who has nothing but this repository."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("AIRFLOW", "CUTOVER", "PG"))}
        own = {"CUTOVER_HOME": str(self.home.root), "CUTOVER_POSTGRES": "wheel", "PYTHONPATH": str(ROOT / "src")}
        return {**kept, **own, "COLUMNS": "140"}

    def run(self, *words: str, timeout: float = 900) -> subprocess.CompletedProcess[str]:
        """Run a verb to its end."""
        return subprocess.run(
            [*COMMAND, *words], cwd=ROOT, env=self.environ, capture_output=True, text=True, timeout=timeout, check=False
        )

    def begin(self, *words: str) -> "subprocess.Popen[str]":
        """Begin a verb and do not wait for it."""
        out = (self.home.root.parent / "begun.log").open("a")
        return subprocess.Popen(
            [*COMMAND, *words], cwd=ROOT, env=self.environ, stdout=out, stderr=subprocess.STDOUT, text=True
        )

    def read_json(self, *words: str) -> Any:
        """Run a verb that answers in JSON."""
        done = self.run(*words, "--json")
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def connect(self) -> Airflow:
        """Log in to Airflow."""
        url = f"http://127.0.0.1:{read_state(self.home)['ports']['api']}"
        return Airflow(url, ADMIN, admin_password_file(self.home).read_text(encoding="utf-8").strip())

    def query(self, statement: str, database: str = "target_erp") -> list[tuple[Any, ...]]:
        """Ask a database of the embedded server."""
        server = read_state(self.home)["server"]
        password = Path(server["password_file"]).read_text(encoding="utf-8").strip()
        where = {"host": server["host"], "port": server["port"], "user": server["user"], "password": password}
        session = psycopg2.connect(**where, dbname=database, connect_timeout=5)
        try:
            with session.cursor() as cursor:
                cursor.execute(statement)
                return list(cursor.fetchall())
        finally:
            session.close()


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """An empty home; whatever is started in it is stopped and removed."""
    root = tmp_path_factory.mktemp("e2e")
    home = Home(root / "home")
    yield Stack(home)
    remove_all(make_home(home.root))
    shutil.rmtree(root, ignore_errors=True)


@pytest.fixture(scope="session")
def demo(stack: Stack) -> subprocess.CompletedProcess[str]:
    """The first demo of this home, run to its end."""
    done = stack.run("demo")
    assert done.returncode == 0, f"{done.stdout[-4000:]}\n{done.stderr[-4000:]}"
    return done
