"""The journal: what a batch wrote, kept in the transaction that wrote it, as the CSV that COPY reads, compressed."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal

import pyarrow as pa
from sqlalchemy import Connection

from cutover.systems.copying import pick_columns, stage_keys
from cutover.systems.queries import run

Operation = Literal["insert", "update"]


@dataclass(frozen=True)
class Entry:
    """Rows of one table that a batch inserted or updated.

    keys: the columns that name a row. columns: those of the images, in their order. after, before: compressed CSV of
    whole rows; `before` only of an update. step: the place within the batch; undone from the last to the first.
    """

    step: int
    table: str
    operation: Operation
    keys: tuple[str, ...]
    columns: tuple[str, ...]
    rows: int
    after: bytes = field(repr=False)
    before: bytes | None = field(default=None, repr=False)


def compress(text: bytes) -> bytes:
    """Compress an image with zstd."""
    sink = pa.BufferOutputStream()
    with pa.CompressedOutputStream(sink, "zstd") as stream:
        stream.write(text)
    return bytes(sink.getvalue().to_pybytes())


def decompress(image: bytes) -> bytes:
    """Return an image as the CSV that COPY reads."""
    with pa.CompressedInputStream(pa.BufferReader(image), "zstd") as stream:
        return bytes(stream.read())


def write_entry(connection: Connection, run_id: int, entity: str, seq: int, entry: Entry) -> None:
    """Keep what a batch wrote."""
    run(
        connection, "insert_journal", run_id=run_id, entity=entity, seq=seq, step=entry.step, table_name=entry.table,
        operation=entry.operation, key_columns=list(entry.keys), columns=list(entry.columns), rows=entry.rows,
        before=entry.before, after=entry.after,
    )  # fmt: skip


def read_entries(connection: Connection, run_id: int, entity: str, seq: int) -> Iterator[Entry]:
    """Yield what a batch wrote, the last step first, one in memory at a time."""
    steps: Sequence[int] = run(connection, "list_steps", run_id=run_id, entity=entity, seq=seq).scalars().all()
    for step in steps:
        row = run(connection, "read_journal", run_id=run_id, entity=entity, seq=seq, step=step).one()
        yield Entry(
            step, row.table_name, row.operation, tuple(row.key_columns), tuple(row.columns), row.rows,
            bytes(row.after), None if row.before is None else bytes(row.before),
        )  # fmt: skip


def count_present(connection: Connection, entry: Entry) -> int:
    """Count the rows of an entry that are in the target, by their keys."""
    keys = pick_columns(decompress(entry.after), entry.columns, entry.keys)
    staged = stage_keys(connection, entry.table, entry.keys, [keys])
    names = {"table": entry.table, "keys": entry.keys, "staged": staged}
    return int(run(connection, "count_staged_keys", names).scalar_one())
