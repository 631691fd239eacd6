"""Delimited files as they come: real ones, and every way to be wrong."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from pydantic import ValidationError

from cutover.errors import SourceError
from cutover.project.model import Csv
from cutover.systems.sources import delimited, files
from cutover.systems.sources.feed import Ragged

ADVENTUREWORKS_ROWS = {"Address": 19614, "Customer": 19820, "Store": 701, "Vendor": 104, "Product": 504,
                       "BillOfMaterials": 2679, "ProductInventory": 1069, "PurchaseOrderHeader": 4012,
                       "PurchaseOrderDetail": 8845, "CurrencyRate": 13532}  # fmt: skip


def write(path: Path, data: bytes, name: str = "f.csv") -> Path:
    (path / name).write_bytes(data)
    return path / name


@pytest.fixture
def fail(read_csv: Any) -> Callable[..., str]:
    """Read and return the message of the error."""

    def message(*args: Any, **declared: Any) -> str:
        with pytest.raises(SourceError) as caught:
            read_csv(*args, **declared)
        return str(caught.value)

    return message


def test_all_adventureworks_files_land(shared_data: Path, read_csv: Any) -> None:
    counts = {}
    for path in sorted((shared_data / "3_adventureworks_oltp_csv").glob("*.csv")):
        head = path.read_bytes()[:100_000]
        bulk = b"&|\n" in head
        declared = {"separator": "+|", "row_ending": "&|\n"} if bulk else {"separator": "\t"}
        first = head.split(b"&|\n" if bulk else b"\n")[0].rstrip(b"\r")
        columns = tuple(f"c{i}" for i in range(first.count(declared["separator"].encode()) + 1))
        if path.stem == "ProductReview":
            # Its comments break lines without a quote; all its rows end with the same milliseconds.
            columns, declared = tuple("abcdefgh"), declared | {"row_ending": ".000\n"}
        rows, reading = read_csv(path, columns, header=False, quote=None, **declared)
        counts[path.stem] = len(rows)
        assert len(rows) == path.read_bytes().count(declared.get("row_ending", "\n").encode())
        assert reading.files[0]["rows"] == len(rows)
    # The data's own README counts 223,455 rows in 55 files; the folder, and its list of hashes, hold these 49.
    assert (len(counts), sum(counts.values())) == (49, 117_286)
    assert {name: counts[name] for name in ADVENTUREWORKS_ROWS} == ADVENTUREWORKS_ROWS


def test_line_breaks_without_quotes_are_refused_by_line(shared_data: Path, fail: Any) -> None:
    path = shared_data / "3_adventureworks_oltp_csv/ProductReview.csv"
    message = fail(path, tuple("abcdefgh"), header=False, quote=None, separator="\t")
    assert "ProductReview.csv:1: the row has 7 fields, 8 are expected; 30 more like it" in message


@pytest.mark.parametrize("encoding", ["latin-1", "cp1252"])
def test_the_ledger_of_leeds_lands(shared_data: Path, encoding: str, read_csv: Any) -> None:
    path = shared_data / "4_uk_public_ap_ledgers/leeds/raw/2012-06.csv"
    rows, _ = read_csv(path, encoding=encoding)
    assert rows.column_names[-1] == "Supplier name "
    assert len(rows) == 9565


def test_the_ledger_of_leeds_is_no_utf8(shared_data: Path, fail: Any) -> None:
    path = shared_data / "4_uk_public_ap_ledgers/leeds/raw/2011-01.csv"
    assert "2011-01.csv:8799: byte 1962139 is not utf-8" in fail(path)


def test_the_double_encoded_mark_of_transport_for_london_shows(shared_data: Path, read_csv: Any, fail: Any) -> None:
    folder = shared_data / "4_uk_public_ap_ledgers/tfl/clean"
    mark = "2022-P10.csv: the header begins with a byte order mark that was encoded twice: 'ï»¿Entity'"
    assert mark in fail(folder / "*.csv")
    both, _ = read_csv(folder / "*.csv", variants={"Entity": "ï»¿Entity"})
    assert (len(both), both.column_names[0], both["Entity"].null_count) == (41_006, "Entity", 0)
    columns = ("entity", "vendor", "account", "document", "cleared", "amount", "category")
    rows, _ = read_csv(folder / "2022-P10.csv", columns, header=False, skip_rows=1)
    assert len(rows) == 11_417


@pytest.mark.parametrize(
    ("declared", "told"),
    [
        ({"separator": ""}, "at least 1 character"),
        ({"quote": ""}, "at least 1 character"),
        ({"separator": "\\t"}, "has a backslash in it; write it in double quotes"),
        ({"separator": '"'}, "must be different marks"),
        ({"separator": "\n"}, "must be different marks"),
        ({"separator": "|", "row_ending": "|"}, "must be different marks"),
    ],
)
def test_marks_that_cut_nothing_are_no_declaration(declared: dict[str, Any], told: str) -> None:
    with pytest.raises(ValidationError, match=told):
        Csv(path="f.csv", encoding="utf-8", **declared)


@pytest.mark.parametrize("encoding", ["hex", "rot13", "zip", "utf8mb4"])
def test_what_is_no_encoding_of_texts_is_refused(tmp_path: Path, encoding: str, fail: Any) -> None:
    assert f"there is no encoding {encoding!r}" in fail(write(tmp_path, b"id\n1\n"), encoding=encoding)


def test_the_ledger_of_salford_lands(shared_data: Path, read_csv: Any) -> None:
    rows, reading = read_csv(shared_data / "4_uk_public_ap_ledgers/salford/clean/2012-05.csv")
    assert len(rows) == 2294
    assert rows["Net"][0].as_py() == "978.80"
    assert len(reading.files[0]["sha256"]) == 64


def test_utf_16_without_a_mark_needs_the_order_of_its_bytes(tmp_path: Path, fail: Any) -> None:
    message = fail(write(tmp_path, "id,b\n1,2\n".encode("utf-16-le")), encoding="utf-16")
    assert message == (
        "f.csv:1: the file does not begin with a byte order mark, as utf-16 needs it. "
        "Fix: declare the order of its bytes, utf-16-le or utf-16-be; or its true encoding"
    )


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16", "utf-16-be"])
def test_encodings_and_large_files_keep_every_character(
    tmp_path: Path, encoding: str, monkeypatch: pytest.MonkeyPatch, read_csv: Any
) -> None:
    # Blocks of seven bytes cut every character and every row somewhere.
    monkeypatch.setattr(delimited, "BLOCK", 7)
    text = 'id,名称\r\n1,上海𠮷\r\n2,"a\r\nb"\r\n3,\r\n4,""\r\n'
    rows, _ = read_csv(write(tmp_path, text.encode(encoding)), encoding=encoding)
    assert rows.to_pydict() == {"id": ["1", "2", "3", "4"], "名称": ["上海𠮷", "a\r\nb", None, ""]}


def test_a_file_that_grows_while_it_is_read_is_not_landed(tmp_path: Path) -> None:
    path = write(tmp_path, b"id\n1\n2\n3\n")
    blocks = files.read_bytes(files.SourceFile(path, "f.csv"), {}, 4)
    assert next(blocks) == (b"id\n1", False)
    with path.open("ab") as stream:
        stream.write(b"4\n")
    with pytest.raises(SourceError, match="f.csv changed while it was read. Fix: land again when nobody writes"):
        list(blocks)


def test_several_files_are_one_feed_in_the_order_of_their_names(tmp_path: Path, read_csv: Any) -> None:
    write(tmp_path, b"id\n2\n", "b.csv")
    write(tmp_path, b"id\n1\n", "a.csv")
    rows, reading = read_csv(tmp_path / "*.csv")
    assert rows["id"].to_pylist() == ["1", "2"]
    assert [(file["name"], file["rows"]) for file in reading.files] == [("a.csv", 1), ("b.csv", 1)]


def test_rows_above_the_header_are_skipped(tmp_path: Path, read_csv: Any) -> None:
    rows, _ = read_csv(write(tmp_path, b'report, of "\n\nid,b\n1,2\n'), skip_rows=2)
    assert rows.to_pylist() == [{"id": "1", "b": "2"}]


def test_a_file_of_a_header_only_has_no_rows(tmp_path: Path, read_csv: Any) -> None:
    rows, reading = read_csv(write(tmp_path, b"id,b"))
    assert (rows.column_names, len(rows)) == (["id", "b"], 0)
    assert reading.files[0]["rows"] == 0


@pytest.mark.parametrize(
    ("data", "declared", "message"),
    [
        (b"id,b\n3\n", {}, "f.csv:2: the row has 1 fields, 2 are expected. Fix"),
        (b'id,b\n1,"x\ny"\n3,4,5\n6\n', {}, "f.csv:4: the row has 3 fields, 2 are expected; 1 more like it in 3"),
        (b"id,b\n1,\"O\"Neil\"\n", {}, "f.csv:2: text follows the quote that closes a field"),
        (b"id,b\n1,\"O\n", {}, "f.csv:2: a quote is opened and never closed"),
        (b"id,b\n1,\xd6\xd0\n", {}, "f.csv:2: byte 7 is not utf-8"),
        ("id,b\n1,ö\n".encode(), {"encoding": "ascii"}, "f.csv:2: byte 7 is not ascii"),
        (b"id,b\n", {"encoding": "klingon"}, "there is no encoding 'klingon'"),
        ("\ufeffid,b\n".encode(), {}, "begins with a byte order mark. Fix: declare the encoding utf-8-sig"),
        (b"id,a\x00\n", {}, "f.csv:1: the name of column 2 holds a NUL"),
        (b"id,\n", {}, "f.csv:1: column 2 of 2 has no name"),
        (b"id,id\n", {}, "f.csv:1: the column 'id' stands twice"),
        (b"", {}, "f.csv: the file holds no header"),
        (b"x\nid,b,id\n", {"skip_rows": 1}, "f.csv:2: the column 'id' stands twice"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named_with_its_place(
    tmp_path: Path, data: bytes, declared: dict[str, object], message: str, fail: Any
) -> None:
    assert message in fail(write(tmp_path, data), **declared)


def test_messages_never_repeat_a_value(tmp_path: Path, fail: Any) -> None:
    assert "secret" not in fail(write(tmp_path, b"id,b\nsecret\n"))


def test_a_missing_file_is_named_with_the_nearest(tmp_path: Path, fail: Any) -> None:
    write(tmp_path, b"id\n", "orders.csv")
    assert "no file matches 'order.csv' in the system's folder. Fix: did you mean 'orders.csv'" in fail(
        tmp_path / "order.csv"
    )


def test_a_quote_never_closed_does_not_read_the_file_to_its_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fail: Any
) -> None:
    monkeypatch.setattr(delimited, "_LONGEST_ROW", 5_000)
    monkeypatch.setattr(delimited, "BLOCK", 1_000)
    message = fail(write(tmp_path, b'id,b\n1,"x\n' + b"2,3\n" * 10_000))
    assert "f.csv:2: the row that begins here is longer" in message


def test_the_hash_is_that_of_the_file(tmp_path: Path, read_csv: Any) -> None:
    path = write(tmp_path, b"id\n1\n")
    _, reading = read_csv(path)
    assert reading.files[0] == files.hash_file(files.SourceFile(path, "f.csv")) | {"rows": 1}


def test_everything_is_text(tmp_path: Path, read_csv: Any) -> None:
    rows, _ = read_csv(write(tmp_path, b"id,b\n0012,1e5\n"))
    assert set(rows.schema.types) == {pa.string()}
    assert rows.to_pylist() == [{"id": "0012", "b": "1e5"}]


def test_ragged_rows_are_refused_by_file_and_line_and_no_other_is_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, read_csv: Any
) -> None:
    write(tmp_path, b'id,b\n1,"x\ny"\n2\n3,z\n', "a.csv")
    write(tmp_path, b"id,b\n4,5\n\n6,7,8\n9,\n", "b.csv")
    for block in (files.BLOCK, 5):
        monkeypatch.setattr(delimited, "BLOCK", block)
        rows, reading = read_csv(tmp_path / "*.csv")
        assert rows["id"].to_pylist() == ["1", None, "3", "4", None, "9"]
        assert reading.ragged == [
            Ragged(1, "a.csv", 4, "too_few_fields", 1, "2"),
            Ragged(4, "b.csv", 4, "too_many_fields", 3, "6,7,8"),
        ]
        assert [(file["rows"], file["ragged"]) for file in reading.files] == [(3, 1), (3, 1)]


def test_headers_that_drift_are_one_feed_once_their_variants_are_declared(tmp_path: Path, read_csv: Any) -> None:
    write(tmp_path, b"id,net amount\n1,10\n", "a.csv")
    write(tmp_path, b"Net Amount ,ID,note\n20,2,new\n", "b.csv")
    variants = {"net amount": "Net Amount ", "id": ("ID", "Id")}
    rows, _ = read_csv(tmp_path / "*.csv", variants=variants, absent=("note",))
    assert rows.to_pylist() == [
        {"id": "1", "net amount": "10", "note": None},
        {"id": "2", "net amount": "20", "note": "new"},
    ]


@pytest.mark.parametrize(
    ("other", "declared", "message"),
    [
        (
            b"id,C\n",
            {},
            "b.csv: column 2 of the header is 'C', in a.csv it is 'b'; the headers are [id, C] and [id, b]",
        ),
        (b"id\n", {}, "b.csv: column 2 of the header is nothing, in a.csv it is 'b'"),
        (b"id,b,n\n", {}, "b.csv: column 3 of the header is 'n', in a.csv it is nothing"),
        (b"id,b,B\n", {"variants": {"b": "B"}}, "b.csv: 'b' and 'B' are both the column 'b'"),
        (b"id,B\n", {"absent": ("b",)}, "b.csv: column 2 of the header is 'B'"),
    ],
)
def test_an_undeclared_header_names_file_and_both_headers(
    tmp_path: Path, other: bytes, declared: dict[str, Any], message: str, fail: Any
) -> None:
    write(tmp_path, b"id,b\n", "a.csv")
    write(tmp_path, other, "b.csv")
    assert message in fail(tmp_path / "*.csv", **declared)


@pytest.mark.parametrize(
    ("tail", "footer"),
    [(b"Total,2\n", 1), (b"Total,2\n\n", "Total.*"), (b'"\nTotal,2,"\r\nrows 2', 'Total.*|rows .*|"'), (b"", 0)],
)
def test_a_declared_footer_is_no_data(
    tmp_path: Path, tail: bytes, footer: object, monkeypatch: pytest.MonkeyPatch, read_csv: Any
) -> None:
    path = write(tmp_path, b"id,b\n1,Total\n2,Total\n" + tail)
    for block in (files.BLOCK, 3):
        monkeypatch.setattr(delimited, "BLOCK", block)
        rows, reading = read_csv(path, footer=footer)
        assert (rows["id"].to_pylist(), reading.ragged) == (["1", "2"], [])


@pytest.mark.parametrize("footer", [9, "Total.*"])
def test_a_file_without_its_footer_may_be_cut_off(tmp_path: Path, footer: object, fail: Any) -> None:
    assert "it may have been cut off" in fail(write(tmp_path, b"id,b\n1,Total\n2,x\n"), footer=footer)


@pytest.mark.parametrize(("ending", "declared"), [("\r", None), ("&|\n", "&|\n"), ("\x1e", "\x1e")])
def test_lines_above_the_header_end_as_rows_do(
    tmp_path: Path, ending: str, declared: str | None, read_csv: Any
) -> None:
    text = ending.join(["report", "id,b", "1,2", ""])
    rows, _ = read_csv(write(tmp_path, text.encode()), skip_rows=1, row_ending=declared)
    assert rows.to_pylist() == [{"id": "1", "b": "2"}]
