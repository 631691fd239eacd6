"""What is mended in a source's texts."""

import dataclasses
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema

from cutover.core.cleansing import PRESETS, REMEDIES, Parameters, expand_presets
from cutover.project.model.words import Code, Columns, Expression, Model, RuleId, one_or_list

Remedies = Annotated[
    Columns,
    AfterValidator(expand_presets),
    WithJsonSchema(one_or_list({"type": "string", "enum": sorted([*REMEDIES, *PRESETS])})),
]

# The files are read as texts, and a literal takes no text for a number.
Epoch = Annotated[Literal[1900, 1904], BeforeValidator(lambda year: int(year) if year in ("1900", "1904") else year)]


class Cleanse(Model):
    """Remedies applied in order to text columns; each changed cell is logged with this rule's id."""

    rule: RuleId
    column: Columns
    when: Expression | None = Field(None, description="only rows where this holds, over the texts before this rule")
    do: Remedies = Field(description="names of remedies or presets, in order; `cutover remedies` lists them")
    propose: bool = Field(False, description="change nothing: what the remedies find waits for a steward's decision")
    approver: str = Field(
        "", pattern=r"^$|\S", description="who approved this rule as a whole; needed for remedies of mode P"
    )
    length: int | None = Field(
        None, ge=1, le=1000, description="for strip_zeros and pad_zeros: the padded length in the legacy system"
    )
    values: dict[str, Code | None] = Field(
        default_factory=dict,
        description="for replace_values: before -> after; for others a table: mark -> sign, unit -> factor, "
        "currency -> decimals",
    )
    locale: str | None = Field(None, description="for locale_number: how the legacy system writes numbers, as de_DE")
    scale: int | None = Field(None, ge=0, le=18, description="for round_artefact: the declared decimals")
    factor: Decimal | None = Field(None, gt=0, description="for multiply: 10000 for a sheet in 万元")
    formats: tuple[str, ...] = Field((), description="for date_formats: strptime formats, such as %d/%m/%Y")
    epoch: Epoch | None = Field(None, description="for excel_serial: the workbook's date system")
    pivot: int | None = Field(
        None, ge=0, le=99, description="for short_date and %y: years above it are of the last century"
    )
    region: str | None = Field(None, description="for e164: the country of numbers without a country code, as CN")
    validator: str | None = Field(None, description="for look_alike: the check that one exchange must satisfy")
    beside: str | None = Field(None, description="the column that the remedy reads too, such as the currency")
    rationale: str = ""

    @property
    def parameters(self) -> Parameters:
        """What this rule states for its remedies."""
        stated = {field.name: getattr(self, field.name) for field in dataclasses.fields(Parameters)}
        return Parameters(**stated | {"values": dict(self.values)})
