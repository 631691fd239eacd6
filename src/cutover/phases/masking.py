"""Personal data out of what is shown: which columns hold it on either side, and cells without it."""

from collections.abc import Mapping as ReadOnly

from cutover.core.cells import MASKED
from cutover.core.expression import columns_of
from cutover.project.model import Mapping, Rule


def personal_columns(mapping: Mapping) -> frozenset[str]:
    """Return the source columns with personal data, in lower case."""
    return frozenset(name.casefold() for name in mapping.pii)


def reads_personal(mapping: Mapping, rule: Rule) -> bool:
    """Say whether a rule makes its column of personal data; expressions do not tell upper from lower case."""
    named = {name.casefold() for _, name in rule.columns()}
    named |= {name.casefold() for _, expression in rule.expressions() for name in columns_of(expression)}
    return bool(named & personal_columns(mapping))


def personal_targets(mapping: Mapping) -> frozenset[tuple[str, str]]:
    """Return table and column of each place in the target that is made of personal data."""
    places = [(mapping.target.table, mapping.fields), *((split.table, split.fields) for split in mapping.also)]
    return frozenset(
        (table, column)
        for table, fields in places
        for rule in fields
        if reads_personal(mapping, rule)
        for column in (rule.target, *(name for _, name, _ in rule.further_targets()))
    )


def mask(cells: ReadOnly[str, str | None], hidden: frozenset[str]) -> dict[str, str | None]:
    """Return the cells without the values of hidden columns, which are named in lower case; no value stays none."""
    return {name: MASKED if value is not None and name.casefold() in hidden else value for name, value in cells.items()}
