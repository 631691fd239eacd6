"""The vocabulary of remedies for dirty text, and the log of every cell they change.

A remedy is a pure function from a text column to a text column. Each works as an Arrow kernel, or once per distinct
value; none looks at a single row. The catalogue numbers (T06, N01 ...) are those of the defects that it mends.
"""

import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

import pyarrow as pa
import pyarrow.compute as pc

from cutover.core.expression import evaluate
from cutover.core.types import TEXT, DataType, type_of

Texts: TypeAlias = pa.Array
_SPACES = "[\\u00A0\\u1680\\u2000-\\u200A\\u202F\\u205F\\u3000\\t\\r\\n\\v\\f]"
_INVISIBLE = "[\\u200B-\\u200D\\u2060\\uFEFF\\x00-\\x08\\x0E-\\x1F\\x7F]"
_WIDE = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: 0x20}
CHANGES = pa.schema(
    [
        ("_row", pa.int64()),
        ("column", pa.string()),
        ("rule", pa.string()),
        ("before", pa.string()),
        ("after", pa.string()),
    ]
)


@dataclass(frozen=True)
class Remedy:
    """A named mend: `apply` takes the texts and the parameters of its rule; `mends` names the catalogue defects."""

    apply: Callable[[Texts, "Parameters"], Texts]
    mends: str
    text: str


@dataclass(frozen=True)
class Parameters:
    """What a cleansing rule may state for its remedies."""

    length: int | None = None
    values: dict[str, str | None] = field(default_factory=dict)


@dataclass(frozen=True)
class CleanseStep:
    """One rule applied to one column: remedies by name, in order, in the rows where the expression `when` holds."""

    rule: str
    column: str
    remedies: tuple[str, ...]
    parameters: Parameters = Parameters()
    when: str | None = None


def per_distinct(function: Callable[[str], str | None], texts: Texts) -> Texts:
    """Apply `function` once to each distinct text; null stays null."""
    encoded = texts.dictionary_encode()
    mended = pa.array([function(value) for value in encoded.dictionary.to_pylist()], pa.string())
    return mended.take(encoded.indices)


def _regex(pattern: str, replacement: str) -> Callable[[Texts, Parameters], Texts]:
    return lambda texts, _: pc.replace_substring_regex(texts, pattern, replacement)


def _without_invisible(texts: Texts) -> Texts:
    return pc.replace_substring_regex(texts, _literal(_INVISIBLE), "")


def _visible(texts: Texts) -> Texts:
    return pc.replace_substring_regex(_without_invisible(texts), _literal(_SPACES), " ")


def _literal(pattern: str) -> str:
    # RE2 has no \u escapes: the classes are written out as characters.
    return re.sub(r"\\u([0-9A-F]{4})|\\x([0-9A-F]{2})", lambda m: rf"\x{{{m[1] or m[2]}}}", pattern)


def _trim(texts: Texts, _: Parameters) -> Texts:
    return pc.utf8_trim_whitespace(_without_invisible(texts))


def _collapse(texts: Texts, _: Parameters) -> Texts:
    return pc.utf8_trim_whitespace(pc.replace_substring_regex(_visible(texts), " +", " "))


def _fold_width(texts: Texts, _: Parameters) -> Texts:
    wide = pc.match_substring_regex(texts, _literal("[\\uFF01-\\uFF5E\\u3000]"))
    if not pc.any(wide).as_py():
        return texts
    return per_distinct(lambda value: value.translate(_WIDE), texts)


def _strip_zeros(texts: Texts, parameters: Parameters) -> Texts:
    digits = pc.match_substring_regex(texts, f"^[0-9]{{1,{parameters.length}}}$")
    stripped = pc.replace_substring_regex(texts, "^0+([0-9])", "\\1")
    return pc.if_else(digits, stripped, texts)


def _pad_zeros(texts: Texts, parameters: Parameters) -> Texts:
    short = pc.match_substring_regex(texts, f"^[0-9]{{1,{parameters.length}}}$")
    return pc.if_else(short, pc.utf8_lpad(texts, parameters.length, "0"), texts)


def _negate(texts: Texts, _: Parameters) -> Texts:
    positive = pc.match_substring_regex(texts, "^[0-9.]*[1-9][0-9.]*$")
    turned = pc.binary_join_element_wise("-", texts, "")
    return pc.if_else(positive, turned, pc.replace_substring_regex(texts, "^-([0-9.]+)$", "\\1"))


def _null_when(pattern: str) -> Callable[[Texts, Parameters], Texts]:
    nothing = pa.scalar(None, pa.string())
    return lambda texts, _: pc.if_else(pc.match_substring_regex(texts, pattern), nothing, texts)


def _replace_values(texts: Texts, parameters: Parameters) -> Texts:
    return per_distinct(lambda value: parameters.values.get(value, value), texts)


