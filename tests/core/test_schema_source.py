"""The printed schema is the gate: executed, it fails exactly the rows that `run_gate` fails."""

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pandas as pd
import pandera.errors
import pyarrow as pa
import pytest

from cutover.core.gates import ColumnGate, GateCheck, RowGate, run_gate
from cutover.core.schema_source import print_schema
from cutover.core.types import parse_type
from cutover.phases.mapping.gating import declared_gates, row_gates, schema_source
from cutover.project.specification import read_specification

COLUMNS = [
    ColumnGate(
        "code", parse_type("text(3)"), "R-1", True, (GateCheck("R-2", "str_matches", (("pattern", "^(?:A.*)$"),)),)
    ),
    ColumnGate(
        "tax",
        parse_type("text"),
        "R-3",
        False,
        (GateCheck("R-4", "valid", (("name", "cn_uscc"),), "major", "land = 'CN'"),),
    ),
    ColumnGate(
        "land", parse_type("text(2)"), "R-5", False, (GateCheck("R-6", "isin", (("allowed_values", ["CN", "DE"]),)),)
    ),
    ColumnGate(
        "amount",
        parse_type("decimal(12,2)"),
        "R-7",
        False,
        (
            GateCheck("R-8", "in_range", (("min_value", Decimal("-5.00")), ("max_value", Decimal("9.99")))),
            GateCheck("R-9", "ge", (("min_value", Decimal(0)),), "minor", "land = 'DE'"),
        ),
    ),
    ColumnGate("on_day", parse_type("date"), "R-10", False),
    ColumnGate("seen_at", parse_type("timestamp"), "R-11", False),
    ColumnGate("lines", parse_type("integer"), "R-12", True),
    ColumnGate("open", parse_type("boolean"), "R-13", False),
]
EXPRESSIONS = [
    RowGate("R-20", "on_day <= cast(seen_at as date)", "major"),
    RowGate("R-21", "lines > 0", "blocker", "open"),
]
GOOD: dict[str, Any] = {
    "code": "A1", "tax": "91110000600037341L", "land": "CN", "amount": Decimal("1.00"), "on_day": date(2024, 1, 1),
    "seen_at": datetime(2024, 1, 1, 12, tzinfo=UTC), "lines": 1, "open": True,
}  # fmt: skip
EMPTY = {**dict.fromkeys(GOOD), "code": "A", "lines": 0}
BAD: list[tuple[dict[str, Any], str]] = [
    ({"code": None}, "R-1"),
    ({"code": "A234"}, "R-1"),
    ({"code": "B"}, "R-2"),
    ({"tax": "91110000600037341X"}, "R-4"),
    ({"land": "XX"}, "R-6"),
    ({"amount": Decimal("10.00")}, "R-8"),
    ({"amount": Decimal("-5.01")}, "R-8"),
    ({"land": "DE", "amount": Decimal("-1.00")}, "R-9"),
    ({"on_day": date(2024, 1, 2)}, "R-20"),
    ({"lines": 0}, "R-21"),
    ({"lines": None}, "R-12"),
]
ODD_BUT_GOOD: list[dict[str, Any]] = [
    {"land": "DE", "tax": "nonsense"},
    {"land": None, "tax": "nonsense"},
    {"lines": 0, "open": False},
    {"lines": 0, "open": None},
    {"on_day": date(2024, 1, 2), "seen_at": None},
    {"amount": Decimal("-5.00")},
]


def failed_rows(source: str, rows: pa.Table) -> set[int]:
    """Execute a printed schema and return the rows that it fails, by their `_row`."""
    found: dict[str, Any] = {}
    exec(compile(source, "schema.py", "exec"), found)
    frame = rows.to_pandas(types_mapper=pd.ArrowDtype).set_index("_row")
    try:
        found["schema"].validate(frame, lazy=True)
    except pandera.errors.SchemaErrors as errors:
        return {int(row) for row in errors.failure_cases["index"]}
    return set()


def table_of(columns: list[ColumnGate], rows: list[dict[str, Any]]) -> pa.Table:
    # Row numbers that are neither 0, 1, 2 nor in order: nothing may rely on the position.
    numbers = [1000 - 7 * place for place in range(len(rows))]
    arrays = [pa.array([row[column.name] for row in rows], column.type.arrow) for column in columns]
    return pa.table([pa.array(numbers, pa.int64()), *arrays], names=["_row", *(column.name for column in columns)])


def test_the_printed_schema_fails_the_rows_that_the_gate_fails() -> None:
    good = [GOOD, EMPTY, *({**GOOD, **change} for change in ODD_BUT_GOOD)]
    rows = table_of(COLUMNS, [*good, *({**GOOD, **change} for change, _ in BAD)])
    report = run_gate(COLUMNS, EXPRESSIONS, rows)
    told = {line["_row"]: line["rule"] for line in report.failures.to_pylist()}
    assert list(told[row] for row in rows["_row"].to_pylist()[len(good) :]) == [rule for _, rule in BAD]
    assert failed_rows(print_schema("thing", COLUMNS, EXPRESSIONS), rows) == set(told)


@pytest.mark.parametrize(("change", "rule"), BAD)
def test_each_bad_row_alone_is_failed_too(change: dict[str, Any], rule: str) -> None:
    rows = table_of(COLUMNS, [GOOD, {**GOOD, **change}])
    assert failed_rows(print_schema("thing", COLUMNS, EXPRESSIONS), rows) == {993}, rule


def test_a_good_frame_passes_and_an_unknown_column_does_not() -> None:
    rows = table_of(COLUMNS, [GOOD, EMPTY])
    source = print_schema("thing", COLUMNS, EXPRESSIONS)
    assert failed_rows(source, rows) == set()
    found: dict[str, Any] = {}
    exec(compile(source, "schema.py", "exec"), found)
    frame = rows.to_pandas(types_mapper=pd.ArrowDtype).set_index("_row")
    with pytest.raises(pandera.errors.SchemaErrors, match="column 'more' not in DataFrameSchema"):
        found["schema"].validate(frame.assign(more=1))


def test_only_what_is_needed_is_imported() -> None:
    source = print_schema("thing", [ColumnGate("code", parse_type("text"), "R-1", True)], [])
    assert "Decimal" not in source and "cutover.core" not in source
    assert failed_rows(source, table_of([ColumnGate("code", parse_type("text"), "R-1", True)], [{"code": None}])) == {
        1000
    }


def test_the_schemas_of_the_worked_example_fail_the_empty_row_as_their_gates_do(repository: Path) -> None:
    specification = read_specification(repository / "include")
    for mapping in specification.mappings.values():
        columns = declared_gates(mapping)
        rows = table_of(columns, [dict.fromkeys(column.name for column in columns)])
        report = run_gate(columns, row_gates(mapping), rows)
        assert bool(report.failed_rows) == any(column.required for column in columns)
        assert failed_rows(schema_source(mapping), rows) == set(report.failures["_row"].to_pylist())
