"""The exact text of a stored value, whatever the driver made of it."""

import datetime as dt
from decimal import Decimal
from typing import Any


def exact_text(value: Any) -> str | None:
    """Write a stored value as text: numbers exactly and without an exponent, ISO dates, `true` and `false`.

    A float becomes the shortest decimal that reads back as the same float, a whole one loses its `.0`.

    Raises:
        TypeError: the value is binary.
    """
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bytes | bytearray | memoryview):
        raise TypeError("binary")
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return format(Decimal(repr(value)), "f").removesuffix(".0")
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, dt.datetime):
        return value.isoformat(sep=" ")
    return value.isoformat() if isinstance(value, dt.date | dt.time) else str(value)
