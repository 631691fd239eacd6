"""The project file: systems, waves and thresholds of one enterprise."""

from decimal import Decimal

from pydantic import Field

from cutover.project.model.words import Code, Identifier, Model, Table


class System(Model):
    """A legacy system: the Airflow connection that reaches it, and how fast it may be read."""

    connection: Identifier
    title: str = ""
    masked_copy: Identifier | None = Field(
        None, description="the connection of a copy for tests, whose personal data are masked: landing's gate compares"
    )
    rows_per_second: int | None = Field(
        None, ge=1, description="the most rows that landing reads on average; as fast as it can when absent"
    )


class NumberRange(Model):
    """A counter of the target for business numbers: after a load it stands above the highest number that was brought.

    The highest number is that of the last digits of each value, so `SO-00042` counts as 42.
    """

    table: Table = Field(description="the table that holds the counters")
    where: dict[str, Code] = Field(min_length=1, description="column: value, naming the counter's row")
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
    refused_rate_max: Decimal = Field(
        Decimal("0.01"), ge=0, le=1, description="of a batch: a target that refuses more rows stops the load"
    )
    default_rate_max: Decimal = Field(Decimal("0.05"), ge=0, le=1)
    critical_default_rate_max: Decimal = Field(Decimal("0.01"), ge=0, le=1, description="of a critical field")
    money_tolerance: Decimal = Field(Decimal("0"), ge=0, description="in the currency's own unit")


class Quarantine(Model):
    """Who mends rejected rows, and in how many days, where neither rule nor entity says so."""

    owner: str = Field("migration team", min_length=1)
    due_days: int = Field(5, ge=0, le=3650)


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
    quarantine: Quarantine = Quarantine()
    archive: str = Field("", description="where the legacy data stay that do not move, and for how long")
    salt: str = Field("cutover", description="makes every sample repeatable")
