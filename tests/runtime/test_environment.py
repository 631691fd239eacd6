"""What Airflow is told, and the file that shares it with a person's own commands."""

import json
import os
import stat
import subprocess
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from cutover.runtime.connections import (
    given_by_caller,
    local_connections,
    read_environment,
    write_environment,
)
from cutover.runtime.environment import (
    Ports,
    Secrets,
    airflow_environment,
    component_environment,
    fingerprint,
    keep_admin_password,
    keep_secrets,
)
from cutover.runtime.home import Home, Project, make_home, remember, write_private
from cutover.runtime.server import Server

PORTS = Ports(api=20001, worker_log=20002, trigger_log=20003)
KEYS = Secrets("fernet", "jwt", "session")


@pytest.fixture
def local(tmp_path: Path) -> Home:
    return make_home(tmp_path / "home")


@pytest.fixture
def server(tmp_path: Path) -> Server:
    write_private(tmp_path / "password", "p@ss/w:rd\n")
    return Server("127.0.0.1", 20000, "postgres", tmp_path / "password", "18.4")


def environment(home: Home, server: Server, project: Project, **given: int) -> dict[str, str]:
    return airflow_environment(home, server, project, PORTS, {"legacy_erp": "{}"}, KEYS, **given)


def test_airflow_serves_this_project_on_loopback(local: Home, server: Server, project: Project) -> None:
    found = environment(local, server, project)
    assert found["AIRFLOW_HOME"] == str(local.airflow)
    assert found["AIRFLOW__CORE__DAGS_FOLDER"] == str(project.root / "dags")
    assert found["AIRFLOW__CORE__PLUGINS_FOLDER"] == str(project.root / "plugins")
    assert (found["AIRFLOW__API__HOST"], found["AIRFLOW__API__PORT"]) == ("127.0.0.1", "20001")
    assert found["AIRFLOW__CORE__EXECUTION_API_SERVER_URL"] == "http://127.0.0.1:20001/execution/"
    assert found["AIRFLOW__LOGGING__WORKER_LOG_SERVER_PORT"] == "20002"
    assert found["AIRFLOW__LOGGING__TRIGGER_LOG_SERVER_PORT"] == "20003"
    assert found["CUTOVER_PROJECT"] == str(project.include)
    assert found["AIRFLOW_CONN_LEGACY_ERP"] == "{}"
    assert "%" in found["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"], "the password is escaped"


def test_login_stays_on_and_new_dags_stay_paused(local: Home, server: Server, project: Project) -> None:
    found = environment(local, server, project)
    assert found["AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS"] == "False"
    assert "AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION" not in found


def test_parallelism_is_the_callers_choice(local: Home, server: Server, project: Project) -> None:
    assert environment(local, server, project)["AIRFLOW__CORE__PARALLELISM"] == "4"
    assert environment(local, server, project, parallelism=9)["AIRFLOW__CORE__PARALLELISM"] == "9"


def test_airflow_knows_every_name_that_we_set(local: Home, server: Server, project: Project) -> None:
    import yaml
    from airflow import config_templates

    text = (Path(config_templates.__file__).parent / "config.yml").read_text(encoding="utf-8")
    known = {
        f"AIRFLOW__{section}__{option}".upper()
        for section, parts in yaml.safe_load(text).items()
        for option in parts["options"]
    }
    # Read by the simple login only, which keeps it out of the documented options.
    hidden = {"AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS"}
    ours = {name for name in environment(local, server, project) if name.startswith("AIRFLOW__")}
    assert ours - known - hidden == set()


