"""Whether declared values, formats and tests fit the types declared beside them, found without any data."""

from collections.abc import Iterator
from collections.abc import Mapping as ReadOnly
from decimal import Decimal, InvalidOperation
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.compute as pc

from cutover.core.rules import constant
from cutover.core.types import TEXT, DataType
from cutover.project.crosswalk import Crosswalk
from cutover.project.mending import is_locale
from cutover.project.model import (
    Cast,
    Check,
    Conditional,
    Constant,
    Currency,
    DefaultAudited,
    LookupEffective,
    Mapping,
    OpeningBalance,
    Reference,
    Rule,
    Scalar,
    Sign,
    Unit,
)
from cutover.project.reading import Finding, Location

Problems = Iterator[tuple[Location, str, str]]
Fields = Iterator[tuple[Location, Rule]]
_NUMBERS = ("integer", "decimal")
_DATED = ("date", "timestamp")
_LARGEST_FACTOR = Decimal(10) ** 9


def source_type(mapping: Mapping, column: str) -> DataType | None:
    """Return the type a source column will have: declared, else text in files, else None: only the database knows."""
    if column in mapping.source.columns:
        return mapping.source.columns[column]
    return TEXT if mapping.source.file is not None else None


def target_type(mapping: Mapping, field: object) -> DataType | None:
    """Return the type a field will have, None where only the data tell."""
    declared: DataType | None = getattr(field, "type", None)
    if declared is not None:
        return declared
    if isinstance(field, Reference):
        return DataType("integer")
    source = getattr(field, "source", None)
    return source_type(mapping, source) if isinstance(source, str) else None


def check_values(fields: Fields) -> Problems:
    """Find constants, defaults and values of branches that their column cannot hold."""
    for place, field in fields:
        given: list[tuple[Location, Scalar | None]] = []
        if isinstance(field, Constant | DefaultAudited):
            given = [(("value",), field.value)]
        if isinstance(field, Conditional):
            given = [(("branches", index, "value"), branch.value) for index, branch in enumerate(field.branches)]
        for at, value in given:
            try:
                constant(value, field.type, 1)
            except ValueError as error:
                yield (*place, *at), str(error), "correct the value or the type"


def check_casts(fields: Fields) -> Problems:
    """Find casts that can never read anything: formats for no date, an unknown zone, a flag without texts."""
    for place, field in fields:
        if not isinstance(field, Cast):
            continue
        if field.formats and field.type.name not in _DATED:
            yield (*place, "formats"), f"formats read dates and timestamps, not {field.type}", "remove them"
        if field.zone is not None and not _is_zone(field.zone):
            yield (*place, "zone"), f"there is no time zone {field.zone!r}", "use an IANA name, such as Asia/Shanghai"
        if field.locale is not None and not is_locale(field.locale):
            yield (*place, "locale"), f"{field.locale!r} is no locale", "write it as de_DE or zh_CN"
        if field.locale is not None and field.type.name not in (*_NUMBERS, *_DATED):
            yield (*place, "locale"), f"a locale writes numbers and dates, not {field.type}", "remove it"
        if field.type.name == "timestamp" and field.zone is None and any("%z" not in text for text in field.formats):
            yield (*place, "formats"), "a timestamp needs its zone", "add `zone`, or %z to every format"
        if field.type.name == "boolean" and not (field.true or field.false):
            yield place, "no text is true or false", "list the texts under `true` and `false`"


def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (ValueError, OSError, LookupError):
        return False
    return True


def check_sources(mapping: Mapping, fields: Fields) -> Problems:
    """Find rules and control totals that compute with a column of another type."""
    for place, field in fields:
        if isinstance(field, LookupEffective | Currency):
            yield from _must_be(mapping, field.as_of, ("date",), (*place, "as_of"))
        if isinstance(field, OpeningBalance | Sign):
            yield from _must_be(mapping, field.source, ("decimal",), (*place, "source"))
        if isinstance(field, Unit | Currency):
            # A text is read as a number here, as in any column that has a type.
            yield from _must_be(mapping, field.source, (*_NUMBERS, "text"), (*place, "source"))
    if mapping.history is not None:
        for key in ("day", "until"):
            if getattr(mapping.history, key) is not None:
                yield from _must_be(mapping, getattr(mapping.history, key), ("date",), ("history", key))
        for name in mapping.history.sum:
            yield from _must_be(mapping, name, _NUMBERS, ("history", "sum"))
        if mapping.merge is not None:
            yield ("history",), "rows either merge or are summarised", "drop `merge` or `history`"
    for index, control in enumerate(mapping.control):
        yield from _must_be(mapping, control.source, _NUMBERS, ("control", index, "source"))


def _must_be(mapping: Mapping, column: str, kinds: tuple[str, ...], place: Location) -> Problems:
    found = source_type(mapping, column)
    if found is not None and found.name not in kinds:
        yield place, f"{column!r} is {found}, not {' or '.join(kinds)}", "declare it under source.columns"


def check_tests(mapping: Mapping) -> Problems:
    """Find tests that do not suit the type of their column, and patterns that are none."""
    types = {field.target: target_type(mapping, field) for field in mapping.fields}
    for index, check in enumerate(mapping.checks):
        if check.pattern is not None and not _is_pattern(check.pattern):
            yield ("checks", index, "pattern"), "the pattern is no regular expression", "correct it"
        found = types.get(check.column or "")
        name, kinds = _suits(check)
        if found is not None and kinds and found.name not in kinds:
            yield ("checks", index, name), f"{check.column!r} is {found}, not {' or '.join(kinds)}", "use `expression`"


def _suits(check: Check) -> tuple[str, tuple[str, ...]]:
    for name in ("one_of", "pattern", "valid"):
        if getattr(check, name) is not None:
            return name, ("text",)
    for name in ("minimum", "maximum"):
        if getattr(check, name) is not None:
            return name, _NUMBERS
    return "", ()


def _is_pattern(pattern: str) -> bool:
    try:
        pc.match_substring_regex(pa.array([""]), f"^(?:{pattern})$")
    except pa.ArrowInvalid:
        return False
    return True


def check_factors(fields: Fields, crosswalks: ReadOnly[str, Crosswalk]) -> Iterator[Finding]:
    """Find entries of a crosswalk of factors or rates that are no number that a conversion can carry."""
    used = {name: field for _, field in fields if isinstance(field, Unit | Currency) for _, name in field.crosswalks()}
    for name, field in sorted(used.items()):
        entries = crosswalks[name].entries if name in crosswalks else ()
        for entry in (entry for entry in entries if entry.state != "refused"):
            told = "rate" if isinstance(field, Currency) else "factor"
            parts = [entry.target] if told == "rate" else entry.target.split("/", 1)
            if not all(_is_factor(part) for part in parts) or (len(parts) > 1 and not Decimal(parts[1])):
                file = f"mappings/crosswalks/{name}.csv"
                problem = f"{entry.target!r} is no {told}"
                yield Finding(file, entry.line, 1, problem, "write a plain number of at most 9 digits and 9 decimals")


def _is_factor(text: str) -> bool:
    try:
        value = Decimal(text)
    except InvalidOperation:
        return False
    return value.is_finite() and abs(value) < _LARGEST_FACTOR and value == value.quantize(Decimal("1e-9"))
