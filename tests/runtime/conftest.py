"""Homes and servers of their own for these tests; nothing of them is left behind."""

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from cutover.runtime.home import Home, Project, make_home
from cutover.runtime.postgres import ServerChoice, start_server
from cutover.runtime.server import Server
from cutover.runtime.stack import remove_all

WHEEL = ServerChoice(origin="wheel")


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    """An empty home; whatever is started in it is stopped and removed."""
    made = make_home(tmp_path / "home")
    yield made
    remove_all(make_home(made.root))


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Home, Server]]:
    """One running server for the tests of a module that do not break it."""
    made = make_home(tmp_path_factory.mktemp("running") / "home")
    try:
        yield made, start_server(made, WHEEL)
    finally:
        remove_all(made)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A project without DAGs."""
    root = tmp_path / "project"
    for folder in ("include", "dags", "plugins"):
        (root / folder).mkdir(parents=True)
    (root / "include" / "project.yaml").write_text("", encoding="utf-8")
    return Project(root, root / "include")


def need(condition: bool, reason: str) -> None:
    """Skip with the reason unless the machine offers what the test needs."""
    if not condition:
        pytest.skip(reason)


@pytest.fixture
def as_root() -> None:
    need(os.geteuid() == 0, "only root can become another user")


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that every user may enter; pytest closes the parents of its own ones."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        yield folder
