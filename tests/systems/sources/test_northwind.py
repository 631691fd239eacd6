"""One company in three dialects: every table of each lands, with the rows and totals that the others have.

There is no SQL Server here. Of its script we check the statement that each of its tables would be read by, and its rows
land from a stand-in: a SQLite file that holds each literal of the script as it is written.
"""

import re
import sqlite3
from collections.abc import Iterator, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.dialects import mssql

from cutover.core.types import parse_type
from cutover.systems.connections import Connection
from cutover.systems.sources.measure import measure
from cutover.systems.sources.relational import count_statement, rows_statement
from cutover.systems.sources.sqlserver import column_of

# table: rows, key; the figures of the data's own README, and of the script for tables that it does not name.
TABLES: dict[str, tuple[int, tuple[str, ...]]] = {
    "Categories": (8, ("CategoryID",)),
    "CustomerCustomerDemo": (0, ("CustomerID", "CustomerTypeID")),
    "CustomerDemographics": (0, ("CustomerTypeID",)),
    "Customers": (91, ("CustomerID",)),
    "Employees": (9, ("EmployeeID",)),
    "EmployeeTerritories": (49, ("EmployeeID", "TerritoryID")),
    "Order Details": (2155, ("OrderID", "ProductID")),
    "Orders": (830, ("OrderID",)),
    "Products": (77, ("ProductID",)),
    "Region": (4, ("RegionID",)),
    "Shippers": (3, ("ShipperID",)),
    "Suppliers": (29, ("SupplierID",)),
    "Territories": (53, ("TerritoryID",)),
}
TOTALS = {("Orders", "Freight"): "64942.69", ("Order Details", "Quantity"): "51317",
          ("Order Details", "Discount"): "121.04", ("Products", "UnitPrice"): "2222.71"}  # fmt: skip
# One product costs 13 in the PostgreSQL script and 15.50 in the others.
OF_POSTGRES = TOTALS | {("Products", "UnitPrice"): "2220.21"}
TYPES = {"Freight": "decimal(12,4)", "Quantity": "integer", "Discount": "decimal(5,4)", "UnitPrice": "decimal(12,4)"}
BINARY = {"Picture": "text", "Photo": "text", "picture": "text", "photo": "text"}
TOKEN = re.compile(r"""N?'(?:[^']|'')*'|"[^"]*"|\[[^\]]*\]|--[^\n]*|/\*.*?\*/|[\w.]+|\S""", re.DOTALL)
Script = tuple[dict[str, list[tuple[str, str]]], dict[str, list[tuple[Any, ...]]]]


def check_totals(table: str, rows: Any, totals: dict[tuple[str, str], str] = TOTALS) -> None:
    """Compare the control totals of a landed table with those that the scripts have."""
    found = measure(rows, {name: parse_type(kind) for name, kind in TYPES.items()}).totals
    for (of, column), total in totals.items():
        if of == table:
            assert (found[column].sum, found[column].unread) == (Decimal(total), 0), (table, column)


def snake(name: str) -> str:
    return re.sub("(?<=[a-z])(?=[A-Z])| ", "_", name).lower()


def test_every_table_of_the_postgres_script_lands(
    shared_data: Path, postgres: Connection, legacy_sql: Any, make_feed: Any, read: Any, fail: Any
) -> None:
    legacy_sql.execute((shared_data / "2_northwind/northwind_postgres.sql").read_text(encoding="utf-8"))
    spelled = {snake(name): name for name in TYPES}
    floats = {snake(name): kind for name, kind in TYPES.items() if name != "Quantity"}
    legacy_sql.execute("select table_name::text from information_schema.tables where table_schema = 'land_test'")
    there = {name for (name,) in legacy_sql.fetchall()}
    assert there == {snake(name) for name in TABLES} | {"us_states"}
    for table, (count, key) in (TABLES | {"us_states": (51, ("state_id",)), "Shippers": (6, ("ShipperID",))}).items():
        feed = make_feed(tuple(map(snake, key)), table=f"land_test.{snake(table)}", columns=floats | BINARY)
        rows, reading = read(postgres, feed)
        assert len(rows) == reading.count().rows == count, table
        spelled_alike = rows.rename_columns([spelled.get(name, name) for name in rows.column_names])
        check_totals(table, spelled_alike, OF_POSTGRES)
    assert "column 'unit_price' is real, which is not exact" in fail(postgres, make_feed(table="land_test.products"))


def open_sqlite(path: Path, fill: Any) -> Connection:
    with sqlite3.connect(path) as opened:
        opened.execute("pragma synchronous = off")
        fill(opened)
    opened.close()
    return Connection("legacy", "sqlite", schema=str(path))


def land_from_sqlite(connection: Connection, table: str, key: Sequence[str], make_feed: Any, read: Any) -> Any:
    """Land a table; bytes, which SQLite does not type, by an extract that writes them in hexadecimal."""
    image = {"Categories": "Picture", "Employees": "Photo"}.get(table)
    with sqlite3.connect(connection.schema or "") as opened:
        names = [row[1] for row in opened.execute(f'pragma table_info("{table}")')]
    opened.close()
    columns = ", ".join(f'hex("{name}") as "{name}"' if name == image else f'"{name}"' for name in names)
    sql = f'select {columns} from "{table}"' if image else ""
    where = {"sql": sql} if sql else {"table": table}
    rows, reading = read(connection, make_feed(tuple(key), **where))
    assert reading.count().rows == len(rows)
    return rows


