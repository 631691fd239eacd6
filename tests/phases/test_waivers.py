"""Waivers: by those who may, for what may be waived, for a while, and for the figure that was seen."""

from datetime import date, timedelta

import pytest
from tests.phases.moved import Moved, moved, original, toy
from tests.phases.toy import WAVE, execute, of

from cutover.core.checklist import CHECKLIST, Item, Line, judge, never_waived, status_of
from cutover.core.verdicts import CheckResult, Status
from cutover.errors import GateClosed, InputError
from cutover.phases.checklist import judge_snapshot
from cutover.phases.gate import gate_mapping
from cutover.phases.runs import read_run
from cutover.phases.waivers import Waiver, overdue, waive

__all__ = ["moved", "original", "toy"]
MONDAY = date(2024, 7, 1)  # the toy's clock stands on this day
STEERING = {"steering": "Wang Fang"}
BOTH = {"data owner": "Li Na", "project manager": "Wu Wei"}


def closed(moved: Moved) -> str:
    """Make a target column mandatory that no rule fills, so that the gate is closed by a blocker."""
    snapshot = read_run(moved.world, moved.run_id).snapshot_id
    execute(moved.world, "update app.role set note = ''; alter table app.role alter column note set not null")
    with pytest.raises(GateClosed, match="MANDATORY customer fail"):
        gate_mapping(moved.world, snapshot, WAVE)
    return snapshot


def waiver(approvers: dict[str, str] = STEERING, control: str = "filled by hand", days: int = 5) -> Waiver:
    return Waiver("agreed in the board", control, approvers, MONDAY + timedelta(days=days))


def test_a_waiver_opens_the_gate_until_it_expires_or_the_figure_changes(moved: Moved) -> None:
    snapshot = closed(moved)
    for entity in ("customer", "supplier"):
        waive(moved.world, snapshot, "MANDATORY", entity, waiver())
    results = gate_mapping(moved.world, snapshot, WAVE)
    found = of(results, "MANDATORY", "customer")
    assert found.status == "waived"
    assert found.evidence["waiver"]["approvers"] == STEERING
    expired = "jsonb_set(evidence, '{waiver,until}', '\"2024-06-30\"') where status = 'waived' and entity = 'customer'"
    execute(moved.world, f"update cutover.check_result set evidence = {expired}")  # noqa: S608 - a constant
    with pytest.raises(GateClosed, match="closed by 1 of"):
        gate_mapping(moved.world, snapshot, WAVE)
    waive(moved.world, snapshot, "MANDATORY", "customer", waiver())
    execute(moved.world, "alter table app.partner add column extra text not null default ''",
            "alter table app.partner alter column extra drop default")  # fmt: skip
    with pytest.raises(GateClosed, match="closed by 2 of"):
        gate_mapping(moved.world, snapshot, WAVE)


@pytest.mark.parametrize(
    ("told", "problem"),
    [
        (waiver(approvers=BOTH), "steering must decide on a blocker result"),
        (waiver(approvers={"steering": " "}), "steering must decide"),
        (waiver(control=""), "a blocker needs a compensating control"),
        (waiver(days=-1), "2024-06-30 is over"),
        (Waiver("", "x", STEERING, MONDAY), "it needs a reason"),
    ],
)
def test_a_waiver_keeps_its_form(moved: Moved, told: Waiver, problem: str) -> None:
    snapshot = closed(moved)
    with pytest.raises(InputError, match=problem):
        waive(moved.world, snapshot, "MANDATORY", "customer", told)
    with pytest.raises(GateClosed):
        gate_mapping(moved.world, snapshot, WAVE)


def test_what_nobody_may_let_pass_and_what_passes_is_not_waived(moved: Moved) -> None:
    snapshot = read_run(moved.world, moved.run_id).snapshot_id
    gate_mapping(moved.world, snapshot, WAVE)
    execute(moved.world, "update cutover.check_result set status = 'fail' where check_id = 'REPLAY'",
            "update cutover.check_result set status = 'fail' where check_id = 'REJECTS'",
            "update cutover.check_result set status = 'error' where check_id = 'ORDER'")  # fmt: skip
    for check, told, problem in (
        ("REPLAY", waiver(), "nobody may let it pass"),
        ("COVERAGE", waiver(), "its status is pass"),
        ("ORDER", waiver(), "its status is error"),
        ("NOTHING", waiver(), "was never evaluated"),
        ("REJECTS", waiver(BOTH, days=15), "10 business days at most"),
        ("REJECTS", waiver({"data owner": "Li"}), "project manager must decide"),
    ):
        with pytest.raises(InputError, match=problem):
            waive(moved.world, snapshot, check, "customer", told)
    assert waive(moved.world, snapshot, "REJECTS", "customer", waiver(BOTH, days=14)).status == "waived"


def test_an_expired_waiver_is_the_failure_that_it_was() -> None:
    result = CheckResult("A", None, "waived", "major", evidence={"waiver": {"until": "2024-06-30"}})
    assert [one.status for one in overdue([result], date(2024, 6, 30))] == ["waived"]
    assert [one.status for one in overdue([result], MONDAY)] == ["fail"]


# --- the checklist ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("statuses", "expected"),
    [
        (["pass", "fail"], "fail"), (["pass", "error", "fail"], "error"), (["pass", "not_run"], "not_run"),
        (["pass", "waived"], "waived"), (["pass", "not_applicable"], "pass"), ([], "not_run"),
    ],
)  # fmt: skip
def test_an_item_is_as_good_as_its_worst_check(statuses: list[Status], expected: Status) -> None:
    item = Item("X", "", "", "", "blocker", (Line("a", ("A",)), Line("b", ("B.C",), optional=True)), ())
    results = [CheckResult(f"A.{place}", None, status, "blocker") for place, status in enumerate(statuses)]
    assert status_of(item, results) == expected
    assert judge(item, results)["b"][0] == "not_applicable"


def test_every_item_of_the_scope_is_there_and_some_are_never_waived() -> None:
    numbers = [*range(1, 11), 12, 13, 18]
    assert [item.id for item in CHECKLIST] == [f"DMC-{number:02}" for number in numbers]
    assert {item.id for item in CHECKLIST if not item.waivable} == {"DMC-02", "DMC-06"}
    assert (
        never_waived("CONSERVED")
        and never_waived("COUNT.app.partner")
        and never_waived("RAW")
        and never_waived("REPLAY")
        and not never_waived("REJECTS")
    )


def test_the_checklist_of_a_snapshot_tells_what_was_never_asked(moved: Moved) -> None:
    snapshot = read_run(moved.world, moved.run_id).snapshot_id
    gate_mapping(moved.world, snapshot, WAVE)
    judged = {one.item.id: one.status for one in judge_snapshot(moved.world, snapshot)}
    assert {name for name, status in judged.items() if status == "not_run"} == {
        "DMC-01", "DMC-02", "DMC-03", "DMC-04", "DMC-05",
    }  # fmt: skip
    assert {status for status in judged.values()} == {"not_run", "pass"}
