"""The cells of a workbook as text: what a person sees in them, exactly, column by column.

Excel keeps numbers as binary floating point and shows 15 digits of them, so the text of a number is the shortest
decimal of at most 15 digits. What that loses, and what was lost before, is counted or named.
"""

import datetime as dt
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from cutover.core.cells import DIGITS, cell_text
from cutover.core.cells import LONG as LONG_NUMBER

LONG = "numbers of 16 digits or more"
ROUNDED = "numbers of more than 15 digits, landed with the 15 that Excel shows"
# Excel believes that 1900 was a leap year: before March its dates are one day off, and 29 February never was.
_FIRST_DATE = dt.date(1900, 3, 1)


def column_text(column: Sequence[Any]) -> pa.Array:
    """Return the texts of a column's cells, None where a cell is empty."""
    if set(map(type, column)) <= {str}:
        texts = pa.array(column, pa.string())
        return pc.if_else(pc.equal(texts, ""), pa.scalar(None, pa.string()), texts)
    return pa.array(map(cell_text, column), pa.string())


def find_long(column: Sequence[Any]) -> Iterator[int]:
    """Yield the places of numbers with so many digits that Excel has lost some."""
    return _places(column, lambda cell: abs(cell) >= LONG_NUMBER, int, float)


def find_early(column: Sequence[Any]) -> Iterator[int]:
    """Yield the places of dates that Excel counts wrongly: those before 1 March 1900."""

    def is_early(cell: Any) -> bool:
        return (cell.date() if isinstance(cell, dt.datetime) else cell) < _FIRST_DATE

    return _places(column, is_early, dt.date, dt.datetime)


def _places(column: Sequence[Any], test: Callable[[Any], bool], *kinds: type) -> Iterator[int]:
    if not set(map(type, column)).isdisjoint(kinds):
        yield from (place for place, cell in enumerate(column) if type(cell) in kinds and test(cell))


def describe_column(column: Sequence[Any]) -> Counter[str]:
    """Count a column's cells by what they are: number, number as text, text, date, rounded."""
    counts: Counter[str] = Counter()
    for kind, found in Counter(map(type, column)).items():
        if kind in (int, float):
            counts["number"] += found
        if kind in (dt.date, dt.datetime):
            counts["date"] += found
    counts["rounded"] = sum(map(_is_rounded, (cell for cell in column if type(cell) is float)))
    texts = [cell for cell in column if type(cell) is str and cell]
    counts["number as text"] = sum(map(_is_number, texts))
    counts["text"] = len(texts) - counts["number as text"]
    return counts


@lru_cache(maxsize=1 << 16)
def _is_rounded(cell: float) -> bool:
    # 0.1 + 0.2 and such: the text reads back as another number. Long numbers are counted by themselves.
    return abs(cell) < LONG_NUMBER and float(format(cell, DIGITS)) != cell


@lru_cache(maxsize=1 << 16)
def _is_number(text: str) -> bool:
    try:
        return Decimal(text.strip()).is_finite()
    except InvalidOperation:
        return False


def suspicions(counts: dict[str, Counter[str]]) -> dict[str, int]:
    """Return what is suspicious in columns of these counts: what -> cells."""
    found = {ROUNDED: sum(count["rounded"] for count in counts.values())}
    for name, count in counts.items():
        if count["number"] and count["text"]:
            found[f"{name}: numbers among texts, whose leading zeros would be lost"] = count["number"]
        if count["number"] and count["number as text"]:
            found[f"{name}: numbers stored as text among numbers"] = count["number as text"]
        if count["date"] and (count["number"] or count["number as text"] or count["text"]):
            found[f"{name}: dates among other values, some of which Excel may have made itself"] = count["date"]
    return {what: cells for what, cells in found.items() if cells}
