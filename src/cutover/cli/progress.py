"""Progress in a terminal: one line per entity with rows, rows/s and the time that is left."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from rich.console import Console
from rich.control import Control
from rich.segment import ControlType

from cutover.phases.world import Step

EVERY_SECONDS = 0.5


def format_step(step: Step, seconds: float) -> str:
    """Write one step: rows so far, rows per second, and the time left where the total is known."""
    rate = step.done / seconds if seconds > 0 else 0.0
    text = f"{step.phase:8} {step.entity:29} {step.done:>10,} {step.unit}"
    if step.total is not None and step.total > step.done and rate > 0:
        text += f" of {step.total:,}  ETA {(step.total - step.done) / rate:,.0f} s"
    return f"{text}  {rate:>10,.0f} {step.unit}/s" if step.done else text


@dataclass
class Meter:
    """Listens to the phases; redraws a line while an entity is under way, and leaves one line when it is done.

    What comes first of an entity is timed from the end of what came before it.
    """

    console: Console
    is_live: bool
    clock: Callable[[], float] = time.monotonic
    _started: dict[tuple[str, str], float] = field(default_factory=dict)
    _ended: set[tuple[str, str]] = field(default_factory=set)
    _last: float = field(init=False)
    _drawn: float = 0.0

    def __post_init__(self) -> None:
        self._last = self.clock()

    def __call__(self, step: Step) -> None:
        """Show a step of this process."""
        name, now = (step.phase, step.entity), self.clock()
        started = self._started.setdefault(name, self._last)
        if step.total is not None and step.done >= step.total:
            self._last = now
            if name in self._ended:
                return
            self._ended.add(name)
        self.show(step, now - started)

    def show(self, step: Step, seconds: float) -> None:
        """Show a step that has taken so long; between two redraws at least half a second passes."""
        now = self.clock()
        if step.total is not None and step.done >= step.total:
            self.line(format_step(step, seconds))
        elif self.is_live and now - self._drawn >= EVERY_SECONDS:
            self._drawn = now
            self._clear()
            self.console.print(format_step(step, seconds), highlight=False, end="\r")

    def line(self, text: str) -> None:
        """Leave a line, in the place of the one that is redrawn."""
        self._clear()
        self.console.print(text, highlight=False, soft_wrap=True)

    def _clear(self) -> None:
        if self.is_live:
            self.console.control(Control(ControlType.CARRIAGE_RETURN, (ControlType.ERASE_IN_LINE, 2)))
