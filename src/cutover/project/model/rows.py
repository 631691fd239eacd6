"""What decides over whole rows: left out, merged, standing together, without circles; and columns dropped."""

from datetime import date
from typing import Literal

from pydantic import Field, model_validator

from cutover.project.model.words import Columns, Expression, Identifier, Model, Person, RuleId

_MONTHS = {"month": 1, "quarter": 3, "year": 12}


class Exclude(Model):
    """Kind `drop`: rows that do not move, on purpose, with a reason and who decided it."""

    rule: RuleId
    when: Expression
    reason: Identifier
    approver: Person


class DropColumn(Model):
    """Kind `drop` for a column: it does not move, with a reason and who decided it.

    The gate is closed while the column holds values and nobody says where they stay.
    """

    column: Columns
    reason: Identifier
    approver: Person
    archive: str = Field("", description="where its values stay; the project's `archive` if absent")


class Merge(Model):
    """Kind `merge_entity`: rows of one real thing become one record; the others point to the survivor.

    Rows merge when all `match` expressions are equal and none is empty. The survivor is the first row in `order`;
    with `into`, a row of an earlier entity with the same match survives instead.
    """

    rule: RuleId
    kind: Literal["merge_entity"]
    match: tuple[Expression, ...] = Field(min_length=1)
    order: tuple[Expression, ...] = Field(("_row",), description="SQL order terms; the first row survives")
    fill: tuple[str, ...] = Field((), description="columns whose empty values are filled from the others, in order")
    survive: dict[str, tuple[Expression, ...]] = Field(
        default_factory=dict,
        description="column: SQL order terms; its value in the record is the first in this order that is not empty, "
        'such as `["source = \'CRM\' desc", "changed desc nulls last"]`; ties go by `order`',
    )
    into: tuple[Identifier, ...] = Field((), description="earlier entities whose rows survive ours")
    approver: Person | None = Field(
        None,
        description="who approved that these rows are one thing; needed where `duplicates` does not hold it to a law",
    )
    reason: Identifier = "duplicate"


class Duplicates(Model):
    """Pairs of rows that may be one thing: found by likeness of names and by a shared identity, decided by a steward.

    What a machine may merge alone shares a valid identity and the match key of the name; what `merge` joins is held to
    that. Pairs that a steward calls the same merge too, by the order of `merge`.
    """

    rule: RuleId
    name: str = Field(description="the clean column with the name")
    identity: str | None = Field(None, description="the clean column with an official number")
    valid: str | None = Field(None, description="the validator of that number; without it nothing merges by itself")
    review: int = Field(90, ge=50, le=100, description="pairs of at least this likeness need a decision")
    likely: int = Field(97, ge=50, le=100, description="pairs of at least this likeness are shown as probably the same")


class History(Model):
    """Kind `history`: the last periods move row by row, older ones as one row per key and period, the oldest stay.

    The row of a period carries the sums of all its rows and, as its date, the period's first day; of other columns it
    has the values of the first row. A row without a date is rejected, and so is one that straddles a cut.
    """

    rule: RuleId
    kind: Literal["history"]
    day: str = Field(description="a clean date column: the day, or the first day of what a row covers")
    until: str | None = Field(None, description="a clean date column: the last day, where a row covers several")
    period: Literal["month", "quarter", "year"]
    detail_from: date = Field(description="the first day of the first period that moves row by row")
    summary_from: date | None = Field(None, description="the first day of the first period that is summarised")
    archive: str = Field("", description="where the rows before that stay; needed with `summary_from`")
    by: Columns = Field(description="what a summary is made of: account, item, company")
    sum: Columns = Field(description="the clean number columns that are summed")

    @model_validator(mode="after")
    def _cuts_between_periods(self) -> "History":
        for name, day in (("detail_from", self.detail_from), ("summary_from", self.summary_from)):
            if day is not None and (day.day != 1 or (day.month - 1) % _MONTHS[self.period]):
                raise ValueError(f"{name} {day} lies within a {self.period}: it must be the first day of one")
        if self.summary_from is not None and self.summary_from >= self.detail_from:
            raise ValueError("summary_from must lie before detail_from")
        if self.summary_from is not None and not self.archive:
            raise ValueError("rows before summary_from stay behind: say in `archive` where")
        return self


class AllOrNone(Model):
    """Rows with the same values in `by` stand together: one reject rejects them all, and they load in one batch."""

    rule: RuleId
    by: Columns


class Acyclic(Model):
    """Rows are edges of a structure that must hold no circle: the rows on a circle are rejected.

    With `nodes` and `released`, the gate is closed while a released parent has a component that is not released.
    """

    rule: RuleId
    parent: Columns
    child: Columns
    nodes: Identifier | None = Field(None, description="the entity of what the edges connect, by its source key")
    released: Expression | None = Field(None, description="over the clean columns of `nodes`: it may be used")

    @model_validator(mode="after")
    def _names_nodes_and_their_release(self) -> "Acyclic":
        if (self.nodes is None) != (self.released is None):
            raise ValueError("`nodes` and `released` belong together: name both or none")
        return self
