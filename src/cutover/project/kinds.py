"""What can be wrong with single kinds of rule: patterns, numbers, empty inputs, postings, stores of files."""

from collections.abc import Iterator

from cutover.core.expression import BadExpression, columns_of
from cutover.core.texts import groups_of
from cutover.project.model import (
    Attachment,
    Derive,
    Mapping,
    OpeningBalance,
    ProjectFile,
    Sequence,
    SplitField,
    located_fields,
)
from cutover.project.reading import Location, suggest

Problems = Iterator[tuple[Location, str, str]]


def check_patterns(mapping: Mapping) -> Problems:
    """Find patterns that are none, parts that they do not have, and groups that no rule takes."""
    split = [(place, field) for place, field in located_fields(mapping) if isinstance(field, SplitField)]
    for place, field in split:
        try:
            groups = groups_of(field.pattern)
        except ValueError as error:
            yield (*place, "pattern"), f"the pattern cannot be used: {error}", "correct it"
            continue
        if field.part not in groups:
            yield (*place, "part"), f"the pattern has no group {field.part!r}", suggest(field.part, groups)
        same = [other for _, other in split if (other.source, other.pattern) == (field.source, field.pattern)]
        taken = {other.part for other in same}
        for group in groups:
            if group not in taken and same[0] is field:
                problem = f"no rule takes the part {group!r} of {field.source!r}"
                yield (*place, "pattern"), problem, "add a rule for it with the same pattern, or write (?:...)"


def check_numbers(mapping: Mapping) -> Problems:
    """Find sequences that are neither a number nor a text, and texts written into numbers."""
    for place, field in located_fields(mapping):
        if isinstance(field, Sequence):
            kind = field.type.name if field.type is not None else "integer"
            if kind not in ("integer", "text"):
                yield (*place, "type"), f"a sequence is an integer or a text, not {field.type}", "correct the type"
            elif kind == "integer" and (field.prefix or field.digits):
                yield place, "`prefix` and `digits` make a text", "give the column a text type"


def check_derived(mapping: Mapping) -> Problems:
    """Find columns that may be empty in an expression that does not read them."""
    for place, field in located_fields(mapping):
        if isinstance(field, Derive) and field.may_be_empty:
            try:
                read = sorted(columns_of(field.expression))
            except BadExpression:
                continue  # told elsewhere
            for name in field.may_be_empty:
                if name.casefold() not in {column.casefold() for column in read}:
                    yield (*place, "may_be_empty"), f"the expression does not read {name!r}", suggest(name, read)


def check_postings(mapping: Mapping) -> Problems:
    """Find opening balances without a line of the account, or without one of the clearing account."""
    posted = [(place, field) for place, field in located_fields(mapping) if isinstance(field, OpeningBalance)]
    for place, field in posted:
        sides = {other.offset for _, other in posted if other.source == field.source}
        first = next(at for at, other in posted if other.source == field.source) == place
        if first and len(sides) == 1:
            line = "the account" if field.offset else "the clearing account"
            yield place, f"no line of {line} takes the other side of {field.source!r}", "add it under `also`"


def check_stores(mapping: Mapping, project: ProjectFile) -> Problems:
    """Find attachments in a store that is no system of the project."""
    for place, field in located_fields(mapping):
        if isinstance(field, Attachment) and field.store not in project.systems:
            yield (
                (*place, "store"),
                f"there is no system {field.store!r}",
                suggest(field.store, list(project.systems)),
            )
