"""Golden cases: a few legacy rows of one entity, and what must become of each.

A case is tests/cases/<entity>.yaml:

    types     landed columns that are no text, as the database delivers them
    after     entities whose own cases run first, in the same snapshot, because rows may merge into theirs
    parents   entity -> source key -> target key, or the outcome of a parent that does not move
    rows      landed: the legacy row; outcome, rule and reason; target: the row; further: `also` rule -> the row

Target keys that this entity's own rows would get are written `#<row>`, counted from 0; that of a survivor
`<entity>#<row>`.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import yaml

from cutover.core.cleansing import read_typed
from cutover.core.types import TEXT, parse_type
from cutover.phases.cleanse import cleanse_entity
from cutover.phases.map import map_entity
from cutover.phases.world import World
from cutover.project.model import Mapping
from cutover.systems import datasets, ledger

Case = dict[str, Any]
FOLDER = Path(__file__).parent


def read_case(entity: str) -> Case:
    """Read the case of an entity."""
    case: Case = yaml.safe_load((FOLDER / f"{entity}.yaml").read_text(encoding="utf-8"))
    return case


def run_case(world: World, snapshot: str, entity: str, case: Case) -> list[Case]:
    """Cleanse and map the landed rows of a case; returns what became of each, in the shape of its `rows`."""
    for earlier in case.get("after", ()):
        run_case(world, snapshot, earlier, read_case(earlier))
    mapping = world.specification.mapping(entity)
    _register(world, snapshot)
    for parent, keys in case.get("parents", {}).items():
        if parent not in case.get("after", ()):
            _stage_parent(world, snapshot, parent, keys)
    _land(world, snapshot, mapping, [row["landed"] for row in case["rows"]], case.get("types", {}))
    cleanse_entity(world, snapshot, entity)
    map_entity(world, snapshot, entity, reserve=False)
    return list(_results(world, snapshot, mapping, case["rows"]))


def _register(world: World, snapshot: str) -> None:
    with world.target.begin() as connection:
        ledger.register_snapshot(connection, snapshot, world.now(), {"made": "by a golden case"})


def _stage_parent(world: World, snapshot: str, entity: str, keys: dict[str, int | str]) -> None:
    lines = [
        {"_row": row, "_key": key, "_id": None if isinstance(told, str) else told, "survivor": None, "rule": None,
         "reason": None, "outcome": told if isinstance(told, str) else "loaded"}
        for row, (key, told) in enumerate(keys.items())
    ]  # fmt: skip
    dataset = datasets.outcome(snapshot, entity)
    world.staging.clear(dataset)
    world.staging.write_part(dataset, 0, pa.Table.from_pylist(lines, datasets.OUTCOME))
    world.staging.seal(dataset, {"rows": len(lines), "spec_sha256": world.specification.sha256})


def _land(world: World, snapshot: str, mapping: Mapping, rows: list[dict[str, str]], types: dict[str, str]) -> None:
    columns: dict[str, pa.Array] = {"_row": pa.array(range(len(rows)), pa.int64())}
    for name in rows[0]:
        wanted = parse_type(types[name]) if name in types else TEXT
        columns[name], failed = read_typed(pa.array([row[name] for row in rows], pa.string()), wanted)
        assert not any(failed.to_pylist()), f"{name} of a landed row is no {wanted}"
    dataset = datasets.raw(snapshot, mapping.source)
    world.staging.clear(dataset)
    world.staging.write_part(dataset, 0, pa.table(columns))
    world.staging.seal(dataset, {"rows": len(rows)})


def _results(world: World, snapshot: str, mapping: Mapping, rows: list[Case]) -> Iterator[Case]:
    outcomes = _by_row(world, datasets.outcome(snapshot, mapping.entity))
    own = {line["_id"]: f"#{row}" for row, line in outcomes.items() if line["outcome"] == "loaded" and line["_id"]}
    target = _by_row(world, datasets.mapped(snapshot, mapping.entity))
    further = {
        split.rule: _by_row(world, dataset)
        for split, dataset in zip(mapping.also, datasets.further(snapshot, mapping), strict=True)
    }
    for row, given in enumerate(rows):
        told = {"landed": given["landed"], "outcome": outcomes[row]["outcome"]}
        told |= {name: outcomes[row][name] for name in ("rule", "reason", "survivor") if outcomes[row][name]}
        # A merged row has no key of its own: it speaks of its survivor's.
        known = own if "survivor" not in told else {**own, outcomes[row]["_id"]: told["survivor"]}
        if row in target:
            told["target"] = _shown(target[row], known)
        if any(row in lines for lines in further.values()):
            told["further"] = {rule: _shown(lines[row], known) for rule, lines in further.items() if row in lines}
        yield told


def _by_row(world: World, dataset: Any) -> dict[int, dict[str, Any]]:
    return {line["_row"]: line for line in world.staging.read(dataset).to_pylist()}


def _shown(line: dict[str, Any], own: dict[int, str]) -> dict[str, Any]:
    """The target columns as YAML holds them: truth values and integers as they are, everything else as text."""
    shown = {name: value for name, value in line.items() if not name.startswith("_")}
    named = {name: own.get(value, value) if name.endswith("_id") else value for name, value in shown.items()}
    return {name: v if v is None or isinstance(v, int | str) else str(v) for name, v in named.items()}
