"""What is known of a column before anybody maps it: counts, lengths, shapes, and the defects that it seems to have."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from cutover.core.cleansing import Parameters
from cutover.core.defects import CELL, DEFECTS

# Those that show in a single text without knowing what the column is for.
SHOWING = (
    "T01", "T03", "T04", "T05", "T06", "T07", "T10", "T11", "T12", "T13", "T14", "N01", "N02", "N03", "N05", "N06",
    "N07", "N12", "D01", "D02", "D03", "D05", "D06", "D07", "D08", "K02", "K09", "C13", "M10",
)  # fmt: skip
# In a column of numbers a point parts no day from a month, a minus is more than a sign between words, and 999 is one of
# many.
NOT_IN_NUMBERS = frozenset(["D05", "D07", "K02", "T14"])
# Signs and units of numbers: an address such as `77 Main` has none. A mark of debit or credit stands among such marks.
OF_NUMBERS = frozenset(["N01", "N02", "N03", "N06", "N07"])
_LIKE_A_NUMBER = r"^\W*\d[\d.,' ]{0,15}(\s*[\p{L}%℃]{1,6}\.?)?\W*$"
_MARKS = frozenset(["S", "H", "C", "D", "CR", "DR", "借", "贷"])
_SHAPES = ((r"[\u4e00-\u9fff\u3400-\u4dbf]", "汉"), (r"[^\W\d_a-z汉]", "A"), ("[a-z]", "a"), (r"\d", "9"))


@dataclass(frozen=True)
class NumberProfile:
    """The numbers of a column, exact texts; `outliers` lie more than three times the middle half beyond it.

    bins: how many lie in each of equal parts from `least` to `greatest`.
    """

    count: int
    least: str
    median: str
    greatest: str
    outliers: int
    bins: tuple[int, ...]


@dataclass(frozen=True)
class ColumnProfile:
    """One column of a landed feed.

    least, greatest: in the order of texts. lengths: length -> rows. top, masks: (text, rows), the most frequent first.
    suspects: defect -> rows, of the rows whose values were looked at. is_hidden: personal data, so that every text here
    is a shape and no value.
    """

    name: str
    rows: int
    nulls: int
    blanks: int
    distinct: int
    least: str | None
    greatest: str | None
    lengths: Mapping[int, int]
    top: Sequence[tuple[str, int]]
    masks: Sequence[tuple[str, int]]
    numbers: NumberProfile | None
    suspects: Mapping[str, int]
    is_hidden: bool


def shape_of(text: str) -> str:
    """Return the shape of a text: 汉 for an ideograph, A and a for letters, 9 for a digit; signs stay."""
    for pattern, sign in _SHAPES:
        text = re.sub(pattern, sign, text)
    return text


def suspect(values: pa.Array, counts: pa.Array, *, are_numbers: bool) -> dict[str, int]:
    """Return which defects some distinct texts seem to have, and in how many rows: defect -> rows, none with 0.

    Blank texts are none: they are counted apart. A number that may mean unknown does so where it stands more often than
    others do.

    values: distinct texts. counts: in how many rows each stands. are_numbers: whether nearly all of them are numbers.
    """
    filled = pc.not_equal(pc.utf8_trim_whitespace(values), "")
    values, counts = values.filter(filled), counts.filter(filled)
    rows = pa.table({"_row": pa.array(range(len(values)), pa.int64()), CELL: values})
    left_out = NOT_IN_NUMBERS if are_numbers else frozenset() if _has_numbers(values, counts) else OF_NUMBERS
    found = {}
    for defect in (name for name in SHOWING if name not in left_out):
        places = DEFECTS[defect].detector.find(rows, {CELL: CELL}, Parameters())
        if defect == "N12":
            places = places.filter(pc.greater(counts.take(places), (pc.mean(counts).as_py() or 0)))
        total = pc.sum(counts.take(places)).as_py()
        if total:
            found[defect] = int(total)
    return found


def _has_numbers(values: pa.Array, counts: pa.Array) -> bool:
    """Whether at least half of the rows hold something like a number, or all of them a mark of debit or credit."""
    like = pc.if_else(pc.match_substring_regex(values, _LIKE_A_NUMBER), counts, 0)
    marks = {text.strip().upper() for text in values.to_pylist()} if len(values) <= len(_MARKS) else {""}
    return bool(pc.sum(like).as_py() or 0) and 2 * pc.sum(like).as_py() >= pc.sum(counts).as_py() or marks <= _MARKS
