"""Settling: rows that claim the same unique key of the target fall, all of them, whichever of its keys it is."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pyarrow as pa
import pytest

from cutover.phases.mapping.settling import settle
from cutover.phases.world import World
from cutover.project.model import Mapping
from cutover.systems import datasets
from cutover.systems.staging import Staging

SNAPSHOT = "20240630T180000Z"


def make_mapping(target: dict[str, Any], split: dict[str, Any]) -> Mapping:
    def copy(rule: str, name: str) -> dict[str, str]:
        return {"rule": rule, "kind": "copy", "source": name, "target": name}

    return Mapping.model_validate(
        {
            "entity": "badge",
            "source": {"system": "erp", "table": "badge", "key": "code"},
            "target": {"table": "erp.badge", "key": "code", **target},
            "fields": [copy("B-010", "code"), copy("B-020", "site"), copy("B-030", "chip")],
            "also": [
                {"rule": "B-900", "kind": "split_entity", "table": "erp.holder", "key": "name", **split}
                | {"fields": [copy("B-910", "name"), copy("B-920", "mail")]}
            ],
        }
    )


def settled(staging: Staging, mapping: Mapping, own: pa.Table, further: pa.Table) -> dict[int, tuple[Any, Any, Any]]:
    """Stage the rows as the map phase does, settle them, and return outcome, rule and reason of each."""
    numbers = pa.chunked_array([pa.array(range(len(own)), pa.int64())])
    nothing = {name: pa.nulls(len(own), datasets.OUTCOME.field(name).type) for name in datasets.OUTCOME.names}
    outcome = {**nothing, "_row": numbers, "outcome": pa.array(["loaded"] * len(own))}
    staging.write_part(datasets.outcome(SNAPSHOT, "badge"), 0, pa.table(outcome, datasets.OUTCOME))
    staging.write_part(datasets.mapped(SNAPSHOT, "badge"), 0, own.append_column("_row", numbers))
    staging.write_part(datasets.further(SNAPSHOT, mapping)[0], 0, further.append_column("_row", numbers))
    staging.write_part(datasets.rejects(SNAPSHOT, "badge"), 0, datasets.REJECTS.empty_table())
    settle(cast(World, SimpleNamespace(staging=staging)), SNAPSHOT, mapping)
    rows = staging.read(datasets.outcome(SNAPSHOT, "badge")).to_pylist()
    return {row["_row"]: (row["outcome"], row["rule"], row["reason"]) for row in rows}


OWN = pa.table(
    {
        "code": ["a", "b", "c", "d", "d", "f"],
        "site": ["x", "x", "y", "x", "y", "x"],
        "chip": ["1", "1", "1", None, None, "2"],
    }
)
FURTHER = pa.table({"name": ["p", "q", "r", "s", "t", "u"], "mail": ["m", None, None, "n", "o", "m"]})
STANDS = ("loaded", None, None)


def fell(rule: str) -> tuple[str, str, str]:
    return ("rejected", rule, "duplicate_target_key")


@pytest.mark.parametrize(
    ("target", "split", "expected"),
    [
        ({}, {}, [STANDS, STANDS, STANDS, fell("B-010"), fell("B-010"), STANDS]),
        ({"unique": ["code"]}, {}, [STANDS, STANDS, STANDS, fell("B-010"), fell("B-010"), STANDS]),
        (
            {"unique": [["site", "chip"]]},
            {},
            [fell("B-020"), fell("B-020"), STANDS, fell("B-010"), fell("B-010"), STANDS],
        ),
        (
            {"unique": ["chip"]},
            {},
            [fell("B-030"), fell("B-030"), fell("B-030"), fell("B-010"), fell("B-010"), STANDS],
        ),
        ({}, {"unique": ["mail"]}, [fell("B-900"), STANDS, STANDS, fell("B-010"), fell("B-010"), fell("B-900")]),
        (
            {},
            {"unique": ["mail"], "merged": "keep"},
            [fell("B-900"), STANDS, STANDS, fell("B-010"), fell("B-010"), fell("B-900")],
        ),
    ],
)
def test_all_rows_that_share_a_unique_key_are_rejected_and_none_that_lacks_a_part_of_it(
    tmp_path: Path, target: dict[str, Any], split: dict[str, Any], expected: list[tuple[Any, Any, Any]]
) -> None:
    staging = Staging(str(tmp_path))
    mapping = make_mapping(target, split)
    assert settled(staging, mapping, OWN, FURTHER) == dict(enumerate(expected))
    fallen = [row for row, found in enumerate(expected) if found != STANDS]
    assert sorted(staging.read(datasets.rejects(SNAPSHOT, "badge"))["_row"].to_pylist()) == fallen
    for dataset in (datasets.mapped(SNAPSHOT, "badge"), datasets.further(SNAPSHOT, mapping)[0]):
        assert set(staging.read(dataset)["_row"].to_pylist()) == set(range(6)) - set(fallen)
