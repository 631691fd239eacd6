"""Duplicates: a machine joins only what shares a valid number and a name; people decide the rest, and take it back."""

from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.phases.toy import Toy, execute, of, told

from cutover.core.duplicates import likely_pairs
from cutover.core.rules import as_array
from cutover.core.validators import is_uscc
from cutover.errors import InputError, TargetError
from cutover.phases.cleanse import cleanse_entity
from cutover.phases.create_target import create_target
from cutover.phases.duplicates import decide_pair, duplicate_checks, list_pairs
from cutover.phases.land import land
from cutover.phases.linking import label_rows
from cutover.phases.map import map_entity
from cutover.phases.world import World
from cutover.systems import datasets
from cutover.systems.pairs import Pair

CUSTOMER = "mappings/customer.yaml"
A, B = "91110000600037341L", "91310000607378711Y"
SURVIVE = 'survive: {NAME: ["length(NAME) desc"], TERM: ["SINCE desc nulls last"]}'


@pytest.fixture
def toy(tmp_path: Path, scratch_database) -> Toy:
    toy = Toy(tmp_path, scratch_database)
    match = "match: [TAX, \"regexp_replace(NAME, '[()（）]', '', 'g')\"]"
    toy.edit(CUSTOMER, "match: [TAX]", match).edit(CUSTOMER, "fill: [PHONE]", f"fill: [PHONE], {SURVIVE}")
    asked = "duplicates: {rule: CU-D, name: NAME, identity: TAX, valid: cn_uscc, review: 85}\n"
    toy.files[CUSTOMER] += asked
    toy.edit("mappings/supplier.yaml", "match: [TAX], into: [customer]", "match: [TAX]")
    toy.write(
        "customer",
        [
            {"NR": "1", "NAME": "华信(上海)", "TAX": A, "SINCE": "2019-01-01", "TERM": "N60", "PHONE": None},
            {"NR": "2", "NAME": "华信上海", "TAX": A, "SINCE": "2018-01-01", "TERM": "N30", "PHONE": "1"},
            {"NR": "3", "NAME": "华信上海分公司", "TAX": A, "SINCE": "2017-01-01", "PHONE": "2"},
            {"NR": "4", "NAME": "长城电子机械厂", "TAX": None, "SINCE": "2021-01-01", "TERM": "N90"},
            {"NR": "5", "NAME": "长城电子机械 厂", "TAX": "", "SINCE": "2016-01-01", "PHONE": "5", "TERM": "N10"},
            {"NR": "6", "NAME": "珠江物流", "TAX": B},
        ],
    )
    for entity in ("supplier", "order", "line"):
        toy.write(entity, [])
    return toy


@pytest.fixture
def world(toy: Toy) -> World:
    world = toy.world()
    create_target(world)
    return world


def go(world: World, snapshot: str) -> list[tuple[str, str | None]]:
    cleanse_entity(world, snapshot, "customer")
    map_entity(world, snapshot, "customer")
    return told(world, snapshot, "customer")


def pair_of(world: World, first: str, second: str) -> Pair:
    (found,) = [p for p in list_pairs(world, state=None) if (p.first_key, p.second_key) == (first, second)]
    return found


def mapped(world: World, snapshot: str) -> dict[str, dict[str, object]]:
    return {row["no"]: row for row in world.staging.read(datasets.mapped(snapshot, "customer")).to_pylist()}


LOADED, MERGED = ("loaded", None), ("merged", "duplicate")


def test_a_machine_joins_what_shares_a_valid_number_and_a_name_and_nothing_else(world: World) -> None:
    snapshot = land(world)
    assert go(world, snapshot) == [LOADED, MERGED, LOADED, LOADED, LOADED, LOADED]
    states = {(p.first_key, p.second_key): (p.state, p.same_identity) for p in list_pairs(world, state=None)}
    # The branch shares the number of its head office and not the name: it never merges by itself.
    assert states == {
        ("1", "2"): ("automatic", True),
        ("1", "3"): ("open", True),
        ("2", "3"): ("open", True),
        ("4", "5"): ("open", False),
    }


def test_every_attribute_survives_by_its_own_rule_and_the_losers_are_kept(world: World) -> None:
    snapshot = land(world)
    go(world, snapshot)
    row = mapped(world, snapshot)["1"]
    assert (row["name"], row["term"], row["phone"]) == ("华信(上海)", "N60", "1")
    log = world.staging.read(datasets.survivorship(snapshot, "customer")).to_pylist()
    assert {(line["member"], line["column"], line["value"], line["won"], line["rule"]) for line in log} == {
        (0, "PHONE", None, False, "CU-M"), (1, "PHONE", "1", True, "CU-M"),
        (0, "NAME", "华信(上海)", True, "CU-M"), (1, "NAME", "华信上海", False, "CU-M"),
        (0, "TERM", "N60", True, "CU-M"), (1, "TERM", "N30", False, "CU-M"),
    }  # fmt: skip


def test_a_steward_joins_and_takes_apart_and_everything_is_as_before(world: World) -> None:
    snapshot = land(world)
    go(world, snapshot)
    before = mapped(world, snapshot)
    decide_pair(world, pair_of(world, "4", "5").pair_id[:10], "same", by="sales")
    assert go(world, snapshot) == [LOADED, MERGED, LOADED, LOADED, MERGED, LOADED]
    joined = mapped(world, snapshot)["4"]
    assert (joined["term"], joined["phone"]) == ("N90", "5")
    decide_pair(world, pair_of(world, "4", "5").pair_id, "different", by="sales")
    go(world, snapshot)
    assert mapped(world, snapshot) == before