def test_components_inherit_the_caller_but_not_what_harms(local: Home) -> None:
    caller = {
        "PATH": "/bin",
        "PYTHONPATH": f"src{os.pathsep}/lib/x",
        "PYTHONDONTWRITEBYTECODE": "1",
        "AIRFLOW_HOME": "/elsewhere",
    }
    found = component_environment(local, caller, Path("/clone"), {"AIRFLOW_HOME": "/ours"})
    assert found["PATH"] == "/bin"
    assert found["AIRFLOW_HOME"] == "/ours"
    assert found["PYTHONPATH"] == f"/clone/src{os.pathsep}/lib/x"
    assert "PYTHONDONTWRITEBYTECODE" not in found
    assert found["CUTOVER_RUNTIME"] == str(local.root)


def test_fingerprint_tells_a_change_but_not_the_order() -> None:
    assert fingerprint({"a": "1", "b": "2"}) == fingerprint({"b": "2", "a": "1"})
    assert fingerprint({"a": "1"}) != fingerprint({"a": "2"})


def test_keys_are_kept_and_fit(local: Home) -> None:
    keys = keep_secrets(local)
    assert keep_secrets(local) == keys
    Fernet(keys.fernet_key)
    password = keep_admin_password(local)
    shared = local.secrets / "airflow_passwords.json"
    assert json.loads(shared.read_text(encoding="utf-8")) == {"admin": password}
    assert stat.S_IMODE(shared.stat().st_mode) == 0o600


def test_connections_name_the_systems_of_the_example(local: Home, server: Server) -> None:
    found = {name: json.loads(value) for name, value in local_connections(server, local).items()}
    assert found["cutover_target"] == {
        "conn_type": "postgres",
        "host": "127.0.0.1",
        "port": 20000,
        "login": "postgres",
        "password": "p@ss/w:rd",
        "schema": "target_erp",
    }
    assert found["legacy_erp"]["schema"] == "legacy_erp"
    assert found["legacy_mes"] == {"conn_type": "fs", "extra": {"path": str(local.legacy / "mes")}}
    assert set(found) == {"cutover_target", "legacy_erp", "legacy_crm", "legacy_mes"}


def test_airflow_reads_our_connections(local: Home, server: Server) -> None:
    from airflow.sdk import Connection

    found = Connection.from_json(local_connections(server, local)["cutover_target"])
    assert (found.host, found.port, found.schema, found.password) == (
        "127.0.0.1", 20000, "target_erp", "p@ss/w:rd",
    )  # fmt: skip


def test_environment_file_survives_a_shell_and_is_private(local: Home) -> None:
    values = {"ONE": "it's", "TWO": '{"a": "b # c $HOME"}', "THREE": "line\nbreak", "FOUR": "export"}
    write_environment(local, values)
    assert read_environment(local) == values
    assert stat.S_IMODE(local.env_file.stat().st_mode) == 0o600
    for name, value in values.items():
        shown = subprocess.run(
            ["sh", "-c", f'. "$0"; printf %s "${name}"', local.env_file],
            capture_output=True,
            text=True,
            check=True,
        )
        assert shown.stdout == value


def test_no_environment_before_the_first_start(local: Home) -> None:
    assert read_environment(local) == {}


def test_callers_own_connection_is_told_from_one_sourced_from_our_file(local: Home) -> None:
    write_environment(local, {"AIRFLOW_CONN_A": "ours", "AIRFLOW_CONN_B": "ours"})
    caller = {"AIRFLOW_CONN_A": "ours", "AIRFLOW_CONN_B": "theirs", "OTHER": "x"}
    assert given_by_caller(caller, local, "AIRFLOW_CONN_") == {"AIRFLOW_CONN_B": "theirs"}


def test_what_the_caller_gave_before_stays_the_callers_own(local: Home) -> None:
    write_environment(local, {"AIRFLOW_CONN_A": "ours", "AIRFLOW_CONN_B": "theirs"})
    remember(local, given=["AIRFLOW_CONN_B"])
    caller = {"AIRFLOW_CONN_A": "ours", "AIRFLOW_CONN_B": "theirs"}
    assert given_by_caller(caller, local, "AIRFLOW_CONN_") == {"AIRFLOW_CONN_B": "theirs"}
