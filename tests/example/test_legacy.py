"""The legacy side as a whole: repeatable, countable, and its books balance."""

import hashlib
import os
import re
import subprocess
import sys
from collections import defaultdict
from collections.abc import Callable
from contextlib import closing
from decimal import Decimal
from pathlib import Path

import psycopg2
import pytest
from python_calamine import CalamineWorkbook

from cutover.errors import ConnectionLost, InputError
from cutover.example.generate import write_legacy
from tests.example.readback import KEYS, Legacy, query, read_legacy


def quiet(table: str, rows: int) -> None:
    """No progress."""


def digest(legacy: Legacy) -> str:
    texts = [repr(sorted(map(repr, rows))) for _, rows in sorted(legacy.tables.items())]
    files = [p.read_bytes() for p in sorted(legacy.written.folder.rglob("*.*")) if p.is_file()]
    return hashlib.sha256("".join(texts).encode() + b"".join(files)).hexdigest()


def decimal(text: str) -> Decimal:
    return -Decimal(text[:-1]) if text.endswith("-") else Decimal(text)


@pytest.fixture(scope="module")
def other_database(scratch_database: Callable[[], str]) -> str:
    return scratch_database()


def test_same_scale_and_seed_give_the_same_bytes(legacy: Legacy, other_database: str, tmp_path: Path) -> None:
    again = read_legacy(write_legacy(1, 7, other_database, tmp_path, quiet), other_database)
    assert digest(again) == digest(legacy)
    # A second run replaces the first, and another seed gives other data with the same counts.
    other = read_legacy(write_legacy(1, 8, other_database, tmp_path, quiet), other_database)
    assert digest(other) != digest(legacy)
    assert other.written.tables == legacy.written.tables
    assert sorted(path.name for path in tmp_path.iterdir()) == ["crm", "ground_truth.csv", "mes"]


def test_counts_are_those_reported(legacy: Legacy) -> None:
    assert {count.table: count.rows for count in legacy.written.tables} == {
        name: len(rows) for name, rows in legacy.tables.items()
    }
    assert 95_000 <= legacy.written.rows <= 105_000
    assert set(legacy.tables) == set(KEYS)


def test_trial_balance_is_zero_per_company(legacy: Legacy) -> None:
    sums: dict[str, Decimal] = defaultdict(Decimal)
    for row in legacy.tables["glt"]:
        assert Decimal(row["soll"]) == 0 or Decimal(row["haben"]) == 0
        sums[row["bukrs"]] += Decimal(row["soll"]) - Decimal(row["haben"])
    assert dict(sums) == dict.fromkeys((row["bukrs"] for row in legacy.tables["t001"]), Decimal(0))


@pytest.mark.parametrize(
    ("items", "control", "side"), [("bsid", "abk_deb", Decimal(1)), ("bsik", "abk_kre", Decimal(-1))]
)
def test_open_items_tie_out_to_their_control_account(legacy: Legacy, items: str, control: str, side: Decimal) -> None:
    totals: dict[str, Decimal] = defaultdict(Decimal)
    for row in legacy.tables[items]:
        totals[row["bukrs"]] += decimal(row["dmbtr"]) * (-1 if row.get("shkzg") == "H" else 1)
    for company in legacy.tables["t001"]:
        (line,) = [
            row for row in legacy.tables["glt"]
            if (row["bukrs"], row["saknr"]) == (company["bukrs"], company[control])
        ]  # fmt: skip
        assert side * totals[company["bukrs"]] == Decimal(line["soll"]) - Decimal(line["haben"]) != 0


RATES = {
    ("CNY", "CNY"): "1", ("CNY", "USD"): "7.1884", ("CNY", "EUR"): "7.5257",
    ("EUR", "CNY"): "0.132878", ("EUR", "USD"): "0.9552", ("EUR", "EUR"): "1",
}  # fmt: skip


@pytest.mark.parametrize("items", ["bsid", "bsik"])
def test_book_amounts_follow_from_document_amounts_whatever_the_currency_is_called(legacy: Legacy, items: str) -> None:
    book = {row["bukrs"]: row["waers"] for row in legacy.tables["t001"]}
    for row in legacy.tables[items]:
        currency = row["waers"] if row["waers"] in ("USD", "EUR") else "CNY"
        exact = decimal(row["wrbtr"]) * Decimal(RATES[book[row["bukrs"]], currency])
        assert decimal(row["dmbtr"]) == exact.quantize(Decimal("0.01"), "ROUND_HALF_UP"), row["belnr"]
    assert {row["waers"] for row in legacy.tables[items]} >= {"RMB", "￥", "人民币", "CNY", "USD", "EUR"}


