"""Cleansing: remedies do what their catalogue says, and the log of their changes replays to the same rows."""

import pyarrow as pa
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from cutover.core.cleansing import CHANGES, REMEDIES, CleanseStep, Parameters, cleanse, replay

PARAMETERS = Parameters(length=10, values={"A": "B", "old": None})
NASTY = st.one_of(
    st.text(max_size=12),
    st.text(alphabet=" 0193.,-ＡＢ９　\u00a0\u200b\t\néeßŉ\u0301A", max_size=10),
    st.sampled_from(
        [
            "00000000",
            "99991231",
            "9999-12-31",
            "20250315",
            "0000001200",
            "4380.31-",
            "A",
            "old",
            "\ufeffx\ufeff",
            "",
            " ",
            "\x00",
        ]
    ),
)
TEXTS = st.lists(st.none() | NASTY, max_size=20)


def apply(name: str, *texts: str | None, parameters: Parameters = PARAMETERS) -> list[str | None]:
    return REMEDIES[name].apply(pa.array(texts, pa.string()), parameters).to_pylist()


CASES: list[tuple[str, str, str | None]] = [
    ("trim", "\u00a0 a\tb\u200b \u3000", "a\tb"),
    ("trim", " 上海\u3000浦东\u00a0 路\r\n", "上海\u3000浦东\u00a0 路"),
    ("trim", "\ufeff\x00", ""),
    ("collapse_spaces", " a \u2003 b\r\nc ", "a b c"),
    ("remove_spaces", " 12 345\u00a06 ", "123456"),
    ("fold_width", "ＡＢ１２－（株）　中文", "AB12-(株) 中文"),
    ("fold_width", "中文，。", "中文,。"),
    ("upper", "aé", "AÉ"),
    ("nfc", "e\u0301", "é"),
    ("empty_to_null", " \t ", None),
    ("empty_to_null", " x", " x"),
    ("strip_zeros", "0000001200", "1200"),
    ("strip_zeros", "0000000000", "0"),
    ("strip_zeros", "00000001200", "00000001200"),
    ("strip_zeros", "00A1", "00A1"),
    ("pad_zeros", "1200", "0000001200"),
    ("pad_zeros", "12A", "12A"),
    ("negate", "1.50", "-1.50"),
    ("negate", "-1.50", "1.50"),
    ("negate", "0.00", "0.00"),
    ("negate", "n/a", "n/a"),
    ("trailing_minus", "4380.31-", "-4380.31"),
    ("trailing_minus", "4-3-", "4-3-"),
    ("zero_date", "00000000", None),
    ("zero_date", "20250101", "20250101"),
    ("open_end_date", "99991231", None),
    ("open_end_date", "9999-12-31", None),
    ("iso_date", "20250315", "2025-03-15"),
    ("iso_date", "2025031", "2025031"),
    ("replace_values", "A", "B"),
    ("replace_values", "old", None),
    ("replace_values", "AA", "AA"),
]


@pytest.mark.parametrize(("remedy", "before", "after"), CASES)
def test_a_remedy_mends_what_it_names(remedy: str, before: str, after: str | None) -> None:
    assert apply(remedy, before) == [after]


def test_every_remedy_is_tried_above() -> None:
    assert {remedy for remedy, _, _ in CASES} == set(REMEDIES)


def test_turning_a_sign_twice_leaves_a_number_as_it_was() -> None:
    numbers = ["1.50", "-1.50", "0", None, "x"]
    assert apply("negate", *apply("negate", *numbers)) == numbers


def test_a_remedy_with_a_condition_leaves_the_other_rows_alone() -> None:
    rows = pa.table({"_row": pa.array([1, 2, 3], pa.int64()), "n": ["5", "5", "5"], "sign": ["-", "+", None]})
    clean, changes = cleanse(rows, [CleanseStep("R-1", "n", ("negate",), when="sign = '-'")])
    assert clean["n"].to_pylist() == ["-5", "5", "5"]
    assert replay(rows, changes).equals(clean)


@pytest.mark.parametrize("remedy", sorted(set(REMEDIES) - {"negate"}))
@given(texts=TEXTS)
def test_a_remedy_keeps_nothing_as_nothing_and_does_not_change_its_own_result(
    remedy: str, texts: list[str | None]
) -> None:
    once = apply(remedy, *texts)
    assert len(once) == len(texts)
    assert all(after is None for before, after in zip(texts, once, strict=True) if before is None)
    assert apply(remedy, *once) == once


STEPS = st.lists(
    st.tuples(st.sampled_from(["a", "b"]), st.lists(st.sampled_from(sorted(REMEDIES)), min_size=1, max_size=3)),
    max_size=5,
)


@given(
    rows=st.lists(st.tuples(st.none() | NASTY, st.none() | NASTY), max_size=15),
    steps=STEPS,
    first=st.integers(0, 10**12),
)
@example(rows=[("A", None)], steps=[("a", ["replace_values"])], first=0)
def test_the_log_replays_to_the_clean_rows(
    rows: list[tuple[str | None, str | None]], steps: list[tuple[str, list[str]]], first: int
) -> None:
    raw = pa.table(
        {
            "_row": pa.array(range(first, first + len(rows)), pa.int64()),
            "a": pa.array([a for a, _ in rows], pa.string()),
            "b": pa.array([b for _, b in rows], pa.string()),
        }
    )
    built = [CleanseStep(f"R-{place}", column, tuple(names), PARAMETERS) for place, (column, names) in enumerate(steps)]
    clean, changes = cleanse(raw, built)
    assert changes.schema == CHANGES
    assert replay(raw, changes).equals(clean)
    for line in changes.to_pylist():
        assert line["before"] != line["after"]
    untouched = {"a", "b"} - {column for column, _ in steps}
    assert all(clean[column].equals(raw[column]) for column in untouched)


def test_a_log_that_starts_from_other_texts_is_refused() -> None:
    raw = pa.table({"_row": pa.array([7], pa.int64()), "a": pa.array([" x "])})
    _, changes = cleanse(raw, [CleanseStep("R-1", "a", ("trim",))])
    other = raw.set_column(1, "a", pa.array(["y"]))
    with pytest.raises(ValueError, match="R-1, column a"):
        replay(other, changes)


def test_a_log_that_misses_a_cell_does_not_replay() -> None:
    raw = pa.table({"_row": pa.array([1, 2], pa.int64()), "a": pa.array([" x ", " y "])})
    clean, changes = cleanse(raw, [CleanseStep("R-1", "a", ("trim",))])
    assert not replay(raw, changes.slice(1)).equals(clean)
