"""No personal value is told: not in a terminal, a log, a page or a file, nor in the ledger outside of quarantine."""

import logging
from pathlib import Path
from zipfile import ZipFile

import pytest
from scratch import execute
from tests.cli.conftest import Desk, Shown

# Values of the two columns that the toy's mapping calls personal. All hold one of these marks.
MARKS = ("Quirin", "0555")
CUSTOMERS = [
    {"NR": "1", "NAME": "Quirin A", "TAX": "T1", "SINCE": "2019-01-01"},
    {"NR": "2", "NAME": "Ｑuirin A", "TAX": "T1", "PHONE": "0555 2"},
    {"NR": "3", "NAME": "Quirin much too long a name", "PHONE": "0555 3"},
    {"NR": "4", "NAME": "Quirin D", "CREDIT": "3.00-"},
    {"NR": "5", "NAME": "Quirin E", "PHONE": "0555 5 and much more than twenty"},
    {"NR": "6", "NAME": "Quirin F", "PHONE": "0555 6"},
    {"NR": "7", "NAME": "Quirin G", "PARENT": "6"},
]
VERBS = (
    """
check --systems|land|profile|gate --at landing|scope|cleanse|map|coverage|preview customer|preview customer --key 3|gate
gate --json|checklist|simulate|pilot|load|verify 3|verify 3 --json|trace customer 1|trace customer 2 --json
trace customer 5|trace customer 6|night|summary|summary --json|runs|rejects list|rejects list --json|duplicates
proposals|workbook export --file book.xlsx|schema customer
""".strip()
    .replace("\n", "|")
    .split("|")
)
# Where the ledger keeps values: rejected and corrected rows, proposals and differences, and what takes a load back.
WHOLE = {"reject", "journal", "correction", "break", "proposal", "withdrawn_decision"}


def marks_in(text: str) -> list[str]:
    return [mark for mark in MARKS if mark in text]


def journey(desk: Desk, caplog: pytest.LogCaptureFixture) -> dict[str, Shown]:
    """Return all that a whole journey says, with refusals of the target, a tampered row and a break on the way."""
    caplog.set_level(logging.DEBUG)
    desk.toy.write("customer", CUSTOMERS)
    execute(desk.toy.target, "alter table app.partner add constraint not_f check (name <> 'Quirin F')")
    found = {verb: desk.run(*verb.split()) for verb in VERBS}
    execute(desk.toy.target, "update app.partner set name = 'Quirin X', phone = '0555 9' where no = '2'")
    found |= {f"{verb} after": desk.run(*verb.split()) for verb in ("verify 3", "verify 3 --json", "night", "summary")}
    found["rollback"] = desk.run("rollback", "3", "--reason", "a test")
    execute(desk.toy.target, "alter table app.partner alter name type varchar(6) using left(name, 6)")
    found["gate closed"] = desk.run("gate")
    return found | {"log": Shown(0, caplog.text, "")}


def test_a_journey_tells_no_personal_value(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    told = journey(desk, caplog)
    assert {verb for verb in VERBS if told[verb].status} == {"gate --at landing", "checklist"}
    assert {told[verb].status for verb in ("verify 3 after", "rollback", "gate closed")} == {1}
    spoken = {verb: marks_in(shown.out + shown.err) for verb, shown in told.items()}
    assert {verb: marks for verb, marks in spoken.items() if marks} == {}
    check_files(desk)
    check_ledger(desk)
    # Who may see them asks for them.
    assert marks_in(desk.run("trace", "customer", "6", "--unmasked").out) == list(MARKS)


def check_files(desk: Desk) -> None:
    kinds = ("html", "csv", "json", "xlsx")
    found = [path for kind in kinds for path in (desk.toy.root / "staging").rglob(f"*.{kind}") if path.is_file()]
    assert {path.suffix for path in found} == {f".{kind}" for kind in kinds}
    for path in [*found, desk.toy.root / "book.xlsx"]:
        assert marks_in(content_of(path)) == [], path


def content_of(path: Path) -> str:
    if path.suffix != ".xlsx":
        return path.read_text(encoding="utf-8")
    with ZipFile(path) as archive:
        return "".join(archive.read(name).decode("utf-8", "replace") for name in archive.namelist())


def check_ledger(desk: Desk) -> None:
    query = "select table_name from information_schema.tables where table_schema = 'cutover'"
    tables = {str(name) for (name,) in desk.rows(query)}
    assert tables > WHOLE
    for table in sorted(tables):
        found = marks_in(str(desk.rows(f'select t::text from cutover."{table}" t')))
        assert found == [] or table in WHOLE, table
    assert marks_in(str(desk.rows("select source_row::text from cutover.reject")))
