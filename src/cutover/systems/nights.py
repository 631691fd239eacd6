"""The nights of the dual run in the ledger: what was compared, and the breaks that live over several nights."""

import json
from collections.abc import Sequence
from datetime import datetime

import pyarrow as pa
from sqlalchemy import Connection

from cutover.core.breaks import Break, Tally
from cutover.core.pairs import PairResult
from cutover.systems.copying import copy_in
from cutover.systems.queries import run


def open_night(connection: Connection, run_id: int, snapshot: str, started: datetime) -> int:
    """Begin a night; until it is closed it counts as not clean."""
    night: int = run(connection, "insert_night", run_id=run_id, snapshot_id=snapshot, started_at=started).scalar_one()
    return night


def record_breaks(
    connection: Connection, night_id: int, breaks: Sequence[Break], compared: Sequence[str]
) -> tuple[int, int, int]:
    """Keep tonight's breaks and close those that are gone; returns how many opened, are still open, and closed.

    Only a comparison closes a break, and this function is the only place that does: `compared` names the entities (and
    totals) that tonight compared in full; breaks of others stay as they are.
    """
    run(connection, "create_tonight")
    names = ("break_id", "entity", "business_key", "field", "observed_type", "expected", "actual")
    columns = [pa.array([getattr(item, name) for item in breaks], pa.string()) for name in names]
    copy_in(connection, "tonight", pa.table(columns, list(names)))
    opened = run(connection, "insert_breaks", night_id=night_id).rowcount
    seen = run(connection, "update_breaks", night_id=night_id).rowcount
    closed = run(connection, "close_breaks", night_id=night_id, compared=list(compared)).rowcount
    return opened, seen, closed


def close_night(
    connection: Connection,
    night_id: int,
    tallies: Sequence[Tally],
    pairs: Sequence[PairResult],
    status: str,
    ended: datetime,
) -> None:
    """Store what a night compared and how it ended."""
    sums = {
        name: sum(getattr(tally, name) for tally in tallies)
        for name in ("matched", "explained", "broken", "not_compared")
    }
    totals = json.dumps([pair.as_dict() for pair in pairs], default=str, ensure_ascii=False)
    compared = sum(tally.compared for tally in tallies)
    run(
        connection,
        "update_night",
        night_id=night_id,
        compared=compared,
        totals=totals,
        status=status,
        ended_at=ended,
        **sums,
    )
