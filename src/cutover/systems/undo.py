"""Undo what a journal entry wrote, set by set, and find what people have done to it since.

An entry's images are sent into temporary tables beside the target's own; rows that are not as they were left, that are
gone, or that others refer to, are conflicts: they stay as people made them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from cutover.systems.catalogue import ForeignKey, TableFacts, read_catalogue
from cutover.systems.copying import copy_bytes, make_room, pick_columns
from cutover.systems.journal import Entry, decompress
from cutover.systems.queries import run

_SHOWN = 5
# Identifiers of a query: a table, or columns.
Names = Mapping[str, str | Sequence[str]]


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

    Its rows are locked before anybody looks at them: work on them that is not committed yet is waited for, and found;
    what comes later waits, and finds them gone.

    volatile: `schema.table.column`s whose changes do not count. xact: the transaction that wrote the entry.
    rollback_id: conflicts are kept in the ledger under it.
    """
    facts = read_catalogue(connection, entry.table)
    names = _lock(connection, entry, facts, volatile, xact)
    if entry.operation == "insert":
        _find_referred(connection, names, facts)
    run(connection, "analyze_room", {"room": names["conflicts"], "keys": entry.keys})
    found = _list_conflicts(connection, names)
    if found and rollback_id is not None:
        after = _stage(connection, "after", entry, entry.after, entry.columns)
        run(connection, "keep_conflicts", {**names, "after": after}, rollback_id=rollback_id, table_name=entry.table)
    kept = sum(conflict.rows for conflict in found)
    if entry.operation == "insert":
        return Undone(run(connection, "delete_unchanged" if found else "delete_image", names).rowcount, 0, kept, found)
    return Undone(0, _restore(connection, entry, facts, names), kept, found)


def _lock(connection: Connection, entry: Entry, facts: TableFacts, volatile: Sequence[str], xact: str) -> Names:
    """Lock the rows of an entry and find those that are not as they were left; returns what the queries name."""
    # Keys and what others may refer to suffice as long as no row was touched, which is nearly always.
    after = _stage(connection, "after", entry, entry.after, _named(entry, facts))
    conflicts = make_room(connection, "conflict", entry.table, entry.keys, how="create_conflicts")
    names = {"table": entry.table, "keys": entry.keys, "key": entry.keys[:1], "after": after, "conflicts": conflicts}
    if run(connection, "has_touched", names, xact=xact).scalar_one():
        names["after"] = _stage(connection, "after", entry, entry.after, entry.columns)
        compared = [name for name in entry.columns if f"{facts.table}.{name}" not in volatile or name in entry.keys]
        run(connection, "find_changed", {**names, "columns": compared})
    return names


def _named(entry: Entry, facts: TableFacts) -> list[str]:
    referred = {name for foreign in facts.referrers for name in foreign.parent_columns}
    return [name for name in entry.columns if name in entry.keys or name in referred]


def _stage(connection: Connection, purpose: str, entry: Entry, image: bytes, columns: Sequence[str]) -> str:
    room = make_room(connection, purpose, entry.table, columns)
    copy_bytes(connection, room, columns, [pick_columns(decompress(image), entry.columns, columns)])
    run(connection, "analyze_room", {"room": room, "keys": entry.keys})
    return room


def _find_referred(connection: Connection, names: Names, facts: TableFacts) -> None:
    """Add the rows that stay because something refers to them, through however many generations of one table."""
    for foreign in facts.referrers:
        if foreign.child != facts.table:
            run(connection, "find_referred", {**names, "child": foreign.child, **_columns_of(foreign)})
    own = [_columns_of(foreign) for foreign in facts.referrers if foreign.child == facts.table]
    while own and any([run(connection, "find_referred_within", {**names, **columns}).rowcount for columns in own]):
        pass


def _columns_of(foreign: ForeignKey) -> Names:
    return {"child_columns": foreign.child_columns, "parent_columns": foreign.parent_columns}


def _list_conflicts(connection: Connection, names: Names) -> tuple[Conflict, ...]:
    found = run(connection, "list_conflicts", names, shown=_SHOWN)
    return tuple(Conflict(str(names["table"]), row.why, row.rows, tuple(row.shown)) for row in found)


def _restore(connection: Connection, entry: Entry, facts: TableFacts, names: Names) -> int:
    assert entry.before is not None  # the ledger's check constraint: an update has a before-image
    before = _stage(connection, "before", entry, entry.before, entry.columns)
    settable = [name for name in entry.columns if _is_settable(facts, entry, name)]
    run(connection, "drop_values")
    run(connection, "create_values", {**names, "before": before, "columns": settable})
    run(connection, "index_values")
    return run(connection, "restore_unchanged", {**names, "columns": settable}).rowcount


def _is_settable(facts: TableFacts, entry: Entry, name: str) -> bool:
    column = facts.column(name)
    return name not in entry.keys and not column.generated and column.identity != "a"
