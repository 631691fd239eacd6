"""The ledger's corrections: what people mended of rejected rows, cell by cell."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from cutover.systems.queries import run


@dataclass(frozen=True)
class Correction:
    """One cell of a landed row as it was found and as it has to be; texts, None is no value."""

    entity: str
    row: int
    column: str
    before: str | None
    after: str | None
    by_whom: str
    src_key: str | None = None
    correction_id: int = 0


def record_corrections(
    connection: Connection, snapshot: str, corrections: Iterable[Correction], *, file_sha256: str, at: datetime
) -> None:
    """Keep corrections; from now on they hold for the snapshot."""
    for one in corrections:
        run(
            connection, "insert_correction", snapshot_id=snapshot, entity=one.entity, row=one.row, src_key=one.src_key,
            column_name=one.column, before=one.before, after=one.after, by_whom=one.by_whom, file_sha256=file_sha256,
            at=at,
        )  # fmt: skip


def list_corrections(connection: Connection, snapshot: str, entities: Sequence[str]) -> list[Correction]:
    """Return the corrections that hold, the first one first; a cell that was mended twice is one correction."""
    cells: dict[tuple[str, int, str], Correction] = {}
    for line in run(connection, "list_corrections", snapshot_id=snapshot, entities=list(entities)):
        cell = (line.entity, line.row, line.column)
        before = cells[cell].before if cell in cells else line.before
        cells[cell] = Correction(*cell, before, line.after, line.by_whom, line.src_key, line.correction_id)
    return [one for one in cells.values() if one.before != one.after]


def withdraw_corrections(connection: Connection, snapshot: str, file_sha256: str, at: datetime) -> None:
    """Let the corrections of a file hold no more; they stay in the ledger."""
    run(connection, "withdraw_corrections", snapshot_id=snapshot, file_sha256=file_sha256, at=at)


def try_lock(connection: Connection, snapshot: str) -> bool:
    """Whether nobody else corrects a snapshot; nobody else can until this transaction ends."""
    return bool(run(connection, "try_lock_corrections", snapshot_id=snapshot).scalar_one())


def has_file(connection: Connection, snapshot: str, file_sha256: str) -> bool:
    """Whether the corrections of a file hold."""
    return bool(run(connection, "has_file", snapshot_id=snapshot, file_sha256=file_sha256).scalar_one())
