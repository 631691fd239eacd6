"""What a terminal shows of a journey: a heading per phase, its entities with rows/s, its sign-offs, its time."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from cutover.cli.progress import Meter
from cutover.phases.progress import Sighting
from cutover.phases.world import Step
from cutover.runtime.api import ENDED, Airflow, DagRun, Question, TaskInstance
from cutover.runtime.failures import TRIGGERED_RUN
from cutover.runtime.signoffs import answer


@dataclass(frozen=True)
class Phase:
    """One step of a journey: the DAG that it runs, and how a person calls it."""

    dag_id: str
    title: str

    @property
    def task_id(self) -> str:
        """The journey's task that runs it."""
        return f"run_{self.dag_id.removeprefix('cutover_')}"


PHASES = (
    Phase("cutover_cleansing", "Land and cleanse"),
    Phase("cutover_mapping", "Map, and the gate"),
    Phase("cutover_pilot_migration", "Pilot, and the rehearsal of its rollback"),
    Phase("cutover_full_migration", "Full migration, and its verification"),
    Phase("cutover_dual_run", "One night of the dual run"),
)


@dataclass
class Chronicle:
    """Turns news into lines, each once and in order: phases by their tasks in Airflow, steps by the ledger's clock.

    say: takes a line. meter: shows steps.
    """

    say: Callable[[str], None]
    meter: Meter
    seconds: dict[str, float] = field(default_factory=dict)
    _begun: list[Phase] = field(default_factory=list)
    _done: set[tuple[str, str]] = field(default_factory=set)
    _open: dict[tuple[str, str], Sighting] = field(default_factory=dict)
    _gated: dict[str, int] = field(default_factory=dict)

    def tell(self, tasks: Sequence[TaskInstance], sightings: Iterable[Sighting]) -> None:
        """Tell what is new: the journey's tasks, and what the ledger heard of since the last call, oldest first."""
        started = {task.task_id: task for task in tasks if task.started is not None and task.state is not None}
        for sighting in sightings:
            self._begin(started, until=sighting.updated_at)
            self._step(sighting)
        self._begin(started)
        if self._begun and started[self._begun[-1].task_id].state in ENDED:
            self._end(started)

    def note(self, line: str) -> None:
        """Tell something else, behind all that came before it."""
        self._gate()
        self.say(line)

    def _begin(self, started: Mapping[str, TaskInstance], until: datetime | None = None) -> None:
        """Begin every phase that began, or began before `until`, after ending the one before it."""
        for phase in PHASES[len(self._begun) :]:
            task = started.get(phase.task_id)
            if task is None or task.started is None or (until is not None and task.started > until):
                return
            if self._begun:
                self._end(started)
            self._done.clear()
            self._begun.append(phase)
            self.say(f"\n{phase.title}")

    def _end(self, started: Mapping[str, TaskInstance]) -> None:
        """End the phase that began last, once: show what has no end of its own, and how long it took."""
        phase = self._begun[-1]
        task = started[phase.task_id]
        if phase.title in self.seconds or task.started is None:
            return
        self._gate()
        for sighting in self._open.values():
            self.meter.show(_whole(sighting.step), sighting.seconds)
        self._open.clear()
        self.seconds[phase.title] = ((task.ended or datetime.now(UTC)) - task.started).total_seconds()
        self.say(f"{phase.title}: {task.state} after {self.seconds[phase.title]:.0f} s")

    def _step(self, sighting: Sighting) -> None:
        step = sighting.step
        name = (step.phase, step.entity)
        if step.phase == "gate":
            self._gated[step.entity] = step.done
        elif name not in self._done:
            self._gate()
            self.meter.show(step, sighting.seconds)
            if step.total is None:
                self._open[name] = sighting
            elif step.done >= step.total:
                self._done.add(name)

    def _gate(self) -> None:
        """Tell the evaluation of a gate in one line: what it says of each entity is in the ledger."""
        if self._gated:
            self.meter.line(f"{'gate':8} {len(self._gated)} entities {sum(self._gated.values()):>26,} rows evaluated")
        self._gated.clear()


def _whole(step: Step) -> Step:
    return Step(step.phase, step.entity, step.done, step.done, step.unit)


@dataclass
class Follower:
    """Called at each look at the journey: tells what is new, and answers the sign-offs of this journey alone.

    read_sightings: what the ledger heard of after a moment, oldest first.
    """

    airflow: Airflow
    chronicle: Chronicle
    read_sightings: Callable[[datetime], list[Sighting]]
    since: datetime

    def __call__(self, run: DagRun, tasks: list[TaskInstance]) -> None:
        """Tell what is new, and answer what is asked."""
        sightings = self.read_sightings(self.since)
        self.since = max([self.since, *(sighting.updated_at for sighting in sightings)])
        self.chronicle.tell(tasks, sightings)
        for question in self.airflow.read_questions():
            if self._is_ours(question, run):
                self.chronicle.note(f"sign-off asked: {question.subject}: the demo answers Approve for you")
                answer(self.airflow, question, "Approve")

    def _is_ours(self, question: Question, run: DagRun) -> bool:
        task_id = next((phase.task_id for phase in PHASES if phase.dag_id == question.dag_id), None)
        triggered = self.airflow.read_xcom(run.dag_id, run.run_id, task_id, TRIGGERED_RUN) if task_id else None
        return triggered == question.run_id
