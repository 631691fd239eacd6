"""Amounts and quantities: factors, rates, signs and sides, exact to the last digit and rounded only as told.

A factor or a rate is a fraction of two decimals. The product is exact; a quotient is cut at the target's scale, and its
remainder, exact too, decides how it is rounded. Nothing is ever rounded twice.
"""

from collections.abc import Iterable, Sequence
from decimal import Decimal

import pyarrow as pa
import pyarrow.compute as pc

from cutover.core.rules import CodeTable, Failure, Filled, fit, translate, translate_effective, truth, where_null
from cutover.core.types import DataType

_QUANTITY = DataType("decimal", precision=19, scale=6)
_FACTOR = DataType("decimal", precision=18, scale=9)
_ARROW_MODES = {"half_up": "half_towards_infinity", "half_even": "half_to_even", "down": "towards_zero"}


def convert_units(quantity: pa.Array, units: pa.Array, factors: CodeTable, wanted: DataType, rounding: str) -> Filled:
    """Multiply each quantity by the factor of its unit, and round only as told.

    An unknown unit fails (`no_factor`), as does a factor of zero; a quantity of more than 13 digits or 6 decimals
    fails, and without rounding a result with more decimals than the target holds (`does_not_fit`).

    Raises:
        ValueError: the quantities are no numbers.
    """
    found = translate(units, factors).values
    above, below = _fractions(found)
    failed = pc.and_(pc.is_valid(quantity), pc.or_(pc.is_null(above), _is_zero(above)))
    return _scaled(quantity, above, below, wanted, rounding, [("no_factor", failed)])


def convert_currency(
    amount: pa.Array, keys: pa.Array, days: pa.Array, rates: CodeTable, same: pa.BooleanArray,
    wanted: DataType, *, divide: bool, rounding: str,
) -> Filled:  # fmt: skip
    """Convert each amount by the rate that holds on its day; where `same` holds, the amount stays as it is.

    A missing rate fails (`no_rate`), as does a rate of zero, a missing day (`no_date`), and an amount that the target
    cannot hold (`does_not_fit`).

    Raises:
        ValueError: the amounts are no numbers, or the days are no dates.
    """
    found = translate_effective(keys, days, rates)
    rate = pc.if_else(same, pa.scalar(Decimal(1), _FACTOR.arrow), _fractions(found.values)[0])
    moves = pc.and_(pc.is_valid(amount), pc.invert(same))
    undated = pc.and_(moves, pc.is_null(days))
    missing = pc.and_(pc.and_(moves, pc.or_(pc.is_null(rate), _is_zero(rate))), pc.invert(undated))
    one = pa.repeat(pa.scalar(Decimal(1), _FACTOR.arrow), len(amount))
    above, below = (one, rate) if divide else (rate, one)
    return _scaled(amount, above, below, wanted, rounding, [("no_rate", missing), ("no_date", undated)])


def _fractions(texts: pa.Array) -> tuple[pa.Array, pa.Array]:
    """Read factors such as `0.001` or `1/3`, once per distinct text; returns what is above and below the line."""
    encoded = texts.dictionary_encode()
    pairs = [text.partition("/") for text in encoded.dictionary.to_pylist()]
    above = pa.array([Decimal(pair[0]) for pair in pairs], _FACTOR.arrow)
    below = pa.array([Decimal(pair[2] or 1) for pair in pairs], _FACTOR.arrow)
    return above.take(encoded.indices), below.take(encoded.indices)


def _is_zero(numbers: pa.Array) -> pa.BooleanArray:
    return truth(pc.equal(numbers, pa.scalar(Decimal(0), numbers.type)))


def _scaled(
    values: pa.Array,
    above: pa.Array,
    below: pa.Array,
    wanted: DataType,
    rounding: str,
    failures: list[Failure],
) -> Filled:
    """Return values * above / below in the wanted type."""
    failed = _any(failures, len(values))
    numbers = fit(where_null(values, failed), _QUANTITY)
    product = pc.multiply(numbers.values, above)
    whole = below.null_count == len(below) or pc.all(pc.equal(below, pa.scalar(Decimal(1), below.type))).as_py()
    if whole:
        if rounding != "none":
            product = pc.round(product, wanted.scale or 0, round_mode=_ARROW_MODES[rounding])
        result = fit(product, wanted)
    else:
        result = _quotient(product, below, wanted, rounding)
    return Filled(result.values, (*failures, *numbers.failures, *result.failures))


