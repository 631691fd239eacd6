"""The detectors of the registry, and the automatic merges, measured against the ground truth of the example."""

import pyarrow as pa
import pytest

from cutover.core.cleansing import Parameters
from cutover.core.cleansing.texts import fold_width
from cutover.core.defects import CELL, DEFECTS
from cutover.core.duplicates import likely_pairs
from cutover.core.validators import is_uscc
from tests.example.readback import Legacy, key_of

# The padded lengths of the columns that are not 18 digits long.
LENGTHS = {"kunnr": 10, "lifnr": 10, "CustomerNo": 10, "ownernr": 10}
DETECTED = ["T06", "T07", "T10", "T11", "T14", "N01", "N03", "D01", "D02", "D06", "K01", "K09", "C01", "C11", "M02"]


def column(legacy: Legacy, table: str, name: str) -> pa.Table:
    rows = legacy.tables[table]
    texts = pa.array([row[name] for row in rows], pa.string())
    return pa.table({"_row": pa.array(range(len(rows)), pa.int64()), name: texts})


@pytest.mark.parametrize("defect", DETECTED)
def test_a_detector_finds_what_was_injected(legacy: Legacy, defect: str) -> None:
    listed, found = legacy.cells(defect), set()
    known = {cell for line in {truth["defect"] for truth in legacy.truth} for cell in legacy.cells(line)}
    for table, name in sorted({(table, name) for table, _, name in listed}):
        length = LENGTHS.get(name, 18) if defect == "K01" else None
        rows = column(legacy, table, name)
        flagged = DEFECTS[defect].detector.find(rows, {CELL: name}, Parameters(length=length)).to_pylist()
        found |= {(table, key_of(table, legacy.tables[table][row]), name) for row in flagged}
    recall, precision = len(listed & found) / len(listed), len(found & known) / len(found)
    print(f"\n{defect}: listed {len(listed)}, found {len(found)}, recall {recall:.2%}, precision {precision:.2%}")
    assert recall >= 0.99 and precision >= 0.99, sorted(found - known)[:5]


# What shows in a text whatever its column is for; keys, dates and numbers of some columns look like other defects.
ANYWHERE = [
    "T01", "T03", "T04", "T05", "T06", "T07", "T10", "T11", "T13", "T14", "N01", "N02", "N05", "N07", "N12", "D02",
    "D03", "D05", "D06", "D08", "K09", "C13", "M10",
]  # fmt: skip


@pytest.mark.slow
def test_nothing_is_found_in_any_column_that_was_not_injected(legacy: Legacy) -> None:
    known = {cell for defect in {line["defect"] for line in legacy.truth} for cell in legacy.cells(defect)}
    found: set[tuple[str, str, str, str]] = set()
    for table, rows in legacy.tables.items():
        for name in rows[0]:
            texts = column(legacy, table, name)
            distinct = texts.group_by(name, use_threads=False).aggregate([("_row", "min")])
            distinct = distinct.rename_columns([name, "_row"])
            for defect in ANYWHERE:
                places = DEFECTS[defect].detector.find(distinct, {CELL: name}, Parameters()).to_pylist()
                odd = {rows[place][name] for place in places}
                found |= (
                    {(defect, table, key_of(table, row), name) for row in rows if row[name] in odd} if odd else set()
                )
    wrong = {cell for cell in found if cell[1:] not in known}
    print(f"\n{len(found)} cells found in all columns, {len(wrong)} of them sound: {len(wrong) / len(found):.2%}")
    assert len(wrong) <= 0.01 * len(found), sorted(wrong)[:5]


def things(legacy: Legacy) -> dict[tuple[str, str], tuple[str, str]]:
    """Party -> the party it really is, by the ground truth."""
    merged = [line for line in legacy.truth if line["expected"] == "merged"]
    return {(line["table"], line["key"]): ("kna", line["note"].split()[-1]) for line in merged}


def test_automatic_merges_are_right(legacy: Legacy) -> None:
    parties = [(table, key_of(table, row), row) for table in ("kna", "lfa") for row in legacy.tables[table]]
    names = pa.array([row["name1"] for _, _, row in parties], pa.string())
    numbers = fold_width(pa.array([row["stceg"].strip() for _, _, row in parties], pa.string()), Parameters())
    found = likely_pairs(names, numbers, review=90, is_valid=is_uscc).to_pylist()
    real = things(legacy)
    thing = [real.get((table, key), (table, key)) for table, key, _ in parties]
    automatic = [(pair["first"], pair["second"]) for pair in found if pair["automatic"]]
    right = sum(thing[a] == thing[b] for a, b in automatic)
    joined = {party for a, b in automatic for party in (a, b)}
    lost = [n for n, (table, key, _) in enumerate(parties) if (table, key) in real and n not in joined]
    print(
        f"\nautomatic merges: {len(automatic)}, precision {right / len(automatic):.2%}, "
        f"recall {1 - len(lost) / len(real):.2%}; pairs for a steward: {len(found) - len(automatic)}"
    )
    assert len(automatic) > 0 and right / len(automatic) >= 0.99
    assert len(lost) / len(real) <= 0.01
