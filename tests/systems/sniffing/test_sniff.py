"""What sniffing proposes for files of known make, and that it says so when it does not know."""

import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from cutover.cli import app
from cutover.errors import InputError, SourceError
from cutover.project.model import Source
from cutover.systems.sniffing import Proposal, sniff
from cutover.systems.sources import Feed, Folder, read_feed

ROWS = "nr;name;paid\r\n" + "".join(f"{n:04};中国银行上海分行第{n}支行;{n},50\r\n" for n in range(1, 30))


def look(folder: Path, data: bytes | str, encoding: str = "utf-8", **options: int) -> Proposal:
    (folder / "f.csv").write_bytes(data.encode(encoding) if isinstance(data, str) else data)
    return sniff(folder / "f.csv", **options)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16", "utf-16-le"])
def test_encodings_are_proposed_with_what_failed(tmp_path: Path, encoding: str) -> None:
    found = look(tmp_path, ROWS, encoding)
    assert found.source["csv"] == {"path": "f.csv", "encoding": encoding, "separator": ";"}
    assert found.source["key"] == "nr"
    if encoding == "gb18030":
        assert "encoding: utf-8 fails at byte 19 (line 2)" in found.reasons


def test_western_bytes_are_cp1252_where_it_reads_them_and_else_latin_1(tmp_path: Path) -> None:
    rows = "id,name\n" + "".join(f"{n},Müller\n" for n in range(9))
    assert look(tmp_path, rows, "cp1252").source["csv"]["encoding"] == "cp1252"
    assert look(tmp_path, rows.replace("ü", "\x81"), "latin-1").source["csv"]["encoding"] == "latin-1"


def test_bytes_that_two_encodings_read_are_undecided(tmp_path: Path) -> None:
    found = look(tmp_path, b"id,name\n" + b"1,\xe9\xe8\n2,\xe9ab\n3,\xd6\xd0\n")
    assert any("undecided between gb18030 and cp1252" in warning for warning in found.warnings)


def test_the_separator_most_rows_agree_on_wins_over_commas_in_texts(tmp_path: Path) -> None:
    rows = "id|name|amount\n" + "".join(f"{n}|a, b|1,5\n" for n in range(9))
    found = look(tmp_path, rows)
    assert found.source["csv"]["separator"] == "|"
    assert any("a comma before the decimals in 1 of 1" in warning for warning in found.warnings)


def test_lines_above_and_below_are_proposed_and_a_person_is_told(tmp_path: Path) -> None:
    rows = "Report of May\n\nid,amount\n" + "".join(f"{n},1.50\n" for n in range(9)) + "Total\n"
    found = look(tmp_path, rows)
    assert (found.source["csv"]["skip_rows"], found.source["csv"]["footer"]) == (2, 1)
    assert found.columns[0].distinct == 9
    assert any(warning.startswith("footer: the last 1 lines") for warning in found.warnings)


@pytest.mark.parametrize(
    ("values", "told"),
    [
        (["13/01/2020", "02/01/2020"], "formats: %d/%m/%Y (proved by 13/01/2020)"),
        (["01/13/2020", "01/02/2020"], "formats: %m/%d/%Y (proved by 01/13/2020)"),
        (["01/02/2020", "03/04/2020"], "formats: undecided"),
        (["13/01/2020", "02-Jan-2020"], "formats: %d/%m/%Y (proved by 13/01/2020); %d-%b-%Y"),
        (["13/01/2020", "01/13/2020"], "formats: undecided"),
    ],
)
def test_a_date_format_is_proved_or_undecided(tmp_path: Path, values: list[str], told: str) -> None:
    found = look(tmp_path, "id,day\n" + "".join(f"{n},{value}\n" for n, value in enumerate(values)))
    assert told in found.columns[1].reason
    assert any("undecided" in w or "no single format" in w for w in found.warnings) == ("undecided" in told)


