"""What must never be automatic: a mapping that asks for it, by whatever words, does not load.

Identities (tax, bank and personal numbers, lots, serial numbers), posted amounts, references to other rows, the reading
of a date or a number, and whether two rows are one thing: none of them is changed, made up or chosen by a machine.
"""

from collections.abc import Iterator, Sequence
from collections.abc import Mapping as ReadOnly
from datetime import UTC, date, datetime
from itertools import combinations

from cutover.core.cleansing import REMEDIES
from cutover.core.expression import BadExpression, columns_of
from cutover.core.validators import IDENTITIES, OFFICIAL, VALIDATORS
from cutover.project.model import (
    Cast,
    Cleanse,
    Constant,
    DefaultAudited,
    Derive,
    Mapping,
    Merge,
    Reference,
    Xref,
    located_fields,
)
from cutover.project.reading import Location, suggest

Problems = Iterator[tuple[Location, str, str]]
# A day whose three parts cannot be taken for each other's.
_SAMPLE = datetime(2031, 12, 25, tzinfo=UTC)
_SWAPPED = date(2003, 4, 5)


# --- cells -----------------------------------------------------------------------------------------------------------


def check_column(mapping: Mapping, rule: Cleanse, name: str, identities: set[str], place: Location) -> Problems:
    """Yield why a remedy must not run by itself on a column of a rule."""
    remedy, here = REMEDIES[name], set(rule.column)
    if remedy.says and not rule.propose:
        for column in sorted(identities & here):
            problem = f"{name} may change what {column!r} says, which is checked as an identity"
            yield (*place, "column"), problem, "say `propose: true`: the owner decides cell by cell"
    if name == "replace_values" and not rule.propose:
        for column in sorted(here & {control.source for control in mapping.control}):
            problem = f"{name} writes another amount into {column!r}, which must tie with the legacy system"
            yield (*place, "column"), problem, "say `propose: true`: the owner decides cell by cell"
        invents = any(before.strip() == "" and after for before, after in rule.values.items())
        for column in sorted(here & _references(mapping)) if invents and not rule.approver else ():
            problem = f"{name} gives rows whose {column!r} is empty a parent, and nobody approved it"
            yield (*place, "values"), problem, "say `propose: true`, or name an `approver` of the whole rule"
    if remedy.keys_only:
        for column in sorted(here - _key_columns(mapping)):
            problem = f"{name} makes match keys, and {column!r} names no row"
            mend = "fold in the expression that matches instead: the value itself stays as people read it"
            yield (*place, "column"), problem, mend
    if remedy.codes_only and not (rule.propose or rule.approver):
        for column in sorted(here - _code_columns(mapping, identities)):
            problem = f"{name} would change free text by itself: nothing says that {column!r} holds codes"
            mend = "say `propose: true`, or name an `approver`; keys, references, lookups, checks and types say it"
            yield (*place, "column"), problem, mend
    if remedy.holds is not None:
        for column in sorted(here & _touched_before(mapping, rule, name)):
            problem = f"{name} judges {column!r} as it was landed, and something changes it before"
            yield (*place, "do"), problem, "make it the first remedy of the first rule of the column"


def identity_columns(mapping: Mapping) -> set[str]:
    """Return the source columns that hold identities: those named so, and those that a validator of identities checks.

    A target column is followed back to the columns that its rule reads.
    """
    checked = {check.column for check in mapping.checks if check.valid in IDENTITIES}
    found = set(mapping.identities)
    if mapping.duplicates is not None and mapping.duplicates.identity is not None:
        found.add(mapping.duplicates.identity)
    for _, field in located_fields(mapping):
        if getattr(field, "target", None) in checked:
            source = getattr(field, "source", ())
            found |= {source} if isinstance(source, str) else set(source)
            found |= _read_by(field.expression) if isinstance(field, Derive) else set()
    return found


def _references(mapping: Mapping) -> set[str]:
    fields = (field for _, field in located_fields(mapping) if isinstance(field, Reference))
    return {column for field in fields for column in field.source}


def _key_columns(mapping: Mapping) -> set[str]:
    references = [field.source for _, field in located_fields(mapping) if isinstance(field, Xref)]
    return {*mapping.source.key, *(column for source in references for column in source)}


def _code_columns(mapping: Mapping, identities: set[str]) -> set[str]:
    """Return the columns that are no free text: they name, refer, match, are looked up, checked, or have a type."""
    coded = {check.column for check in mapping.checks if check.pattern or check.valid or check.one_of}
    coded |= {name for key in (mapping.target.key, *mapping.target.unique) for name in key}
    found = {*identities, *_key_columns(mapping), *_references(mapping)}
    found |= {name for name, kind in mapping.source.columns.items() if kind.name != "text"}
    found |= _matched(mapping.merge) if mapping.merge is not None else set()
    for _, field in located_fields(mapping):
        is_code = isinstance(field, Cast) or any(field.crosswalks()) or field.target in coded
        found |= {name for _, name in field.columns()} if is_code else set()
    return found


def _touched_before(mapping: Mapping, rule: Cleanse, name: str) -> set[str]:
    earlier = mapping.cleanse[: mapping.cleanse.index(rule)]
    return set(rule.column) if rule.do[0] != name else {column for other in earlier for column in other.column}


def _read_by(expression: str) -> set[str]:
    try:
        return set(columns_of(expression))
    except BadExpression:
        return set()  # told elsewhere


