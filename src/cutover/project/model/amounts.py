"""The kinds of rule that compute quantities and amounts: units, currencies, signs and the sides of a posting."""

from typing import ClassVar, Literal

from pydantic import Field, model_validator

from cutover.project.model.rule import Rule
from cutover.project.model.words import Columns, Identifier, Type

Rounding = Literal["half_up", "half_even", "down", "none"]


class Unit(Rule):
    """Convert a quantity by the factor of its unit; a unit without a factor, or with factor 0, is rejected.

    A factor is a decimal, or a fraction such as `1/3` where no decimal is exact; with several columns in `unit` (such
    as item and unit) it is the factor of all of them together.
    """

    reads: ClassVar = ("source", "unit")
    translates: ClassVar = ("factors",)
    looks_up: ClassVar = "unit"

    kind: Literal["unit"]
    source: str
    unit: Columns = Field(description="the clean column with the unit's code, or the columns that name the factor")
    factors: Identifier = Field(description="a crosswalk from unit code to factor")
    rounding: Rounding = "none"


class Currency(Rule):
    """Convert an amount by the rate of its day; a missing rate, or one of 0, is rejected, and so is a missing day.

    An amount in the target's currency stays as it is. What rounding takes or adds is computed by the gate, per source
    currency, and belongs to the declared account or line.
    """

    reads: ClassVar = ("source", "from_currency", "as_of")
    translates: ClassVar = ("rates",)
    looks_up: ClassVar = "from_currency"

    kind: Literal["currency"]
    source: str = Field(description="a clean decimal column")
    from_currency: str = Field(description="the clean column with the currency of the amount")
    to_currency: str = Field(min_length=1, description="the code of the target's currency")
    rates: Identifier = Field(description="a crosswalk: currency, target currency, rate type -> rate, for a time")
    rate_type: str = Field(min_length=1, description="such as M or closing")
    as_of: str = Field(description="a clean date column: the day of the rate")
    direction: Literal["multiply", "divide"] = Field(description="amount times rate, or amount through rate")
    rounding: Rounding
    rounding_to: str = Field("", description="the account or line that takes rounding differences")
    type: Type

    @model_validator(mode="after")
    def _says_where_differences_go(self) -> "Currency":
        if self.rounding != "none" and not self.rounding_to:
            raise ValueError("an amount that is rounded needs `rounding_to`, the account or line of the difference")
        return self


class Sign(Rule):
    """Give an amount its sign by its debit/credit indicator; an unknown or missing indicator is rejected.

    An amount that is negative already (a reversal) turns round with its indicator.
    """

    reads: ClassVar = ("source", "indicator")

    kind: Literal["sign"]
    source: str = Field(description="a clean decimal column")
    indicator: str = Field(description="the clean column that says debit or credit")
    debit: Columns = Field(description="the texts that mean debit")
    credit: Columns = Field(description="the texts that mean credit")
    positive: Literal["debit", "credit"] = "debit"


class OpeningBalance(Rule):
    """One side of an opening posting: a signed amount becomes a debit or a credit, mirrored on the offset line."""

    reads: ClassVar = ("source",)

    kind: Literal["opening_balance"]
    source: str = Field(description="a signed decimal column: positive is a debit")
    side: Literal["debit", "credit"]
    offset: bool = Field(False, description="true on the line of the clearing account")
