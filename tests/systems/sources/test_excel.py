"""Workbooks: a real one, and what cells do to values."""

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
import xlrd
import xlsxwriter
import xlwt
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from cutover.errors import SourceError
from cutover.project.model import Excel
from cutover.project.spreadsheet import column_index, column_letter
from cutover.systems.sources.cells import LONG, ROUNDED, column_text
from cutover.systems.sources.excel import EMPTY_SHEETS, ERRORS, HIDDEN_SHEETS, PADDED
from cutover.systems.sources.padded import shown_digits


def workbook(path: Path, name: str = "book.xlsx", **options: Any) -> xlsxwriter.Workbook:
    return xlsxwriter.Workbook(str(path / name), options)


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
    path = shared_data / "7_excel_openboxes/purchaseOrders.xls"
    rows, reading = read_excel(path)
    assert (len(rows), len(rows.column_names)) == (136, 20)
    assert rows["Manufacturer code"][0].as_py() == "1659"
    assert rows["Unit cost"][1].as_py() == "4.43166666666667"  # as Excel shows it
    assert rows["Quantity of units quoted"][1].as_py() == "432"
    assert rows["Order notes"][0].as_py() is None
    assert reading.files[0]["rows"] == 136
    # The same cells by another reader, as floats of the file.
    with xlrd.open_workbook(str(path)) as book:
        sheet = book.sheet_by_name("Sheet1")
        cells = {sheet.cell_value(0, c): sheet.col(c, 1) for c in range(sheet.ncols)}
    assert sheet.nrows == 137
    for name, column in cells.items():
        landed = rows[name].to_pylist()
        assert [text is None for text in landed] == [cell.value == "" for cell in column]
        numbers = [(text, cell.value) for text, cell in zip(landed, column, strict=True) if cell.ctype == 2]
        assert all(Decimal(text) == Decimal(f"{number:.14e}") for text, number in numbers), name
    # Somebody typed 3-1954 or the like, and Excel made a date of the code: reported, not repaired.
    assert rows["Manufacturer code"][10].as_py() == "1954-03-01"
    assert reading.notes["Manufacturer code: dates among other values, some of which Excel may have made itself"] == 1
    assert reading.notes["Manufacturer code: numbers among texts, whose leading zeros would be lost"] == 43
    assert reading.notes["Manufacturer: numbers among texts, whose leading zeros would be lost"] == 5
    total = sum(Decimal(text) for text in rows["Total cost"].to_pylist())
    assert total == sum(Decimal(f"{cell.value:.14e}") for cell in cells["Total cost"])
    assert total == Decimal("402244.15")


def test_the_real_workbook_has_two_empty_sheets(shared_data: Path, read_excel: Any, fail: Any) -> None:
    path = shared_data / "7_excel_openboxes/purchaseOrders.xls"
    rows, reading = read_excel(path, sheet="Sheet*", sheet_column="sheet", row_column="line")
    assert (len(rows), reading.notes[EMPTY_SHEETS]) == (136, 2)
    assert reading.files[0]["sheets"] == {"Sheet1": 136}
    assert (rows["sheet"][135].as_py(), rows["line"][0].as_py(), rows["line"][135].as_py()) == ("Sheet1", "2", "137")
    assert "row 1 of sheet 'Sheet2' is empty" in fail(path, sheet="Sheet2")
    assert "all sheets of purchaseOrders.xls are empty" in fail(path, sheet="Sheet[23]")


def test_the_real_template_has_a_header_and_no_rows(shared_data: Path, read_excel: Any) -> None:
    rows, _ = read_excel(shared_data / "7_excel_openboxes/ProductSuppliers.xls", sheet="Sheet1")
    assert (len(rows), len(rows.column_names)) == (0, 24)
    rows, _ = read_excel(shared_data / "7_excel_openboxes/ProductSuppliers.xls", sheet="Instructions", last_column="A")
    # With the row above them, and the 136 orders of the other workbook, the 160 of the data's own README.
    assert len(rows) == 23


