"""What a source is asked for, and what it answers: the contract that every kind of source keeps."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from cutover.core.types import DataType
from cutover.errors import SourceError
from cutover.project.model import Source
from cutover.project.reading import suggest
from cutover.systems.sources.measure import Total


@dataclass(frozen=True)
class Feed:
    """One table, extract, file or sheet of a legacy system, which one or several entities read.

    source: where it is; the rows are ordered by its key where the source has no order of its own.
    columns: the types that the mappings declare, which hold after cleansing.
    sql: the text of an extract.
    """

    name: str
    source: Source
    columns: Mapping[str, DataType]
    sql: str | None = None


@dataclass(frozen=True)
class Counted:
    """What a database says about a feed, computed by itself in the transaction that reads the rows."""

    rows: int
    totals: Mapping[str, Total] = field(default_factory=dict)


@dataclass(frozen=True)
class Ragged:
    """A row that cannot be read as declared: its number in the feed, where it stands, why, and as it is written.

    reason: too_few_fields, too_many_fields, too_short or too_long. found: how many fields, bytes or characters it has.
    """

    row: int
    file: str
    line: int
    reason: str
    found: int
    text: str


@dataclass(frozen=True)
class Reading:
    """The rows of one feed, read as they are asked for.

    schema: the columns in the order of the source, with the types they land with.
    blocks: tables of this schema, of any length, in an order that never changes; to be read once.
    count: asks the source what it counts itself; None for files.
    files: name, sha256, bytes and rows of each file; complete when the blocks are.
    notes: what is suspicious but no error, counted by what it is; complete when the blocks are.
    ragged: rows that could not be read, which stand in the blocks without any value; complete when the blocks are.
    """

    schema: pa.Schema
    blocks: Iterator[pa.Table]
    count: Callable[[], Counted | None] = lambda: None
    files: list[dict[str, Any]] = field(default_factory=list)
    notes: dict[str, int] = field(default_factory=dict)
    ragged: list[Ragged] = field(default_factory=list)


def check_names(feed: Feed, names: list[str]) -> None:
    """Return when a feed's columns have different names.

    Raises:
        SourceError: a name stands twice, as it may in an extract.
    """
    for name in names:
        if names.count(name) > 1:
            raise SourceError(f"{feed.name} has two columns {name!r}", fix="give one another name in the extract")


def suggest_table(feed: Feed, there: list[str]) -> str:
    """Return a mend for a table that is not there, given the names of those that are."""
    return suggest(feed.source.table or "", there) if there else "correct the database that the connection names"


def check_key(feed: Feed, names: list[str]) -> None:
    """Return when the columns that order a feed are there.

    Raises:
        SourceError: one is not.
    """
    for key in feed.source.key:
        if key not in names:
            raise SourceError(f"{feed.name} has no column {key!r}, which its key names", fix=suggest(key, names))


def refuse_binary(feed: Feed, name: str) -> SourceError:
    """Return the error for a column of bytes that is not declared."""
    return SourceError(
        f"{feed.name}: column {name!r} holds binary data, which is not landed",
        fix="declare it as text in source.columns of the mapping: it lands in hexadecimal; or leave it out by an "
        "extract in sql/ that selects the other columns",
    )


def refuse_inexact(feed: Feed, name: str, type_name: str) -> SourceError:
    """Return the error for a floating column that is not declared."""
    return SourceError(
        f"{feed.name}: column {name!r} is {type_name}, which is not exact",
        fix="declare it in source.columns of the mapping, such as decimal(18,2), or cast it in SQL",
    )
