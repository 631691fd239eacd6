"""Connections: what Airflow writes is what we read, by URI and by JSON."""

import json
from pathlib import Path

import pytest

from cutover.errors import InputError
from cutover.systems.connections import Connection, Environment, parse_connection


@pytest.mark.parametrize(
    ("text", "connection"),
    [
        (
            "postgres://user:p%40ss%2Fword@db.example:5433/erp?sslmode=require",
            Connection("c", "postgres", "db.example", 5433, "user", "p@ss/word", "erp", {"sslmode": "require"}),
        ),
        ("postgres://User@[::1]:5432/erp", Connection("c", "postgres", "::1", 5432, "User", None, "erp")),
        ("postgres://DB.Example/erp", Connection("c", "postgres", "DB.Example", None, None, None, "erp")),
        ("sqlite:////var/Data/legacy%20a.db", Connection("c", "sqlite", schema="/var/Data/legacy a.db")),
        ("sqlite://%2FVar%2FLegacy.db", Connection("c", "sqlite", "/Var/Legacy.db")),
        ("postgres://u@%2FVar%2Frun/erp", Connection("c", "postgres", "/Var/run", None, "u", None, "erp")),
        ('fs://?__extra__={"path": "/legacy"}', Connection("c", "fs", extra={"path": "/legacy"})),
        (
            json.dumps(
                {"conn_type": "mysql", "host": "h", "port": "3306", "login": "u", "password": "p", "schema": "s"}
            ),
            Connection("c", "mysql", "h", 3306, "u", "p", "s"),
        ),
        (json.dumps({"conn_type": "fs", "extra": '{"path": "/x"}'}), Connection("c", "fs", extra={"path": "/x"})),
    ],
)
def test_a_connection_is_read(text: str, connection: Connection) -> None:
    assert parse_connection("c", text) == connection


@pytest.mark.parametrize(
    "text",
    [
        "",
        "secret",
        "{secret",
        '{"host": "secret"}',
        "postgres://u:p@h:secret/db",
        "[]",
        '{"conn_type": "fs", "extra": "secret"}',
        '{"conn_type": "fs", "extra": ["secret"]}',
    ],
)
def test_what_is_none_is_refused_without_repeating_it(text: str) -> None:
    with pytest.raises(InputError, match="connection 'c' is not readable") as error:
        parse_connection("c", text)
    assert "secret" not in str(error.value)


def test_a_password_shows_nowhere() -> None:
    connection = parse_connection("c", "postgres://user:hidden@h/db?token=hidden")
    assert "hidden" not in repr(connection)
    assert "hidden" not in str(connection.url)
    assert "hidden" not in repr(Environment({"AIRFLOW_CONN_C": "postgres://user:hidden@h/db"}))


def test_a_url_has_the_driver_of_its_kind() -> None:
    assert str(Connection("c", "postgres", "h", 1, "u", None, "d").url) == "postgresql+psycopg2://u@h:1/d"
    assert Connection("c", "sqlite", schema="/a%20b.db").url.database == "/a%20b.db"
    with pytest.raises(InputError, match="is of type 'http', not a database"):
        assert Connection("c", "http").url


def test_a_folder_is_there_or_not(tmp_path: Path) -> None:
    assert Connection("c", "fs", extra={"path": str(tmp_path)}).folder == tmp_path
    with pytest.raises(InputError, match="is no folder"):
        assert Connection("c", "postgres").folder
    with pytest.raises(InputError, match="a folder that is not there"):
        assert Connection("c", "fs", extra={"path": str(tmp_path / "x")}).folder
    for extra in ({}, {"path": ""}, {"path": 5}, {"path": ["a"]}):
        with pytest.raises(InputError, match="a folder that is not there"):
            assert Connection("c", "fs", extra=extra).folder


@pytest.mark.parametrize(
    ("given", "read"), [({}, None), ({"statement_timeout": 0}, 0), ({"statement_timeout": "9"}, 9)]
)
def test_a_limit_for_statements_is_milliseconds(given: dict[str, object], read: int | None) -> None:
    assert Connection("c", "postgres", extra=given).statement_timeout == read


@pytest.mark.parametrize("given", ["1 min", -1, 2.5, ""])
def test_a_limit_that_is_no_number_is_refused(given: object) -> None:
    with pytest.raises(InputError, match="the statement_timeout of connection 'c' is no number of milliseconds"):
        assert Connection("c", "postgres", extra={"statement_timeout": given}).statement_timeout


def test_the_environment_is_asked_as_airflow_does() -> None:
    find = Environment({"AIRFLOW_CONN_LEGACY_ERP": "postgres://h/d"})
    assert find("legacy_erp").host == "h"
    with pytest.raises(InputError, match="set AIRFLOW_CONN_OTHER"):
        find("other")
