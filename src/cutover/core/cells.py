"""A cell of a workbook as text: what a person sees in it, exactly."""

import datetime as dt
from decimal import Decimal
from functools import lru_cache
from typing import Any

LONG = 1e15  # numbers from here on have more than the 15 digits that Excel keeps
DIGITS = ".15g"
MASKED = "***"  # stands for a value that is personal data


@lru_cache(maxsize=1 << 16, typed=True)
def cell_text(cell: Any) -> str | None:
    """Return the text of a cell: numbers with the 15 digits that Excel shows, ISO dates, `true` and `false`.

    An empty text is an empty cell; a span of time is hours:minutes:seconds.
    """
    if isinstance(cell, str) or cell is None:
        return cell or None
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float):
        # A negative zero equals zero, so one would answer for the other from the cache; Excel shows both as 0.
        text = format(cell or 0.0, DIGITS)
        return format(Decimal(text), "f") if "e" in text else text
    if isinstance(cell, dt.timedelta):
        return _span(cell)
    if isinstance(cell, dt.datetime):
        return cell.isoformat(sep=" ")
    return cell.isoformat() if isinstance(cell, dt.date | dt.time) else str(cell)


def _span(cell: dt.timedelta) -> str:
    seconds, rest = divmod(abs(cell), dt.timedelta(seconds=1))
    fraction = f".{rest.microseconds:06}".rstrip("0") if rest else ""
    sign = "-" if cell < dt.timedelta(0) else ""
    return f"{sign}{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}{fraction}"
