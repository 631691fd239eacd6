"""The checklist of a snapshot: each item with what its checks said last."""

from collections.abc import Sequence
from dataclasses import dataclass

from cutover.core.checklist import CHECKLIST, Item, judge, status_of
from cutover.core.verdicts import CheckResult, Status
from cutover.phases.waivers import evaluated, overdue
from cutover.phases.world import World


@dataclass(frozen=True)
class Judged:
    """An item, its status, and for each of its lines the status and the checks that are not green."""

    item: Item
    status: Status
    lines: dict[str, tuple[Status, Sequence[CheckResult]]]


def judge_snapshot(world: World, snapshot: str) -> list[Judged]:
    """Judge every item by the latest results of a snapshot; what was never evaluated was not run."""
    results = overdue([result for _, _, result in evaluated(world, snapshot)], world.now().date())
    return [Judged(item, status_of(item, results), judge(item, results)) for item in CHECKLIST]
