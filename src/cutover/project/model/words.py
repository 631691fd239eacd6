"""The words of a specification: names, expressions, types, and the closed, frozen base of all its models."""

from decimal import Decimal
from typing import Annotated, Any

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


def one_or_list(name: dict[str, Any]) -> dict[str, Any]:
    """Return the JSON Schema of one such name, or of a list of them that is not empty."""
    return {"anyOf": [name, {"type": "array", "items": name, "minItems": 1}]}


Columns = Annotated[
    tuple[str, ...],
    BeforeValidator(lambda value: (value,) if isinstance(value, str) else value),
    Field(min_length=1, description="one column, or a list of columns"),
    # Editors are told what may be written, not what it becomes.
    WithJsonSchema(one_or_list({"type": "string"}) | {"description": "one column, or a list of columns"}),
]
# A code is text, also where it looks like a number: editors read 10 as one, `cutover` as the text that was written.
Code = Annotated[str, WithJsonSchema({"type": ["string", "number", "boolean"]})]
NOT_BLANK = r"\S"
Person = Annotated[str, Field(pattern=NOT_BLANK, description="a person or a role, never blank")]
Scalar = str | int | bool | Decimal
UNIQUE = "further lists of columns that are unique in the target; rows that share such a key are all rejected"


class Model(BaseModel):
    """Frozen, and closed: a misspelt key is an error, not a silence."""

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)
