"""SQL from files: values are bound, identifiers are quoted, and the header of each file is checked against its body.

-- purpose: what it answers
-- params: first_key, last_key            (bound as :first_key)
-- identifiers: table, key                (quoted where {table} stands)
select ...
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from sqlalchemy import Connection, CursorResult, text
from sqlalchemy.dialects import postgresql
from sqlalchemy.sql.compiler import IdentifierPreparer

_HEADER = re.compile(r"^-- (purpose|params|identifiers): *(.*)$", re.MULTILINE)
_BOUND = re.compile(r"(?<![:\w]):([a-z_][a-z0-9_]*)")
_PLACE = re.compile(r"\{([a-z_]+)\}")
_QUOTE: IdentifierPreparer = postgresql.dialect().identifier_preparer  # type: ignore[no-untyped-call]


@dataclass(frozen=True)
class Query:
    """One SQL file: its text, the values it binds and the identifiers it quotes."""

    name: str
    body: str
    params: frozenset[str]
    identifiers: frozenset[str]


def parse_query(name: str, source: str) -> Query:
    """Read a SQL file and check its header.

    Raises:
        ValueError: the header misses its purpose, or names other values or identifiers than the body uses.
    """
    header = {key: value.strip() for key, value in _HEADER.findall(source)}
    body = "\n".join(line for line in source.splitlines() if not line.startswith("--"))
    declared = {
        key: frozenset(re.findall(r"[a-z_][a-z0-9_]*", header.get(key, ""))) for key in ("params", "identifiers")
    }
    used = {"params": frozenset(_BOUND.findall(body)), "identifiers": frozenset(_PLACE.findall(body))}
    if not header.get("purpose") or declared != used:
        raise ValueError(
            f"{name}: the header declares {declared}, the body uses {used}; purpose: {header.get('purpose')!r}"
        )
    return Query(name, body, **used)


@cache
def query(name: str) -> Query:
    """Return one of our own queries, by the name of its file."""
    return parse_query(name, (resources.files("cutover.systems") / "sql" / f"{name}.sql").read_text(encoding="utf-8"))


def quote_table(name: str) -> str:
    """Quote `table` or `schema.table` for PostgreSQL."""
    return ".".join(_QUOTE.quote_identifier(part) for part in name.split("."))


def quote_columns(names: Sequence[str], prefix: str = "") -> str:
    """Quote column names and join them with commas, each behind `prefix` (such as `t.`)."""
    return ", ".join(prefix + _QUOTE.quote_identifier(name) for name in names)


def render(found: Query, identifiers: Mapping[str, str | Sequence[str]]) -> str:
    """Fill a query's identifiers: a text is a table, a sequence of texts a list of columns."""
    quoted = {key: quote_table(v) if isinstance(v, str) else quote_columns(v) for key, v in identifiers.items()}
    return _PLACE.sub(lambda match: quoted[match[1]], found.body)


def run(
    connection: Connection,
    name: str,
    identifiers: Mapping[str, str | Sequence[str]] | None = None,
    **params: Any,
) -> CursorResult[Any]:
    """Run one of our own queries with bound values."""
    return connection.execute(text(render(query(name), identifiers or {})), params)
