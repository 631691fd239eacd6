"""Remedies that look at the row: signs that another column states, and keys that lost their zeros."""

import pyarrow as pa
import pytest

from cutover.core.cleansing import CleanseStep, Parameters, cleanse, replay
from cutover.core.expression import BadExpression

ROWS = pa.table(
    {
        "_row": pa.array(range(6), pa.int64()),
        "amount": pa.array(["5.00", "5.00", "-5.00", "0.00", None, "abc"]),
        "side": pa.array(["S", "H", "H", "H", "H", "H"]),
    }
)
NEGATE = CleanseStep("R-1", "amount", ("negate",), when="side = 'H'")


def test_the_sign_turns_only_where_the_condition_holds() -> None:
    clean, changes, _ = cleanse(ROWS, [NEGATE])
    assert clean["amount"].to_pylist() == ["5.00", "-5.00", "5.00", "0.00", None, "abc"]
    assert [(line["_row"], line["before"], line["after"]) for line in changes.to_pylist()] == [
        (1, "5.00", "-5.00"),
        (2, "-5.00", "5.00"),
    ]
    assert replay(ROWS, changes).equals(clean)


def test_an_unknown_condition_changes_nothing() -> None:
    unknown = CleanseStep("R-1", "amount", ("negate",), when="nullif(side, 'H') = 'H'")
    clean, changes, _ = cleanse(ROWS, [unknown])
    assert clean.equals(ROWS) and len(changes) == 0


def test_a_condition_sees_what_earlier_rules_made() -> None:
    steps = [CleanseStep("R-0", "side", ("replace_values",), Parameters(values={"H": "S"})), NEGATE]
    assert cleanse(ROWS, steps)[0]["amount"].equals(ROWS["amount"])


def test_a_condition_on_an_unknown_column_is_refused() -> None:
    with pytest.raises(BadExpression, match="nowhere"):
        cleanse(ROWS, [CleanseStep("R-1", "amount", ("negate",), when="nowhere = 1")])


@pytest.mark.parametrize(
    ("given", "padded"),
    [("17", "0017"), ("0017", "0017"), ("", ""), ("A7", "A7"), ("12345", "12345"), (" 7", " 7"), (None, None)],
)
def test_only_purely_numeric_keys_regain_their_zeros(given: str | None, padded: str | None) -> None:
    rows = pa.table({"_row": pa.array([0], pa.int64()), "key": pa.array([given], pa.string())})
    clean, changes, _ = cleanse(rows, [CleanseStep("R-1", "key", ("pad_zeros",), Parameters(length=4))])
    assert clean["key"].to_pylist() == [padded]
    assert len(changes) == (given != padded)
