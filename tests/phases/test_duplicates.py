"""Duplicates: a machine joins only what shares a valid number and a name; people decide the rest, and take it back."""

from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text
from tests.phases.toy import Toy, execute, of, told

from cutover.core import duplicates
from cutover.core.duplicates import likely_pairs
from cutover.core.rules import as_array
from cutover.core.validators import is_uscc
from cutover.errors import InputError, TargetError
from cutover.phases.cleanse import cleanse_entity
from cutover.phases.create_target import create_target
from cutover.phases.duplicates import decide_pair, duplicate_checks, list_pairs
from cutover.phases.land import land
from cutover.phases.map import map_entity
from cutover.phases.mapping.linking import label_rows
from cutover.phases.world import World
from cutover.systems import datasets
from cutover.systems.pairs import Pair

CUSTOMER = "mappings/customer.yaml"
A, B = "91110000600037341L", "91310000607378711Y"
MATCH = "match: [TAX, \"regexp_replace(NAME, '[()（）]', '', 'g')\"]"
SURVIVE = 'survive: {NAME: ["length(NAME) desc"], TERM: ["SINCE desc nulls last"]}'


@pytest.fixture
def toy(tmp_path: Path, scratch_database) -> Toy:
    toy = Toy(tmp_path, scratch_database)
    toy.edit(CUSTOMER, "match: [TAX]", MATCH).edit(CUSTOMER, "fill: [PHONE]", f"fill: [PHONE], {SURVIVE}")
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
        ("UNMERGE", "pass", "0"), ("DUPLICATES", "fail", "3"), ("MERGED", "pass", "0"),
        ("CLUSTERS", "not_applicable", ""),
    ]  # fmt: skip
    for pair in list_pairs(world):
        decide_pair(world, pair.pair_id, "different", by="sales")
    go(world, snapshot)
    assert of(duplicate_checks(world, snapshot, mapping), "DUPLICATES", "customer").status == "pass"


def test_a_merge_without_a_valid_number_is_found(toy: Toy) -> None:
    toy.edit(CUSTOMER, "valid: cn_uscc, ", "valid: iban, ")
    world = toy.world()
    create_target(world)
    snapshot = land(world)
    go(world, snapshot)
    found = list(duplicate_checks(world, snapshot, world.specification.mapping("customer")))
    assert of(found, "MERGED", "customer").status == "fail"


def unlawful(world: World, snapshot: str, entity: str = "customer") -> str | None:
    return of(duplicate_checks(world, snapshot, world.specification.mapping(entity)), "MERGED", entity).value


def test_a_word_about_one_pair_is_none_about_another(toy: Toy) -> None:
    toy.edit(CUSTOMER, MATCH, "match: [TAX]")
    world = toy.world()
    create_target(world)
    snapshot = land(world)
    # 3 merges by its number alone; what is said of 3 and 4 does not make it one thing with 1.
    assert go(world, snapshot)[2] == MERGED and unlawful(world, snapshot) == "1"
    with world.target.begin() as connection:
        connection.execute(text("update cutover.pair set first_key = '3' where first_key = '4'"))
    decide_pair(world, pair_of(world, "3", "5").pair_id, "same", by="sales")
    assert unlawful(world, snapshot) == "1"
    decide_pair(world, pair_of(world, "2", "3").pair_id, "same", by="sales")
    assert unlawful(world, snapshot) == "0"


def test_a_row_that_survives_in_another_entity_is_held_to_the_law_too(toy: Toy) -> None:
    supplier = "mappings/supplier.yaml"
    toy.edit(supplier, "match: [TAX]", 'match: [TAX, "left(NAME, 2)"], into: [customer]')
    toy.edit(CUSTOMER, MATCH, 'match: [TAX, "left(NAME, 2)"]')
    toy.files[supplier] += "duplicates: {rule: SU-D, name: NAME, identity: TAX, valid: cn_uscc}\n"
    toy.write("supplier", [{"NR": "7", "NAME": "珠江物流", "TAX": B}, {"NR": "8", "NAME": "珠江航运", "TAX": B}])
    world = toy.world()
    create_target(world)
    snapshot = land(world)
    go(world, snapshot)
    cleanse_entity(world, snapshot, "supplier")
    map_entity(world, snapshot, "supplier")
    assert told(world, snapshot, "supplier") == [MERGED, MERGED]
    assert unlawful(world, snapshot, "supplier") == "1"


def test_a_record_of_many_rows_is_looked_at_by_somebody(toy: Toy) -> None:
    rows = [{"NR": f"{n}", "NAME": "华信上海", "TAX": A} for n in range(1, 12)]
    toy.write("customer", rows)
    world = toy.world()
    create_target(world)
    snapshot = land(world)
    go(world, snapshot)
    mapping = world.specification.mapping("customer")
    assert unlawful(world, snapshot) == "0"
    assert of(duplicate_checks(world, snapshot, mapping), "CLUSTERS", "customer").status == "fail"
    for n in range(2, 12):
        one, other = sorted(["1", str(n)])
        decide_pair(world, pair_of(world, one, other).pair_id, "same", by="sales")
    assert of(duplicate_checks(world, snapshot, mapping), "CLUSTERS", "customer").status == "pass"


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


def found_in(names: list[str], numbers: list[str] | None = None) -> set[tuple[int, int, bool]]:
    identities = pa.array(numbers or [""] * len(names), pa.string())
    pairs = likely_pairs(pa.array(names), identities, review=90, is_valid=is_uscc).to_pylist()
    return {(pair["first"], pair["second"], pair["automatic"]) for pair in pairs}


def test_legal_forms_and_characters_are_folded_to_find_and_not_to_join() -> None:
    assert found_in(["华信有限公司", "华信有限责任公司"], [A, A]) == {(0, 1, False)}
    assert found_in(["華信貿易有限公司", "华信贸易有限公司"], [A, A]) == {(0, 1, False)}
    assert found_in(["华信贸易有限公司", "华信贸易有限公司上海分公司"]) == set()
    assert found_in(["华信（上海）贸易", "华信(上海)贸易"], [A, A]) == {(0, 1, True)}
    assert found_in(["有限公司", "集团"]) == set()


def test_no_block_is_too_large_for_the_same_name_or_number() -> None:
    # 600 companies of one town: every one begins and ends like the others, and one name stands there twice.
    names = [f"上海市浦东{chr(0x4E00 + 3 * n)}{chr(0x5E00 + 7 * n)}国际贸易有限公司" for n in range(600)]
    assert (5, 600, False) in found_in([*names, names[5].replace("有限", "有限责任")])
    assert (7, 599, False) in found_in(
        [f"{name}{n}" for n, name in enumerate(names)], [B if n >= 7 else "" for n in range(600)]
    )


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


def test_no_more_pairs_are_scored_at_once_than_fit_into_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    names, nobody = pa.array([f"Huarui Precision {number}" for number in range(150)]), pa.nulls(150, pa.string())
    whole = likely_pairs(names, nobody, review=80)
    asked: list[int] = []
    score = duplicates._scores
    monkeypatch.setattr(duplicates, "_PAIRS_AT_ONCE", 2048)
    monkeypatch.setattr(duplicates, "_scores", lambda left, right: asked.append(len(left)) or score(left, right))
    assert likely_pairs(names, nobody, review=80).equals(whole) and len(whole) > 2048
    assert sum(asked) == 150 * 149 / 2 and max(asked) <= 2048
