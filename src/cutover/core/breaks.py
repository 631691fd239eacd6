"""Breaks: differences between the two systems that keep one identity over all nights."""

import hashlib
from dataclasses import dataclass
from typing import Literal

ObservedType = Literal["missing_in_new", "missing_in_old", "value", "control_total"]


@dataclass(frozen=True)
class Break:
    """One difference; `field` is empty when a whole row is missing. Values stay in the ledger, never in a report."""

    entity: str
    business_key: str
    field: str
    observed_type: ObservedType
    expected: str | None = None
    actual: str | None = None

    @property
    def break_id(self) -> str:
        """The identity of a break, the same every night it is seen."""
        named = "\x1f".join((self.entity, self.business_key, self.field, self.observed_type))
        return hashlib.sha256(named.encode()).hexdigest()


@dataclass(frozen=True)
class Tally:
    """How the rows of one entity compared; what was compared is matched, explained or broken, never two of them."""

    entity: str
    matched: int = 0
    explained: int = 0
    broken: int = 0
    not_compared: int = 0

    @property
    def compared(self) -> int:
        """How many rows were compared."""
        return self.matched + self.explained + self.broken


def status_of(tallies: list[Tally], open_totals: int) -> Literal["clean", "not_clean", "invalid"]:
    """Judge a night: one that compared nothing, or left something uncompared, is invalid and never clean."""
    if sum(tally.compared for tally in tallies) == 0 or any(tally.not_compared for tally in tallies):
        return "invalid"
    return "not_clean" if open_totals or any(tally.broken for tally in tallies) else "clean"
