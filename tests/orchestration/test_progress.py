"""A line every few seconds, with the rate and what is left."""

from cutover.orchestration.progress import ProgressLog
from cutover.phases.world import Step


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def test_a_line_every_few_seconds_and_one_at_the_end() -> None:
    clock, lines = Clock(), list[str]()
    listen = ProgressLog(lines.append, clock)
    for seconds, done in enumerate(range(1000, 13_000, 1000), start=1):
        clock.now = 100.0 + seconds
        listen(Step("load", "customer", done, 12_000))
    assert lines == [
        "load customer: 5,000 of 12,000 rows, 1,000 rows/s, 0:00:07 left",
        "load customer: 10,000 of 12,000 rows, 1,000 rows/s, 0:00:02 left",
        "load customer: 12,000 of 12,000 rows, 1,000 rows/s",
    ]


def test_an_unknown_total_has_no_end() -> None:
    clock, lines = Clock(), list[str]()
    listen = ProgressLog(lines.append, clock)
    clock.now += 10
    listen(Step("land", "orders", 5_000, None))
    assert lines == ["land orders: 5,000 rows, 500 rows/s"]


def test_each_entity_has_a_rate_of_its_own() -> None:
    clock, lines = Clock(), list[str]()
    listen = ProgressLog(lines.append, clock)
    clock.now += 10
    listen(Step("land", "a", 100, 100))
    clock.now += 10
    listen(Step("land", "b", 1000, 1000))
    assert lines[-1] == "land b: 1,000 of 1,000 rows, 100 rows/s"


def test_nothing_done_in_no_time() -> None:
    lines = list[str]()
    ProgressLog(lines.append, Clock())(Step("map", "empty", 0, 0))
    assert lines == ["map empty: 0 of 0 rows, 0 rows/s"]
