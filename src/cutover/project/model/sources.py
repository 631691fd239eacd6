"""Where an entity's rows come from."""

import re
from fnmatch import fnmatchcase
from pathlib import PurePosixPath
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from cutover.project.model.words import Code, Columns, Identifier, Model, SourceTable, Type

ColumnLetter = Annotated[str, Field(pattern=r"^[A-Z]{1,3}$", description="as Excel shows it: A, B, AA")]


# As many rows as a sheet of Excel has.
_ROWS = 1_048_576


def _check_path(path: str) -> str:
    parts = PurePosixPath(path).parts
    if not parts or "\0" in path or any("**" in part and part != "**" for part in parts):
        raise ValueError("name a file, or several by `*`; `**` stands for folders and for nothing beside it")
    return path


def _check_pattern(pattern: str) -> str:
    try:
        re.compile(pattern)
    except re.error as error:
        raise ValueError(f"{pattern!r} is no regular expression: {error}") from None
    return pattern


FilePath = Annotated[str, AfterValidator(_check_path)]


def _check_footer(footer: int | str) -> int | str:
    if isinstance(footer, int):
        if footer < 0:
            raise ValueError("a number of lines is not negative")
        return footer
    return _check_pattern(footer)


Footer = Annotated[
    int | str,
    AfterValidator(_check_footer),
    Field(
        description="lines below the data that hold none: how many, or a regular expression that each of them matches "
        "whole; a file that does not end with such a line is taken for cut off",
    ),
]


class TextFile(Model):
    """What every text file declares; `path` may hold a `*`: all matching files, by name, are one feed."""

    path: FilePath
    encoding: str = Field(description="declared, never guessed: utf-8, utf-8-sig, gb18030, latin-1, cp1252, utf-16 ...")
    row_ending: str | None = Field(None, description="when rows do not end with a line break, such as '&|\\n'")
    skip_rows: int = Field(0, ge=0, description="lines above the header, or above the data, that hold none")
    footer: Footer = 0


class Csv(TextFile):
    """A delimited text file; `path` may hold a `*`: all matching files, in the order of their names, are one feed.

    A row with too few or too many fields is rejected under its file and line, never padded; when most rows are so, the
    declaration is wrong and the file is not landed. A column is found by its name in the header, wherever it stands.
    """

    separator: str = Field(",", min_length=1)
    quote: str | None = Field('"', min_length=1, description="null when quotes are characters like others")
    header: bool = True
    variants: dict[str, Columns] = Field(
        default_factory=dict, description="column: its other spellings in the headers of some files"
    )
    absent: tuple[str, ...] = Field((), description="columns that some of the files do not have; they are empty there")

    @model_validator(mode="after")
    def _marks_that_differ(self) -> Self:
        ends = [self.row_ending] if self.row_ending else ["\n", "\r"]
        if re.search(r"\\[tnrx]", self.separator):
            raise ValueError(f"separator {self.separator!r} has a backslash in it; write it in double quotes")
        if self.separator == self.quote or self.separator in ends or self.quote in ends:
            raise ValueError("separator, quote and the end of a row must be different marks; `quote: null` for none")
        return self


class FixedColumn(Model):
    """A column of a fixed-width file: where it begins, counted from 1, and how wide it is."""

    name: str = Field(min_length=1)
    start: int = Field(ge=1)
    width: int = Field(ge=1)
    align: Literal["left", "right"] = Field(
        "left", description="where the value stands: the blanks on the other side are taken off"
    )


class Fixed(TextFile):
    """A fixed-width text file, read by position; a row that is shorter or longer than `length` is rejected by its line.

    With `row_ending: ""` the rows follow each other without any line break.
    """

    unit: Literal["bytes", "characters"] = Field(
        description="what start, width and length count; hosts that write GB18030 or EBCDIC count bytes"
    )
    columns: tuple[FixedColumn, ...] = Field(min_length=1)
    length: int | None = Field(None, ge=1, description="of a row without its end; the end of the last column if absent")


