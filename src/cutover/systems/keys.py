"""Keys reserved from the target's own sequences, once per snapshot: a row keeps its key from pilot to full load.

A reservation moves the sequence behind its range by ALTER SEQUENCE, which is transactional and waits for, then keeps
off, every other caller of nextval: a key is ours or somebody else's, never both, and a reservation that is rolled back
never was. Sequences go back when the keys are not needed any more and nobody has drawn from them since.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from cutover.errors import InputError, TargetError
from cutover.systems.queries import quote_table, run


@dataclass(frozen=True)
class Release:
    """The state that a sequence can go back to: the one it had before reservations that no row uses."""

    sequence: str
    last_value: int
    is_called: bool


def reserve_keys(connection: Connection, snapshot_id: str, entity: str, table: str, id_column: str, rows: int) -> int:
    """Reserve `rows` consecutive keys of a table and return the first; asked again, the answer is the same.

    A range that is too small now, or in which somebody else's rows stand, is replaced while nothing of it is loaded.

    Raises:
        TargetError: the column has no sequence that counts up by one. InputError: more keys are wanted for
            an entity that is already loaded, or the snapshot is not registered.
    """
    run(connection, "lock_reservation", snapshot_id=snapshot_id, entity=entity, table_name=table)
    found = run(connection, "find_range", snapshot_id=snapshot_id, entity=entity, table_name=table).one_or_none()
    if found is not None and _is_usable(connection, found, entity, rows):
        return int(found.first_key)
    if run(connection, "find_snapshot", snapshot_id=snapshot_id).one_or_none() is None:
        raise InputError(f"snapshot {snapshot_id!r} is not registered in the ledger", fix="run `cutover land` first")
    sequence = _sequence_of(connection, table, id_column)
    _lock_sequence(connection, sequence)
    state = run(connection, "read_sequence", {"sequence": sequence}).one()
    reserved = run(connection, "end_of_ranges", sequence_name=sequence).scalar() or 0
    used = run(connection, "last_key", {"table": table, "key": [id_column]}).scalar() or 0
    first = max(_next_of(state), int(reserved), int(used) + 1)
    if rows:
        _restart(connection, sequence, first + rows)
    run(
        connection, "keep_range", snapshot_id=snapshot_id, entity=entity, table_name=table, first_key=first, rows=rows,
        id_column=id_column, sequence_name=sequence, sequence_before=state.last_value, called_before=state.is_called,
    )  # fmt: skip
    return first


def _is_usable(connection: Connection, found: Any, entity: str, rows: int) -> bool:
    loaded = bool(run(connection, "is_loaded", snapshot_id=found.snapshot_id, entity=entity).scalar())
    if loaded and found.rows < rows:
        raise InputError(
            f"{rows} keys are wanted for entity {entity!r}, {found.rows} are reserved and some of them loaded",
            fix="roll back the run that loaded it, or take a new snapshot",
        )
    return loaded or (found.rows >= rows and not _count_rows(connection, found))


def advance_keys(connection: Connection, snapshot_id: str, entities: Sequence[str]) -> None:
    """See to it that sequences stand behind the ranges about to be loaded, also after a rollback put them back.

    Raises:
        TargetError: somebody else's rows stand in a range; the mapping has to be run again for new keys.
    """
    for reserved in run(connection, "list_ranges", snapshot_id=snapshot_id, entities=list(entities)).all():
        taken = _count_rows(connection, reserved)
        if taken:
            raise TargetError(
                f"{taken} rows of {reserved.table_name} have keys that were reserved for entity {reserved.entity!r}",
                fix=f"run `cutover map --snapshot {snapshot_id}` again: it reserves new keys",
            )
        _advance(connection, reserved)


def _advance(connection: Connection, reserved: Any) -> None:
    _lock_sequence(connection, reserved.sequence_name)
    state = run(connection, "read_sequence", {"sequence": reserved.sequence_name}).one()
    end = reserved.first_key + reserved.rows
    if reserved.rows and _next_of(state) < end:
        _restart(connection, reserved.sequence_name, end)
        run(
            connection, "update_range", snapshot_id=reserved.snapshot_id, entity=reserved.entity,
            table_name=reserved.table_name, sequence_before=state.last_value, called_before=state.is_called,
        )  # fmt: skip


def plan_release(connection: Connection) -> list[Release]:
    """Return the sequences that stand where a reservation left them and whose newest keys no row uses."""
    sequences = run(connection, "list_reserved_sequences").scalars().all()
    found = (_plan_sequence(connection, sequence) for sequence in sequences)
    return [release for release in found if release is not None]


def release_keys(connection: Connection) -> list[Release]:
    """Put sequences back, newest reservation first, as far as nobody drew from them since and no row uses the keys."""
    released = []
    for sequence in run(connection, "list_reserved_sequences").scalars().all():
        _lock_sequence(connection, sequence)
        release = _plan_sequence(connection, sequence)
        if release is not None:
            _put_back(connection, release)
            released.append(release)
    return released


def hold_sequences(connection: Connection, schemas: Sequence[str]) -> None:
    """Make the numbers that anybody draws in this transaction, triggers too, be taken back with it.

    Everybody else who draws from a sequence of the schemas waits for the end of the transaction. A sequence that
    belongs to a role which this login is not in stays as it is: what is drawn from it stays drawn.
    """
    for sequence in run(connection, "list_own_sequences", schemas=list(schemas)).scalars().all():
        state = run(connection, "read_sequence", {"sequence": sequence}).one()
        # A restart gives the sequence a new file, which a rollback throws away with all that was drawn from it.
        _put_back(connection, Release(sequence, int(state.last_value), bool(state.is_called)))


def _put_back(connection: Connection, state: Release) -> None:
    _restart(connection, state.sequence, state.last_value)
    if state.is_called:
        # Same transaction, exclusive lock: nobody sees the step between.
        run(connection, "call_sequence", sequence=quote_table(state.sequence))


def _plan_sequence(connection: Connection, sequence: str) -> Release | None:
    now = run(connection, "read_sequence", {"sequence": sequence}).one()
    state = (int(now.last_value), bool(now.is_called))
    plan = None
    for reserved in run(connection, "list_ranges_of_sequence", sequence_name=sequence).all():
        before = (int(reserved.sequence_before), bool(reserved.called_before))
        last = run(connection, "last_key", {"table": reserved.table_name, "key": [reserved.id_column]}).scalar() or 0
        if state != (reserved.first_key + reserved.rows, False) or last >= before[0] + before[1]:
            break
        state = before
        plan = Release(sequence, *before)
    return plan


def _sequence_of(connection: Connection, table: str, id_column: str) -> str:
    found = run(connection, "find_sequence", table_name=quote_table(table), id_column=id_column).one_or_none()
    if found is None or found.increment != 1:
        raise TargetError(
            f"column {id_column!r} of {table} has no sequence that counts up by one",
            fix="make it an identity column, or leave out `id` in the mapping",
        )
    return str(found.sequence)


def _lock_sequence(connection: Connection, sequence: str) -> None:
    run(connection, "lock_sequence", {"sequence": sequence})


def _restart(connection: Connection, sequence: str, value: int) -> None:
    # A utility statement takes no parameters; DO with a setting keeps the value bound all the same.
    run(connection, "bind_restart", sequence=quote_table(sequence), value=str(value))
    run(connection, "restart_sequence")


def _count_rows(connection: Connection, reserved: Any) -> int:
    return int(
        run(
            connection, "count_range", {"table": reserved.table_name, "key": [reserved.id_column]},
            first=reserved.first_key, end=reserved.first_key + reserved.rows,
        ).scalar_one()
    )  # fmt: skip


def _next_of(state: Any) -> int:
    return int(state.last_value) + int(state.is_called)
