"""Undo what a journal entry wrote, set by set, and find what people have done to it since.

An entry's images are sent into temporary tables beside the target's own; rows that are not as they were left, that are
gone, or that others refer to, are conflicts: they stay as people made them.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from cutover.systems.catalogue import TableFacts, read_catalogue
from cutover.systems.copying import copy_bytes, pick_columns
from cutover.systems.journal import Entry, decompress
from cutover.systems.queries import run

_SHOWN = 5


@dataclass(frozen=True)
class Conflict:
    """Rows of one table that were not taken back, why, and the first few of their keys."""

    table: str
    why: str
    rows: int
    keys: tuple[str, ...]

    def __str__(self) -> str:
        more = " ..." if self.rows > len(self.keys) else ""
        return f"{self.table}: {self.rows} {self.why} (key {', '.join(self.keys)}{more})"


@dataclass(frozen=True)
class Undone:
    """What became of an entry's rows: rows = removed + restored + kept."""

    removed: int
    restored: int
    kept: int
    conflicts: tuple[Conflict, ...]


def undo_entry(
    connection: Connection,
    entry: Entry,
    volatile: Sequence[str],
    *,
    xact: str,
    rollback_id: int | None = None,
) -> Undone:
    """Delete what an entry inserted, or put back what it updated, where nobody changed it since.

    volatile: `schema.table.column`s whose changes do not count. xact: the transaction that wrote the entry.
    rollback_id: conflicts are kept in the ledger under it.
    """
    facts = read_catalogue(connection, entry.table)
    names = {"table": entry.table, "keys": entry.keys}
    # Keys and what others may refer to suffice as long as no row was touched, which is nearly always.
    _stage(connection, "cutover_after", entry, entry.after, _named(entry, facts))
    run(connection, "drop_conflicts")
    run(connection, "create_conflicts", {"keys": entry.keys})
    if run(connection, "has_touched", {**names, "key": entry.keys[:1]}, xact=xact).scalar_one():
        compared = [name for name in entry.columns if f"{facts.table}.{name}" not in volatile or name in entry.keys]
        _stage(connection, "cutover_after", entry, entry.after, entry.columns)
        run(connection, "find_changed", {**names, "columns": compared})
    if entry.operation == "insert":
        _find_referred(connection, entry, facts)
    run(connection, "analyze_conflicts")
    conflicts = _list_conflicts(connection, entry)
    if conflicts and rollback_id is not None:
        _stage(connection, "cutover_after", entry, entry.after, entry.columns)
        run(connection, "keep_conflicts", names, rollback_id=rollback_id, table_name=entry.table)
    kept = sum(conflict.rows for conflict in conflicts)
    if entry.operation == "insert":
        statement = "delete_unchanged" if conflicts else "delete_image"
        return Undone(run(connection, statement, {**names, "key": entry.keys[:1]}).rowcount, 0, kept, conflicts)
    return Undone(0, _restore(connection, entry, facts), kept, conflicts)


def _named(entry: Entry, facts: TableFacts) -> list[str]:
    referred = {name for foreign in facts.referrers for name in foreign.parent_columns}
    return [name for name in entry.columns if name in entry.keys or name in referred]


def _stage(connection: Connection, place: str, entry: Entry, image: bytes, columns: Sequence[str]) -> None:
    run(connection, "drop_image", {"image": place})
    run(connection, "create_image", {"image": place, "table": entry.table, "columns": columns})
    copy_bytes(connection, place, columns, [pick_columns(decompress(image), entry.columns, columns)])
    run(connection, "analyze_image", {"image": place, "keys": entry.keys})


def _find_referred(connection: Connection, entry: Entry, facts: TableFacts) -> None:
    """Add the rows that stay because something refers to them, through however many generations of one table."""
    for foreign in facts.referrers:
        names = {
            "keys": entry.keys,
            "child": foreign.child,
            "child_columns": foreign.child_columns,
            "parent_columns": foreign.parent_columns,
        }
        if foreign.child != facts.table:
            run(connection, "find_referred", names)
    own = [foreign for foreign in facts.referrers if foreign.child == facts.table]
    while own and any([_find_own_referred(connection, entry, facts, f.child_columns, f.parent_columns) for f in own]):
        pass


def _find_own_referred(
    connection: Connection, entry: Entry, facts: TableFacts, child: Sequence[str], parent: Sequence[str]
) -> int:
    names = {"table": facts.table, "keys": entry.keys, "child_columns": child, "parent_columns": parent}
    return run(connection, "find_referred_within", names).rowcount


def _list_conflicts(connection: Connection, entry: Entry) -> tuple[Conflict, ...]:
    found = run(connection, "list_conflicts", {"keys": entry.keys}, shown=_SHOWN)
    return tuple(Conflict(entry.table, row.why, row.rows, tuple(row.shown)) for row in found)


def _restore(connection: Connection, entry: Entry, facts: TableFacts) -> int:
    assert entry.before is not None  # the ledger's check constraint: an update has a before-image
    _stage(connection, "cutover_before", entry, entry.before, entry.columns)
    settable = [name for name in entry.columns if _is_settable(facts, entry, name)]
    run(connection, "drop_image", {"image": "cutover_values"})
    run(connection, "create_values", {"keys": entry.keys, "columns": settable})
    run(connection, "index_values")
    return run(
        connection, "restore_unchanged", {"table": entry.table, "keys": entry.keys, "columns": settable}
    ).rowcount


def _is_settable(facts: TableFacts, entry: Entry, name: str) -> bool:
    column = facts.column(name)
    return name not in entry.keys and not column.generated and column.identity != "a"
