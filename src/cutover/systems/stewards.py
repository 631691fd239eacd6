"""The queue of what people decide: proposed changes of cells, kept in the ledger with who decided what and when."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import pyarrow as pa
from sqlalchemy import Connection

from cutover.core.cleansing import DECISIONS
from cutover.systems.copying import copy_in
from cutover.systems.queries import run

State = Literal["open", "approved", "rejected"]


@dataclass(frozen=True)
class Proposal:
    """One cell that a rule would change: `src_key` names the row as the legacy system writes it."""

    proposal_id: str
    entity: str
    rule: str
    column: str
    src_key: str
    before: str
    after: str | None
    state: State
    decided_by: str | None
    decided_at: datetime | None


@dataclass(frozen=True)
class Decision:
    """What a person says to a proposal; `after` is the text that is to stand there, the proposed one or their own."""

    proposal_id: str
    state: Literal["approved", "rejected"]
    after: str | None


def keep_proposals(connection: Connection, snapshot: str, entity: str, parts: Iterable[pa.Table]) -> None:
    """Put what a cleansing proposes into the queue, and take out what it no longer does; decisions stay.

    parts: as in PROPOSALS.
    """
    run(connection, "drop_proposed")
    run(connection, "create_proposed")
    for part in parts:
        named = part.select(["key", "column", "rule", "before", "after"])
        copy_in(connection, "cutover_proposed", named.rename_columns(["src_key", "column", "rule", "before", "after"]))
    run(connection, "forget_proposals", entity=entity)
    run(connection, "insert_proposals", entity=entity, snapshot_id=snapshot)


def list_proposals(connection: Connection, entity: str | None = None, state: State | None = None) -> list[Proposal]:
    """Return the proposals of an entity (or of all) in a state (or in any)."""
    rows = run(connection, "list_proposals", entity=entity, state=state).mappings()
    return [Proposal(**row) for row in rows]


def decide(connection: Connection, decision: Decision, *, by: str, at: datetime) -> bool:
    """Record a decision; returns False when somebody else had decided before, whose word then stays."""
    done = run(
        connection, "decide_proposal", proposal_id=decision.proposal_id, state=decision.state, after=decision.after,
        decided_by=by, decided_at=at,
    )  # fmt: skip
    return done.rowcount == 1


def withdraw(connection: Connection, rule: str, *, by: str, at: datetime, reason: str) -> int:
    """Open again what was decided about the proposals of a rule; what was decided is kept. Returns how many."""
    done = run(connection, "withdraw_decisions", rule=rule, withdrawn_by=by, withdrawn_at=at, reason=reason)
    return int(done.rowcount)


def read_decisions(connection: Connection, entity: str) -> pa.Table:
    """Return what was decided for an entity, as in DECISIONS."""
    rows = [tuple(row) for row in run(connection, "read_decisions", entity=entity)]
    columns = list(zip(*rows, strict=True)) or [()] * len(DECISIONS)
    return pa.table([pa.array(column, pa.string()) for column in columns], schema=DECISIONS)


def hash_decisions(decisions: pa.Table) -> str:
    """Return a hash that differs whenever a decision does."""
    return hashlib.sha256(json.dumps(decisions.to_pylist(), ensure_ascii=False).encode()).hexdigest()


def find_loaded_run(connection: Connection, snapshot: str, entity: str) -> int | None:
    """Return a run that holds loaded rows of an entity from a snapshot, None when there is none."""
    found: int | None = run(connection, "find_loaded_snapshot", entity=entity, snapshot_id=snapshot).scalar()
    return found
