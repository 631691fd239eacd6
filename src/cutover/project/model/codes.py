"""The kinds of rule that translate codes through a crosswalk, and those that find the key of another row."""

from typing import ClassVar, Literal

from pydantic import Field

from cutover.core.types import DataType
from cutover.project.model.rule import Rule
from cutover.project.model.words import Columns, Identifier, Table


class Coded(Rule):
    """What yields codes of the target: the table in which they live, so that a dead one is found."""

    codes_in: Table | None = Field(
        None, description="the target's table of these codes; the one that a foreign key names when absent"
    )
    active: str | None = Field(None, description="a boolean column of that table: codes where it is not true are dead")


class Codes(Coded):
    """What the lookups have in common: a crosswalk, and the table of the target in which its codes live."""

    translates: ClassVar = ("crosswalk",)

    source: Columns
    crosswalk: Identifier


class Lookup(Codes):
    """Translate a code through a crosswalk; a code without an entry is rejected, an empty one stays empty.

    A code of several columns of which only some are filled is rejected as well.
    """

    reads: ClassVar = ("source",)

    kind: Literal["lookup"]


class LookupManyToOne(Codes):
    """Translate several codes into one, on purpose: `loss` says what can no longer be told apart.

    A code without an entry is rejected, an empty one stays empty. The gate shows how many codes become one, and that
    each target code holds the rows and the control totals of all its source codes.
    """

    reads: ClassVar = ("source",)

    kind: Literal["lookup_many_to_one"]
    loss: str = Field(min_length=1, description="what is lost, in a sentence that its owner has agreed to")


class LookupEffective(Codes):
    """Translate a code through a crosswalk whose entries hold for a time; a gap or a missing date is rejected."""

    reads: ClassVar = ("source", "as_of")

    kind: Literal["lookup_effective"]
    as_of: str = Field(description="a clean date column")


class LookupComposite(Codes):
    """Translate several columns at once through a crosswalk in which `*` stands for any value, an empty one included.

    The entry with the most exact parts wins. A row that no entry matches is rejected, and so is one that two entries
    match equally well with different targets; a row whose columns are all empty stays empty.
    """

    reads: ClassVar = ("source",)

    kind: Literal["lookup_composite"]


class Reference(Rule):
    """What names another row: the columns that hold its source key, and whether they may be empty."""

    reads: ClassVar = ("source",)

    source: Columns = Field(description="the columns that hold the other entity's source key, in its order")
    entity: Identifier
    optional: bool = Field(False, description="an empty reference stays empty instead of being rejected")
    otherwise: tuple[Identifier, ...] = Field((), description="further entities to look in, in order")

    @property
    def entities(self) -> tuple[str, ...]:
        """The entities that it looks into, in order."""
        return (self.entity, *self.otherwise)


class Xref(Reference):
    """The target key of another entity's row; a parent that was not loaded rejects the row, a merged one resolves.

    The target key is that of `target.id`; an entity without one is named by the only column of its `target.key`.
    """

    kind: Literal["xref"]


class Hierarchy(Reference):
    """The parent of a row in its own entity; a parent that is missing or does not move rejects the row.

    So does a circle, and a row deeper than `levels`. Rows are numbered from the roots, which have no parent and are of
    level 1; they arrive together, so that no parent is ever missing.
    """

    fills: ClassVar = (("level", DataType("integer")),)

    kind: Literal["hierarchy"]
    optional: bool = Field(True, description="a row without a parent is a root")
    levels: int | None = Field(None, ge=1, description="how many levels the target takes")
    level: str | None = Field(None, description="an integer target column that takes the level")
