"""What all our workbooks share: how they are written, names of sheets and cells, and cells that no reader shows.

A reader shows cells with errors and with formulas that nobody calculated as empty; they are found in the file itself.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from posixpath import join, normpath
from typing import IO, Any
from xml.etree import ElementTree
from xml.parsers import expat
from zipfile import ZipFile

Place = tuple[int, int]
CELL_LENGTH = 32_767  # Excel takes no more
SHEET_ROWS = 1_048_576
# Options of XlsxWriter: a legacy text that begins with `=` or looks like an address stays a text.
TEXTS_STAY: dict[str, Any] = {"strings_to_formulas": False, "strings_to_urls": False}
UNCALCULATED = "a formula without its result"
_MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_STRICT = "{http://purl.oclc.org/ooxml/spreadsheetml/main}"
_CHUNK = 1 << 20
# Longer than any of the marks below; a mark that is cut by the end of a chunk is found in the next.
_OVERLAP = 64
# A plain search is many times as fast as the pattern, and most sheets hold neither errors nor formulas.
_HINTS = (b'"e"', b"'e'", b"<f", b":f")
# An error; and a formula followed by no value, or by an empty one.
_MARKS = re.compile(
    rb"""\bt\s*=\s*["']e["']|(?:</(?:\w+:)?f>|<(?:\w+:)?f\b[^>]*/>)\s*(?:</(?:\w+:)?c>|<(?:\w+:)?v\s*/>|<(?:\w+:)?v></)"""
)


def sheet_name(wanted: str, taken: set[str]) -> str:
    """Return a name for a sheet that Excel takes and that is not taken, and take it."""
    # Excel allows 31 characters, tells no case, forbids some characters, and keeps `History` for itself.
    plain = "".join("_" if letter in "[]:*?/\\'" else letter for letter in wanted)[:31]
    plain = plain + "_" if plain.lower() == "history" else plain
    numbered = (f"{plain[:27]}~{number}" for number in range(2, 1000))
    name = plain if plain.lower() not in taken else next(other for other in numbered if other.lower() not in taken)
    taken.add(name.lower())
    return name


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


def find_broken_in_xlsx(path: Path, sheet: str) -> dict[Place, str]:
    """Return the cells of a sheet without a value: row and column from 0 -> the error, or that nobody calculated it."""
    with ZipFile(path) as archive:
        part = part_of(archive, sheet)
        with archive.open(part) as stream:
            if not _has_mark(stream):
                return {}
        with archive.open(part) as stream:
            return dict(_broken_in_xml(stream))


def part_of(archive: ZipFile, name: str) -> str:
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
        text = tail + chunk
        if any(hint in text for hint in _HINTS) and _MARKS.search(text):
            return True
        tail = text[-_OVERLAP:]
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
        elif self._formula and not self._value and self._kind != "str":  # a formula may yield an empty text
            self.found.append(((self._row, self._column), UNCALCULATED))
