"""Rows into and out of the target by COPY, exactly: what is NULL stays NULL, what is empty stays empty.

The text form (CSV) was chosen over the binary one: PostgreSQL converts it to whatever a column's type is (a 64-bit
number into a smallint, a decimal into any numeric) or refuses, and it can be journalled and sent again as it is.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Any

import psycopg2
import pyarrow as pa
import pyarrow.csv as csv
from sqlalchemy import Connection

from cutover.core.types import DataType
from cutover.errors import TargetError
from cutover.systems.queries import query, render, run
from cutover.systems.refusals import refusals

_BLOCK = 1 << 20
_WRITE = csv.WriteOptions(include_header=False, batch_size=16_384)
# How PostgreSQL writes CSV: NULL bare, the empty text quoted, booleans as one letter.
_NULLS: dict[str, Any] = {
    "null_values": [""],
    "strings_can_be_null": True,
    "quoted_strings_can_be_null": False,
    "true_values": ["t"],
    "false_values": ["f"],
}


class Chunks:
    """Blocks of bytes as one file, read as they come, so that no more than a block or two is in memory.

    failure: what went wrong while a block was made; COPY only tells that reading failed.
    """

    def __init__(self, blocks: Iterable[bytes]) -> None:
        self._blocks = iter(blocks)
        self._rest = memoryview(b"")
        self.failure: Exception | None = None

    def read(self, size: int = -1, /) -> bytes:
        """Return up to `size` bytes, none at the end."""
        while not self._rest:
            block = self._next()
            if block is None:
                return b""
            self._rest = memoryview(block)
        head, self._rest = self._rest[:size], self._rest[size:]
        return bytes(head)

    def _next(self) -> bytes | None:
        try:
            return next(self._blocks, None)
        except Exception as error:
            self.failure = error
            raise


def encode_rows(rows: pa.Table) -> bytes:
    """Write rows as the CSV that COPY reads: NULL is bare, every text is quoted."""
    buffer = pa.BufferOutputStream()
    # Arrow writes garbage for an empty chunk, such as concat_tables leaves behind.
    if any(len(chunk) == 0 for column in rows.columns for chunk in column.chunks):
        rows = rows.combine_chunks()
    csv.write_csv(rows, buffer, _WRITE)
    return bytes(buffer.getvalue().to_pybytes())


def copy_in(connection: Connection, table: str, rows: pa.Table) -> int:
    """Append rows to a table; the frame's columns are the table's. Returns how many.

    Raises:
        TargetError: the target refuses a row; nothing of the statement stays. ConnectionLost: it is gone.
    """
    return copy_bytes(connection, table, rows.column_names, [encode_rows(rows)])


def copy_bytes(connection: Connection, table: str, columns: Sequence[str], blocks: Iterable[bytes]) -> int:
    """Append rows that are already written as CSV, in one statement, streaming. Returns how many rows arrived."""
    statement = render(query("copy_in"), {"table": table, "columns": columns})
    chunks = Chunks(blocks)
    with refusals(table=table), _cursor(connection) as cursor:
        try:
            cursor.copy_expert(statement, chunks, size=_BLOCK)
        except psycopg2.Error:
            if chunks.failure is not None:
                raise chunks.failure from None
            raise
        return int(cursor.rowcount)


def copy_text(connection: Connection, name: str, identifiers: Mapping[str, str | Sequence[str]]) -> bytes:
    """Return the CSV of one of our COPY ... TO STDOUT queries."""
    buffer = BytesIO()
    with refusals(), _cursor(connection) as cursor:
        cursor.copy_expert(render(query(name), identifiers), buffer, size=_BLOCK)
    return buffer.getvalue()


@dataclass(frozen=True)
class KeyRange:
    """Rows whose `column` is `first` or more and less than `end`."""

    column: str
    first: int
    end: int


def read_rows(
    connection: Connection,
    table: str,
    columns: Mapping[str, DataType],
    *,
    where: pa.Table | KeyRange | None = None,
    order: Sequence[str],
) -> pa.Table:
    """Read columns of a table back exactly, in the types that are asked for, ordered.

    where: rows with these keys (a frame of key columns), or within a range of keys, or all.

    Raises:
        TargetError: a value is not one of the asked type, such as more decimals than its scale.
    """
    names = list(columns)
    picked: dict[str, str | Sequence[str]] = {"table": table, "columns": names, "order": order}
    if isinstance(where, KeyRange):
        set_range(connection, where)
        text = copy_text(connection, "copy_out_range", {**picked, "key": [where.column]})
    elif where is not None:
        staged = stage_keys(connection, table, where.column_names, [encode_rows(where)])
        text = copy_text(connection, "copy_out_keys", {**picked, "keys": where.column_names, "staged": staged})
    else:
        text = copy_text(connection, "copy_out", picked)
    return decode_rows(text, columns)


def make_room(
    connection: Connection, purpose: str, table: str, columns: Sequence[str], *, how: str = "create_room"
) -> str:
    """Return an empty temporary table with the types of a table's columns; it lives until the transaction ends.

    Asked again for the same, it is the same table: a transaction holds locks on every table that it made, dropped or
    not, and a server has room for some thousands of them. how: the query that makes it.
    """
    shape = hashlib.sha256("\x1f".join((table, *columns)).encode()).hexdigest()[:16]
    room = f"pg_temp.cutover_{purpose}_{shape}"
    run(connection, how, {"room": room, "table": table, "columns": columns})
    run(connection, "empty_room", {"room": room})
    return room


def stage_keys(connection: Connection, table: str, keys: Sequence[str], blocks: Iterable[bytes]) -> str:
    """Send keys into a temporary table and return its name; it holds them until the next call for the same keys."""
    room = make_room(connection, "keys", table, keys)
    copy_bytes(connection, room, keys, blocks)
    run(connection, "analyze_room", {"room": room, "keys": keys})
    return room


def set_range(connection: Connection, keys: KeyRange) -> None:
    """Bind a range for `copy_out_range`: COPY takes no parameters, a transaction's settings can carry them."""
    run(connection, "set_range", first=str(keys.first), end=str(keys.end))


