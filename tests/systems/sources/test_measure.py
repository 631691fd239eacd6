"""What a manifest states does not depend on how rows are cut, and misses no change."""

from decimal import Decimal

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cutover.core.types import parse_type
from cutover.systems.sources.measure import Measure, Total, count_suspicious, digest_rows, measure

ROWS = st.lists(st.tuples(st.none() | st.text(max_size=4), st.none() | st.integers(-(10**17), 10**17)), max_size=8)
Row = tuple[str | None, int | None]


def table(rows: list[Row]) -> pa.Table:
    texts, numbers = ([row[index] for row in rows] for index in (0, 1))
    return pa.table({"t": pa.array(texts, pa.string()), "n": pa.array(numbers, pa.int64())})


def digest(**columns: list[str | None]) -> int:
    arrays = {name: pa.array(values, pa.string()) for name, values in columns.items()}
    return digest_rows(arrays, len(next(iter(arrays.values()))))


@settings(deadline=None)
@given(ROWS, ROWS)
def test_the_measure_of_two_parts_is_the_sum_of_theirs(first: list[Row], second: list[Row]) -> None:
    whole = measure(table(first + second), {})
    parts = measure(table(second), {}) + measure(table(first), {})
    assert (whole.rows, whole.digest, whole.totals, whole.nulls) == (
        parts.rows, parts.digest, parts.totals, parts.nulls)  # fmt: skip


def test_the_digest_sees_what_totals_do_not() -> None:
    assert digest(k=["a", "b"], v=["1", "2"]) != digest(k=["a", "b"], v=["2", "1"])
    assert digest(k=["a", None]) != digest(k=["a", ""])
    assert digest(a=["x:1"], b=["y"]) != digest(a=["x"], b=["1:y"])
    assert digest(k=["a", "a"]) != digest(k=["b", "b"])
    assert digest(k=["a", "b"]) == digest(k=["b", "a"])


def test_a_million_times_ten_cents_is_exact() -> None:
    part = pa.table({"v": pa.array([Decimal("0.10")] * 100_000, pa.decimal128(10, 2))})
    total = Measure()
    for _ in range(10):
        total = total + measure(part, {})
    assert total.totals["v"] == Total(Decimal("100000.00"), Decimal("0.10"), Decimal("0.10"))


@pytest.mark.parametrize("value", [Decimal("9" * 38), Decimal("-" + "9" * 38)])
def test_the_widest_decimals_sum_without_overflow(value: Decimal) -> None:
    part = pa.table({"v": pa.array([value] * 3, pa.decimal128(38, 0))})
    assert (measure(part, {}) + measure(part, {})).totals["v"].sum == Decimal(int(value) * 6)


def test_texts_of_a_declared_number_count_towards_its_total() -> None:
    rows = pa.table({"v": ["1.10", "2", "4,0", None]})
    total = measure(rows, {"v": parse_type("decimal(9,2)")}).totals["v"]
    assert total == Total(Decimal("3.10"), Decimal("1.10"), Decimal("2.00"), unread=1)


def test_suspicious_characters_are_counted_by_column() -> None:
    texts = ["锟斤拷", "a\ufffd", "cafÃ©", "ï»¿x", "a\x00b", "tab\tand\nbreak", "déjà vu 上海"]
    found = measure(pa.table({"v": texts}), {}).suspicious
    assert found == {"v: replacement": 1, "v: mojibake": 3, "v: control characters": 1}
    assert measure(pa.table({"v": texts}).slice(5), {}).suspicious == {}
    assert not any(count_suspicious("Ångström Â ñandú".encode()).values())
