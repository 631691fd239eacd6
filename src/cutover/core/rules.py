"""The mapping rules: what turns clean columns into one target column, vectorised and without a guess.

Each rule returns a `Filled`: the values, and for each way it can fail the rows in which it did, with a reason code. A
rule never repairs and never rounds unless it was told how.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import pyarrow as pa
import pyarrow.compute as pc

from cutover.core.cleansing import read_typed
from cutover.core.types import TEXT, DataType, type_of

JOINER = "|"
Failure = tuple[str, pa.BooleanArray]
FOREVER = (date.min, date.max)


@dataclass(frozen=True)
class Filled:
    """The values of a target column, null where the rule failed; `failures` are (reason code, where)."""

    values: pa.Array
    failures: tuple[Failure, ...] = ()


def as_array(column: pa.Array | pa.ChunkedArray) -> pa.Array:
    """Return one contiguous array."""
    return column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column


def where_null(values: pa.Array, mask: pa.BooleanArray) -> pa.Array:
    """Return the values with null where the mask holds."""
    return pc.if_else(mask, pa.scalar(None, values.type), values)


def truth(mask: pa.Array | pa.ChunkedArray) -> pa.BooleanArray:
    """Return a condition as a mask: an unknown (null) condition does not hold."""
    return pc.fill_null(as_array(mask).cast(pa.bool_()), False)


# --- types -----------------------------------------------------------------------------------------------------------


def fit(values: pa.Array, wanted: DataType | None) -> Filled:
    """Give values the type of their target column; what does not fit exactly fails (`too_long`, `does_not_fit`).

    Raises:
        ValueError: values of this kind never have that type, or have none that we carry.
    """
    if pa.types.is_null(values.type):
        return Filled(values.cast((wanted or TEXT).arrow))
    # Without a declared type the values keep theirs, in the one form of it that staging holds (a 32 bit number in 64).
    target = wanted or type_of(values.type)
    return _FITTING[target.name](values, target)


def _fit_text(values: pa.Array, wanted: DataType) -> Filled:
    texts = values.cast(pa.string())
    if wanted.length is None:
        return Filled(texts)
    long = truth(pc.greater(pc.utf8_length(texts), wanted.length))
    return Filled(where_null(texts, long), (("too_long", long),))


def _fit_decimal(values: pa.Array, wanted: DataType) -> Filled:
    given = type_of(values.type)
    if given.name == "text":
        return _fit_exactly(values, wanted)
    if given.name not in ("decimal", "integer"):
        raise ValueError(f"{given} is never {wanted}")
    if _holds(wanted, given):
        return Filled(values.cast(wanted.arrow))
    # Widest first: the comparisons below must neither overflow nor round.
    wide = pa.decimal256(76, 38)
    numbers = values.cast(wide)
    inexact = truth(pc.not_equal(pc.round(numbers, wanted.scale), numbers))
    limit = pa.scalar(Decimal(10 ** ((wanted.precision or 0) - (wanted.scale or 0)) - 1), wide)
    failed = pc.or_(inexact, truth(pc.greater(pc.abs(pc.trunc(numbers)), limit)))
    return Filled(where_null(numbers, failed).cast(wanted.arrow), (("does_not_fit", failed),))


def _holds(wanted: DataType, given: DataType) -> bool:
    """Say whether every value of one decimal type fits another without a look at the values."""
    digits = [(kind.precision or 0) - (kind.scale or 0) for kind in (wanted, given)]
    return given.name == "decimal" and digits[0] >= digits[1] and (wanted.scale or 0) >= (given.scale or 0)


# What may become what, apart from texts. Arrow would also read a number as the days since 1970; nobody means that.
_CONVERTIBLE = [("boolean", "integer"), ("integer", "boolean"), ("date", "timestamp"), ("timestamp", "date")]


def _fit_exactly(values: pa.Array, wanted: DataType) -> Filled:
    if values.type == wanted.arrow:
        return Filled(values)
    given = type_of(values.type)
    if given.name == "text":
        read, failed = read_typed(values.cast(pa.string()), wanted)
        return Filled(read, (("does_not_fit", failed),))
    if given.name != wanted.name and (given.name, wanted.name) not in _CONVERTIBLE:
        raise ValueError(f"{given} is never {wanted}")
    # There and back again: what does not come back as it was has lost something on the way.
    converted = values.cast(wanted.arrow, safe=False)
    failed = truth(pc.not_equal(converted.cast(values.type, safe=False), values))
    return Filled(where_null(converted, failed), (("does_not_fit", failed),))


def _fit_integer(values: pa.Array, wanted: DataType) -> Filled:
    if pa.types.is_uint64(values.type):
        values = values.cast(pa.decimal128(20, 0))
    if not pa.types.is_decimal(values.type):
        return _fit_exactly(values, wanted)
    whole = _fit_decimal(values, DataType("decimal", precision=18, scale=0))
    return Filled(whole.values.cast(pa.int64()), whole.failures)


_FITTING: dict[str, Callable[[pa.Array, DataType], Filled]] = {
    "text": _fit_text,
    "decimal": _fit_decimal,
    "integer": _fit_integer,
    "boolean": _fit_exactly,
    "date": _fit_exactly,
    "timestamp": _fit_exactly,
}


# --- crosswalks ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class CodeTable:
    """A crosswalk ready for use: joined source codes, their targets, and the days for which each holds."""

    codes: tuple[str, ...]
    targets: tuple[str, ...]
    days: tuple[tuple[date, date], ...]


def join_key(columns: Sequence[pa.Array]) -> pa.Array:
    """Join the parts of a key by `|`; null when a part is null."""
    parts = [column.cast(pa.string()) for column in columns]
    return parts[0] if len(parts) == 1 else pc.binary_join_element_wise(*parts, JOINER)


def translate(codes: pa.Array, table: CodeTable) -> Filled:
    """Translate each code; null stays null, a code without an entry fails (`no_entry`)."""
    found = pc.index_in(codes, value_set=pa.array(table.codes, pa.string()), skip_nulls=True)
    failed = pc.and_(pc.is_valid(codes), pc.is_null(found))
    return Filled(pa.array(table.targets, pa.string()).take(found), (("no_entry", failed),))


def translate_effective(codes: pa.Array, days: pa.Array, table: CodeTable) -> Filled:
    """Translate each code by the entry that holds on its day; a gap (`no_entry`) and a missing day (`no_date`) fail.

    Raises:
        ValueError: the days are no dates.
    """
    if type_of(days.type).name != "date":
        raise ValueError(f"{type_of(days.type)} is no date")
    undated = pc.and_(pc.is_valid(codes), pc.is_null(days))
    pairs = pa.table({"code": codes, "day": days}).group_by(["code", "day"], use_threads=False).aggregate([])
    spans = _spans(table)
    targets = [_effective(spans, pair["code"], pair["day"]) for pair in pairs.to_pylist()]
    # One text per pair, because Arrow looks up single columns only.
    found = pc.index_in(_pair(codes, days), value_set=_pair(as_array(pairs["code"]), as_array(pairs["day"])))
    values = pa.array(targets, pa.string()).take(found)
    failed = pc.and_(pc.and_(pc.is_valid(codes), pc.is_null(values)), pc.invert(undated))
    return Filled(values, (("no_entry", failed), ("no_date", undated)))


def _pair(codes: pa.Array, days: pa.Array) -> pa.Array:
    texts = [pc.fill_null(column.cast(pa.string()), "") for column in (codes, days)]
    return pc.binary_join_element_wise(*texts, "\x1f")


def _spans(table: CodeTable) -> dict[str, list[tuple[date, date, str]]]:
    spans: dict[str, list[tuple[date, date, str]]] = {}
    for code, target, (first, last) in zip(table.codes, table.targets, table.days, strict=True):
        spans.setdefault(code, []).append((first, last, target))
    return spans


def _effective(spans: Mapping[str, Iterable[tuple[date, date, str]]], code: str | None, day: date | None) -> str | None:
    if code is None or day is None:
        return None
    return next((target for first, last, target in spans.get(code, ()) if first <= day <= last), None)


# --- references ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class KeyIndex:
    """The rows of one entity by source key: the target key of each (a number or a text), and what became of it."""

    keys: pa.Array
    ids: pa.Array
    outcomes: pa.Array


def resolve(keys: pa.Array, indexes: Sequence[KeyIndex], *, optional: bool) -> Filled:
    """Find the target key of each reference, in the first index that knows it.

    A reference to a row that was merged yields its survivor's key. What fails: an empty reference that is not optional
    (`no_reference`), one that nobody knows (`no_parent`), one to a row that does not move (`parent_rejected`,
    `parent_dropped`).
    """
    ids = pa.nulls(len(keys), indexes[0].ids.type)
    outcomes = pa.nulls(len(keys), pa.string())
    for index in indexes:
        found = pc.index_in(keys, value_set=index.keys, skip_nulls=True)
        ids = pc.coalesce(ids, index.ids.take(found))
        outcomes = pc.coalesce(outcomes, index.outcomes.take(found))
    empty, missing = pc.is_null(keys), pc.is_null(ids)
    stayed = [(f"parent_{outcome}", truth(pc.equal(outcomes, outcome))) for outcome in ("rejected", "dropped")]
    unknown = pc.and_(pc.and_(missing, pc.is_valid(keys)), pc.is_null(outcomes))
    failures = [("no_parent", unknown), *((reason, pc.and_(mask, missing)) for reason, mask in stayed)]
    if not optional:
        failures.append(("no_reference", empty))
    return Filled(ids, tuple(failures))


# --- computed --------------------------------------------------------------------------------------------------------


def default_where(values: pa.Array, condition: pa.BooleanArray, default: pa.Scalar) -> Filled:
    """Put the default where the condition holds."""
    return Filled(pc.if_else(condition, default, values))


def constant(value: str | int | bool | Decimal | None, wanted: DataType | None, rows: int) -> pa.Array:
    """Repeat one declared value in the type of its column.

    Raises:
        ValueError: the value does not fit the type.
    """
    if value is None:
        return pa.nulls(rows, (wanted or TEXT).arrow)
    text = str(value).lower() if isinstance(value, bool) else str(value)
    single = fit(pa.array([text], pa.string()), wanted)
    if single.values.null_count:
        raise ValueError(f"the value does not fit {wanted}")
    return pa.repeat(single.values[0], rows)
