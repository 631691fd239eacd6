"""The kinds of rule that take texts apart and join them, give numbers, and bring files along."""

from typing import ClassVar, Literal

from pydantic import Field, model_validator

from cutover.core.types import DataType
from cutover.project.model.rule import Rule
from cutover.project.model.words import Columns, Identifier


class SplitField(Rule):
    """One part of a text, by a pattern with named groups; a text with anything left over is rejected (`leftover`).

    The pattern must match the whole text. Each of its groups is taken by a rule of the entity: what no rule wants is
    written `(?:...)`, so that nothing is lost by mistake. A group that matches nothing is an empty value.
    """

    reads: ClassVar = ("source",)

    kind: Literal["split_field"]
    source: str
    pattern: str = Field(description="a regular expression (RE2) with groups such as (?P<street>.+)")
    part: str = Field(description="the group that fills this column")


class Concat(Rule):
    """Several columns joined by a separator; empty ones are left out, and all empty stays empty.

    With `reversible`, a row with a part that holds the separator is rejected: nobody could take it apart again.
    """

    reads: ClassVar = ("source",)

    kind: Literal["concat"]
    source: Columns
    separator: str = ""
    reversible: bool = False


class Sequence(Rule):
    """A number of a range, one per source key, the same in every run; an exhausted range stops the run.

    Numbers are given in the order of the source keys and kept in the ledger: a row that comes again, in a later
    snapshot too, has the number it had. A row without a source key is rejected.
    """

    reads: ClassVar = ("above",)

    kind: Literal["sequence"]
    first: int = Field(ge=0, description="the first number, above the highest of the legacy system")
    last: int = Field(description="the last number of the range")
    prefix: str = Field("", description="stands before the number in a text column")
    digits: int = Field(0, ge=0, description="padded with zeros to so many digits in a text column")
    above: str | None = Field(
        None,
        description="a clean column with the legacy numbers: a range that does not begin above them all stops the run",
    )

    @model_validator(mode="after")
    def _is_a_range(self) -> "Sequence":
        if self.last < self.first:
            raise ValueError(f"the range ends at {self.last}, before it begins at {self.first}")
        return self


class Attachment(Rule):
    """The path of a file that belongs to the row; a missing file is rejected, and so is one with another hash.

    The bytes stay where they are: hash and size go to the target, so that the copy can be proven.
    """

    reads: ClassVar = ("source", "expected")
    fills: ClassVar = (("sha256", DataType("text", length=64)), ("size", DataType("integer")))

    kind: Literal["attachment"]
    source: str = Field(description="the clean column with the file's path below the store")
    store: Identifier = Field(description="a system whose connection is a folder")
    expected: str | None = Field(None, description="a clean column with the SHA-256 that the file must have")
    sha256: str | None = Field(None, description="a target column for the file's SHA-256")
    size: str | None = Field(None, description="a target column for the file's size in bytes")
