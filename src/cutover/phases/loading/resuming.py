"""Resume: a run goes on where it stopped; one that is finished opens again for what was taken back of it since."""

from sqlalchemy import Connection

from cutover.errors import InputError
from cutover.phases.runs import refuse_beside, require_active, require_unchanged, taken_back
from cutover.phases.world import World
from cutover.systems import ledger
from cutover.systems.ledger import Run


def resume_run(world: World, run_id: int) -> Run:
    """Return an active run to load into.

    Raises:
        SpecificationChanged: the specification is not the one that the run was started with.
        InputError: the run has ended, or another one has taken its place.
    """
    with world.target.begin() as connection:
        found = ledger.read_run(connection, run_id)
        if found.status == "finished" and taken_back(connection, run_id):
            found = _reopen(world, connection, ledger.read_run(connection, run_id, lock="update"))
    require_active(found)
    require_unchanged(world, found)
    return found


def _reopen(world: World, connection: Connection, run: Run) -> Run:
    require_unchanged(world, run)
    active = ledger.find_active_run(connection, run.wave)
    if active not in (None, run.run_id):
        raise refuse_beside(active, run.wave)
    others = [one for one in ledger.find_loaded(connection, taken_back(connection, run.run_id)) if one[0] != run.run_id]
    for other, entity in others:
        raise InputError(
            f"run {other} has loaded {entity}, which was taken back from run {run.run_id}",
            fix=f"take it back from there first with `cutover rollback {other} --entity {entity} --reason ...`",
        )
    ledger.reopen_run(connection, run.run_id)
    return ledger.read_run(connection, run.run_id)
