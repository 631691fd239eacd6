"""The types a column may have, written once and rendered for Arrow and for PostgreSQL.

Types are exact by construction: there is no floating point type, money and quantities are decimals with a declared
precision and scale, and a timestamp always carries its zone (it is kept in UTC).
"""

import re
from dataclasses import dataclass
from typing import Any, Literal

import pyarrow as pa

Name = Literal["text", "integer", "decimal", "boolean", "date", "timestamp"]

# What PostgreSQL lets a column have.
_LONGEST_TEXT = 10_485_760
_PATTERN = re.compile(r"(?P<name>[a-z]+)(?:\((?P<a>\d+)(?:\s*,\s*(?P<b>\d+))?\))?")
_ARITY: dict[str, tuple[int, ...]] = {
    "text": (0, 1), "integer": (0,), "decimal": (2,), "boolean": (0,), "date": (0,), "timestamp": (0,),
}  # fmt: skip
EXAMPLES = "text, text(40), integer, decimal(18,2), boolean, date, timestamp"


@dataclass(frozen=True)
class DataType:
    """A column type: `length` limits a text (characters), `precision` and `scale` a decimal (digits)."""

    name: Name
    length: int | None = None
    precision: int | None = None
    scale: int | None = None

    def __str__(self) -> str:
        if self.name == "decimal":
            return f"decimal({self.precision},{self.scale})"
        return f"text({self.length})" if self.length is not None else self.name

    @property
    def arrow(self) -> pa.DataType:
        """The Arrow type that staging holds."""
        return _ARROW[self.name] if self.name != "decimal" else pa.decimal128(self.precision, self.scale)

    @property
    def postgres(self) -> str:
        """The PostgreSQL type of a target column that takes every value of this type."""
        if self.name == "decimal":
            return f"numeric({self.precision},{self.scale})"
        return f"varchar({self.length})" if self.length is not None else _POSTGRES[self.name]


_ARROW: dict[str, pa.DataType] = {
    "text": pa.string(),
    "integer": pa.int64(),
    "boolean": pa.bool_(),
    "date": pa.date32(),
    "timestamp": pa.timestamp("us", tz="UTC"),
}
_POSTGRES = {
    "text": "text",
    "integer": "bigint",
    "boolean": "boolean",
    "date": "date",
    "timestamp": "timestamp with time zone",
}
TEXT = DataType("text")


def parse_type(text: str) -> DataType:
    """Read a type as it is written in a mapping, such as `decimal(18,2)`.

    Raises:
        ValueError: the text is no type; the message lists the types there are.
    """
    match = _PATTERN.fullmatch(text.strip())
    name = match["name"] if match else ""
    sizes = [int(size) for size in (match["a"], match["b"]) if size] if match else []
    if name not in _ARITY or len(sizes) not in _ARITY[name]:
        raise ValueError(f"{text!r} is no type; types are {EXAMPLES}")
    if name == "decimal":
        return _decimal(*sizes)
    if name == "text" and sizes and not 1 <= sizes[0] <= _LONGEST_TEXT:
        raise ValueError(f"{text}: a length is 1 to {_LONGEST_TEXT}; `text` alone has no limit")
    return DataType(name, length=sizes[0] if sizes else None)  # type: ignore[arg-type]


def _decimal(precision: int, scale: int) -> DataType:
    if not 1 <= precision <= 38 or scale > precision:
        raise ValueError(f"decimal({precision},{scale}): precision is 1 to 38 and scale at most the precision")
    return DataType("decimal", precision=precision, scale=scale)


def type_of(arrow: pa.DataType) -> DataType:
    """Return our type for an Arrow type that a source delivered.

    Raises:
        ValueError: the type is inexact (floating point) or one we do not carry.
    """
    if pa.types.is_decimal(arrow):
        return DataType("decimal", precision=arrow.precision, scale=arrow.scale)
    for name, matches in _RECOGNISED.items():
        if matches(arrow):
            return DataType(name)  # type: ignore[arg-type]
    raise ValueError(f"{arrow} is not exact or not supported; declare the column as one of {EXAMPLES}")


_RECOGNISED: dict[str, Any] = {
    "text": lambda t: pa.types.is_string(t) or pa.types.is_large_string(t),
    "integer": pa.types.is_integer,
    "boolean": pa.types.is_boolean,
    "date": pa.types.is_date,
    "timestamp": pa.types.is_timestamp,
}
