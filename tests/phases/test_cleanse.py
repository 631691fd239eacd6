"""Cleanse: every change is logged, every unreadable cell is told, nothing is cleansed twice."""

from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pytest
from tests.phases.moved import Moved, moved, original
from tests.phases.toy import FILES, offline, rows, stage

from cutover.core.cleansing import replay
from cutover.errors import InputError, SourceError
from cutover.phases.cleanse import cleanse_entity, cleanse_steps, unreadable
from cutover.phases.world import Step, World
from cutover.systems import datasets

__all__ = ["moved", "original"]
SNAPSHOT = "20240101T000000Z"
CUSTOMER = "mappings/customer.yaml"


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> World:
    return offline(monkeypatch, tmp_path)


def test_rows_are_cleansed_typed_and_named(world: World) -> None:
    stage(
        world,
        SNAPSHOT,
        "customer",
        [{"NR": " 000012", "NAME": "Ａ  b", "CREDIT": "1.50-"}, {"NR": None, "CREDIT": None}],
    )
    cleanse_entity(world, SNAPSHOT, "customer")
    first, second = world.staging.read(datasets.clean(SNAPSHOT, "customer")).to_pylist()
    assert (first["_row"], first["_key"], first["NAME"], first["CREDIT"]) == (0, "12", "A b", Decimal("-1.50"))
    assert (second["_row"], second["_key"], second["CREDIT"]) == (1, None, None)
    changes = world.staging.read(datasets.changes(SNAPSHOT, "customer")).to_pylist()
    told = [(line["rule"], line["column"], line["before"], line["after"]) for line in changes]
    assert told == [
        ("CU-C1", "NR", " 000012", "000012"),
        ("CU-C1", "NAME", "Ａ  b", "A b"),
        ("CU-C2", "NR", "000012", "12"),
        ("CU-C3", "CREDIT", "1.50-", "-1.50"),
    ]


def test_the_log_of_each_part_replays_its_part(world: World) -> None:
    stage(world, SNAPSHOT, "customer", [{"NR": f"0{number}", "CREDIT": "1-"} for number in range(7)], part=3)
    cleanse_entity(world, SNAPSHOT, "customer")
    raw = datasets.raw(SNAPSHOT, world.specification.mapping("customer").source)
    for index, part in world.staging.read_parts(raw):
        log = world.staging.read_part(datasets.changes(SNAPSHOT, "customer"), index)
        clean = world.staging.read_part(datasets.clean(SNAPSHOT, "customer"), index)
        texts = replay(part, log).select(["NR", "NAME"])
        assert texts.equals(clean.select(["NR", "NAME"]))


def test_an_unreadable_cell_is_told_and_stays_empty(world: World) -> None:
    stage(world, SNAPSHOT, "customer", [{"NR": "1", "CREDIT": "1,50", "SINCE": "2021-02-29"}, {"NR": "2"}])
    cleanse_entity(world, SNAPSHOT, "customer")
    lines = world.staging.read(unreadable(SNAPSHOT, "customer")).to_pylist()
    assert [(line["_row"], line["rule"], line["column"], line["reason"]) for line in lines] == [
        (0, "SOURCE", "CREDIT", "not_a_decimal"),
        (0, "SOURCE", "SINCE", "not_a_date"),
    ]
    assert world.staging.read(datasets.clean(SNAPSHOT, "customer"))["CREDIT"].to_pylist() == [None, Decimal("5.00")]


def test_nothing_is_cleansed_twice(world: World) -> None:
    stage(world, SNAPSHOT, "customer", [{"NR": "1"}])
    cleanse_entity(world, SNAPSHOT, "customer")
    steps: list[Step] = []
    again = World(world.specification, world.staging, world.connect, world.now, steps.append)
    again.__dict__["target"] = world.target
    cleanse_entity(again, SNAPSHOT, "customer")
    assert steps == []


def test_a_snapshot_that_was_not_landed_is_asked_for(world: World) -> None:
    with pytest.raises(InputError, match=f"raw data of 'crm.customer.csv'.*cutover land --snapshot {SNAPSHOT}"):
        cleanse_entity(world, SNAPSHOT, "customer")