def test_every_table_of_the_sqlite_script_lands(
    shared_data: Path, tmp_path: Path, make_feed: Any, read: Any, fail: Any
) -> None:
    script = (shared_data / "2_northwind/northwind_sqlite.sql").read_text(encoding="utf-8")
    connection = open_sqlite(tmp_path / "legacy.db", lambda opened: opened.executescript(script))
    for table, (count, key) in TABLES.items():
        rows = land_from_sqlite(connection, {"Region": "Regions"}.get(table, table), key, make_feed, read)
        assert len(rows) == {"Customers": 93}.get(table, count), table
        check_totals(table, rows)
    assert "column 'Picture' holds binary data" in fail(connection, make_feed("CategoryID", table="Categories"))


def read_tsql(text: str) -> Script:
    """Read a script of SQL Server: table -> its columns and their types, table -> its rows as literals."""
    tokens = [token for token in TOKEN.findall(text) if not token.startswith(("--", "/*"))]
    columns: dict[str, list[tuple[str, str]]] = {}
    rows: dict[str, list[tuple[Any, ...]]] = {}
    for place, token in enumerate(tokens):
        if token.lower() == "create" and tokens[place + 1].lower() == "table":
            opened = tokens.index("(", place)
            columns[bare(tokens[opened - 1])] = list(described(tokens, opened))
        if token.lower() == "insert":
            name = tokens[place + 2] if tokens[place + 1].lower() == "into" else tokens[place + 1]
            values = next(at for at in range(place, place + 99) if tokens[at].lower() == "values") + 1
            rows.setdefault(bare(name), []).append(tuple(literal(part) for part in parts(tokens, values)))
    return columns, rows


def bare(name: str) -> str:
    return name.strip('[]"').removeprefix("dbo.")


def parts(tokens: list[str], opened: int) -> Iterator[list[str]]:
    """Yield what stands between the commas of a pair of brackets."""
    part: list[str] = []
    depth = 1
    for token in tokens[opened + 1 :]:
        depth += {"(": 1, ")": -1}.get(token, 0)
        if depth == 0 or (depth == 1 and token == ","):
            yield part
            part = []
        else:
            part.append(token)
        if depth == 0:
            return


def described(tokens: list[str], opened: int) -> Iterator[tuple[str, str]]:
    for part in parts(tokens, opened):
        if part[0].lower() != "constraint":
            size = f"({part[3]})" if part[2:3] == ["("] and part[3].isdigit() else ""
            yield bare(part[0]), bare(part[1]) + size


def literal(part: list[str]) -> Any:
    text = "".join(part)
    if text.lower() == "null":
        return None
    if text.startswith("0x"):
        return bytes.fromhex(text[2:])
    return text.removeprefix("N")[1:-1].replace("''", "'") if text.endswith("'") else text


@pytest.fixture(scope="module")
def tsql(shared_data: Path) -> Script:
    """The script for SQL Server."""
    return read_tsql((shared_data / "2_northwind/northwind_sqlserver.sql").read_text(encoding="utf-8"))


def test_every_table_of_the_script_for_sql_server_is_read_by_a_statement_of_its_types(
    tsql: Script, make_feed: Any
) -> None:
    columns, _ = tsql
    assert set(columns) == set(TABLES)
    # Whoever adds a type must have looked at what it is converted by.
    assert {re.sub(r"\(.*", "", kind) for of_table in columns.values() for _, kind in of_table} == {
        "bit", "datetime", "image", "int", "money", "nchar", "ntext", "nvarchar", "real", "smallint",
    }  # fmt: skip
    for table, (_, key) in TABLES.items():
        feed = make_feed(key, table=f"dbo.{table}", columns=BINARY | {"Discount": "decimal(5,4)"})
        read = [column_of(feed, *column) for column in columns[table]]
        statement = str(rows_statement(feed, read, unique=True).compile(dialect=mssql.dialect()))
        assert statement.count(" AS c") == len(columns[table])
        assert f"FROM [dbo].[{table}] AS feed ORDER BY" in " ".join(statement.split())
        counted = str(count_statement(feed, read).compile(dialect=mssql.dialect()))
        assert counted.count("sum(") == sum(each.type.name in ("integer", "decimal") for each in read)


def test_every_row_of_the_script_for_sql_server_lands_from_a_stand_in(
    tsql: Script, tmp_path: Path, make_feed: Any, read: Any
) -> None:
    columns, inserted = tsql

    def fill(opened: sqlite3.Connection) -> None:
        for table, of_table in columns.items():
            opened.execute(f'create table "{table}" ({", ".join(name for name, _ in of_table)})')
            width = len(of_table)
            rows = [(*row, *[None] * (width - len(row))) for row in inserted.get(table, [])]
            opened.executemany(f'insert into "{table}" values ({", ".join("?" * width)})', rows)

    connection = open_sqlite(tmp_path / "stand-in.db", fill)
    for table, (count, key) in TABLES.items():
        rows = land_from_sqlite(connection, table, key, make_feed, read)
        assert len(rows) == count, table
        check_totals(table, rows)
    customers = land_from_sqlite(connection, "Customers", ("CustomerID",), make_feed, read)
    assert customers["City"][customers["CustomerID"].to_pylist().index("BERGS")].as_py() == "Luleå"
