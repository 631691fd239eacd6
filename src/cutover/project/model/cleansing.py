"""What is mended in a source's texts."""

from pydantic import Field

from cutover.project.model.words import Columns, Expression, Model, RuleId


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