def test_a_declared_column_that_the_feed_has_not_is_told(world: World) -> None:
    source = world.specification.mapping("customer").source
    raw = datasets.raw(SNAPSHOT, source)
    world.staging.write_part(raw, 0, pa.table({"_row": pa.array([0], pa.int64()), "NR": ["1"]}))
    world.staging.seal(raw, {"rows": 1})
    with pytest.raises(
        SourceError, match=r"crm\.customer\.csv has no column CREDIT, NAME, PARENT, SINCE.*the feed has NR"
    ):
        cleanse_entity(world, SNAPSHOT, "customer")
    assert world.staging.manifest(datasets.clean(SNAPSHOT, "customer")) is None


@pytest.mark.parametrize(
    ("column", "values", "told"),
    [
        ("NR", pa.array([1]), "rule CU-C1 mends texts, but 'NR' is integer"),
        ("SINCE", pa.array([7], pa.int32()), "column 'SINCE' of crm.customer.csv: integer is never date"),
    ],
)
def test_a_column_of_a_kind_that_no_rule_expects_is_told(
    world: World, column: str, values: pa.Array, told: str
) -> None:
    stage(world, SNAPSHOT, "customer", [{"NR": "1"}])
    raw = datasets.raw(SNAPSHOT, world.specification.mapping("customer").source)
    part = world.staging.read_part(raw, 0)
    world.staging.write_part(raw, 0, part.set_column(part.schema.get_field_index(column), column, values))
    with pytest.raises(SourceError) as error:
        cleanse_entity(world, SNAPSHOT, "customer")
    assert told in str(error.value)


def test_numbers_with_more_decimals_than_declared_are_unreadable_not_rounded(world: World) -> None:
    stage(world, SNAPSHOT, "order", [{"ID": "1"}, {"ID": "2"}])
    raw = datasets.raw(SNAPSHOT, world.specification.mapping("order").source)
    part = world.staging.read_part(raw, 0)
    amounts = pa.array([Decimal("1.0050"), Decimal("1.5000")], pa.decimal128(18, 4))
    world.staging.write_part(raw, 0, part.set_column(part.schema.get_field_index("AMOUNT"), "AMOUNT", amounts))
    cleanse_entity(world, SNAPSHOT, "order")
    assert world.staging.read(datasets.clean(SNAPSHOT, "order"))["AMOUNT"].to_pylist() == [None, Decimal("1.50")]
    assert len(world.staging.read(unreadable(SNAPSHOT, "order"))) == 1


def test_a_condition_that_cannot_be_computed_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    text = FILES[CUSTOMER].replace("column: CREDIT, do: trailing_minus", "column: CREDIT, do: negate, when: SIGN = '-'")
    world = offline(monkeypatch, tmp_path, {**FILES, CUSTOMER: text})
    stage(world, SNAPSHOT, "customer", [{"NR": "1"}])
    with pytest.raises(SourceError, match="SIGN.*mappings/customer.yaml"):
        cleanse_entity(world, SNAPSHOT, "customer")


def test_the_steps_stand_in_the_order_of_the_file(world: World) -> None:
    steps = cleanse_steps(world.specification.mapping("customer"))
    assert [(step.rule, step.column) for step in steps] == [
        ("CU-C1", "NR"), ("CU-C1", "NAME"), ("CU-C1", "PARENT"), ("CU-C2", "NR"), ("CU-C2", "PARENT"),
        ("CU-C3", "CREDIT"),
    ]  # fmt: skip


def test_the_ledger_counts_what_was_changed(moved: Moved) -> None:
    found = rows(
        moved.world, "select rule, \"column\", cells from cutover.change_log where entity = 'customer' order by 1, 2"
    )
    assert found == [("CU-C1", "NAME", 1), ("CU-C2", "NR", 1), ("CU-C2", "PARENT", 1), ("CU-C3", "CREDIT", 1)]
