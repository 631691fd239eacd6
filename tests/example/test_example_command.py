"""`cutover example`: connections, what it prints, and that it may be run again."""

from collections.abc import Callable
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from cutover.cli import example
from cutover.errors import InputError
from tests.example.readback import query

PROJECT = str(Path(__file__).parents[2] / "include")


@pytest.fixture
def app() -> typer.Typer:
    made = typer.Typer(pretty_exceptions_enable=False)
    example.register(made)
    return made


def test_it_writes_both_sides_from_airflow_connections_and_may_run_again(
    app: typer.Typer, scratch_database: Callable[[], str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    legacy, target = scratch_database(), scratch_database()
    monkeypatch.setenv("AIRFLOW_CONN_LEGACY_ERP", legacy.replace("postgresql://", "postgres://"))
    monkeypatch.setenv("AIRFLOW_CONN_CUTOVER_TARGET", target.replace("postgresql://", "postgres://"))
    command = ["--folder", str(tmp_path), "--project", PROJECT]
    first, second = (CliRunner().invoke(app, command, catch_exceptions=False) for _ in range(2))
    assert (first.exit_code, second.exit_code) == (0, 0)
    assert "target schema erp created" in first.stdout and "stays" in second.stdout
    assert "rows/s" in first.stdout and "ground_truth.csv" in first.stdout and "Next:" in first.stdout
    assert query(legacy, "select count(*) from erp.kna") == [{"count": "3000"}]
    assert query(target, "select count(*) from erp.currency") == [{"count": "4"}]


def test_without_a_connection_it_says_which_one_to_set(
    app: typer.Typer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AIRFLOW_CONN_LEGACY_ERP", raising=False)
    with pytest.raises(InputError, match="AIRFLOW_CONN_LEGACY_ERP"):
        CliRunner().invoke(app, ["--folder", str(tmp_path), "--project", PROJECT], catch_exceptions=False)
    assert list(tmp_path.iterdir()) == []


def test_legacy_and_target_may_not_share_a_database(
    app: typer.Typer, scratch_database: Callable[[], str], tmp_path: Path
) -> None:
    url = scratch_database()
    command = ["--folder", str(tmp_path), "--project", PROJECT, "--erp-url", url, "--target-url", url]
    with pytest.raises(InputError, match="database of its own"):
        CliRunner().invoke(app, command, catch_exceptions=False)
