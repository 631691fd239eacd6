"""Snapshots: which there are, and which is the last.

A night of the dual run takes a snapshot to compare with, never to load from; the end of its name says so.
"""

from datetime import UTC

from sqlalchemy import Connection

from cutover.errors import InputError
from cutover.phases.world import World
from cutover.systems import ledger
from cutover.systems.staging import Dataset

NIGHT = ".night"


def snapshot_manifest(snapshot: str) -> Dataset:
    """Name the dataset whose manifest seals a snapshot: all its feeds have been landed."""
    return Dataset(snapshot, "raw", "_snapshot")


def latest_snapshot(world: World) -> str:
    """Return the last snapshot that was landed completely, those of nights left out.

    Raises:
        InputError: there is none.
    """
    wanted = [name for name in world.staging.snapshots() if not name.endswith(NIGHT)]
    complete = [name for name in wanted if world.staging.manifest(snapshot_manifest(name))]
    if not complete:
        raise InputError("no snapshot has been landed", fix="run `cutover land`, or the DAG cutover_cleansing")
    return complete[-1]


def new_snapshot(world: World, ending: str = "") -> str:
    """Name a snapshot that is not there yet: its time, and what it is for."""
    time = world.now().astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
    taken = set(world.staging.snapshots())
    names = (time + number + ending for number in ("", *(f"-{later}" for later in range(2, len(taken) + 3))))
    return next(name for name in names if name not in taken)


def register(world: World, connection: Connection, snapshot: str) -> None:
    """Enter a landed snapshot into the ledger, so that what is made of it can name it; once is enough."""
    manifest = world.staging.manifest(snapshot_manifest(snapshot))
    if manifest is not None:
        ledger.register_snapshot(connection, snapshot, manifest["taken_at"], manifest)
