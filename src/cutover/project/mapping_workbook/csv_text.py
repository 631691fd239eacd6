"""CSV as text: records with the lines that they stand in, so that one can be changed and the others stay."""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Record:
    """A record: its fields, and the lines of the file that it takes, `line` the first of them, from 1."""

    line: int
    last: int
    fields: tuple[str, ...]


def read_records(text: str) -> list[Record]:
    """Return the records of a CSV text, its header first; blank lines are no records."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    records, first = [], 1
    for fields in reader:
        if fields:
            records.append(Record(first, reader.line_num, tuple(fields)))
        first = reader.line_num + 1
    return records


def write_record(fields: Sequence[str]) -> str:
    """Write a record without its line ending, quoted only where it must be."""
    # Only a writer that ends lines quotes the line breaks within a field.
    buffer = io.StringIO(newline="")
    csv.writer(buffer, lineterminator="\r\n").writerow(fields)
    return buffer.getvalue().removesuffix("\r\n")


def split_lines(text: str) -> list[str]:
    """Return the lines of a text as the reader counts them, each with its ending."""
    return list(io.StringIO(text, newline=""))
