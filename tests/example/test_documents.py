"""docs/example.md says what the code does."""

import re
from pathlib import Path

from cutover.example.describe import describe_legacy, replace_generated
from cutover.example.finance import CURRENCIES
from cutover.example.items import GROUPS
from cutover.example.parties import TERMS
from cutover.example.reference import ACCOUNTS, COMPANIES, UNITS
from cutover.example.shopfloor import STATES
from cutover.example.stock import LOCATIONS

ROOT = Path(__file__).parents[2]
DOCUMENT = (ROOT / "docs" / "example.md").read_text(encoding="utf-8")


def test_the_generated_part_is_up_to_date() -> None:
    assert describe_legacy() in DOCUMENT
    assert replace_generated(DOCUMENT) == DOCUMENT
    assert describe_legacy() not in DOCUMENT.replace("varchar(120)", "varchar(99)")


def test_every_target_table_is_in_the_document() -> None:
    files = (ROOT / "include" / "sql" / "target").glob("*.sql")
    sql = "".join(path.read_text(encoding="utf-8") for path in files)
    tables = set(re.findall(r"create table erp\.(\w+)", sql))
    target = DOCUMENT.split("## Target")[1]
    assert len(tables) == 27
    assert {table for table in tables if not re.search(rf"\b{table}\b", target)} == set()


def test_every_code_of_the_legacy_side_is_in_the_table_of_codes() -> None:
    codes = DOCUMENT.split("## Codes")[1].split("## Target")[0]
    used = {
        *TERMS, *GROUPS, *LOCATIONS, *STATES, *CURRENCIES,
        *(company.plant for company in COMPANIES),
        *(account.kind for account in ACCOUNTS),
        *(unit[3] for unit in UNITS),
    }  # fmt: skip
    assert {code for code in used if f"`{code}`" not in codes} == set()
