"""SQL files: their headers say what they bind, and identifiers are quoted."""

from importlib import resources

import pytest

from cutover.systems.queries import parse_query, query, quote_columns, quote_table, render

FILES = sorted(
    file.name[:-4] for file in (resources.files("cutover.systems") / "sql").iterdir() if file.name.endswith(".sql")
)


@pytest.mark.parametrize("name", FILES)
def test_the_header_of_every_file_is_true(name: str) -> None:
    assert query(name).name == name


@pytest.mark.parametrize(
    "text",
    [
        "select 1",
        "-- purpose: x\nselect :a",
        "-- purpose: x\n-- params: a\nselect 1",
        "-- purpose: x\nselect * from {table}",
        "-- purpose: x\n-- identifiers: table\nselect 1",
        "-- purpose:\n-- params: a\nselect :a",
    ],
)
def test_a_header_that_is_not_true_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="the header declares"):
        parse_query("x", text)


def test_a_cast_is_no_value_to_bind() -> None:
    assert parse_query("x", "-- purpose: x\n-- params: a\nselect :a::text, '1'::int").params == {"a"}


def test_identifiers_are_quoted() -> None:
    assert quote_table('app.or"der') == '"app"."or""der"'
    assert quote_columns(["a", "B c"], "t.") == 't."a", t."B c"'
    found = parse_query("x", "-- purpose: x\n-- identifiers: table, columns\nselect {columns} from {table}")
    assert render(found, {"table": "app.x", "columns": ["a", "b"]}) == 'select "a", "b" from "app"."x"'
