"""Control totals: sums of money and quantities by group, exact, on the source's side by what became of the rows."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

import pyarrow as pa
import pyarrow.compute as pc

from cutover.core.rules import as_array
from cutover.core.types import type_of

ZERO = Decimal(0)


@dataclass(frozen=True)
class Total:
    """One control total of one group: source = loaded + merged + dropped + rejected, and target = loaded."""

    group: str
    loaded: Decimal = ZERO
    merged: Decimal = ZERO
    dropped: Decimal = ZERO
    rejected: Decimal = ZERO
    target: Decimal = ZERO

    @property
    def source(self) -> Decimal:
        """The sum over all source rows in scope."""
        return self.loaded + self.merged + self.dropped + self.rejected

    @property
    def difference(self) -> Decimal:
        """What the target holds beyond what was loaded; zero when it ties."""
        return self.target - self.loaded


class Totals:
    """Add up a control total part by part."""

    def __init__(self) -> None:
        self._sums: defaultdict[str, defaultdict[str, Decimal]] = defaultdict(lambda: defaultdict(lambda: ZERO))

    def add(self, values: pa.Array, groups: pa.Array | None, kinds: pa.Array | str) -> None:
        """Add values under their group and kind (an outcome, or `target`); empty values count as nothing.

        Raises:
            ValueError: the values are no exact numbers.
        """
        if type_of(values.type).name not in ("integer", "decimal"):
            raise ValueError(f"{type_of(values.type)} is no exact number")
        names = groups.cast(pa.string()) if groups is not None else pa.repeat(pa.scalar(""), len(values))
        kind = pa.repeat(pa.scalar(kinds), len(values)) if isinstance(kinds, str) else kinds
        wide = values.cast(pa.decimal128(38, getattr(values.type, "scale", 0)))
        frame = pa.table({"group": pc.fill_null(names, ""), "kind": kind, "value": wide})
        for line in frame.group_by(["group", "kind"]).aggregate([("value", "sum")]).to_pylist():
            self._sums[line["group"]][line["kind"]] += line["value_sum"] or ZERO

    def result(self) -> list[Total]:
        """Return the totals by group, in the order of the groups."""
        return [Total(group, **_known(kinds)) for group, kinds in sorted(self._sums.items())]


def _known(kinds: Mapping[str, Decimal]) -> dict[str, Decimal]:
    return {name: kinds[name] for name in ("loaded", "merged", "dropped", "rejected", "target") if name in kinds}


def group_of(numbers: pa.Array, source: pa.Table, column: str | None) -> pa.Array | None:
    """Return the group of each target row: the value of a source column in the row (`numbers`) that it came from."""
    if column is None:
        return None
    return as_array(source[column]).take(pc.index_in(numbers, value_set=as_array(source["_row"]))).cast(pa.string())
