"""The mapping workbook: exported, edited by another program as consultants do, and read back."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape
from zipfile import ZipFile

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.project.conftest import FILES

from cutover.errors import InputError, SpecificationChanged
from cutover.project.mapping_workbook.applying import apply_texts, import_workbook
from cutover.project.mapping_workbook.book import HIDDEN, MARK, write_book
from cutover.project.mapping_workbook.changes import EntryChange, NewEntry, RuleChange, ValueChange
from cutover.project.mapping_workbook.pages import Figure, Figures, build_pages
from cutover.project.mapping_workbook.yaml_text import (
    NotEditable,
    find_rule,
    plain,
    read_tree,
    set_scalar,
    write_scalar,
)
from cutover.project.model import located_fields
from cutover.project.specification import read_specification

ROOT = Path(__file__).parents[2]
PROJECTS = [ROOT / "include", *sorted((ROOT / "tests" / "projects").glob("*/project.yaml"))]
FIGURES = Figures(
    "20240101T000000Z",
    {
        "customer": {
            "land1": Figure("98.5 %", "CN", "text(3)"),
            "name1": Figure("100 %", "xx"),
            "sperr": Figure("2 %", "X"),
        }
    },
    {"country": {("CN",): 7, ("FR",): 2}, "payment_term": {("Z000",): 3}},
    {"customer": ["sperr"]},
)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy of the example's specification."""
    shutil.copytree(ROOT / "include", tmp_path / "include")
    return tmp_path / "include"


@pytest.fixture
def edited(project: Path, tmp_path: Path) -> Callable[..., Any]:
    """Export, edit, import: edited({"customer": {"CUST-060": {"owner": "Li"}}}), lines named by their first cell."""

    def run(edits: dict[str, dict[str, dict[str, Any]]], *new: tuple[str, dict[str, Any]], apply: bool = False) -> Any:
        with exported(project, tmp_path / "book.xlsx") as book:
            for sheet, lines in edits.items():
                for name, cells in lines.items():
                    for column, value in cells.items():
                        find(book[sheet], name, column).value = value
            for sheet, cells in new:
                append(book[sheet], cells)
        specification = read_specification(project)
        changes, texts = import_workbook(specification, tmp_path / "book.xlsx")
        if apply:
            apply_texts(specification, texts)
        return changes

    return run


@contextmanager
def exported(project: Path, path: Path) -> Iterator[Any]:
    path.write_bytes(write_book(build_pages(read_specification(project), FIGURES)))
    book = openpyxl.load_workbook(path)
    yield book
    book.save(path)


def find(sheet: Any, name: str, column: str) -> Any:
    header = [cell.value for cell in sheet[1]]
    for row in sheet.iter_rows(min_row=2):
        if row[0].value == name:
            return row[header.index(column)]
    raise AssertionError(f"{sheet.title} has no line {name}")


def append(sheet: Any, cells: dict[str, Any]) -> None:
    header = [cell.value for cell in sheet[1]]
    number = sheet.max_row + 1
    for column, value in cells.items():
        sheet.cell(number, header.index(column) + 1, value)


