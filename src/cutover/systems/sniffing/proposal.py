"""What sniffing proposes, and how it is put together from the rows that the proposed declaration lands."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from cutover.project.model import Source
from cutover.systems.sniffing.columns import ColumnSeen, find_keys, look_at_columns
from cutover.systems.sources.feed import Feed, Reading


@dataclass(frozen=True)
class Proposal:
    """A declaration as a mapping's `source` holds it, why it is so, what to look at, and what each column holds."""

    source: dict[str, Any]
    reasons: tuple[str, ...]
    warnings: tuple[str, ...]
    columns: tuple[ColumnSeen, ...]


def propose(
    kind: str,
    declared: dict[str, Any],
    rows: pa.Table,
    reasons: Sequence[str],
    warnings: Sequence[str],
    *,
    named: bool = True,
) -> Proposal:
    """Return a declaration with key and types; `named` says whether the file itself names its columns."""
    columns = look_at_columns(rows)
    key, told = find_keys(rows, columns)
    found = told.startswith("key:")
    doubts = [*warnings, *(w for column in columns for w in column.warnings)]
    doubts += _by_chance(columns, key) if found else [told]
    source: dict[str, Any] = {"system": "files", kind: declared, "key": key}
    # What names a row is text, whatever digits it is made of.
    types = {column.name: "text" if column.name in _listed(key) else column.type for column in columns}
    types = {name: told for name, told in types.items() if not named or told != "text"}
    return Proposal(
        source | ({"columns": types} if types else {}),
        (*reasons, *([told] if found else [])),
        tuple(doubts),
        tuple(columns),
    )


def _by_chance(columns: Sequence[ColumnSeen], key: str | list[str]) -> list[str]:
    amounts = [column.name for column in columns if column.name in _listed(key) and column.type.startswith("decimal")]
    return [f"key: {name} is an amount, which names a row by chance; is there no other column?" for name in amounts]


def _listed(key: str | list[str]) -> list[str]:
    return [key] if isinstance(key, str) else key


def feed_of(kind: str, declared: dict[str, Any]) -> Feed:
    """Return the feed that a proposed declaration describes."""
    source = Source.model_validate({"system": "files", kind: declared, "key": "-"})
    return Feed("sniffed", source, {})


def landed(reading: Reading) -> pa.Table:
    """Return all rows of a reading, without those that would be rejected for their form."""
    return pa.concat_tables([reading.schema.empty_table(), *reading.blocks])


def folder_of(path: Path) -> Path:
    """Return the folder that a file lies in, as a source is told it."""
    return path.absolute().parent
