"""Every entity of the worked example turns its golden legacy rows into the golden target rows."""

import runpy
from pathlib import Path
from typing import Any

import pytest

from cutover.core.gates import build_schema
from cutover.phases.mapping.gating import declared_gates, schema_source
from cutover.phases.world import World
from cutover.project.specification import read_specification
from tests.cases.golden import FOLDER, read_case, run_case

INCLUDE = Path(__file__).parents[2] / "include"
ENTITIES = sorted(path.stem for path in (INCLUDE / "mappings").glob("*.yaml"))


def test_every_entity_has_a_case_and_a_schema_and_nothing_else_has() -> None:
    assert len(ENTITIES) == 19
    assert sorted(path.stem for path in FOLDER.glob("*.yaml")) == ENTITIES
    assert sorted(path.stem for path in (FOLDER / "schemas").glob("*.py")) == ENTITIES


@pytest.mark.parametrize("entity", ENTITIES)
def test_golden_rows(world: World, entity: str) -> None:
    case = read_case(entity)
    assert {row["outcome"] for row in case["rows"]} >= {"loaded"}
    found = run_case(world, f"golden-{entity}", entity, case)
    for expected, actual in zip(case["rows"], found, strict=True):
        assert actual == expected


@pytest.mark.parametrize("entity", ENTITIES)
def test_golden_schema(entity: str) -> None:
    """Written by: cutover schema ENTITY > tests/cases/schemas/ENTITY.py"""
    golden = (FOLDER / "schemas" / f"{entity}.py").read_text(encoding="utf-8")
    assert schema_source(read_specification(INCLUDE).mapping(entity)) == golden


def test_a_changed_cell_does_not_pass(world: World) -> None:
    case = read_case("unit")
    case["rows"][0]["landed"]["mseht"] += "?"
    found = run_case(world, "golden-changed", "unit", case)
    assert found != read_case("unit")["rows"]


@pytest.mark.parametrize("entity", ENTITIES)
def test_golden_schema_builds_the_gate_that_runs(entity: str) -> None:
    golden = runpy.run_path(str(FOLDER / "schemas" / f"{entity}.py"))["schema"]
    built = build_schema(declared_gates(read_specification(INCLUDE).mapping(entity)))
    assert _facts(golden) == _facts(built) != {}


def _facts(schema: Any) -> dict[str, Any]:
    """Column -> what a Pandera schema asks of it."""
    return {
        name: (str(column.dtype), column.nullable, [(check.name, check.statistics) for check in column.checks])
        for name, column in schema.columns.items()
    }
