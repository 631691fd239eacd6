"""Pilot: a small selection that is repeatable, holds every stratum, and needs nothing that is not in it."""

from typing import Any

import pytest
from tests.phases.moved import moved, original, toy
from tests.phases.toy import WAVE, Toy, execute, one, outcomes, rows, simple

from cutover.errors import GateClosed, InputError
from cutover.phases.load import load_entity
from cutover.phases.pilot import select_pilot
from cutover.phases.rehearsal import REHEARSAL_GATE, rehearse
from cutover.phases.runs import start_run
from cutover.phases.verify import verify_run
from cutover.phases.world import World
from cutover.systems import datasets

__all__ = ["moved", "original", "toy"]
CUSTOMER = "mappings/customer.yaml"


def begin(toy: Toy) -> tuple[World, str, int]:
    """Prepare everything and start a pilot."""
    world = toy.world()
    snapshot = toy.prepare(world)
    return world, snapshot, start_run(world, wave=WAVE, kind="pilot", snapshot=snapshot)


def chosen(world: World, snapshot: str, run_id: int, entity: str) -> list[int]:
    """The rows of an entity that were selected."""
    return list(world.staging.read(datasets.selection(snapshot, run_id, entity))["_row"].to_pylist())


def test_a_pilot_moves_a_share_of_each_stratum_and_all_that_it_needs(toy: Toy) -> None:
    simple(toy)
    world, snapshot, run_id = begin(toy)
    counts = select_pilot(world, run_id)
    for entity in world.specification.mappings:
        assert counts[entity] == len(chosen(world, snapshot, run_id, entity))
    _is_closed(world, snapshot, run_id)
    again = {entity: chosen(world, snapshot, run_id, entity) for entity in world.specification.mappings}
    assert select_pilot(world, run_id) == counts
    assert {entity: chosen(world, snapshot, run_id, entity) for entity in again} == again
    strata = {row["LAND"] for row in _clean(world, snapshot, "customer")}
    picked = chosen(world, snapshot, run_id, "customer")
    assert {row["LAND"] for row in _clean(world, snapshot, "customer") if row["_row"] in picked} == strata


def _clean(world: World, snapshot: str, entity: str) -> list[dict[str, Any]]:
    return list(world.staging.read(datasets.clean(snapshot, entity)).to_pylist())


def _is_closed(world: World, snapshot: str, run_id: int) -> None:
    picked = {entity: set(chosen(world, snapshot, run_id, entity)) for entity in world.specification.mappings}
    ids = {
        entity: {line["_id"] for line in outcomes(world, snapshot, entity) if line["_row"] in picked[entity]}
        for entity in picked
    }
    for entity, column, parents in [
        ("customer", "parent_id", ("customer",)),
        ("order", "partner_id", ("customer", "supplier")),
        ("line", "order_id", ("order",)),
    ]:
        known = set().union(*(ids[parent] for parent in parents))
        for row in world.staging.read(datasets.mapped(snapshot, entity)).to_pylist():
            if row["_row"] in picked[entity]:
                assert row[column] is None or row[column] in known
    for entity in ("customer", "supplier"):
        for line in outcomes(world, snapshot, entity):
            if line["_row"] in picked[entity] and line["survivor"]:
                of, number = line["survivor"].split("#")
                assert int(number) in picked[of]


def test_named_keys_are_in_with_their_parents_survivors_and_groups(toy: Toy) -> None:
    simple(toy)
    for file, edit in {
        CUSTOMER: ("pilot: {strata: [LAND], per_stratum: 1}", "pilot: {per_stratum: 0}"),
        "mappings/supplier.yaml": ("also:", "pilot: {per_stratum: 0}\nalso:"),
        "mappings/order.yaml": ("control:", "pilot: {per_stratum: 0}\ncontrol:"),
        "mappings/line.yaml": ("fields:", "pilot: {keys: [1|20, 2|10], per_stratum: 0}\nfields:"),
    }.items():
        toy.edit(file, *edit)
    world, snapshot, run_id = begin(toy)
    # The supplier with the key of a customer comes along: a reference may mean either until it is resolved.
    assert select_pilot(world, run_id) == {"line": 3, "order": 2, "supplier": 1, "customer": 3}
    assert chosen(world, snapshot, run_id, "line") == [0, 1, 2]  # 1|10 stands with 1|20
    assert chosen(world, snapshot, run_id, "customer") == [0, 1, 4]  # 1 and its survivor 2, which is 5's parent too