def check_made_up(mapping: Mapping) -> Problems:
    """Yield the rules that would give rows an identity that nobody gave them."""
    checked = {check.column for check in mapping.checks if check.valid in IDENTITIES}
    for place, field in located_fields(mapping):
        if place[0] != "fields" or not isinstance(field, Constant | DefaultAudited) or field.value is None:
            continue
        if field.target in checked or getattr(field, "source", None) in mapping.identities:
            problem = f"{field.target!r} is checked as an identity, and a machine must not make one up"
            yield (*place, "value"), problem, "leave it empty, or let the owner give it"


# --- readings --------------------------------------------------------------------------------------------------------


def check_readings(mapping: Mapping) -> Problems:
    """Yield what would choose between two readings of a date or a number: bad formats, and rules that contradict."""
    for index, rule in enumerate(mapping.cleanse):
        if "date_formats" in rule.do:
            yield from _misread(rule.formats, ("cleanse", index, "formats"), rule.pivot)
    for place, field in located_fields(mapping):
        if isinstance(field, Cast):
            # A cast reads two digits of a year as POSIX does: from 69 on they are of the last century.
            yield from _misread(field.formats, (*place, "formats"), pivot=68)
            yield from _chosen(field.formats, (*place, "formats"))
    for (_, one), (index, other) in combinations(enumerate(mapping.cleanse), 2):
        if set(one.column) & set(other.column) and not (one.when and other.when):
            yield from _contradicting(one, other, ("cleanse", index))


def _misread(formats: Sequence[str], place: Location, pivot: int | None) -> Problems:
    for form in formats:
        if "%y" in form and pivot is None:
            yield place, f"{form!r} reads two digits of a year", "say in `pivot` which years are of the last century"
        elif not _reads_a_day(form):
            mend = "name year, month and day, as in %d/%m/%Y; a part of a date is no date"
            yield place, f"{form!r} reads no whole day", mend


def _reads_a_day(form: str) -> bool:
    try:
        return datetime.strptime(_SAMPLE.strftime(form), form).date() == _SAMPLE.date()  # noqa: DTZ007
    except ValueError:
        return False


def _chosen(formats: Sequence[str], place: Location) -> Problems:
    for first, second in combinations(formats, 2):
        if _reads_otherwise(first, second):
            problem = f"the first of {first!r} and {second!r} would read a text that both read, each as another day"
            yield place, problem, "read them by the remedy date_formats, which leaves such texts unread"


def _contradicting(one: Cleanse, other: Cleanse, place: Location) -> Problems:
    if "locale_number" in one.do and "locale_number" in other.do and one.locale != other.locale:
        problem = f"{one.rule} reads the same column by {one.locale}, which may take 1.234 for another number"
        yield (*place, "locale"), problem, "say in `when` of both which rows are written how"
    if "date_formats" not in one.do or "date_formats" not in other.do:
        return
    for first in one.formats:
        for second in other.formats:
            if _reads_otherwise(first, second):
                problem = f"{one.rule} reads the same column by {first!r}: one text, two days"
                yield (*place, "formats"), problem, "one rule with both formats leaves such texts, or `when` parts them"


def _reads_otherwise(first: str, second: str) -> bool:
    try:
        return datetime.strptime(_SWAPPED.strftime(first), second).date() != _SWAPPED  # noqa: DTZ007
    except ValueError:
        return False


# --- rows ------------------------------------------------------------------------------------------------------------


def check_merges(mapping: Mapping, mappings: ReadOnly[str, Mapping]) -> Problems:
    """Yield what is wrong with the search for duplicates of a mapping, and merges that no law and nobody stands for."""
    yield from _check_duplicates(mapping)
    merge = mapping.merge
    if merge is None:
        return
    if mapping.duplicates is None and not merge.approver:
        yield (
            ("merge",),
            "rows would become one though nothing proves that they are one thing",
            "say under `duplicates` by which valid official number and name, or name an `approver` of this rule",
        )
    official = mapping.duplicates.identity if mapping.duplicates is not None else None
    if official is not None and official not in _matched(merge):
        yield ("merge", "match"), f"rows would merge whose {official!r} differ", f"add {official} to `match`"
    for index, other in enumerate(merge.into):
        if mapping.duplicates is not None and other in mappings and mappings[other].duplicates is None:
            problem = f"{other!r} does not say which number and name make its rows one thing with ours"
            yield ("merge", "into", index), problem, f"add `duplicates` to mappings/{other}.yaml"


def _matched(merge: Merge) -> set[str]:
    return {column for term in merge.match for column in _read_by(term)}


def _check_duplicates(mapping: Mapping) -> Problems:
    asked = mapping.duplicates
    if asked is None:
        return
    if asked.valid is not None and asked.valid not in OFFICIAL:
        known = asked.valid in VALIDATORS
        problem = f"{asked.valid} is no official number" if known else f"there is no validator {asked.valid!r}"
        yield ("duplicates", "valid"), problem, suggest(asked.valid, list(OFFICIAL))
    if asked.valid is not None and asked.identity is None:
        yield ("duplicates", "valid"), "`valid` has no `identity` to check", "name the column of the official number"
    if asked.likely < asked.review:
        yield ("duplicates", "likely"), "`likely` lies below `review`", "the upper threshold is the higher one"
    if mapping.merge is None:
        yield ("duplicates",), "pairs that are the same thing need a `merge`", "say in `merge` which row survives"
