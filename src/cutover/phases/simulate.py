"""Simulate: the whole load with the target's own constraints, in a transaction that is always taken back."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from cutover.errors import CutoverError, TerminalError
from cutover.phases.load import load_entity
from cutover.phases.pages.report import write_report
from cutover.phases.pages.workbook import write_reject_workbook
from cutover.phases.runs import finish_run, read_run, start_run
from cutover.phases.summary import Summary, summarise
from cutover.phases.verify import verify_run
from cutover.phases.world import World
from cutover.systems.fingerprint import TableFingerprint, compare_fingerprints, take_fingerprint
from cutover.systems.keys import hold_sequences
from cutover.systems.simulated import SimulatedTarget

Done = tuple[int, Summary, tuple[str, ...]]


@dataclass(frozen=True)
class Simulation:
    """What a run would have done: its summary and files. All rows and sequences of the target are as before.

    drawn: but for sequences that are not ours to alter, from which the target itself drew numbers.
    """

    run_id: int
    summary: Summary
    files: tuple[str, ...]
    drawn: tuple[str, ...]


def simulate(world: World, *, wave: str, snapshot: str) -> Simulation:
    """Start, load, verify and finish a full run of a mapped snapshot, report on it, and take all of it back.

    Raises:
        TargetError, GateClosed, NotConserved: as the real run would; the target is as before all the same.
        TerminalError: the target is not as before: somebody else wrote to it meanwhile.
    """
    before = _fingerprint(world)
    try:
        run_id, summary, files = _within(world, lambda simulated: _run(simulated, wave, snapshot))
    except CutoverError:
        _prove(before, _fingerprint(world))
        raise
    return Simulation(run_id, summary, files, _prove(before, _fingerprint(world)))


def _within(world: World, step: Callable[[World], Done]) -> Done:
    with world.target.connect() as connection, connection.begin() as transaction:
        try:
            hold_sequences(connection, world.specification.project.target.schemas)
            return step(world.within(SimulatedTarget(connection)))
        finally:
            transaction.rollback()


def _run(world: World, wave: str, snapshot: str) -> Done:
    run_id = start_run(world, wave=wave, kind="full", snapshot=snapshot, params={"simulated": True})
    for entity in read_run(world, run_id).entities:
        load_entity(world, run_id, entity)
    verify_run(world, run_id)
    finish_run(world, run_id)
    summary = summarise(world, wave=wave)
    # A name of its own: the report of a real run is not replaced by one of a simulation.
    shown = replace(summary, wave=f"{wave}-simulated")
    return run_id, shown, (write_report(world, shown), write_reject_workbook(world, run_id))


def _fingerprint(world: World) -> list[TableFingerprint]:
    target = world.specification.project.target
    with world.target.connect() as connection:
        return take_fingerprint(connection, target.schemas, ())


def _prove(before: list[TableFingerprint], after: list[TableFingerprint]) -> tuple[str, ...]:
    """Return the sequences that moved; rows must be as they were."""
    rows = [[entry for entry in taken if entry.kind == "table"] for taken in (before, after)]
    apart = compare_fingerprints(*rows)
    if apart:
        raise TerminalError(
            f"the target is not what it was before the simulation: {'; '.join(apart)}",
            fix="somebody wrote to it meanwhile; the simulation itself was taken back: simulate again when it is quiet",
        )
    sequences = [[entry for entry in taken if entry.kind == "sequence"] for taken in (before, after)]
    return tuple(compare_fingerprints(*sequences))
