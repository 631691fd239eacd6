"""Excel workbooks, .xls and .xlsx: one sheet, everything lands as exact text.

A number is in floating point there; its shortest exact text is what a person sees. Numbers of 16 digits and
more are counted: Excel keeps 15, so the rest may be lost. A formula that failed (#DIV/0!) is read as empty.
"""

from collections import Counter
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow as pa
from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook

from cutover.errors import SourceError
from cutover.project.model import Excel
from cutover.project.reading import suggest
from cutover.systems.sources.exact import exact_text
from cutover.systems.sources.feed import Feed, Reading
from cutover.systems.sources.files import SourceFile, check_header, check_same_header, find_files, hash_file

_BLOCK_ROWS = 10_000
LOST = "numbers of 16 digits or more"


def read_excel(feed: Feed, folder: Path) -> Reading:
    """Open the sheets of a feed.

    Raises:
        SourceError: no file, no such sheet, a header with an empty or repeated name, another header in one of
            the files; and, while the blocks are read, a value beside the columns that the header names.
    """
    declared = feed.source.excel
    assert declared is not None  # read_feed chose this module by it
    files = find_files(folder, declared.path)
    names = _header(files[0], _open_sheet(files[0], declared), declared)
    for file in files[1:]:
        check_same_header(files[0], names, file, _header(file, _open_sheet(file, declared), declared))
    facts: list[dict[str, Any]] = []
    notes: dict[str, int] = {}
    schema = pa.schema([(name, pa.string()) for name in names])
    return Reading(schema, _read_files(files, declared, schema, facts, notes), files=facts, notes=notes)


def _open_sheet(file: SourceFile, declared: Excel) -> CalamineSheet:
    try:
        workbook = CalamineWorkbook.from_path(str(file.path))
        names = workbook.sheet_names
        sheet = declared.sheet if declared.sheet is not None else names[0]
        if sheet not in names:
            raise SourceError(
                f"{file.name} has no sheet {sheet!r}; its sheets are {', '.join(names)}",
                fix=suggest(sheet, names),
            )
        return workbook.get_sheet_by_name(sheet)
    except CalamineError as error:
        raise SourceError(f"{file.name} is not readable as a workbook: {error}", fix="save it as .xlsx again") from None


def _header(file: SourceFile, sheet: CalamineSheet, declared: Excel) -> list[str]:
    cells = next(islice(_rows(sheet), declared.header_row - 1, None), [])
    texts = [_text(cell) or "" for cell in cells]
    while texts and not texts[-1].strip():
        texts.pop()
    if not texts:
        raise SourceError(
            f"{file.name}: row {declared.header_row} of sheet {sheet.name!r} is empty",
            fix="state the row of the header as Excel counts it under `header_row`",
        )
    return check_header(file, texts, declared.header_row)


def _rows(sheet: CalamineSheet) -> Iterator[list[Any]]:
    # Rows come from the first used column on, as their headers do.
    return iter(sheet.iter_rows()) if sheet.start is not None else iter(())


def _read_files(
    files: list[SourceFile],
    declared: Excel,
    schema: pa.Schema,
    facts: list[dict[str, Any]],
    notes: dict[str, int],
) -> Iterator[pa.Table]:
    for file in files:
        count = 0
        tally: Counter[str] = Counter()
        for rows in _read_sheet(file, declared, schema, tally):
            count += len(rows)
            yield rows
        facts.append(hash_file(file) | {"rows": count})
        notes.update({what: notes.get(what, 0) + found for what, found in tally.items()})


def _read_sheet(file: SourceFile, declared: Excel, schema: pa.Schema, tally: Counter[str]) -> Iterator[pa.Table]:
    sheet = _open_sheet(file, declared)
    numbered = enumerate(islice(_rows(sheet), declared.header_row, None), declared.header_row + 1)
    while block := list(islice(numbered, _BLOCK_ROWS)):
        rows = [row for number, cells in block if (row := _texts(file, number, cells, len(schema), tally)) is not None]
        columns = zip(*rows, strict=True) if rows else [()] * len(schema)
        yield pa.table([pa.array(column, pa.string()) for column in columns], schema)


def _texts(file: SourceFile, number: int, cells: list[Any], width: int, tally: Counter[str]) -> list[str | None] | None:
    texts = [_text(cell) for cell in cells]
    if not any(texts):
        return None
    if any(texts[width:]):
        raise SourceError(
            f"{file.name}: row {number} has a value in column {_beside(texts, width)}, "
            f"the header names {width} columns",
            fix="name the column in the header row, or remove what stands beside the table",
        )
    tally[LOST] += sum(
        isinstance(cell, float | int) and _is_long(text) for cell, text in zip(cells, texts, strict=True)
    )
    return texts[:width]


def _text(cell: Any) -> str | None:
    # An empty cell arrives as an empty text.
    return None if cell == "" else exact_text(cell)


def _beside(texts: list[str | None], width: int) -> int:
    return next(index for index, text in enumerate(texts, 1) if index > width and text)


def _is_long(text: str | None) -> bool:
    return len((text or "").replace(".", "").lstrip("-0")) >= 16
