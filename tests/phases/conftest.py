"""The throw-away databases of tests/support, and a small world in one of them."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "support"))

from scratch import scratch_database, template_database  # noqa: E402
from small_world import make_world, prepare  # noqa: E402
from tests.phases.moved import first_moved  # noqa: E402

from cutover.phases.world import World  # noqa: E402

__all__ = ["first_moved", "scratch_database", "template_database", "world"]


@pytest.fixture
def world(tmp_path: Path, scratch_database) -> Iterator[World]:  # noqa: F811
    """A small world whose entities are mapped and whose target is empty."""
    world = make_world(tmp_path, scratch_database)
    prepare(world)
    yield world
    world.target.dispose()
