"""Detectors, profiles and pairs on real ledgers of three British authorities, against counts made without them."""

import csv
import io
import re
from collections import Counter
from pathlib import Path

import pyarrow as pa
import pytest

from cutover.core.cleansing import REMEDIES, Parameters
from cutover.core.defects import CELL, DEFECTS
from cutover.core.duplicates import likely_pairs
from cutover.core.profiles import suspect

LEDGERS = {
    "leeds/raw/2012-06.csv": "Supplier name ",
    "tfl/clean/2021-P02.csv": "Vendor Name",
    "salford/clean/2015-03.csv": "Supplier Name",
}


def read_column(shared_data: Path, file: str, name: str) -> list[str]:
    path = shared_data / "4_uk_public_ap_ledgers" / file
    if not path.is_file():
        pytest.skip("the shared data hold no British ledgers")
    lines = csv.DictReader(io.StringIO(path.read_bytes().decode("latin-1").removeprefix("ï»¿"), newline=""))
    return [str(line[name]) for line in lines]


@pytest.mark.parametrize(("file", "name"), LEDGERS.items())
def test_odd_blanks_are_found_and_mended_in_real_names(shared_data: Path, file: str, name: str) -> None:
    names = read_column(shared_data, file, name)
    odd = [n for n, text in enumerate(names) if text != re.sub(r"\s+", " ", text).strip()]
    rows = pa.table({"_row": pa.array(range(len(names)), pa.int64()), CELL: names})
    detector = DEFECTS["T06"].detector
    assert odd and detector.find(rows, {CELL: CELL}, Parameters()).to_pylist() == odd
    mended = REMEDIES["collapse_spaces"].apply(rows[CELL].combine_chunks(), Parameters())
    again = rows.set_column(1, CELL, mended)
    assert len(detector.find(again, {CELL: CELL}, Parameters())) == 0


# file, column -> the only defects that its texts seem to have; the others are sound. Blanks behind a code, a listed N/A
# and the code of Namibia are really there.
SUSPECTS: dict[tuple[str, int], set[str]] = {
    ("Address", 1): {"K02"}, ("Product", 23): set(), ("Employee", 14): set(), ("BillOfMaterials", 1): set(),
    ("BillOfMaterials", 5): {"T06"}, ("CountryRegion", 0): {"K09"}, ("CountryRegion", 1): set(), ("Currency", 0): set(),
    ("Currency", 1): set(), ("Customer", 0): set(), ("Product", 0): set(), ("Product", 2): set(),
    ("ProductInventory", 0): set(), ("ProductInventory", 2): {"K09", "T14"}, ("PurchaseOrderHeader", 0): set(),
    ("PurchaseOrderHeader", 6): {"D08"}, ("PurchaseOrderHeader", 9): set(), ("Vendor", 1): set(),
}  # fmt: skip


def test_nothing_is_suspected_in_sound_columns_of_a_real_system(shared_data: Path) -> None:
    found, wanted = {}, {}
    for (name, place), defects in SUSPECTS.items():
        path = shared_data / "3_adventureworks_oltp_csv" / f"{name}.csv"
        if not path.is_file():
            pytest.skip("the shared data hold no AdventureWorks")
        raw = path.read_bytes()
        text = raw.decode("utf-16" if raw[:2] == b"\xff\xfe" else "utf-8-sig")
        marked = "+|" in text
        lines = [line.split("+|" if marked else "\t") for line in text.split("&|\n" if marked else "\n")]
        counted = Counter(line[place] for line in lines if len(line) > place)
        numbers = all(re.fullmatch(r"-?[0-9.]*", one) for one in counted)
        told = suspect(pa.array(list(counted)), pa.array(list(counted.values())), are_numbers=numbers)
        found[name, place], wanted[name, place] = set(told), defects
    assert found == wanted


def test_alike_names_of_real_suppliers_are_pairs_and_none_is_joined_alone(shared_data: Path) -> None:
    names = sorted({text for file, name in LEDGERS.items() for text in read_column(shared_data, file, name)})
    pairs = likely_pairs(pa.array(names), pa.nulls(len(names), pa.string()), review=90).to_pylist()
    found = {(names[pair["first"]], names[pair["second"]]) for pair in pairs}
    folded: dict[str, list[str]] = {}
    for text in names:
        folded.setdefault(re.sub(r"[^a-z0-9&+]", "", text.lower()), []).append(text)
    same = {(a, b) for group in folded.values() for a in group for b in group if a < b and len(group) > 1}
    missed = {pair for pair in same if pair not in found and all(text.isascii() for text in pair)}
    print(f"\n{len(names)} names, {len(found)} pairs, {len(same)} of them but for case and signs, {len(missed)} missed")
    assert same and len(missed) <= 0.01 * len(same), sorted(missed)[:5]
    assert not any(pair["automatic"] for pair in pairs)