def _quotient(product: pa.Array, below: pa.Array, wanted: DataType, rounding: str) -> Filled:
    scale = wanted.scale or 0
    wide, divisor = product.cast(pa.decimal256(38, 15)), below.cast(pa.decimal256(18, 9))
    cut = pc.round(pc.divide(wide, divisor), scale, round_mode="towards_zero")
    limit = pa.scalar(Decimal(10 ** ((wanted.precision or 0) - scale)), pa.decimal256(39, 0))
    large = truth(pc.greater_equal(pc.abs(cut), limit))
    # One digit more than the target holds: the last place may still be carried.
    held = where_null(cut, large).cast(pa.decimal256(39, scale))
    rest = pc.subtract(wide, pc.multiply(held, divisor))
    unit = pa.scalar(Decimal(1).scaleb(-scale), pa.decimal256(39, scale))
    carried = _carried(held, rest, pc.multiply(divisor, unit), rounding, scale)
    up = pc.equal(pc.less(wide, Decimal(0)), pc.less(divisor, Decimal(0)))
    step = pc.if_else(up, unit, pc.negate(unit))
    result = pc.if_else(carried, pc.add(held, step).cast(pa.decimal256(40, scale)), held.cast(pa.decimal256(40, scale)))
    lost = pc.or_(large, truth(pc.not_equal(rest, Decimal(0)))) if rounding == "none" else large
    fitted = fit(where_null(result, lost), wanted)
    return Filled(fitted.values, (("does_not_fit", pc.or_(lost, _any(fitted.failures, len(result)))),))


def _carried(held: pa.Array, rest: pa.Array, full: pa.Array, rounding: str, scale: int) -> pa.BooleanArray:
    """Say where the last place goes up by one: the rest is more than half of it, or as much and told so."""
    if rounding in ("down", "none"):
        return pa.repeat(pa.scalar(False), len(held))
    twice = pc.abs(pc.add(rest, rest))
    more, half = truth(pc.greater(twice, pc.abs(full))), truth(pc.equal(twice, pc.abs(full)))
    if rounding == "half_up":
        return pc.or_(more, half)
    pair = pa.scalar(Decimal(2).scaleb(-scale), held.type)
    odd = truth(pc.not_equal(pc.round_to_multiple(held, pair, round_mode="towards_zero"), held))
    return pc.or_(more, pc.and_(half, odd))


def _any(failures: Iterable[Failure], rows: int) -> pa.BooleanArray:
    mask = pa.repeat(pa.scalar(False), rows)
    for _, found in failures:
        mask = pc.or_(mask, found)
    return mask


def signed(
    amount: pa.Array, indicator: pa.Array, *, debit: Sequence[str], credit: Sequence[str], positive: str
) -> Filled:
    """Give each amount the sign of its side; an indicator in neither list, or none at all, fails."""
    on_debit, on_credit = (
        truth(pc.is_in(indicator, value_set=pa.array(list(texts), pa.string()))) for texts in (debit, credit)
    )
    unknown = pc.and_(pc.is_valid(amount), pc.invert(pc.or_(on_debit, on_credit)))
    kept = on_debit if positive == "debit" else on_credit
    values = pc.if_else(kept, amount, pc.negate(amount))
    return Filled(where_null(values, unknown), (("unknown_indicator", unknown),))


def posting_side(amount: pa.Array, *, debit: bool, offset: bool) -> pa.Array:
    """Return one side of a posting of a signed amount: positive is a debit, on the offset line a credit."""
    signed = amount if debit != offset else pc.negate(amount)
    zero = pa.scalar(Decimal(0), amount.type)
    return pc.if_else(pc.greater(signed, zero), signed, zero)
