"""A project and its files, moved as far as one gets without a target: each row has one outcome, or a clear error."""

import shutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from cutover.errors import CutoverError
from cutover.phases.land import land
from cutover.phases.world import World
from cutover.systems import datasets
from cutover.systems.connections import Connection
from tests.phases.toy import NoTarget, offline, outcomes, through


def move(monkeypatch: pytest.MonkeyPatch, root: Path, files: Mapping[str, str]) -> dict[str, int] | None:
    """Land, cleanse and map the files in `root/legacy`; returns entity -> rows, None when it was refused."""
    shutil.rmtree(root / "staging", ignore_errors=True)
    legacy = Connection("crm", "fs", extra={"path": str(root / "legacy")})
    world = replace(offline(monkeypatch, root, files), connect=lambda _: legacy)
    world.__dict__["target"] = NoTarget()
    try:
        snapshot = land(world, batch_rows=3)
        for entity in world.specification.mappings:
            through(world, snapshot, entity)
    except CutoverError as refusal:
        assert "Fix: " in str(refusal)
        return None
    return {entity: _count(world, snapshot, entity) for entity in world.specification.mappings}


def _count(world: World, snapshot: str, entity: str) -> int:
    landed = world.staging.read(datasets.raw(snapshot, world.specification.mapping(entity).source))["_row"].to_pylist()
    found = outcomes(world, snapshot, entity)
    assert [line["_row"] for line in found] == landed
    assert {line["outcome"] for line in found} <= set(datasets.OUTCOMES)
    broken = set(world.staging.read(datasets.rejects(snapshot, entity))["_row"].to_pylist())
    assert broken == {line["_row"] for line in found if line["outcome"] == "rejected"}
    return len(found)
