"""Opening the target: its sessions, its ledger's migrations, and what its refusals tell."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import psycopg2
import pytest
from alembic import command
from alembic.config import Config
from scratch import execute
from sqlalchemy import text

from cutover.errors import Busy, ConnectionLost, InputError, TargetError
from cutover.systems import migrations
from cutover.systems.connections import Connection
from cutover.systems.refusals import refusals
from cutover.systems.target import migrate_ledger, open_target

VERSIONS = Path(migrations.__file__).parent / "versions"
REJECT = """
insert into cutover.snapshot values ('s', now(), '{}');
insert into cutover.run (wave, kind, snapshot_id, entities, spec_sha256, spec_files, package_version)
values ('w', 'full', 's', '{customer}', 'x', '{}', '0');
insert into cutover.batch values (1, 'customer', 0, 'loaded', 1, 0, 0, 0, 1, 0, 0, 0, '');
insert into cutover.disposition (run_id, entity, "row", seq, outcome, rule, reason)
values (1, 'customer', 0, 0, 'rejected', 'CU-1', 'empty');
insert into cutover.reject (run_id, entity, "row", rule, "column", reason, severity, source_row)
values (1, 'customer', 0, 'CU-1', 'name', 'empty', 'major', '{}')
"""


def newest() -> str:
    """The version that this package brings."""
    return max(path.name[:4] for path in VERSIONS.glob("[0-9]*.sql"))


def test_opening_creates_the_ledger_once_for_any_number_of_callers(empty_database):
    with ThreadPoolExecutor(6) as pool:
        engines = list(pool.map(lambda _: open_target(empty_database), range(6)))
    with engines[0].connect() as connection:
        assert connection.execute(text("select version_num from cutover.ledger_version")).scalars().all() == [newest()]
        assert connection.execute(text("select count(*) from cutover.run")).scalar() == 0
    for engine in engines:
        engine.dispose()


def test_opening_again_leaves_the_ledger_as_it_is(scratch_database, engine):
    with engine.begin() as connection:
        connection.execute(text("insert into cutover.snapshot values ('s', now(), '{}')"))
    open_target(scratch_database).dispose()
    with engine.connect() as connection:
        assert connection.execute(text("select count(*) from cutover.snapshot")).scalar() == 1


@pytest.mark.parametrize("old", ["0001", "0002", "0003"])
def test_a_ledger_of_an_older_version_is_migrated_with_what_it_holds(engine, old):
    config = Config()
    config.set_main_option("script_location", str(Path(migrations.__file__).parent))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, old)
        connection.exec_driver_sql(REJECT)
    migrate_ledger(engine)
    with engine.connect() as connection:
        assert connection.execute(text("select version_num from cutover.ledger_version")).scalar() == newest()
        assert connection.execute(text("select stage, owner from cutover.reject")).all() == [("map", "")]
        assert connection.execute(text("select count(*) from cutover.given_number")).scalar() == 0


def test_a_ledger_of_a_newer_version_is_refused(engine):
    with engine.begin() as connection:
        connection.execute(text("update cutover.ledger_version set version_num = '9999'"))
    with pytest.raises(TargetError, match="newer version of cutover"):
        migrate_ledger(engine)


def test_sessions_speak_one_dialect(scratch_database, engine):
    execute(scratch_database, f"alter database {scratch_database.schema} set timezone = 'Asia/Shanghai'",
            f"alter database {scratch_database.schema} set datestyle = 'German'")  # fmt: skip
    with engine.connect() as connection:
        shown = {
            name: connection.execute(text(f"show {name}")).scalar()
            for name in ("timezone", "datestyle", "application_name")
        }
    assert (
        shown["timezone"] == "UTC" and shown["datestyle"].startswith("ISO") and shown["application_name"] == "cutover"
    )


def test_a_target_that_is_not_postgresql_is_refused():
    with pytest.raises(InputError, match="PostgreSQL"):
        open_target(Connection("target", "sqlite", schema="/nowhere.db"))


def test_a_server_that_does_not_answer_is_a_lost_connection(scratch_database):
    with pytest.raises(ConnectionLost, match="does not answer"):
        open_target(replace(scratch_database, port=1))


@pytest.mark.parametrize(
    ("wrong", "told"), [({"schema": "nowhere"}, '"nowhere" does not exist'), ({"login": "nobody"}, '"nobody"')]
)
def test_a_login_that_is_refused_is_told_and_not_tried_again(scratch_database, wrong, told):
    with pytest.raises(InputError, match=f"lets nobody in: .*{told}.*Fix: correct the login"):
        open_target(replace(scratch_database, **wrong))


@pytest.mark.parametrize("limit", ["abc", "1; drop", -1, [1]])
def test_a_time_out_that_is_no_number_is_refused(scratch_database, limit):
    with pytest.raises(InputError, match="statement_timeout of connection .* is no number"):
        open_target(replace(scratch_database, extra={"statement_timeout": limit}))


def test_a_schema_of_somebody_else_is_not_taken_for_the_ledger(empty_database):
    execute(empty_database, "create schema cutover; create table cutover.run (x int)")
    with pytest.raises(TargetError, match="holds tables that are not the ledger's. Fix: rename that schema"):
        open_target(empty_database)


def test_a_right_that_is_missing_is_named_with_its_mend(engine):
    with engine.begin() as connection, pytest.raises(TargetError, match="permission denied.*Fix: give the connection"):
        connection.execute(text("set local role pg_monitor"))
        connection.execute(text("select * from erp.customer"))


def test_a_password_is_in_no_message():
    with pytest.raises(ConnectionLost) as caught:
        open_target(Connection("target", "postgres", "127.0.0.1", 1, "erp", "s3cret", "erp"))
    assert "s3cret" not in str(caught.value) + repr(caught.value.__cause__)


CUSTOMER = "insert into erp.customer (code, name, credit) values "


@pytest.mark.parametrize(
    ("statement", "state", "fact"),
    [
        ("insert into erp.category (code) values ('Zhang'), ('Zhang')", "23505", ("constraint", "category_code_key")),
        (CUSTOMER + "('1', 'Zhang', -7)", "23514", ("constraint", "credit_is_not_negative")),
        (CUSTOMER + "('Zhang', null, 0)", "23502", ("column", "name")),
        (CUSTOMER + "('Zhang San, Zhang San, Zhang San', '', 0)", "22001", ("sqlstate", "22001")),
        ("select 'Zhang San'::int", "22P02", ("sqlstate", "22P02")),
        ("do $$ begin raise 'Zhang San is not balanced'; end $$", "P0001", ("sqlstate", "P0001")),
        ("select * from erp.nothing", "42P01", ("sqlstate", "42P01")),
    ],
)
def test_a_refusal_names_the_rule_and_never_a_value(engine, statement, state, fact):
    with pytest.raises(TargetError) as caught, engine.begin() as connection:
        connection.execute(text(statement))
    assert caught.value.facts["sqlstate"] == state
    assert caught.value.facts[fact[0]] == fact[1]
    chain, error = "", caught.value
    while error is not None:
        chain, error = chain + str(error) + repr(error), error.__cause__ or error.__context__
    assert "Zhang" not in chain


def test_a_killed_session_is_a_lost_connection(engine, scratch_database):
    with pytest.raises(ConnectionLost), engine.connect() as connection:
        pid = connection.execute(text("select pg_backend_pid()")).scalar()
        execute(scratch_database, f"select pg_terminate_backend({pid})")
        connection.execute(text("select 1"))
    with engine.connect() as connection:
        assert connection.execute(text("select 1")).scalar() == 1


def test_a_lock_that_another_holds_is_busy_and_facts_are_added(engine):
    with engine.begin() as holder, engine.connect() as other:
        holder.execute(text("lock table erp.category"))
        with pytest.raises(Busy) as caught, refusals(entity="category"):
            other.execute(text("lock table erp.category nowait"))
    assert caught.value.facts == {"sqlstate": "55P03", "entity": "category"}


def test_a_driver_error_outside_of_sqlalchemy_is_translated_too(engine):
    with engine.connect() as connection, pytest.raises(TargetError) as caught, refusals(batch=3):
        connection.connection.cursor().execute("select 'Zhang San'::int")
    assert caught.value.facts == {"sqlstate": "22P02", "batch": 3}
    assert not isinstance(caught.value.__cause__, psycopg2.Error)
