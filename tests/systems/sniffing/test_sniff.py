"""What sniffing proposes for files of known make, and that it says so when it does not know."""

import gzip
import json
from pathlib import Path

import pyarrow as pa
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


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16", "utf-16-le", "utf-32"])
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
    assert any("a comma before the decimals" in warning and "in 1 of 1" in warning for warning in found.warnings)


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
        (["31.12.2024 9:05", "01.02.2025 10:00"], "formats: %d.%m.%Y %H:%M (proved by 31.12.2024 9:05)"),
        (["1/13/2024 3:04:05 PM"], "formats: %m/%d/%Y %I:%M:%S %p (proved by 1/13/2024 3:04:05 PM)"),
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
        (["+4930123", "+4930124"], "text", ""),
        (["1.5", "22", "-.25"], "decimal(18,2)", ""),
        (["20200131", "20191201"], "text", ""),
        (["2020-01-31", "2019-12-01"], "date", ""),
        (["2020-01-31T10:00:00Z"], "timestamp", ""),
        (["1.5", "1,234.50"], "text", "a comma before the thousands (remedy locale_number, locale en_US) in 1 of 2"),
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
        (["00000000", "20250315", "99991231"], "SAP dates, where 00000000 and 99991231 are none"),
        (["00000001", "20250315"], "strip_zeros, length 8"),
        (["0018000001MV1kqAAD", "001A000000Kxyz1IAB"], "Salesforce ids of 18 characters"),
    ],
)
def test_habits_of_known_systems_are_told(tmp_path: Path, values: list[str], told: str) -> None:
    found = look(tmp_path, "id;value\n" + "".join(f"r{n};{value}\n" for n, value in enumerate(values)))
    assert told in found.columns[1].reason


DATA_LOADER = (
    '"ID","NAME","AMOUNT","CREATEDDATE","DESCRIPTION"\n'
    '"0018000001MV1kqAAD","Acme, ""Inc""","1200.50","2024-05-01T08:30:00.000Z","two\nlines"\n'
    '"001A000000Kxyz1IAB","上海机床厂","","2024-05-02T00:00:00.000Z",""\n'
)


def test_an_export_of_the_data_loader_is_proposed_and_lands_as_it_is(tmp_path: Path) -> None:
    found = look(tmp_path, DATA_LOADER)
    assert found.source["csv"] == {"path": "f.csv", "encoding": "utf-8", "separator": ","}
    assert (found.source["key"], found.source["columns"]["CREATEDDATE"]) == ("ID", "timestamp")
    source = Source.model_validate(found.source)
    rows = pa.concat_tables(read_feed(Folder(tmp_path), Feed("f", source, source.columns)).blocks)
    assert rows["NAME"].to_pylist() == ['Acme, "Inc"', "上海机床厂"]
    assert (rows["DESCRIPTION"].to_pylist(), rows["AMOUNT"].to_pylist()) == (["two\nlines", ""], ["1200.50", ""])


def test_two_columns_name_a_row_where_no_single_one_does(tmp_path: Path) -> None:
    rows = "order;line;amount\n" + "".join(f"A{o};L{i};{o + i}.00\n" for o in range(5) for i in range(5))
    assert look(tmp_path, rows).source["key"] == ["order", "line"]
    assert any(w.startswith("no key found") and w.endswith("25 rows repeat another one whole")
               for w in look(tmp_path, rows + rows.partition("\n")[2]).warnings)  # fmt: skip


def test_an_amount_in_a_key_is_doubted(tmp_path: Path) -> None:
    found = look(tmp_path, "paid;amount\n" + "".join(f"d{n % 3};{n}.50\n" for n in range(9)))
    assert found.source["key"] == "amount"
    assert any(w.startswith("key: amount is an amount, which names a row by chance") for w in found.warnings)


def test_a_header_that_names_nothing_usable_is_skipped(tmp_path: Path) -> None:
    found = look(tmp_path, "id,id\n1,2\n3,4\n")
    assert (found.source["csv"]["header"], found.source["csv"]["skip_rows"]) == (False, 1)
    assert list(found.source["columns"]) == ["id", "c2"]
    assert list(look(tmp_path, "id,,c2,\n1,2,3,\n4,5,6,\n").source["columns"]) == ["id", "c2_", "c2", "c4"]


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (gzip.compress(b"id,name\n1,a\n", mtime=0), "packed by gzip. Fix: unpack it"),
        (b"PK\x03\x04 a.csv", "a zip archive"),
        (b"SQLite format 3\0", "a SQLite database. Fix: give its system a connection of type sqlite"),
        (b'[{"id": 1},\n {"id": 2}]', "JSON. Fix: declare it under `json` instead of `csv`: {path: f.csv}"),
        (b'{"id": 1}\n{"id": 2}\n', "JSON, one record a line"),
        (b'<?xml version="1.0"?>\n<a/>', "XML or HTML"),
        (b"create table t (a int);\n" + b"insert into t values (1, 2);\n" * 3, "a script of SQL"),
        (bytes(range(256)) * 9, "binary data"),
    ],
)
def test_a_file_of_another_kind_is_named_with_the_way_to_read_it(tmp_path: Path, data: bytes, told: str) -> None:
    with pytest.raises(InputError) as caught:
        look(tmp_path, data)
    assert f"f.csv is no delimited text: it is {told}" in str(caught.value)


