"""The verbs as a person types them, with the database alone."""

import json
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner, Result

from cutover.cli import runtime
from cutover.errors import InputError, RuntimeSetupError
from cutover.runtime.connections import read_environment
from cutover.runtime.home import Home, Project, make_home
from cutover.runtime.processes import is_alive, read_birth
from cutover.runtime.stack import remove_all

APP = typer.Typer()
runtime.register(APP)


def run(*words: str) -> Result:
    return CliRunner().invoke(APP, list(words))


def read(*words: str) -> dict[str, Any]:
    return json.loads(run(*words, "--json").stdout)


@pytest.fixture(autouse=True)
def inside(project: Project, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Stand in a fresh project, with no variable of the caller's."""
    for name in ("CUTOVER_HOME", "CUTOVER_PROJECT", "CUTOVER_DATABASE_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("CUTOVER_POSTGRES", "wheel")
    monkeypatch.chdir(project.root)
    yield project.root
    if (project.root / ".cutover").exists():
        remove_all(make_home(project.root / ".cutover"))


def test_status_before_the_first_start_changes_nothing(inside: Path) -> None:
    shown = run("status")
    assert shown.exit_code == 3
    assert "cutover up" in shown.stdout
    assert not (inside / ".cutover").exists()


def test_database_alone_comes_up_and_is_told(inside: Path) -> None:
    shown = run("up", "--only-database")
    assert shown.exit_code == 0, shown.output
    assert "Next:  cutover status" in shown.stdout
    assert run("status").exit_code == 0
    state = read("status")
    assert state["healthy"] and state["database"]["version"].startswith("18.")
    assert state["connections"] == [
        "AIRFLOW_CONN_CUTOVER_TARGET",
        "AIRFLOW_CONN_LEGACY_CRM",
        "AIRFLOW_CONN_LEGACY_ERP",
        "AIRFLOW_CONN_LEGACY_MES",
    ]
    assert read("up", "--only-database")["database"]["pid"] == state["database"]["pid"]


def test_no_output_shows_the_database_password(inside: Path) -> None:
    shown = run("up", "--only-database").output + run("status").output + run("status", "--json").output
    password = json.loads(read_environment(Home(inside / ".cutover"))["AIRFLOW_CONN_CUTOVER_TARGET"])["password"]
    assert password and password not in shown


def test_callers_own_connection_wins(inside: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_LEGACY_ERP", "postgres://mine/db")
    run("up", "--only-database")
    assert read_environment(Home(inside / ".cutover"))["AIRFLOW_CONN_LEGACY_ERP"] == "postgres://mine/db"


def test_down_before_anything_was_up_leaves_no_trace(inside: Path) -> None:
    assert run("down").exit_code == 0 and not (inside / ".cutover").exists()


def test_down_twice_then_clean_leaves_no_trace(inside: Path) -> None:
    folder = Path(read("up", "--only-database")["database"]["password_file"]).parent
    assert run("down").exit_code == 0
    again = run("down")
    assert again.exit_code == 0 and "was not running" in again.stdout
    assert folder.exists()
    assert run("clean", "--yes").exit_code == 0
    assert not folder.exists() and not (inside / ".cutover").exists()


@pytest.mark.parametrize("verb", ["down", "clean --yes"])
def test_servers_are_found_and_stopped_when_the_state_is_damaged(inside: Path, verb: str) -> None:
    birth = read_birth(read("up", "--only-database")["database"]["pid"])
    (inside / ".cutover" / "state.json").write_text("{", encoding="utf-8")
    assert isinstance(run("status").exception, RuntimeSetupError)
    shown = run(*verb.split())
    assert shown.exit_code == 0 and "PostgreSQL: stopped" in shown.stdout
    assert not is_alive(birth)


def test_without_airflow_the_message_says_what_to_install_and_nothing_is_started(
    inside: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def none(name: str) -> str:
        raise PackageNotFoundError(name)

    monkeypatch.setattr("importlib.metadata.version", none)
    with pytest.raises(RuntimeSetupError, match=r"Airflow is not installed.*pip install 'cutover\[airflow\]'"):
        raise run("up").exception or AssertionError
    assert not (inside / ".cutover" / "state.json").exists()


def test_clean_makes_room_on_a_full_disk(inside: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run("up", "--only-database")

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    assert isinstance(run("down").exception, RuntimeSetupError)
    assert run("clean", "--yes").exit_code == 0
    assert not (inside / ".cutover").exists()


def test_clean_asks_first(inside: Path) -> None:
    run("up", "--only-database")
    assert CliRunner().invoke(APP, ["clean"], input="n\n").exit_code == 1
    assert read("status")["healthy"]


def test_password_is_shown_on_demand_only(inside: Path) -> None:
    assert isinstance(run("status", "--show-password").exception, InputError)


def test_unknown_choice_of_server_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUTOVER_POSTGRES", "oracle")
    with pytest.raises(InputError, match="CUTOVER_POSTGRES is 'oracle'.*wheel or system"):
        runtime.read_choice()


@pytest.mark.parametrize("verb", ["up", "down", "status", "clean"])
def test_every_verb_has_an_example(verb: str) -> None:
    shown = run(verb, "--help")
    assert shown.exit_code == 0 and f"Example:  cutover {verb}" in shown.stdout