def test_a_pilot_is_loaded_verified_taken_back_and_proven(toy: Toy) -> None:
    simple(toy)
    world, _, run_id = begin(toy)
    counts = select_pilot(world, run_id)
    for entity in world.specification.entities(WAVE):
        assert load_entity(world, run_id, entity).read == counts[entity]
    verify_run(world, run_id)
    assert one(world, "select count(*) from app.partner") > 0
    assert rehearse(world, run_id, by_whom="a person").original_state
    assert one(world, "select count(*) from app.partner") == 0
    kept = rows(world, "select status, run_id from cutover.check_result where gate = :gate", gate=REHEARSAL_GATE)
    assert kept == [("pass", run_id)]


def test_a_rehearsal_that_was_killed_before_its_proof_was_kept_is_run_again(toy: Toy) -> None:
    simple(toy)
    world, _, run_id = begin(toy)
    select_pilot(world, run_id)
    for entity in world.specification.entities(WAVE):
        load_entity(world, run_id, entity)
    done = rehearse(world, run_id, by_whom="a person")
    execute(world, "delete from cutover.check_result")
    assert rehearse(world, run_id, by_whom="a person") == done
    assert rows(world, "select status from cutover.check_result") == [("pass",)]


def test_a_rehearsal_of_nothing_proves_nothing(toy: Toy) -> None:
    simple(toy)
    world, _, run_id = begin(toy)
    with pytest.raises(GateClosed, match=f"pilot run {run_id} had written no row"):
        rehearse(world, run_id, by_whom="a person")
    assert rows(world, "select status from cutover.check_result where gate = :gate", gate=REHEARSAL_GATE) == [
        ("not_run",)
    ]


def test_a_rehearsal_that_leaves_a_trace_closes_its_gate(toy: Toy) -> None:
    simple(toy)
    world, _, run_id = begin(toy)
    select_pilot(world, run_id)
    for entity in world.specification.entities(WAVE):
        load_entity(world, run_id, entity)
    execute(world, "insert into app.partner (id, no, name) values (900, 'hand', 'made')")
    with pytest.raises(GateClosed, match=f"after the rehearsal of run {run_id} the target is not what it was"):
        rehearse(world, run_id, by_whom="a person")
    assert rows(world, "select status from cutover.check_result where gate = :gate", gate=REHEARSAL_GATE) == [("fail",)]


def test_a_named_key_that_is_not_there_is_told(toy: Toy) -> None:
    simple(toy)
    toy.edit(CUSTOMER, "pilot: {strata", "pilot: {keys: ['2', '77'], strata")
    world, _, run_id = begin(toy)
    with pytest.raises(InputError, match="1 keys of the pilot of customer are not in the snapshot: 77"):
        select_pilot(world, run_id)


def test_only_a_pilot_is_selected_and_rehearsed(toy: Toy) -> None:
    simple(toy)
    world = toy.world()
    run_id = toy.load(world, toy.prepare(world))
    with pytest.raises(InputError, match="is no pilot"):
        select_pilot(world, run_id)
    with pytest.raises(InputError, match="is no pilot"):
        rehearse(world, run_id, by_whom="a person")
    assert one(world, "select count(*) from app.partner") == 3


def test_a_pilot_tries_every_branch_of_a_conditional(toy: Toy) -> None:
    simple(toy)
    phone = "{rule: CU-5, kind: copy, source: PHONE, target: phone, type: text(20)}"
    branches = """{rule: CU-5, kind: conditional, target: phone, type: text(20), else: reject,
     branches: [{when: "NR = '5'", value: five}, {when: "true", source: PHONE}]}"""
    toy.edit(CUSTOMER, phone, branches)
    toy.edit(CUSTOMER, "pilot: {strata: [LAND], per_stratum: 1}", "pilot: {per_stratum: 0}")
    world, snapshot, run_id = begin(toy)
    select_pilot(world, run_id)
    picked = chosen(world, snapshot, run_id, "customer")
    keys = {row["NR"] for row in _clean(world, snapshot, "customer") if row["_row"] in picked}
    assert "5" in keys and keys - {"5"}