REMEDIES: dict[str, Remedy] = {
    "trim": Remedy(_trim, "T06", "remove invisible characters, and blanks of any kind at both ends only"),
    "collapse_spaces": Remedy(_collapse, "T06", "trim, and make one blank of several"),
    "remove_spaces": Remedy(
        lambda texts, _: pc.replace_substring(_visible(texts), " ", ""), "T06 C07", "remove all blanks"
    ),
    "fold_width": Remedy(
        _fold_width, "T07", "full-width Latin letters, digits and signs become ordinary ones; nothing else"
    ),
    "upper": Remedy(lambda texts, _: pc.utf8_upper(texts), "K02", "upper case"),
    "nfc": Remedy(
        lambda texts, _: per_distinct(lambda value: unicodedata.normalize("NFC", value), texts),
        "T08",
        "compose accents",
    ),
    "empty_to_null": Remedy(_null_when("^\\s*$"), "K09", "an empty text becomes no value"),
    "strip_zeros": Remedy(_strip_zeros, "K01", "remove the zeros that pad a purely numeric key of `length` digits"),
    "pad_zeros": Remedy(_pad_zeros, "K01", "give a purely numeric key of `length` digits its zeros in front back"),
    "trailing_minus": Remedy(_regex("^([0-9.,]+)-$", "-\\1"), "N01", "4380.31- becomes -4380.31"),
    "negate": Remedy(_negate, "N03", "turn the sign of a number, where a column of its own states it (see `when`)"),
    "zero_date": Remedy(_null_when("^0{8}$|^ *$"), "D01", "00000000 becomes no date"),
    "open_end_date": Remedy(_null_when("^9999-?12-?31$"), "D02", "99991231 becomes no date"),
    "iso_date": Remedy(_regex("^([0-9]{4})([0-9]{2})([0-9]{2})$", "\\1-\\2-\\3"), "D01", "20250315 becomes 2025-03-15"),
    "replace_values": Remedy(_replace_values, "C11 T14", "whole values by a list of before: after"),
}


def cleanse(rows: pa.Table, steps: Sequence[CleanseStep]) -> tuple[pa.Table, pa.Table]:
    """Apply every step to its column.

    rows: text columns and `_row` (the row's number in the snapshot).
    Returns the rows with the mended columns, and the changes: one line per cell and rule with before and after.

    Raises:
        ValueError: a column holds no texts, or a condition cannot be computed.
    """
    changes = []
    for step in steps:
        position = rows.schema.get_field_index(step.column)
        before = rows.column(position).combine_chunks()
        if type_of(before.type) != TEXT:
            raise ValueError(f"rule {step.rule} mends texts, but {step.column!r} is {type_of(before.type)}")
        after = before
        for name in step.remedies:
            after = REMEDIES[name].apply(after, step.parameters)
        if step.when is not None:
            holds = evaluate([step.when], rows)[0].combine_chunks()
            after = pc.if_else(pc.fill_null(holds, False), after, before)
        changed = _differs(before, after)
        if pc.any(changed).as_py():
            changes.append(_log(rows["_row"], step, before, after, changed))
            rows = rows.set_column(position, step.column, after)
    return rows, pa.concat_tables(changes) if changes else CHANGES.empty_table()


def _differs(before: Texts, after: Texts) -> pa.BooleanArray:
    equal = pc.equal(before, after)
    return pc.invert(pc.if_else(pc.is_null(equal), pc.and_(pc.is_null(before), pc.is_null(after)), equal))


def _log(
    numbers: pa.ChunkedArray, step: CleanseStep, before: Texts, after: Texts, changed: pa.BooleanArray
) -> pa.Table:
    rows = pc.filter(numbers, changed)
    named = [pa.repeat(pa.scalar(text), len(rows)) for text in (step.column, step.rule)]
    return pa.table([rows, *named, before.filter(changed), after.filter(changed)], schema=CHANGES)


def replay(rows: pa.Table, changes: pa.Table) -> pa.Table:
    """Apply a change log to raw rows, rule by rule in its order; the result must equal the clean rows.

    Raises:
        ValueError: a cell does not hold the text that the log found there.
    """
    for rule, column in _steps_of(changes):
        logged = changes.filter(pc.and_(pc.equal(changes["rule"], rule), pc.equal(changes["column"], column)))
        place = pc.index_in(rows["_row"], value_set=logged["_row"].combine_chunks()).combine_chunks()
        hit, position = pc.is_valid(place), rows.schema.get_field_index(column)
        cells = rows.column(position).combine_chunks()
        if pc.any(pc.and_(hit, _differs(cells, logged["before"].combine_chunks().take(place)))).as_py():
            raise ValueError(f"rule {rule}, column {column}: the log does not start from the texts that stand there")
        after = logged["after"].combine_chunks().take(place)
        rows = rows.set_column(position, column, pc.if_else(hit, after, cells))
    return rows


def _steps_of(changes: pa.Table) -> list[tuple[str, str]]:
    pairs = changes.group_by(["rule", "column"], use_threads=False).aggregate([])
    return list(zip(pairs["rule"].to_pylist(), pairs["column"].to_pylist(), strict=True))


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
    unsigned = pc.replace_substring_regex(texts, "^\\+", "")
    return pc.replace_substring_regex(unsigned, f"(\\.[0-9]{{{data_type.scale or 0}}})0+$", "\\1")


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
