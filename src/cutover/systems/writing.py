"""Rows into one table of the target and, of the same bytes, the journal entries that can take them back."""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa
from sqlalchemy import Connection

from cutover.errors import TargetError
from cutover.systems.catalogue import TableFacts
from cutover.systems.copying import copy_bytes, copy_text, encode_rows, stage_keys
from cutover.systems.journal import Entry, compress


@dataclass
class Writing:
    """What one batch has written so far: its journal entries, and the running SHA-256 of the bytes sent."""

    entries: list[Entry] = field(default_factory=list)
    digest: Any = field(default_factory=hashlib.sha256)

    @property
    def rows(self) -> int:
        return sum(entry.rows for entry in self.entries)


@dataclass(frozen=True)
class _Sent:
    """One frame as sent: its rows, its keys as CSV, and its image unless the target has to be asked for it."""

    rows: int
    keys: bytes
    image: bytes | None


def insert_rows(
    connection: Connection,
    writing: Writing,
    facts: TableFacts,
    keys: Sequence[str],
    frames: Iterable[pa.Table],
) -> None:
    """Insert frames of rows in one statement, so that they may refer to each other, and add one entry per frame.

    Frames are read, sent and forgotten one by one. Where the target fills columns by itself (defaults, triggers), the
    journal keeps the rows as they are in the target, else as they were sent, with NULL for columns that were not.

    Raises:
        TargetError: the target refuses a row, has no such column, or the mapping gives a key column no value.
    """
    sent: list[_Sent] = []
    iterator = iter(frames)
    first = next(iterator, None)
    if first is None:
        return
    columns = _columns(facts, keys, first)
    asks = facts.has_insert_trigger or any(facts.column(c).is_filled_by_target for c in facts.names if c not in columns)
    names = columns if asks else [*columns, *(c for c in facts.names if c not in columns)]

    def encoded() -> Iterator[bytes]:
        for frame in _all(first, iterator):
            text = encode_rows(_widen(frame, names))
            writing.digest.update(text)
            sent.append(
                _Sent(
                    frame.num_rows,
                    encode_rows(frame.select(list(keys))) if asks else b"",
                    None if asks else compress(text),
                )
            )
            yield text

    copy_bytes(connection, facts.table, names, encoded())
    kept = facts.names if asks else names
    for part in sent:
        image = part.image or compress(_read_back(connection, facts.table, kept, keys, part.keys))
        writing.entries.append(
            Entry(len(writing.entries), facts.table, "insert", tuple(keys), tuple(kept), part.rows, image)
        )


def _columns(facts: TableFacts, keys: Sequence[str], frame: pa.Table) -> list[str]:
    columns = [facts.column(name).name for name in frame.column_names]
    missing = [key for key in keys if key not in columns]
    if missing:
        raise TargetError(
            f"the mapping gives no value to {missing[0]!r}, a key column of {facts.table}",
            fix="map the column, or name the identity column as `id`",
        )
    return columns


def _all(first: pa.Table, rest: Iterator[pa.Table]) -> Iterator[pa.Table]:
    yield first
    yield from rest


def _widen(frame: pa.Table, names: Sequence[str]) -> pa.Table:
    for name in names[frame.num_columns :]:
        frame = frame.append_column(name, pa.nulls(frame.num_rows))
    return frame


def _read_back(connection: Connection, table: str, columns: Sequence[str], keys: Sequence[str], sent: bytes) -> bytes:
    names = {"table": table, "columns": columns, "keys": keys, "order": keys}
    return copy_text(connection, "copy_out_keys", {**names, "staged": stage_keys(connection, table, keys, [sent])})
