"""Preview: each target cell with the rule that made it and what the rule read; nobody's data are shown."""

from pathlib import Path

import pytest
from tests.phases.toy import offline, stage, through

from cutover.errors import InputError
from cutover.phases.preview import MASKED, Row, preview_rows
from cutover.phases.world import World

SNAPSHOT = "20240101T000000Z"
ROWS: list[dict[str, str | None]] = [
    {"NR": "000001", "NAME": "Zhang San", "PHONE": "138"},
    {"NR": "2", "LAND": "??"},
    {"NR": "3", "NAME": "test"},
    {"NR": "4", "TERM": None},
]


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> World:
    made = offline(monkeypatch, tmp_path)
    stage(made, SNAPSHOT, "customer", ROWS)
    through(made, SNAPSHOT, "customer")
    return made


def cells(row: Row) -> dict[str, tuple[object, ...]]:
    return {f"{cell.table}.{cell.column}": (cell.rule, cell.reads, cell.value, cell.problem) for cell in row.cells}


def test_each_cell_names_its_rule_and_what_it_read(world: World) -> None:
    (row,) = preview_rows(world, SNAPSHOT, "customer", key="1", limit=5)
    shown = cells(row)
    assert ("NR", "000001") in row.landed and row.outcome == "loaded"
    assert shown["app.partner.no"] == ("CU-1", (("NR", "1"),), "1", "")
    assert shown["app.partner.country"] == ("CU-3", (("LAND", "CN"),), "CN", "")
    assert shown["app.partner.defaulted"] == ("CU-6", (("TERM", "N10"),), "False", "")
    assert shown["app.role.role"] == ("CU-R2", (), "customer", "")


def test_personal_data_are_masked_on_both_sides(world: World) -> None:
    found = preview_rows(world, SNAPSHOT, "customer", key=None, limit=5)
    assert "Zhang San" not in repr(found) and "138" not in repr(found)
    assert cells(found[0])["app.partner.name"] == ("CU-2", (("NAME", MASKED),), MASKED, "")
    assert ("NAME", MASKED) in found[0].landed


def test_a_rejected_row_shows_where_and_why_and_a_dropped_one_has_no_cells(world: World) -> None:
    found = preview_rows(world, SNAPSHOT, "customer", key=None, limit=5)
    assert [(row.outcome, row.why) for row in found] == [
        ("loaded", ""), ("rejected", "CU-3 no_entry"), ("dropped", "CU-X test_record"), ("loaded", ""),
    ]  # fmt: skip
    assert cells(found[1])["app.partner.country"] == ("CU-3", (("LAND", "??"),), None, "no_entry")
    assert found[2].cells == ()


def test_rows_are_limited_and_an_unknown_key_is_told(world: World) -> None:
    assert len(preview_rows(world, SNAPSHOT, "customer", key=None, limit=2)) == 2
    with pytest.raises(InputError, match="no row of 'customer' has this key"):
        preview_rows(world, SNAPSHOT, "customer", key="99", limit=5)
