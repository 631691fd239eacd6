"""Text columns built by Arrow kernels: what the legacy systems hold is text until a database types it."""

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias, cast

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from cutover.example.chance import Flags, Ints

Text: TypeAlias = pa.StringArray

FIRST_DAY = np.datetime64("2016-01-01")
_DAYS = np.arange(FIRST_DAY, np.datetime64("2028-01-01"))
_COMPACT_DAYS = [str(day).replace("-", "") for day in _DAYS]
_SLASHED_DAYS = [str(day).replace("-", "/") for day in _DAYS]


def constant(value: str, rows: Ints) -> Text:
    """The same value for each row."""
    return choose([value], np.zeros(len(rows), np.int64))


def choose(words: Sequence[str], picks: Ints) -> Text:
    """The words at the positions `picks`."""
    dictionary: Any = pa.array(words, pa.string())
    return cast(Text, dictionary.take(pa.array(picks)))


def numbers(values: Ints) -> Text:
    """Whole numbers as plain text."""
    plain: Any = pa.array(values)
    return cast(Text, plain.cast(pa.string()))


def padded(values: Ints, width: int) -> Text:
    """Whole numbers as text, filled with zeros on the left to `width` characters."""
    return pc.utf8_lpad(numbers(values), width, "0")


def glue(*parts: Text | str, between: str = "") -> Text:
    """Join columns and fixed pieces of text row by row, with `between` between them."""
    pieces: list[Any] = [pa.scalar(part) if isinstance(part, str) else part for part in (*parts, between)]
    return cast(Text, pc.binary_join_element_wise(*pieces))


def pick(flags: Flags, yes: Text, no: Text) -> Text:
    """`yes` where the flag is set, `no` elsewhere."""
    return cast(Text, pc.if_else(pa.array(flags), yes, no))


def equals(values: Text, word: str) -> Flags:
    """Where the value is `word`."""
    return cast(Flags, pc.equal(values, pa.scalar(word)).to_numpy(zero_copy_only=False))


def replace(values: Text, old: str, new: str) -> Text:
    """Each value with every `old` replaced by `new`."""
    return pc.replace_substring(values, old, new)


def amount(units: Ints, decimals: int = 2) -> Text:
    """Numbers counted in their smallest unit as decimal text; a minus sign stands last."""
    scale = 10**decimals
    size = np.abs(units)
    text = glue(numbers(size // scale), ".", padded(size % scale, decimals))
    return pick(units < 0, glue(text, "-"), text) if (units < 0).any() else text


def translate(values: Text, words: Mapping[str, str], otherwise: str = "") -> Text:
    """Each value replaced through `words`, values that it does not hold by `otherwise`."""
    found: Any = pc.index_in(values, pa.array(list(words), pa.string()))
    dictionary: Any = pa.array([*words.values(), otherwise])
    return cast(Text, dictionary.take(found.fill_null(len(words))))


def compact_day(days: Ints) -> Text:
    """Days since 2016-01-01 as char(8), for example 20240305."""
    return choose(_COMPACT_DAYS, days)


def slashed_day(days: Ints) -> Text:
    """Days since 2016-01-01 as the MES writes them, for example 2024/03/05."""
    return choose(_SLASHED_DAYS, days)


def day_number(iso: str) -> int:
    """Days from 2016-01-01 to the ISO date."""
    return int((np.datetime64(iso) - FIRST_DAY).astype(int))
