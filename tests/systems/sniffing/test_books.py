"""Sniffing of workbooks: where the table of each sheet stands, which sheets are one feed, and what landing refuses."""

from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook

from cutover.errors import InputError
from cutover.systems.sniffing import Proposal, sniff
from cutover.systems.sniffing.proposal import feed_of, folder_of, landed
from cutover.systems.sources.excel import read_excel

HEAD = ["NO", "NAME", "AMOUNT"]
BODY = [[1, "screw", 1.5], [2, "nut", 2.25], [3, "washer", 7]]


def book(folder: Path, **sheets: list[list[Any]]) -> Path:
    workbook = Workbook()
    workbook.remove(workbook.active)
    for name, rows in sheets.items():
        page = workbook.create_sheet(name)
        for row in rows:
            page.append(row)
    path = folder / "book.xlsx"
    workbook.save(path)
    return path


def rows_of(path: Path, proposal: Proposal) -> list[dict[str, Any]]:
    return landed(read_excel(feed_of("excel", proposal.source["excel"]), folder_of(path))).to_pylist()


def test_a_plain_sheet_needs_nothing_but_its_name(tmp_path: Path) -> None:
    path = book(tmp_path, Items=[HEAD, *BODY])
    proposal = sniff(path)
    assert proposal.source["excel"] == {"path": "book.xlsx", "sheet": "Items"}
    assert proposal.source["key"] == "NO" and proposal.source["columns"]["AMOUNT"] == "decimal(18,2)"
    assert len(rows_of(path, proposal)) == 3


def test_titles_above_a_margin_and_totals_below_are_left_out(tmp_path: Path) -> None:
    rows = [
        [None, "Price list 2024"],
        [],
        [None, *HEAD],
        *([None, *row] for row in BODY),
        [],
        [None, "Total", None, 10.75],
    ]
    path = book(tmp_path, Items=rows)
    proposal = sniff(path)
    assert proposal.source["excel"] == {"path": "book.xlsx", "sheet": "Items", "header_row": 3, "footer_rows": 1}
    assert [line["NO"] for line in rows_of(path, proposal)] == ["1", "2", "3"]
    assert any("look like totals or notes" in warning for warning in proposal.warnings)


def test_what_stands_beside_the_table_is_told(tmp_path: Path) -> None:
    path = book(tmp_path, Items=[[*HEAD, None, "remarks"], *([*row, None, "x"] for row in BODY)])
    proposal = sniff(path)
    assert proposal.source["excel"]["last_column"] == "C" and list(rows_of(path, proposal)[0]) == HEAD
    assert any("beyond the first empty cell of the header" in warning for warning in proposal.warnings)


def test_sheets_with_one_header_are_one_feed_wherever_it_stands(tmp_path: Path) -> None:
    path = book(
        tmp_path, May=[HEAD, *BODY], June=[["June"], HEAD, [4, "bolt", 3]], Notes=[["who", "what"], ["me", "all"]]
    )
    proposal = sniff(path)
    assert proposal.source["excel"] == {
        "path": "book.xlsx", "sheets": [{"name": "May"}, {"name": "June", "header_row": 2}], "sheet_column": "sheet"
    }  # fmt: skip
    assert [line["sheet"] for line in rows_of(path, proposal)] == ["May", "May", "May", "June"]
    assert any("sheet 'Notes' has 1 rows under another header (who, what" in warning for warning in proposal.warnings)


def test_sheets_that_are_all_alike_are_named_by_a_pattern(tmp_path: Path) -> None:
    proposal = sniff(book(tmp_path, A=[HEAD, *BODY], B=[HEAD, *BODY]))
    assert proposal.source["excel"] == {"path": "book.xlsx", "sheet": "*", "sheet_column": "sheet"}
    assert proposal.source["key"] == ["NO", "sheet"]


def test_what_landing_refuses_is_told_with_its_mend(tmp_path: Path) -> None:
    path = book(tmp_path, Items=[HEAD, *BODY, [4, "#N/A", 1234567890123456789]])
    (told, *_) = sniff(path).warnings
    assert told.startswith("landing refuses it as it is: ") and "Items!" in told


@pytest.mark.parametrize("sheets", [{"Empty": []}, {"Head": [HEAD]}])
def test_a_workbook_without_a_table_is_refused(tmp_path: Path, sheets: dict[str, Any]) -> None:
    with pytest.raises(InputError, match="book.xlsx holds no sheet with a table"):
        sniff(book(tmp_path, **sheets))


@pytest.mark.parametrize("data", [b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, b"PK\x03\x04 xl/workbook.xml"])
def test_what_only_begins_as_a_workbook_is_refused(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "book.xls"
    path.write_bytes(data)
    with pytest.raises(InputError, match="book.xls is not readable as a workbook"):
        sniff(path)


def test_the_real_workbooks_are_proposed_and_land(shared_data: Path) -> None:
    folder = shared_data / "7_excel_openboxes"
    orders = sniff(folder / "purchaseOrders.xls")
    assert (orders.source["excel"]["sheet"], orders.source["key"]) == ("Sheet1", "Product")
    assert len(rows_of(folder / "purchaseOrders.xls", orders)) == 136
    suppliers = sniff(folder / "ProductSuppliers.xls")
    assert suppliers.source["excel"] == {"path": "ProductSuppliers.xls", "sheet": "Instructions", "header_row": 2}