def test_values_land_as_exact_text(tmp_path: Path, read_excel: Any) -> None:
    moment = dt.datetime(2025, 3, 1, 4, 5)  # noqa: DTZ001 - Excel knows no zones
    texts = {
        "0012": "0012", 12: "12", 0.1: "0.1", 77.13000000000001: "77.13", 1 / 3: "0.333333333333333", 1e-7: "0.0000001",
        -5.5: "-5.5", 123456789012345: "123456789012345", True: "true", dt.date(2025, 3, 1): "2025-03-01",
        moment: "2025-03-01 04:05:00", dt.time(7, 30): "07:30:00", " ": " ", "NA": "NA", "#N/A": "#N/A",
    }  # fmt: skip
    rows, reading = read_excel(write(tmp_path, [["id"], *([cell] for cell in texts)]))
    assert rows["id"].to_pylist() == list(texts.values())
    assert reading.notes[ROUNDED] == 2  # 77.13000000000001, and a third


def test_a_span_of_more_than_a_day_is_hours(tmp_path: Path, read_excel: Any) -> None:
    with workbook(tmp_path) as book:
        sheet = book.add_worksheet()
        sheet.write_column(0, 0, ["id"])
        sheet.write_number(1, 0, 1.75, book.add_format({"num_format": "[h]:mm"}))
    assert read_excel(tmp_path / "book.xlsx")[0]["id"].to_pylist() == ["42:00:00"]


@pytest.mark.parametrize("of_1904", [False, True])
def test_dates_are_the_same_in_both_epochs(tmp_path: Path, read_excel: Any, of_1904: bool) -> None:
    days = [dt.date(1904, 1, 2), dt.date(2000, 2, 29), dt.date(2024, 12, 31)]
    with workbook(tmp_path, date_1904=of_1904) as book:
        sheet = book.add_worksheet()
        sheet.write(0, 0, "id")
        for row, day in enumerate(days, 1):
            sheet.write_datetime(row, 0, day, book.add_format({"num_format": "yyyy-mm-dd"}))
    old = xlwt.Workbook()
    old.dates_1904 = of_1904
    page = old.add_sheet("Data")
    page.write(0, 0, "id")
    for row, day in enumerate(days, 1):
        page.write(row, 0, day, xlwt.easyxf(num_format_str="yyyy-mm-dd"))
    old.save(str(tmp_path / "book.xls"))
    for name in ("book.xlsx", "book.xls"):
        assert read_excel(tmp_path / name)[0]["id"].to_pylist() == [day.isoformat() for day in days]


def test_dates_that_excel_counts_wrongly_are_refused(tmp_path: Path, fail: Any) -> None:
    with workbook(tmp_path) as book:
        sheet = book.add_worksheet("Old")
        sheet.write(0, 0, "id")
        for row, serial in enumerate((61, 60), 1):  # 1 March 1900, and the 29 February that never was
            sheet.write_number(row, 0, serial, book.add_format({"num_format": "yyyy-mm-dd"}))
    assert "dates before March 1900, which Excel counts wrongly: Old!A3. Fix" in fail(tmp_path / "book.xlsx")


def test_numbers_that_lost_digits_are_refused_by_their_cells(tmp_path: Path, fail: Any, read_excel: Any) -> None:
    path = write(tmp_path, [["id", "card"], ["1", 6222021234567890123], ["2", 999999999999999], ["3", -1e15]])
    assert "numbers of 16 digits or more, of which Excel keeps 15: Data!B2, Data!B4. Fix: export them as text" in fail(
        path
    )
    rows, reading = read_excel(path, long_numbers="keep")
    assert rows["card"].to_pylist() == ["6222021234567890000", "999999999999999", "-1000000000000000"]
    assert reading.notes[LONG] == 2


