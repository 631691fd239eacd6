"""The benchmarks that move one entity, at a size that takes a moment: they run, and print the ratio they exist for."""

import importlib
import os
import re
import runpy
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

Run = Callable[[str, int], str]


@pytest.fixture
def run(repository: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs a script of `benchmarks` once over so many rows, as from the command line, and returns what it printed."""

    def printed(name: str, rows: int) -> str:
        script = repository / "benchmarks" / name
        monkeypatch.syspath_prepend(str(script.parent))
        arguments = ["--rows", str(rows), "--rounds", "1", "--url", os.environ["CUTOVER_TEST_DATABASE_URL"]]
        monkeypatch.setattr(sys, "argv", [name, *arguments])
        runpy.run_path(str(script), run_name="__main__")
        return capsys.readouterr().out

    return printed


def test_cleansing_mapping_and_gating_against_plain_pandas_and_the_read(run: Run) -> None:
    shown = run("transform.py", 2000)
    for way in ("read", "plain", "cleanse", "map", "gate", "decide", r"cleanse \+ map \+ gate"):
        assert re.search(rf"^{way} +\d+\.\d+ s +[\d,]+ rows/s$", shown, re.MULTILINE), way
    for way in ("decide", r"cleanse \+ map \+ gate"):
        assert re.search(rf"^{way}: \d+\.\d+ x plain pandas, \d+\.\d+ x the read$", shown, re.MULTILINE), way


def test_plain_pandas_that_decides_otherwise_is_no_yardstick(
    run: Run, monkeypatch: pytest.MonkeyPatch, repository: Path
) -> None:
    monkeypatch.syspath_prepend(str(repository / "benchmarks"))
    monkeypatch.setattr(importlib.import_module("plain_pandas"), "gate", lambda mapped: mapped.index[:0])
    with pytest.raises(SystemExit, match="not the same work"):
        run("transform.py", 2000)


def test_a_load_against_bare_copy(run: Run) -> None:
    shown = run("load.py", 2000)
    assert re.search(r"^load: \d+\.\d+ x bare COPY .*; rollback: \d+\.\d+ x the load's time", shown, re.MULTILINE)
