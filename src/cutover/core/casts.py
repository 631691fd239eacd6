"""Casts: texts become dates, times, numbers and truth values by what was declared of them, and never by a guess."""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, time
from functools import lru_cache
from itertools import product
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.compute as pc

from cutover.core.cleansing import per_distinct
from cutover.core.cleansing.numbers import plain, read_local
from cutover.core.rules import Filled, fit, truth, where_null
from cutover.core.types import DataType

# What is told of a text that is a moment, and yet none that could be kept. No ISO date looks like one of these.
_TOLD = ("has_time", "ambiguous_time", "no_such_time")
_MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
           "December")  # fmt: skip
_WORD = re.compile(r"[^\W\d_]+[.]?")


def read_formats(
    texts: pa.Array, wanted: DataType, formats: Sequence[str], zone: str | None, locale: str | None = None
) -> Filled:
    """Read dates or timestamps by declared strptime formats, in order; `zone` holds for texts without an offset.

    locale: whose names of months %b and %B stand for; English ones when absent.

    What no format reads fails (`no_format_matches`), and so does a date with a time of day other than midnight
    (`has_time`): nobody said that the time may be lost. A local time that its zone has twice or not at all, when the
    clocks are changed, fails too (`ambiguous_time`, `no_such_time`).
    """
    known = tuple(formats)
    iso = per_distinct(lambda text: _read_moment(text, wanted.name == "date", known, zone, locale), texts)
    failed = pc.and_(pc.is_valid(texts), pc.is_null(iso))
    told = [(reason, truth(pc.equal(iso, reason))) for reason in _TOLD]
    kept = where_null(iso, pc.is_in(iso, value_set=pa.array(_TOLD)))
    return Filled(kept.cast(wanted.arrow), (("no_format_matches", failed), *told))


# The same days come back in every part, and strptime is slow.
@lru_cache(maxsize=1 << 16)
def _read_moment(
    text: str, is_date: bool, formats: tuple[str, ...], zone: str | None, locale: str | None
) -> str | None:
    for written, pattern in product(_in_english(text, locale) if locale else (text,), formats):
        try:
            moment = datetime.strptime(written, pattern)  # noqa: DTZ007 - the zone is given or added below
        except ValueError:
            continue
        if is_date:
            return moment.date().isoformat() if moment.time() == time.min else "has_time"
        if moment.tzinfo is None and zone is None:
            return None
        return _in_utc(moment if zone is None or moment.tzinfo else moment.replace(tzinfo=ZoneInfo(zone)))
    return None


def _in_utc(moment: datetime) -> str:
    """Return an aware moment in UTC, or why its local time does not name one."""
    first, second = (moment.replace(fold=fold).astimezone(UTC) for fold in (0, 1))
    if first == second:
        return first.isoformat()
    # Both readings of an hour that comes twice are that local time; of one that is left out, neither is.
    there = first.astimezone(moment.tzinfo).replace(tzinfo=None) == moment.replace(tzinfo=None)
    return "ambiguous_time" if there else "no_such_time"


def _in_english(text: str, locale: str) -> tuple[str, ...]:
    """Return a text with its month in English, long and short; a point behind a short one may be a part of it."""
    months = _months_of(locale)

    def written(name: str, length: int | None, dot: str) -> str:
        bare = name.rstrip(".").casefold()
        return f"{_MONTHS[months[bare]][:length]}{dot if name.endswith('.') else ''}" if bare in months else name

    ways = product((None, 3), (".", ""))
    return tuple(dict.fromkeys(_WORD.sub(lambda word: written(word[0], *way), text) for way in ways))  # noqa: B023


@lru_cache(maxsize=64)
def _months_of(locale: str) -> Mapping[str, int]:
    """Return the names of the months of a locale, long and short, without their points: name -> place in the year."""
    from babel.dates import get_month_names

    listed = product(("abbreviated", "wide"), ("format", "stand-alone"))
    named = (pair for width, context in listed for pair in get_month_names(width, context, locale).items())  # type: ignore[arg-type]
    return {name.rstrip(".").casefold(): int(number) - 1 for number, name in named}


def read_numbers(texts: pa.Array, wanted: DataType, locale: str) -> Filled:
    """Read numbers as a locale writes them, group and decimal signs in their places.

    What is none fails (`no_format_matches`), and so does what the type cannot hold exactly (`does_not_fit`).
    """

    def one(text: str) -> str | None:
        found = read_local(text, locale)
        return None if found is None else plain(found)

    read = per_distinct(one, texts)
    failed = pc.and_(pc.is_valid(texts), pc.is_null(read))
    fitted = fit(read, wanted)
    return Filled(fitted.values, (("no_format_matches", failed), *fitted.failures))


def read_flags(texts: pa.Array, true: Sequence[str], false: Sequence[str]) -> Filled:
    """Read a truth value from two lists of texts; a text in neither fails (`unknown_flag`)."""
    positive, negative = (pc.is_in(texts, value_set=pa.array(list(words), pa.string())) for words in (true, false))
    failed = pc.and_(pc.is_valid(texts), pc.invert(pc.or_(positive, negative)))
    empty = pc.or_(pc.is_null(texts), failed)
    return Filled(where_null(positive, empty), (("unknown_flag", failed),))
