"""Any cells in a workbook: each is landed as it is shown, taken as it is written, or named and nothing is applied."""

import datetime as dt
import re
import shutil
import sys
from decimal import Decimal
from io import BytesIO
from pathlib import Path
from typing import Any

import xlsxwriter
from hypothesis import strategies as st
from openpyxl import load_workbook
from openpyxl.utils.exceptions import IllegalCharacterError

from tests.fuzz.cases import amounts, attack
from tests.project.conftest import FILES

sys.path.insert(0, str(Path(__file__).parents[1] / "support"))

from scratch import scratch_database, template_database  # noqa: E402

from cutover.errors import InputError, SourceError  # noqa: E402
from cutover.phases.quarantine.correct import judge_workbook  # noqa: E402
from cutover.phases.quarantine.correction_sheet import ARROW, write_corrections  # noqa: E402
from cutover.phases.runs import read_run  # noqa: E402
from cutover.project.mapping_workbook.applying import apply_texts, import_workbook  # noqa: E402
from cutover.project.mapping_workbook.book import write_book  # noqa: E402
from cutover.project.mapping_workbook.pages import Figures, build_pages  # noqa: E402
from cutover.project.model import Excel, Source  # noqa: E402
from cutover.project.specification import read_specification  # noqa: E402
from cutover.systems.sources import Feed, Folder, read_feed  # noqa: E402
from tests.phases.moved import Moved, first_moved, moved, original, toy  # noqa: E402

__all__ = ["first_moved", "moved", "original", "scratch_database", "template_database", "toy"]

TEXTS = st.text(st.sampled_from("ab0 '\"=;,\n\t中𠮷é+-"), max_size=6) | st.sampled_from(
    [
        "=1+1",
        "'007",
        "1e5",
        "NaN",
        "(empty)",
        "#N/A",
        "TRUE",
        "2024-01-01",
        "x" * 300,
        "_x000D_",
        "http://a.b",
        "-0",
        "0012",
    ]
)
FLOATS = st.floats(allow_nan=False, allow_infinity=False) | st.sampled_from([0.1, 1e15, -0.0])
NUMBERS = st.integers(-(10**17), 10**17) | FLOATS
FIRST, LAST = dt.datetime(1900, 1, 1), dt.datetime(2099, 1, 1)  # noqa: DTZ001 - Excel knows no zones
DAYS = st.dates(FIRST.date(), LAST.date()) | st.datetimes(FIRST, LAST)
CELLS = st.none() | TEXTS | NUMBERS | DAYS | st.booleans()


def _shown(cell: Any) -> Any:
    """Return the text of a cell as a person sees it; LookupError where none is certain."""
    if cell is None or cell == "":
        return None
    if isinstance(cell, bool):
        return str(cell).lower()
    if isinstance(cell, int | float):
        # XlsxWriter writes sixteen digits, of which Excel shows fifteen.
        written = float(f"{float(cell):.16g}")
        if abs(written) >= 1e15:
            raise LookupError
        digits = Decimal(f"{written:.14e}")
        return "0" if not digits else f"{digits.normalize():f}"
    if isinstance(cell, dt.datetime):
        if cell < dt.datetime(1900, 3, 1):  # noqa: DTZ001
            raise LookupError
        return cell
    if isinstance(cell, dt.date):
        if cell < dt.date(1900, 3, 1):
            raise LookupError
        return cell.isoformat()
    return cell


@amounts("sheets")
def test_every_cell_of_a_sheet_is_landed_as_it_is_shown_or_refused(cases_wanted: int, tmp_path: Path) -> None:
    @attack(cases_wanted, st.lists(st.lists(CELLS, min_size=3, max_size=3), max_size=5))
    def run(rows: list[list[Any]]) -> None:
        _write(tmp_path / "f.xlsx", rows)
        wanted: list[list[Any]] | None
        try:
            wanted = [shown for shown in ([_shown(cell) for cell in row] for row in rows) if shown != [None] * 3]
        except LookupError:
            wanted = None
        source = Source(system="files", key="a", excel=Excel(path="f.xlsx"))
        try:
            reading = read_feed(Folder(tmp_path), Feed("f", source, {}))
            landed = [list(row.values()) for block in reading.blocks for row in block.to_pylist()]
        except SourceError as refusal:
            assert re.search(r"f\.xlsx.*\b[A-C]\d", str(refusal))
            assert "Fix: " in str(refusal)
            assert wanted is None
            return
        assert wanted is not None
        assert len(landed) == len(wanted)
        for found, expected in zip(landed, wanted, strict=True):
            assert all(_same(one, other) for one, other in zip(found, expected, strict=True)), (found, expected)


