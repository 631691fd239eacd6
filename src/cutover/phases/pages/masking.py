"""Personal data out of what is shown: which columns hold it on either side, and cells without it."""

from collections.abc import Mapping as ReadOnly
from collections.abc import Sequence

from cutover.core.cells import MASKED
from cutover.project.columns import columns_read
from cutover.project.model import Mapping, Rule, Split, Target


def personal_columns(mapping: Mapping) -> frozenset[str]:
    """Return the source columns with personal data, in lower case."""
    return frozenset(name.casefold() for name in mapping.pii)


def reads_personal(mapping: Mapping, rule: Rule) -> bool:
    """Say whether a rule makes its column of personal data; expressions do not tell upper from lower case."""
    return bool({name.casefold() for name in columns_read(rule)} & personal_columns(mapping))


def open_targets(mapping: Mapping) -> frozenset[tuple[str, str]]:
    """Return table and column of each place in the target that is known to hold no personal data.

    What no rule fills is not among them: a trigger may have made it of anything.
    """
    places: list[tuple[Target | Split, Sequence[Rule]]] = [(mapping.target, mapping.fields)]
    places += [(split, split.fields) for split in mapping.also]
    filled = [(table.table, rule) for table, fields in places for rule in fields]
    known = {
        (table, column): reads_personal(mapping, rule)
        for table, rule in sorted(filled, key=lambda each: reads_personal(mapping, each[1]))
        for column in (rule.target, *(name for _, name, _ in rule.further_targets()))
    }
    known |= {(table.table, table.id): False for table, _ in places if table.id is not None}
    return frozenset(place for place, personal in known.items() if not personal)


def mask(cells: ReadOnly[str, str | None], hidden: frozenset[str]) -> dict[str, str | None]:
    """Return the cells without the values of hidden columns, which are named in lower case; no value stays none."""
    return {name: MASKED if value is not None and name.casefold() in hidden else value for name, value in cells.items()}
