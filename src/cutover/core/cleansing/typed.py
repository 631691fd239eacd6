"""Reading canonical texts as the declared types of their columns."""

from collections.abc import Callable

import pyarrow as pa
import pyarrow.compute as pc

from cutover.core.cleansing.remedy import Texts
from cutover.core.types import DataType


def read_typed(texts: Texts, data_type: DataType) -> tuple[pa.Array, pa.BooleanArray]:
    """Read canonical texts as a type: ISO dates, plain numbers with a point, `true` and `false`.

    Returns the values (null where a text is no value of the type) and where that was so. Nothing is rounded: a number
    with more decimals than the scale holds is no value of the type.
    """
    if data_type.name == "text":
        return texts, pa.repeat(pa.scalar(False), len(texts))
    valid = _READABLE[data_type.name](texts, data_type)
    failed = pc.and_(pc.is_valid(texts), pc.invert(pc.fill_null(valid, False)))
    readable = pc.if_else(failed, pa.scalar(None, pa.string()), texts)
    return _plain(readable, data_type).cast(data_type.arrow), failed


def _plain(texts: Texts, data_type: DataType) -> Texts:
    """Take away what Arrow cannot read though it means nothing: a plus, and zeros behind the last decimal place."""
    if data_type.name not in ("integer", "decimal"):
        return texts
    zeros = f"(\\.[0-9]{{{data_type.scale or 0}}})0+$"
    if not pc.any(pc.match_substring_regex(texts, f"^\\+|{zeros}")).as_py():
        return texts
    unsigned = pc.replace_substring_regex(texts, "^\\+", "")
    return pc.replace_substring_regex(unsigned, zeros, "\\1")


def _matches_number(texts: Texts, data_type: DataType) -> pa.BooleanArray:
    whole = (data_type.precision or 0) - (data_type.scale or 0)
    # At least one digit before the point may be written even where the type holds none: 0.5 as decimal(1,1). SQL Server
    # writes none: .5 is as plain as 0.5, but a lone point is no number.
    digits = f"0*[0-9]{{1,{whole}}}" if whole else "0+"
    scale = data_type.scale or 0
    bare = f"|\\.[0-9]{{1,{scale}}}0*" if scale else ""
    return pc.match_substring_regex(texts, f"^[+-]?({digits}(\\.[0-9]{{0,{scale}}}0*)?{bare})$")


def _matches_timestamp(texts: Texts, _: DataType) -> pa.BooleanArray:
    hour, minute = "([01][0-9]|2[0-3])", "[0-5][0-9]"
    day, zone = "[0-9]{4}-[0-9]{2}-[0-9]{2}", f"(Z|[+-]{hour}:?{minute})"
    shape = f"^{day}[T ]{hour}:{minute}(:{minute}(\\.[0-9]{{1,6}})?)?{zone}$"
    return pc.and_(pc.match_substring_regex(texts, shape), _is_date(pc.utf8_slice_codeunits(texts, 0, 10)))


def _is_date(texts: Texts) -> pa.BooleanArray:
    shaped = pc.match_substring_regex(texts, "^[0-9]{4}-[0-9]{2}-[0-9]{2}$")
    year, month, day = (
        pc.if_else(shaped, pc.utf8_slice_codeunits(texts, start, stop), "1").cast(pa.int32())
        for start, stop in ((0, 4), (5, 7), (8, 10))
    )
    leap = pc.and_(
        pc.equal(_modulo(year, 4), 0),
        pc.or_(pc.not_equal(_modulo(year, 100), 0), pc.equal(_modulo(year, 400), 0)),
    )
    short = pc.is_in(month, value_set=pa.array([4, 6, 9, 11], pa.int32()))
    last = pc.if_else(pc.equal(month, 2), pc.if_else(leap, 29, 28), pc.if_else(short, 30, 31))
    inside = [shaped, pc.greater(year, 0), pc.greater(month, 0), pc.less_equal(month, 12), pc.greater(day, 0)]
    result = pc.less_equal(day, last)
    for condition in inside:
        result = pc.and_(result, condition)
    return result


def _modulo(values: pa.Array, divisor: int) -> pa.Array:
    return pc.subtract(values, pc.multiply(pc.divide(values, divisor), divisor))


_READABLE: dict[str, Callable[[Texts, DataType], pa.BooleanArray]] = {
    "integer": lambda texts, _: pc.match_substring_regex(texts, "^[+-]?[0-9]{1,18}$"),
    "decimal": _matches_number,
    "boolean": lambda texts, _: pc.match_substring_regex(texts, "^(true|false)$"),
    "date": lambda texts, _: _is_date(texts),
    "timestamp": _matches_timestamp,
}
