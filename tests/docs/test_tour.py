"""The tour is true: every command and query on the page is run in its order, and answers what the page says."""

import json
import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import psycopg2
import pytest
from tests.docs.pages import Block, find_difference, read_blocks, read_exchanges

WAVES = "waves:\n"


@dataclass(frozen=True)
class Reader:
    """Somebody who does what the page says, in a copy of the project, with databases made for them."""

    folder: Path
    databases: dict[str, str]
    environment: dict[str, str]

    def run(self, command: str) -> str:
        """Run one command of the page, and return what it and its error say."""
        program, *words = shlex.split(command)
        assert program == "cutover", command
        if words[0] == "example":
            words += ["--folder", str(self.folder / "legacy")]
        start = [sys.executable, "-c", "from cutover.cli import main; main()", *words]
        done = subprocess.run(start, env=self.environment, cwd=self.folder, capture_output=True, text=True, check=False)
        failed = done.stderr[done.stderr.index("error ") :] if done.returncode else ""
        return done.stdout + failed

    def query(self, block: Block) -> list[list[str]]:
        """Run the query of a block, and return its cells as texts."""
        system = block.title.removeprefix("in the ").removesuffix(" database")
        with psycopg2.connect(self.databases[system]) as connection, connection.cursor() as cursor:
            cursor.execute(block.text)
            rows = cursor.fetchall() if cursor.description else []
        return [["-" if cell is None else str(cell) for cell in row] for row in rows]

    def write(self, block: Block) -> None:
        """Write the file that a block shows."""
        rest = block.text.split("\n", 1)[1]
        if block.title.startswith("add to"):
            path = self.folder / "include" / "project.yaml"
            text = path.read_text(encoding="utf-8")
            assert text.count(WAVES) == 1
            path.write_text(text.replace(WAVES, WAVES + rest), encoding="utf-8")
        else:
            (self.folder / block.title).write_text(rest, encoding="utf-8")


@pytest.fixture
def reader(repository: Path, tmp_path: Path, scratch_database: Callable[..., str]) -> Reader:
    """A reader at the start of the page: connections, and nothing written yet."""
    shutil.copytree(repository / "include", tmp_path / "include")
    (tmp_path / "legacy").mkdir()
    databases = {"legacy": scratch_database(), "target": scratch_database()}
    folders = {name: {"conn_type": "fs", "extra": {"path": str(tmp_path / "legacy" / name)}} for name in ("crm", "mes")}
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("AIRFLOW", "CUTOVER"))}
    environment |= {
        "PYTHONPATH": str(repository / "src"),
        "AIRFLOW_CONN_LEGACY_ERP": databases["legacy"].replace("postgresql://", "postgres://", 1),
        "AIRFLOW_CONN_CUTOVER_TARGET": databases["target"].replace("postgresql://", "postgres://", 1),
        "AIRFLOW_CONN_LEGACY_CRM": json.dumps(folders["crm"]),
        "AIRFLOW_CONN_LEGACY_MES": json.dumps(folders["mes"]),
        "CUTOVER_STAGING": str(tmp_path / "staging"),
        "CUTOVER_PROJECT": str(tmp_path / "include"),
    }
    return Reader(tmp_path, databases, environment)


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_the_page_does_what_it_says(repository: Path, reader: Reader) -> None:
    answered: list[list[str]] | None = None
    done = 0
    for block in read_blocks((repository / "docs" / "tour.md").read_text(encoding="utf-8")):
        done += 1
        if block.language == "console":
            for command, expected in read_exchanges(block):
                answer = reader.run(command)
                lacking = find_difference(expected, answer)
                assert lacking is None, f"{command}: the page says {lacking!r}, the answer is\n{answer}"
        elif block.language == "sql":
            answered = reader.query(block)
        elif block.language == "text":
            assert answered == [line.split(" | ") for line in block.text.splitlines()]
        elif block.language == "yaml":
            reader.write(block)
        else:
            assert block.language == "bash", "a block that nobody runs"
            done -= 1
    assert done > 30


@pytest.mark.parametrize(
    ("expected", "answer", "lacking"),
    [
        (["a", "b"], "a\nb\n", None),
        (["a", "..."], "a\nb\nc\n", None),
        (["...", "c"], "a\nb\nc\n", None),
        (["run ... ends"], "run 7   ends", None),
        (["a"], "a\nb\n", "nothing more, but: b"),
        (["a", "c"], "a\nb\nc\n", "c"),
        (["b", "...", "a"], "a\nb\n", "b"),
        (["a", "b"], "a\n", "b"),
        ([], "error", "nothing more, but: error"),
    ],
)
def test_an_answer_that_differs_from_the_page_is_found(expected: list[str], answer: str, lacking: str | None) -> None:
    assert find_difference(expected, answer) == lacking