def test_what_looks_like_another_kind_only_at_first_is_sniffed(tmp_path: Path) -> None:
    assert look(tmp_path, "[id],name\n1,insert into t\n2,<b>\n").source["key"] == "[id]"


def test_a_declaration_that_would_not_land_is_not_proposed(tmp_path: Path) -> None:
    prose = "The quick, brown fox\njumps\nover, the, lazy\ndog\nand, away, it, runs\n"
    with pytest.raises(InputError, match=r"no table that a separator cuts: with .* 1 rows have 1 fields, 2 have not"):
        look(tmp_path, prose)
    with pytest.raises(InputError, match="no row ends within the first 1 MiB"):
        look(tmp_path, ",".join(map(str, range(300_000))) + "\n")


@pytest.mark.parametrize(
    ("rows", "quote", "told"),
    [
        ('id,v\n1,"a\n2,b\n3,c\n', None, "quote: null, for with quotes a quote is opened and never closed in line 2"),
        ('id,v\n1,"a \\"b\\""\n2,b\n', None, "text follows the quote that closes a field in line 2"),
        ("id,v\n1,'a, b'\n2,'c'\n", "'", "values stand in single quotes"),
        ("id,v\n1,it's\n2,'t\n", '"', ""),
    ],
)
def test_quotes_are_proposed_as_they_pair(tmp_path: Path, rows: str, quote: str | None, told: str) -> None:
    found = look(tmp_path, rows)
    assert found.source["csv"].get("quote", '"') == quote
    assert any(told in warning for warning in found.warnings) or not told


def test_the_separator_that_the_first_line_tells_excel_is_believed(tmp_path: Path) -> None:
    found = look(tmp_path, "sep=;\nid;name\n1;a\n2;b\n")
    assert (found.source["csv"]["separator"], found.source["csv"]["skip_rows"], found.source["key"]) == (";", 1, "id")


def test_years_may_be_names_of_columns(tmp_path: Path) -> None:
    found = look(tmp_path, "account,2023,2024\n4711,1.5,2.5\n4712,3,4\n")
    assert list(found.source["columns"]) == ["2023", "2024"]
    assert any("header undecided: the first row holds '2023' among names" in warning for warning in found.warnings)


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ("id,n,v\n1,a,2\n2,b,3\n3,Total,5\n", "the last row may be a total, not data: it holds 'Total'"),
        ("id,v\n1,2\n2,3\n3,4\n,9\n", "the last row may be a total, not data: it has nothing in 'id'"),
        ("id,v\n1,a\n2,b\n3,c\n", ""),
        ("00001Meier\n00002Huber\n00003Anton\n00004Berta\n", "every row has 10 characters"),
        ("id,name\n", "a header and no rows: nothing proves a type or a key"),
        ("id,v\n1,a\0b\n2,c\n", "v: control characters such as NUL, which no database takes in 1 of 2"),
        ("id;v\n1;1 234,50\n2;3\n", "v: a comma before the decimals (remedy locale_number"),
        ("id;v\n1;1 234 567\n2;3\n", "v: blanks inside a number (remedy remove_spaces) in 1 of 2"),
        (" id ;v\n1;a\n2;b\n", "names have blanks at their ends, such as ' id '"),
        ("id;v\n1;12%\n2;3\n", "v: a percent sign behind a number (remedy as_fraction) in 1 of 2"),
        ("id;v\n1;€ 12.50\n2;3$\n", "v: a currency sign at a number in 2 of 2"),
        ("id;v\n1;2021年3月5日\n2;2021年3月\n", "v: Chinese dates (remedy chinese_date) in 2 of 2"),
        ("id;v\n1;(12.50)\n2;3\n", "v: an amount in brackets (remedy marked_sign) in 1 of 2"),
        ("id;v\n0018000001MV1kq;a\n001A000000Kxyz1;b\n", "Salesforce ids of 15 characters, which differ by case"),
    ],
)
def test_what_a_person_should_look_at_is_told(tmp_path: Path, rows: str, told: str) -> None:
    warnings = [w for w in look(tmp_path, rows).warnings if not w.startswith(("header", "no key"))]
    assert any(told in warning for warning in warnings) if told else warnings == []


def test_a_line_break_in_the_last_value_is_no_footer(tmp_path: Path) -> None:
    rows = "id,note\n" + "".join(f'{n},"one\nline {n}, two"\n' for n in range(9))
    found = look(tmp_path, rows)
    assert found.source["csv"] == {"path": "f.csv", "encoding": "utf-8", "separator": ","}
    assert (found.columns[1].distinct, [w for w in found.warnings if "footer" in w]) == (9, [])
    assert look(tmp_path, rows + "Total\n").source["csv"]["footer"] == 1


def test_rows_that_would_be_rejected_are_counted(tmp_path: Path) -> None:
    found = look(tmp_path, "id,b\n" + "1,2\n" * 99 + "3\n" + "4,5\n")
    assert "1 rows have another number of fields and would be rejected" in found.warnings


def test_a_long_file_is_judged_by_its_beginning_and_says_so(tmp_path: Path) -> None:
    found = look(tmp_path, ROWS * 50, limit=3000)
    assert any("were looked at" in warning for warning in found.warnings)


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
