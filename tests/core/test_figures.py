"""Totals, breaks, pairs and verdicts: what adds up, and what closes a gate."""

from collections import defaultdict
from decimal import Decimal

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cutover.core.breaks import Break, Tally, status_of
from cutover.core.pairs import PairResult, pair_figures
from cutover.core.totals import Total, Totals, group_of
from cutover.core.verdicts import CheckResult, closing, must_equal, share_at_most

KINDS = st.sampled_from(["loaded", "merged", "dropped", "rejected", "target"])
LINES = st.lists(
    st.tuples(st.none() | st.sampled_from("ab"), KINDS, st.none() | st.decimals(-(10**15), 10**15, places=2)),
    max_size=30,
)


@given(lines=LINES, cut=st.integers(0, 30))
def test_totals_add_up_exactly_part_by_part(lines: list[tuple[str | None, str, Decimal | None]], cut: int) -> None:
    totals = Totals()
    for part in (lines[:cut], lines[cut:]):
        values = pa.array([value for _, _, value in part], pa.decimal128(18, 2))
        groups, kinds = (pa.array([line[place] for line in part], pa.string()) for place in (0, 1))
        totals.add(values, groups, kinds)
    sums: defaultdict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for group, kind, value in lines:
        sums[group or "", kind] += value or 0
    for total in totals.result():
        assert total.source == sum(sums[total.group, kind] for kind in ("loaded", "merged", "dropped", "rejected"))
        assert total.difference == sums[total.group, "target"] - sums[total.group, "loaded"]
    assert [total.group for total in totals.result()] == sorted({group or "" for group, _, _ in lines})


def test_ten_thousand_times_ten_cents_is_a_thousand() -> None:
    totals = Totals()
    totals.add(pa.array([Decimal("0.10")] * 10_000, pa.decimal128(5, 2)), None, "target")
    assert totals.result() == [Total("", target=Decimal("1000.00"))]


def test_the_group_of_a_target_row_is_that_of_its_source_row() -> None:
    source = pa.table({"_row": pa.array([5, 6, 7], pa.int64()), "C": pa.array(["x", None, "z"])})
    assert group_of(pa.array([7, 5, 6], pa.int64()), source, "C").to_pylist() == ["z", "x", None]  # type: ignore[union-attr]
    assert group_of(pa.array([7]), source, None) is None


def test_a_break_has_one_identity_whatever_its_values() -> None:
    one = Break("customer", "7", "erp.customer.name", "value", "a", "b")
    assert one.break_id == Break("customer", "7", "erp.customer.name", "value", "c", None).break_id
    others = [
        Break("supplier", "7", "erp.customer.name", "value"),
        Break("customer", "8", "erp.customer.name", "value"),
        Break("customer", "7", "", "value"),
        Break("customer", "7", "erp.customer.name", "missing_in_new"),
    ]
    assert len({one.break_id, *(other.break_id for other in others)}) == 5


@pytest.mark.parametrize(
    ("tallies", "totals", "status"),
    [
        ([], 0, "invalid"),
        ([Tally("a")], 0, "invalid"),
        ([Tally("a", matched=5), Tally("b", not_compared=1)], 0, "invalid"),
        ([Tally("a", broken=1), Tally("b", not_compared=1)], 0, "invalid"),
        ([Tally("a", matched=5, broken=1)], 0, "not_clean"),
        ([Tally("a", matched=5)], 1, "not_clean"),
        ([Tally("a", matched=5, explained=2)], 0, "clean"),
        ([Tally("a", explained=2)], 0, "clean"),
    ],
)
def test_a_night_that_compared_nothing_or_not_all_is_never_clean(
    tallies: list[Tally], totals: int, status: str
) -> None:
    assert status_of(tallies, totals) == status


def test_figures_are_paired_by_group_and_measure() -> None:
    old = {("1000", "rows"): Decimal(5), ("2000", "rows"): Decimal(3)}
    new = {("1000", "rows"): Decimal(4), ("3000", "rows"): Decimal(1)}
    results = pair_figures("open", old, new, {("1000", "rows"): Decimal(1)})
    assert [(r.group, r.difference, r.ties) for r in results] == [
        ("1000", 0, True),
        ("2000", 3, False),
        ("3000", -1, False),
    ]
    assert results[1].as_dict() == {
        "name": "open",
        "group": "2000",
        "measure": "rows",
        "old": 3,
        "new": 0,
        "explained": 0,
        "difference": 3,
    }
    assert PairResult("p", "g", "m", Decimal("1.00"), Decimal("1.0")).ties


@pytest.mark.parametrize(
    ("part", "whole", "limit", "status"),
    [
        (0, 0, "0", "not_applicable"),
        (1, 1000, "0.001", "pass"),
        (2, 1000, "0.001", "fail"),
        (1, 3, "0", "fail"),
        (0, 3, "0", "pass"),
    ],
)
def test_a_share_is_held_against_its_limit(part: int, whole: int, limit: str, status: str) -> None:
    result = share_at_most("REJECTS", "a", part, whole, Decimal(limit), severity="major", evidence={})
    assert (result.status, result.numerator, result.denominator) == (status, part, whole)


def test_two_figures_are_equal_or_not() -> None:
    assert must_equal("X", None, 1, 1).status == "pass"
    failed = must_equal("X", "a", 1, 2, severity="minor", why="so")
    assert (failed.status, failed.value, failed.threshold, failed.evidence) == ("fail", "1", "= 2", {"why": "so"})


@pytest.mark.parametrize("status", ["fail", "error", "not_run"])
@pytest.mark.parametrize("severity", ["blocker", "major"])
def test_what_failed_or_was_not_done_closes_a_gate(status: str, severity: str) -> None:
    bad = CheckResult("X", None, status, severity)  # type: ignore[arg-type]
    assert closing([CheckResult("Y", None, "pass", "blocker"), bad]) == [bad]


@pytest.mark.parametrize(("minors", "closes"), [(4, False), (5, True)])
def test_five_minors_close_a_gate(minors: int, closes: bool) -> None:
    results = [CheckResult(f"M{number}", None, "fail", "minor") for number in range(minors)]
    others = [CheckResult("W", None, "waived", "blocker"), CheckResult("N", None, "not_applicable", "major")]
    assert bool(closing([*results, *others])) == closes
