"""Units, currencies and signs: exact against fractions of Python, rounded once, and only as told."""

from datetime import date
from decimal import ROUND_DOWN, ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal
from fractions import Fraction

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cutover.core.amounts import convert_currency, convert_units, posting_side, signed
from cutover.core.rules import FOREVER, CodeTable, Filled
from cutover.core.types import parse_type

MODES = {"half_up": ROUND_HALF_UP, "half_even": ROUND_HALF_EVEN, "down": ROUND_DOWN}
QUANTITIES = st.decimals(-(10**12), 10**12, places=6)
FACTORS = st.tuples(st.integers(1, 10**9 - 1), st.integers(1, 10**6))


def reasons(filled: Filled) -> list[list[str]]:
    return [[reason for reason, mask in filled.failures if mask[place].as_py()] for place in range(len(filled.values))]


def oracle(exact: Fraction, scale: int, rounding: str) -> Decimal:
    """Round a fraction by its neighbours, without any decimal division."""
    units = exact * 10**scale
    cut = int(units)
    rest = abs(units - cut)
    up = {
        "down": False,
        "half_up": rest >= Fraction(1, 2),
        "half_even": rest > Fraction(1, 2) or (rest == Fraction(1, 2) and cut % 2 == 1),
    }[rounding]
    return Decimal(cut + (1 if units > 0 else -1) * up).scaleb(-scale)


@given(quantity=QUANTITIES, factor=FACTORS, rounding=st.sampled_from(sorted(MODES)), scale=st.integers(0, 6))
def test_a_fraction_is_rounded_once_and_exactly(
    quantity: Decimal, factor: tuple[int, int], rounding: str, scale: int
) -> None:
    table = CodeTable(("U",), (f"{factor[0]}/{factor[1]}",), (FOREVER,))
    wanted = parse_type(f"decimal(38,{scale})")
    filled = convert_units(pa.array([quantity], pa.decimal128(19, 6)), pa.array(["U"]), table, wanted, rounding)
    assert filled.values.to_pylist() == [oracle(Fraction(quantity) * Fraction(*factor), scale, rounding)]


@pytest.mark.parametrize(
    ("rounding", "result"), [("half_up", "0.13"), ("half_even", "0.12"), ("down", "0.12"), ("none", None)]
)
def test_half_is_decided_as_told(rounding: str, result: str | None) -> None:
    table = CodeTable(("U",), ("1/8",), (FOREVER,))
    filled = convert_units(pa.array([Decimal("1.0")]), pa.array(["U"]), table, parse_type("decimal(9,2)"), rounding)
    assert filled.values.to_pylist() == [None if result is None else Decimal(result)]
    assert reasons(filled) == [["does_not_fit"] if result is None else []]


def test_a_fraction_that_is_exact_needs_no_rounding_and_one_that_is_too_large_fails() -> None:
    table = CodeTable(("U", "BIG"), ("1/3", "999999999/0.000000001"), (FOREVER, FOREVER))
    amounts = pa.array([Decimal("3.00"), Decimal("3.00"), None])
    filled = convert_units(amounts, pa.array(["U", "BIG", "U"]), table, parse_type("decimal(9,2)"), "none")
    assert filled.values.to_pylist() == [Decimal("1.00"), None, None]
    assert reasons(filled) == [[], ["does_not_fit"], []]


RATES = CodeTable(
    ("USD|CNY|M", "USD|CNY|M", "JPY|CNY|M", "ZZZ|CNY|M"),
    ("7.10", "7.20", "0.05", "0"),
    ((date(2024, 1, 1), date(2024, 1, 31)), (date(2024, 2, 1), date.max), FOREVER, FOREVER),
)


def convert(amount: str | None, currency: str | None, day: date | None, *, divide: bool = False) -> tuple[object, ...]:
    key = None if currency is None else f"{currency}|CNY|M"
    filled = convert_currency(
        pa.array([None if amount is None else Decimal(amount)], pa.decimal128(15, 2)), pa.array([key], pa.string()),
        pa.array([day], pa.date32()), RATES, pa.array([currency == "CNY"]), parse_type("decimal(18,2)"),
        divide=divide, rounding="half_up",
    )  # fmt: skip
    return filled.values[0].as_py(), *reasons(filled)[0]


@pytest.mark.parametrize(
    ("given_", "result"),
    [
        (("10.00", "USD", date(2024, 1, 31)), (Decimal("71.00"),)),
        (("10.00", "USD", date(2024, 2, 1)), (Decimal("72.00"),)),
        (("10.00", "CNY", None), (Decimal("10.00"),)),
        (("0.01", "JPY", date(2024, 1, 1)), (Decimal("0.00"),)),
        (("10.00", "USD", date(2023, 12, 31)), (None, "no_rate")),
        (("10.00", "EUR", date(2024, 1, 1)), (None, "no_rate")),
        (("10.00", None, date(2024, 1, 1)), (None, "no_rate")),
        (("10.00", "ZZZ", date(2024, 1, 1)), (None, "no_rate")),
        (("10.00", "USD", None), (None, "no_date")),
        ((None, "EUR", None), (None,)),
    ],
)
def test_an_amount_takes_the_rate_of_its_day_or_fails(given_: tuple[str, str, date], result: tuple[object]) -> None:
    assert convert(*given_) == result


def test_a_rate_can_divide() -> None:
    assert convert("100.00", "USD", date(2024, 2, 1), divide=True) == (Decimal("13.89"),)
    assert convert("100.00", "ZZZ", date(2024, 2, 1), divide=True) == (None, "no_rate")


@given(
    lines=st.lists(
        st.tuples(st.decimals(-(10**9), 10**9, places=2), st.sampled_from(["S", "H"])),
        min_size=1,
    )
)
def test_signed_amounts_sum_to_debits_minus_credits(lines: list[tuple[Decimal, str]]) -> None:
    amounts = pa.array([amount for amount, _ in lines], pa.decimal128(15, 2))
    sides = pa.array([side for _, side in lines])
    for positive, turn in (("debit", 1), ("credit", -1)):
        filled = signed(amounts, sides, debit=["S"], credit=["H"], positive=positive)
        debits, credits = (sum((a for a, s in lines if s == side), Decimal(0)) for side in "SH")
        assert sum(filled.values.to_pylist()) == turn * (debits - credits)
        assert reasons(filled) == [[]] * len(lines)
        assert [abs(value.as_py()) for value in filled.values] == [abs(amount) for amount, _ in lines]


def test_an_indicator_that_nobody_declared_fails() -> None:
    amounts = pa.array([Decimal("1"), Decimal("-1"), Decimal("1"), Decimal("1"), None])
    filled = signed(amounts, pa.array(["S", "H", "X", None, "X"]), debit=["S"], credit=["H"], positive="debit")
    assert filled.values.to_pylist() == [Decimal("1"), Decimal("1"), None, None, None]
    assert reasons(filled) == [[], [], ["unknown_indicator"], ["unknown_indicator"], []]


def test_both_sides_of_a_posting_balance() -> None:
    amounts = pa.array([Decimal("1.50"), Decimal("-2.00"), Decimal("0.00")])
    debit, credit = (posting_side(amounts, debit=side, offset=False) for side in (True, False))
    assert [a.as_py() - b.as_py() for a, b in zip(debit, credit, strict=True)] == amounts.to_pylist()
