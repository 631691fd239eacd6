"""The ledger's evidence: change logs, check results, sign-offs; and the keys that earlier runs gave."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any

import pyarrow as pa
from sqlalchemy import Connection

from cutover.core.types import TEXT, DataType
from cutover.core.verdicts import CheckResult
from cutover.systems.copying import copy_in, copy_text, decode_rows, encode_rows, stage_keys
from cutover.systems.queries import run


def record_changes(
    connection: Connection,
    snapshot: str,
    entity: str,
    counts: Mapping[tuple[str, str], int],
    spec_sha256: str,
) -> None:
    """Replace what the ledger says of an entity's change log; counts: (rule, column) -> changed cells."""
    run(connection, "delete_change_log", snapshot_id=snapshot, entity=entity)
    for (rule, column), cells in sorted(counts.items()):
        run(
            connection,
            "insert_change_log",
            snapshot_id=snapshot,
            entity=entity,
            rule=rule,
            column_name=column,
            cells=cells,
            spec_sha256=spec_sha256,
        )


def read_known_keys(connection: Connection, entity: str, source_keys: pa.Array) -> pa.Table:
    """Return which of some source keys of an entity are loaded now, with their target keys: _key, _id."""
    run(connection, "set_entity", entity=entity)
    keys = encode_rows(pa.table({"src_key": source_keys}))
    staged = stage_keys(connection, "cutover.disposition", ["src_key"], [keys])
    known = copy_text(connection, "copy_known_keys", {"staged": staged})
    return decode_rows(known, {"_key": TEXT, "_id": DataType("integer")})


def forget_seen(connection: Connection) -> None:
    """Begin to collect the source keys of an entity that the legacy system still yields, in this transaction."""
    run(connection, "drop_seen")
    run(connection, "create_seen")


def add_seen(connection: Connection, source_keys: pa.Array, moves: pa.BooleanArray) -> None:
    """Collect more of these keys, and whether the row moves."""
    copy_in(connection, "cutover_seen", pa.table({"src_key": source_keys, "moves": moves}))


def list_lost(connection: Connection, entity: str) -> dict[str, bool]:
    """Return the source keys that are loaded and that no collected row moves: key -> whether there is such a row."""
    run(connection, "analyze_seen")
    return {row.src_key: row.is_present for row in run(connection, "list_lost", entity=entity)}


def record_checks(
    connection: Connection,
    gate: str,
    results: Iterable[CheckResult],
    *,
    run_id: int | None,
    snapshot: str | None,
) -> None:
    """Store the results of one evaluation of a gate; earlier evaluations stay."""
    for result in results:
        run(
            connection,
            "insert_check_result",
            run_id=run_id,
            snapshot_id=snapshot,
            gate=gate,
            check_id=result.check_id,
            entity=result.entity,
            numerator=result.numerator,
            denominator=result.denominator,
            value=result.value,
            threshold=result.threshold,
            severity=result.severity,
            status=result.status,
            message=result.message,
            evidence=json.dumps(dict(result.evidence), default=str, ensure_ascii=False),
        )


def list_waivers(
    connection: Connection, snapshot: str, gate: str
) -> dict[tuple[str, str | None], tuple[str, dict[str, Any]]]:
    """Return the latest waiver of each check of a gate: (check, entity) -> the value that it is for, its terms."""
    rows = run(connection, "select_waivers", snapshot_id=snapshot, gate=gate)
    return {(row.check_id, row.entity): (row.value or "", row.waiver) for row in rows}


def evidence_hash(connection: Connection, run_id: int) -> str:
    """Return the hash of everything a sign-off on a run rests on: its latest check results, in a fixed order."""
    rows = run(connection, "select_evidence", run_id=run_id).all()
    return hashlib.sha256(json.dumps([list(row) for row in rows], default=str).encode()).hexdigest()


def record_signoff(connection: Connection, run_id: int, gate: str, person: str, decision: str, comment: str) -> None:
    """Store a decision together with the hash of the evidence it rests on."""
    run(
        connection,
        "insert_signoff",
        run_id=run_id,
        gate=gate,
        person=person,
        decision=decision,
        comment=comment,
        evidence_sha256=evidence_hash(connection, run_id),
    )


def latest_signoff(connection: Connection, run_id: int, gate: str) -> tuple[str, str, str] | None:
    """Return decision, person and evidence hash of the last sign-off of a gate, None when nobody decided."""
    row = run(connection, "select_signoff", run_id=run_id, gate=gate).first()
    return (row.decision, row.person, row.evidence_sha256) if row else None
