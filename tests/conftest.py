"""What all tests share: where the repository is, and where the real legacy inputs are."""

import os
import tempfile
from pathlib import Path

import psycopg2
import pytest

from cutover.runtime.home import make_home
from cutover.runtime.postgres import ServerChoice, start_server
from cutover.runtime.stack import remove_all

ROOT = Path(__file__).parent.parent
SERVER = "CUTOVER_TEST_DATABASE_URL"
# What names a running enterprise: no test may read it, still less write to it, also beside a running demo.
CALLERS = ("AIRFLOW_CONN_", "CUTOVER_HOME", "CUTOVER_PROJECT", "CUTOVER_STAGING", "CUTOVER_DATABASE_URL")
# Taken away as this file is read: the Airflow that some folders of tests move into comes after it, and is inherited.
if "CUTOVER_TEST_AIRFLOW" not in os.environ:
    for name in [name for name in os.environ if name.startswith(CALLERS)]:
        del os.environ[name]
os.environ["CUTOVER_HOME"] = str(Path(tempfile.gettempdir()) / "cutover-tests-have-no-home")
HOME = pytest.StashKey[Path]()
WHOLE = ("projects", "example")


def pytest_configure(config: pytest.Config) -> None:
    """Start one PostgreSQL of our own for all tests, as `cutover up` does, unless CUTOVER_TEST_DATABASE_URL names one.

    The workers of a parallel run inherit its address. What the tests write is thrown away, so nothing waits for a disk.
    """
    if hasattr(config, "workerinput") or SERVER in os.environ or config.option.collectonly:
        return
    home = make_home(Path(tempfile.mkdtemp(prefix="cutover-tests-")) / "home")
    config.stash[HOME] = home.root
    server = start_server(home, ServerChoice(origin="wheel"))
    os.environ[SERVER] = server.url(server.maintenance).replace("+psycopg2", "", 1)
    session = psycopg2.connect(os.environ[SERVER])
    session.autocommit = True
    with session.cursor() as cursor:
        for setting in ("fsync", "synchronous_commit", "full_page_writes"):
            cursor.execute(f"alter system set {setting} = off")
        cursor.execute("select pg_reload_conf()")
    session.close()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep the tests of a file, and of a folder that moves a whole enterprise once, on one worker of a parallel run."""
    for item in items:
        if item.get_closest_marker("xdist_group") is None:
            place = item.path.relative_to(ROOT / "tests")
            item.add_marker(pytest.mark.xdist_group(place.parts[0] if place.parts[0] in WHOLE else str(place)))


def pytest_unconfigure(config: pytest.Config) -> None:
    """Remove the server of the tests without a trace."""
    root = config.stash.get(HOME, None)
    if root is not None:
        remove_all(make_home(root))
        root.parent.rmdir()


@pytest.fixture(scope="session")
def repository() -> Path:
    """The root of the repository."""
    return ROOT


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real legacy inputs, not part of the repository; the test is skipped without it."""
    folder = Path(os.environ.get("CUTOVER_SHARED_DATA", ROOT.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip("no real legacy inputs: give CUTOVER_SHARED_DATA, or put them in ../shared/data")
    return folder
