"""What every rule has, and how it says what it reads, translates by and fills, so that nobody asks for its kind."""

from collections.abc import Iterator
from typing import ClassVar, Literal

from pydantic import Field, model_validator

from cutover.core.types import DataType
from cutover.project.model.words import Identifier, Model, RuleId, Scalar, Type

Place = tuple[str | int, ...]


class Example(Model):
    """What a rule makes of some clean values: a value, nothing, or a reject; `cutover check` tries it.

    Columns that the rule reads and that are not given are empty.
    """

    given: dict[str, Scalar | None] = Field(description="clean columns and their values")
    gives: Scalar | None = Field(None, description="what stands in the target column; empty when absent")
    rejects: Identifier | None = Field(None, description="the reason code, when the row must be rejected")

    @model_validator(mode="after")
    def _has_one_end(self) -> "Example":
        if self.gives is not None and self.rejects is not None:
            raise ValueError("an example gives a value or rejects the row, not both")
        return self


class Rule(Model):
    """What every rule has: an id, the target column it fills, and what happens to a row that it cannot fill."""

    # The keys of a kind that name clean columns, crosswalks (and what those translate), and further target columns.
    reads: ClassVar[tuple[str, ...]] = ()
    translates: ClassVar[tuple[str, ...]] = ()
    looks_up: ClassVar[str] = "source"
    fills: ClassVar[tuple[tuple[str, DataType], ...]] = ()

    rule: RuleId
    target: str = Field(description="the target column")
    type: Type | None = Field(None, description="the target column's type; a copy keeps the clean column's when absent")
    required: bool = Field(False, description="a row without a value is rejected")
    critical: bool = Field(False, description="a wrong value makes the whole record wrong (sampling, readiness)")
    on_error: Literal["reject", "stop"] = "reject"
    owner: str = ""
    status: Literal["draft", "approved"] = "approved"
    rationale: str = ""
    examples: tuple[Example, ...] = Field((), description="what goes in and what comes out; `cutover check` tries each")

    def columns(self) -> Iterator[tuple[Place, str]]:
        """Yield each clean column that the rule names outside of expressions, with its place in the rule."""
        for key in self.reads:
            named = getattr(self, key)
            yield from (((key,), name) for name in ((named,) if isinstance(named, str) else named or ()))

    def expressions(self) -> Iterator[tuple[Place, str]]:
        """Yield each expression over clean columns, with its place in the rule."""
        yield from ()

    def crosswalks(self) -> Iterator[tuple[str, str]]:
        """Yield each crosswalk that the rule translates by, with the key that names it."""
        yield from ((key, name) for key in self.translates if (name := getattr(self, key)) is not None)

    def looked_up(self) -> tuple[str, ...]:
        """Return the columns whose values a crosswalk of the rule translates, in the order of its parts."""
        named: str | tuple[str, ...] = getattr(self, self.looks_up)
        return (named,) if isinstance(named, str) else named

    def further_targets(self) -> Iterator[tuple[str, str, DataType]]:
        """Yield each target column that the rule fills beside its own: the key that names it, the column, its type."""
        yield from ((key, name, kind) for key, kind in self.fills if (name := getattr(self, key)) is not None)
