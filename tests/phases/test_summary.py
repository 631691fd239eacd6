"""Summary, report and reject workbook: every figure from the ledger, no value where it does not belong."""

import re
from html.parser import HTMLParser
from io import BytesIO
from pathlib import Path

import pytest
from python_calamine import CalamineWorkbook
from tests.phases.moved import Moved, moved, original, toy
from tests.phases.toy import WAVE, Toy, simple

from cutover.cli.show import summary_as_json
from cutover.errors import InputError
from cutover.phases.dual_run import run_night
from cutover.phases.pages.report import build_report, write_report
from cutover.phases.pages.workbook import write_reject_workbook
from cutover.phases.rollback import roll_back
from cutover.phases.summary import (
    EntityLine,
    GateLine,
    NightLine,
    RunSummary,
    Summary,
    TotalLine,
    summarise,
)

__all__ = ["moved", "original", "toy"]


def test_a_wave_is_summed_up_from_the_ledger(moved: Moved) -> None:
    found = summarise(moved.world, wave=WAVE)
    assert found.pilot is None
    assert found.night is None
    run = found.full
    assert run is not None
    assert (run.run_id, run.kind, run.status, run.proven) == (moved.run_id, "full", "finished", None)
    assert run.entities == (
        EntityLine("customer", 7, 2, 1, 1, 3), EntityLine("supplier", 3, 1, 2, 0, 0),
        EntityLine("order", 3, 2, 0, 0, 1),
        EntityLine("line", 4, 3, 0, 0, 1),
    )  # fmt: skip
    assert all(line.balances for line in run.entities)
    assert [(total.entity, total.group, total.source, total.target) for total in run.totals] == [
        ("customer", "CN", "20.25", "7.25"), ("customer", "D", "0.10", "0.10"), ("order", "", "3.00", "2.00"),
    ]  # fmt: skip
    assert all(total.ties for total in run.totals)
    assert {gate.gate: gate.failed for gate in run.gates} == {"verification": 0}


def test_a_rollback_and_a_night_show(moved: Moved) -> None:
    night = run_night(moved.world, wave=WAVE)
    found = summarise(moved.world, wave=WAVE)
    assert found.night is not None
    assert (found.night.night_id, found.night.status, found.night.matched) == (night.night_id, "clean", 8)
    roll_back(moved.world, moved.run_id, reason="test", by_whom="test")
    run = summarise(moved.world, wave=WAVE).full
    assert run is not None
    assert (run.status, run.proven) == ("rolled_back", True)


def test_what_was_taken_back_of_a_run_is_not_called_loaded(moved: Moved) -> None:
    roll_back(moved.world, moved.run_id, entity="line", reason="test", by_whom="test")
    run = summarise(moved.world, wave=WAVE).full
    assert run is not None
    assert run.entities[-1] == EntityLine("line", 4, 0, 0, 0, 0)
    assert [line.balances for line in run.entities] == [True, True, True, False]


@pytest.mark.parametrize(
    ("loaded", "target", "ties"),
    [("1.00", "1.0000", True), ("1.00", "1.01", False), ("0", "0.00", True), ("-0.10", "0.10", False)],
)
def test_a_total_ties_by_value_not_by_its_writing(loaded: str, target: str, ties: bool) -> None:
    assert TotalLine("a", "b", "", "1", "0", loaded, target).ties is ties


def test_a_line_balances_or_not() -> None:
    assert EntityLine("a", 4, 1, 1, 1, 1).balances
    assert not EntityLine("a", 5, 1, 1, 1, 1).balances


def test_a_wave_that_never_ran_says_so(toy: Toy) -> None:
    with pytest.raises(InputError, match="no run of wave 'main' has been started"):
        summarise(toy.world(), wave=WAVE)
    with pytest.raises(InputError, match="there is no wave 'x'"):
        summarise(toy.world(), wave="x")


def test_the_summary_is_json_with_exact_amounts(moved: Moved) -> None:
    text = summary_as_json(summarise(moved.world, wave=WAVE), ["a.html"])
    assert '"source": "20.25"' in text
    assert '"files": [\n    "a.html"\n  ]' in text


# --- the report ------------------------------------------------------------------------------------------------------

NASTY = "<script>alert('x')</script>&\"=1+1"


