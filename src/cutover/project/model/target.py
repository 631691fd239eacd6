"""Where rows go: the table, further rows in other tables, and the gate before them."""

from decimal import Decimal
from typing import Literal

from pydantic import Field

from cutover.project.model.rules import FieldRule
from cutover.project.model.words import UNIQUE, Code, Columns, Expression, Model, RuleId, Table


class Check(Model):
    """A gate on a mapped row: exactly one of the tests; a row that fails it is rejected by this rule's id."""

    rule: RuleId
    column: str | None = Field(None, description="the target column; not needed for an expression")
    minimum: Decimal | None = None
    maximum: Decimal | None = None
    one_of: tuple[Code, ...] | None = None
    pattern: str | None = Field(None, description="a regular expression that the whole value must match")
    valid: str | None = Field(
        None, description="a registered validator, such as cn_uscc; `cutover remedies` lists them"
    )
    expression: str | None = Field(None, description="a SQL expression over target columns that must be true")
    severity: Literal["blocker", "major", "minor"] = "major"
    when: str | None = Field(None, description="a SQL expression over target columns: only these rows are checked")
    hard: bool = Field(True, description="false: rows that fail it load all the same; the share that passes has a goal")
    goal: Decimal | None = Field(
        None, ge=0, le=1, description="of a rule that is not hard; thresholds.dq_soft_pass if absent"
    )
    owner: str = Field("", description="who mends the rows that it rejects; the entity's owner if absent")


class Target(Model):
    """The table that takes the rows, its generated key, its business key and its other unique keys."""

    table: Table
    id: str | None = Field(None, description="the identity column; keys are reserved from its sequence")
    key: Columns = Field(description="the columns that are unique in the target")
    unique: tuple[Columns, ...] = Field((), description=UNIQUE)


class Split(Model):
    """Kind `split_entity`: a further row in another table for each row (or for those where `when` holds)."""

    rule: RuleId
    kind: Literal["split_entity"]
    table: Table
    id: str | None = None
    key: Columns
    unique: tuple[Columns, ...] = Field((), description=UNIQUE)
    when: Expression | None = None
    merged: Literal["skip", "keep"] = Field("skip", description="keep: rows merged away get this row as well")
    fields: tuple[FieldRule, ...] = Field(min_length=1)
