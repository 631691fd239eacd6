"""The bodies of the tasks of the quarantine."""

from pathlib import Path

from airflow.sdk import task

from cutover.errors import InputError
from cutover.orchestration.tasks import DagRun, Params, given, log, person_of
from cutover.orchestration.work import at_work


@task
def check_corrections(params: Params = None) -> int:
    """Look at every cell of a workbook of corrections; returns the run whose rejects it corrects."""
    with at_work() as world:
        from cutover.phases.quarantine.submitting import submit_corrections

        return submit_corrections(world, read_workbook(given(params)["workbook"]))


@task
def import_corrections(run: int, params: Params = None, dag_run: DagRun = None) -> None:
    """Record the approved corrections and replay the rows; run again, it goes on."""
    chosen = given(params)
    with at_work() as world:
        from cutover.phases.quarantine.submitting import import_approved

        by_whom = chosen["corrected_by"] or person_of(dag_run)
        done = import_approved(world, run, read_workbook(chosen["workbook"]), by_whom=by_whom)
        log.info("cells corrected: %s", done.cells)
        for one in done.replayed:
            counts = (one.rows, one.loaded, one.merged, one.dropped, one.rejected)
            told = "run %s %s: %s rows replayed, %s loaded, %s merged, %s dropped, %s rejected again"
            log.info(told, one.run_id, one.entity, *counts)


def read_workbook(path: str) -> bytes:
    """Return the bytes of a workbook.

    Raises:
        InputError: it cannot be read.
    """
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}", fix="name a file that the workers see") from None
