"""A target with nothing but the ledger, shared by all golden cases."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from cutover.phases.world import World
from cutover.project.specification import read_specification
from cutover.systems.staging import Staging
from tests.example.conftest import scratch_database
from tests.example.moving import database_connection

__all__ = ["scratch_database", "world"]


@pytest.fixture(scope="session")
def world(
    scratch_database: Callable[[], str],  # noqa: F811
    repository: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[World]:
    """The worked example with an empty staging."""
    target = database_connection("cutover_target", scratch_database())
    staging = Staging(str(tmp_path_factory.mktemp("staging")))
    made = World(read_specification(repository / "include"), staging, lambda _: target, lambda: datetime.now(UTC))
    yield made
    made.target.dispose()
