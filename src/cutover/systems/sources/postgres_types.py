"""The types of PostgreSQL: what each column lands as, and how it is selected.

numeric(p,s), integers, boolean, date, timestamptz   as they are; numbers and dates declared text: text
numeric without a precision, or wider than 38 digits  text, exact
real, double precision                                refused, unless declared: then its shortest text
timestamp without time zone                           text; in UTC where the mapping declares it a timestamp
char(n)                                               text without the blanks that pad it
bytea                                                 refused, unless declared as text: then hexadecimal
everything else (uuid, json, enum, time, money ...)   text
"""

from dataclasses import dataclass
from typing import Any

from psycopg2 import sql

from cutover.core.types import TEXT, DataType
from cutover.systems.sources.feed import Feed, refuse_binary, refuse_inexact

_EXACT = {
    16: "boolean",
    20: "integer",
    21: "integer",
    23: "integer",
    1082: "date",
    1184: "timestamp",
}
_TEXT = (18, 19, 25, 1043)
_BINARY, _NUMERIC, _MONEY, _NAIVE, _OID, _DATE = 17, 1700, 790, 1114, 26, 1082
_FLOAT = {700: "real", 701: "double precision"}


@dataclass(frozen=True)
class Column:
    """A column of a feed: the type it lands with, and how it is selected."""

    name: str
    type: DataType
    selected: sql.Composable


def column_of(feed: Feed, described: Any) -> Column:
    """Return a column from what the driver says of it.

    Raises:
        SourceError: it is not exact or binary, and is not declared.
    """
    name, oid, declared = described.name, described.type_code, feed.columns.get(described.name)
    itself: sql.Composable = sql.Identifier(name)
    if oid == _BINARY:
        if declared is None or declared.name != "text":
            raise refuse_binary(feed, name)
        return Column(name, TEXT, sql.SQL("encode({}, 'hex')").format(itself))
    if oid in _FLOAT and declared is None:
        raise refuse_inexact(feed, name, _FLOAT[oid])
    if oid in _FLOAT or oid == _MONEY:
        number = "({}::text::numeric)::text" if oid in _FLOAT else "({}::numeric)::text"
        return Column(name, TEXT, sql.SQL(number).format(itself))
    if oid in (_NUMERIC, _DATE) and declared is not None and declared.name == "text":
        # What such a type may hold and a number or a date may not (NaN, infinity, the year 12024) is left to a rule.
        return Column(name, TEXT, sql.SQL("({}::text)").format(itself))
    if oid == _NUMERIC and (numeric := _numeric(described.precision, described.scale)) is not None:
        return Column(name, numeric, itself)
    if oid == _NAIVE and declared is not None and declared.name == "timestamp":
        return Column(name, declared, sql.SQL("({} at time zone 'UTC')").format(itself))
    if oid == _OID:
        return Column(name, DataType("integer"), sql.SQL("({}::bigint)").format(itself))
    if oid in _EXACT:
        return Column(name, DataType(_EXACT[oid]), itself)  # type: ignore[arg-type]
    return Column(name, TEXT, itself if oid in _TEXT else sql.SQL("({}::text)").format(itself))


def _numeric(precision: int | None, scale: int | None) -> DataType | None:
    if precision is None or scale is None:
        return None
    # PostgreSQL allows numeric(2,-3) and numeric(3,5): digits before or after the point beyond the precision.
    scale = scale - 2048 if scale > 1024 else scale
    digits = max(precision, scale) if scale >= 0 else precision - scale
    return DataType("decimal", precision=digits, scale=max(scale, 0)) if digits <= 38 else None
