"""Golden rows of the rule kinds that the worked example does not need: what they fill, and what they refuse."""

from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import get_args

import pyarrow as pa
import pytest
import yaml

from cutover.phases.mapping.rule_kinds import branch_of
from cutover.phases.world import World
from cutover.project.model import Conditional, located_fields
from cutover.project.model.rules import FieldRule
from cutover.project.specification import read_specification
from cutover.systems.connections import Connection
from tests.cases.golden import run_case

FOLDER = Path(__file__).parent / "kinds"


ENTITIES = sorted(path.stem for path in (FOLDER / "mappings").glob("*.yaml"))


def test_every_kind_of_rule_has_golden_rows() -> None:
    known = {get_args(each.model_fields["kind"].annotation)[0] for each in get_args(get_args(FieldRule)[0])}
    tried = set()
    for root in (FOLDER, FOLDER.parents[2] / "include"):
        for mapping in read_specification(root).mappings.values():
            tried |= {field.kind for _, field in located_fields(mapping)}  # type: ignore[attr-defined]
            parts = {"merge_entity": mapping.merge, "history": mapping.history, "split_entity": mapping.also,
                     "drop": mapping.exclude}  # fmt: skip
            tried |= {kind for kind, part in parts.items() if part}
    assert tried >= known and len(known) + len(parts) == 24  # 23 kinds, of which one has two names


def test_every_branch_of_a_conditional_has_a_golden_row() -> None:
    case = yaml.safe_load((FOLDER / "open_item.yaml").read_text(encoding="utf-8"))
    mapping = read_specification(FOLDER).mapping("open_item")
    lines = [{name: row["landed"][name] for name in ("dmbtr", "blart")} for row in case["rows"]]
    amounts = pa.array([line["dmbtr"] and Decimal(line["dmbtr"]) for line in lines], pa.decimal128(13, 2))
    rows = pa.table({"dmbtr": amounts, "blart": [line["blart"] for line in lines]})
    for _, field in located_fields(mapping):
        if isinstance(field, Conditional):
            assert {*branch_of(field, rows).to_pylist()} == {*range(len(field.branches)), None}


@pytest.mark.parametrize("entity", ENTITIES)
def test_golden_rows_of_kinds(world: World, entity: str) -> None:
    case = yaml.safe_load((FOLDER / f"{entity}.yaml").read_text(encoding="utf-8"))
    files = Connection("files", "fs", extra={"path": str(FOLDER / "files")})
    connect = {"files": files}
    kinds = replace(
        world, specification=read_specification(FOLDER), connect=lambda name: connect.get(name) or world.connect(name)
    )
    for again in ("first", "again"):
        # A second snapshot of the same rows: the same numbers are given.
        found = run_case(kinds, f"kinds-{entity}-{again}", entity, case)
        for expected, actual in zip(case["rows"], found, strict=True):
            assert actual == expected
    kinds.target.dispose()
