"""Profiles: figures of every landed column, offline, and no value of personal data."""

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from tests.phases.toy import FILES, offline, stage

from cutover.core.defects import DEFECTS
from cutover.core.profiles import SHOWING, ColumnProfile, shape_of
from cutover.errors import InputError
from cutover.phases.profile import profile_entity, write_profile
from cutover.phases.world import World

SNAPSHOT = "20240101T000000Z"
SECRET = "张三丰13800138000"


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> World:
    world = offline(monkeypatch, tmp_path, FILES)
    amounts = ["1.00", "2.00", "3.00", "2.50", "1.50", "2.25", "99999"]
    lines: list[dict[str, str | None]] = [
        {
            "NR": f"A-{n:03}",
            "NAME": f"{SECRET}{n}",
            "CREDIT": amount,
            "NOTE": ["见 备注\n二", "<script>x</script>", "", None][n % 4],
        }
        for n, amount in enumerate(amounts)
    ]
    lines[3]["TERM"] = "锟斤拷"
    stage(world, SNAPSHOT, "customer", lines)
    return world


@pytest.fixture
def columns(world: World) -> dict[str, ColumnProfile]:
    return {found.name: found for found in profile_entity(world, SNAPSHOT, world.specification.mapping("customer"))}


def test_counts_are_those_of_the_feed(columns: dict[str, ColumnProfile]) -> None:
    note = columns["NOTE"]
    assert (note.rows, note.nulls, note.blanks, note.distinct) == (7, 1, 2, 3)
    assert note.lengths == {0: 2, 6: 2, 18: 2}
    assert (columns["NR"].least, columns["NR"].greatest, columns["NR"].distinct) == ("A-000", "A-006", 7)
    assert columns["PHONE"].nulls == 7 and columns["PHONE"].least is None and columns["PHONE"].lengths == {}


def test_numbers_are_exact_and_what_lies_far_out_is_counted(columns: dict[str, ColumnProfile]) -> None:
    numbers = columns["CREDIT"].numbers
    assert numbers is not None and columns["NR"].numbers is None
    assert (numbers.count, numbers.least, numbers.median, numbers.greatest, numbers.outliers) == (
        7,
        "1",
        "2.25",
        "99999",
        1,
    )
    assert sum(numbers.bins) == 7 and numbers.bins[0] == 6 and numbers.bins[-1] == 1


def test_shapes_and_suspects_are_told(columns: dict[str, ColumnProfile]) -> None:
    assert columns["NR"].masks == [("A-9+", 7)]
    assert columns["TERM"].suspects == {"T04": 1}
    assert columns["NOTE"].suspects["T11"] == 2
    assert shape_of("Ab-1汉") == "Aa-9汉"
    assert set(SHOWING) <= set(DEFECTS)


def test_no_value_of_personal_data_is_on_the_page(world: World, columns: dict[str, ColumnProfile]) -> None:
    assert columns["NAME"].is_hidden and columns["NAME"].top == []
    page = Path(write_profile(world, SNAPSHOT, "customer")).read_text(encoding="utf-8")
    assert "13800138000" not in page and "张三丰" not in page and "shapes only" in page


def test_what_looks_like_a_secret_is_a_shape_everywhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    world = offline(monkeypatch, tmp_path, FILES)
    stage(world, SNAPSHOT, "customer", [{"NR": "1", "TERM": "联系13800138000"}, {"NR": "2", "TERM": "联系13800138000"}])
    page = Path(write_profile(world, SNAPSHOT, "customer")).read_text(encoding="utf-8")
    assert "13800138000" not in page and "汉汉99999999999" in page


def test_a_column_of_different_values_lists_none(world: World) -> None:
    assert "every value stands there once" in Path(write_profile(world, SNAPSHOT, "customer")).read_text("utf-8")


class Opened(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.addresses: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.addresses += [str(value) for name, value in attrs if name in ("src", "href")]


def test_the_page_is_offline_and_shows_texts_as_texts(world: World) -> None:
    page = Path(write_profile(world, SNAPSHOT, "customer")).read_text(encoding="utf-8")
    opened = Opened()
    opened.feed(page)
    assert "script" not in opened.tags and "svg" in opened.tags
    assert all(address.startswith("#") for address in opened.addresses)
    assert not re.search(r"https?://|@import|url\(", page)
    assert all(f">{name}<" in page for name in ("NR", "CREDIT", "NOTE"))


def test_a_feed_without_rows_has_a_page_too(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    world = offline(monkeypatch, tmp_path, FILES)
    stage(world, SNAPSHOT, "customer", [])
    assert "0 rows" in Path(write_profile(world, SNAPSHOT, "customer")).read_text(encoding="utf-8")


def test_what_was_not_landed_is_asked_for(world: World) -> None:
    with pytest.raises(InputError, match="cutover land"):
        write_profile(world, SNAPSHOT, "supplier")
