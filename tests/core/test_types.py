"""Types: written once, rendered for Arrow and PostgreSQL, never inexact."""

import pyarrow as pa
import pytest

from cutover.core.types import DataType, parse_type, type_of


@pytest.mark.parametrize(
    ("text", "shown", "postgres"),
    [
        ("text", "text", "text"),
        ("text(40)", "text(40)", "varchar(40)"),
        ("integer", "integer", "bigint"),
        ("decimal(18, 2)", "decimal(18,2)", "numeric(18,2)"),
        ("decimal(38,38)", "decimal(38,38)", "numeric(38,38)"),
        ("boolean", "boolean", "boolean"),
        (" date ", "date", "date"),
        ("timestamp", "timestamp", "timestamp with time zone"),
    ],
)
def test_a_type_is_read_and_shown(text: str, shown: str, postgres: str) -> None:
    kind = parse_type(text)
    assert (str(kind), kind.postgres) == (shown, postgres)
    assert parse_type(str(kind)) == kind


@pytest.mark.parametrize(
    "text",
    [
        "",
        "float",
        "text(",
        "text(4,2)",
        "decimal",
        "decimal(18)",
        "decimal(0,0)",
        "decimal(39,2)",
        "decimal(4,5)",
        "INTEGER",
        "date(3)",
    ],
)
def test_what_is_no_type_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="decimal"):
        parse_type(text)


@pytest.mark.parametrize(
    ("arrow", "name"),
    [
        (pa.int16(), "integer"),
        (pa.large_string(), "text"),
        (pa.decimal128(5, 2), "decimal(5,2)"),
        (pa.bool_(), "boolean"),
        (pa.date64(), "date"),
        (pa.timestamp("ns"), "timestamp"),
    ],
)
def test_what_a_source_delivers_has_our_type(arrow: pa.DataType, name: str) -> None:
    assert str(type_of(arrow)) == name


@pytest.mark.parametrize("arrow", [pa.float64(), pa.float32(), pa.time64("us"), pa.binary(), pa.list_(pa.int64())])
def test_inexact_and_unknown_types_are_refused(arrow: pa.DataType) -> None:
    with pytest.raises(ValueError, match="not exact or not supported"):
        type_of(arrow)


def test_the_arrow_type_of_a_type_has_that_type() -> None:
    for text in ("text", "integer", "decimal(18,2)", "boolean", "date", "timestamp"):
        assert type_of(parse_type(text).arrow) == parse_type(text)
    assert type_of(DataType("text", length=4).arrow) == parse_type("text")
