"""One entity as a whole."""

from collections.abc import Iterator
from typing import Any

from pydantic import Field

from cutover.project.model.cleansing import Cleanse
from cutover.project.model.rows import Acyclic, AllOrNone, DropColumn, Duplicates, Exclude, History, Merge
from cutover.project.model.rule import Place, Rule
from cutover.project.model.rules import FieldRule
from cutover.project.model.sources import Source
from cutover.project.model.target import Check, Split, Target
from cutover.project.model.words import Code, Identifier, Model, RuleId


class ControlTotal(Model):
    """A sum that must tie: a clean decimal column against the target column it became."""

    source: str
    target: str
    also: RuleId | None = Field(None, description="the `also` entry whose column it is; the entity's own when absent")
    by: str | None = Field(None, description="a clean column to group by, such as the company or the currency")


class Pilot(Model):
    """Which rows make the pilot: named keys, and a share of each stratum; references are closed over."""

    keys: tuple[Code, ...] = Field((), description="source keys that must be in; parts joined by |")
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
    duplicates: Duplicates | None = None
    history: History | None = None
    all_or_none: AllOrNone | None = None
    acyclic: Acyclic | None = None
    fields: tuple[FieldRule, ...] = Field(min_length=1)
    also: tuple[Split, ...] = ()
    drops: tuple[DropColumn, ...] = ()
    checks: tuple[Check, ...] = ()
    control: tuple[ControlTotal, ...] = ()
    pilot: Pilot = Pilot()
    owner: str = Field("", description="who mends rejected rows; a rule may name another; `quarantine.owner` if absent")
    due_days: int | None = Field(
        None, ge=0, le=3650, description="days to mend a rejected row; `quarantine.due_days` if absent"
    )
    pii: tuple[str, ...] = Field((), description="source columns that hold personal data: masked in reports")
    identities: tuple[str, ...] = Field(
        (),
        description="source columns that hold bank accounts, tax or personal numbers, lots or serial numbers: no rule "
        "changes what they say; those that a validator checks need not be named",
    )


def rule_fields(mapping: Mapping) -> dict[str, Any]:
    """Return target column -> rule of the mapping's own table, in order of appearance."""
    return {field.target: field for field in mapping.fields}


def located_fields(mapping: Mapping) -> Iterator[tuple[Place, Rule]]:
    """Yield every field rule of a mapping, those of further rows too, with its place in the file."""
    for index, field in enumerate(mapping.fields):
        yield ("fields", index), field
    for outer, split in enumerate(mapping.also):
        for index, field in enumerate(split.fields):
            yield ("also", outer, "fields", index), field
