"""Readiness: what must be proven before a wave may be moved for good."""

from collections.abc import Sequence

from sqlalchemy import Connection

from cutover.core.verdicts import CheckResult
from cutover.errors import InputError
from cutover.phases.gate import MAPPING_GATE
from cutover.phases.gates.concluding import stop_when_closed
from cutover.phases.rehearsal import REHEARSAL_GATE
from cutover.phases.runs import list_runs
from cutover.phases.verify import VERIFY_GATE
from cutover.phases.waivers import overdue
from cutover.phases.world import World
from cutover.systems.ledger import Run
from cutover.systems.queries import run

PROVEN = (MAPPING_GATE, VERIFY_GATE, REHEARSAL_GATE)


def require_rehearsed_pilot(world: World, *, wave: str, snapshot: str, entities: Sequence[str] = ()) -> int:
    """Return the newest pilot of a wave on a snapshot that was verified, and taken back without a trace.

    It was mapped as the specification says now, and held all the entities that are named, those of the wave if none.

    Raises:
        InputError: there is no such pilot.
        GateClosed: one of its gates is closed, or was never evaluated.
    """
    pilots = [
        found for found in list_runs(world) if (found.wave, found.kind, found.snapshot_id) == (wave, "pilot", snapshot)
    ]
    _require(pilots, f"wave {wave!r} has no pilot on snapshot {snapshot}")
    pilots = [found for found in pilots if found.spec_sha256 == world.specification.sha256]
    _require(pilots, f"the specification of wave {wave!r} changed since its last pilot on snapshot {snapshot}")
    wanted = set(entities or world.specification.entities(wave))
    pilots = [found for found in pilots if wanted <= set(found.entities)]
    _require(pilots, f"no pilot on snapshot {snapshot} held all of {', '.join(sorted(wanted))}")
    pilot = max(found.run_id for found in pilots)
    with world.target.connect() as connection:
        for gate in PROVEN:
            stop_when_closed(gate, overdue(_results(connection, pilot, gate), world.now().date()))
    return pilot


def _require(pilots: Sequence[Run], problem: str) -> None:
    if not pilots:
        raise InputError(
            problem, fix="run a pilot on this snapshot: `cutover pilot`, or the DAG cutover_pilot_migration"
        )


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