def test_numbers_as_text_and_text_as_numbers_land_alike_and_are_counted(tmp_path: Path, read_excel: Any) -> None:
    table = [["code", "amount", "name"], ["007", 1.5, "a"], [7, "2.5", "b"], ["A7", "", "c"], [8, 3, "9"]]
    rows, reading = read_excel(write(tmp_path, table))
    assert rows["code"].to_pylist() == ["007", "7", "A7", "8"]
    assert rows["amount"].to_pylist() == ["1.5", "2.5", None, "3"]
    assert reading.notes == {
        "code: numbers among texts, whose leading zeros would be lost": 2,
        "code: numbers stored as text among numbers": 1,
        "amount: numbers stored as text among numbers": 1,
    }


def test_errors_are_refused_by_their_cells_unless_declared(tmp_path: Path, fail: Any, read_excel: Any) -> None:
    with workbook(tmp_path) as book:
        sheet = book.add_worksheet("Calc")
        sheet.write_row(0, 0, ["id", "rate"])
        sheet.write_formula(1, 0, "=1+1", None, 2)
        sheet.write_formula(1, 1, "=NA()", None, "#N/A")
        sheet.write_formula(2, 1, "=1/0", None, "#DIV/0!")
        sheet.write_formula(3, 0, '="x"', None, "x")
        sheet.write_formula(0, 4, "=NA()", None, "#N/A")  # beside the table, in the header's row: no data
    path = tmp_path / "book.xlsx"
    assert "book.xlsx: cells hold no value: #N/A in Calc!B2; #DIV/0! in Calc!B3. Fix: mend the formulas" in fail(path)
    rows, reading = read_excel(path, errors="text")
    assert rows.to_pylist() == [
        {"id": "2", "rate": "#N/A"}, {"id": None, "rate": "#DIV/0!"}, {"id": "x", "rate": None}
    ]  # fmt: skip
    assert reading.notes[ERRORS] == 2
    rows, _ = read_excel(path, errors="empty")
    assert rows.to_pylist() == [{"id": "2", "rate": None}, {"id": None, "rate": None}, {"id": "x", "rate": None}]


def test_errors_in_old_workbooks_are_refused_too(tmp_path: Path, fail: Any, read_excel: Any) -> None:
    book = xlwt.Workbook()
    sheet = book.add_sheet("Calc")
    sheet.write(0, 0, "id")
    sheet.row(1).set_cell_error(0, 42)
    sheet.write(2, 0, 7)
    book.save(str(tmp_path / "book.xls"))
    assert "#N/A in Calc!A2" in fail(tmp_path / "book.xls")
    assert read_excel(tmp_path / "book.xls", errors="text")[0]["id"].to_pylist() == ["#N/A", "7"]


def test_a_formula_may_yield_an_empty_text(tmp_path: Path, read_excel: Any) -> None:
    path = write(tmp_path, [["id", "b"], [1, "=A2"]])
    rewritten = tmp_path / "raw.xlsx"
    with ZipFile(path) as book, ZipFile(rewritten, "w") as copy:
        for name in book.namelist():
            text = book.read(name).replace(b'<c r="B2"><f>A2</f><v>0</v>', b'<c r="B2" t="str"><f>A2</f><v></v>')
            copy.writestr(name, text)
    assert rewritten.stat().st_size and read_excel(rewritten)[0].to_pylist() == [{"id": "1", "b": None}]


@pytest.mark.parametrize("value", ["", "<v></v>", "<v/>", "<v />"])
def test_formulas_that_nobody_calculated_are_refused(tmp_path: Path, fail: Any, value: str) -> None:
    path = write(tmp_path, [["id"], [1], ["=A2+1"]])
    rewritten = tmp_path / "raw.xlsx"
    with ZipFile(path) as book, ZipFile(rewritten, "w") as copy:
        for name in book.namelist():
            copy.writestr(name, book.read(name).replace(b"</f><v>0</v>", f"</f>{value}".encode()))
    for errors in ("refuse", "text", "empty"):
        assert "a formula without its result in Data!A3" in fail(rewritten, errors=errors)


