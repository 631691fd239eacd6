"""Compare two frames of one entity, key by key and cell by cell, exactly."""

from collections.abc import Sequence
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from cutover.core.rules import as_array

CELLS = pa.schema([("key", pa.string()), ("column", pa.string()), ("expected", pa.string()), ("actual", pa.string())])


@dataclass(frozen=True)
class Comparison:
    """What a comparison found; every key of either side is in exactly one of the four counts.

    cells: one line per differing cell. missing: expected keys that are not there. unexpected: keys nobody expected.
    """

    matched: int
    differing: int
    missing: tuple[str, ...]
    unexpected: tuple[str, ...]
    cells: pa.Table

    @property
    def compared(self) -> int:
        """How many keys were compared, those on one side only included."""
        return self.matched + self.differing + len(self.missing) + len(self.unexpected)

    def __add__(self, other: "Comparison") -> "Comparison":
        return Comparison(
            self.matched + other.matched,
            self.differing + other.differing,
            self.missing + other.missing,
            self.unexpected + other.unexpected,
            pa.concat_tables([self.cells, other.cells]),
        )


NOTHING = Comparison(0, 0, (), (), CELLS.empty_table())


class DuplicateKeys(ValueError):
    """A key stands more than once on one side, so nothing can be compared; the message names the side."""


def compare(expected: pa.Table, actual: pa.Table, key: str, columns: Sequence[str]) -> Comparison:
    """Compare two frames by a unique key; equal means equal type, equal value, null only with null.

    Raises:
        DuplicateKeys: a key occurs twice on one side. Nothing is compared.
    """
    for side, rows in (("expected", expected), ("actual", actual)):
        if len(pc.unique(rows[key])) != len(rows):
            raise DuplicateKeys(f"the {side} side repeats keys")
    place = pc.index_in(as_array(expected[key]), value_set=as_array(actual[key]))
    here = pc.is_valid(place)
    left, right = expected.filter(here), actual.take(place.filter(here))
    differs = [_differs(as_array(left[column]), as_array(right[column])) for column in columns]
    cells = [_cells(left, right, key, column, mask) for column, mask in zip(columns, differs, strict=True)]
    any_differs = _any(differs, len(left))
    wrong = pc.sum(any_differs).as_py() or 0
    unexpected = as_array(actual[key]).filter(
        pc.invert(pc.is_in(as_array(actual[key]), value_set=as_array(expected[key])))
    )
    return Comparison(
        matched=len(left) - wrong,
        differing=wrong,
        missing=_texts(as_array(expected[key]).filter(pc.invert(here))),
        unexpected=_texts(unexpected),
        cells=pa.concat_tables([CELLS.empty_table(), *cells]),
    )


def _differs(left: pa.Array, right: pa.Array) -> pa.BooleanArray:
    kind = right.type if pa.types.is_null(left.type) else left.type
    equal = pc.equal(left.cast(kind), right.cast(kind))
    both_null = pc.and_(pc.is_null(left), pc.is_null(right))
    return pc.invert(pc.coalesce(equal, both_null))


def _any(masks: Sequence[pa.BooleanArray], rows: int) -> pa.BooleanArray:
    result = pa.repeat(pa.scalar(False), rows)
    for mask in masks:
        result = pc.or_(result, mask)
    return result


def _cells(left: pa.Table, right: pa.Table, key: str, column: str, mask: pa.BooleanArray) -> pa.Table:
    names = as_array(left[key]).filter(mask).cast(pa.string())
    sides = [as_array(rows[column]).filter(mask).cast(pa.string()) for rows in (left, right)]
    return pa.table([names, pa.repeat(pa.scalar(column), len(names)), *sides], schema=CELLS)


def _texts(keys: pa.Array) -> tuple[str, ...]:
    return tuple(keys.cast(pa.string()).to_pylist())
