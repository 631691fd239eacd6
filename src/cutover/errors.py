"""Every way Cutover can fail, as one tree: what the caller can do decides the class.

    CutoverError                 anything we raise on purpose; prints "problem. Fix: …"
    ├── TerminalError            trying again changes nothing; Airflow fails the task without a retry
    │   ├── SpecificationError   a project file is wrong; carries every finding with file:line:column
    │   ├── InputError           a parameter, a path or a command is wrong
    │   ├── SourceError          the legacy data cannot be read as declared (encoding, ragged row, missing column)
    │   ├── TargetError          the target refuses what we would load, or is not what the mapping expects
    │   ├── SpecificationChanged the specification changed under a run that already loaded something
    │   ├── GateClosed           a gate failed, could not be evaluated, or was not run
    │   ├── NotConserved         rows or money do not balance: the run has failed
    │   ├── RollbackConflict     somebody changed what we loaded; nothing was overwritten
    │   └── RuntimeSetupError    the local servers cannot be started (port in use, no binaries, no right to write)
    └── TransientError           the world may be better in a minute; Airflow retries the task
        ├── ConnectionLost       a database or file store did not answer
        └── Busy                 another worker holds the batch, the wave or the lock

Messages name counts, keys, columns and rules, never the values of a row: a value may be personal data.
"""

from collections.abc import Callable, Sequence
from typing import Any


class CutoverError(Exception):
    """A failure with a problem, facts and the way out.

    problem: one sentence without a full stop at its end.
    fix: what the reader can do next, in the imperative.
    facts: names and counts shown in brackets (run, entity, batch, rule); never personal values.
    """

    def __init__(self, problem: str, *, fix: str = "", **facts: Any) -> None:
        super().__init__(problem)
        self.problem = problem
        self.fix = fix
        self.facts = facts

    def __str__(self) -> str:
        facts = ", ".join(f"{name} {value}" for name, value in self.facts.items())
        text = f"{self.problem} ({facts})" if facts else self.problem
        return f"{text}. Fix: {self.fix}" if self.fix else text

    def __reduce__(self) -> tuple[Callable[..., "CutoverError"], tuple[Any, ...]]:
        # Airflow moves errors between processes; keyword arguments would be lost by the default.
        return _rebuild, (type(self), self.problem, self.fix, self.facts)


def _rebuild(kind: type[CutoverError], problem: str, fix: str, facts: dict[str, Any]) -> CutoverError:
    return kind(problem, fix=fix, **facts)


class TerminalError(CutoverError):
    """Trying again changes nothing: somebody has to mend the cause first."""


class SpecificationError(TerminalError):
    """A project file is wrong; `problem` holds one line per finding, each with file:line:column and its mend."""


class InputError(TerminalError):
    """A parameter, a path or a command is wrong."""


class SourceError(TerminalError):
    """The legacy data cannot be read as declared."""


class TargetError(TerminalError):
    """The target refuses what we would load, or is not what the mapping expects."""


class SpecificationChanged(TerminalError):
    """The specification changed under a run that already loaded something."""


class GateClosed(TerminalError):
    """A gate failed, could not be evaluated, or was not run; `results` holds every check, where it is raised."""

    results: Sequence[Any] = ()


class NotConserved(TerminalError):
    """Rows or money do not balance: the run has failed."""


class RollbackConflict(TerminalError):
    """Somebody changed what we loaded since; nothing was overwritten."""


class RuntimeSetupError(TerminalError):
    """The local servers cannot be started."""


class TransientError(CutoverError):
    """The world may be better in a minute: try again."""


class ConnectionLost(TransientError):
    """A database or file store did not answer."""


class Busy(TransientError):
    """Another worker holds the batch, the wave or the lock."""
