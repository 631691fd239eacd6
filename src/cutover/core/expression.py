"""Expressions over the columns of a frame: SQL as DuckDB reads it, pure, vectorised, exact.

An expression may compute and compare, and nothing else: it cannot read a file, a table or the clock, and a result in
floating point is refused (`/` divides in floating point; multiply by a decimal, or round with a cast).
"""

import json
import re
import threading
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any

import duckdb
import pyarrow as pa

_FORBIDDEN_CLASSES = ("SUBQUERY", "WINDOW", "STAR", "PARAMETER")
# Words that SQL reads as functions though they look like columns.
_CLOCK_AND_SESSION = frozenset(
    ["current_date", "current_time", "current_timestamp", "localtime", "localtimestamp"]
    + ["current_user", "session_user", "current_catalog", "current_schema", "current_role"]
)
# Functions that ask for the time though DuckDB calls them pure (`age` does with one argument), that answer with several
# rows, or with several values (`A, B` in brackets is a row).
_REFUSED = frozenset(["ago", "age", "unnest", "generate_subscripts", "getenv", "row", *_CLOCK_AND_SESSION])
_DIRECTION = re.compile(r"(\s+(asc|desc))?(\s+nulls\s+(first|last))?\s*$", re.IGNORECASE)
_local = threading.local()


class BadExpression(ValueError):
    """The text is no single, pure, exact expression; the message says why."""


def _connection() -> duckdb.DuckDBPyConnection:
    # One per thread: DuckDB connections are not shared, and each is locked down before the first expression.
    if not hasattr(_local, "connection"):
        _local.connection = duckdb.connect(":memory:", config={"threads": "1", "enable_external_access": "false"})
        _local.connection.execute("set lock_configuration = true").fetchall()
    connection: duckdb.DuckDBPyConnection = _local.connection
    return connection


def check_expression(expression: str) -> None:
    """Return when `expression` is one pure SQL expression.

    Raises:
        BadExpression: it does not parse, is more than one expression, or asks for more than its row.
    """
    for part in _parts(_parsed(expression)):
        if part.get("class") in _FORBIDDEN_CLASSES or _asks_for_more(part):
            raise BadExpression(f"{expression!r} asks for more than its own row")


def _asks_for_more(part: dict[str, Any]) -> bool:
    if part.get("class") == "COLUMN_REF":
        return len(part["column_names"]) == 1 and part["column_names"][0].lower() in _CLOCK_AND_SESSION
    return str(part.get("function_name", "")).lower() in _impure()


@cache
def _impure() -> frozenset[str]:
    """Return the functions that give another answer the next time, or one answer for many rows."""
    query = """
        select distinct function_name from duckdb_functions()
        where function_type = 'aggregate' or (function_type = 'scalar' and stability <> 'CONSISTENT')"""
    return _REFUSED | {str(name).lower() for (name,) in _connection().execute(query).fetchall()}


def check_order(term: str) -> None:
    """Return when `term` is one SQL order term: a pure expression with `asc`, `desc`, `nulls first` or `nulls last`.

    Raises:
        BadExpression: it is not.
    """
    check_expression(order_expression(term))


def order_expression(term: str) -> str:
    """Return the expression of an order term, without its direction."""
    return _DIRECTION.sub("", term)


def columns_of(expression: str) -> frozenset[str]:
    """Return the columns that an expression reads, as they are written."""
    parts = (part for part in _parts(_parsed(expression)) if part.get("class") == "COLUMN_REF")
    return frozenset(part["column_names"][-1] for part in parts)


def _parsed(expression: str) -> Any:
    try:
        (text,) = _connection().execute("select json_serialize_sql(?)", [f"select ({expression})"]).fetchall()[0]
    except duckdb.Error as error:
        raise BadExpression(f"{expression!r} is no SQL expression: {first_line(error)}") from error
    parsed = json.loads(text)
    if parsed["error"]:
        raise BadExpression(f"{expression!r} is no SQL expression: {parsed['error_message']}")
    node = parsed["statements"][0]["node"]
    if len(parsed["statements"]) != 1 or len(node["select_list"]) != 1 or node["from_table"]["type"] != "EMPTY":
        raise BadExpression(f"{expression!r} is more than one expression")
    return node["select_list"][0]


def _parts(node: Any) -> Iterator[dict[str, Any]]:
    if isinstance(node, dict):
        yield node
        node = list(node.values())
    if isinstance(node, list):
        for child in node:
            yield from _parts(child)


def evaluate(expressions: Sequence[str], rows: pa.Table) -> list[pa.ChunkedArray]:
    """Compute each expression for each row; the results stand in the order of the rows.

    Raises:
        BadExpression: a column is unknown, types do not fit, a value cannot be cast, or a result is floating point.
    """
    if not expressions:
        return []
    listing = ", ".join(f"({expression}) as e{index}" for index, expression in enumerate(expressions))
    try:
        table = _connection().from_arrow(rows).project(listing).to_arrow_table()
    except duckdb.Error as error:
        raise BadExpression(f"{_shown(expressions)}: {first_line(error)}") from None
    for expression, field in zip(expressions, table.schema, strict=True):
        if pa.types.is_floating(field.type):
            raise BadExpression(
                f"{expression!r} yields floating point; cast it to decimal(p,s) or multiply instead of /"
            )
    return list(table.columns)


def _shown(expressions: Sequence[str]) -> str:
    return repr(expressions[0]) if len(expressions) == 1 else f"one of {len(expressions)} expressions"


def first_line(error: Exception) -> str:
    """Return what DuckDB says of a failure, without the values that it repeats."""
    # The errors of a running computation repeat values; those named here speak of names and files only.
    kind, _, rest = str(error).splitlines()[0].partition(": ")
    if kind in ("Binder Error", "Parser Error", "Catalog Error", "IO Error"):
        return f"{kind}: {rest}"
    if kind == "Conversion Error":
        return "a value cannot be cast; use try_cast"
    return f"a value cannot be computed ({kind.lower()}); use a wider type"
