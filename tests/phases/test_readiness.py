"""Readiness: no full load without a pilot on the same snapshot that was verified and taken back without a trace."""

from collections.abc import Sequence

import pytest
from small_world import NOW, SNAPSHOT, WAVE, changed

from cutover.core.verdicts import CheckResult
from cutover.errors import GateClosed, InputError
from cutover.phases.readiness import PROVEN, require_rehearsed_pilot
from cutover.phases.world import World
from cutover.systems import evidence, ledger
from cutover.systems.ledger import register_snapshot

ALL = ("category", "customer", "price")


def _pilot(
    world: World, *, kind: str = "pilot", snapshot: str = SNAPSHOT, entities: Sequence[str] = ALL, **statuses: str
) -> int:
    """Note a run that was taken back, and one result per gate; statuses: gate -> status, or `none` for no result."""
    with world.target.begin() as connection:
        register_snapshot(connection, snapshot, NOW, {"made": "by a test"})
        run_id = ledger.insert_run(
            connection, wave=WAVE, kind=kind, snapshot=snapshot, entities=entities, started_at=NOW,
            spec_sha256=world.specification.sha256, spec_files={}, package_version="0", params={},
        )  # fmt: skip
        assert run_id is not None
        for gate in PROVEN:
            status = statuses.get(gate, "pass")
            result = CheckResult("CHECK", None, status, "blocker")  # type: ignore[arg-type]
            of_run = None if gate == "mapping" else run_id
            if status != "none":
                evidence.record_checks(connection, gate, [result], run_id=of_run, snapshot=snapshot)
        ledger.end_run(connection, run_id, "rolled_back", NOW)
    return run_id


def test_the_newest_pilot_is_what_a_sign_off_rests_on(world):
    _pilot(world)
    newest = _pilot(world)
    _pilot(world, kind="full")
    assert require_rehearsed_pilot(world, wave=WAVE, snapshot=SNAPSHOT) == newest


def test_without_a_pilot(world):
    _pilot(world, kind="full")
    with pytest.raises(InputError, match="has no pilot on snapshot"):
        require_rehearsed_pilot(world, wave=WAVE, snapshot=SNAPSHOT)


def test_a_pilot_of_another_snapshot_proves_nothing(world):
    _pilot(world, snapshot="another")
    with pytest.raises(InputError, match="has no pilot on snapshot"):
        require_rehearsed_pilot(world, wave=WAVE, snapshot=SNAPSHOT)


def test_a_pilot_of_another_specification_proves_nothing(world):
    pilot = _pilot(world)
    mended = changed(world, **{"mappings/customer.yaml": "mended"})
    with pytest.raises(InputError, match="the specification of wave 'first' changed since its last pilot"):
        require_rehearsed_pilot(mended, wave=WAVE, snapshot=SNAPSHOT)
    assert _pilot(mended) > pilot
    assert require_rehearsed_pilot(world, wave=WAVE, snapshot=SNAPSHOT) == pilot


def test_a_pilot_proves_nothing_of_entities_that_it_did_not_hold(world):
    _pilot(world, entities=["category", "price"])
    with pytest.raises(InputError, match="held all of category, customer, price"):
        require_rehearsed_pilot(world, wave=WAVE, snapshot=SNAPSHOT)
    assert require_rehearsed_pilot(world, wave=WAVE, snapshot=SNAPSHOT, entities=["price"])


@pytest.mark.parametrize("gate", PROVEN)
@pytest.mark.parametrize("status", ["fail", "error", "not_run", "none"])
def test_each_gate_of_the_pilot_must_have_passed(world, gate, status):
    _pilot(world, **{gate: status})
    with pytest.raises(GateClosed, match=f"gate '{gate}' is closed"):
        require_rehearsed_pilot(world, wave=WAVE, snapshot=SNAPSHOT)


def test_a_second_pilot_makes_good_for_a_first_that_failed(world):
    _pilot(world, rehearsal="fail")
    second = _pilot(world)
    assert require_rehearsed_pilot(world, wave=WAVE, snapshot=SNAPSHOT) == second
