"""Golden rows of the rule kinds that the worked example does not need: what they fill, and what they refuse."""

from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from cutover.phases.world import World
from cutover.project.specification import read_specification
from tests.cases.golden import run_case

FOLDER = Path(__file__).parent / "kinds"


@pytest.mark.parametrize("entity", ["open_item", "account"])
def test_golden_rows_of_kinds(world: World, entity: str) -> None:
    case = yaml.safe_load((FOLDER / f"{entity}.yaml").read_text(encoding="utf-8"))
    kinds = replace(world, specification=read_specification(FOLDER))
    for again in ("first", "again"):
        # A second snapshot of the same rows: the same numbers are given.
        found = run_case(kinds, f"kinds-{entity}-{again}", entity, case)
        for expected, actual in zip(case["rows"], found, strict=True):
            assert actual == expected
    kinds.target.dispose()