def _write(path: Path, rows: list[list[Any]]) -> None:
    with xlsxwriter.Workbook(str(path), {"strings_to_urls": False}) as book:
        sheet = book.add_worksheet()
        day, moment = (
            book.add_format({"num_format": "yyyy-mm-dd"}),
            book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss.000"}),
        )
        sheet.write_row(0, 0, ["a", "b", "c"])
        for number, row in enumerate(rows, 1):
            for column, cell in enumerate(row):
                if isinstance(cell, str) and cell:
                    sheet.write_string(number, column, cell)
                elif isinstance(cell, dt.date):
                    sheet.write_datetime(number, column, cell, moment if isinstance(cell, dt.datetime) else day)
                elif cell is not None and cell != "":
                    sheet.write(number, column, cell)


def _same(found: str | None, expected: Any) -> bool:
    if not isinstance(expected, dt.datetime):
        return found == expected
    if expected.time() == dt.time():
        return found in (expected.date().isoformat(), expected.isoformat(sep=" "))
    # Excel keeps a moment as a fraction of a day.
    return abs(dt.datetime.fromisoformat(str(found)) - expected) < dt.timedelta(milliseconds=1)


# --- corrections -----------------------------------------------------------------------------------------------------


@amounts("corrections")
def test_every_corrected_cell_is_taken_or_named_and_nothing_is_applied(cases_wanted: int, moved: Moved) -> None:
    world = moved.world
    snapshot = read_run(world, moved.run_id).snapshot_id
    exported, _ = write_corrections(
        world, snapshot, entities=["customer", "order", "line"], owner="migration team", language="en"
    )
    sheets = load_workbook(BytesIO(exported))
    places = [
        (name, row, column, head)
        for name in ("customer", "order", "line")
        for row in range(2, sheets[name].max_row + 1)
        for column, head in enumerate((str(cell.value) for cell in sheets[name][1]), 1)
        if head.startswith(ARROW)
    ]

    @attack(cases_wanted, st.dictionaries(st.sampled_from(places), CELLS, max_size=4))
    def run(cells: dict[tuple[str, int, int, str], Any]) -> None:
        book = load_workbook(BytesIO(exported))
        written = {place: cell for place, cell in cells.items() if _put(book[place[0]], *place[1:3], cell)}
        content = BytesIO()
        book.save(content)
        bad = {place for place, cell in written.items() if _is_doubtful(cell)}
        try:
            _, count = judge_workbook(world, content.getvalue())
        except InputError as refusal:
            assert "Fix: " in str(refusal)
            named = set(re.findall(r"\b(\w+![A-Z]+\d+)", str(refusal)))
            assert named == {f"{name}!{book[name].cell(row, column).coordinate}" for name, row, column, _ in bad}
            assert bad or "corrects nothing" in str(refusal)
            return
        assert not bad
        assert 0 < count <= len(written)


def _put(sheet: Any, row: int, column: int, cell: Any) -> bool:
    if cell is None or cell == "":
        return False
    try:
        sheet.cell(row, column).value = cell
    except (IllegalCharacterError, ValueError):
        return False
    if isinstance(cell, str):
        sheet.cell(row, column).data_type = "s"
    return True


def _is_doubtful(cell: Any) -> bool:
    if isinstance(cell, bool | dt.date):
        return True
    if not isinstance(cell, int | float):
        return False
    # openpyxl writes sixteen digits.
    digits = f"{Decimal(f'{cell:.16g}').normalize():f}".replace(".", "").lstrip("-0")
    return len(digits) > 15


# --- the mapping workbook --------------------------------------------------------------------------------------------


@amounts("mapping workbook")
def test_every_edited_cell_of_a_mapping_workbook_is_a_change_or_named(cases_wanted: int, tmp_path: Path) -> None:
    project = tmp_path / "project"
    _copy(project)
    exported = write_book(build_pages(read_specification(project), Figures()))
    names = [sheet.title for sheet in load_workbook(BytesIO(exported)) if sheet.sheet_state == "visible"]
    place = st.tuples(st.sampled_from(names), st.integers(1, 14), st.integers(1, 16))

    @attack(cases_wanted, st.dictionaries(place, CELLS, max_size=3))
    def run(cells: dict[tuple[str, int, int], Any]) -> None:
        _copy(project)
        book = load_workbook(BytesIO(exported))
        for (sheet, row, column), cell in cells.items():
            _put(book[sheet], row, column, cell)
        book.save(tmp_path / "book.xlsx")
        specification = read_specification(project)
        try:
            changes, texts = import_workbook(specification, tmp_path / "book.xlsx")
        except InputError as refusal:
            assert "Fix: " in str(refusal)
            assert re.search(r"![A-Z]+\d+", str(refusal))
            return
        assert bool(changes) == bool(texts)
        apply_texts(specification, texts)
        after = read_specification(project)
        assert (after.sha256 == specification.sha256) == (not changes)


def _copy(project: Path) -> None:
    shutil.rmtree(project, ignore_errors=True)
    for name, text in FILES.items():
        (project / name).parent.mkdir(parents=True, exist_ok=True)
        (project / name).write_text(text, encoding="utf-8")
