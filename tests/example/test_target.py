"""The target's DDL: it loads, it refuses what it must refuse, and it is never lost by accident."""

from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import psycopg2
import psycopg2.errors
import psycopg2.extensions
import pytest

from cutover.errors import InputError
from cutover.example.target import create_target

SQL = Path(__file__).parents[2] / "include" / "sql" / "target"
COMPANY = """
insert into erp.account (account_no, name, name_en, kind, is_posting)
values ('1122', '应收账款', 'Receivables', 'asset', true), ('9999', '清账', 'Clearing', 'clearing', true);
insert into erp.company (company_no, name, country_code, currency_code, tax_id, site_code,
                         receivable_account_id, payable_account_id, clearing_account_id)
values ('1000', '华锐', 'CN', 'CNY', 'X', 'SUZHOU', 1, 1, 2);
insert into erp.journal_entry (entry_no, company_id, posted_on, kind)
values ('E1', 1, '2024-12-31', 'posting'), ('E2', 1, '2024-12-31', 'posting');
"""


@pytest.fixture(scope="module")
def target(scratch_database: Callable[[], str]) -> str:
    url = scratch_database()
    assert create_target(url, SQL, reset=False)
    with closing(psycopg2.connect(url)) as connection, connection, connection.cursor() as cursor:
        cursor.execute(COMPANY)
    return url


@pytest.fixture
def connection(target: str) -> Iterator[psycopg2.extensions.connection]:
    with closing(psycopg2.connect(target)) as opened:
        yield opened


def post(connection: psycopg2.extensions.connection, entry: int, *lines: tuple[int, str, str, str]) -> None:
    statement = (
        "insert into erp.journal_line (journal_entry_id, line_no, account_id, currency_code, debit, credit)"
        " values (%s, %s, %s, %s, %s, %s)"
    )
    with connection.cursor() as cursor:
        for number, line in enumerate(lines, start=1):
            cursor.execute(statement, (entry, number, *line))


def test_a_balanced_entry_commits(connection: psycopg2.extensions.connection) -> None:
    post(connection, 1, (1, "CNY", "10.00", "0"), (2, "CNY", "0", "10.00"))
    connection.commit()
    with connection.cursor() as cursor:
        cursor.execute("select company_no, balance from erp.clearing_balance")
        assert [(number, str(balance)) for number, balance in cursor] == [("1000", "-10.00")]


@pytest.mark.parametrize(
    "lines",
    [
        [(1, "CNY", "10.00", "0")],
        [(1, "CNY", "10.00", "0"), (2, "CNY", "0", "9.99")],
        [(1, "CNY", "10.00", "0"), (2, "EUR", "0", "10.00")],
    ],
)
def test_an_unbalanced_entry_is_refused_at_commit(
    connection: psycopg2.extensions.connection, lines: list[tuple[int, str, str, str]]
) -> None:
    post(connection, 2, *lines)
    with pytest.raises(psycopg2.errors.CheckViolation, match="does not balance"):
        connection.commit()


def test_taking_a_line_away_or_moving_it_unbalances_the_entry(
    connection: psycopg2.extensions.connection,
) -> None:
    post(connection, 2, (1, "CNY", "5.00", "0"), (2, "CNY", "0", "5.00"))
    connection.commit()
    for change in (
        "delete from erp.journal_line where journal_entry_id = 2 and line_no = 1",
        "update erp.journal_line set debit = 6 where journal_entry_id = 2 and line_no = 1",
        "update erp.journal_line set journal_entry_id = 1, line_no = 3 where journal_entry_id = 2 and line_no = 1",
    ):
        with connection.cursor() as cursor:
            cursor.execute(change)
        with pytest.raises(psycopg2.errors.CheckViolation, match="does not balance"):
            connection.commit()


@pytest.mark.parametrize(
    ("statement", "error"),
    [
        ("insert into erp.journal_line (journal_entry_id, line_no, account_id, currency_code, debit, credit)"
         " values (1, 9, 1, 'CNY', 1, 1)", psycopg2.errors.CheckViolation),
        ("insert into erp.business_partner (partner_no, name, country_code, currency_code, payment_term_code)"
         " values ('1', repeat('长', 81), 'CN', 'CNY', 'NET30')", psycopg2.errors.StringDataRightTruncation),
        ("insert into erp.business_partner (partner_no, name, country_code, currency_code, payment_term_code)"
         " values ('1', '华锐', 'XX', 'CNY', 'NET30')", psycopg2.errors.ForeignKeyViolation),
        ("insert into erp.unit (code, name, name_en, dimension, factor)"
         " values ('ST', '件', 'piece', 'count', 0)",
         psycopg2.errors.CheckViolation),
        ("insert into erp.stock (item_id, site_code, location_code, lot, quantity)"
         " values (1, 'SUZHOU', 'RAW', 'L1', -1)", psycopg2.errors.CheckViolation),
        ("insert into erp.account (account_no, name, name_en, kind, is_posting)"
         " values ('1122', 'again', 'again', 'asset', true)", psycopg2.errors.UniqueViolation),
    ],
)  # fmt: skip
def test_constraints_refuse(
    connection: psycopg2.extensions.connection, statement: str, error: type[psycopg2.Error]
) -> None:
    with connection.cursor() as cursor, pytest.raises(error):
        cursor.execute(statement)


def test_a_target_that_is_there_stays_unless_it_is_reset(scratch_database: Callable[[], str]) -> None:
    url = scratch_database()
    assert create_target(url, SQL, reset=False)
    run(url, COMPANY)
    assert not create_target(url, SQL, reset=False)
    assert run(url, "select count(*) from erp.company") == [(1,)]
    assert create_target(url, SQL, reset=True)
    assert run(url, "select count(*) from erp.company") == [(0,)]


def run(url: str, statement: str) -> list[tuple[object, ...]]:
    with closing(psycopg2.connect(url)) as opened, opened, opened.cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchall() if cursor.description else []


def test_a_schema_of_somebody_else_is_never_dropped(scratch_database: Callable[[], str]) -> None:
    url = scratch_database()
    run(url, "create schema erp; create table erp.precious (n int)")
    with pytest.raises(InputError, match="not the example's target"):
        create_target(url, SQL, reset=True)
    assert run(url, "select count(*) from erp.precious") == [(0,)]


def test_a_folder_without_sql_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no SQL file"):
        create_target("postgresql://127.0.0.1:1/x", tmp_path, reset=False)
