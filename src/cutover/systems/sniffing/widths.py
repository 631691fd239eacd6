"""Rows that are cut by widths: columns lie between the places that are blank in every row."""

import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np

from cutover.systems.sniffing.dialect import VALUE
from cutover.systems.sniffing.proposal import Proposal, feed_of, folder_of, landed, propose
from cutover.systems.sources.fixed import read_fixed

_FEW, _NARROW = 3, 8
_SAMPLE = 5_000
_SAME = 0.95
_RULE = re.compile(r"[-=_ ]+")
Blanks: TypeAlias = np.ndarray[tuple[int, int], np.dtype[np.bool_]]
Span = tuple[int, int]


def sniff_widths(path: Path, text: str, encoding: str) -> Proposal | None:
    """Propose a fixed-width declaration of a decoded text; None when its rows are not of one width, or one column."""
    lines = [line for line in re.split(r"\r\n|\n|\r", text) if line.strip()]
    found = _unit(lines, encoding)
    if found is None:
        return None
    unit, length = found
    rows = [row for row in (_measured(line, unit, encoding) for line in lines[: _SAMPLE + 2]) if len(row) == length]
    names, skipped = _header(rows)
    spans = _spans(rows[skipped:])
    if len(spans) < 2 or len(rows) - skipped < _FEW:
        return None
    told = _names(names, spans, encoding)
    declared: dict[str, Any] = {"path": path.name, "encoding": encoding, "unit": unit}
    declared |= {"skip_rows": skipped} if skipped else {}
    declared["columns"] = [_column(name, span, rows[skipped:]) for name, span in zip(told, spans, strict=True)]
    reading = read_fixed(feed_of("fixed", declared | {"length": length}), folder_of(path))
    table = landed(reading)
    end = declared["columns"][-1]["start"] + declared["columns"][-1]["width"] - 1
    declared |= {"length": length} if end < length else {}
    reasons = [
        f"fixed: no separator cuts the rows, and they have {length} {unit} each",
        f"columns: cut where all of the first {len(rows) - skipped} rows are blank",
        *([f"skip_rows: {skipped} lines above the data, the first of them with names"] if skipped else []),
    ]
    warnings = [
        "columns without a blank between them are taken for one: compare the places with the file's description"
    ]
    warnings += [f"{len(reading.ragged)} rows have another length and would be rejected"] if reading.ragged else []
    return propose("fixed", declared, table, reasons, warnings, named=bool(skipped))


def _unit(lines: Sequence[str], encoding: str) -> tuple[str, int] | None:
    """Return what counts the same in nearly all rows, characters or bytes, and how many."""
    for unit in ("characters", "bytes"):
        lengths = Counter(len(_measured(line, unit, encoding)) for line in lines)
        ((length, count),) = lengths.most_common(1) or [(0, 0)]
        if len(lines) >= _FEW and length >= _NARROW and count >= _SAME * len(lines):
            return unit, length
    return None


def _measured(line: str, unit: str, encoding: str) -> bytes | str:
    return line if unit == "characters" else line.encode(encoding)


def _text(row: bytes | str, encoding: str = "ascii") -> str:
    return row if isinstance(row, str) else row.decode(encoding, "replace")


def _header(rows: Sequence[bytes | str]) -> tuple[bytes | str, int]:
    """Return the row of names, and how many lines lie above the data: names alone, or names and a line of dashes."""
    if not rows:
        return "", 0
    ruled = len(rows) > 1 and _RULE.fullmatch(_text(rows[1])) is not None and "-" in _text(rows[1]).replace("=", "-")
    body = rows[2 if ruled else 1 :]
    spans = _spans(body)
    cells = [_text(rows[0][start:end]).strip() for start, end in spans]
    # Cut by the others' widths, a longer value spills into its neighbour; cut by its own too, a header holds no value.
    own = [_text(rows[0][start:end]).strip() for start, end in _spans(rows)]
    are_names = all(cells) and len(set(cells)) == len(cells) and not any(map(VALUE.fullmatch, [*cells, *own]))
    has_values = any(all(VALUE.fullmatch(_text(row[start:end]).strip()) for row in body[:50]) for start, end in spans)
    return rows[0], (2 if ruled else 1) if are_names and has_values else 0


def _blanks(rows: Sequence[bytes | str]) -> Blanks:
    cells: Blanks = np.array([[cell in (" ", 32) for cell in row] for row in rows], dtype=np.bool_)
    return cells


def _spans(rows: Sequence[bytes | str]) -> list[Span]:
    """Return where columns begin and end, counted from 0; a gap belongs to the column that its values lean on."""
    if not rows:
        return []
    blank = _blanks(rows)
    filled = np.flatnonzero(np.diff(np.concatenate([[False], ~blank.all(axis=0), [False]]).astype(int)))
    cores = [(int(start), int(end)) for start, end in zip(filled[::2], filled[1::2], strict=True)]
    leans = [_leans_right(blank, core) for core in cores]
    spans: list[Span] = []
    for place, (start, end) in enumerate(cores):
        last = place + 1 == len(cores)
        if leans[place]:
            spans.append((cores[place - 1][1] if place else 0, end))
        elif last:
            spans.append((start, blank.shape[1]))
        else:
            spans.append((start, end if leans[place + 1] else cores[place + 1][0]))
    return spans


def _leans_right(blank: Blanks, span: Span) -> bool:
    """Whether values stand at the right end of their place: some begin later, and none ends earlier."""
    start, end = span
    there = ~blank[:, start:end].all(axis=1)
    return bool(blank[there, start].any() and not blank[there, end - 1].any())


def _names(header: bytes | str, spans: Sequence[Span], encoding: str) -> list[str]:
    found = [_text(header[start:end], encoding).strip() for start, end in spans]
    if all(found) and len(set(found)) == len(found) and not any(map(VALUE.fullmatch, found)):
        return found
    return [f"c{number}" for number in range(1, len(spans) + 1)]


def _column(name: str, span: Span, rows: Sequence[bytes | str]) -> dict[str, Any]:
    column: dict[str, Any] = {"name": name, "start": span[0] + 1, "width": span[1] - span[0]}
    return column | ({"align": "right"} if _leans_right(_blanks(rows), span) else {})
