"""The toy, moved once and copied for each test that changes what was moved."""

import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
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


@contextmanager
def copied(toy: Toy, root: Path) -> Iterator[Toy]:
    """Copy a toy whose database nobody is connected to: the copy has a database of its own, and no legacy files yet."""
    administration, name = at(toy.target, "postgres"), f"cutover_test_{uuid4().hex[:12]}"
    administer(administration, f"create database {name} template {toy.target.schema}")
    try:
        yield Toy(root, at(toy.target, name), dict(toy.files))
    finally:
        administer(administration, f"drop database {name} with (force)")


@pytest.fixture(scope="session")
def first_moved(template_database: Connection, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Moved]:
    """The simple toy, moved once into a database that nobody is connected to."""
    root = tmp_path_factory.mktemp("toy")
    with copied(Toy(root, template_database), root) as toy:
        simple(toy)
        world = toy.world()
        execute(world, FILES["sql/target.sql"])
        run_id = toy.move(world)
        world.target.dispose()
        yield Moved(toy, world, run_id)


@pytest.fixture(scope="module")
def original(first_moved: Moved, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Moved]:
    """The moved toy of this file's tests: what they stage is not in the way of other files'."""
    with copied(first_moved.toy, tmp_path_factory.mktemp("toy")) as toy:
        simple(toy)
        shutil.copytree(first_moved.toy.root / "staging", toy.root / "staging")
        yield Moved(toy, toy.world(), first_moved.run_id)


@pytest.fixture
def moved(original: Moved, tmp_path: Path) -> Iterator[Moved]:
    """A copy of the moved toy with a database and legacy files of this test's own; what was staged is shared."""
    with copied(original.toy, tmp_path) as toy:
        simple(toy)
        (tmp_path / "staging").symlink_to(original.toy.root / "staging")
        world = toy.world()
        try:
            yield Moved(toy, world, original.run_id)
        finally:
            world.target.dispose()


@pytest.fixture
def toy(scratch_database: Connection, tmp_path: Path) -> Toy:
    """A toy whose legacy files are still to be written; its target is there and empty."""
    toy = Toy(tmp_path, scratch_database)
    world = toy.world()
    execute(world, FILES["sql/target.sql"])
    world.target.dispose()
    return toy