def test_merged_cells_are_refused_or_filled_down(tmp_path: Path, fail: Any, read_excel: Any) -> None:
    with workbook(tmp_path) as book:
        sheet = book.add_worksheet("Data")
        sheet.merge_range(0, 0, 0, 3, "A title over all columns is no data")
        sheet.write_row(1, 1, ["region", "city"])
        sheet.merge_range(2, 1, 4, 1, "North")
        sheet.merge_range(5, 1, 6, 1, 7)
        sheet.write_column(2, 2, ["Oslo", "Bergen", None, "Rome", "Bari"])
        sheet.write_row(7, 1, ["West", "Paris"])
    declared = {"header_row": 2, "first_column": "B"}
    assert "merged cells begin at Data!B3, Data!B6. Fix: split them" in fail(tmp_path / "book.xlsx", **declared)
    rows, _ = read_excel(tmp_path / "book.xlsx", merged="fill_down", **declared)
    expected = [("North", "Oslo"), ("North", "Bergen"), ("7", "Rome"), ("7", "Bari"), ("West", "Paris")]
    assert [tuple(row.values()) for row in rows.to_pylist()] == expected
    with workbook(tmp_path, "wide.xlsx") as book:
        sheet = book.add_worksheet("Data")
        sheet.write_row(0, 0, ["region", "city"])
        sheet.merge_range(1, 0, 1, 1, "North")
    assert "merged cells begin at Data!A2" in fail(tmp_path / "wide.xlsx", merged="fill_down")


def test_many_sheets_are_one_feed_each_with_its_own_place_of_the_table(tmp_path: Path, read_excel: Any) -> None:
    with workbook(tmp_path) as book:
        for name, row, column, footer in (("Jan 24", 0, 0, 0), ("Feb 24", 3, 2, 2), ("Mar 24", 0, 0, 0)):
            sheet = book.add_worksheet(name)
            sheet.write(0, column, "Report" if row else "id")
            sheet.write_row(row, column, ["id", "amount"])
            sheet.write_row(row + 1, column, [f"{name}-1", 1.5])
            if footer:
                sheet.write_row(row + 2, column, ["Total", 1.5])
                sheet.write_row(row + 4, column, ["printed", "today"])
        book.add_worksheet("Empty 24")
        book.add_worksheet("Notes").write(0, 0, "no data")
    sheets = [{"name": "Feb 24", "header_row": 4, "first_column": "C", "until": "(?i)total"}, {"name": "* 24"}]
    rows, reading = read_excel(tmp_path / "book.xlsx", sheets=sheets, sheet_column="month", row_column="line")
    assert rows["id"].to_pylist() == ["Jan 24-1", "Feb 24-1", "Mar 24-1"]
    assert rows["month"].to_pylist() == ["Jan 24", "Feb 24", "Mar 24"]
    assert rows["line"].to_pylist() == ["2", "5", "2"]
    assert (reading.files[0]["rows"], reading.notes) == (3, {EMPTY_SHEETS: 1})
    by_count, _ = read_excel(tmp_path / "book.xlsx", sheet="Feb 24", header_row=4, first_column="C", footer_rows=3)
    assert by_count["id"].to_pylist() == ["Feb 24-1"]


def test_footers_and_columns_are_only_left_out_as_declared(tmp_path: Path, read_excel: Any, fail: Any) -> None:
    path = write(tmp_path, [["id", "b", None, "x"], [1, 2, None, 3], ["Total", 2]])
    assert "no row begins with what `until` declares" in fail(path, last_column="B", until="Sum")
    assert "column 3 of 4 has no name" in fail(path)
    rows, _ = read_excel(path, last_column="B", until="Total")
    assert rows.to_pylist() == [{"id": "1", "b": "2"}]
    rows, _ = read_excel(path, last_column="B", footer_rows=9)
    assert len(rows) == 0


