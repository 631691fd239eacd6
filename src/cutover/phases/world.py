"""The world a phase works in, passed as an argument: what to do, where things are, what time it is, who listens."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from time import sleep

from sqlalchemy import Engine

from cutover.project.specification import Specification
from cutover.systems.connections import Connect
from cutover.systems.simulated import SimulatedTarget
from cutover.systems.staging import Staging
from cutover.systems.target import open_target


@dataclass(frozen=True)
class Step:
    """How far a phase is with one entity: `done` of `total` rows (`total` is None while nobody knows)."""

    phase: str
    entity: str
    done: int
    total: int | None
    unit: str = "rows"


Progress = Callable[[Step], None]


def silent(_: Step) -> None:
    """Listen to progress and say nothing."""


@dataclass(frozen=True)
class World:
    """Everything a phase needs from outside; `now` returns an aware datetime, `wait` lets seconds pass."""

    specification: Specification
    staging: Staging
    connect: Connect
    now: Callable[[], datetime]
    progress: Progress = silent
    wait: Callable[[float], None] = sleep

    @cached_property
    def target(self) -> Engine:
        """The engine of the target, its ledger migrated to this version.

        Raises:
            InputError: there is no such connection. ConnectionLost: the target does not answer.
        """
        return open_target(self.connect(self.specification.project.target.connection))

    def within(self, target: SimulatedTarget) -> "World":
        """Return the same world with a target in which nothing stays."""
        world = replace(self)
        # Where cached_property keeps its value: every phase then finds this target instead of opening one.
        world.__dict__["target"] = target
        return world
