"""A worker in a process of its own, to be killed: python worker.py (load|rollback) STAGING CONNECTION RUN."""

import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "support"))

from small_world import make_world  # noqa: E402

from cutover.errors import CutoverError  # noqa: E402
from cutover.phases.load import load_entity  # noqa: E402
from cutover.phases.rollback import roll_back  # noqa: E402
from cutover.phases.runs import read_run  # noqa: E402
from cutover.systems.connections import Connection  # noqa: E402


def main(verb: str, staging: str, connection: str, run_id: str) -> None:
    """Do the verb for the whole run; errors are named on stdout."""
    world = make_world(Path(staging), Connection(**json.loads(connection)))
    world.target.connect().close()
    print("ready", flush=True)
    try:
        if verb == "load":
            for entity in read_run(world, int(run_id)).entities:
                load_entity(world, int(run_id), entity)
        else:
            roll_back(world, int(run_id), reason="killed before", by_whom="a test")
    except CutoverError as error:
        print(type(error).__name__, flush=True)
        raise
    print("done", flush=True)


main(*sys.argv[1:])
