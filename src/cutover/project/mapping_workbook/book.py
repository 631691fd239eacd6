"""The mapping workbook as a file: written for people, with a hidden copy of what was exported, and read back."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import xlsxwriter
from python_calamine import CalamineError, CalamineWorkbook

from cutover.core.cells import LONG, cell_text
from cutover.errors import InputError
from cutover.project.mapping_workbook.pages import NO_RULE, Page
from cutover.project.spreadsheet import CELL_LENGTH, TEXTS_STAY, Place, find_broken_in_xlsx

HIDDEN = "_export"
MARK = "cutover mapping workbook"
EDITABLE = {
    "entity": ("default", "status", "owner", "comment"),
    "crosswalk": ("target", "valid_from", "valid_to", "state", "note"),
    "cleansing": ("after",),
}
CHOICES = {"status": ["draft", "approved"], "state": ["proposed", "confirmed", "refused"]}
_WIDTHS = {"does": 44, "sample": 24, "note": 40, "told": 100, "comment": 40, "line": 6, "rows": 8, "required": 9,
           "table": 24, "target": 22, "source": 18, "name": 24}  # fmt: skip
_WRAPPED = ("does", "sample", "note", "comment", "told")


@dataclass(frozen=True)
class Line:
    """A line of a sheet as somebody left it: its number as Excel counts it, column -> text.

    unread: column -> why its cell tells nothing certain.
    """

    number: int
    cells: dict[str, str | None]
    unread: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Sheet:
    """A sheet as somebody left it; `header` is as it stands in the first line."""

    header: tuple[str | None, ...]
    lines: tuple[Line, ...]


@dataclass(frozen=True)
class Book:
    """A workbook that came back: the pages that were exported, and the sheets that are in it now, by name."""

    pages: tuple[Page, ...]
    sheets: dict[str, Sheet]


def write_book(pages: list[Page]) -> bytes:
    """Return the pages as an .xlsx file; what may be edited is yellow.

    Raises:
        InputError: a text is longer than a cell of Excel.
    """
    buffer = BytesIO()
    book = xlsxwriter.Workbook(buffer, TEXTS_STAY)
    text, color = {"num_format": "@", "valign": "top"}, {"bg_color": "#FFF9DB"}
    formats = {
        "head": book.add_format({"bold": True, "bg_color": "#DDEBF7"}),
        "told": book.add_format(text),
        "open": book.add_format({**text, **color}),
        "told wrapped": book.add_format({**text, "text_wrap": True}),
        "open wrapped": book.add_format({**text, **color, "text_wrap": True}),
    }
    for page in pages:
        _write_page(book.add_worksheet(page.sheet), page, formats)
    _write_copy(book.add_worksheet(HIDDEN), pages)
    book.close()
    return buffer.getvalue()


def _write_page(sheet: Any, page: Page, formats: dict[str, Any]) -> None:
    editable = EDITABLE.get(page.kind, ())
    looks = [formats[_look(column, editable)] for column in page.columns]
    closed = [formats[_look(column, ())] for column in page.columns]
    for index, column in enumerate(page.columns):
        sheet.set_column(index, index, _WIDTHS.get(column, 16), looks[index])
        if column in CHOICES and column in editable:
            sheet.data_validation(1, index, 50_000, index, {"validate": "list", "source": CHOICES[column]})
    sheet.write_row(0, 0, page.columns, formats["head"])
    kind = page.columns.index("kind") if page.kind == "entity" else None
    for number, row in enumerate(page.rows, 1):
        no_rule = kind is not None and row[kind] in NO_RULE
        for index, cell in enumerate(row):
            if cell is not None and len(cell) > CELL_LENGTH:
                raise InputError(
                    f"{page.sheet}!{page.columns[index]}: a text of {len(cell)} characters does not fit a cell",
                    fix=f"shorten it to {CELL_LENGTH}",
                )
            if cell is not None:
                sheet.write_string(number, index, cell, (closed if no_rule else looks)[index])
            elif no_rule:
                sheet.write_blank(number, index, None, closed[index])
    _set_out(sheet, page)


def _look(column: str, editable: tuple[str, ...]) -> str:
    return ("open" if column in editable else "told") + (" wrapped" if column in _WRAPPED else "")


def _set_out(sheet: Any, page: Page) -> None:
    """Let the header stay in sight, on paper too."""
    sheet.freeze_panes(1, 1)
    sheet.autofilter(0, 0, max(len(page.rows), 1), len(page.columns) - 1)
    sheet.set_landscape()
    sheet.set_paper(9)  # A4
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(0)
    sheet.set_header("&L&A")
    sheet.set_footer("&R&P / &N")


def _write_copy(sheet: Any, pages: list[Page]) -> None:
    sheet.very_hidden()
    lines = [[MARK, "1"]]
    for page in pages:
        lines.append([page.sheet, "page", *_chunks([page.kind, page.about, page.columns])])
        lines += ([page.sheet, "row", *_chunks(row)] for row in page.rows)
    for number, line in enumerate(lines):
        for index, cell in enumerate(line):
            sheet.write_string(number, index, cell)


def _chunks(content: Any) -> list[str]:
    # A row of long texts is longer than a cell; half of the limit, since Excel counts UTF-16.
    text, size = json.dumps(content, ensure_ascii=False), CELL_LENGTH // 2
    return [text[start : start + size] for start in range(0, len(text), size)]


def read_book(path: Path) -> Book:
    """Read a mapping workbook as it came back.

    Raises:
        InputError: the file is no workbook, or none that `cutover workbook export` has written.
    """
    fix = "name a file that `cutover workbook export` has written"
    if not path.is_file():
        raise InputError(f"there is no file {path}", fix=fix)
    try:
        workbook = CalamineWorkbook.from_path(str(path))
        rows = {name: list(workbook.get_sheet_by_name(name).to_python(skip_empty_area=False))
                for name in workbook.sheet_names}  # fmt: skip
    except CalamineError as error:
        raise InputError(f"{path.name} is not readable as a workbook: {error}", fix=fix) from None
    copy = rows.pop(HIDDEN, None)
    if not copy or copy[0][0] != MARK:
        raise InputError(f"{path.name} is no mapping workbook: its hidden copy is missing", fix=fix)
    pages = tuple(_pages(copy[1:]))
    try:
        broken = {page.sheet: find_broken_in_xlsx(path, page.sheet) for page in pages if page.sheet in rows}
    except (BadZipFile, KeyError):  # an .xls, and an .ods, which is an archive of another kind
        raise InputError(f"{path.name} is no .xlsx workbook", fix="save it as .xlsx") from None
    return Book(pages, {name: _sheet(lines, broken.get(name, {})) for name, lines in rows.items()})


def _pages(lines: list[list[Any]]) -> Iterator[Page]:
    current: Page | None = None
    rows: list[tuple[str | None, ...]] = []
    for sheet, what, *chunks in lines:
        content = json.loads("".join(chunks))
        if what == "row":
            rows.append(tuple(content))
            continue
        if current is not None:
            yield Page(current.sheet, current.kind, current.about, current.columns, tuple(rows))
        kind, about, columns = content
        current, rows = Page(sheet, kind, about, tuple(columns), ()), []
    if current is not None:
        yield Page(current.sheet, current.kind, current.about, current.columns, tuple(rows))


def _sheet(rows: list[list[Any]], broken: dict[Place, str]) -> Sheet:
    header = tuple(map(cell_text, rows[0])) if rows else ()
    while header and header[-1] is None:
        header = header[:-1]
    return Sheet(
        header, tuple(line for number, row in enumerate(rows[1:], 2) if (line := _line(number, header, row, broken)))
    )


def _line(number: int, header: tuple[str | None, ...], row: list[Any], broken: dict[Place, str]) -> Line | None:
    cells = {str(name): _text(cell) for name, cell in zip(header, row, strict=False) if name is not None}
    beside = {f"column {index + 1}": text for index, cell in enumerate(row[len(header) :], len(header))
              if (text := _text(cell)) is not None}  # fmt: skip
    unread = {str(name): f"it holds {text}" for index, name in enumerate(header)
              if (text := broken.get((number - 1, index))) is not None}  # fmt: skip
    unread |= {str(name): "a number of 16 digits, of which Excel keeps 15"
               for name, cell in zip(header, row, strict=False)
               if isinstance(cell, int | float) and abs(cell) >= LONG}  # fmt: skip
    if not beside and not unread and not any(cells.values()):
        return None
    return Line(number, {**cells, **beside}, unread)


def _text(cell: Any) -> str | None:
    text = cell_text(cell)
    # Excel for Windows writes a line break in a cell as carriage return and line feed.
    text = text.replace("\r\n", "\n") if text else None
    return text if text and text.strip() else None
