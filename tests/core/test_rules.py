"""Mapping rules: each against a naive per-row oracle; nothing is guessed, nothing is rounded."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cutover.core.amounts import convert_units, posting_side
from cutover.core.rules import (
    CodeTable,
    Filled,
    KeyIndex,
    constant,
    default_where,
    fit,
    join_key,
    resolve,
    translate,
    translate_effective,
)
from cutover.core.types import DataType, parse_type

FOREVER = (date.min, date.max)
DECIMALS = st.tuples(st.integers(1, 38), st.integers(0, 38)).filter(lambda sizes: sizes[1] <= sizes[0])


def failures(filled: Filled) -> list[list[str]]:
    """The reasons of each row, in the order of the rows."""
    return [[reason for reason, mask in filled.failures if mask[place].as_py()] for place in range(len(filled.values))]


# --- types -----------------------------------------------------------------------------------------------------------


@given(data=st.data(), given_=DECIMALS, wanted=DECIMALS)
def test_a_decimal_fits_exactly_or_fails(data: st.DataObject, given_: tuple[int, int], wanted: tuple[int, int]) -> None:
    precision, scale = given_
    units = data.draw(st.lists(st.none() | st.integers(-(10**precision) + 1, 10**precision - 1), max_size=6))
    values = [None if unit is None else Decimal(f"{unit}e-{scale}") for unit in units]
    filled = fit(pa.array(values, pa.decimal128(*given_)), DataType("decimal", precision=wanted[0], scale=wanted[1]))
    for before, after, reasons in zip(
        values, filled.values.to_pylist(), failures(filled) or [[]] * len(values), strict=True
    ):
        holds = before is None or _holds(before, *wanted)
        assert (after, reasons) == ((before, []) if holds else (None, ["does_not_fit"]))


def _holds(value: Decimal, precision: int, scale: int) -> bool:
    _, digits, exponent = value.as_tuple()
    unit = int("".join(map(str, digits)))
    moved = int(exponent) + scale
    return (unit * 10**moved if moved >= 0 else unit // 10**-moved) < 10**precision and (
        moved >= 0 or unit % 10**-moved == 0
    )


@given(number=st.integers(-(2**63), 2**63 - 1), wanted=DECIMALS)
def test_an_integer_fits_a_decimal_or_fails(number: int, wanted: tuple[int, int]) -> None:
    filled = fit(pa.array([number], pa.int64()), DataType("decimal", precision=wanted[0], scale=wanted[1]))
    fits = abs(number) < 10 ** (wanted[0] - wanted[1])
    assert filled.values.to_pylist() == [Decimal(number) if fits else None]


@pytest.mark.parametrize(
    ("values", "wanted", "result"),
    [
        (pa.array(["abc", "äöü", None, ""]), "text(2)", [None, None, None, ""]),
        (pa.array(["äö"]), "text(2)", ["äö"]),
        (pa.array([Decimal("1.50")]), "text", ["1.50"]),
        (pa.array([date(2024, 2, 29)]), "text", ["2024-02-29"]),
        (pa.array([5, 2**40]), "text(3)", ["5", None]),
        (pa.array([0, 1, 2]), "boolean", [False, True, None]),
        (pa.array([True, None]), "integer", [1, None]),
        (pa.array([Decimal("1.0"), Decimal("1.5")]), "integer", [1, None]),
        (pa.array([2**64 - 1, 3], pa.uint64()), "integer", [None, 3]),
        (pa.array([datetime(2024, 1, 1), datetime(2024, 1, 1, 10)]), "date", [date(2024, 1, 1), None]),  # noqa: DTZ001
        (pa.array([7], pa.int32()), "integer", [7]),
        (pa.array([None, None], pa.null()), "decimal(4,2)", [None, None]),
        (
            pa.array([1_000, 1_500], pa.timestamp("ns")),
            "timestamp",
            [datetime(1970, 1, 1, 0, 0, 0, 1, tzinfo=UTC), None],
        ),
    ],
)
def test_what_does_not_fit_exactly_fails(values: pa.Array, wanted: str, result: list[object]) -> None:
    filled = fit(values, parse_type(wanted))
    assert filled.values.to_pylist() == result
    assert filled.values.type == parse_type(wanted).arrow
    for before, after, reasons in zip(values.to_pylist(), result, failures(filled), strict=True):
        assert bool(reasons) == (before is not None and after is None)


@pytest.mark.parametrize(
    ("values", "wanted"),
    [
        (pa.array([5], pa.int32()), "date"),
        (pa.array([5]), "timestamp"),
        (pa.array([date(2024, 1, 1)]), "integer"),
        (pa.array([True]), "decimal(4,2)"),
        (pa.array([Decimal(1)]), "boolean"),
    ],
)
def test_what_never_has_a_type_is_refused(values: pa.Array, wanted: str) -> None:
    with pytest.raises(ValueError, match="never"):
        fit(values, parse_type(wanted))


def test_without_a_declared_type_values_keep_theirs_as_staging_holds_it() -> None:
    assert fit(pa.array([1], pa.int32()), None).values.type == pa.int64()
    assert fit(pa.array([Decimal("1.5")], pa.decimal128(5, 1)), None).values.type == pa.decimal128(5, 1)
    assert fit(pa.array([None]), None).values.type == pa.string()
    with pytest.raises(ValueError, match="not exact"):
        fit(pa.array([1.5]), None)


# --- crosswalks ------------------------------------------------------------------------------------------------------

CODES = st.sampled_from(["A", "B", "C", "", "A|B"])


@given(codes=st.lists(st.none() | CODES, max_size=12), entries=st.dictionaries(CODES, st.text(max_size=3), max_size=4))
def test_translation_follows_the_entries(codes: list[str | None], entries: dict[str, str]) -> None:
    table = CodeTable(tuple(entries), tuple(entries.values()), (FOREVER,) * len(entries))
    filled = translate(pa.array(codes, pa.string()), table)
    assert filled.values.to_pylist() == [entries.get(code) if code is not None else None for code in codes]
    assert failures(filled) == [["no_entry"] if code is not None and code not in entries else [] for code in codes]


DAYS = st.integers(0, 20).map(lambda days: date(2024, 1, 1) + timedelta(days))
SPANS = st.tuples(st.sampled_from("AB"), DAYS, DAYS, st.sampled_from(["x", "y", "z"])).filter(
    lambda span: span[1] <= span[2]
)


@given(
    rows=st.lists(st.tuples(st.none() | st.sampled_from("ABC"), st.none() | DAYS), max_size=12),
    spans=st.lists(SPANS, max_size=4),
)
def test_effective_translation_takes_the_entry_of_the_day(
    rows: list[tuple[str | None, date | None]], spans: list[tuple[str, date, date, str]]
) -> None:
    table = CodeTable(
        tuple(span[0] for span in spans), tuple(span[3] for span in spans), tuple((span[1], span[2]) for span in spans)
    )
    codes, days = pa.array([code for code, _ in rows], pa.string()), pa.array([day for _, day in rows], pa.date32())
    filled = translate_effective(codes, days, table)
    for (code, day), value, reasons in zip(rows, filled.values.to_pylist(), failures(filled), strict=True):
        valid = [target for of, first, last, target in spans if of == code and day is not None and first <= day <= last]
        assert value == (valid[0] if valid else None)
        expected = [] if code is None else ["no_date"] if day is None else [] if valid else ["no_entry"]
        assert reasons == expected


def test_effective_translation_needs_dates() -> None:
    table = CodeTable(("A",), ("x",), (FOREVER,))
    with pytest.raises(ValueError, match="text is no date"):
        translate_effective(pa.array(["A"]), pa.array(["2024-01-01"]), table)


@given(rows=st.lists(st.tuples(st.none() | st.text(max_size=3), st.none() | st.integers(0, 9)), max_size=6))
def test_a_key_with_an_empty_part_is_no_key(rows: list[tuple[str | None, int | None]]) -> None:
    columns = [pa.array([a for a, _ in rows], pa.string()), pa.array([b for _, b in rows], pa.int64())]
    expected = [None if a is None or b is None else f"{a}|{b}" for a, b in rows]
    assert join_key(columns).to_pylist() == expected


# --- references ------------------------------------------------------------------------------------------------------

OUTCOMES = st.sampled_from(["loaded", "merged", "rejected", "dropped"])
INDEXES = st.lists(
    st.dictionaries(st.sampled_from("abcd"), st.tuples(st.integers(1, 99), OUTCOMES), max_size=4),
    min_size=1,
    max_size=3,
)


@given(keys=st.lists(st.none() | st.sampled_from("abcde"), max_size=8), indexes=INDEXES, optional=st.booleans())
def test_a_reference_is_found_in_the_first_entity_that_moved_it(
    keys: list[str | None], indexes: list[dict[str, tuple[int, str]]], optional: bool
) -> None:
    filled = resolve(pa.array(keys, pa.string()), [_index(of) for of in indexes], optional=optional)
    for key, found, reasons in zip(keys, filled.values.to_pylist(), failures(filled), strict=True):
        named = [of[key] for of in indexes if key in of]
        moved = [number for number, outcome in named if outcome in ("loaded", "merged")]
        assert found == (moved[0] if moved else None)
        if key is None:
            assert reasons == ([] if optional else ["no_reference"])
        elif moved:
            assert reasons == []
        else:
            assert reasons == ([f"parent_{named[0][1]}"] if named else ["no_parent"])


def _index(of: dict[str, tuple[int, str]]) -> KeyIndex:
    ids = [number if outcome in ("loaded", "merged") else None for number, outcome in of.values()]
    return KeyIndex(
        pa.array(list(of), pa.string()),
        pa.array(ids, pa.int64()),
        pa.array([told for _, told in of.values()], pa.string()),
    )


# --- computed --------------------------------------------------------------------------------------------------------


@given(
    quantities=st.lists(st.none() | st.decimals(-(10**6), 10**6, places=3), max_size=6),
    factor=st.decimals("0.001", 1000, places=4),
    rounding=st.sampled_from(["none", "half_up", "half_even", "down"]),
)
def test_units_are_converted_exactly_or_rounded_as_told(
    quantities: list[Decimal | None], factor: Decimal, rounding: str
) -> None:
    import decimal

    table = CodeTable(("KG",), (str(factor),), (FOREVER,))
    units = pa.array(["KG"] * len(quantities), pa.string())
    filled = convert_units(
        pa.array(quantities, pa.decimal128(18, 3)), units, table, parse_type("decimal(18,3)"), rounding
    )
    modes = {"half_up": decimal.ROUND_HALF_UP, "half_even": decimal.ROUND_HALF_EVEN, "down": decimal.ROUND_DOWN}
    for quantity, value in zip(quantities, filled.values.to_pylist(), strict=True):
        if quantity is None:
            assert value is None
            continue
        exact = quantity * factor
        rounded = exact.quantize(Decimal("0.001"), rounding=modes.get(rounding))
        assert value == (rounded if rounding != "none" or rounded == exact else None)


def test_a_unit_without_a_factor_fails() -> None:
    table = CodeTable(("KG", "BAD"), ("1", "0"), (FOREVER, FOREVER))
    quantity = pa.array([Decimal(1)] * 4 + [None], pa.decimal128(18, 3))
    filled = convert_units(quantity, pa.array(["KG", "BAD", "??", None, "??"]), table, parse_type("integer"), "half_up")
    assert filled.values.to_pylist() == [1, None, None, None, None]
    assert failures(filled) == [[], ["no_factor"], ["no_factor"], ["no_factor"], []]


def test_a_quantity_with_more_decimals_than_can_be_carried_fails() -> None:
    table = CodeTable(("KG",), ("1",), (FOREVER,))
    quantity = pa.array([Decimal("0.1234567"), Decimal("0.1234560")], pa.decimal128(18, 7))
    filled = convert_units(quantity, pa.array(["KG", "KG"]), table, parse_type("decimal(18,6)"), "half_up")
    assert (filled.values.to_pylist(), failures(filled)) == ([None, Decimal("0.123456")], [["does_not_fit"], []])


@given(amount=st.decimals(-(10**9), 10**9, places=2))
def test_a_posting_balances(amount: Decimal) -> None:
    values = pa.array([amount], pa.decimal128(18, 2))
    debit, credit, mirrored, back = (
        posting_side(values, debit=debit, offset=offset)[0].as_py()
        for debit, offset in ((True, False), (False, False), (True, True), (False, True))
    )
    assert debit - credit == amount
    assert (mirrored, back) == (credit, debit)
    assert min(debit, credit) == 0


def test_a_default_stands_where_its_condition_holds() -> None:
    filled = default_where(pa.array(["a", None, "c"]), pa.array([True, True, False]), pa.scalar("x"))
    assert filled.values.to_pylist() == ["x", "x", "c"]


@pytest.mark.parametrize(
    ("value", "wanted", "result"),
    [
        (True, "boolean", True),
        ("0.10", "decimal(4,2)", Decimal("0.10")),
        (5, "integer", 5),
        (None, "date", None),
        ("x", None, "x"),
    ],
)
def test_a_constant_has_the_type_of_its_column(value: object, wanted: str | None, result: object) -> None:
    filled = constant(value, parse_type(wanted) if wanted else None, 2)  # type: ignore[arg-type]
    assert filled.to_pylist() == [result, result]


def test_a_constant_that_does_not_fit_is_refused() -> None:
    with pytest.raises(ValueError, match=r"does not fit text\(2\)"):
        constant("abc", parse_type("text(2)"), 1)