class Page(HTMLParser):
    """Collects the tags of a page and checks that they close."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.open: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs
        if tag not in ("meta", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def _summary(text: str, *amounts: str) -> Summary:
    total = TotalLine(text, text, text, *(amounts or ("1", "0", "1", "1")))
    run = RunSummary(
        1, "pilot", text, text, text, (EntityLine(text, 2, 1, 0, 0, 1),), (total,),
        (GateLine(text, 1, 0, 0),), text, text,
    )  # fmt: skip
    return Summary(text, run, run, NightLine(1, text, 1, 1, 0, 0, 0))


def test_no_text_becomes_markup() -> None:
    page = Page(build_report(NASTY, _summary(NASTY)))
    assert page.open == []
    assert "script" not in page.tags
    assert not [name for name, _ in page.attributes if name.startswith("on")]


def test_the_page_needs_nothing_from_outside() -> None:
    text = build_report("Toy", _summary("main"))
    assert not re.search(r"https?://|src=|href=|@import|url\(", text)


def test_large_amounts_are_readable_and_keep_every_digit() -> None:
    text = build_report("Toy", _summary("main", "1234567890123456789.10", "0.10", "1", "-1234567.00"))
    assert "<td>1,234,567,890,123,456,789.10</td><td>0.10</td><td>1</td><td>-1,234,567.00</td>" in text


def test_what_did_not_happen_is_said() -> None:
    text = build_report("Toy", Summary("main", None, None, None))
    assert "has not been rehearsed" in text
    assert "No night has been compared" in text


def test_the_report_shows_counts_and_totals_and_no_row(moved: Moved) -> None:
    place = write_report(moved.world, summarise(moved.world, wave=WAVE))
    text = Path(place).read_text(encoding="utf-8")
    for shown in ("customer", "20.25", "7.25", "finished"):
        assert shown in text
    for hidden in ("alpha", "Way too long"):
        assert hidden not in text
    Page(text)


# --- the workbook ----------------------------------------------------------------------------------------------------


def sheets(place: str) -> dict[str, list[list[object]]]:
    """Read a workbook back as Excel would show it."""
    book = CalamineWorkbook.from_filelike(BytesIO(Path(place).read_bytes()))
    return {name: book.get_sheet_by_name(name).to_python() for name in book.sheet_names}


def test_every_reject_is_there_with_its_legacy_row(moved: Moved) -> None:
    found = sheets(write_reject_workbook(moved.world, moved.run_id))
    assert list(found) == ["customer", "order", "line"]
    head, *lines = found["customer"]
    assert head[:7] == ["row", "key", "rule", "column", "reason", "severity", "NR"]
    assert [line[1:5] for line in lines] == [
        ["4", "CU-2", "name", "too_long"], ["6", "CU-G1", "credit", "ge"],
        ["7", "CU-7", "parent_id", "parent_rejected"],
    ]  # fmt: skip
    # Personal data is for the workbook of its owner only.
    assert lines[0][head.index("NAME")] == "•••"
    assert lines[1][head.index("CREDIT")] == "3.00-"


FORMULAS = [
    "=1+1",
    '=HYPERLINK("http://x")',
    "+1",
    "@SUM(1)",
    "-1",
    "{=1}",
    "http://example.com",
    "\tx",
    "a\nb",
    "客户",
]


def test_a_legacy_text_stays_a_text(toy: Toy) -> None:
    toy.write("customer", [{"NR": str(place), "LAND": "??", "NOTE": text} for place, text in enumerate(FORMULAS)])
    for entity in ("supplier", "order", "line"):
        toy.write(entity, [])
    world = toy.world()
    run_id = toy.load(world, toy.prepare(world))
    place = write_reject_workbook(world, run_id)
    head, *lines = sheets(place)["customer"]
    assert [line[head.index("NOTE")] for line in lines] == FORMULAS
    import zipfile

    with zipfile.ZipFile(place) as book:
        for name in book.namelist():
            text = book.read(name).decode("utf-8")
            assert "<f>" not in text
            assert "<hyperlink" not in text


def test_legacy_columns_named_like_ours_and_long_entity_names_do_no_harm(toy: Toy) -> None:
    simple(toy)
    names = ["a_very_long_name_of_an_entity_number_1", "a_very_long_name_of_an_entity_number_2"]
    for name in names:
        text = f"""\
entity: {name}
source: {{system: crm, csv: {{path: {name}.csv, encoding: utf-8}}, key: key}}
target: {{table: app.partner, key: no}}
fields:
  - {{rule: {name[-1]}-1, kind: copy, source: key, target: no, type: text(10)}}
  - {{rule: {name[-1]}-2, kind: copy, source: rule, target: name, type: text(2)}}
"""
        toy.files[f"mappings/{name}.yaml"] = text
        (toy.root / "legacy" / f"{name}.csv").write_text("key,rule\nk,long\n")
    toy.edit("project.yaml", "[customer, supplier, order, line]", f"[{', '.join(names)}]")
    world = toy.world()
    run_id = toy.load(world, toy.prepare(world))
    found = sheets(write_reject_workbook(world, run_id))
    assert len(found) == 2
    for head, line in found.values():
        assert head == ["row", "key", "rule", "column", "reason", "severity", "key", "rule"]
        assert line == ["0", "k", line[2], "name", "too_long", "major", "k", "long"]


def test_a_run_without_rejects_says_so(toy: Toy) -> None:
    toy.write("customer", [{"NR": "1"}])
    for entity in ("supplier", "order", "line"):
        toy.write(entity, [])
    world = toy.world()
    run_id = toy.load(world, toy.prepare(world))
    assert sheets(write_reject_workbook(world, run_id)) == {"rejects": [["No row of this run was rejected."]]}


def test_a_sheet_says_how_many_more_there_are(moved: Moved, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cutover.phases.pages.workbook.SHEET_ROWS", 2)
    found = sheets(write_reject_workbook(moved.world, moved.run_id))
    assert len(found["customer"]) == 4
    assert str(found["customer"][-1][0]).startswith("and 1 more")
