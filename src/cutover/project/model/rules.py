"""The kinds of rule that fill a target column; each class says what it does and when it rejects a row."""

from collections.abc import Iterator
from typing import Annotated, ClassVar, Literal

from pydantic import ConfigDict, Field, model_validator

from cutover.core.types import DataType
from cutover.project.model.amounts import Currency, OpeningBalance, Sign, Unit
from cutover.project.model.codes import (
    Coded,
    Hierarchy,
    Lookup,
    LookupComposite,
    LookupEffective,
    LookupManyToOne,
    Xref,
)
from cutover.project.model.rule import Place, Rule
from cutover.project.model.texts import Attachment, Concat, Sequence, SplitField
from cutover.project.model.words import Code, Columns, Expression, Identifier, Model, Scalar, Type


class Copy(Rule):
    """Take a clean column as it is; a value that does not fit the type is rejected."""

    reads: ClassVar = ("source",)

    kind: Literal["copy"]
    source: str


class Constant(Coded):
    """The same value in every row; the gate is closed where it is a code that the target has not, or has blocked."""

    kind: Literal["constant"]
    value: Scalar | None


class Cast(Rule):
    """Read a text by declared formats, in order, or a number as a locale writes it.

    A value that no format reads is rejected, and so is a date with a time of day other than midnight, and a local time
    that its zone has twice or not at all.
    """

    reads: ClassVar = ("source",)

    kind: Literal["cast"]
    source: str
    type: Type
    formats: tuple[str, ...] = Field((), description="strptime formats for dates and timestamps")
    zone: str | None = Field(None, description="IANA zone of a timestamp without one")
    locale: str | None = Field(
        None, description="how names of months (%b, %B) and numbers are written, such as de_DE; English if absent"
    )
    true: tuple[Code, ...] = Field((), description="texts that mean true; all others in `false`")
    false: tuple[Code, ...] = ()


class Derive(Rule):
    """A pure expression over clean columns; a row in which one of them is empty is rejected (`empty_input`).

    `may_be_empty` names the columns of which the expression knows what to do without a value.
    """

    kind: Literal["derive"]
    expression: Expression
    may_be_empty: Columns | None = Field(None, description="columns of the expression that may be empty")

    def expressions(self) -> Iterator[tuple[Place, str]]:
        """Yield the expression."""
        yield ("expression",), self.expression


class DefaultAudited(Coded):
    """A clean column, or a declared default where it is empty; `audit` names the target flag that says so.

    With a crosswalk, a code without an entry is rejected.
    """

    reads: ClassVar = ("source",)
    translates: ClassVar = ("crosswalk",)
    fills: ClassVar = (("audit", DataType("boolean")),)

    kind: Literal["default_audited"]
    source: str
    value: Scalar
    when: Expression | None = Field(None, description="default where this holds; where the column is empty if absent")
    audit: str | None = Field(None, description="a boolean target column, true where a default was used")
    crosswalk: Identifier | None = Field(None, description="translate what is not defaulted")

    def expressions(self) -> Iterator[tuple[Place, str]]:
        """Yield the condition, where there is one."""
        if self.when is not None:
            yield ("when",), self.when


class Branch(Model):
    """One way of a conditional: where `when` holds, the row takes a value, a clean column or an expression."""

    when: Expression
    value: Scalar | None = None
    source: str | None = Field(None, description="a clean column")
    expression: Expression | None = None

    @model_validator(mode="after")
    def _has_one_result(self) -> "Branch":
        if sum(given is not None for given in (self.value, self.source, self.expression)) != 1:
            raise ValueError("a branch has exactly one of value, source and expression")
        return self


class Conditional(Coded):
    """The first branch whose `when` holds fills the column; a row that no branch takes is rejected (`no_branch`).

    `else: reject` must be written down: it is what a reader has to know. The gate counts the rows of each branch.
    """

    model_config = ConfigDict(populate_by_name=True)

    kind: Literal["conditional"]
    type: Type
    branches: tuple[Branch, ...]
    otherwise: Literal["reject"] = Field(alias="else", description="what becomes of a row that no branch takes")

    @model_validator(mode="after")
    def _has_branches(self) -> "Conditional":
        if not self.branches:
            raise ValueError("a conditional has at least one branch")
        return self

    def columns(self) -> Iterator[tuple[Place, str]]:
        """Yield the columns that branches take."""
        for index, branch in enumerate(self.branches):
            if branch.source is not None:
                yield ("branches", index, "source"), branch.source

    def expressions(self) -> Iterator[tuple[Place, str]]:
        """Yield the conditions and the computed results of all branches."""
        for index, branch in enumerate(self.branches):
            yield ("branches", index, "when"), branch.when
            if branch.expression is not None:
                yield ("branches", index, "expression"), branch.expression


FieldRule = Annotated[
    Copy
    | Constant
    | Cast
    | Lookup
    | LookupManyToOne
    | LookupEffective
    | LookupComposite
    | Xref
    | Hierarchy
    | Derive
    | Conditional
    | DefaultAudited
    | SplitField
    | Concat
    | Sequence
    | Unit
    | Currency
    | Sign
    | OpeningBalance
    | Attachment,
    Field(discriminator="kind"),
]
