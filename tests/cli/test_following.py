"""The terminal of a demo, from scripted news: headings in order, each line once, one line per gate."""

import io
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from rich.console import Console

from cutover.cli.following import PHASES, Chronicle, Follower
from cutover.cli.progress import Meter
from cutover.phases.progress import Sighting
from cutover.phases.world import Step
from cutover.runtime.api import DagRun, Question, TaskInstance

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


def at(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def task(number: int, state: str, begin: float, end: float | None = None) -> TaskInstance:
    return TaskInstance(PHASES[number].task_id, -1, state, 1, None, at(begin), at(end) if end else None)


def seen(when: float, phase: str, entity: str, done: int, total: int | None) -> Sighting:
    return Sighting(Step(phase, entity, done, total), at(when - 1), at(when))


class Terminal:
    """A chronicle, and the lines that it told."""

    def __init__(self) -> None:
        self.text = io.StringIO()
        console = Console(file=self.text, width=140)
        self.chronicle = Chronicle(lambda line: print(line, file=self.text), Meter(console, is_live=False))

    @property
    def lines(self) -> list[str]:
        return [" ".join(line.split()) for line in self.text.getvalue().splitlines() if line]


def test_a_look_that_sees_two_phases_tells_each_step_under_its_own() -> None:
    terminal = Terminal()
    news = [seen(5, "land", "kna", 10, 10), seen(9, "cleanse", "customer", 10, 10), seen(25, "map", "customer", 8, 8)]
    terminal.chronicle.tell([task(0, "success", 1, 12), task(1, "deferred", 20)], news)
    assert terminal.lines == [
        PHASES[0].title,
        "land kna 10 rows 10 rows/s",
        "cleanse customer 10 rows 10 rows/s",
        f"{PHASES[0].title}: success after 11 s",
        PHASES[1].title,
        "map customer 8 rows 8 rows/s",
    ]
    assert terminal.chronicle.seconds == {PHASES[0].title: 11}


def test_later_looks_repeat_nothing() -> None:
    terminal = Terminal()
    for state in ("running", "deferred", "deferred", "success", "success"):
        end = 9 if state == "success" else None
        terminal.chronicle.tell([task(0, state, 1, end)], [seen(5, "land", "kna", 10, 10)])
    assert terminal.lines == [PHASES[0].title, "land kna 10 rows 10 rows/s", f"{PHASES[0].title}: success after 8 s"]


def test_a_step_under_way_is_told_when_it_is_done() -> None:
    terminal = Terminal()
    terminal.chronicle.tell([task(0, "deferred", 1)], [seen(5, "land", "kna", 10, 30)])
    assert terminal.lines == [PHASES[0].title]
    terminal.chronicle.tell([task(0, "deferred", 1)], [seen(6, "land", "kna", 30, 30)])
    assert terminal.lines[1:] == ["land kna 30 rows 30 rows/s"]


def test_a_gate_is_one_line() -> None:
    terminal = Terminal()
    gates = [seen(5 + n, "gate", entity, 100, 100) for n, entity in enumerate(("customer", "order"))]
    terminal.chronicle.tell([task(0, "success", 1, 2), task(1, "deferred", 3)], gates[:1])
    terminal.chronicle.tell([task(0, "success", 1, 2), task(1, "success", 3, 9)], gates)
    assert terminal.lines[-2:] == ["gate 2 entities 200 rows evaluated", f"{PHASES[1].title}: success after 6 s"]


def test_a_sign_off_stands_behind_the_gate_that_came_before_it() -> None:
    terminal = Terminal()
    terminal.chronicle.tell([task(0, "deferred", 1)], [seen(5, "gate", "customer", 100, 100)])
    terminal.chronicle.note("sign-off asked")
    assert terminal.lines[1:] == ["gate 1 entities 100 rows evaluated", "sign-off asked"]


def test_what_has_no_known_total_is_told_at_the_end_of_its_phase() -> None:
    terminal = Terminal()
    terminal.chronicle.tell([task(0, "deferred", 1)], [seen(5, "compare", "customer", 5, None)])
    terminal.chronicle.tell([task(0, "success", 1, 9)], [seen(8, "compare", "customer", 9, None)])
    assert terminal.lines[1:] == ["compare customer 9 rows 9 rows/s", f"{PHASES[0].title}: success after 8 s"]


class Asking:
    """An Airflow in which two sign-offs wait: the journey's, and one of somebody else."""

    def __init__(self) -> None:
        questions = [(PHASES[3].dag_id, "mine"), (PHASES[3].dag_id, "theirs"), ("cutover_rollback", "mine")]
        self.questions = [
            Question(dag_id, run_id, "ask", -1, run_id, "", ("Approve",), "awaiting_input", 1)
            for dag_id, run_id in questions
        ]

    def read_questions(self) -> list[Question]:
        return self.questions

    def read_xcom(self, dag_id: str, run_id: str, task_id: str, key: str) -> str | None:
        return "mine" if (dag_id, run_id, task_id) == ("journey", "j1", PHASES[3].task_id) else None


def test_only_the_sign_offs_of_this_journey_are_answered(monkeypatch: pytest.MonkeyPatch) -> None:
    answered: list[tuple[str, str]] = []
    note = lambda airflow, question, option: answered.append((question.dag_id, question.run_id))  # noqa: E731
    monkeypatch.setattr("cutover.cli.following.answer", note)
    follow = Follower(Asking(), Terminal().chronicle, lambda since: [], NOON)  # type: ignore[arg-type]
    follow(DagRun("journey", "j1", "running", None, None), [])
    assert answered == [(PHASES[3].dag_id, "mine")]


def test_what_was_seen_is_not_asked_for_again() -> None:
    asked: list[datetime] = []
    airflow = SimpleNamespace(read_questions=lambda: [])

    def read(since: datetime) -> list[Sighting]:
        asked.append(since)
        return [seen(5, "land", "kna", 1, 2), seen(7, "land", "kna", 2, 2)]

    follow = Follower(airflow, Terminal().chronicle, read, NOON)  # type: ignore[arg-type]
    for _ in range(2):
        follow(DagRun("journey", "j1", "running", None, None), [task(0, "deferred", 1)])
    assert asked == [NOON, at(7)]