def test_a_steward_sets_apart_what_a_machine_would_join(world: World) -> None:
    snapshot = land(world)
    go(world, snapshot)
    decide_pair(world, pair_of(world, "1", "2").pair_id, "different", by="sales")
    assert go(world, snapshot) == [LOADED] * 6
    assert pair_of(world, "1", "2").decided_by == "sales"


def test_the_gate_is_closed_while_a_pair_is_undecided(world: World) -> None:
    snapshot = land(world)
    go(world, snapshot)
    mapping = world.specification.mapping("customer")
    found = list(duplicate_checks(world, snapshot, mapping))
    assert [(one.check_id, one.status, one.value) for one in found] == [
        ("DUPLICATES", "fail", "3"), ("MERGED", "pass", "0"), ("CLUSTERS", "pass", "0"), ("UNMERGE", "pass", "0")
    ]  # fmt: skip
    for pair in list_pairs(world):
        decide_pair(world, pair.pair_id, "different", by="sales")
    go(world, snapshot)
    assert {one.status for one in duplicate_checks(world, snapshot, mapping)} == {"pass"}


def test_a_merge_without_a_valid_number_is_found(toy: Toy) -> None:
    toy.edit(CUSTOMER, "valid: cn_uscc, ", "valid: iban, ")
    world = toy.world()
    create_target(world)
    snapshot = land(world)
    go(world, snapshot)
    found = list(duplicate_checks(world, snapshot, world.specification.mapping("customer")))
    assert of(found, "MERGED", "customer").status == "fail"


@pytest.mark.parametrize(("rows", "value"), [(10, "0"), (11, "10")])
def test_a_large_cluster_needs_a_person(toy: Toy, rows: int, value: str) -> None:
    """DMC-08: clusters of more than ten members are reviewed."""
    toy.write("customer", [{"NR": str(n), "NAME": "华信上海", "TAX": A} for n in range(rows)])
    world = toy.world()
    create_target(world)
    snapshot = land(world)
    go(world, snapshot)
    found = of(duplicate_checks(world, snapshot, world.specification.mapping("customer")), "CLUSTERS", "customer")
    assert (found.value, found.status) == (value, "pass" if value == "0" else "fail")


def test_a_lost_value_of_a_merged_row_is_found(world: World) -> None:
    snapshot = land(world)
    go(world, snapshot)
    dataset = datasets.survivorship(snapshot, "customer")
    log = world.staging.read(dataset)
    place = log.schema.get_field_index("value")
    edited = pc.if_else(pc.equal(log["value"], "N30"), "N31", log["value"])
    mapping = world.specification.mapping("customer")
    for broken in (log.set_column(place, "value", edited), log.slice(1)):
        world.staging.write_part(dataset, 0, broken)
        assert of(duplicate_checks(world, snapshot, mapping), "UNMERGE", "customer").status == "fail"


def test_a_decision_needs_a_person_and_a_pair(world: World) -> None:
    go(world, land(world))
    with pytest.raises(InputError, match="needs a person"):
        decide_pair(world, pair_of(world, "4", "5").pair_id, "same", by="")
    with pytest.raises(InputError, match="0 pairs begin with 'zz'"):
        decide_pair(world, "zz", "same", by="me")
    with pytest.raises(TargetError, match="automatic_shares_an_identity"):
        execute(world, "update cutover.pair set state = 'automatic' where not same_identity")


def test_one_pair_is_one_pair_whatever_the_blocks() -> None:
    names = pa.array(["华信上海贸易", "华信上海贸易", "x", None, ""])
    found = likely_pairs(names, pa.array([A, A, A, A, None]), review=90, is_valid=is_uscc).to_pylist()
    assert [(p["first"], p["second"], p["automatic"]) for p in found] == [(0, 1, True), (0, 2, False), (1, 2, False)]


def pair(first: int, second: int, state: str) -> Pair:
    return Pair("", "e", "R", str(first), str(second), 90, False, True, state, "me", None)  # type: ignore[arg-type]


@given(
    matches=st.lists(st.none() | st.sampled_from("ab"), min_size=1, max_size=8),
    same=st.lists(st.tuples(st.integers(0, 7), st.integers(0, 7)), max_size=5),
)
def test_rows_have_one_label_exactly_when_a_chain_joins_them(
    matches: list[str | None], same: list[tuple[int, int]]
) -> None:
    size = len(matches)
    joined = [(a, b) for a, b in same if a < b < size]
    rows = pa.table(
        {"_row": list(range(size)), "_key": [str(n) for n in range(size)], "match": pa.array(matches, pa.string())}
    )
    labels = as_array(label_rows(rows, [pair(a, b, "same") for a, b in joined])["label"]).to_pylist()
    reach = [{n} | {m for m in range(size) if matches[m] is not None and matches[m] == matches[n]} for n in range(size)]
    for _ in range(size):
        for a, b in joined:
            for n in range(size):
                if {a, b} & reach[n]:
                    reach[n] |= reach[a] | reach[b]
        for n in range(size):
            reach[n] |= set().union(*(reach[m] for m in reach[n]))
    assert all((labels[a] == labels[b]) == (b in reach[a]) for a in range(size) for b in range(size))
