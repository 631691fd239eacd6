"""Landing: a sealed snapshot of all feeds, the same after any interruption, or nothing."""

import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from cutover.errors import InputError, NotConserved, SourceError, SpecificationError
from cutover.phases import land as phase
from cutover.phases.land import SNAPSHOT, describe, land
from cutover.phases.world import Step, World
from cutover.project.specification import read_specification
from cutover.systems.connections import Environment
from cutover.systems.sources.feed import Counted
from cutover.systems.staging import Dataset, Staging

PROJECT = """
name: Test
systems: {erp: {connection: erp}, files: {connection: files}}
target: {connection: target, schemas: [t]}
waves: {all: {entities: [customer, item, price]}}
"""
MAPPING = """entity: %s
source:
  system: %s
  %s
  key: %s
  columns: {%s}
target: {table: t.%s, key: code}
fields:
  - {rule: %s-1, kind: copy, target: code, source: %s}
"""
NOW = datetime(2026, 3, 18, 22, 15, tzinfo=UTC)


def write_mapping(root: Path, entity: str, system: str, source: str, key: str, columns: str = "") -> None:
    text = MAPPING % (entity, system, source, key, columns, entity, entity.upper(), key)
    (root / "project/mappings" / f"{entity}.yaml").write_text(text)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A project with a SQLite system of two tables and a folder with one file."""
    (tmp_path / "project/mappings").mkdir(parents=True)
    (tmp_path / "files").mkdir()
    (tmp_path / "project/project.yaml").write_text(PROJECT)
    write_mapping(tmp_path, "customer", "erp", "table: customers", "NR")
    write_mapping(tmp_path, "item", "erp", "table: items", "NR", "GEWICHT: 'decimal(9,3)'")
    write_mapping(
        tmp_path,
        "price",
        "files",
        "csv: {path: 'prices*.csv', encoding: utf-8}",
        "nr",
        "price: 'decimal(9,2)'",
    )
    (tmp_path / "files/prices.csv").write_text("nr,price\n" + "".join(f"{i},0.10\n" for i in range(25)))
    with sqlite3.connect(tmp_path / "erp.db") as erp:
        erp.executescript("create table customers (NR, NAME); create table items (NR, GEWICHT)")
        erp.executemany("insert into customers values (?, ?)", [(f"{i:04}", f"N{i}") for i in range(25)])
        erp.executemany("insert into items values (?, ?)", [(f"{i:04}", "1.5") for i in range(7)])
    erp.close()
    return tmp_path


def make_world(root: Path, progress: Callable[[Step], None] = lambda _: None) -> World:
    variables = {
        "AIRFLOW_CONN_ERP": f'{{"conn_type": "sqlite", "schema": "{root / "erp.db"}"}}',
        "AIRFLOW_CONN_FILES": f'{{"conn_type": "fs", "extra": {{"path": "{root / "files"}"}}}}',
    }
    specification = read_specification(root / "project")
    return World(specification, Staging(str(root / "staging")), Environment(variables), lambda: NOW, progress)


def content(world: World, snapshot: str) -> dict[str, Any]:
    """Return all that a snapshot states and holds, without the times of reading."""
    manifest = world.staging.require(Dataset(snapshot, "raw", SNAPSHOT), phase="land")
    rows = {name: world.staging.read(Dataset(snapshot, "raw", name)).to_pydict() for name in manifest["feeds"]}
    facts = {name: {k: v for k, v in feed.items() if k != "read_at"} for name, feed in manifest["feeds"].items()}
    return {"rows": rows, "facts": facts}


def test_every_feed_lands_in_parts_with_contiguous_numbers(root: Path) -> None:
    steps: list[Step] = []
    world = make_world(root, steps.append)
    snapshot = land(world, batch_rows=10)
    assert snapshot == "20260318T221500Z"
    dataset = Dataset(snapshot, "raw", "erp.customers")
    assert [len(rows) for _, rows in world.staging.read_parts(dataset)] == [10, 10, 5]
    rows = world.staging.read(dataset)
    assert rows.column_names == ["_row", "NR", "NAME"]
    assert rows.schema.field("_row").type == pa.int64()
    assert rows["_row"].to_pylist() == list(range(25))
    assert steps[0] == Step("land", "erp.customers", 10, 25)


def test_the_manifest_states_counts_totals_hashes_and_types(root: Path) -> None:
    world = make_world(root)
    manifest = world.staging.require(Dataset(land(world), "raw", SNAPSHOT), phase="land")
    prices = manifest["feeds"]["files.pricesall.csv"]
    assert (prices["rows"], prices["parts"]) == (25, 1)
    assert prices["totals"] == {"price": {"sum": "2.50", "minimum": "0.10", "maximum": "0.10", "unread": 0}}
    assert prices["columns"] == [{"name": "nr", "type": "string"}, {"name": "price", "type": "string"}]
    assert len(prices["files"][0]["sha256"]) == 64
    assert manifest["taken_at"] == NOW.isoformat()
    assert manifest["spec_sha256"] == world.specification.sha256
    assert len(prices["digest"]) == 16


def test_a_changed_value_changes_the_hash_and_a_changed_order_does_not(root: Path) -> None:
    world = make_world(root)
    before = content(world, land(world))["facts"]["files.pricesall.csv"]["digest"]
    path = root / "files/prices.csv"
    header, *lines = path.read_text().splitlines()
    path.write_text("\n".join([header, *reversed(lines)]))
    assert content(world, land(world))["facts"]["files.pricesall.csv"]["digest"] == before
    path.write_text("\n".join([header, "0,0.11", *lines[1:]]))
    assert content(world, land(world))["facts"]["files.pricesall.csv"]["digest"] != before


def test_two_snapshots_in_one_second_are_two(root: Path) -> None:
    world = make_world(root)
    assert [land(world), land(world)] == ["20260318T221500Z", "20260318T221500Z-2"]


@pytest.mark.parametrize("stop_after", range(1, 9))
def test_a_land_that_was_stopped_goes_on_to_the_same_content(root: Path, stop_after: int) -> None:
    undisturbed = make_world(root)
    expected = content(undisturbed, land(undisturbed, batch_rows=10, snapshot="a"))
    steps: list[Step] = []

    def stop(step: Step) -> None:
        steps.append(step)
        if len(steps) == stop_after:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        land(make_world(root, stop), batch_rows=10, snapshot="b")
    assert undisturbed.staging.manifest(Dataset("b", "raw", SNAPSHOT)) is None
    resumed: list[Step] = []
    world = make_world(root, resumed.append)
    assert land(world, batch_rows=10, snapshot="b") == "b"
    assert content(world, "b") == expected
    whole = {step.entity for step in steps[:-1] if step.done == step.total} & {"erp.customers"}
    assert not whole & {step.entity for step in resumed} or stop_after <= 4


def test_a_database_that_changed_meanwhile_is_read_anew_as_a_whole(root: Path) -> None:
    def stop(step: Step) -> None:
        if step.entity == "erp.items":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        land(make_world(root, stop), snapshot="a")
    with sqlite3.connect(root / "erp.db") as erp:
        erp.execute("insert into customers values ('9999', 'late')")
    erp.close()
    world = make_world(root)
    assert "9999" in content(world, land(world, snapshot="a"))["rows"]["erp.customers"]["NR"]


def test_a_sealed_snapshot_is_not_touched_again(root: Path) -> None:
    world = make_world(root)
    snapshot = land(world, feeds=["erp.items"])
    (root / "erp.db").unlink()
    assert land(world, feeds=["erp.items"], snapshot=snapshot) == snapshot
    with pytest.raises(InputError, match="sealed and does not hold erp.customers"):
        land(world, snapshot=snapshot)
    with pytest.raises(InputError, match="there is no feed 'erp.item'"):
        land(world, feeds=["erp.item"])


def test_a_killed_land_goes_on_to_the_same_content(root: Path) -> None:
    world = make_world(root)
    expected = content(world, land(world, batch_rows=5, snapshot="a"))
    script = root / "killed.py"
    script.write_text(
        "import os, signal, sys\nsys.path[:0] = sys.argv[1].split(os.pathsep)\n"
        "import importlib.util\nfrom pathlib import Path\n"
        "spec = importlib.util.spec_from_file_location('t', sys.argv[2])\n"
        "t = importlib.util.module_from_spec(spec); spec.loader.exec_module(t)\n"
        "kill = lambda step: step.done >= int(sys.argv[4]) and os.kill(os.getpid(), signal.SIGKILL)\n"
        "t.land(t.make_world(Path(sys.argv[3]), kill), batch_rows=5, snapshot='b')\n"
    )
    arguments = [os.pathsep.join(sys.path), __file__, str(root), "10"]
    killed = subprocess.run([sys.executable, str(script), *arguments], check=False)
    assert killed.returncode == -signal.SIGKILL
    assert world.staging.manifest(Dataset("b", "raw", SNAPSHOT)) is None
    assert content(world, land(world, batch_rows=5, snapshot="b")) == expected


def test_of_a_file_with_more_ragged_rows_than_others_nothing_lands(root: Path) -> None:
    (root / "files/prices.csv").write_text("nr,price\n" + "1,2\n" * 100 + "3\n" * 101)
    world = make_world(root)
    with pytest.raises(SourceError, match="prices.csv:102: the row has 1 fields"):
        land(world, snapshot="a", batch_rows=10)
    assert world.staging.parts(Dataset("a", "raw", "files.pricesall.csv")) == []
    assert world.staging.manifest(Dataset("a", "raw", SNAPSHOT)) is None


def test_unknown_columns_are_all_named_before_anything_lands(root: Path) -> None:
    write_mapping(root, "customer", "erp", "table: customers", "NR", "NAMEE: text")
    write_mapping(root, "price", "files", "csv: {path: 'prices*.csv', encoding: utf-8}", "nrr")
    world = make_world(root)
    with pytest.raises(SpecificationError) as caught:
        land(world, snapshot="a")
    message = str(caught.value)
    assert "mappings/customer.yaml:6:13: the source has no column 'NAMEE'. Fix: did you mean 'NAME'?" in message
    assert "mappings/price.yaml:5:3: the source has no column 'nrr'. Fix: did you mean 'nr'?" in message
    assert "mappings/price.yaml:9:47: the source has no column 'nrr'" in message
    assert world.staging.snapshots() == []


def test_a_key_that_a_table_does_not_have_is_named_with_its_place(root: Path) -> None:
    write_mapping(root, "customer", "erp", "table: customers", "NRR")
    with pytest.raises(SpecificationError, match=r"customer.yaml:5:3: the source has no column 'NRR'"):
        land(make_world(root))


def test_mappings_of_one_feed_must_declare_it_alike(root: Path) -> None:
    write_mapping(root, "customer", "erp", "table: items", "NR", "GEWICHT: integer")
    with pytest.raises(SpecificationError, match=r"declares 'GEWICHT' of feed 'erp.items' as decimal\(9,3\)"):
        land(make_world(root))


def test_a_reserved_column_name_is_refused(root: Path) -> None:
    (root / "files/prices.csv").write_text("nr,price,_row\n1,2,3\n")
    with pytest.raises(SourceError, match="has a column '_row', a name that staging uses itself"):
        land(make_world(root))


def test_rows_that_the_database_does_not_count_are_refused(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def miscounted(legacy: Any, feed: Any) -> Any:
        reading = read_feed(legacy, feed)
        return replace(reading, count=lambda: Counted(24))

    read_feed = phase.read_feed
    monkeypatch.setattr(phase, "read_feed", miscounted)
    world = make_world(root)
    with pytest.raises(NotConserved, match="erp.customers: the database counts 24 rows, 25 were read"):
        land(world, snapshot="a", feeds=["erp.customers"])
    assert world.staging.parts(Dataset("a", "raw", "erp.customers")) == []


def test_a_system_is_read_no_faster_than_it_declares(root: Path) -> None:
    (root / "project/project.yaml").write_text(
        PROJECT.replace("connection: erp}", "connection: erp, rows_per_second: 5}")
    )
    waits: list[float] = []
    world = make_world(root)
    throttled = replace(world, wait=waits.append)
    assert content(throttled, land(throttled)) == content(world, land(replace(world, wait=lambda _: None)))
    # 25 customers and 7 items; the file of the other system is read as fast as it can be.
    assert waits == [5.0, 1.4]


def test_an_empty_feed_lands_with_its_columns(root: Path) -> None:
    (root / "files/prices.csv").write_text("nr,price\n")
    world = make_world(root)
    snapshot = land(world)
    rows = world.staging.read(Dataset(snapshot, "raw", "files.pricesall.csv"))
    assert (rows.column_names, len(rows)) == (["_row", "nr", "price"], 0)


def test_describe_asks_for_columns_and_lands_nothing(root: Path) -> None:
    world = make_world(root)
    assert describe(world) == {
        "customer": ["NR", "NAME"],
        "item": ["NR", "GEWICHT"],
        "price": ["nr", "price"],
    }
    assert world.staging.snapshots() == []
