"""The kinds of rule that fill a target column; each class says what it does and when it rejects a row."""

from typing import Annotated, Literal

from pydantic import Field

from cutover.project.model.words import Columns, Expression, Identifier, Model, RuleId, Scalar, Type


class Rule(Model):
    """What every rule has: an id, the target column it fills, and what happens to a row that it cannot fill."""

    rule: RuleId
    target: str = Field(description="the target column")
    type: Type | None = Field(None, description="the target column's type; a copy keeps the clean column's when absent")
    required: bool = Field(False, description="a row without a value is rejected")
    critical: bool = Field(False, description="a wrong value makes the whole record wrong (sampling, readiness)")
    on_error: Literal["reject", "stop"] = "reject"
    owner: str = ""
    status: Literal["draft", "approved"] = "approved"
    rationale: str = ""


class Copy(Rule):
    """Take a clean column as it is; a value that does not fit the type is rejected."""

    kind: Literal["copy"]
    source: str


class Constant(Rule):
    """The same value in every row."""

    kind: Literal["constant"]
    value: Scalar | None


class Cast(Rule):
    """Read a text by declared formats, in order.

    A value that no format reads is rejected, and so is a date with a time of day other than midnight.
    """

    kind: Literal["cast"]
    source: str
    type: Type
    formats: tuple[str, ...] = Field((), description="strptime formats for dates and timestamps")
    zone: str | None = Field(None, description="IANA zone of a timestamp without one")
    true: tuple[str, ...] = Field((), description="texts that mean true; all others in `false`")
    false: tuple[str, ...] = ()


class Lookup(Rule):
    """Translate a code through a crosswalk; a code without an entry is rejected, an empty one stays empty."""

    kind: Literal["lookup"]
    source: Columns
    crosswalk: Identifier


class LookupEffective(Rule):
    """Translate a code through a crosswalk whose entries hold for a time; a gap or a missing date is rejected."""

    kind: Literal["lookup_effective"]
    source: Columns
    crosswalk: Identifier
    as_of: str = Field(description="a clean date column")


class Xref(Rule):
    """The target key of another entity's row; a parent that was not loaded rejects the row, a merged one resolves."""

    kind: Literal["xref"]
    source: Columns = Field(description="the columns that hold the other entity's source key, in its order")
    entity: Identifier
    optional: bool = Field(False, description="an empty reference stays empty instead of being rejected")
    otherwise: tuple[Identifier, ...] = Field((), description="further entities to look in, in order")


class Derive(Rule):
    """A pure expression over clean columns; an empty result is rejected unless the field is not required."""

    kind: Literal["derive"]
    expression: Expression


class DefaultAudited(Rule):
    """A clean column, or a declared default where it is empty; `audit` names the target flag that says so.

    With a crosswalk, a code without an entry is rejected.
    """

    kind: Literal["default_audited"]
    source: str
    value: Scalar
    when: Expression | None = Field(None, description="default where this holds; where the column is empty if absent")
    audit: str | None = Field(None, description="a boolean target column, true where a default was used")
    crosswalk: Identifier | None = Field(None, description="translate what is not defaulted")


class Unit(Rule):
    """Convert a quantity by the factor of its unit; a unit without a factor, or with factor 0, is rejected."""

    kind: Literal["unit"]
    source: str
    unit: str = Field(description="the clean column with the unit's code")
    factors: Identifier = Field(description="a crosswalk from unit code to factor")
    rounding: Literal["half_up", "half_even", "down", "none"] = "none"


class OpeningBalance(Rule):
    """One side of an opening posting: a signed amount becomes a debit or a credit, mirrored on the offset line."""

    kind: Literal["opening_balance"]
    source: str = Field(description="a signed decimal column: positive is a debit")
    side: Literal["debit", "credit"]
    offset: bool = Field(False, description="true on the line of the clearing account")


FieldRule = Annotated[
    Copy | Constant | Cast | Lookup | LookupEffective | Xref | Derive | DefaultAudited | Unit | OpeningBalance,
    Field(discriminator="kind"),
]
