"""What somebody changed in a mapping workbook: typed, each change with its cell; and what is wrong with a cell."""

from dataclasses import dataclass


@dataclass(frozen=True, order=True)
class BadCell:
    """A cell that cannot be taken: where, what is wrong, how to mend it."""

    cell: str
    problem: str
    fix: str

    def __str__(self) -> str:
        return f"{self.cell}: {self.problem}. Fix: {self.fix}"


@dataclass(frozen=True)
class RuleChange:
    """A key of a rule (value, status, owner or rationale) has another value; None is no value."""

    cell: str
    entity: str
    rule: str
    key: str
    before: str | None
    after: str | None

    def __str__(self) -> str:
        return f"{self.cell}: rule {self.rule} of {self.entity}, {self.key}: {told(self.before)} -> {told(self.after)}"


@dataclass(frozen=True)
class ValueChange:
    """A cleansing rule replaces a value by another one; `before` is None for a value that was not in its list."""

    cell: str
    entity: str
    rule: str
    value: str
    before: str | None
    after: str

    def __str__(self) -> str:
        change = f"{told(self.before)} -> {told(self.after)}" if self.before is not None else f"new, {told(self.after)}"
        return f"{self.cell}: rule {self.rule} of {self.entity} replaces {self.value!r}: {change}"


@dataclass(frozen=True)
class EntryChange:
    """A cell of a crosswalk's line has another text; `source` is the code that the line had."""

    cell: str
    crosswalk: str
    line: int
    source: tuple[str, ...]
    column: str
    before: str | None
    after: str | None

    def __str__(self) -> str:
        what = f"crosswalk {self.crosswalk}, {'|'.join(self.source)!r}, {self.column}"
        return f"{self.cell}: {what}: {told(self.before)} -> {told(self.after)}"


@dataclass(frozen=True)
class NewEntry:
    """A crosswalk gets another line; `cells` are all that are not empty: column -> text."""

    cell: str
    crosswalk: str
    source: tuple[str, ...]
    cells: tuple[tuple[str, str], ...]

    def __str__(self) -> str:
        shown = ", ".join(f"{name} {told(text)}" for name, text in self.cells)
        return f"{self.cell}: crosswalk {self.crosswalk}, new line {'|'.join(self.source)!r}: {shown}"


Change = RuleChange | ValueChange | EntryChange | NewEntry


def told(text: str | None) -> str:
    """Write a text as a difference shows it."""
    return "nothing" if text is None else repr(text)
