"""The toy, moved once and copied for each test that changes what was moved."""

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "support"))

from scratch import execute as administer  # noqa: E402
from tests.phases.toy import FILES, Toy, execute, simple  # noqa: E402

from cutover.phases.world import World  # noqa: E402
from cutover.systems.connections import Connection  # noqa: E402


@dataclass(frozen=True)
class Moved:
    """A toy on its way, its world, and its full run."""

    toy: Toy
    world: World
    run_id: int


def at(server: Connection, database: str) -> Connection:
    """Return the connection to a database of the same server."""
    return Connection("target", "postgres", server.host, server.port, server.login, server.password, database)


@pytest.fixture(scope="module")
def original(template_database: Connection, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Moved]:
    """The simple toy, moved into a database that nobody is connected to."""
    administration, name = at(template_database, "postgres"), f"cutover_test_{uuid4().hex[:12]}"
    administer(administration, f"create database {name} template {template_database.schema}")
    try:
        toy = Toy(tmp_path_factory.mktemp("toy"), at(template_database, name))
        simple(toy)
        world = toy.world()
        execute(world, FILES["sql/target.sql"])
        run_id = toy.move(world)
        world.target.dispose()
        yield Moved(toy, world, run_id)
    finally:
        administer(administration, f"drop database {name} with (force)")


@pytest.fixture
def moved(original: Moved, tmp_path: Path) -> Iterator[Moved]:
    """A copy of the moved toy with a database and legacy files of this test's own; what was staged is shared."""
    server, name = original.toy.target, f"cutover_test_{uuid4().hex[:12]}"
    administration = at(server, "postgres")
    administer(administration, f"create database {name} template {server.schema}")
    toy = Toy(tmp_path, at(server, name), dict(original.toy.files))
    simple(toy)
    (tmp_path / "staging").symlink_to(original.toy.root / "staging")
    world = toy.world()
    try:
        yield Moved(toy, world, original.run_id)
    finally:
        world.target.dispose()
        administer(administration, f"drop database {name} with (force)")


@pytest.fixture
def toy(scratch_database: Connection, tmp_path: Path) -> Toy:
    """A toy whose legacy files are still to be written; its target is there and empty."""
    toy = Toy(tmp_path, scratch_database)
    world = toy.world()
    execute(world, FILES["sql/target.sql"])
    world.target.dispose()
    return toy
