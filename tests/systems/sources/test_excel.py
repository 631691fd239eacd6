"""Workbooks: a real one, and what cells do to values."""

import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter

from cutover.errors import SourceError
from cutover.systems.sources.excel import LOST


def write(path: Path, rows: list[list[Any]], name: str = "book.xlsx", first: tuple[int, int] = (0, 0)) -> Path:
    book = xlsxwriter.Workbook(str(path / name), {"default_date_format": "yyyy-mm-dd hh:mm:ss"})
    sheet = book.add_worksheet("Data")
    book.add_worksheet("Other")
    for number, row in enumerate(rows, first[0]):
        for column, cell in enumerate(row, first[1]):
            if cell is not None:
                sheet.write(number, column, cell)
    book.close()
    return path / name


@pytest.fixture
def fail(read_excel: Any) -> Callable[..., str]:
    """Read and return the message of the error."""

    def message(*args: Any, **declared: Any) -> str:
        with pytest.raises(SourceError) as caught:
            read_excel(*args, **declared)
        return str(caught.value)

    return message


def test_the_real_purchase_orders_land(shared_data: Path, read_excel: Any) -> None:
    rows, reading = read_excel(shared_data / "7_excel_openboxes/purchaseOrders.xls")
    assert (len(rows), len(rows.column_names)) == (136, 20)
    assert rows["Manufacturer code"][0].as_py() == "1659"
    assert rows["Unit cost"][1].as_py() == "4.431666666666667"
    assert rows["Quantity of units quoted"][1].as_py() == "432"
    assert rows["Order notes"][0].as_py() is None
    assert reading.files[0]["rows"] == 136


def test_the_real_template_has_a_header_and_no_rows(shared_data: Path, read_excel: Any) -> None:
    rows, _ = read_excel(shared_data / "7_excel_openboxes/ProductSuppliers.xls", sheet="Sheet1")
    assert (len(rows), len(rows.column_names)) == (0, 24)


def test_values_land_as_exact_text(tmp_path: Path, read_excel: Any) -> None:
    moment = dt.datetime(2025, 3, 1, 4, 5)  # noqa: DTZ001 - Excel knows no zones
    cells = ["0012", 12, 0.1, 1e-7, 1e15, True, dt.date(2025, 3, 1), moment, " ", "NA"]
    rows, reading = read_excel(write(tmp_path, [["id"], *([cell] for cell in cells)]))
    texts = [
        "0012",
        "12",
        "0.1",
        "0.0000001",
        "1000000000000000",
        "true",
        "2025-03-01",
        "2025-03-01 04:05:00",
        " ",
        "NA",
    ]
    assert rows["id"].to_pylist() == texts
    assert reading.notes == {LOST: 1}


def test_header_lower_down_and_to_the_right_and_empty_rows(tmp_path: Path, read_excel: Any) -> None:
    table = [["Report of March"], [None], ["id", "name"], [1, "a"], [None, None], [2, None]]
    rows, _ = read_excel(write(tmp_path, table, first=(1, 2)), header_row=4)
    assert rows.to_pylist() == [{"id": "1", "name": "a"}, {"id": "2", "name": None}]


def test_several_workbooks_are_one_feed(tmp_path: Path, read_excel: Any) -> None:
    write(tmp_path, [["id"], [2]], "b.xlsx")
    write(tmp_path, [["id"], [1234567890123456]], "a.xlsx")
    rows, reading = read_excel(tmp_path / "*.xlsx", sheet="Data")
    assert rows["id"].to_pylist() == ["1234567890123456", "2"]
    assert ([file["name"] for file in reading.files], reading.notes) == (["a.xlsx", "b.xlsx"], {LOST: 1})


def test_what_is_wrong_is_named(tmp_path: Path, fail: Any) -> None:
    good = write(tmp_path, [["id", "b"], [1, 2]])
    assert "has no sheet 'Date'; its sheets are Data, Other. Fix: did you mean 'Data'?" in fail(good, sheet="Date")
    assert "row 1 of sheet 'Other' is empty" in fail(good, sheet="Other")
    assert "row 9 of sheet 'Data' is empty" in fail(good, header_row=9)
    assert "book.xlsx:1: the column 'id' stands twice" in fail(write(tmp_path, [["id", "id"]]))
    assert "book.xlsx:1: column 2 of 3 has no name" in fail(write(tmp_path, [["id", None, "c"]]))
    assert "row 2 has a value in column 3, the header names 2" in fail(write(tmp_path, [["id", "b"], [1, 2, 3]]))
    (tmp_path / "no.xlsx").write_text("id")
    assert "no.xlsx is not readable as a workbook" in fail(tmp_path / "no.xlsx")
    write(tmp_path, [["id"]], "a1.xlsx")
    write(tmp_path, [["ID"]], "a2.xlsx")
    assert "a2.xlsx: column 1 of the header is 'ID', in a1.xlsx it is 'id'" in fail(tmp_path / "a*.xlsx")
