"""Numbers that a workbook shows with zeros in front, by a format such as 00000: the zeros are not in the cell.

A person sees 00123 where 123 is stored, and will look for 00123 in the target; so such cells are counted.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree
from zipfile import ZipFile

import xlrd

from cutover.project.spreadsheet import Place, column_index, part_of

_STYLES = "xl/styles.xml"
# What a format shows as it stands, and what it says about colours, conditions and widths.
_ASIDE = re.compile(r'"[^"]*"|\\.|_.|\*.|\[[^\]]*\]')


def find_padded(path: Path, sheet: str, *, xls: bool) -> Iterator[Place]:
    """Yield the cells of a sheet that are shown with more digits than they have: row and column, counted from 0."""
    return _in_xls(path, sheet) if xls else _in_xlsx(path, sheet)


def shown_digits(code: str) -> int:
    """Return how many digits a number format shows at least before the point, 0 when that is one or none."""
    plain = _ASIDE.sub("", code.partition(";")[0])
    digits = re.match(r"0[0-]*0", plain.strip())
    return digits[0].count("0") if digits else 0


def _in_xls(path: Path, name: str) -> Iterator[Place]:
    with xlrd.open_workbook(str(path), on_demand=True, formatting_info=True) as book:
        digits = [shown_digits(_code(book, xf.format_key)) for xf in book.xf_list]
        if not any(digits):
            return
        sheet = book.sheet_by_name(name)
        for row in range(sheet.nrows):
            for column, cell in enumerate(sheet.row(row)):
                if cell.ctype == xlrd.XL_CELL_NUMBER and _is_shorter(cell.value, digits[cell.xf_index]):
                    yield row, column


def _code(book: xlrd.Book, key: int) -> str:
    found = book.format_map.get(key)
    return found.format_str if found is not None else ""


def _in_xlsx(path: Path, name: str) -> Iterator[Place]:
    with ZipFile(path) as archive:
        digits = _digits_of_styles(archive)
        if not any(digits):
            return
        with archive.open(part_of(archive, name)) as stream:
            for place, style, text in _numbers(stream):
                if style < len(digits) and digits[style] and _is_shorter(float(text), digits[style]):
                    yield place


def _digits_of_styles(archive: ZipFile) -> list[int]:
    """Return for each cell style how many digits its number format shows at least."""
    if _STYLES not in archive.namelist():
        return []
    root = ElementTree.fromstring(archive.read(_STYLES))
    space = root.tag.partition("}")[0] + "}"
    codes = {each.get("numFmtId"): each.get("formatCode", "") for each in root.iter(f"{space}numFmt")}
    styles = root.find(f"{space}cellXfs")
    return [shown_digits(codes.get(each.get("numFmtId"), "")) for each in (styles if styles is not None else ())]


def _numbers(stream: object) -> Iterator[tuple[Place, int, str]]:
    row = column = -1
    for event, element in ElementTree.iterparse(stream, events=("start", "end")):  # type: ignore[call-overload]
        tag = element.tag.rpartition("}")[2]
        if event == "start" and tag == "row":
            row, column = int(element.get("r", row + 2)) - 1, -1
        elif event == "end" and tag == "c":
            letters = element.get("r", "").rstrip("0123456789")
            column = column_index(letters) if letters else column + 1
            value = next((child.text for child in element if child.tag.endswith("}v")), None)
            if value and element.get("t", "n") == "n":
                yield (row, column), int(element.get("s", 0)), value
        elif event == "end" and tag == "row":
            element.clear()


def _is_shorter(number: float, digits: int) -> bool:
    return len(str(int(abs(number)))) < digits
