"""Crosswalks: CSV files that translate legacy codes into target codes, some of them only for a time."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from io import StringIO
from itertools import pairwise
from pathlib import Path
from typing import Any

from cutover.core.composite import ANY
from cutover.project.reading import Finding, read_text

FOREVER = (date.min, date.max)
_OPTIONAL = ("valid_from", "valid_to", "state", "note")
_STATES = ("proposed", "confirmed", "refused")


@dataclass(frozen=True)
class Entry:
    """One line of a crosswalk: valid from its first to its last day, both included.

    A `confirmed` entry translates (so does one without a state), a `proposed` one waits for somebody's word, and a
    `refused` one, without a target, says that rows with this code stay out on purpose.
    """

    source: tuple[str, ...]
    target: str
    valid_from: date
    valid_to: date
    state: str
    line: int


@dataclass(frozen=True)
class Crosswalk:
    """A crosswalk as read from its file; `effective` when any entry holds only for a time."""

    name: str
    entries: tuple[Entry, ...]

    @property
    def effective(self) -> bool:
        return any((entry.valid_from, entry.valid_to) != FOREVER for entry in self.entries)

    @property
    def confirmed(self) -> tuple[Entry, ...]:
        """The entries that translate."""
        return tuple(entry for entry in self.entries if entry.state == "confirmed")

    @property
    def wild(self) -> bool:
        """Whether an entry of several parts holds `*`, which stands for any value."""
        return self.parts > 1 and any(ANY in entry.source for entry in self.entries)

    @property
    def parts(self) -> int:
        """How many source columns an entry has."""
        return len(self.entries[0].source) if self.entries else 1


def read_crosswalk(path: Path, name: str) -> tuple[Crosswalk, list[Finding]]:
    """Read `source[,source_2 ...],target[,valid_from,valid_to][,state][,note]` in UTF-8.

    Returns the crosswalk of the readable lines, and a finding for each line that is not: a wrong number of fields, an
    empty source or target, an unknown state, a date that is none, or an entry that overlaps another one.
    """
    text = read_text(path, name)
    if isinstance(text, Finding):
        return Crosswalk(path.stem, ()), [text]
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        return Crosswalk(path.stem, ()), [Finding(name, line, 1, "a character that no database keeps", "remove it")]
    try:
        lines = list(_numbered(csv.reader(StringIO(text, newline=""), strict=True)))
    except csv.Error as error:
        return Crosswalk(path.stem, ()), [Finding(name, 0, 0, f"not readable: {error}", "save it as CSV in UTF-8")]
    header = lines[0][1] if lines else []
    findings = _check_header(name, header)
    entries: list[Entry] = []
    if not findings:
        for line, fields in lines[1:]:
            entry = _read_entry(name, header, line, fields)
            (findings if isinstance(entry, Finding) else entries).append(entry)  # type: ignore[arg-type]
    crosswalk = Crosswalk(path.stem, tuple(entries))
    return crosswalk, findings + list(_overlaps(name, crosswalk))


def _numbered(reader: Any) -> Iterator[tuple[int, list[str]]]:
    """Yield each record with the line of the file that it begins in; blank lines are no records."""
    first = 1
    for fields in reader:
        if fields:
            yield first, fields
        first = reader.line_num + 1


def _check_header(name: str, header: list[str]) -> list[Finding]:
    sources = [column for column in header if column == "source" or column.startswith("source_")]
    unknown = [column for column in header if column not in (*sources, "target", *_OPTIONAL)]
    if not sources or "target" not in header or unknown or len(set(header)) != len(header):
        known = "source[,source_2 ...],target[,valid_from,valid_to][,state][,note]"
        return [Finding(name, 1, 1, f"the header {','.join(header)!r} is none of a crosswalk", f"use {known}")]
    return []


def _read_entry(name: str, header: list[str], line: int, fields: list[str]) -> Entry | Finding:
    if len(fields) != len(header):
        return Finding(name, line, 1, f"{len(fields)} fields, the header has {len(header)}", "add or remove separators")
    row = dict(zip(header, fields, strict=True))
    source = tuple(row[column] for column in header if column.startswith("source"))
    state = row.get("state") or "confirmed"
    if state not in _STATES:
        return Finding(name, line, 1, f"state {state!r} is unknown", f"use one of {', '.join(_STATES)}")
    if state == "refused" and row["target"]:
        return Finding(name, line, 1, "a refused entry has a target", "empty the target, or confirm the entry")
    if not all(source) or not (row["target"] or state == "refused"):
        return Finding(name, line, 1, "an entry without a source or a target", "fill both, or delete the line")
    try:
        first = date.fromisoformat(row.get("valid_from") or date.min.isoformat())
        last = date.fromisoformat(row.get("valid_to") or date.max.isoformat())
    except ValueError as error:
        return Finding(name, line, 1, f"no date: {error}", "write dates as YYYY-MM-DD, or leave them empty")
    if first > last:
        return Finding(name, line, 1, f"valid_from {first} lies after valid_to {last}", "swap or correct the dates")
    return Entry(source, row["target"], first, last, state, line)


def _overlaps(name: str, crosswalk: Crosswalk) -> Iterator[Finding]:
    ordered = sorted(crosswalk.entries, key=lambda entry: (entry.source, entry.valid_from))
    for before, after in pairwise(ordered):
        if before.source == after.source and after.valid_from <= before.valid_to:
            yield Finding(
                name,
                after.line,
                1,
                f"the entry of {'|'.join(after.source)!r} overlaps that of line {before.line}",
                "let valid_to of the earlier entry be the day before valid_from of the later one",
            )
