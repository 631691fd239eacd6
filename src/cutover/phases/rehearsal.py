"""Rehearse the way back: take a pilot run back and prove that the target is what it was."""

from cutover.core.verdicts import CheckResult, Status
from cutover.errors import GateClosed, InputError
from cutover.phases.rollback import RollbackResult, roll_back
from cutover.phases.runs import read_run
from cutover.phases.world import World
from cutover.systems import evidence
from cutover.systems.fingerprint import read_fingerprint

REHEARSAL_GATE = "rehearsal"


def rehearse(world: World, run_id: int, *, by_whom: str) -> RollbackResult:
    """Roll a pilot run back as a rehearsal, store the proof, and return what was done.

    Raises:
        InputError: the run is no pilot.
        GateClosed: the fingerprint afterwards is not the one before the load, or the pilot had written nothing.
    """
    if read_run(world, run_id).kind != "pilot":
        raise InputError(
            f"run {run_id} is no pilot", fix="rehearse with a pilot; `cutover rollback` takes a full run back"
        )
    result = roll_back(world, run_id, reason="rehearsal of the way back", by_whom=by_whom)
    written = result.rows_removed + result.rows_restored + result.rows_kept
    status: Status = "fail" if not result.original_state else "pass" if written else "not_run"
    with world.target.begin() as connection:
        tables = len(read_fingerprint(connection, run_id, "before_load"))
        facts = {"rows_taken_back": written, "differences": list(result.differences)}
        proof = CheckResult("FINGERPRINT", None, status, "blocker", len(result.differences), tables, status,
                            "as before the load", evidence=facts)  # fmt: skip
        evidence.record_checks(connection, REHEARSAL_GATE, [proof], run_id=run_id, snapshot=None)
    if not result.original_state:
        raise GateClosed(
            f"after the rehearsal of run {run_id} the target is not what it was",
            fix="compare the fingerprints in cutover.fingerprint: somebody wrote to the target, or a table is volatile",
        )
    if not written:
        raise GateClosed(
            f"pilot run {run_id} had written no row, so its rehearsal proves nothing",
            fix="load a pilot that holds rows: name keys or strata in the mappings",
        )
    return result
