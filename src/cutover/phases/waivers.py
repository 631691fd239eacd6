"""Waivers: what those who may decide let pass for a while, with a reason, and bound to the figure that they saw."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import numpy as np
from sqlalchemy import Connection

from cutover.core.checklist import never_waived
from cutover.core.verdicts import CheckResult
from cutover.errors import InputError
from cutover.phases.world import World
from cutover.systems import evidence
from cutover.systems.queries import run as query

# Who has to say yes, by severity; and for how many business days a major result may be let pass.
DECIDES = {"blocker": {"steering"}, "major": {"data owner", "project manager"}, "minor": set[str]()}
MAJOR_DAYS = 10
_WAIVABLE = ("fail", "not_run", "waived")


@dataclass(frozen=True)
class Waiver:
    """Why a check may stay as it is, what makes up for it, who decided (role -> person), and until when."""

    reason: str
    control: str
    approvers: dict[str, str]
    until: date


def evaluated(world: World, snapshot: str) -> list[tuple[str, int | None, CheckResult]]:
    """Return the latest result of each check on a snapshot, with its gate and its run."""
    with world.target.connect() as connection:
        rows = query(connection, "select_checks_of_snapshot", snapshot_id=snapshot).all()
    return [
        (
            row.gate,
            row.run_id,
            CheckResult(
                row.check_id, row.entity, row.status, row.severity, row.numerator, row.denominator, row.value or "",
                row.threshold or "", row.message, row.evidence,
            ),
        )
        for row in rows
    ]  # fmt: skip


def waive(world: World, snapshot: str, check_id: str, entity: str | None, waiver: Waiver) -> CheckResult:
    """Let the latest result of a check pass; returns it as it stands now.

    Raises:
        InputError: there is no such result, it needs no waiver or may have none, or its form is not kept: who decides,
            what makes up for it, until when.
    """
    found = [one for one in evaluated(world, snapshot) if (one[2].check_id, one[2].entity) == (check_id, entity)]
    if not found:
        of = f" of {entity}" if entity else ""
        raise InputError(
            f"{check_id}{of} was never evaluated on {snapshot}", fix="`cutover checklist` lists the checks"
        )
    gate, run_id, result = found[-1]
    problem = _refusal(result, waiver, world.now().date())
    if problem:
        raise InputError(f"{check_id} cannot be waived: {problem}", fix="mend what the check found, or the waiver")
    told = {
        "reason": waiver.reason, "control": waiver.control, "approvers": waiver.approvers,
        "until": waiver.until.isoformat(),
    }  # fmt: skip
    waived = replace(result, status="waived", evidence={**result.evidence, "waiver": told})
    with world.target.begin() as connection:
        evidence.record_checks(connection, gate, [waived], run_id=run_id, snapshot=snapshot)
    return waived


def _refusal(result: CheckResult, waiver: Waiver, today: date) -> str | None:
    if result.status not in _WAIVABLE:
        return f"its status is {result.status}"
    if never_waived(result.check_id):
        return "nobody may let it pass"
    lacking = sorted(DECIDES[result.severity] - {role for role, person in waiver.approvers.items() if person.strip()})
    if lacking or not waiver.approvers:
        return f"{' and '.join(lacking) or 'somebody'} must decide on a {result.severity} result"
    if not waiver.reason.strip():
        return "it needs a reason"
    if result.severity == "blocker" and not waiver.control.strip():
        return "a blocker needs a compensating control"
    if waiver.until < today:
        return f"{waiver.until} is over"
    if result.severity == "major" and np.busday_count(today, waiver.until) > MAJOR_DAYS:
        return f"a major result is waived for {MAJOR_DAYS} business days at most"
    return None


def with_waivers(
    world: World, connection: Connection, gate: str, snapshot: str, results: Iterable[CheckResult]
) -> list[CheckResult]:
    """Let pass what is waived: the same figure as the one that was seen, and the waiver has not expired."""
    waivers, today = evidence.list_waivers(connection, snapshot, gate), world.now().date()
    return [_under(result, waivers.get((result.check_id, result.entity)), today) for result in results]


def _under(result: CheckResult, found: tuple[str, dict[str, Any]] | None, today: date) -> CheckResult:
    if found is None or result.status not in _WAIVABLE or result.value != found[0] or is_over(found[1], today):
        return result
    return replace(result, status="waived", evidence={**result.evidence, "waiver": found[1]})


def is_over(waiver: dict[str, Any], today: date) -> bool:
    """Return whether a waiver has expired."""
    return date.fromisoformat(waiver["until"]) < today


def overdue(results: Sequence[CheckResult], today: date) -> list[CheckResult]:
    """Return stored results with those whose waiver has expired as the failures that they are."""
    return [
        replace(one, status="fail", message="its waiver has expired")
        if one.status == "waived" and is_over(one.evidence["waiver"], today)
        else one
        for one in results
    ]
