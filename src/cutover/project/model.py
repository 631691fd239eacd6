"""What a mapping and a project file may say, as typed and frozen models.

The models are the single description of the format: editors complete from the JSON Schema made of them, `cutover check`
validates with them, and every phase reads them. The rule kinds are those of the specification's vocabulary; each is one
class whose docstring says what it does and when it rejects a row.
"""

from collections.abc import Iterator
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer, WithJsonSchema

from cutover.core.types import EXAMPLES, DataType, parse_type

Identifier = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$", description="lower case, digits and underscores")]
Table = Annotated[str, Field(pattern=r"^[^.\s]+(\.[^.\s]+)?$", description="table, or schema.table")]
# Two blanks in a row, and blanks at the ends, are slips of the pen rather than names.
SourceTable = Annotated[
    str,
    Field(
        pattern=r"^[^.\s]+( [^.\s]+)*(\.[^.\s]+( [^.\s]+)*)?$",
        description="table, or schema.table, as the legacy system spells it, without quotes; a name may hold blanks",
    ),
]
RuleId = Annotated[str, Field(pattern=r"^[A-Z0-9][A-Z0-9_.-]*$", description="unique in the project, such as CUST-010")]
Expression = Annotated[
    str, Field(min_length=1, description="one SQL expression over clean columns, as DuckDB reads it")
]
Type = Annotated[
    DataType,
    BeforeValidator(lambda value: parse_type(value) if isinstance(value, str) else value),
    PlainSerializer(str),
    WithJsonSchema({"type": "string", "description": f"one of {EXAMPLES}", "examples": EXAMPLES.split(", ")}),
]
Columns = Annotated[
    tuple[str, ...],
    BeforeValidator(lambda value: (value,) if isinstance(value, str) else value),
    Field(min_length=1, description="one column, or a list of columns"),
]
Scalar = str | int | bool | Decimal
UNIQUE = "further lists of columns that are unique in the target; rows that share such a key are all rejected"


class Model(BaseModel):
    """Frozen, and closed: a misspelt key is an error, not a silence."""

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)


# --- sources ---------------------------------------------------------------------------------------------------------


class Csv(Model):
    """A delimited text file; `path` may hold a `*`: all matching files, in the order of their names, are one feed."""

    path: str
    encoding: str = Field(description="declared, never guessed: utf-8, utf-8-sig, gb18030, latin-1, cp1252, utf-16 ...")
    separator: str = ","
    row_ending: str | None = Field(None, description="when rows do not end with a line break, such as '&|\\n'")
    quote: str | None = '"'
    header: bool = True
    skip_rows: int = Field(0, ge=0, description="rows above the header that hold no data")


class Excel(Model):
    """A sheet of .xls or .xlsx workbooks; `path` may hold a `*`."""

    path: str
    sheet: str | None = Field(None, description="the first sheet when not given")
    header_row: int = Field(1, ge=1, description="counted from 1, as Excel shows it")


class Source(Model):
    """Where an entity's rows come from: exactly one of table, extract, csv, excel."""

    system: Identifier
    table: SourceTable | None = None
    extract: str | None = Field(None, description="a file in sql/ with one SELECT, when a table name does not suffice")
    csv: Csv | None = None
    excel: Excel | None = None
    key: Columns = Field(description="the columns that name a row; they are cleansed before they are compared")
    columns: dict[str, Type] = Field(
        default_factory=dict,
        description="types after cleansing; a column that is not named keeps the type it was landed with",
    )


# --- cleansing -------------------------------------------------------------------------------------------------------


class Cleanse(Model):
    """Remedies applied in order to text columns; each changed cell is logged with this rule's id."""

    rule: RuleId
    column: Columns
    when: Expression | None = Field(None, description="only rows where this holds, over the texts before this rule")
    do: Columns = Field(description="names of remedies, in order; `cutover remedies` lists them")
    length: int | None = Field(
        None, ge=1, le=1000, description="for strip_zeros and pad_zeros: the padded length in the legacy system"
    )
    values: dict[str, str | None] = Field(default_factory=dict, description="for replace_values: before -> after")
    rationale: str = ""


# --- mapping rules ---------------------------------------------------------------------------------------------------


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


class Exclude(Model):
    """Kind `drop`: rows that do not move, on purpose, with a reason and who decided it."""

    rule: RuleId
    when: Expression
    reason: Identifier
    approver: str


class DropColumn(Model):
    """Kind `drop` for a column: it does not move, with a reason and who decided it."""

    column: Columns
    reason: Identifier
    approver: str


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
    into: tuple[Identifier, ...] = Field((), description="earlier entities whose rows survive ours")
    reason: Identifier = "duplicate"


class AllOrNone(Model):
    """Rows with the same values in `by` stand together: one reject rejects them all."""

    rule: RuleId
    by: Columns


class Acyclic(Model):
    """Rows are edges of a structure that must hold no circle: the rows on a circle are rejected."""

    rule: RuleId
    parent: Columns
    child: Columns


# --- targets, gates, controls ----------------------------------------------------------------------------------------


