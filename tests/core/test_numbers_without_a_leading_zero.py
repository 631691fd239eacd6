"""Numbers as SQL Server exports them: no zero before the point."""

from decimal import Decimal

import pyarrow as pa
import pytest

from cutover.core.cleansing import read_typed
from cutover.core.types import parse_type


@pytest.mark.parametrize(
    ("text", "data_type", "value"),
    [
        (".0000", "decimal(19,4)", Decimal("0.0000")),
        ("-.5", "decimal(19,4)", Decimal("-0.5000")),
        ("+.9900", "decimal(19,4)", Decimal("0.9900")),
        (".50000", "decimal(4,2)", Decimal("0.50")),
        ("0.5", "decimal(1,1)", Decimal("0.5")),
        ("7.", "decimal(3,2)", Decimal("7.00")),
    ],
)
def test_a_number_may_begin_with_its_point(text: str, data_type: str, value: Decimal) -> None:
    values, failed = read_typed(pa.array([text]), parse_type(data_type))
    assert (values.to_pylist(), failed.to_pylist()) == ([value], [False])


@pytest.mark.parametrize(
    ("text", "data_type"),
    [(".", "decimal(19,4)"), ("-.", "decimal(4,2)"), (".001", "decimal(4,2)"), (".5", "decimal(4,0)")],
)
def test_what_is_no_number_of_the_type_is_refused(text: str, data_type: str) -> None:
    values, failed = read_typed(pa.array([text]), parse_type(data_type))
    assert (values.to_pylist(), failed.to_pylist()) == ([None], [True])