def decode_rows(text: bytes, columns: Mapping[str, DataType]) -> pa.Table:
    """Read the CSV that COPY writes into the types that are asked for.

    Raises:
        TargetError: a value is not one of the asked type; the message names the types, not the value.
    """
    schema = pa.schema([(name, kind.arrow) for name, kind in columns.items()])
    if not text:
        return schema.empty_table()
    try:
        return _parse(text, schema.names, csv.ConvertOptions(column_types=schema, **_NULLS))
    except pa.ArrowInvalid:
        listed = ", ".join(f"{name} {kind}" for name, kind in columns.items())
        raise TargetError(
            f"the target holds values that do not fit the types asked for: {listed}",
            fix="declare the types as the target's columns are",
        ) from None


def _cursor(connection: Connection) -> Any:
    return connection.connection.cursor()


def pick_columns(text: bytes, columns: Sequence[str], picked: Sequence[str]) -> bytes:
    """Return some of the columns of rows that are written as CSV, as CSV, their values untouched."""
    if list(picked) == list(columns) or not text:
        return text
    types = dict.fromkeys(picked, pa.string())
    convert = csv.ConvertOptions(column_types=types, include_columns=list(picked), **_NULLS)
    return encode_rows(_parse(text, columns, convert))


def _parse(text: bytes, columns: Sequence[str], convert: csv.ConvertOptions) -> pa.Table:
    # One block: a row may be longer than any size that could be chosen here.
    read = csv.ReadOptions(column_names=list(columns), block_size=len(text) + 1)
    parse = csv.ParseOptions(newlines_in_values=True, ignore_empty_lines=False)
    return csv.read_csv(BytesIO(text), read, parse, convert)
