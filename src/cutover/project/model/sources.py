"""Where an entity's rows come from."""

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from cutover.project.model.words import Columns, Identifier, Model, SourceTable, Type


def _check_footer(footer: int | str) -> int | str:
    if isinstance(footer, int):
        if footer < 0:
            raise ValueError("a number of lines is not negative")
        return footer
    try:
        re.compile(footer)
    except re.error as error:
        raise ValueError(f"{footer!r} is no regular expression: {error}") from None
    return footer


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

    path: str
    encoding: str = Field(description="declared, never guessed: utf-8, utf-8-sig, gb18030, latin-1, cp1252, utf-16 ...")
    row_ending: str | None = Field(None, description="when rows do not end with a line break, such as '&|\\n'")
    skip_rows: int = Field(0, ge=0, description="lines above the header, or above the data, that hold none")
    footer: Footer = 0


class Csv(TextFile):
    """A delimited text file; `path` may hold a `*`: all matching files, in the order of their names, are one feed.

    A row with too few or too many fields is rejected under its file and line, never padded; when most rows are so, the
    declaration is wrong and the file is not landed. A column is found by its name in the header, wherever it stands.
    """

    separator: str = ","
    quote: str | None = '"'
    header: bool = True
    variants: dict[str, Columns] = Field(
        default_factory=dict, description="column: its other spellings in the headers of some files"
    )
    absent: tuple[str, ...] = Field((), description="columns that some of the files do not have; they are empty there")


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


class Excel(Model):
    """A sheet of .xls or .xlsx workbooks; `path` may hold a `*`."""

    path: str
    sheet: str | None = Field(None, description="the first sheet when not given")
    header_row: int = Field(1, ge=1, description="counted from 1, as Excel shows it")


class Source(Model):
    """Where an entity's rows come from: exactly one of table, extract, csv, fixed, excel."""

    system: Identifier
    table: SourceTable | None = None
    extract: str | None = Field(None, description="a file in sql/ with one SELECT, when a table name does not suffice")
    csv: Csv | None = None
    fixed: Fixed | None = None
    excel: Excel | None = None
    key: Columns = Field(description="the columns that name a row; they are cleansed before they are compared")
    columns: dict[str, Type] = Field(
        default_factory=dict,
        description="types after cleansing; a column that is not named keeps the type it was landed with",
    )
