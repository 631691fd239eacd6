"""Landing from MariaDB: killed and gone on with, it is one instant or nothing."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from cutover.errors import NotConserved
from cutover.phases import land as phase
from cutover.phases.land import SNAPSHOT, land
from cutover.phases.world import Step, World
from cutover.project.specification import read_specification
from cutover.systems.connections import Connection
from cutover.systems.staging import Dataset, Staging

sys.path.insert(0, str(Path(__file__).parents[1] / "support"))

from mariadb import mariadb  # noqa: E402

__all__ = ["mariadb"]

pytestmark = pytest.mark.mariadb
PROJECT = """
name: Test
systems: {erp: {connection: erp}}
target: {connection: target, schemas: [t]}
waves: {all: {entities: [customer, item]}}
"""
MAPPING = """entity: %s
source: {system: erp, table: %ss, key: nr}
target: {table: t.%s, key: code}
fields:
  - {rule: %s-1, kind: copy, target: code, source: nr}
"""
NOW = datetime(2026, 3, 18, 22, 15, tzinfo=UTC)
SCRIPT = """create table customers (nr int primary key, credit decimal(12,2)) engine = {engine};
    insert into customers select seq, seq / 100 from seq_1_to_25;
    create table items (nr int primary key, weight decimal(9,3)) engine = {engine};
    insert into items select seq, 1.5 from seq_1_to_12"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A project that reads two tables of one MariaDB."""
    (tmp_path / "project/mappings").mkdir(parents=True)
    (tmp_path / "project/project.yaml").write_text(PROJECT)
    for entity in ("customer", "item"):
        text = MAPPING % (entity, entity, entity, entity.upper())
        (tmp_path / "project/mappings" / f"{entity}.yaml").write_text(text)
    return tmp_path


def make_world(root: Path, legacy: Connection, progress: Callable[[Step], None] = lambda _: None) -> World:
    staging = Staging(str(root / "staging"))
    return World(read_specification(root / "project"), staging, {"erp": legacy}.__getitem__, lambda: NOW, progress)


def content(world: World, snapshot: str) -> dict[str, Any]:
    """Return what a snapshot states of its feeds, without times and instants."""
    manifest = world.staging.require(Dataset(snapshot, "raw", SNAPSHOT), phase="land")
    facts = ("rows", "digest", "totals", "nulls")
    return {name: {fact: feed[fact] for fact in facts} for name, feed in manifest["feeds"].items()}


def test_the_manifest_states_what_the_server_counts(root: Path, mariadb: Any) -> None:
    world = make_world(root, mariadb.create(SCRIPT.format(engine="InnoDB")))
    stated = content(world, land(world))
    assert (stated["erp.customers"]["rows"], stated["erp.items"]["rows"]) == (25, 12)
    credit = {"sum": "3.25", "minimum": "0.01", "maximum": "0.25", "unread": 0}
    assert stated["erp.customers"]["totals"]["credit"] == credit


def test_a_land_that_goes_on_reads_everything_anew_since_nobody_can_prove_the_instant(root: Path, mariadb: Any) -> None:
    legacy = mariadb.create(SCRIPT.format(engine="InnoDB"))

    def stop(step: Step) -> None:
        if step.entity == "erp.items":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        land(make_world(root, legacy, stop), snapshot="a")
    assert make_world(root, legacy).staging.manifest(Dataset("a", "raw", "erp.customers")) is not None
    mariadb.run(legacy.schema, "insert into customers values (99, 1); insert into items values (99, 1)")
    world = make_world(root, legacy)
    stated = content(world, land(world, snapshot="a"))
    # Not 25 customers of the first instant beside 13 items of the second.
    assert (stated["erp.customers"]["rows"], stated["erp.items"]["rows"]) == (26, 13)


def test_a_killed_land_goes_on_to_the_same_content(root: Path, mariadb: Any) -> None:
    legacy = mariadb.create(SCRIPT.format(engine="InnoDB"))
    world = make_world(root, legacy)
    expected = content(world, land(world, batch_rows=5, snapshot="a"))
    script = root / "killed.py"
    script.write_text(
        "import os, signal, sys\nsys.path[:0] = sys.argv[1].split(os.pathsep)\n"
        "import importlib.util\nfrom pathlib import Path\n"
        "from cutover.systems.connections import Connection\n"
        "spec = importlib.util.spec_from_file_location('t', sys.argv[2])\n"
        "t = importlib.util.module_from_spec(spec); spec.loader.exec_module(t)\n"
        "kill = lambda step: step.entity == 'erp.items' and step.done >= 5 and os.kill(os.getpid(), signal.SIGKILL)\n"
        "legacy = t.mariadb_connection(sys.argv[4])\n"
        "t.land(t.make_world(Path(sys.argv[3]), legacy, kill), batch_rows=5, snapshot='b')\n"
    )
    arguments = [os.pathsep.join(sys.path), __file__, str(root), str(legacy.schema)]
    killed = subprocess.run([sys.executable, str(script), *arguments], check=False)
    assert killed.returncode == -signal.SIGKILL
    assert world.staging.manifest(Dataset("b", "raw", SNAPSHOT)) is None
    assert content(world, land(world, batch_rows=5, snapshot="b")) == expected


def mariadb_connection(name: str) -> Connection:
    """Return the connection to a database of the tests' server, for another process."""
    from mariadb import Server

    return Server().connection(name)


def test_a_table_that_no_snapshot_covers_is_noted(root: Path, mariadb: Any) -> None:
    world = make_world(root, mariadb.create(SCRIPT.format(engine="MyISAM")))
    manifest = world.staging.require(Dataset(land(world), "raw", SNAPSHOT), phase="land")
    assert manifest["feeds"]["erp.items"]["notes"] == {"engine MyISAM keeps no snapshot": 1}


def test_rows_that_change_between_counting_and_reading_are_not_conserved(
    root: Path, mariadb: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    legacy = mariadb.create(SCRIPT.format(engine="MyISAM"))

    def cut_later(reading: Any, batch_rows: int) -> Any:
        # The database has counted; now somebody writes into a table that no snapshot covers.
        mariadb.run(legacy.schema, "update customers set credit = credit + 1 where nr = 3")
        return cut(reading, batch_rows)

    cut = phase._cut
    monkeypatch.setattr(phase, "_cut", cut_later)
    world = make_world(root, legacy)
    with pytest.raises(NotConserved, match="totals differ in: credit"):
        land(world, snapshot="a")
    assert world.staging.parts(Dataset("a", "raw", "erp.customers")) == []