def bytes_of(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture
def refused(edited: Any, project: Path) -> Callable[..., str]:
    """Edit and return the message; nothing of the project may have been touched."""

    def message(*args: Any) -> str:
        before = bytes_of(project)
        with pytest.raises(InputError) as caught:
            edited(*args, apply=True)
        assert bytes_of(project) == before
        assert "Nothing was applied" in str(caught.value)
        return str(caught.value)

    return message


@pytest.mark.parametrize("root", [path if path.is_dir() else path.parent for path in PROJECTS], ids=lambda p: p.name)
def test_a_workbook_that_nobody_edited_changes_nothing(root: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(root, copy)
    before = bytes_of(copy)
    with exported(copy, tmp_path / "book.xlsx"):
        pass  # opened and saved by another program
    specification = read_specification(copy)
    changes, texts = import_workbook(specification, tmp_path / "book.xlsx")
    apply_texts(specification, texts)
    assert (changes, texts) == ([], {})
    assert bytes_of(copy) == before


def test_the_pages_show_rules_figures_codes_and_what_is_open(project: Path, tmp_path: Path) -> None:
    with exported(project, tmp_path / "book.xlsx") as book:
        assert find(book["customer"], "CUST-040", "fill rate").value == "98.5 %"
        assert find(book["customer"], "CUST-040", "sample").value == "CN"
        assert find(book["customer"], "CUST-040", "does").value == (
            "crosswalk: country; such as land1 = CN gives CN; land1 = ZZ is rejected (no_entry)"
        )
        assert find(book["customer"], "CUST-060", "default").value == "NET30"
        assert find(book["customer"], "CUST-220", "table").value == "erp.partner_role"
        assert find(book["codes country"], "2", "rows").value == "7"
        assert find(book["codes country"], "3", "rows").value == "0"
        lines = [[cell.value for cell in row] for row in book["open decisions"].iter_rows(min_row=2)]
        assert ["unmapped column", "customer", "sperr", None, None] in lines
        assert ["unmapped code", "country", "FR", "2", None] in lines
        assert [cell.value for cell in book["sign-off"][2]][:2] == ["the whole specification", "data owner"]
        assert book["_export"].sheet_state == "veryHidden"


def test_edits_become_typed_changes_and_touch_only_their_places(edited: Any, project: Path) -> None:
    before = bytes_of(project)
    changes = edited(
        {
            "customer": {
                "CUST-060": {"default": "NET60", "owner": "finance", "comment": "agreed: 60 days, see #12"},
                "CUST-010": {"status": "draft"},
            },
            "codes tax_code": {"2": {"valid_to": "2018-04-29", "note": 'said "so"'}, "3": {"valid_from": "2018-04-30"}},
            "codes country": {"3": {"state": "proposed"}},
            "cleansing values": {},
        },
        ("codes country", {"source": "FR", "target": "FR", "note": "since 2023"}),
        ("cleansing values", {"rule": "CUST-C40", "before": "US$", "after": "USD"}),
        apply=True,
    )
    kinds = {kind: sum(type(change) is kind for change in changes) for kind in (RuleChange, EntryChange, NewEntry)}
    assert kinds == {RuleChange: 4, EntryChange: 4, NewEntry: 1}
    assert ValueChange("cleansing values!E28", "customer", "CUST-C40", "US$", None, "USD").rule in str(changes)
    after = bytes_of(project)
    assert {name for name in before if before[name] != after[name]} == {
        "mappings/customer.yaml", "mappings/crosswalks/country.csv", "mappings/crosswalks/tax_code.csv"
    }  # fmt: skip
    expected = before["mappings/customer.yaml"].decode()
    for old, new in (
        ("values: {RMB: CNY, ￥: CNY, 人民币: CNY}", "values: {RMB: CNY, ￥: CNY, 人民币: CNY, US$: USD}"),
        ("    value: NET30\n", "    value: NET60\n"),
        ("never agreed in the legacy system; finance decides case by case after go-live\n",
         '"agreed: 60 days, see #12"\n    owner: finance\n'),
        ('gives: "1234"}]}', 'gives: "1234"}], status: draft}'),
    ):  # fmt: skip
        assert expected.count(old) == 1
        expected = expected.replace(old, new)
    assert after["mappings/customer.yaml"].decode() == expected
    country = before["mappings/crosswalks/country.csv"].decode().splitlines()
    states = ["state", "", "proposed", *[""] * (len(country) - 3)]
    lines = [f"{line},{state}" for line, state in zip(country, states, strict=True)] + ["FR,FR,since 2023,"]
    assert after["mappings/crosswalks/country.csv"].decode() == "\n".join(lines) + "\n"
    tax = after["mappings/crosswalks/tax_code.csv"].decode()
    assert 'V1,VAT17,,2018-04-29,"said ""so"""\nV1,VAT16,2018-04-30,2019-03-31,' in tax
    assert read_specification(project).mappings["customer"].fields[5].value == "NET60"  # type: ignore[union-attr]


BAD = [
    ("customer", "CUST-060", {"status": "aproved"}, "customer!M7: status is 'aproved'. Fix: write one of draft"),
    ("customer", "CUST-040", {"source": "land"}, "customer!B5: 'source' cannot be changed here. Fix: put 'land1' back"),
    ("customer", "CUST-040", {"default": "CN"}, "customer!L5: rule CUST-040 has no default"),
    ("customer", "CUST-060", {"default": None}, "customer!L7: the default is empty"),
    ("customer", "CUST-060", {"default": "more than ten"}, "customer!L7: the value does not fit text(10)"),
    ("customer", "CUST-060", {"rule": "CUST-061"}, "customer!A7: rule 'CUST-061' is unknown"),
    ("customer", "CUST-070", {"rule": "CUST-050"}, "customer!A8: rule 'CUST-050' stands twice"),
    ("codes country", "2", {"target": " "}, "codes country!C2: 'target' is empty"),
    ("codes country", "3", {"source": "XX"}, "codes country!B3: 'source' cannot be changed here"),
    ("codes country", "4", {"state": "sure"}, "codes country!F4: state is 'sure'"),
    ("codes country", "5", {"valid_from": "1.5.2024"}, "codes country!D5: '1.5.2024' is no date. Fix: write YYYY"),
    ("codes country", "6", {"rows": "9"}, "codes country!H6: 'rows' cannot be changed here"),
    ("codes tax_code", "3", {"valid_from": "2018-04-30"}, "codes tax_code!D3: the line overlaps another one"),
    ("codes country", "2", {"valid_from": "2024-02-01", "valid_to": "2024-01-01"}, "country!E2: it lies before"),
    ("codes country", "3", {"note": 12345678901234567}, "codes country!G3: a number of 16 digits"),
    ("open decisions", "unmapped code", {"rows": "0"}, "'rows' cannot be changed here"),
    ("codes country", "2", {"target": "CN "}, "codes country!C2: 'CN ' begins or ends with a blank"),
    ("codes country", "3", {"state": "refused"}, "codes country!F3: a refused code has a target. Fix: clear the"),
    ("customer", "(drop) mandt", {"owner": "Li"}, "customer!N12: this source column has no rule"),
    ("customer", "(undecided) sperr", {"status": "draft"}, "customer!M13: this source column has no rule"),
]  # fmt: skip


def workbooks_of(cases: list[Any]) -> list[list[Any]]:
    """Share out the cases, so that no workbook has two of one line."""
    books: list[list[Any]] = []
    for case in cases:
        fitting = (book for book in books if all(other[:2] != case[:2] for other in book))
        book = next(fitting, None)
        if book is None:
            books.append([case])
        else:
            book.append(case)
    return books


@pytest.mark.parametrize("cases", workbooks_of(BAD))
def test_bad_cells_are_named_and_nothing_is_applied(cases: list[Any], refused: Any) -> None:
    edits: dict[str, Any] = {"customer": {"CUST-080": {"owner": "a good edit"}}}
    for sheet, line, cells, _ in cases:
        edits.setdefault(sheet, {})[line] = cells
    message = refused(edits)
    for *_, told in cases:
        assert told in message


def test_codes_are_refused_where_they_are_listed(edited: Any, project: Path) -> None:
    edits = {"codes country": {"2": {"state": "refused", "target": None}}}
    edited(edits, ("codes country", {"source": "FR", "state": "refused", "note": "closed"}), apply=True)
    country = read_specification(project).crosswalks["country"]
    assert [(entry.source, entry.target) for entry in country.entries if entry.state == "refused"] == [
        (("CN",), ""), (("FR",), "")
    ]  # fmt: skip
    assert len(country.confirmed) == len(country.entries) - 2


def test_blanks_around_a_word_are_forgiven_where_they_mean_nothing(edited: Any) -> None:
    changes = edited({"customer": {"CUST-060": {"status": "draft ", "owner": "  Li\u00a0", "comment": "  "}}})
    told = {change.key: change.after for change in changes}
    assert told == {"status": "draft", "owner": "Li", "rationale": None}
    assert edited({"customer": {"CUST-060": {"status": " approved"}}, "codes country": {"2": {"note": " "}}}) == []


def test_a_note_of_several_lines_is_one_field(edited: Any, project: Path) -> None:
    edited({"codes country": {"2": {"note": "first\nsecond"}}}, apply=True)
    before = (ROOT / "include/mappings/crosswalks/country.csv").read_text(encoding="utf-8")
    after = (project / "mappings/crosswalks/country.csv").read_text(encoding="utf-8")
    assert after == before.replace("CN,CN,\n", 'CN,CN,"first\nsecond"\n')


def test_a_mistake_in_another_file_names_the_edited_cells_once(refused: Any) -> None:
    message = refused({"codes country": {"2": {"valid_from": "2024-01-01"}}})
    assert "1 bad cell in" in message
    assert "codes country!D2: with this edit, crosswalk 'country' has validity dates" in message


def test_codes_are_counted_by_the_entry_that_decides_them(project: Path, tmp_path: Path) -> None:
    """Where `*` stands for any value, a code that only such an entry matches is no open decision."""
    (project / "mappings/crosswalks/wild.csv").write_text("source,source_2,target\nCN,*,C0\nCN,A,CA\n*,A,XA\n")
    customer = project / "mappings/customer.yaml"
    rule = "{rule: CUST-030, kind: lookup_composite, source: [land1, zterm], crosswalk: wild, target: tax_id"
    text = customer.read_text(encoding="utf-8")
    old = next(line for line in text.splitlines() if "CUST-030" in line)
    customer.write_text(text.replace(old, f"  - {rule}}}"), encoding="utf-8")
    codes = {("CN", "A"): 1, ("CN", "B"): 2, ("DE", "A"): 4, ("DE", "B"): 8}
    pages = {page.sheet: page for page in build_pages(read_specification(project), Figures(codes={"wild": codes}))}
    assert [(row[1], row[2], row[-1]) for row in pages["codes wild"].rows] == [
        ("CN", "*", "2"), ("CN", "A", "1"), ("*", "A", "4"), ("DE", "B", "8")
    ]  # fmt: skip
    assert [row[2] for row in pages["open decisions"].rows if row[1] == "wild"] == ["DE|B"]


def test_every_source_column_has_a_line(project: Path, tmp_path: Path) -> None:
    with exported(project, tmp_path / "book.xlsx") as book:
        assert find(book["customer"], "(drop) mandt", "does").value == "reason: single_client; approver: head of IT"
        assert find(book["customer"], "(undecided) sperr", "fill rate").value == "2 %"
        assert find(book["customer"], "CUST-040", "source type").value == "text(3)"
        kinds = {row[5].value for row in book["customer"].iter_rows(min_row=2)}
    assert {"drop", "undecided"} < kinds


def test_every_bad_cell_is_listed(refused: Any) -> None:
    message = refused(
        {"customer": {"CUST-060": {"status": "x"}}, "codes country": {"2": {"state": "x"}, "3": {"state": "y"}}},
        ("codes country", {"source": "FR"}),
        ("codes country", {"target": "FR"}),
        ("codes country", {"line": "2", "source": "CN", "target": "CN"}),
        ("cleansing values", {"rule": "CUST-C4", "before": "US$", "after": "USD"}),
    )
    assert "7 bad cells" in message and "source code is empty" in message and "line '2' stands twice" in message
    assert "no rule 'CUST-C4' replaces values. Fix: did you mean 'CUST-C40'" in message


def test_what_was_taken_from_the_workbook_is_missed(project: Path, tmp_path: Path) -> None:
    with exported(project, tmp_path / "book.xlsx") as book:
        book["customer"].delete_rows(3)
        book["codes country"]["C1"] = "goal"
        book.remove(book["item"])
        book.create_sheet("scratch")
        book["supplier"]["Z9"] = "a remark"
    with pytest.raises(InputError) as caught:
        import_workbook(read_specification(project), tmp_path / "book.xlsx")
    for told in ("customer!A1: the line of rule 'CUST-020' is gone", "codes country!C1: the column 'goal' is unknown",
                 "codes country!A1: the column 'target' is missing", "item!A1: the sheet is missing",
                 "scratch!A1: the sheet is none", "supplier!A9: column 26 has no name"):  # fmt: skip
        assert told in str(caught.value)


def test_lines_may_be_sorted_and_comments_are_for_people(project: Path, tmp_path: Path) -> None:
    with exported(project, tmp_path / "book.xlsx") as book:
        sheet = book["customer"]
        lines = [[cell.value for cell in row] for row in sheet.iter_rows(min_row=2)]
        for number, line in enumerate(reversed(lines), 2):
            for index, value in enumerate(line, 1):
                sheet.cell(number, index).value = value
        book["open decisions"]["E2"] = "to be asked"
        book["sign-off"]["C2"] = "Li Na"
        book["codes country"].cell(2, 3, "CN")
    assert import_workbook(read_specification(project), tmp_path / "book.xlsx") == ([], {})


def test_an_edit_of_what_was_changed_meanwhile_is_refused(project: Path, tmp_path: Path) -> None:
    with exported(project, tmp_path / "book.xlsx") as book:
        find(book["customer"], "CUST-060", "default").value = "NET60"
        find(book["codes country"], "3", "target").value = "XX"
    customer, country = project / "mappings/customer.yaml", project / "mappings/crosswalks/country.csv"
    customer.write_bytes(customer.read_bytes().replace(b"value: NET30", b"value: NET90"))
    country.write_bytes(country.read_bytes().replace(b"CN,CN,\n", b""))
    with pytest.raises(InputError) as caught:
        import_workbook(read_specification(project), tmp_path / "book.xlsx")
    assert "customer!L7: rule CUST-060, value was 'NET30' when the workbook was exported and is 'NET90' now" in str(
        caught.value
    )
    assert "codes country!C3: line 3 of crosswalk country is another one now" in str(caught.value)


def test_a_project_that_changes_while_edits_are_looked_at_is_left_alone(project: Path, tmp_path: Path) -> None:
    with exported(project, tmp_path / "book.xlsx") as book:
        find(book["customer"], "CUST-060", "default").value = "NET60"
    specification = read_specification(project)
    _, texts = import_workbook(specification, tmp_path / "book.xlsx")
    (project / "mappings/supplier.yaml").open("a").write("# by another hand\n")
    before = bytes_of(project)
    with pytest.raises(SpecificationChanged):
        apply_texts(specification, texts)
    assert bytes_of(project) == before


def test_an_edit_that_would_make_the_specification_wrong_is_refused(edited: Any, refused: Any, project: Path) -> None:
    factor = project / "mappings/crosswalks/piece_factor.csv"
    assert factor.is_file()
    message = refused({"codes piece_factor": {"2": {"target": "many"}}})
    assert "codes piece_factor!C2: with this edit, 'many' is no factor" in message


def test_a_cell_with_an_error_or_without_its_result_is_no_empty_cell(project: Path, tmp_path: Path) -> None:
    with exported(project, tmp_path / "book.xlsx") as book:
        cell = find(book["customer"], "CUST-060", "comment")
        cell.value, cell.data_type = "#REF!", "e"
        find(book["customer"], "CUST-050", "owner").value = "=A1"
    with pytest.raises(InputError) as caught:
        import_workbook(read_specification(project), tmp_path / "book.xlsx")
    assert "customer!O7: it holds #REF!. Fix: type it as a text" in str(caught.value)
    assert "customer!N6: it holds a formula without its result" in str(caught.value)


def test_what_is_no_mapping_workbook_is_refused(project: Path, tmp_path: Path) -> None:
    specification = read_specification(project)
    openpyxl.Workbook().save(tmp_path / "other.xlsx")
    (tmp_path / "text.xlsx").write_text("x")
    write_open_document(tmp_path / "book.ods")
    for name, told in (("other.xlsx", "hidden copy is missing"), ("text.xlsx", "not readable"), ("no", "there is no"),
                       ("book.ods", "no .xlsx workbook. Fix: save it as .xlsx")):  # fmt: skip
        with pytest.raises(InputError, match=told):
            import_workbook(specification, tmp_path / name)


def write_open_document(path: Path) -> None:
    """Write a mapping workbook as LibreOffice does when nobody chooses .xlsx: the mark, and a page."""
    lines = [[MARK, "1"], ["customer", "page", '["entity", "customer", ["rule"]]']]
    sheets = "".join(
        f'<table:table table:name="{name}">'
        + "".join(f"<table:table-row>{''.join(map(open_cell, line))}</table:table-row>" for line in rows)
        + "</table:table>"
        for name, rows in (("customer", [["rule"]]), (HIDDEN, lines))
    )
    names = "".join(f' xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"' for name in ("office", "table"))
    names += ' xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"'
    body = f"<office:body><office:spreadsheet>{sheets}</office:spreadsheet></office:body>"
    with ZipFile(path, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("META-INF/manifest.xml", "<manifest/>")
        archive.writestr("content.xml", f"<office:document-content{names}>{body}</office:document-content>")


def open_cell(text: str) -> str:
    return f'<table:table-cell office:value-type="string"><text:p>{escape(text)}</text:p></table:table-cell>'


LETTERS = st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Co", "Cn", "Zl", "Zp"))
TRICKY = [
    "null",
    "~",
    "yes",
    "true",
    "1e3",
    "007",
    "- a",
    "#x",
    "a: b",
    "a #b",
    "{",
    "'",
    '"',
    "*a",
    "&a",
    "!t",
    "|",
    "a,b",
]
WORDS = st.text(LETTERS, max_size=30) | st.sampled_from(TRICKY)
RULES = ["CU-1", "CU-2", "CU-3", "CU-R2", "OR-1"]


def as_text(cell: Any, text: str) -> None:
    cell.value = text
    if text:
        cell.data_type = "s"  # a text that begins with = is no formula here


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_random_edits_come_back_as_they_were_made(data: st.DataObject, tmp_path_factory: Any) -> None:
    folder = tmp_path_factory.mktemp("edits")
    project = folder / "project"
    for name, text in FILES.items():
        (project / name).parent.mkdir(parents=True, exist_ok=True)
        (project / name).write_text(text, encoding="utf-8")
    edits = data.draw(st.dictionaries(st.sampled_from(RULES), st.tuples(WORDS, WORDS), max_size=4))
    trimmed = WORDS.map(str.strip)
    codes = data.draw(st.dictionaries(trimmed.map("~{}".format), trimmed.filter(len), max_size=3))
    with exported(project, folder / "book.xlsx") as book:
        for rule, (owner, rationale) in edits.items():
            sheet = book["order" if rule.startswith("OR") else "customer"]
            as_text(find(sheet, rule, "owner"), owner)
            as_text(find(sheet, rule, "comment"), rationale)
            find(sheet, rule, "status").value = "draft"
        for code, target in codes.items():
            append(book["codes country"], {"source": "x", "target": "x"})
            number = book["codes country"].max_row
            as_text(book["codes country"].cell(number, 2), code)
            as_text(book["codes country"].cell(number, 3), target)
    specification = read_specification(project)
    _, texts = import_workbook(specification, folder / "book.xlsx")
    apply_texts(specification, texts)
    after = read_specification(project)
    found = rules_of(after)
    for rule, told in edits.items():
        owner, rationale = (text.strip() for text in told)
        assert (found[rule].owner, found[rule].rationale, found[rule].status) == (owner, rationale, "draft")  # type: ignore[attr-defined]
    assert {rule: dumped(each) for rule, each in found.items()} == {
        rule: dumped(each) for rule, each in rules_of(specification).items()
    }
    entries = {entry.source[0]: entry.target for entry in after.crosswalks["country"].entries}
    assert entries == {"CN": "CN", "D": "DE"} | codes
    (folder / "again.xlsx").write_bytes(write_book(build_pages(after, FIGURES)))
    assert import_workbook(after, folder / "again.xlsx") == ([], {})


def rules_of(specification: Any) -> dict[str, Any]:
    return {rule.rule: rule for each in specification.mappings.values() for _, rule in located_fields(each)}


def dumped(rule: Any) -> dict[str, Any]:
    kept: dict[str, Any] = rule.model_dump(exclude={"owner", "rationale", "status"})
    return kept


@given(
    st.text(
        st.characters(
            codec="utf-8", exclude_categories=("Cc", "Cs"), exclude_characters="\u2028\u2029\ufeff\ufffe\uffff"
        )
    )
    | st.sampled_from(TRICKY),
    st.sampled_from(["", "'", '"']),
)
def test_a_scalar_reads_back_wherever_it_stands(text: str, style: str) -> None:
    written = write_scalar(text, style)
    for place in (f"{{a: {written}, b: c}}", f"a: {written}\nb: c\n", f"a: {written}"):
        assert plain(read_tree(place))["a"] == text


BEFORE = """# a comment
fields:
  - {rule: A, source: x , target: y}   # behind
  - rule: B
    source: 'x'
    rationale: >-
      folded
      text

    type: "text(3)"
  - rule: C
    also: {rule: D}
  - {rule: E, owner: }
  - {}
"""


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize("rule", ["A", "B", "C", "D", "E"])
@pytest.mark.parametrize("key", ["owner", "rationale", "source", "type"])
@pytest.mark.parametrize("after", ["plain", "it's: #1", None])
def test_one_scalar_changes_and_nothing_besides(newline: str, rule: str, key: str, after: str | None) -> None:
    before = BEFORE.replace("\n", newline)
    edited = set_scalar(before, find_rule(before, rule), key, after)
    expected = plain(read_tree(before))

    def place(node: Any) -> Any:
        nodes = [*expected["fields"], expected["fields"][2]["also"]]
        return next(each for each in nodes if each.get("rule") == rule)

    place(expected)[key] = after or ""
    assert plain(read_tree(edited)) == expected
    assert "# a comment" in edited and "# behind" in edited
    ours, theirs = edited.split(newline), before.split(newline)
    assert sum(line not in theirs for line in ours) <= 1  # every other line is the same
    with pytest.raises(NotEditable, match="there is no rule"):
        find_rule(before, "Z")


def test_what_others_share_is_left_to_the_file() -> None:
    text = "fields:\n  - {rule: A, owner: &who me}\n  - {rule: B, owner: *who}\n"
    for rule in ("A", "B"):
        with pytest.raises(NotEditable, match="only the file itself"):
            set_scalar(text, find_rule(text, rule), "owner", "you")
