"""The queue of pairs that may be one thing, kept in the ledger with who said what and when."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import pyarrow as pa
from sqlalchemy import Connection

from cutover.systems.copying import copy_in
from cutover.systems.queries import run

PairState = Literal["open", "automatic", "same", "different"]


@dataclass(frozen=True)
class Pair:
    """Two rows of an entity by their source keys (after cleansing), `first_key` before `second_key` in order.

    score: likeness of their match keys, 0 to 100. likely: above the upper threshold, and no identity speaks against it.
    """

    pair_id: str
    entity: str
    rule: str
    first_key: str
    second_key: str
    score: int
    same_identity: bool
    likely: bool
    state: PairState
    decided_by: str | None
    decided_at: datetime | None


def keep_pairs(connection: Connection, snapshot: str, entity: str, found: pa.Table) -> None:
    """Put the pairs of an entity into the queue, and take out what is no longer found; decisions stay.

    found: rule, first_key, second_key, score, same_identity, likely, automatic.
    """
    run(connection, "drop_paired")
    run(connection, "create_paired")
    copy_in(connection, "cutover_paired", found)
    run(connection, "forget_pairs", entity=entity)
    run(connection, "insert_pairs", entity=entity, snapshot_id=snapshot)


def list_pairs(connection: Connection, entity: str | None = None, state: PairState | None = None) -> list[Pair]:
    """Return the pairs of an entity (or of all) in a state (or in any), the likeliest first."""
    return [Pair(**row) for row in run(connection, "list_pairs", entity=entity, state=state).mappings()]


def decide_pair(
    connection: Connection, pair_id: str, state: Literal["same", "different"], *, by: str, at: datetime
) -> bool:
    """Record what a person says of a pair; returns False when there is no such pair."""
    done = run(connection, "decide_pair", pair_id=pair_id, state=state, decided_by=by, decided_at=at)
    return done.rowcount == 1
