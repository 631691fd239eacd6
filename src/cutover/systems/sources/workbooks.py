"""Workbooks and their sheets: opened, chosen by name, and what the reader of cells does not tell of them.

That reader shows an error (#N/A) and a formula that was never calculated as an empty cell; here they are found in the
file itself.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from posixpath import join, normpath
from typing import IO
from xml.etree import ElementTree
from xml.parsers import expat
from zipfile import BadZipFile, ZipFile

import xlrd
from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, SheetTypeEnum

from cutover.errors import SourceError
from cutover.project.model import Excel, Layout
from cutover.project.reading import suggest
from cutover.systems.sources.files import SourceFile

Place = tuple[int, int]
UNCALCULATED = "a formula without its result"
_MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_STRICT = "{http://purl.oclc.org/ooxml/spreadsheetml/main}"
_CHUNK = 1 << 20
# Longer than any of the marks below; a mark that is cut by the end of a chunk is found in the next.
_OVERLAP = 64
_MARKS = re.compile(rb"""\bt\s*=\s*["']e["']|</(?:\w+:)?f>\s*</(?:\w+:)?c>|<(?:\w+:)?f\b[^>]*/>\s*</(?:\w+:)?c>""")


@dataclass(frozen=True)
class SheetOfFile:
    """A sheet that belongs to a feed; `name` is what messages call it: book.xlsx[Sheet]."""

    file: SourceFile
    sheet: CalamineSheet
    layout: Layout

    @property
    def name(self) -> str:
        """Return the name of file and sheet."""
        return f"{self.file.name}[{self.sheet.name}]"

    @property
    def is_empty(self) -> bool:
        """Whether no cell of the sheet holds anything."""
        return self.sheet.start is None

    def cell(self, place: Place) -> str:
        """Name a cell as Excel does: Sheet!B7."""
        return f"{self.sheet.name}!{column_letter(place[1])}{place[0] + 1}"

    def cells(self, places: list[Place]) -> str:
        """Name the first of some cells, and how many more there are."""
        shown = ", ".join(self.cell(place) for place in places[:8])
        return f"{shown} and {len(places) - 8} more" if len(places) > 8 else shown


def column_letter(index: int) -> str:
    """Return Excel's letters of a column that is counted from 0."""
    letters = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters


def column_index(letters: str) -> int:
    """Return the number, from 0, of the column with these letters."""
    index = 0
    for letter in letters:
        index = index * 26 + ord(letter) - ord("A") + 1
    return index - 1


def open_sheets(file: SourceFile, declared: Excel) -> list[SheetOfFile]:
    """Open the sheets of a file that belong to a feed, in the order of the workbook.

    Raises:
        SourceError: the file is no workbook, or holds no sheet that a declared name or pattern names.
    """
    if not (_is_xls(file.path) or _is_xlsx(file.path)):
        raise SourceError(
            f"{file.name} is not readable as a workbook: neither .xls nor .xlsx",
            fix="save it as .xlsx, without a password",
        )
    try:
        workbook = CalamineWorkbook.from_path(str(file.path))
        names = [sheet.name for sheet in workbook.sheets_metadata if sheet.typ == SheetTypeEnum.WorkSheet]
        _check_names(file, declared, names)
        if declared.sheet is None and not declared.sheets:
            names = names[:1]
        found = [(name, layout) for name in names if (layout := declared.layout(name)) is not None]
        return [SheetOfFile(file, workbook.get_sheet_by_name(name), layout) for name, layout in found]
    except CalamineError as error:
        raise SourceError(f"{file.name} is not readable as a workbook: {error}", fix="save it as .xlsx again") from None


def _check_names(file: SourceFile, declared: Excel, names: list[str]) -> None:
    wanted = [entry.name for entry in declared.sheets] or [declared.sheet or "*"]
    for name in wanted:
        if not any(Excel(path="", sheet=name).layout(there) for there in names):
            raise SourceError(
                f"{file.name} has no sheet {name!r}; its sheets are {', '.join(names)}", fix=suggest(name, names)
            )


def _is_xls(path: Path) -> bool:
    with path.open("rb") as stream:
        return stream.read(8) == b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


def _is_xlsx(path: Path) -> bool:
    try:
        with ZipFile(path) as archive:
            return "xl/workbook.xml" in archive.namelist()
    except BadZipFile:
        return False


def find_broken(each: SheetOfFile) -> dict[Place, str]:
    """Return the cells of a sheet without a value: place, counted from 0 -> the error, or that nobody calculated it."""
    if _is_xls(each.file.path):
        return _broken_in_xls(each.file.path, each.sheet.name)
    with ZipFile(each.file.path) as archive:
        part = _part_of(archive, each.sheet.name)
        with archive.open(part) as stream:
            if not _has_mark(stream):
                return {}
        with archive.open(part) as stream:
            return dict(_broken_in_xml(stream))


def _broken_in_xls(path: Path, name: str) -> dict[Place, str]:
    with xlrd.open_workbook(str(path), on_demand=True) as book:
        sheet = book.sheet_by_name(name)
        return {
            (row, column): xlrd.error_text_from_code.get(sheet.cell_value(row, column), "an error")
            for row in range(sheet.nrows)
            for column, kind in enumerate(sheet.row_types(row))
            if kind == xlrd.XL_CELL_ERROR
        }


def _part_of(archive: ZipFile, name: str) -> str:
    """Return the part of the archive that holds a sheet."""
    book = ElementTree.fromstring(archive.read("xl/workbook.xml"))
    sheets = [sheet for space in (_MAIN, _STRICT) for sheet in book.iter(f"{space}sheet")]
    sheet = next(sheet for sheet in sheets if sheet.get("name") == name)
    identity = next(value for key, value in sheet.items() if key.endswith("}id"))
    relations = ElementTree.fromstring(archive.read("xl/_rels/workbook.xml.rels"))
    target = next(str(each.get("Target")) for each in relations if each.get("Id") == identity)
    return target[1:] if target.startswith("/") else normpath(join("xl", target))


def _has_mark(stream: IO[bytes]) -> bool:
    """Say quickly whether a sheet may hold what we look for: most hold none, and need no parsing."""
    tail = b""
    while chunk := stream.read(_CHUNK):
        if _MARKS.search(tail + chunk):
            return True
        tail = (tail + chunk)[-_OVERLAP:]
    return False


def _broken_in_xml(stream: IO[bytes]) -> Iterator[tuple[Place, str]]:
    scan = _Scan()
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.StartElementHandler, parser.EndElementHandler = scan.start, scan.end
    parser.CharacterDataHandler = scan.text
    parser.ParseFile(stream)
    yield from scan.found


class _Scan:
    """Walks the cells of a sheet, which may leave out their own names and those of their rows."""

    def __init__(self) -> None:
        self.found: list[tuple[Place, str]] = []
        self._row = self._column = -1
        self._kind, self._formula, self._in_value = "", False, False
        self._value: str | None = None

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        name = tag.rpartition(" ")[2]
        if name == "row":
            self._row = int(attributes["r"]) - 1 if "r" in attributes else self._row + 1
            self._column = -1
        elif name == "c":
            letters = attributes.get("r", "").rstrip("0123456789")
            self._column = column_index(letters) if letters else self._column + 1
            self._kind, self._formula, self._value = attributes.get("t", ""), False, None
        self._formula = self._formula or name == "f"
        self._in_value = name == "v"
        if self._in_value:
            self._value = ""

    def text(self, text: str) -> None:
        if self._in_value:
            self._value = (self._value or "") + text

    def end(self, tag: str) -> None:
        self._in_value = False
        if tag.rpartition(" ")[2] != "c":
            return
        if self._kind == "e":
            self.found.append(((self._row, self._column), self._value or "an error"))
        elif self._formula and self._value is None:
            self.found.append(((self._row, self._column), UNCALCULATED))
