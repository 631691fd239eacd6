"""Where landed chunks go: a PostgreSQL schema by COPY, Excel workbooks, a GB18030 CSV, the ground truth."""

import datetime
from collections.abc import Iterable
from io import BytesIO
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Literal

import psycopg2.extensions
import pyarrow as pa
import pyarrow.csv
import xlsxwriter
from psycopg2 import sql

from cutover.example.defects import TRUTH_COLUMNS
from cutover.example.tables import LegacyTable

SCHEMA = "erp"
ROWS_PER_WORKBOOK = 50_000
WORKBOOK_TITLE = "CRM contact export / 客户联系人导出"
_WORKBOOK_MADE = datetime.datetime(2025, 1, 1, tzinfo=datetime.UTC)
_BATCH = 64 * 1024


def create_table(cursor: psycopg2.extensions.cursor, table: LegacyTable) -> None:
    """Create a legacy table, empty and without its key; every column is NOT NULL, as the ERP declares it."""
    columns = [
        sql.SQL("{} " + column.type + " not null").format(sql.Identifier(column.name)) for column in table.columns
    ]
    cursor.execute(
        sql.SQL("create table {} ({})").format(sql.Identifier(SCHEMA, table.name), sql.SQL(", ").join(columns))
    )
    for column in table.columns:
        comment = sql.SQL("comment on column {} is {}")
        name = sql.Identifier(SCHEMA, table.name, column.name)
        cursor.execute(comment.format(name, sql.Literal(column.meaning)))


def add_key(cursor: psycopg2.extensions.cursor, table: LegacyTable) -> None:
    """Add the primary key: the client and the table's own key."""
    columns = sql.SQL(", ").join(map(sql.Identifier, ("mandt", *table.key)))
    cursor.execute(sql.SQL("alter table {} add primary key ({})").format(sql.Identifier(SCHEMA, table.name), columns))


def copy_rows(cursor: psycopg2.extensions.cursor, table: LegacyTable, rows: pa.Table) -> None:
    """Append rows to a legacy table; empty text stays empty text."""
    buffer = BytesIO()
    write_csv(rows, buffer, header=False, quoting="all_valid")
    buffer.seek(0)
    command = sql.SQL("copy {} from stdin (format csv, encoding 'UTF8')").format(sql.Identifier(SCHEMA, table.name))
    cursor.copy_expert(command, buffer, size=1 << 20)


def write_csv(
    rows: pa.Table,
    file: BinaryIO,
    *,
    header: bool,
    quoting: Literal["needed", "all_valid"] = "needed",
    delimiter: str = ",",
) -> None:
    """Write rows as UTF-8 CSV with line feeds; quotes within a text are doubled."""
    options = pa.csv.WriteOptions(include_header=header, batch_size=_BATCH, delimiter=delimiter, quoting_style=quoting)
    pa.csv.write_csv(rows, file, options)


class GroundTruth:
    """The open ground-truth file: one line per damaged cell and defect."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("wb")
        self._file.write((",".join(TRUTH_COLUMNS) + "\n").encode())
        self.lines = 0

    def __enter__(self) -> "GroundTruth":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def add(self, parts: Iterable[pa.Table]) -> None:
        """Append the ground truth of a chunk."""
        for part in parts:
            write_csv(part, self._file, header=False)
            self.lines += part.num_rows


class Gb18030Csv:
    """An open CSV file in GB18030, `;` between the cells, a Chinese header, each cell in quotes."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("wb")
        self._empty = True

    def add(self, rows: pa.Table) -> None:
        """Append rows, before the first ones the header."""
        buffer = BytesIO()
        write_csv(rows, buffer, header=self._empty, delimiter=";")
        self._file.write(buffer.getvalue().decode("utf-8").encode("gb18030"))
        self._empty = False

    def close(self) -> None:
        """Finish the file."""
        self._file.close()


class Workbooks:
    """Numbered Excel workbooks of at most 50,000 rows: title in row 1, header in row 3, rows from row 4."""

    def __init__(self, folder: Path, stem: str) -> None:
        self._folder, self._stem, self._count = folder, stem, 0

    def add(self, rows: pa.Table) -> None:
        """Write rows, at most 50,000, as the next workbook."""
        self._count += 1
        path = self._folder / f"{self._stem}_{self._count:03d}.xlsx"
        with xlsxwriter.Workbook(path, {"constant_memory": True}) as workbook:
            # A fixed date of making: the same rows give the same bytes.
            workbook.set_properties({"created": _WORKBOOK_MADE})
            _fill(workbook.add_worksheet("contacts"), rows)

    def close(self) -> None:
        """Nothing is left open between workbooks."""


def _fill(sheet: Any, rows: pa.Table) -> None:
    sheet.write_string(0, 0, WORKBOOK_TITLE)
    for place, name in enumerate(rows.column_names):
        sheet.write_string(2, place, name)
    records = zip(*(column.to_pylist() for column in rows.columns), strict=True)
    for number, cells in enumerate(records, start=3):
        for place, cell in enumerate(cells):
            _write_cell(sheet, number, place, cell)


def _write_cell(sheet: Any, row: int, place: int, cell: str) -> None:
    # A customer number that lost its zeros lost them because somebody typed it into a number cell.
    if cell.isascii() and cell.isdigit() and len(cell) < 10:
        sheet.write_number(row, place, int(cell))
    else:
        sheet.write_string(row, place, cell)
