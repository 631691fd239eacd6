"""A project that reads JSON: a feed for each kind of record, landed with counts and totals."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from cutover.errors import SpecificationError
from cutover.phases.land import describe, land
from cutover.phases.world import World
from cutover.project.specification import read_specification
from cutover.systems import datasets
from cutover.systems.connections import Connection
from cutover.systems.staging import Staging

ENTITY = """\
entity: {name}
source: {{system: plan, json: {{path: "*.json", where: {{model: input.{name}}}}}, key: pk, columns: {{{columns}}}}}
target: {{table: app.{name}, id: id, key: name}}
fields:
  - {{rule: {rule}-1, kind: copy, source: pk, target: name, type: text(80), required: true}}
  - {{rule: {rule}-2, kind: derive, expression: '"fields.{field}"', target: {field}, type: text(80)}}
"""
PROJECT = """\
name: Plan
systems: {plan: {connection: plan}}
target: {connection: target, schemas: [app]}
waves: {main: {entities: [item, demand]}}
"""


def make_world(root: Path, folder: Path, demand: str = "fields.quantity: 'decimal(15,8)'") -> World:
    (root / "mappings").mkdir(parents=True)
    (root / "project.yaml").write_text(PROJECT)
    (root / "mappings/item.yaml").write_text(ENTITY.format(name="item", rule="IT", columns="", field="cost"))
    (root / "mappings/demand.yaml").write_text(ENTITY.format(name="demand", rule="DE", columns=demand, field="due"))
    legacy = Connection("plan", "fs", extra={"path": str(folder)})
    staging = Staging(str(root / "staging"))
    return World(read_specification(root), staging, {"plan": legacy}.__getitem__, lambda: datetime.now(UTC))


def test_the_planning_system_lands_with_counts_and_totals(shared_data: Path, tmp_path: Path) -> None:
    world = make_world(tmp_path, shared_data / "6_frepple_manufacturing")
    assert set(describe(world)["demand"]) >= {"pk", "model", "fields.quantity", "fields.due"}
    snapshot = land(world)
    manifests = {
        entity: world.staging.require(datasets.raw(snapshot, mapping.source), phase="land")
        for entity, mapping in world.specification.mappings.items()
    }
    assert {entity: manifest["rows"] for entity, manifest in manifests.items()} == {"item": 106, "demand": 3534}
    assert manifests["demand"]["totals"]["fields.quantity"]["sum"] == "73238.00000000"
    assert [file["rows"] for file in manifests["demand"]["files"]] == [3294, 10, 10, 220]
    for entity in world.specification.mappings:
        # A folder a=b would be a partition, and its name a column.
        assert "=" not in datasets.feed_name(world.specification.mapping(entity).source)


def test_one_feed_is_declared_alike_by_all_that_read_it(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data/a.json").write_text('[{"pk": 1, "model": "input.item", "fields": {"cost": 1}}]')
    world = make_world(tmp_path / "project", tmp_path / "data", demand="")
    demand = tmp_path / "project/mappings/demand.yaml"
    other = demand.read_text().replace("where: {model: input.demand}", "where: {model: input.item}, encoding: latin-1")
    demand.write_text(other)
    world = World(read_specification(tmp_path / "project"), world.staging, world.connect, world.now)
    with pytest.raises(SpecificationError, match="declares the file of feed .* otherwise than another mapping"):
        land(world)
