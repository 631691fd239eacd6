"""Reading texts as types: exactly the canonical texts, compared with Python's own types."""

import re
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation

import pyarrow as pa
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from cutover.core.cleansing import read_typed
from cutover.core.types import DataType, parse_type


def read(text: str | None, data_type: str) -> tuple[object, bool]:
    values, failed = read_typed(pa.array([text], pa.string()), parse_type(data_type))
    return values[0].as_py(), failed[0].as_py()


def number(text: str, precision: int, scale: int) -> Decimal | None:
    """The oracle: a plain number that the type holds without rounding."""
    if not re.fullmatch(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)", text):
        return None
    try:
        value = Decimal(text)
    except InvalidOperation:
        return None
    if abs(value) >= Decimal(10) ** (precision - scale):
        return None
    shifted = value.scaleb(scale)
    return value if shifted == shifted.to_integral_value() else None


DIGITS = st.text("0123456789", max_size=45)
NUMBERS = st.builds(
    lambda sign, whole, point, rest: f"{sign}{whole}{point}{rest}",
    st.sampled_from(["", "-", "+", "--", " "]),
    DIGITS,
    st.sampled_from(["", ".", ",", ".."]),
    DIGITS,
)


@given(text=NUMBERS | st.text(max_size=6), precision=st.integers(1, 38), data=st.data())
@example(text="1." + "0" * 60, precision=4, data=None)
@example(text="0" * 60 + "1.5", precision=4, data=None)
def test_a_decimal_is_read_exactly_or_not_at_all(text: str, precision: int, data: st.DataObject | None) -> None:
    scale = 2 if data is None else data.draw(st.integers(0, precision))
    import decimal

    with decimal.localcontext(prec=200):
        expected = number(text, precision, scale)
    # 0.5 may be written for a type without whole digits, and a bare point needs a decimal place.
    if text.lstrip("+-").startswith(".") and scale == 0:
        expected = None
    assert read(text, f"decimal({precision},{scale})") == (expected, expected is None)


@given(text=NUMBERS | st.integers(-(10**20), 10**20).map(str))
@example(text="+5")
@example(text="-0")
def test_an_integer_is_read_exactly_or_not_at_all(text: str) -> None:
    expected = int(text) if re.fullmatch(r"[+-]?[0-9]{1,18}", text) else None
    assert read(text, "integer") == (expected, expected is None)


def _date(text: str) -> date | None:
    if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


DATES = st.builds(
    lambda y, m, d: f"{y:04d}-{m:02d}-{d:02d}", st.integers(0, 9999), st.integers(0, 13), st.integers(0, 32)
)


@given(text=DATES | st.text("0123456789-", max_size=11))
@example(text="1900-02-29")
@example(text="2000-02-29")
@example(text="2024-2-29")
def test_a_date_is_one_of_the_calendar(text: str) -> None:
    assert read(text, "date") == (_date(text), _date(text) is None)


@given(
    moment=st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30)),  # noqa: DTZ001 - its zone is in the text
    separator=st.sampled_from("T "),
    zone=st.sampled_from(["Z", "+08:00", "-0330", "+00:00", "+14:00"]),
)
def test_a_timestamp_is_read_to_the_microsecond(moment: datetime, separator: str, zone: str) -> None:
    text = moment.isoformat(separator) + zone
    expected = datetime.fromisoformat(text.replace("Z", "+00:00")).astimezone(UTC)
    assert read(text, "timestamp") == (expected, False)


@pytest.mark.parametrize(
    "text",
    [
        "2024-01-01T10:00:00",
        "2024-01-01",
        "2024-02-30T10:00:00Z",
        "2024-01-01T24:00:00Z",
        "2024-01-01T10:60:00Z",
        "2024-01-01T10:00:60Z",
        "2024-01-01T10:00:00+99:99",
        "2024-01-01T10:00:00+08",
        "2024-01-01T10:00:00.1234567Z",
    ],
)
def test_what_is_no_instant_is_refused(text: str) -> None:
    assert read(text, "timestamp") == (None, True)


@pytest.mark.parametrize(("text", "value"), [("true", True), ("false", False), ("TRUE", None), ("1", None), ("", None)])
def test_a_boolean_is_true_or_false(text: str, value: bool | None) -> None:
    assert read(text, "boolean") == (value, value is None)


@pytest.mark.parametrize("data_type", ["text", "integer", "decimal(4,2)", "boolean", "date", "timestamp"])
def test_no_text_is_no_value_and_no_failure(data_type: str) -> None:
    assert read(None, data_type) == (None, False)
    values, failed = read_typed(pa.array([], pa.string()), parse_type(data_type))
    assert (len(values), len(failed), values.type) == (0, 0, parse_type(data_type).arrow)


def test_a_text_stays_as_it_is() -> None:
    assert read(" x\n", "text(1)") == (" x\n", False)
    assert DataType("text", length=1) == parse_type("text(1)")
