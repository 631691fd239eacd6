"""How far a task is: a line in its log every few seconds, with rows per second and the time that is left."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cutover.phases.world import Step


@dataclass
class ProgressLog:
    """Listen to progress and tell it in lines.

    say: takes a line. clock: seconds that only go forward.
    every: seconds between two lines of one entity; its last step is always told.
    """

    say: Callable[[str], None]
    clock: Callable[[], float] = time.monotonic
    every: float = 5.0
    _started: dict[tuple[str, str], float] = field(default_factory=dict)
    _told: dict[tuple[str, str], float] = field(default_factory=dict)
    _born: float = field(init=False)

    def __post_init__(self) -> None:
        self._born = self.clock()

    def __call__(self, step: "Step") -> None:
        """Tell a step, unless one of its entity was told a moment ago."""
        key, now = (step.phase, step.entity), self.clock()
        started = self._started.setdefault(key, max([self._born, *self._told.values()]))
        if now - self._told.get(key, started) >= self.every or step.done == step.total:
            self._told[key] = now
            self.say(tell(step, now - started))


def tell(step: "Step", seconds: float) -> str:
    """Write one step as a line; seconds: since the first row of this phase and entity."""
    rate = step.done / seconds if seconds > 0 else 0.0
    total = "" if step.total is None else f" of {step.total:,}"
    line = f"{step.phase} {step.entity}: {step.done:,}{total} {step.unit}, {rate:,.0f} {step.unit}/s"
    if step.total is None or step.done >= step.total or not rate:
        return line
    left = timedelta(seconds=round((step.total - step.done) / rate))
    return f"{line}, {left} left"
