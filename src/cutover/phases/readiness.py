"""Readiness: what must be proven before a wave may be moved for good."""

from sqlalchemy import Connection

from cutover.core.verdicts import CheckResult
from cutover.errors import InputError
from cutover.phases.gate import MAPPING_GATE, stop_when_closed
from cutover.phases.rehearsal import REHEARSAL_GATE
from cutover.phases.runs import list_runs
from cutover.phases.verify import VERIFY_GATE
from cutover.phases.waivers import overdue
from cutover.phases.world import World
from cutover.systems.queries import run

PROVEN = (MAPPING_GATE, VERIFY_GATE, REHEARSAL_GATE)


def require_rehearsed_pilot(world: World, *, wave: str, snapshot: str) -> int:
    """Return the newest pilot of a wave on a snapshot; it was verified, and taken back without a trace.

    Raises:
        InputError: there is no such pilot.
        GateClosed: one of its gates is closed, or was never evaluated.
    """
    pilots = [found for found in list_runs(world) if (found.wave, found.kind) == (wave, "pilot")]
    numbers = [found.run_id for found in pilots if found.snapshot_id == snapshot]
    if not numbers:
        fix = "run a pilot on this snapshot: `cutover pilot`, or the DAG cutover_pilot_migration"
        raise InputError(f"wave {wave!r} has no pilot on snapshot {snapshot}", fix=fix)
    pilot = max(numbers)
    with world.target.connect() as connection:
        for gate in PROVEN:
            stop_when_closed(gate, overdue(_results(connection, pilot, gate), world.now().date()))
    return pilot


def _results(connection: Connection, run_id: int, gate: str) -> list[CheckResult]:
    found = [
        CheckResult(
            row.check_id,
            row.entity,
            row.status,
            row.severity,
            value=row.value,
            threshold=row.threshold,
            evidence=row.evidence,
        )  # fmt: skip
        for row in run(connection, "select_latest_checks", run_id=run_id)
        if row.gate == gate
    ]
    return found or [CheckResult("EVALUATED", None, "not_run", "blocker", message=f"nothing for run {run_id}")]