@pytest.mark.parametrize(
    ("values", "kind", "warning"),
    [
        (["1", "22"], "integer", ""),
        (["007", "22"], "text", ""),
        (["1.5", "22", "-.25"], "decimal(18,2)", ""),
        (["20200131", "20191201"], "text", ""),
        (["2020-01-31", "2019-12-01"], "date", ""),
        (["2020-01-31T10:00:00Z"], "timestamp", ""),
        (["1.5", "1,234.50"], "text", "a comma before the thousands in 1 of 2"),
        (["1.5", "1,5"], "text", "decimals behind a comma in 1 and behind a point in 1"),
        (["1.23457E+12", "5"], "text", "scientific notation, whose digits may be lost in 1 of 2"),
        (["5.00-"], "text", "trailing_minus"),
        (["x ", "y"], "text", "remedy trim"),
        (["Ã©t", "y"], "text", "a wrong encoding left behind"),
    ],
)
def test_a_type_is_one_that_every_value_fits(tmp_path: Path, values: list[str], kind: str, warning: str) -> None:
    found = look(tmp_path, "id;value\n" + "".join(f"r{n};{value}\n" for n, value in enumerate(values)))
    assert found.columns[1].type == kind
    assert warning in " ".join(found.warnings) if warning else not [w for w in found.warnings if w.startswith("value")]


@pytest.mark.parametrize(
    ("values", "told"),
    [
        (["0000001234", "0000099999"], "strip_zeros, length 10"),
        (["0012", "0000099999"], "leading zeros are a code"),
        (["0018000001MV1kqAAD", "001A000000Kxyz1IAB"], "Salesforce ids of 18 characters"),
    ],
)
def test_habits_of_known_systems_are_told(tmp_path: Path, values: list[str], told: str) -> None:
    found = look(tmp_path, "id;value\n" + "".join(f"r{n};{value}\n" for n, value in enumerate(values)))
    assert told in found.columns[1].reason


def test_two_columns_name_a_row_where_no_single_one_does(tmp_path: Path) -> None:
    rows = "order;line;amount\n" + "".join(f"A{o};L{i};{o + i}.00\n" for o in range(5) for i in range(5))
    assert look(tmp_path, rows).source["key"] == ["order", "line"]
    assert any(w.startswith("no key found") and w.endswith("25 rows repeat another one whole")
               for w in look(tmp_path, rows + rows.partition("\n")[2]).warnings)  # fmt: skip


def test_a_header_that_names_nothing_usable_is_skipped(tmp_path: Path) -> None:
    found = look(tmp_path, "id,id\n1,2\n3,4\n")
    assert (found.source["csv"]["header"], found.source["csv"]["skip_rows"]) == (False, 1)
    assert list(found.source["columns"]) == ["c1", "c2"]


def test_rows_that_would_be_rejected_are_counted(tmp_path: Path) -> None:
    found = look(tmp_path, "id,b\n" + "1,2\n" * 99 + "3\n" + "4,5\n")
    assert "1 rows have another number of fields and would be rejected" in found.warnings


def test_a_long_file_is_judged_by_its_beginning_and_says_so(tmp_path: Path) -> None:
    found = look(tmp_path, ROWS * 50, limit=3000)
    assert any("were looked at" in warning for warning in found.warnings)


def test_a_workbook_or_a_program_is_no_text(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is no text: it holds zero bytes"):
        look(tmp_path, b"PK\x03\x04\x14\0\0\0\x08\0\x9d\xc3,1\n" * 9)


@pytest.mark.parametrize("data", [b"", b"\n\n \n"])
def test_a_file_of_nothing_is_refused(tmp_path: Path, data: bytes) -> None:
    with pytest.raises(InputError, match="holds no text"):
        look(tmp_path, data)


BYTES = st.binary(min_size=1, max_size=120)
TEXTS = st.text("ab,;|\"'\n\r\t é中1.-/\x0b\x1e&+", min_size=1, max_size=120)
TABLES = st.lists(
    st.lists(st.text('ab",\n1é', max_size=4), min_size=1, max_size=4).map(",".join), min_size=2, max_size=8
)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(BYTES | TEXTS.map(str.encode) | TABLES.map(lambda rows: "\n".join(rows).encode()))
def test_any_bytes_yield_a_declaration_that_lands_every_row_or_a_clear_error(tmp_path: Path, data: bytes) -> None:
    try:
        found = Source.model_validate(look(tmp_path, data).source)
        reading = read_feed(Folder(tmp_path), Feed("f", found, found.columns))
        rows = sum(len(block) for block in reading.blocks)
    except (InputError, SourceError):
        return
    assert rows == reading.files[0]["rows"]
    assert len(reading.ragged) == reading.files[0].get("ragged", 0)


def test_the_command_prints_the_same_for_programs(tmp_path: Path) -> None:
    found = look(tmp_path, ROWS)
    printed = CliRunner().invoke(app, ["sniff", str(tmp_path / "f.csv"), "--json"])
    assert json.loads(printed.stdout)["source"] == found.source