class Check(Model):
    """A gate on a mapped row: exactly one of the tests; a row that fails it is rejected by this rule's id."""

    rule: RuleId
    column: str | None = Field(None, description="the target column; not needed for an expression")
    minimum: Decimal | None = None
    maximum: Decimal | None = None
    one_of: tuple[str, ...] | None = None
    pattern: str | None = Field(None, description="a regular expression that the whole value must match")
    valid: str | None = Field(
        None, description="a registered validator, such as cn_uscc; `cutover remedies` lists them"
    )
    expression: str | None = Field(None, description="a SQL expression over target columns that must be true")
    severity: Literal["blocker", "major", "minor"] = "major"
    when: str | None = Field(None, description="a SQL expression over target columns: only these rows are checked")


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


class ControlTotal(Model):
    """A sum that must tie: a clean decimal column against the target column it became."""

    source: str
    target: str
    also: RuleId | None = Field(None, description="the `also` entry whose column it is; the entity's own when absent")
    by: str | None = Field(None, description="a clean column to group by, such as the company or the currency")


class Pilot(Model):
    """Which rows make the pilot: named keys, and a share of each stratum; references are closed over."""

    keys: tuple[str, ...] = Field((), description="source keys that must be in; parts joined by |")
    strata: tuple[str, ...] = Field((), description="clean columns whose value combinations are the strata")
    per_stratum: int = Field(3, ge=0, description="rows taken from each stratum (all when it has fewer)")


class Mapping(Model):
    """One entity: where it comes from, what is done to it, where it goes, and how it is checked."""

    entity: Identifier
    title: str = ""
    source: Source
    target: Target
    cleanse: tuple[Cleanse, ...] = ()
    exclude: tuple[Exclude, ...] = ()
    merge: Merge | None = None
    all_or_none: AllOrNone | None = None
    acyclic: Acyclic | None = None
    fields: tuple[FieldRule, ...] = Field(min_length=1)
    also: tuple[Split, ...] = ()
    drops: tuple[DropColumn, ...] = ()
    checks: tuple[Check, ...] = ()
    control: tuple[ControlTotal, ...] = ()
    pilot: Pilot = Pilot()
    pii: tuple[str, ...] = Field((), description="source columns that hold personal data: masked in reports")


# --- the project -----------------------------------------------------------------------------------------------------


class System(Model):
    """A legacy system: the Airflow connection that reaches it."""

    connection: Identifier
    title: str = ""


class NumberRange(Model):
    """A counter of the target for business numbers: after a load it stands above the highest number that was brought.

    The highest number is that of the last digits of each value, so `SO-00042` counts as 42.
    """

    table: Table = Field(description="the table that holds the counters")
    where: dict[str, str] = Field(min_length=1, description="column: value, naming the counter's row")
    next: str = Field(description="the column with the next free number")
    numbers: Table = Field(description="the table whose numbers the counter gives")
    column: str = Field(description="the column that holds them")


class TargetSystem(Model):
    """The target: a PostgreSQL database, which also holds the ledger in schema `cutover`."""

    connection: Identifier
    schemas: tuple[str, ...] = Field(min_length=1, description="the schemas that a fingerprint covers")
    volatile: tuple[str, ...] = Field(
        (), description="schema.table.column left out of fingerprints, such as updated_at"
    )
    setup: tuple[str, ...] = Field((), description="SQL files in sql/ that create an empty target, in order")
    number_ranges: tuple[NumberRange, ...] = Field((), description="counters that a load moves past what it brought")


class Rate(Model):
    """A share of rows for a pilot and for a full load."""

    pilot: Decimal = Field(Decimal("0.005"), ge=0, le=1)
    full: Decimal = Field(Decimal("0.001"), ge=0, le=1)


class Thresholds(Model):
    """What the gates measure against; the defaults are the field's."""

    dq_hard_pass: Decimal = Field(Decimal("1.0"), ge=0, le=1)
    dq_soft_pass: Decimal = Field(Decimal("0.98"), ge=0, le=1)
    reject_rate_max: Rate = Rate()
    default_rate_max: Decimal = Field(Decimal("0.05"), ge=0, le=1)
    money_tolerance: Decimal = Field(Decimal("0"), ge=0, description="in the currency's own unit")


class Wave(Model):
    """Entities that move together; order follows from their references."""

    entities: tuple[Identifier, ...] = Field(min_length=1)


class ProjectFile(Model):
    """`project.yaml`: the systems, the waves and the thresholds of one enterprise."""

    name: str
    systems: dict[Identifier, System] = Field(min_length=1)
    target: TargetSystem
    waves: dict[Identifier, Wave] = Field(min_length=1)
    thresholds: Thresholds = Thresholds()
    salt: str = Field("cutover", description="makes every sample repeatable")


def rule_fields(mapping: Mapping) -> dict[str, Any]:
    """Return target column -> rule of the mapping's own table, in order of appearance."""
    return {field.target: field for field in mapping.fields}


def located_fields(mapping: Mapping) -> Iterator[tuple[tuple[str | int, ...], object]]:
    """Yield every field rule of a mapping, those of further rows too, with its place in the file."""
    for index, field in enumerate(mapping.fields):
        yield ("fields", index), field
    for outer, split in enumerate(mapping.also):
        for index, field in enumerate(split.fields):
            yield ("also", outer, "fields", index), field
