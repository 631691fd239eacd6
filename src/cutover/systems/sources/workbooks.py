"""Workbooks and their sheets: opened, chosen by name, and their cells that hold an error."""

from dataclasses import dataclass
from pathlib import Path
from zipfile import BadZipFile, ZipFile

import xlrd
from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

from cutover.errors import SourceError
from cutover.project.model import Excel, Layout
from cutover.project.reading import suggest
from cutover.project.spreadsheet import Place, column_letter, find_broken_in_xlsx
from cutover.systems.sources.files import SourceFile

XLS = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"  # how a file of the old kind begins
_VISIBLE = SheetVisibleEnum.Visible


@dataclass(frozen=True)
class SheetOfFile:
    """A sheet that belongs to a feed; `name` is what messages call it: book.xlsx[Sheet]."""

    file: SourceFile
    sheet: CalamineSheet
    layout: Layout
    hidden: bool = False

    @property
    def name(self) -> str:
        """Return the name of file and sheet."""
        return f"{self.file.name}[{self.sheet.name}]"

    @property
    def is_xls(self) -> bool:
        """Whether the file is of the old kind."""
        return _is_xls(self.file.path)

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


def open_sheets(file: SourceFile, declared: Excel) -> list[SheetOfFile]:
    """Open the sheets of a file that belong to a feed, in the order of the workbook.

    Raises:
        SourceError: the file is no workbook, or holds no sheet that a declared name or pattern names.
    """
    if not (_is_xls(file.path) or _is_xlsx(file.path)):
        raise SourceError(
            f"{file.name} is not readable as a workbook: neither .xls nor .xlsx",
            fix="save it as .xlsx, without a password; if it is a text of such a name, `cutover sniff` tells its `csv`",
        )
    try:
        workbook = CalamineWorkbook.from_path(str(file.path))
        sheets = [sheet for sheet in workbook.sheets_metadata if sheet.typ == SheetTypeEnum.WorkSheet]
        names, hidden = [sheet.name for sheet in sheets], {each.name for each in sheets if each.visible != _VISIBLE}
        _check_names(file, declared, names)
        if declared.sheet is None and not declared.sheets:
            names = names[:1]
        found = [(name, layout) for name in names if (layout := declared.layout(name)) is not None]
        return [SheetOfFile(file, workbook.get_sheet_by_name(name), layout, name in hidden) for name, layout in found]
    except CalamineError as error:
        raise SourceError(f"{file.name} is not readable as a workbook: {error}", fix="save it as .xlsx again") from None


def _check_names(file: SourceFile, declared: Excel, names: list[str]) -> None:
    wanted = [entry.name for entry in declared.sheets] or [declared.sheet or "*"]
    for name in wanted:
        if not any(Excel(path=declared.path, sheet=name).layout(there) for there in names):
            raise SourceError(
                f"{file.name} has no sheet {name!r}; its sheets are {', '.join(names)}", fix=suggest(name, names)
            )


def _is_xls(path: Path) -> bool:
    with path.open("rb") as stream:
        return stream.read(len(XLS)) == XLS


def _is_xlsx(path: Path) -> bool:
    try:
        with ZipFile(path) as archive:
            return "xl/workbook.xml" in archive.namelist()
    except BadZipFile:
        return False


def find_broken(each: SheetOfFile) -> dict[Place, str]:
    """Return the cells of a sheet without a value: place, counted from 0 -> the error, or that nobody calculated it."""
    if each.is_xls:
        return _broken_in_xls(each.file.path, each.sheet.name)
    return find_broken_in_xlsx(each.file.path, each.sheet.name)


def _broken_in_xls(path: Path, name: str) -> dict[Place, str]:
    with xlrd.open_workbook(str(path), on_demand=True) as book:
        sheet = book.sheet_by_name(name)
        return {
            (row, column): xlrd.error_text_from_code.get(sheet.cell_value(row, column), "an error")
            for row in range(sheet.nrows)
            for column, kind in enumerate(sheet.row_types(row))
            if kind == xlrd.XL_CELL_ERROR
        }
