"""The command line as a person uses it: a project folder, connections in the environment, and what is shown."""

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import psycopg2
import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "support"))

from scratch import empty_database, engine, execute, scratch_database, template_database  # noqa: E402
from tests.phases.toy import FILES, Toy, simple, write_project  # noqa: E402

from cutover import cli  # noqa: E402
from cutover.systems.connections import Connection  # noqa: E402

__all__ = ["empty_database", "engine", "scratch_database", "template_database"]


@dataclass(frozen=True)
class Shown:
    """What a command left: its exit status and what it printed."""

    status: int
    out: str
    err: str

    @property
    def message(self) -> str:
        """The error on one line, progress left out."""
        return " ".join(line for line in self.err.splitlines() if line).partition("error ")[2]


@dataclass(frozen=True)
class Desk:
    """A person's desk: the toy, and the verbs."""

    toy: Toy
    run: Callable[..., Shown]

    def save(self) -> None:
        """Write the project as the toy has it now."""
        write_project(self.toy.root / "project", self.toy.files)

    def rows(self, query: str) -> list[tuple[object, ...]]:
        """Return the rows of a query on the target."""
        place = self.toy.target
        session = psycopg2.connect(
            host=place.host, port=place.port, user=place.login, password=place.password, dbname=place.schema
        )
        try:
            with session.cursor() as cursor:
                cursor.execute(query)
                return list(cursor.fetchall())
        finally:
            session.close()

    def do(self, *verbs: str) -> None:
        """Run verbs that must succeed."""
        for verb in verbs:
            shown = self.run(*verb.split())
            assert shown.status == 0, (verb, shown)


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., Shown]:
    """Runs the command line in this process."""

    def call(*words: str) -> Shown:
        monkeypatch.setattr(sys, "argv", ["cutover", *words])
        capsys.readouterr()
        status = 0
        try:
            cli.main()
        except SystemExit as ended:
            status = int(ended.code or 0)
        printed = capsys.readouterr()
        return Shown(status, printed.out, printed.err)

    return call


@pytest.fixture
def desk(
    scratch_database: Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run: Callable[..., Shown]
) -> Desk:
    """A desk with the simple toy on it, its target created and empty."""
    toy = Toy(tmp_path, scratch_database)
    simple(toy)
    execute(scratch_database, FILES["sql/target.sql"])
    place = scratch_database
    target = {
        "conn_type": "postgres",
        "host": place.host,
        "port": place.port,
        "login": place.login,
        "schema": place.schema,
    }
    if place.password:
        target["password"] = place.password
    monkeypatch.setenv("AIRFLOW_CONN_TARGET", json.dumps(target))
    legacy = {"conn_type": "fs", "extra": {"path": str(tmp_path / "legacy")}}
    monkeypatch.setenv("AIRFLOW_CONN_CRM", json.dumps(legacy))
    monkeypatch.setenv("CUTOVER_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("CUTOVER_STAGING", str(tmp_path / "staging"))
    monkeypatch.setenv("CUTOVER_PROJECT", str(tmp_path / "project"))
    monkeypatch.chdir(tmp_path)
    desk = Desk(toy, run)
    desk.save()
    return desk
