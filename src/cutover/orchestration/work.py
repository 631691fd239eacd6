"""The world that a task works in, and which of its failures are worth a retry."""

import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from airflow.sdk import Connection as AirflowConnection
from airflow.sdk.exceptions import AirflowException, AirflowFailException, AirflowNotFoundException

from cutover.errors import CutoverError, InputError, TransientError
from cutover.orchestration.defaults import TASK_TIMEOUT
from cutover.orchestration.enterprise import project_folder, staging_url
from cutover.orchestration.progress import ProgressLog

if TYPE_CHECKING:
    from cutover.phases.world import Step, World
    from cutover.systems.connections import Connection

log = logging.getLogger(__name__)


@contextmanager
def at_work() -> Iterator["World"]:
    """Open the world for the body of a task and tell Airflow what a failure in it means.

    Raises:
        AirflowFailException: trying again does not mend it; the message is the error's own.
        TransientError: the work may succeed in a minute; Airflow retries.
    """
    with decided_failures():
        yield open_world()


@contextmanager
def decided_failures() -> Iterator[None]:
    """Fail the task at once for everything but a transient error."""
    try:
        yield
    except (TransientError, AirflowException):
        raise
    except CutoverError as error:
        raise AirflowFailException(str(error)) from None
    except Exception as error:
        unexpected = f"unexpected {type(error).__name__}, which is a mistake in Cutover"
        raise AirflowFailException(unexpected) from error


def open_world() -> "World":
    """Return the world of this worker: its project, its staging, Airflow's connections and the task's log."""
    from cutover.phases.progress import LedgerProgress
    from cutover.phases.world import World
    from cutover.project.specification import read_specification
    from cutover.systems.staging import Staging

    def now() -> datetime:
        return datetime.now(UTC)

    def tell(step: "Step") -> None:
        to_log(step)
        to_ledger(step)

    to_log, to_ledger = ProgressLog(log.info), LedgerProgress(lambda: world.target, now)
    world = World(read_specification(project_folder()), Staging(staging_url()), find_connection, now, tell)
    return world


def find_connection(conn_id: str) -> "Connection":
    """Return one of Airflow's connections, its statements limited to the time that a task has.

    Raises:
        InputError: Airflow has none of this name.
    """
    try:
        found = AirflowConnection.get(conn_id)
    except AirflowNotFoundException:
        fix = f"add it in Airflow under Admin, or set AIRFLOW_CONN_{conn_id.upper()}"
        raise InputError(f"there is no connection {conn_id!r}", fix=fix) from None
    return limit_statements(build_connection(found))


def build_connection(found: AirflowConnection) -> "Connection":
    """Turn one of Airflow's connections into ours."""
    from cutover.systems.connections import Connection

    extra = json.loads(found.extra) if found.extra else {}
    place = (found.conn_type or "", found.host, found.port, found.login, found.password, found.schema)
    return Connection(found.conn_id, *place, extra)


def limit_statements(connection: "Connection") -> "Connection":
    """Give a connection the extra `statement_timeout` (milliseconds), unless its owner set one."""
    milliseconds = int(TASK_TIMEOUT.total_seconds() * 1000)
    return replace(connection, extra={"statement_timeout": milliseconds, **connection.extra})
