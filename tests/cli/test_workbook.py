"""The mapping workbook at the command line: with figures of a snapshot, edited, shown, applied."""

from pathlib import Path
from typing import Any

import openpyxl
import pytest
from tests.cli.conftest import Desk


@pytest.fixture
def book(desk: Desk, tmp_path: Path) -> Path:
    """A workbook of the toy after a snapshot was landed and cleansed."""
    desk.toy.write("customer", [
        {"NR": "1", "NAME": "Anna 12", "LAND": "CN", "PHONE": "5550199", "NOTE": "n"},
        {"NR": "2", "NAME": "Bo", "LAND": "FR", "TERM": ""},
        {"NR": "3", "NAME": "Cy", "LAND": "FR"},
    ])  # fmt: skip
    for entity in ("supplier", "order", "line"):
        desk.toy.write(entity, [])
    desk.save()
    desk.do("land", "cleanse")
    path = tmp_path / "mapping.xlsx"
    shown = desk.run("workbook", "export", "--file", str(path))
    assert (shown.status, f"written  {path}" in shown.out) == (0, True)
    return path


def cell(sheet: Any, name: str, column: str) -> Any:
    header = [each.value for each in sheet[1]]
    return next(row[header.index(column)] for row in sheet.iter_rows(min_row=2) if row[0].value == name)


def test_the_workbook_shows_what_the_snapshot_holds_and_masks_people(book: Path) -> None:
    sheets = openpyxl.load_workbook(book)
    customer = sheets["customer"]
    assert (cell(customer, "CU-2", "fill rate").value, cell(customer, "CU-2", "sample").value) == ("100 %", "xxxx 00")
    assert (cell(customer, "CU-5", "fill rate").value, cell(customer, "CU-5", "sample").value) == ("33.3 %", "0000000")
    assert (cell(customer, "CU-6", "fill rate").value, cell(customer, "CU-6", "sample").value) == ("66.6 %", "N10")
    rows = [[each.value for each in row] for row in sheets["codes country"].iter_rows(min_row=2)]
    assert [(row[1], row[2], row[-1]) for row in rows] == [
        ("CN", "CN", "1"), ("D", "DE", "0"), ("X", "XX", "0"), ("FR", None, "2")
    ]  # fmt: skip
    rows = [[each.value for each in row] for row in sheets["open decisions"].iter_rows(min_row=2)]
    assert ["unmapped code", "country", "FR", "2", None] in rows
    assert ["proposed entry", "country", "X", None, None] in rows
    assert cell(sheets["order"], "OR-4", "fill rate").value == "no rows"
    everything = [each.value for sheet in sheets for row in sheet.iter_rows() for each in row]
    assert not any("Anna" in str(value) or "5550199" in str(value) for value in everything)


def test_codes_that_are_personal_data_are_counted_and_not_shown(desk: Desk, book: Path) -> None:
    mapping = desk.toy.files["mappings/customer.yaml"]
    desk.toy.files["mappings/customer.yaml"] = mapping.replace("pii: [NAME, PHONE]", "pii: [NAME, PHONE, land]")
    desk.save()
    desk.do("cleanse")
    assert desk.run("workbook", "export", "--file", str(book)).status == 0
    sheets = openpyxl.load_workbook(book)
    assert cell(sheets["customer"], "CU-3", "sample").value == "xx"
    rows = [[each.value for each in row] for row in sheets["codes country"].iter_rows(min_row=2)]
    assert [(row[1], row[-1]) for row in rows] == [("CN", "1"), ("D", "0"), ("X", "0")]
    rows = [[each.value for each in row] for row in sheets["open decisions"].iter_rows(min_row=2)]
    assert ["unmapped code", "country", "***", "2", None] in rows
    assert not any(each.value == "FR" for sheet in sheets for row in sheet.iter_rows() for each in row)


def test_edits_are_shown_first_and_applied_when_told(desk: Desk, book: Path) -> None:
    files = {path: path.read_bytes() for path in (desk.toy.root / "project").rglob("*.*") if path.is_file()}
    shown = desk.run("workbook", "import", str(book))
    assert (shown.status, shown.out) == (0, "nothing was changed\n")
    sheets = openpyxl.load_workbook(book)
    waiting = next(row for row in sheets["codes country"].iter_rows(min_row=2) if row[1].value == "FR")
    waiting[2].value = "FR"
    cell(sheets["customer"], "CU-6", "default").value = "N60"
    sheets.save(book)
    shown = desk.run("workbook", "import", str(book))
    assert "customer!L7: rule CU-6 of customer, value: 'N30' -> 'N60'" in shown.out
    assert "codes country!C5: crosswalk country, new line 'FR': target 'FR'" in shown.out
    assert "2 changes in 2 files, none applied\nNext:  cutover workbook import" in shown.out
    assert all(path.read_bytes() == content for path, content in files.items())
    shown = desk.run("workbook", "import", str(book), "--apply")
    assert "applied to mappings/crosswalks/country.csv, mappings/customer.yaml" in shown.out
    changed = {path.name for path, content in files.items() if path.read_bytes() != content}
    assert changed == {"country.csv", "customer.yaml"}
    assert desk.run("check").status == 0
    again = desk.run("workbook", "import", str(book))
    assert again.status == 1 and "was 'N30' when the workbook was exported and is 'N60' now" in again.err


def test_a_bad_cell_is_one_clear_message(desk: Desk, book: Path) -> None:
    sheets = openpyxl.load_workbook(book)
    cell(sheets["customer"], "CU-6", "status").value = "ok"
    sheets.save(book)
    shown = desk.run("workbook", "import", str(book), "--apply")
    assert shown.status == 1 and "Traceback" not in shown.err
    assert "customer!M7: status is 'ok'. Fix: write one of draft, approved" in shown.err


def test_without_a_snapshot_the_figures_are_empty(desk: Desk, tmp_path: Path) -> None:
    desk.save()
    assert desk.run("workbook", "export", "--file", str(tmp_path / "m.xlsx")).status == 0
    sheets = openpyxl.load_workbook(tmp_path / "m.xlsx")
    assert cell(sheets["customer"], "CU-2", "fill rate").value is None
    assert desk.run("workbook", "import", str(tmp_path / "m.xlsx")).out == "nothing was changed\n"


def test_a_place_that_is_not_there_is_one_clear_message(desk: Desk) -> None:
    shown = desk.run("workbook", "export", "--file", "nowhere/mapping.xlsx")
    assert shown.status == 1 and "nowhere/mapping.xlsx cannot be written" in shown.err


def test_an_export_that_fails_keeps_what_was_there(book: Path, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    before, write = book.read_bytes(), Path.write_bytes

    def fill_up(path: Path, content: bytes) -> int:
        write(path, content[:100])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", fill_up)
    shown = desk.run("workbook", "export", "--file", str(book))
    assert (shown.status, "cannot be written: No space left on device" in shown.err) == (1, True)
    assert book.read_bytes() == before
    assert list(book.parent.glob(".*.new")) == []