def test_only_leaf_accounts_hold_balances_and_the_clearing_account_holds_none(legacy: Legacy) -> None:
    accounts = {row["saknr"]: row for row in legacy.tables["skb"]}
    held = {row["saknr"] for row in legacy.tables["glt"]}
    assert all(accounts[number]["bebuch"] == "X" for number in held)
    assert {row["abk_mig"] for row in legacy.tables["t001"]} == {"0000009999"}
    assert "0000009999" in accounts and "0000009999" not in held
    assert all(row["obersak"] in {*accounts, ""} for row in accounts.values())


def test_line_amounts_follow_from_quantity_price_and_rebate(legacy: Legacy) -> None:
    for table in ("vbap", "ekpo"):
        for row in legacy.tables[table]:
            gross = (Decimal(row["menge"]) * Decimal(row["netpr"])).quantize(Decimal("0.01"), "ROUND_HALF_UP")
            assert Decimal(row["netwr"]) == gross + decimal(row.get("rabatt", "0"))


def test_tax_code_v1_spans_its_three_meanings(legacy: Legacy) -> None:
    day = {row["vbeln"]: row["audat"] for row in legacy.tables["vbak"]}
    standard = [row["vbeln"] for row in legacy.tables["vbap"] if row["mwskz"] == "V1"]
    days = [day[order] for order in standard if order in day]
    assert min(days) < "20180501" and max(days) >= "20190401"
    assert any("20180501" <= each < "20190401" for each in days)


def test_names_of_parties_do_not_repeat_but_where_it_is_listed(legacy: Legacy) -> None:
    names = [row["name1"] for table in ("kna", "lfa") for row in legacy.tables[table]]
    listed = sum(line["defect"] == "K04" for line in legacy.truth)
    assert len(names) - len(set(names)) <= listed
    assert any(re.search("[一-龥]{6,}", name) for name in names) and any(name.endswith("GmbH") for name in names)


def test_work_orders_are_gb18030_and_nothing_else(legacy: Legacy) -> None:
    raw = (legacy.written.folder / "mes" / "work_orders.csv").read_bytes()
    raw.decode("gb18030", errors="strict")
    with pytest.raises(UnicodeDecodeError):
        raw.decode("utf-8", errors="strict")


def test_workbooks_have_a_title_above_the_header_and_number_cells(legacy: Legacy) -> None:
    (path,) = (legacy.written.folder / "crm").glob("*.xlsx")
    assert path.name == "contacts_001.xlsx"
    rows = CalamineWorkbook.from_path(path).get_sheet_by_index(0).to_python(skip_empty_area=False)
    assert rows[0][0].startswith("CRM contact export") and not any(rows[1]) and rows[2][0] == "ContactNo"
    kinds = {type(row[1]) for row in rows[3:]}
    assert kinds == {str, float}


def test_a_foreign_schema_is_not_replaced(tmp_path: Path, scratch_database: Callable[[], str]) -> None:
    url = scratch_database()
    run(url, "create schema erp; create table erp.precious (n int)")
    with pytest.raises(InputError, match="not the example's"):
        write_legacy(1, 1, url, tmp_path, quiet)
    assert query(url, "select count(*) from erp.precious") == [{"count": "0"}]


def run(url: str, statement: str) -> None:
    with closing(psycopg2.connect(url)) as connection, connection, connection.cursor() as cursor:
        cursor.execute(statement)


def test_scale_below_one_and_a_silent_server_are_refused_clearly(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="Scale 0"):
        write_legacy(0, 1, "postgresql://127.0.0.1:1/x", tmp_path, quiet)
    with pytest.raises(ConnectionLost) as caught:
        write_legacy(1, 1, "postgresql://someone:secret@127.0.0.1:1/x", tmp_path, quiet)
    assert "secret" not in str(caught.value)


# VmHWM and not ru_maxrss: the latter starts at the peak of the process that forked.
_MEASURED = """
import sys
from pathlib import Path
from cutover.example.generate import write_legacy
written = write_legacy(10, 7, sys.argv[1], Path(sys.argv[2]), lambda table, rows: None)
(peak,) = [line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM")]
print(written.rows, int(peak.split()[1]) // 1024)
"""


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="peak memory is read from /proc")
def test_a_million_rows_take_less_than_400_mib(other_database: str, tmp_path: Path) -> None:
    command = [sys.executable, "-c", _MEASURED, other_database, str(tmp_path)]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    result = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
    rows, mebibytes = map(int, result.stdout.split())
    assert rows > 1_000_000
    assert mebibytes < 400, f"peak {mebibytes} MiB"
