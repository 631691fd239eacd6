"""Where an entity's rows come from."""

from pydantic import Field

from cutover.project.model.words import Columns, Identifier, Model, SourceTable, Type


class Csv(Model):
    """A delimited text file; `path` may hold a `*`: all matching files, in the order of their names, are one feed."""

    path: str
    encoding: str = Field(description="declared, never guessed: utf-8, utf-8-sig, gb18030, latin-1, cp1252, utf-16 ...")
    separator: str = ","
    row_ending: str | None = Field(None, description="when rows do not end with a line break, such as '&|\\n'")
    quote: str | None = '"'
    header: bool = True
    skip_rows: int = Field(0, ge=0, description="rows above the header that hold no data")


class Excel(Model):
    """A sheet of .xls or .xlsx workbooks; `path` may hold a `*`."""

    path: str
    sheet: str | None = Field(None, description="the first sheet when not given")
    header_row: int = Field(1, ge=1, description="counted from 1, as Excel shows it")


class Source(Model):
    """Where an entity's rows come from: exactly one of table, extract, csv, excel."""

    system: Identifier
    table: SourceTable | None = None
    extract: str | None = Field(None, description="a file in sql/ with one SELECT, when a table name does not suffice")
    csv: Csv | None = None
    excel: Excel | None = None
    key: Columns = Field(description="the columns that name a row; they are cleansed before they are compared")
    columns: dict[str, Type] = Field(
        default_factory=dict,
        description="types after cleansing; a column that is not named keeps the type it was landed with",
    )
