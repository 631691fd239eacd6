"""Quarantine by hand: list, export, correct, import."""

import json
from io import BytesIO
from pathlib import Path

import pytest
from openpyxl import load_workbook
from tests.cli.conftest import Desk


@pytest.fixture
def loaded(desk: Desk) -> Desk:
    desk.do("land", "cleanse", "map", "load --without-pilot test")
    return desk


def correct(file: Path, sheet: str, column: str, row: int, value: str) -> None:
    book = load_workbook(BytesIO(file.read_bytes()))
    page = book[sheet]
    at = [cell.value for cell in page[1]].index(f"→ {column}")
    [line] = [line for line in page.iter_rows(min_row=2) if line[0].value == row]
    line[at].value = value
    book.save(file)


def test_rejects_are_listed_exported_corrected_and_replayed(loaded: Desk, tmp_path: Path) -> None:
    shown = loaded.run("rejects")
    assert shown.status == 0
    assert "customer: 3 rows" in shown.out and "CU-2" in shown.out and "name is too long" in shown.out
    assert "Way too long" not in shown.out
    assert "name 超出新系统的长度" in loaded.run("rejects", "customer", "--lang", "zh").out
    listed = json.loads(loaded.run("rejects", "order", "--json").out)
    assert [(line["row"], line["reason"], line["owner"]) for line in listed] == [(2, "no_parent", "migration team")]
    file = tmp_path / "rejects.xlsx"
    shown = loaded.run("rejects", "export", "--owner", "migration team", "--lang", "en", "--file", str(file))
    assert (shown.status, shown.out.splitlines()[0]) == (0, f"5 rejected rows written to {file}")
    correct(file, "customer", "NAME", 3, "Short")
    shown = loaded.run("rejects", "import", str(file), "--by", "Li Na")
    assert shown.status == 0, shown.err
    assert "cells corrected: 1\nrun 1 customer: 1 rows replayed: 1 loaded" in shown.out
    assert loaded.rows("select by_whom, after from cutover.correction") == [("Li Na", "Short")]
    assert loaded.run("verify", "1").status == 0
    assert "Next:  cutover gate" in loaded.run("rejects", "replay").out


def test_a_bad_cell_is_named_and_nothing_is_applied(loaded: Desk, tmp_path: Path) -> None:
    file = tmp_path / "rejects.xlsx"
    loaded.run("rejects", "export", "--lang", "en", "--file", str(file))
    correct(file, "customer", "NAME", 3, 12345678901234567)  # type: ignore[arg-type]
    shown = loaded.run("rejects", "import", str(file))
    assert shown.status == 1
    assert "nothing was applied; bad cells (1): customer!" in shown.message
    assert loaded.rows("select count(*) from cutover.correction") == [(0,)]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["nobody"], "nobody"),
        (["export", "--file", "x.xlsx", "--owner", "nobody"], "no rejected row waits there"),
        (["export", "--file", "nowhere/x.xlsx"], "nowhere/x.xlsx cannot be written"),
        (["import", "nowhere.xlsx"], "nowhere.xlsx cannot be read"),
        (["import", __file__], "not a workbook of"),
    ],
)
def test_a_mistake_is_one_message(loaded: Desk, words: list[str], message: str) -> None:
    shown = loaded.run("rejects", *words)
    assert shown.status == 1
    assert message in shown.message
