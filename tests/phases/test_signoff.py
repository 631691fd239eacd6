"""Sign-offs: a decision holds for the evidence that it was made on, and for nothing else."""

from typing import Any

import pytest
from tests.phases.moved import Moved, moved, original
from tests.phases.toy import WAVE, execute, rows

from cutover.core.verdicts import CheckResult
from cutover.errors import GateClosed
from cutover.phases.gate import MAPPING_GATE, gate_mapping
from cutover.phases.signoff import record_signoff, require_signoff
from cutover.phases.verify import VERIFY_GATE, verify_run
from cutover.systems import evidence

__all__ = ["moved", "original"]
GATE = "load"


def approve(moved: Moved, decision: Any = "approved") -> None:
    record_signoff(moved.world, moved.run_id, GATE, person="a person", decision=decision)


def record(moved: Moved, gate: str, **changed: Any) -> None:
    result = CheckResult(**{"check_id": "X", "entity": None, "status": "pass", "severity": "blocker", **changed})
    with moved.world.target.begin() as connection:
        evidence.record_checks(connection, gate, [result], run_id=moved.run_id, snapshot=None)


def test_nothing_goes_on_without_a_decision(moved: Moved) -> None:
    with pytest.raises(GateClosed, match=f"gate '{GATE}' of run {moved.run_id} is not approved: nobody decided"):
        require_signoff(moved.world, moved.run_id, GATE)


@pytest.mark.parametrize("decision", ["rejected", "timed_out"])
def test_only_an_approval_opens(moved: Moved, decision: str) -> None:
    approve(moved)
    approve(moved, decision)
    with pytest.raises(GateClosed, match=decision):
        require_signoff(moved.world, moved.run_id, GATE)
    approve(moved)
    require_signoff(moved.world, moved.run_id, GATE)


def test_an_approval_of_one_gate_opens_no_other(moved: Moved) -> None:
    approve(moved)
    with pytest.raises(GateClosed, match="nobody decided"):
        require_signoff(moved.world, moved.run_id, "rollback")


def test_an_approval_survives_the_same_evidence_found_again(moved: Moved) -> None:
    verify_run(moved.world, moved.run_id)
    approve(moved)
    verify_run(moved.world, moved.run_id)
    require_signoff(moved.world, moved.run_id, GATE)


@pytest.mark.parametrize(
    "changed",
    [
        {"status": "fail"},
        {"value": "2"},
        {"severity": "major"},
        {"evidence": {"keys": ["7"]}},
        {"message": "so"},
        {"check_id": "Y"},
    ],
)
def test_an_approval_is_void_when_the_evidence_changes(moved: Moved, changed: dict[str, Any]) -> None:
    record(moved, VERIFY_GATE)
    approve(moved)
    record(moved, VERIFY_GATE)
    require_signoff(moved.world, moved.run_id, GATE)
    record(moved, VERIFY_GATE, **changed)
    with pytest.raises(GateClosed, match="changed after the sign-off.*sign it off anew"):
        require_signoff(moved.world, moved.run_id, GATE)


def test_the_gate_of_the_snapshot_is_evidence_of_the_run(moved: Moved) -> None:
    approve(moved)
    [(snapshot,)] = rows(moved.world, "select snapshot_id from cutover.run")
    gate_mapping(moved.world, snapshot, WAVE)
    with pytest.raises(GateClosed, match="changed after the sign-off"):
        require_signoff(moved.world, moved.run_id, GATE)
    approve(moved)
    execute(moved.world, f"delete from cutover.check_result where gate = '{MAPPING_GATE}' and check_id = 'REPLAY'")
    with pytest.raises(GateClosed, match="changed after the sign-off"):
        require_signoff(moved.world, moved.run_id, GATE)
