"""Workbooks: where the table of each sheet stands, and which sheets are one feed."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow as pa

from cutover.core.cells import cell_text
from cutover.errors import InputError, SourceError
from cutover.project.model import Excel
from cutover.project.spreadsheet import column_letter
from cutover.systems.sniffing.dialect import VALUE
from cutover.systems.sniffing.ends import TOTAL
from cutover.systems.sniffing.proposal import Proposal, feed_of, folder_of, landed, propose
from cutover.systems.sources.excel import numbered_rows, read_excel
from cutover.systems.sources.files import SourceFile
from cutover.systems.sources.workbooks import XLS, SheetOfFile, open_sheets

_ZIP = b"PK\x03\x04"
_ABOVE, _MOST_ROWS, _MOST_BELOW = 40, 200_000, 5
_LENIENT = {"errors": "text", "long_numbers": "keep", "merged": "fill_down"}
Cells = list[str | None]


@dataclass(frozen=True)
class _Table:
    """The table of a sheet: the row of its header, its first column counted from 0, its names, what lies below."""

    sheet: str
    header_row: int
    first: int
    names: tuple[str, ...]
    rows: int
    footer_rows: int = 0
    last_column: str | None = None
    used: int = 0
    doubts: tuple[str, ...] = ()

    def layout(self) -> dict[str, Any]:
        """Return what the declaration of this sheet has to say."""
        told: dict[str, Any] = {"header_row": self.header_row} if self.header_row > 1 else {}
        told |= {"first_column": column_letter(self.first)} if self.first != self.used else {}
        told |= {"last_column": self.last_column} if self.last_column else {}
        return told | ({"footer_rows": self.footer_rows} if self.footer_rows else {})


def is_workbook(raw: bytes) -> bool:
    """Return whether the first bytes of a file, with what else was read of it, are those of a workbook."""
    return raw.startswith(XLS) or (raw.startswith(_ZIP) and b"xl/workbook.xml" in raw)


def sniff_workbook(path: Path) -> Proposal:
    """Propose the declaration of the sheets that hold the largest table of a workbook.

    Raises:
        InputError: the workbook cannot be opened, or holds no table.
    """
    try:
        sheets = open_sheets(SourceFile(path, path.name), Excel(path=path.name, sheet="*"))
    except SourceError as error:
        raise InputError(error.problem, fix=error.fix) from None
    tables = [table for sheet in sheets if (table := _table(sheet)) is not None]
    if not tables:
        raise InputError(f"{path.name} holds no sheet with a table", fix="name a workbook whose sheets have rows")
    groups: dict[tuple[str, ...], list[_Table]] = defaultdict(list)
    for table in tables:
        groups[table.names].append(table)
    chosen = max(groups.values(), key=lambda members: sum(member.rows for member in members))
    declared = _declared(path.name, chosen, alone=len(chosen) == len(sheets))
    rows, refused = _rows(path, declared)
    reasons = [f"sheet {each.sheet!r}: {_told(each)}" for each in chosen]
    reasons += [f"{len(chosen)} sheets have the same header: they are one feed"] if len(chosen) > 1 else []
    warnings = [*refused, *(f"sheet {each.sheet!r}: {doubt}" for each in chosen for doubt in each.doubts)]
    warnings += [
        f"sheet {each.sheet!r} has {each.rows} rows under another header ({', '.join(each.names[:4])}, ...): "
        "declare it in a mapping of its own"
        for names, members in groups.items()
        if names != chosen[0].names
        for each in members
    ]
    return propose("excel", declared, rows, reasons, warnings)


def _told(table: _Table) -> str:
    below = f", {table.footer_rows} rows below the data" if table.footer_rows else ""
    return (
        f"the header is row {table.header_row}, from column {column_letter(table.first)} on; {table.rows} rows{below}"
    )


def _table(where: SheetOfFile) -> _Table | None:
    """Find the table of a sheet; None when it holds none."""
    if where.sheet.start is None:
        return None
    used = where.sheet.start[1]
    texts = {number: list(map(cell_text, cells)) for number, cells in islice(numbered_rows(where, used), _MOST_ROWS)}
    header = _find_header(texts)
    if header is None:
        return None
    cells = texts[header]
    first = next(place for place, cell in enumerate(cells) if cell)
    width = next((place for place, cell in enumerate(cells[first:]) if not cell), len(cells) - first)
    names = tuple(str(cell) for cell in cells[first : first + width])
    body = {number: row[first : first + width] for number, row in texts.items() if number > header and any(row)}
    table = _Table(where.sheet.name, header, used + first, names, len(body), used=used, doubts=_doubts(cells, names))
    if any(cells[first + width :]):
        table = replace(table, last_column=column_letter(used + first + width - 1))
    return _with_footer(table, body)


def _find_header(texts: dict[int, Cells]) -> int | None:
    """Return the row that names columns: of the first rows, the widest whose cells are names, with rows below it."""
    above = [(number, [cell for cell in row if cell]) for number, row in islice(texts.items(), _ABOVE)]
    filled = [(number, cells) for number, cells in above if cells]
    named = [(number, cells) for number, cells in filled if _are_names(cells)]
    widest = max((len(cells) for _, cells in named or filled), default=0)
    found = next((number for number, cells in named or filled if len(cells) == widest), None)
    return found if found is not None and any(number > found and any(row) for number, row in texts.items()) else None


def _are_names(cells: Sequence[str]) -> bool:
    return len(set(cells)) == len(cells) and not any(VALUE.fullmatch(cell.strip()) for cell in cells)


def _doubts(cells: Cells, names: tuple[str, ...]) -> tuple[str, ...]:
    doubts = []
    if not _are_names(names):
        doubts.append("no row holds names alone: state the row of the header under `header_row`")
    if sum(1 for cell in cells if cell) > len(names):
        doubts.append("what stands beyond the first empty cell of the header is taken for no part of the table")
    return tuple(doubts)


def _with_footer(table: _Table, body: dict[int, Cells]) -> _Table:
    """Return a table without the rows at its end that are totals or notes."""
    numbers = sorted(body)
    end = len(numbers)
    while end > 1 and len(numbers) - end < _MOST_BELOW and _is_footer(body[numbers[end - 1]], len(table.names)):
        end -= 1
    if end == len(numbers):
        return table
    below = numbers[-1] - numbers[end] + 1
    doubt = f"the last {len(numbers) - end} rows look like totals or notes and are left out: `footer_rows`"
    return replace(table, rows=end, footer_rows=below, doubts=(*table.doubts, doubt))


def _is_footer(row: Cells, width: int) -> bool:
    filled = [cell for cell in row if cell]
    return any(TOTAL.fullmatch(cell.strip()) for cell in filled) or (width > 2 and len(filled) <= 1)


def _declared(name: str, chosen: list[_Table], *, alone: bool) -> dict[str, Any]:
    layouts = [table.layout() for table in chosen]
    if len(chosen) == 1:
        return {"path": name, "sheet": chosen[0].sheet, **layouts[0]}
    added = {"sheet_column": "sheet"} if "sheet" not in chosen[0].names else {}
    if alone and all(layout == layouts[0] for layout in layouts):
        return {"path": name, "sheet": "*", **layouts[0], **added}
    listed = [{"name": table.sheet, **layout} for table, layout in zip(chosen, layouts, strict=True)]
    return {"path": name, "sheets": listed, **added}


def _rows(path: Path, declared: dict[str, Any]) -> tuple[pa.Table, list[str]]:
    """Return the rows as they would land, and why landing would refuse them; then as they would if it did not."""
    told: list[str] = []
    for more in ({}, _LENIENT):
        try:
            return landed(read_excel(feed_of("excel", declared | more), folder_of(path))), told
        except SourceError as error:
            told.append(f"landing refuses it as it is: {error.problem}: {error.fix}")
    raise InputError(told[-1].removeprefix("landing refuses it as it is: "), fix="mend the workbook, and sniff again")
