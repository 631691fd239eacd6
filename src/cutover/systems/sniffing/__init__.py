"""Sniffing: propose how an unknown text file may be declared, each proposal with its reason, for a person to accept."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from cutover.errors import InputError
from cutover.systems.sniffing.columns import ColumnSeen, find_keys, look_at_columns
from cutover.systems.sniffing.dialect import Layout, find_layout, read_rows
from cutover.systems.sniffing.encoding import find_encoding
from cutover.systems.sources.records import Malformed, Parsed

__all__ = ["Proposal", "sniff"]

# What is looked at; a longer file is judged by its beginning, and the proposal says so.
LIMIT = 256 << 20


@dataclass(frozen=True)
class Proposal:
    """A declaration as a mapping's `source` holds it, why it is so, what to look at, and what each column holds."""

    source: dict[str, Any]
    reasons: tuple[str, ...]
    warnings: tuple[str, ...]
    columns: tuple[ColumnSeen, ...]


def sniff(path: Path, *, limit: int = LIMIT) -> Proposal:
    """Look at a delimited text file and propose its declaration; nothing of it is used before a person accepts it.

    Raises:
        InputError: the file is not there, or holds nothing.
    """
    raw, cut = _read(path, limit)
    encoding = find_encoding(raw, whole=not cut)
    text = encoding.decode(raw)
    if not text.strip():
        raise InputError(f"{path.name} holds no text", fix="sniff a file with rows")
    if "\0" in text:
        fix = "name a text file; a workbook is declared with `excel`, see docs/mapping.md"
        raise InputError(f"{path.name} is no text: it holds zero bytes", fix=fix)
    layout, parsed = _parse(text, whole=not cut)
    columns = look_at_columns(parsed.rows)
    key, told = find_keys(parsed.rows, columns)
    found = told.startswith("key:")
    warnings = [*encoding.warnings, *layout.warnings, *(w for column in columns for w in column.warnings)]
    warnings += [f"only the first {limit >> 20} MiB were looked at"] if cut else []
    warnings += [] if found else [told]
    reasons = [*encoding.reasons, *layout.reasons, *([told] if found else [])]
    source: dict[str, Any] = {"system": "files", "csv": _csv(path, encoding.name, layout), "key": key}
    types = _types(columns, layout, key)
    return Proposal(source | ({"columns": types} if types else {}), tuple(reasons), tuple(warnings), tuple(columns))


def _parse(text: str, *, whole: bool) -> tuple[Layout, Parsed]:
    layout = find_layout(text, whole=whole)
    try:
        parsed = read_rows(text.encode(), layout, whole=whole)
    except Malformed as problem:
        told = f"quote: null, for with quotes {problem} in line {problem.line} below the header"
        layout = replace(layout, quote=None, warnings=(*layout.warnings, told))
        parsed = read_rows(text.encode(), layout, whole=whole)
    if parsed.ragged:
        told = f"{len(parsed.ragged)} rows have another number of fields and would be rejected"
        layout = replace(layout, warnings=(*layout.warnings, told))
    return layout, parsed


def _types(columns: list[ColumnSeen], layout: Layout, key: str | list[str]) -> dict[str, str]:
    # What names a row is text, whatever digits it is made of.
    keys = [key] if isinstance(key, str) else key
    types = {column.name: "text" if column.name in keys else column.type for column in columns}
    return {name: told for name, told in types.items() if not layout.header or told != "text"}


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
    if layout.quote is None:
        settled["quote"] = None
    if not layout.header:
        settled["header"] = False
    if layout.skip_rows:
        settled["skip_rows"] = layout.skip_rows
    if layout.footer:
        settled["footer"] = layout.footer
    if layout.header and layout.names[0] != layout.found:
        settled["variants"] = {layout.names[0]: layout.found}
    return settled