def test_declarations_that_cannot_hold_are_no_declarations() -> None:
    with pytest.raises(ValidationError, match="under `sheet` and under `sheets`"):
        Excel.model_validate({"path": "a.xlsx", "sheet": "A", "sheets": [{"name": "B"}]})
    with pytest.raises(ValidationError, match="first_column"):
        Excel.model_validate({"path": "a.xlsx", "first_column": "3"})


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False, min_value=-1e14, max_value=1e14), min_size=1))
def test_the_text_of_a_number_is_the_shortest_that_excel_shows(numbers: list[float]) -> None:
    for number, text in zip(numbers, column_text(numbers).to_pylist(), strict=True):
        assert "e" not in text.lower() and not text.endswith(".0")
        assert len(text.replace("-", "").replace(".", "").strip("0")) <= 15
        assert abs(Decimal(text) - Decimal(number)) <= abs(Decimal(number)) * Decimal("5e-15")


@given(st.integers(0, 16383))
def test_letters_of_columns_read_back(index: int) -> None:
    assert column_index(column_letter(index)) == index
    assert column_letter(index) == xlsxwriter.utility.xl_col_to_name(index)


def test_header_lower_down_and_to_the_right_and_empty_rows(tmp_path: Path, read_excel: Any) -> None:
    table = [["Report of March"], [None], ["id", "name"], [1, "a"], [None, None], [2, None]]
    rows, _ = read_excel(write(tmp_path, table, first=(1, 2)), header_row=4)
    assert rows.to_pylist() == [{"id": "1", "name": "a"}, {"id": "2", "name": None}]


def test_several_workbooks_are_one_feed(tmp_path: Path, read_excel: Any) -> None:
    write(tmp_path, [["id"], [2]], "b.xlsx")
    write(tmp_path, [["id"], ["1234567890123456"]], "a.xlsx")
    rows, reading = read_excel(tmp_path / "*.xlsx", sheet="Data")
    assert rows["id"].to_pylist() == ["1234567890123456", "2"]
    assert [file["name"] for file in reading.files] == ["a.xlsx", "b.xlsx"]
    assert reading.notes == {"id: numbers stored as text among numbers": 1}


def test_what_is_wrong_is_named(tmp_path: Path, fail: Any) -> None:
    good = write(tmp_path, [["id", "b"], [1, 2]])
    assert "has no sheet 'Date'; its sheets are Data, Other. Fix: did you mean 'Data'?" in fail(good, sheet="Date")
    assert "row 1 of sheet 'Other' is empty" in fail(good, sheet="Other")
    assert "row 9 of sheet 'Data' is empty" in fail(good, header_row=9)
    assert "book.xlsx[Data]:1: the column 'id' stands twice" in fail(write(tmp_path, [["id", "id"]]))
    assert "book.xlsx[Data]:1: column 2 of 3 has no name" in fail(write(tmp_path, [["id", None, "c"]]))
    beside = write(tmp_path, [["id", "b"], [1, 2, 3]])
    assert "row 2 has a value in column C, the header names 2 columns from A on" in fail(beside)
    (tmp_path / "no.xlsx").write_text("id")
    assert "no.xlsx is not readable as a workbook" in fail(tmp_path / "no.xlsx")
    write(tmp_path, [["id"]], "a1.xlsx")
    write(tmp_path, [["ID"]], "a2.xlsx")
    assert "a2.xlsx[Data]: column 1 of the header is 'ID', in a1.xlsx[Data] it is 'id'" in fail(tmp_path / "a*.xlsx")


CELLS = (
    st.none()
    | st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Cn", "Co")), max_size=8)
    | st.integers(-(10**17), 10**17)
    | st.floats(-1e12, 1e12, allow_nan=False)
    | st.booleans()
    | st.dates(dt.date(1900, 1, 1), dt.date(2100, 1, 1))
)


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(st.lists(CELLS, min_size=3, max_size=3), max_size=12))
@example(rows=[[-0.0, 0, None]])
def test_no_row_is_lost_whatever_the_cells_hold(rows: list[list[Any]], tmp_path: Path, read_excel: Any) -> None:
    with workbook(tmp_path, default_date_format="yyyy-mm-dd") as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["a", "b", "c"])
        for number, row in enumerate(rows, 1):
            for column, cell in enumerate(row):
                if isinstance(cell, str):
                    sheet.write_string(number, column, cell)
                elif cell is not None:
                    sheet.write(number, column, cell)
    long = any(isinstance(cell, int) and abs(cell) >= 10**15 for row in rows for cell in row)
    early = any(isinstance(cell, dt.date) and cell < dt.date(1900, 3, 1) for row in rows for cell in row)
    if long or early:
        with pytest.raises(SourceError, match=r"(16 digits or more|before March 1900).*: Sheet1![ABC]\d+"):
            read_excel(tmp_path / "book.xlsx")
        return
    landed, _ = read_excel(tmp_path / "book.xlsx", row_column="line")
    filled = {str(n): row for n, row in enumerate(rows, 2) if any(cell not in (None, "") for cell in row)}
    assert landed["line"].to_pylist() == list(filled)
    for line in landed.to_pylist():
        for cell, name in zip(filled[line["line"]], "abc", strict=True):
            assert line[name] == told(cell)


