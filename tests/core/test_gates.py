"""Gates: each test passes what it should and fails what it should, by row, rule and reason, without values."""

from datetime import date
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest

from cutover.core.gates import ColumnGate, GateCheck, RowGate, run_gate
from cutover.core.types import parse_type


def check(
    values: list[Any], data_type: str, *checks: GateCheck, required: bool = False
) -> list[tuple[int, str, str, str]]:
    """Gate one column; returns row, rule, reason and severity of each failure."""
    kind = parse_type(data_type)
    rows = pa.table({"_row": pa.array(range(10, 10 + len(values)), pa.int64()), "c": pa.array(values, kind.arrow)})
    report = run_gate([ColumnGate("c", kind, "F-1", required, checks)], [], rows)
    assert report.rows == len(values)
    assert report.failed_rows == len({line["_row"] for line in report.failures.to_pylist()})
    return [(line["_row"], line["rule"], line["reason"], line["severity"]) for line in report.failures.to_pylist()]


def of(test: str, when: str | None = None, severity: str = "major", **arguments: Any) -> GateCheck:
    return GateCheck("G-1", test, tuple(arguments.items()), severity, when)


@pytest.mark.parametrize(
    ("data_type", "test", "good", "bad"),
    [
        ("text", of("isin", allowed_values=["A", "B"]), ["A", "B", None], ["C", "a", ""]),
        ("text", of("str_matches", pattern="^(?:[A-Z]{2}|x)$"), ["AB", "x", None], ["ABC", "A", "AB\n", "xA", ""]),
        ("text", of("valid", name="cn_uscc"), ["91110000600037341L", None], ["91110000600037342L", "x"]),
        ("decimal(12,2)", of("ge", min_value=Decimal("0.10")), [Decimal("0.10"), None], [Decimal("0.09"), Decimal(-1)]),
        ("decimal(12,2)", of("le", max_value=Decimal("0.10")), [Decimal("0.10"), None], [Decimal("0.11")]),
        (
            "decimal(12,2)",
            of("in_range", min_value=Decimal(0), max_value=Decimal("99.99")),
            [Decimal(0), Decimal("99.99"), None],
            [Decimal("-0.01"), Decimal(100)],
        ),
        ("integer", of("ge", min_value=Decimal(1)), [1, 2, None], [0, -1]),
        ("integer", of("le", max_value=Decimal("1.5")), [1, None], [2]),
        ("integer", of("in_range", min_value=Decimal(1), max_value=Decimal(3)), [1, 3], [0, 4]),
    ],
)
def test_a_test_passes_the_good_and_names_the_bad(
    data_type: str, test: GateCheck, good: list[Any], bad: list[Any]
) -> None:
    assert check(good, data_type, test) == []
    assert check([*good, *bad], data_type, test) == [
        (10 + len(good) + place, "G-1", test.test, "major") for place in range(len(bad))
    ]


def test_a_required_column_has_values() -> None:
    assert check(["a", None], "text", required=True) == [(11, "F-1", "required", "major")]
    assert check(["a", None], "text") == []
    assert check([None], "date", required=True) == [(10, "F-1", "required", "major")]
    assert check([date(2024, 1, 1), None], "date") == []


def test_a_length_is_a_test_of_its_own() -> None:
    assert check(["ab", "abc", "äöü", None], "text(2)") == [
        (11, "F-1", "str_length", "major"), (12, "F-1", "str_length", "major"),
    ]  # fmt: skip


def test_a_row_may_break_several_rules_and_is_counted_once() -> None:
    found = check(
        ["abc"], "text(2)", of("isin", allowed_values=["x"]), GateCheck("G-2", "str_matches", (("pattern", "^x$"),))
    )
    assert [(row, rule) for row, rule, *_ in found] == [(10, "F-1"), (10, "G-1"), (10, "G-2")]


def test_a_severity_is_told() -> None:
    assert check(["b"], "text", of("isin", severity="minor", allowed_values=["a"])) == [(10, "G-1", "isin", "minor")]


def test_a_test_with_a_condition_is_held_only_against_its_rows() -> None:
    rows = pa.table(
        {"_row": pa.array([1, 2, 3, 4], pa.int64()), "kind": ["x", "y", "x", None], "c": ["a", "b", "b", "b"]}
    )
    text = parse_type("text")
    gate = ColumnGate("c", text, "F-1", False, (of("isin", when="kind = 'x'", allowed_values=["a"]),))
    report = run_gate([ColumnGate("kind", text, "F-0", False), gate], [], rows)
    assert [(line["_row"], line["rule"], line["column"]) for line in report.failures.to_pylist()] == [(3, "G-1", "c")]


def test_an_expression_over_columns_is_true_of_each_row_or_unknown() -> None:
    rows = pa.table({"_row": pa.array([1, 2, 3], pa.int64()), "a": [1, 2, None], "b": [1, 1, 1]})
    columns = [ColumnGate(name, parse_type("integer"), f"F-{name}", False) for name in "ab"]
    plain, conditional = RowGate("R-1", "a = b", "major"), RowGate("R-2", "a = 0", "minor", when="b = 1 and a = 2")
    report = run_gate(columns, [plain, conditional], rows)
    assert [(line["_row"], line["rule"], line["reason"], line["severity"]) for line in report.failures.to_pylist()] == [
        (2, "R-1", "expression", "major"), (2, "R-2", "expression", "minor"),
    ]  # fmt: skip


def test_no_rows_break_nothing() -> None:
    checks = (
        of("isin", allowed_values=["a"]),
        GateCheck("G-2", "isin", (("allowed_values", ["a"]),), "major", "c = 'x'"),
    )
    assert check([], "text(2)", *checks, required=True) == []


def test_only_nothing_breaks_nothing() -> None:
    checks = (of("valid", name="cn_uscc"), GateCheck("G-2", "isin", (("allowed_values", ["a"]),), "major", "c is null"))
    assert check([None, None], "text(2)", *checks) == []
