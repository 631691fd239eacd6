"""Submit corrections for a sign-off, and import them once somebody said yes to exactly this workbook."""

import hashlib

from cutover.core.verdicts import CheckResult
from cutover.errors import GateClosed, InputError
from cutover.phases.quarantine.correct import Corrected, import_corrections, judge_workbook
from cutover.phases.quarantine.replay import standing_runs
from cutover.phases.signoff import require_signoff
from cutover.phases.world import World
from cutover.systems import evidence
from cutover.systems.queries import run as query

QUARANTINE_GATE = "quarantine"
_CHECK = "CORRECTIONS"


def submit_corrections(world: World, content: bytes) -> int:
    """Judge every cell of a workbook and keep its hash as the evidence of a sign-off; returns the run it is for.

    Raises:
        InputError: the workbook or a cell of it is bad, or no full run stands on its snapshot.
    """
    snapshot, cells = judge_workbook(world, content)
    runs = standing_runs(world, snapshot)
    if not runs:
        raise InputError(
            f"no full run of snapshot {snapshot} stands in the target",
            fix="import the workbook with `cutover rejects import`, then run the migration",
        )
    run_id = runs[-1].run_id
    told = CheckResult(_CHECK, None, "pass", "major", cells, value=_digest(content), threshold="every cell is good")
    with world.target.begin() as connection:
        evidence.record_checks(connection, QUARANTINE_GATE, [told], run_id=run_id, snapshot=snapshot)
    return run_id


def import_approved(world: World, run_id: int, content: bytes, *, by_whom: str) -> Corrected:
    """Import a workbook whose sign-off stands.

    Raises:
        GateClosed: nobody approved it, or the file is not the one that was approved. InputError: as an import.
    """
    require_signoff(world, run_id, QUARANTINE_GATE)
    with world.target.connect() as connection:
        known = [line.value for line in query(connection, "select_evidence", run_id=run_id) if line.check_id == _CHECK]
    if known != [_digest(content)]:
        raise GateClosed("the workbook is not the one that was approved", fix="trigger the DAG again for this file")
    return import_corrections(world, content, by_whom=by_whom)


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
