"""Pairs of control totals: the same figure asked of the old and of the new system, by group."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from decimal import Decimal
from typing import Any


@dataclass(frozen=True)
class PairResult:
    """One figure of one group in both systems; `explained` is what stays behind by rule (dropped, merged, rejected)."""

    name: str
    group: str
    measure: str
    old: Decimal
    new: Decimal
    explained: Decimal = Decimal(0)

    @property
    def difference(self) -> Decimal:
        """What is neither in the new system nor explained."""
        return self.old - self.new - self.explained

    @property
    def ties(self) -> bool:
        """Whether the two systems agree, to the last digit."""
        return self.difference == 0

    def as_dict(self) -> dict[str, Any]:
        """Return the figures for the ledger, the difference among them."""
        return asdict(self) | {"difference": self.difference}


Figures = Mapping[tuple[str, str], Decimal]


def pair_figures(name: str, old: Figures, new: Figures, explained: Figures) -> list[PairResult]:
    """Pair the figures of both sides by (group, measure); one that stands on one side only is zero on the other."""
    keys: Sequence[tuple[str, str]] = sorted({*old, *new})
    zero = Decimal(0)
    return [
        PairResult(name, *key, old=old.get(key, zero), new=new.get(key, zero), explained=explained.get(key, zero))
        for key in keys
    ]