def told(cell: Any) -> str | None:
    if cell is None or isinstance(cell, str):
        return cell or None
    if isinstance(cell, bool | dt.date):
        return str(cell).lower()
    # XlsxWriter writes 16 digits of a number.
    return format(Decimal(format(float(f"{cell:.16g}") or 0.0, ".15g")), "f")


def padded(path: Path, name: str) -> Path:
    """Write a workbook with formats that show more digits than a number has."""
    rows = [
        ("zip", "00000", 123),
        ("zip", "00000", 12345),
        ("plant", '"W-"000;[Red]-000', 7),
        ("phone", "000-0000", 12),
        ("price", "#,##0.00", 5),
        ("day", "0.00", 5),
        ("text", "00000", "00123"),
    ]
    if name.endswith(".xls"):
        old = xlwt.Workbook()
        put = old.add_sheet("Data").write
        for line, (what, code, value) in enumerate(rows, 1):
            put(line, 0, what)
            put(line, 1, value, xlwt.easyxf(num_format_str=code))
    else:
        book = workbook(path, name)
        put = book.add_worksheet("Data").write
        for line, (what, code, value) in enumerate(rows, 1):
            put(line, 0, what)
            put(line, 1, value, book.add_format({"num_format": code}))
    put(0, 0, "what")
    put(0, 1, "code")
    old.save(str(path / name)) if name.endswith(".xls") else book.close()
    return path / name


@pytest.mark.parametrize("name", ["book.xls", "book.xlsx"])
def test_zeros_that_stand_in_the_format_alone_are_counted(tmp_path: Path, read_excel: Any, name: str) -> None:
    rows, reading = read_excel(padded(tmp_path, name))
    assert rows["code"].to_pylist() == ["123", "12345", "7", "12", "5", "5", "00123"]
    assert reading.notes[f"code: {PADDED}"] == 3
    assert f"what: {PADDED}" not in reading.notes
    _, below = read_excel(tmp_path / name, footer_rows=5, last_column="B")
    assert below.notes[f"code: {PADDED}"] == 1


@pytest.mark.parametrize(
    ("code", "digits"),
    [("00000", 5), ("000-00-0000", 9), ('"W-"00', 2), ("[Red]000;-0", 3), ("0", 0), ("0.00", 0), ("#,##0", 0),
     ("hh:mm:ss.000", 0), ("General", 0), ("00.00", 2), ("", 0)],
)  # fmt: skip
def test_a_format_shows_so_many_digits(code: str, digits: int) -> None:
    assert shown_digits(code) == digits


def test_a_hidden_sheet_that_is_read_is_noted(tmp_path: Path, read_excel: Any) -> None:
    book = workbook(tmp_path)
    for name in ("A", "B"):
        sheet = book.add_worksheet(name)
        sheet.write_column(0, 0, ["id", name])
    sheet.hide()
    book.close()
    rows, reading = read_excel(tmp_path / "book.xlsx", sheet="*")
    assert (rows["id"].to_pylist(), reading.notes) == (["A", "B"], {HIDDEN_SHEETS: 1})
    assert read_excel(tmp_path / "book.xlsx")[1].notes == {}
