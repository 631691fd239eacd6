"""Throttling: never faster than declared, and no slower than needed."""

from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis.strategies import integers, lists

from cutover.systems.sources.throttle import throttle


class Clock:
    """A clock that moves when somebody waits or works."""

    def __init__(self) -> None:
        self.seconds, self.waited = 0.0, 0.0

    def now(self) -> datetime:
        return datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=self.seconds)

    def work(self, seconds: float) -> None:
        self.seconds += seconds

    def wait(self, seconds: float) -> None:
        assert seconds > 0
        self.waited += seconds
        self.seconds += seconds


def block(rows: int) -> pa.Table:
    return pa.table({"a": pa.nulls(rows)})


@given(sizes=lists(integers(0, 5000), min_size=1), rate=integers(1, 10_000))
def test_rows_never_come_faster_than_declared(sizes: list[int], rate: int) -> None:
    clock, rows = Clock(), 0
    for each in throttle(map(block, sizes), rate, clock.now, clock.wait):
        # What came before had its time; only this block may be early.
        assert rows <= rate * clock.seconds + 0.01 * rate
        rows += len(each)
    assert rows == sum(sizes)
    assert clock.seconds == pytest.approx(rows / rate, abs=0.01)


def test_time_that_the_work_took_is_not_waited_for_again() -> None:
    clock = Clock()
    for _ in throttle([block(100)] * 3, 100, clock.now, clock.wait):
        clock.work(0.75)
    assert clock.waited == pytest.approx(0.75)
