"""Sniffing: propose how an unknown file may be declared, each proposal with its reason, for a person to accept."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from cutover.errors import InputError
from cutover.systems.sniffing.books import is_workbook, sniff_workbook
from cutover.systems.sniffing.dialect import Layout, find_layout, read_rows
from cutover.systems.sniffing.encoding import find_encoding
from cutover.systems.sniffing.ends import find_odd_rows
from cutover.systems.sniffing.kinds import refuse_other_bytes, refuse_other_text
from cutover.systems.sniffing.proposal import Proposal, propose
from cutover.systems.sniffing.widths import sniff_widths
from cutover.systems.sources.records import Malformed, Parsed

__all__ = ["Proposal", "sniff"]

# What is looked at; a longer file is judged by its beginning, and the proposal says so.
LIMIT = 256 << 20


def sniff(path: Path, *, limit: int = LIMIT) -> Proposal:
    """Look at a file and propose its declaration; nothing of it is used before a person accepts it.

    A workbook is proposed by its sheets, a text by its separator, or by widths where none cuts it.

    Raises:
        InputError: the file is not there, holds nothing, is of another kind, or has no separator that most rows obey.
    """
    raw, cut = _read(path, limit)
    if is_workbook(raw):
        return sniff_workbook(path)
    refuse_other_bytes(path.name, raw)
    encoding = find_encoding(raw, whole=not cut)
    text = encoding.decode(raw)
    if not text.strip():
        raise InputError(f"{path.name} holds no text", fix="sniff a file with rows")
    refuse_other_text(path.name, text)
    try:
        layout, parsed = _parse(path.name, text, whole=not cut)
    except InputError:
        if (found := sniff_widths(path, text, encoding.name)) is not None:
            return found
        raise
    if len(layout.names) == 1 and (found := sniff_widths(path, text, encoding.name)) is not None:
        return found
    warnings = [*encoding.warnings, *layout.warnings]
    warnings += [f"only the first {limit >> 20} MiB were looked at"] if cut else []
    reasons = [*encoding.reasons, *layout.reasons]
    return propose("csv", _csv(path, encoding.name, layout), parsed.rows, reasons, warnings, named=layout.header)


def _parse(name: str, text: str, *, whole: bool) -> tuple[Layout, Parsed]:
    layout = find_layout(text, whole=whole)
    try:
        parsed = read_rows(text.encode(), layout, whole=whole)
    except Malformed as problem:
        told = f"quote: null, for with quotes {problem} in line {problem.line} below the header"
        layout = replace(layout, quote=None, warnings=(*layout.warnings, told))
        parsed = read_rows(text.encode(), layout, whole=whole)
    wrong, rows = len(parsed.ragged), len(parsed.rows)
    if wrong > rows:
        raise InputError(
            f"{name} is no table that a separator cuts: with {layout.separator!r} {rows} rows have {len(layout.names)} "
            f"fields, {wrong} have not",
            fix="declare it under `fixed` where columns have widths; or mend rows that break lines without quotes",
        )
    warnings = [f"{wrong} rows have another number of fields and would be rejected"] if wrong else []
    return replace(layout, warnings=(*layout.warnings, *warnings, *find_odd_rows(parsed.rows, layout))), parsed


def _read(path: Path, limit: int) -> tuple[bytes, bool]:
    try:
        with path.open("rb") as stream:
            raw = stream.read(limit + 1)
    except OSError as error:
        raise InputError(f"{path.name} cannot be read: {error.strerror}", fix="name a text file") from None
    return raw[:limit], len(raw) > limit


def _csv(path: Path, encoding: str, layout: Layout) -> dict[str, Any]:
    settled: dict[str, Any] = {"path": path.name, "encoding": encoding, "separator": layout.separator}
    if layout.row_ending is not None:
        settled["row_ending"] = layout.row_ending
    if layout.quote != '"':
        settled["quote"] = layout.quote
    if not layout.header:
        settled["header"] = False
    if layout.skip_rows:
        settled["skip_rows"] = layout.skip_rows
    if layout.footer:
        settled["footer"] = layout.footer
    if layout.header and layout.names[0] != layout.found:
        settled["variants"] = {layout.names[0]: layout.found}
    return settled
