"""Progress that others can watch: what a worker tells its ledger, and what a terminal reads there."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import Engine

from cutover.errors import CutoverError
from cutover.phases.world import Step, World
from cutover.systems.queries import run

EVERY = timedelta(seconds=1)


@dataclass
class LedgerProgress:
    """Listens to a phase and writes its steps into the ledger, at most one per entity and second.

    What comes first of an entity is timed from the end of what came before it in this process.
    """

    target: Callable[[], Engine]
    now: Callable[[], datetime]
    _told: dict[tuple[str, str], datetime] = field(default_factory=dict)
    _started: dict[tuple[str, str], datetime] = field(default_factory=dict)
    _last: datetime = field(init=False)

    def __post_init__(self) -> None:
        self._last = self.now()

    def __call__(self, step: Step) -> None:
        """Write one step; a ledger that cannot be reached now does not disturb the work."""
        name, at = (step.phase, step.entity), self.now()
        is_last = step.total is not None and step.done >= step.total
        if not is_last and name in self._told and at - self._told[name] < EVERY:
            return
        self._told[name] = at
        started = self._started.setdefault(name, self._last)
        self._last = at if is_last else self._last
        try:
            with self.target().begin() as connection:
                values = {"phase": step.phase, "entity": step.entity, "done": step.done, "total": step.total}
                run(connection, "upsert_progress", None, at=at, started_at=started, unit=step.unit, **values)
        except CutoverError:
            return


@dataclass(frozen=True)
class Sighting:
    """A step as read from the ledger: since when the phase is at it, and when it was last heard of."""

    step: Step
    started_at: datetime
    updated_at: datetime

    @property
    def seconds(self) -> float:
        """How long the phase has been at this entity."""
        return (self.updated_at - self.started_at).total_seconds()


def watch_progress(world: World, since: datetime) -> list[Sighting]:
    """Return the steps that the ledger heard of after `since`, the latest last."""
    with world.target.connect() as connection:
        rows = run(connection, "list_progress", since=since).all()
    return [Sighting(Step(r.phase, r.entity, r.done, r.total, r.unit), r.started_at, r.updated_at) for r in rows]
