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


ANY_RATE = st.integers(0, 10**12).map(lambda units: Decimal(units).scaleb(-6))
MOVES = st.tuples(
    st.decimals(-(10**10), 10**10, places=4) | st.none(),
    st.sampled_from(["USD", "EUR", "CNY", "XXX"]),
    st.dates(date(2022, 12, 25), date(2023, 7, 5)) | st.none(),
)


@given(
    rows=st.lists(MOVES, min_size=1, max_size=8),
    rates=st.lists(ANY_RATE, min_size=3, max_size=3),
    rounding=st.sampled_from([*sorted(MODES), "none"]),
    divide=st.booleans(),
    scale=st.integers(0, 4),
)
def test_an_amount_is_converted_by_the_rate_of_its_day_rounded_once_or_refused(
    rows: list[tuple[Decimal | None, str, date | None]],
    rates: list[Decimal],
    rounding: str,
    divide: bool,
    scale: int,
) -> None:
    """The dollar has a rate in each of two months and none in April, the euro one for ever."""
    spans = [
        ("USD", date(2023, 1, 1), date(2023, 3, 31)), ("USD", date(2023, 5, 1), date(2023, 6, 30)), ("EUR", *FOREVER),
    ]  # fmt: skip
    table = CodeTable(tuple(name for name, *_ in spans), tuple(map(str, rates)), tuple(days for _, *days in spans))  # type: ignore[arg-type,misc]
    names = pa.array([name for _, name, _ in rows])
    found = convert_currency(
        pa.array([amount for amount, *_ in rows], pa.decimal128(15, 4)), names,
        pa.array([day for *_, day in rows], pa.date32()), table, pa.compute.equal(names, "CNY"),
        parse_type(f"decimal(38,{scale})"), divide=divide, rounding=rounding,
    )  # fmt: skip
    for (amount, name, day), value, why in zip(rows, found.values.to_pylist(), reasons(found), strict=True):
        on_day = [
            rate for (code, first, last), rate in zip(spans, rates, strict=True)
            if day is not None and code == name and first <= day <= last
        ]  # fmt: skip
        rate = Decimal(1) if name == "CNY" else next(iter(on_day), None)
        if amount is None:
            assert (value, why) == (None, [])
        elif rate is None or not rate:
            assert (value, why) == (None, ["no_date" if day is None else "no_rate"])
        else:
            exact = Fraction(amount) / Fraction(rate) if divide else Fraction(amount) * Fraction(rate)
            if rounding == "none":
                fits = (exact * 10**scale).denominator == 1
                assert (value, why) == ((oracle(exact, scale, "down"), []) if fits else (None, ["does_not_fit"]))
            else:
                assert (value, why) == (oracle(exact, scale, rounding), [])