class Layout(Model):
    """Where the table stands in a sheet: below its header, from column to column, above its footer."""

    header_row: int = Field(
        1, ge=1, le=_ROWS, description="counted from 1, as Excel shows it; what stands above it is no data"
    )
    first_column: ColumnLetter | None = Field(None, description="the first column that is used when absent")
    last_column: ColumnLetter | None = Field(
        None, description="what stands beyond it is no data; when absent the header ends the table"
    )
    footer_rows: int = Field(0, ge=0, description="rows at the end of the sheet that are no data")
    until: Annotated[str, AfterValidator(_check_pattern)] | None = Field(
        None,
        description="a regular expression: the table ends above the first row whose first value matches it whole; "
        "a sheet without such a row is refused",
    )


class Sheet(Layout):
    """A sheet of a feed of many, and where its table stands when that differs from the others."""

    name: str = Field(description="as the workbook has it, or a pattern with `*` and `?`")


class Excel(Layout):
    """Sheets of .xls or .xlsx workbooks that are one feed; `path` may hold a `*`.

    Cells land as the text that a person sees: whole numbers without a fraction, decimals with the 15 digits that Excel
    shows, ISO dates, `true` and `false`. Formulas land as their results.
    """

    path: FilePath
    sheet: str | None = Field(
        None, description="a name, or a pattern with `*` and `?` (empty sheets are passed over); the first when absent"
    )
    sheets: tuple[Sheet, ...] = Field(
        (), description="instead of `sheet`: several, each with what differs in it; the first that matches a name holds"
    )
    sheet_column: str | None = Field(None, description="adds a column of this name that holds the name of the sheet")
    row_column: str | None = Field(None, description="adds a column of this name that holds the number of the row")
    merged: Literal["refuse", "fill_down"] = Field(
        "refuse", description="fill_down: every cell of a range merged within one column has the value of its first"
    )
    errors: Literal["refuse", "text", "empty"] = Field(
        "refuse", description="cells such as #N/A: land as this text, or as no value"
    )
    long_numbers: Literal["refuse", "keep"] = Field(
        "refuse", description="numbers of 16 digits and more, of which Excel has kept 15: keep what is left of them"
    )

    @model_validator(mode="after")
    def _one_way_to_name_sheets(self) -> Self:
        if self.sheet is not None and self.sheets:
            raise ValueError("sheets are named under `sheet` and under `sheets`; keep one of them")
        return self

    def layout(self, name: str) -> Layout | None:
        """Return where the table stands in a sheet of this name; None when the feed does not hold the sheet."""
        own = {key: getattr(self, key) for key in Layout.model_fields}
        if self.sheets:
            entry = next((entry for entry in self.sheets if fnmatchcase(name, entry.name)), None)
            return Layout(**own | entry.model_dump(exclude={"name"}, exclude_unset=True)) if entry else None
        return Layout(**own) if self.sheet is None or fnmatchcase(name, self.sheet) else None


class Json(Model):
    """A JSON file that holds a list of records, such as a Django fixture; `path` may hold a `*`.

    A column is a value of a record, what is nested by its dotted name: `fields.name`. Numbers land as they are written,
    without an exponent; a list lands as its JSON text; `null` and what a record does not have are no value.
    """

    path: FilePath
    encoding: str = "utf-8"
    records: str | None = Field(
        None, description="the dotted name of the list in the file; absent when the file is a list"
    )
    where: dict[str, Code] = Field(
        default_factory=dict, description="dotted name: text; only records that have all of them are of the feed"
    )


class Source(Model):
    """Where an entity's rows come from: exactly one of table, extract, csv, fixed, excel, json."""

    system: Identifier
    table: SourceTable | None = None
    extract: str | None = Field(None, description="a file in sql/ with one SELECT, when a table name does not suffice")
    csv: Csv | None = None
    fixed: Fixed | None = None
    excel: Excel | None = None
    json_: Json | None = Field(None, alias="json")  # pydantic has a method of the plain name
    key: Columns = Field(description="the columns that name a row; they are cleansed before they are compared")
    columns: dict[str, Type] = Field(
        default_factory=dict,
        description="types after cleansing; a column that is not named keeps the type it was landed with",
    )

    @property
    def file(self) -> TextFile | Excel | Json | None:
        """What is declared of the files that hold the rows; None when a database does."""
        return self.csv or self.fixed or self.excel or self.json_
