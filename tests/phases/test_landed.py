"""The gate before cleansing: what was landed is one instant, readable, profiled, and under rules."""

from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest
from tests.phases.moved import toy
from tests.phases.test_scope import Gate, closed_by, landed
from tests.phases.toy import WAVE, Toy, of

from cutover.errors import GateClosed, InputError
from cutover.phases.land import land
from cutover.phases.landed import gate_landing
from cutover.phases.profile import PROFILES
from cutover.phases.world import World
from cutover.systems import datasets
from cutover.systems.staging import Dataset

__all__ = ["landed", "toy"]
CUSTOMER = "mappings/customer.yaml"
CRITICAL = [
    (CUSTOMER, "target: no, type: text(10),", "target: no, critical: true, type: text(10),"),
    ("mappings/supplier.yaml", "target: name, type: text(12),", "target: name, critical: true, type: text(12),"),
    ("mappings/order.yaml", "target: partner_id,", "target: partner_id, critical: true,"),
    ("mappings/line.yaml", "target: order_id,", "target: order_id, critical: true,"),
]


def test_a_sound_snapshot_passes_and_the_profiles_are_kept(landed: Gate, toy: Toy) -> None:
    results = landed(*CRITICAL)
    assert [(one.check_id, one.entity, one.status) for one in results if one.status != "pass"] == [
        *(("MASKS", entity, "not_applicable") for entity in ("customer", "supplier", "order", "line")),
        ("MASKED", "customer", "not_applicable"),
    ]
    profiled = of(results, "PROFILED", "customer")
    assert (profiled.numerator, profiled.denominator) == (10, 10)
    assert "<html" in Path(profiled.evidence["file"]).read_text(encoding="utf-8")


def test_a_critical_element_without_a_rule_closes_it(landed: Gate) -> None:
    """DMC-04: remove one rule of a critical element."""
    edit = (CUSTOMER, "target: name, type: text(12), required: true", "target: name, type: text(12), critical: true")
    found = closed_by(landed(*CRITICAL, edit), "RULES", "customer")
    assert (found.numerator, found.denominator, found.severity) == (1, 2, "major")
    assert found.message == "CU-2 has no rule of completeness"


def test_without_a_critical_element_nothing_was_asked(landed: Gate) -> None:
    assert closed_by(landed(*CRITICAL[1:]), "RULES", "customer").status == "not_run"


@pytest.mark.parametrize("text", ["锟斤拷", "caf\ufffd", "FranÃ§ois", "bell\x07"])
def test_text_that_was_misread_closes_it(landed: Gate, toy: Toy, monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    """DMC-03: what somebody else decoded wrongly before us, and control characters."""
    landed(*CRITICAL)
    toy.write("supplier", [{"NR": "1", "NAME": text}])
    world = toy.world()
    with pytest.raises(GateClosed, match="ENCODING supplier fail: [12]"):
        gate_landing(world, land(world), WAVE)


@pytest.mark.parametrize(("strange", "closes"), [(1, False), (2, True)])
def test_a_column_whose_shape_changed_since_the_last_extract_closes_it(
    landed: Gate, toy: Toy, strange: int, closes: bool
) -> None:
    """DMC-03: the share of the dominant mask may fall by five points, not by more."""
    landed(*CRITICAL)
    world = toy.world()
    snapshot = land(world)
    changed_profile(world, snapshot, "supplier")
    toy.write("supplier", [{"NR": "1-A" if n < strange else "7"} for n in range(20)])
    expected = pytest.raises(GateClosed, match="MASKS supplier fail: 1") if closes else nullcontext()
    with expected:
        gate_landing(world, land(world), WAVE)


def changed_profile(world: World, snapshot: str, entity: str) -> None:
    """Say of an extract that all its numbers were single digits."""
    columns = {"NR": {"rows": 100, "nulls": 0, "distinct": 9, "masks": [["9", 100]]}}
    world.staging.seal(Dataset(snapshot, PROFILES, entity), {"columns": columns})


def changed(world: World, snapshot: str, entity: str, **facts: Any) -> None:
    """Change what the manifest of a landed feed says."""
    raw = datasets.raw(snapshot, world.specification.mapping(entity).source)
    world.staging.seal(raw, {**world.staging.require(raw, phase="land"), **facts})


@pytest.mark.parametrize(
    ("facts", "told"), [({"instant": "later"}, "INSTANT.crm  fail: 1"), ({"ragged": 1}, "STRUCTURE line fail: 1")]
)
def test_feeds_of_two_instants_close_it(landed: Gate, toy: Toy, facts: dict[str, Any], told: str) -> None:
    """DMC-02: what refers to each other was read at one instant; DMC-03: no row that is ragged was lost."""
    landed(*CRITICAL)
    world = toy.world()
    snapshot = land(world)
    changed(world, snapshot, "line", **facts)
    with pytest.raises(GateClosed, match=told):
        gate_landing(world, snapshot, WAVE)


def test_what_was_not_landed_is_asked_for(landed: Gate, toy: Toy) -> None:
    landed(*CRITICAL)
    with pytest.raises(InputError, match="run `cutover land --snapshot nothing` first"):
        gate_landing(toy.world(), "nothing", WAVE)
