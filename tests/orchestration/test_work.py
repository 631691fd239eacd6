"""Which failures Airflow retries, and what the world of a task is made of."""

import pytest
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException

from cutover.errors import Busy, ConnectionLost, GateClosed, InputError, SourceError, TransientError
from cutover.orchestration import work
from cutover.orchestration.defaults import TASK_TIMEOUT


@pytest.mark.parametrize("kind", [ConnectionLost, Busy])
def test_a_transient_failure_is_left_for_a_retry(kind: type[TransientError]) -> None:
    with pytest.raises(kind), work.decided_failures():
        raise kind("the target does not answer")


@pytest.mark.parametrize("kind", [GateClosed, InputError, SourceError])
def test_a_terminal_failure_ends_the_task_with_its_message(kind: type[Exception]) -> None:
    error = kind("17 of 4,210 rows break it", fix="mend the crosswalk", entity="customer")
    with pytest.raises(AirflowFailException) as caught, work.decided_failures():
        raise error
    assert str(caught.value) == str(error)
    assert caught.value.__suppress_context__


def test_a_mistake_of_ours_is_not_retried_and_its_text_not_repeated() -> None:
    with pytest.raises(AirflowFailException, match="unexpected KeyError") as caught, work.decided_failures():
        raise KeyError("Müller")
    assert "Müller" not in str(caught.value)


def test_a_skip_stays_a_skip() -> None:
    with pytest.raises(AirflowSkipException), work.decided_failures():
        raise AirflowSkipException("not in the wave")


def test_a_world_that_cannot_be_opened_ends_the_task(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUTOVER_PROJECT", "/nowhere")
    with pytest.raises(AirflowFailException, match="holds no project.yaml"), work.at_work():
        pass


def test_nobody_guesses_where_staging_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CUTOVER_STAGING")
    with pytest.raises(AirflowFailException, match="set CUTOVER_STAGING"), work.at_work():
        pass


def test_the_project_is_beside_the_dags_when_nobody_names_it(monkeypatch: pytest.MonkeyPatch) -> None:
    from cutover.orchestration.enterprise import project_folder

    monkeypatch.delenv("CUTOVER_PROJECT")
    assert project_folder().name == "include"
    assert (project_folder().parent / "dags").is_dir()


def test_airflows_connections_become_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_ERP", "postgres://me:p%40ss@db.example:5433/erp?sslmode=require")
    found = work.find_connection("erp")
    assert (found.conn_type, found.host, found.port, found.login, found.password, found.schema) == (
        "postgres",
        "db.example",
        5433,
        "me",
        "p@ss",
        "erp",
    )
    assert found.extra == {"sslmode": "require", "statement_timeout": TASK_TIMEOUT.total_seconds() * 1000}


def test_the_owner_of_a_connection_may_set_another_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_ERP", '{"conn_type": "postgres", "extra": {"statement_timeout": 5}}')
    assert work.find_connection("erp").extra["statement_timeout"] == 5
