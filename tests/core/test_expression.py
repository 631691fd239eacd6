"""Expressions: pure, exact, one value per row."""

from datetime import date
from decimal import Decimal

import pyarrow as pa
import pytest

from cutover.core.expression import BadExpression, check_expression, columns_of, evaluate

ROWS = pa.table({"A": ["x", None, "z"], "n": pa.array([Decimal("0.10"), Decimal("0.20"), None], pa.decimal128(10, 2))})


@pytest.mark.parametrize(
    ("expression", "result"),
    [
        ("A || '!'", ["x!", None, "z!"]),
        ("coalesce(A, 'none')", ["x", "none", "z"]),
        ("n * 3", [Decimal("0.30"), Decimal("0.60"), None]),
        ("case when n > 0.1 then 'big' end", [None, "big", None]),
        ("a", ["x", None, "z"]),
        ("date '2024-02-29'", [date(2024, 2, 29)] * 3),
        ("null", [None] * 3),
    ],
)
def test_an_expression_is_computed_for_each_row(expression: str, result: list[object]) -> None:
    check_expression(expression)
    assert evaluate([expression], ROWS)[0].to_pylist() == result


def test_several_expressions_keep_the_order_of_rows_and_of_themselves() -> None:
    many = pa.table({"i": pa.array(range(200_000), pa.int64())})
    first, second = evaluate(["i", "-i"], many)
    assert first.to_pylist() == list(range(200_000))
    assert second[7].as_py() == -7
    assert evaluate([], many) == []


@pytest.mark.parametrize(
    "expression",
    [
        "",
        "A,",
        "A, n",
        "A) , (n",
        "select 1",
        "(select 1)",
        "A from t",
        "A; drop table x",
        "1 -- comment",
        "A in (select 1)",
        "exists (select 1)",
        "sum(n)",
        "count(*)",
        "max(A)",
        "row_number() over ()",
        "unnest([1, 2])",
        "*",
        "columns('n')",
        "?",
        "random()",
        "RANDOM()",
        "main.random()",
        "uuid()",
        "uuidv7()",
        "now()",
        "current_date",
        "current_timestamp",
        "localtimestamp",
        "today()",
        "age(d)",
        "transaction_timestamp()",
        "currval('s')",
        "current_setting('threads')",
        "getenv('HOME')",
        "current_user",
        "coalesce(A, cast(now() as varchar))",
        "A like (select 'x')",
    ],
)
def test_what_asks_for_more_than_its_row_is_refused(expression: str) -> None:
    with pytest.raises(BadExpression):
        check_expression(expression)


@pytest.mark.parametrize(
    ("expression", "told"),
    [
        ("B", "B"),
        ("n / 3", "floating point"),
        ("cast(A as integer)", "try_cast"),
        ("A + 1", "one of|'A"),
        ("sqrt(n)", "floating point"),
        ("cast(repeat('9', 38) as decimal(38,0)) + cast(n * 100 as decimal(38,0))", "wider type"),
    ],
)
def test_what_cannot_be_computed_exactly_is_refused(expression: str, told: str) -> None:
    check_expression(expression)
    with pytest.raises(BadExpression, match=told) as error:
        evaluate([expression], ROWS)
    assert "'x'" not in str(error.value)
    assert "\n" not in str(error.value)


def test_no_file_is_read() -> None:
    with pytest.raises(BadExpression):
        evaluate(["read_text('/etc/passwd')"], ROWS)


def test_the_columns_of_an_expression_are_those_it_reads() -> None:
    assert columns_of("coalesce(A, upper(\"b c\")) || t.D || 'E'") == {"A", "b c", "D"}
    assert columns_of("1") == frozenset()
