"""A worker that is to be killed: python quarantine_worker.py (load RUN|import FILE) ROOT CONNECTION."""

import json
import sys
from datetime import UTC, datetime
from pathlib import Path

from cutover.phases.load import load_entity
from cutover.phases.quarantine.correct import import_corrections
from cutover.phases.runs import read_run
from cutover.phases.world import World
from cutover.project.specification import read_specification
from cutover.systems.connections import Connection
from cutover.systems.staging import Staging


def main(verb: str, what: str, root: str, connection: str) -> None:
    """Do the verb in the toy's folder, as it stands there."""
    target = Connection(**json.loads(connection))
    folder = Path(root)
    world = World(
        read_specification(folder / "project"),
        Staging(str(folder / "staging")),
        lambda _: target,
        lambda: datetime(2024, 7, 1, tzinfo=UTC),
    )
    world.target.connect().close()
    print("ready", flush=True)
    if verb == "load":
        for entity in read_run(world, int(what)).entities:
            load_entity(world, int(what), entity)
    else:
        import_corrections(world, Path(what).read_bytes(), by_whom="a worker")
    print("done", flush=True)


main(*sys.argv[1:])
