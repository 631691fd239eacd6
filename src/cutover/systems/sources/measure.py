"""What a manifest states of landed rows: counts, exact control totals, a keyed hash, suspicious characters.

The measure of two parts is the sum of their measures, so it does not depend on how rows are cut or ordered.
"""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from decimal import Context, Decimal
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from cutover.core.cleansing import read_typed
from cutover.core.expression import evaluate
from cutover.core.types import DataType

# Wide enough for the sum of any number of decimals of 38 digits: nothing is ever rounded.
_EXACT = Context(prec=150)
_WIDEST = 76
# Text that was decoded wrongly some time before we read it leaves these sequences (UTF-8).
MOJIBAKE = {
    "replacement": ("\ufffd",),
    "mojibake": ("锟斤拷", "烫烫烫", "\u00ef\u00bb\u00bf", "\u00e2\u20ac"),
}
_TWICE_ENCODED = (b"\xc3\x82\xc2", b"\xc3\x83\xc2")
_HASH = "('0x' || sha256(line)[:16])::ubigint"


@dataclass(frozen=True)
class Total:
    """Exact sum and extremes of a numeric column; `unread` counts texts that are no such number."""

    sum: Decimal = Decimal(0)
    minimum: Decimal | None = None
    maximum: Decimal | None = None
    unread: int = 0

    def __add__(self, other: "Total") -> "Total":
        return Total(
            _EXACT.add(self.sum, other.sum),
            _extreme(min, self.minimum, other.minimum),
            _extreme(max, self.maximum, other.maximum),
            self.unread + other.unread,
        )


@dataclass(frozen=True)
class Measure:
    """Counts, totals and hash of some rows.

    digest: sum over the rows of the first 8 bytes of SHA-256 of the row's canonical text, modulo 2^64.
    suspicious: column -> what -> cells or characters found.
    """

    rows: int = 0
    digest: int = 0
    nulls: Mapping[str, int] = field(default_factory=dict)
    totals: Mapping[str, Total] = field(default_factory=dict)
    suspicious: Mapping[str, int] = field(default_factory=dict)

    def __add__(self, other: "Measure") -> "Measure":
        return Measure(
            self.rows + other.rows,
            (self.digest + other.digest) % 2**64,
            add_counts(self.nulls, other.nulls),
            {
                name: self.totals.get(name, Total()) + other.totals.get(name, Total())
                for name in {**self.totals, **other.totals}
            },
            add_counts(self.suspicious, other.suspicious),
        )

    def as_manifest(self) -> dict[str, Any]:
        """Return the measure as JSON can hold it: decimals as text, the digest in hexadecimal."""
        totals = {
            name: {key: str(value) if isinstance(value, Decimal) else value for key, value in asdict(total).items()}
            for name, total in self.totals.items()
        }
        return {
            "rows": self.rows,
            "digest": f"{self.digest:016x}",
            "nulls": dict(self.nulls),
            "totals": totals,
            "suspicious": dict(self.suspicious),
        }


def add_counts(first: Mapping[str, int], second: Mapping[str, int]) -> dict[str, int]:
    """Add two tallies, name by name."""
    return {name: first.get(name, 0) + second.get(name, 0) for name in {**first, **second}}


def _extreme(choose: Callable[[list[Decimal]], Decimal], *values: Decimal | None) -> Decimal | None:
    known = [value for value in values if value is not None]
    return choose(known) if known else None


def measure(rows: pa.Table, declared: Mapping[str, DataType]) -> Measure:
    """Measure the source columns of some rows.

    declared: types of text columns after cleansing; texts that read as such a number count towards its total.
    """
    names = [name for name in rows.column_names if not name.startswith("_")]
    columns = {name: _whole(rows[name]) for name in names}
    return Measure(
        len(rows),
        digest_rows(columns, len(rows)),
        {name: column.null_count for name, column in columns.items()},
        {name: total for name in names if (total := _total(columns[name], declared.get(name))) is not None},
        _suspicious(columns),
    )


def _whole(column: pa.ChunkedArray) -> pa.Array:
    combined = column.combine_chunks()
    return combined if isinstance(combined, pa.Array) else pa.concat_arrays(combined.chunks)


def digest_rows(columns: Mapping[str, pa.Array], rows: int) -> int:
    """Hash rows without regard to their order.

    A row's canonical text is its cells in order, joined by colons: `-` for no value, a text behind its length
    in bytes and a colon, anything else as Arrow writes it, timestamps in UTC.
    """
    if not rows or not columns:
        return 0
    cells = []
    for column in columns.values():
        if pa.types.is_string(column.type):
            cells.append(pc.binary_length(column).cast(pa.string()))
        # Without its zone, which is UTC, a timestamp is written many times faster.
        plain = column.cast(pa.timestamp("us")) if pa.types.is_timestamp(column.type) else column
        cells.append(plain.cast(pa.string()))
    joined = pc.binary_join_element_wise(*cells, ":", null_handling="replace", null_replacement="-")
    (hashes,) = evaluate([_HASH], pa.table({"line": joined}))
    # Unsigned sums wrap at 2^64, which is the modulus.
    return int(hashes.to_numpy().sum(dtype=np.uint64))


def _total(column: pa.Array, declared: DataType | None) -> Total | None:
    if pa.types.is_decimal(column.type) or pa.types.is_integer(column.type):
        return _sum(column, 0)
    if pa.types.is_string(column.type) and declared is not None and declared.name in ("integer", "decimal"):
        values, failed = read_typed(column, declared)
        return _sum(values, pc.sum(failed).as_py() or 0)
    return None


def _sum(column: pa.Array, unread: int) -> Total:
    scale = column.type.scale if pa.types.is_decimal(column.type) else 0
    total = pc.sum(column.cast(pa.decimal256(_WIDEST, scale))).as_py()
    if total is None:
        return Total(unread=unread)
    extremes = pc.min_max(column).as_py()
    return Total(total, Decimal(extremes["min"]), Decimal(extremes["max"]), unread)


def _suspicious(columns: Mapping[str, pa.Array]) -> dict[str, int]:
    found = {}
    for name, column in columns.items():
        if pa.types.is_string(column.type):
            counts = count_suspicious(_bytes_of(column))
            found.update({f"{name}: {what}": count for what, count in counts.items() if count})
    return found


def _bytes_of(column: pa.Array) -> bytes:
    _, offsets, data = column.buffers()
    if data is None or not len(column):
        return b""
    ends = np.frombuffer(offsets, np.int32)
    return bytes(data.to_pybytes()[ends[column.offset] : ends[column.offset + len(column)]])


def count_suspicious(text: bytes) -> dict[str, int]:
    """Count what DMC-03 looks for in UTF-8 text: replacement characters, mojibake, control characters."""
    counts = {what: sum(text.count(mark.encode()) for mark in marks) for what, marks in MOJIBAKE.items()}
    counts["mojibake"] += sum(text.count(mark) for mark in _TWICE_ENCODED)
    low = np.frombuffer(text, np.uint8)
    low = low[low < 32]
    counts["control characters"] = int(np.count_nonzero(~np.isin(low, (9, 10, 13))))
    return counts
