"""Fingerprints: what a target holds, in a few numbers that anybody can compute again from the rows.

A row's canonical text is PostgreSQL's record text of its columns in the order of their names (C collation), volatile
ones left out: NULL is nothing, the empty text is `""`. A table's digest is the sum of the first eight bytes of each
row's SHA-256, modulo 2^64; a sum tells a doubled row, which XOR would not. A sequence's digest is its state.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from sqlalchemy import Connection

from cutover.systems.keys import plan_release
from cutover.systems.queries import run

Moment = Literal["before_load", "after_load", "before_rollback", "after_rollback"]


@dataclass(frozen=True)
class TableFingerprint:
    """The number of rows and the digest of one table (or one sequence: no rows, its state), named with its schema."""

    table: str
    rows: int
    digest: str
    kind: Literal["table", "sequence"] = "table"


def take_fingerprint(connection: Connection, schemas: Sequence[str], volatile: Sequence[str]) -> list[TableFingerprint]:
    """Return the fingerprint of every ordinary table and every sequence of the schemas.

    volatile: `schema.table.column`s that say nothing about what the target holds, such as updated_at.
    """
    tables: dict[str, list[str]] = {}
    for row in run(connection, "list_table_columns", schemas=list(schemas)):
        columns = tables.setdefault(row.table_name, [])
        if row.column_name is not None and f"{row.table_name}.{row.column_name}" not in volatile:
            columns.append(row.column_name)
    taken = [_digest_table(connection, table, sorted(columns)) for table, columns in tables.items()]
    states = run(connection, "list_sequences", schemas=list(schemas)).scalars().all()
    return taken + [_digest_sequence(connection, sequence) for sequence in states]


def _digest_table(connection: Connection, table: str, columns: Sequence[str]) -> TableFingerprint:
    found = run(connection, "digest_table", {"table": table, "columns": columns}).one()
    return TableFingerprint(table, found.rows, f"{int(found.total) % 2**64:016x}")


def _digest_sequence(connection: Connection, sequence: str) -> TableFingerprint:
    state = run(connection, "read_sequence", {"sequence": sequence}).one()
    return TableFingerprint(sequence, 0, _state(state.last_value, state.is_called), "sequence")


def _state(last_value: int, is_called: bool) -> str:
    return f"{last_value},{'called' if is_called else 'not called'}"


def record_fingerprint(
    connection: Connection, run_id: int, moment: Moment, schemas: Sequence[str], volatile: Sequence[str]
) -> list[TableFingerprint]:
    """Take a fingerprint, keep it in the ledger and return it.

    A reservation of keys that no row uses is no change of the target: such a sequence counts as it was before.
    """
    unused = {release.sequence: _state(release.last_value, release.is_called) for release in plan_release(connection)}
    taken = [
        replace(entry, digest=unused.get(entry.table, entry.digest)) if entry.kind == "sequence" else entry
        for entry in take_fingerprint(connection, schemas, volatile)
    ]
    for entry in taken:
        run(
            connection, "insert_fingerprint", run_id=run_id, moment=moment, kind=entry.kind,
            table_name=entry.table, rows=entry.rows, digest=entry.digest,
        )  # fmt: skip
    return taken


def read_fingerprint(connection: Connection, run_id: int, moment: Moment) -> list[TableFingerprint]:
    """Return the latest fingerprint of a run at a moment; empty when none was taken."""
    rows = run(connection, "read_fingerprint", run_id=run_id, moment=moment)
    return [TableFingerprint(row.table_name, row.rows, row.digest, row.kind) for row in rows]


def compare_fingerprints(before: Iterable[TableFingerprint], after: Iterable[TableFingerprint]) -> list[str]:
    """Return the tables and sequences that differ, each with how, such as `erp.item: 3 rows, before 0`."""
    first, second = _by_name(before), _by_name(after)
    return [
        f"{name}: {_tell(second.get(name))}, before {_tell(first.get(name))}"
        for name in sorted(first.keys() | second.keys())
        if first.get(name) != second.get(name)
    ]


def _by_name(taken: Iterable[TableFingerprint]) -> Mapping[str, TableFingerprint]:
    return {entry.table: entry for entry in taken}


def _tell(entry: TableFingerprint | None) -> str:
    if entry is None:
        return "not there"
    return entry.digest if entry.kind == "sequence" else f"{entry.rows} rows ({entry.digest})"
