"""What can be known of Dockerfile and docker-compose.yaml without Docker.

Each `find_…` returns one line per fault: the real file has none, and a copy with a fault put in has that one.
"""

import copy
import os
import re
import subprocess
import tomllib
from collections.abc import Callable, Iterator
from importlib.metadata import files
from pathlib import Path
from typing import Any

import pytest
import yaml

import cutover

Document = dict[str, Any]

TOP_KEYS = {"name", "services", "volumes", "networks", "configs", "secrets"}
# The keys of a service that this project may use, as the Compose specification spells them.
SERVICE_KEYS = {
    "image", "build", "command", "entrypoint", "environment", "volumes", "ports", "depends_on", "healthcheck",
    "restart", "stop_grace_period", "user", "profiles", "working_dir", "init", "mem_limit", "cpus",
}  # fmt: skip
HEALTH_KEYS = {"test", "interval", "timeout", "retries", "start_period", "start_interval"}
CONDITIONS = {"service_started", "service_healthy", "service_completed_successfully"}
DURATION = re.compile(r"^(\d+(h|m|s|ms))+$")
SECRET_NAME = re.compile(r"PASSWORD$|SECRET|_KEY$|AUTH$|SQL_ALCHEMY_CONN|BROKER_URL|RESULT_BACKEND")
IMAGE = re.compile(r"^[a-z0-9./-]+:(?!latest)[a-z0-9.-]*\d[a-z0-9.-]*$")


@pytest.fixture
def document(repository: Path) -> Document:
    return yaml.safe_load((repository / "docker-compose.yaml").read_text(encoding="utf-8"))


def texts(value: Any) -> Iterator[str]:
    """Every text in a document, keys apart."""
    if isinstance(value, dict):
        for item in value.values():
            yield from texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from texts(item)
    elif isinstance(value, str):
        yield value


def environments(document: Document) -> Iterator[tuple[str, str, str]]:
    for service, body in document["services"].items():
        for name, value in body.get("environment", {}).items():
            yield service, name, str(value)


def find_structure_faults(document: Document) -> list[str]:
    faults = [f"top: {key}" for key in document if key not in TOP_KEYS and not key.startswith("x-")]
    for service, body in document["services"].items():
        faults += [f"{service}: unknown key {key}" for key in body if key not in SERVICE_KEYS]
        faults += [
            f"{service}: {name} is no text"
            for name, value in body.get("environment", {}).items()
            if not isinstance(value, str)
        ]
        health = body.get("healthcheck", {})
        faults += [f"{service}: unknown health key {key}" for key in health if key not in HEALTH_KEYS]
        faults += [
            f"{service}: {key} is no duration"
            for key in ("interval", "timeout", "start_period")
            if key in health and not DURATION.match(health[key])
        ]
        if health and health["test"][0] not in {"CMD", "CMD-SHELL"}:
            faults.append(f"{service}: health test starts with {health['test'][0]}")
    return faults


def find_dependency_faults(document: Document) -> list[str]:
    """Services waited for that do not exist or cannot be waited for in that way, and circles."""
    services, faults = document["services"], []
    for service, body in services.items():
        for other, wait in body.get("depends_on", {}).items():
            if other not in services or wait["condition"] not in CONDITIONS:
                faults.append(f"{service}: waits for {other} {wait['condition']}")
            elif wait["condition"] == "service_healthy" and "healthcheck" not in services[other]:
                faults.append(f"{service}: {other} has no healthcheck")
    return faults + [f"{service}: waits for itself" for service in services if service in ancestors(service, services)]


def ancestors(service: str, services: Document) -> set[str]:
    found: set[str] = set()
    ahead = list(services[service].get("depends_on", {}))
    while ahead:
        other = ahead.pop()
        if other in services and other not in found:
            found.add(other)
            ahead += services[other].get("depends_on", {})
    return found


def find_health_faults(document: Document) -> list[str]:
    """Long-running services without a healthcheck."""
    return [
        f"{service}: no healthcheck"
        for service, body in document["services"].items()
        if body.get("restart") != "no" and "healthcheck" not in body
    ]


def find_open_ports(document: Document) -> list[str]:
    return [
        f"{service}: {port}"
        for service, body in document["services"].items()
        for port in body.get("ports", [])
        if not str(port).startswith("127.0.0.1:")
    ]


def find_default_secrets(document: Document) -> list[str]:
    """Secrets that are written in the file, or that have a default."""
    faults = []
    for service, name, value in environments(document):
        credentials = re.findall(r"://[^/@:]*:([^@]*)@", value)
        for secret in credentials or ([value] if SECRET_NAME.search(name) else []):
            if not re.fullmatch(r'\$\{[A-Z_]+:\?run "make env" first\}', secret):
                faults.append(f"{service}: {name}")
    return faults


def find_unknown_variables(document: Document, made: set[str]) -> list[str]:
    """Variables of .env that `make env` does not write, and those it writes for nobody."""
    used = {name for text in texts(document) for name in re.findall(r"(?<!\$)\$\{([A-Z_]+):\?", text)}
    bare = {name for text in texts(document) for name in re.findall(r"(?<!\$)\$(?:\{([A-Z_]+)\}|[A-Z_]+)", text)}
    return [f"not made: {name}" for name in sorted((used | bare) - made)] + [
        f"not used: {name}" for name in sorted(made - used)
    ]


def find_unknown_settings(document: Document, known: set[str]) -> list[str]:
    """Settings that Airflow has no option for: a misspelt one would be ignored silently."""
    names = {name for _, name, _ in environments(document) if name.startswith("AIRFLOW__")}
    return sorted(names - known)


def find_volume_faults(document: Document) -> list[str]:
    """Named volumes that are used and not declared, or declared and not used."""
    mounts = [mount.split(":")[0] for body in document["services"].values() for mount in body.get("volumes", [])]
    named, declared = {mount for mount in mounts if not mount.startswith(".")}, set(document["volumes"])
    return sorted(named ^ declared)


def find_image_faults(document: Document) -> list[str]:
    """Images without a fixed version; our own carries the project's."""
    images = {body["image"] for body in document["services"].values()}
    faults = [image for image in sorted(images) if not IMAGE.match(image)]
    return faults + [i for i in sorted(images) if i.startswith("cutover:") and i != f"cutover:{cutover.__version__}"]


def known_settings() -> set[str]:
    """The options of Airflow and its Celery provider as environment names; neither is imported."""
    config = next(path for path in files("apache-airflow-core") or [] if path.match("config_templates/config.yml"))
    sections = yaml.safe_load(config.read_text(encoding="utf-8"))
    provider = next(p for p in files("apache-airflow-providers-celery") or [] if p.name == "get_provider_info.py")
    module: Document = {}
    exec(compile(provider.read_text(encoding="utf-8"), str(provider), "exec"), module)
    everything = list(sections.items()) + list(module["get_provider_info"]()["config"].items())
    return {f"AIRFLOW__{section}__{option}".upper() for section, body in everything for option in body["options"]}


def made_variables(repository: Path) -> set[str]:
    script = (repository / "docker/make-env").read_text(encoding="utf-8")
    listed = re.search(r"for name in (.+?); do", script, flags=re.DOTALL)
    return set(re.findall(r"[A-Z_]{4,}", listed.group(1) if listed else "")) | {"AIRFLOW_FERNET_KEY"}


CHECKS: dict[str, Callable[[Document, Path], list[str]]] = {
    "structure": lambda document, _: find_structure_faults(document),
    "dependencies": lambda document, _: find_dependency_faults(document),
    "health": lambda document, _: find_health_faults(document),
    "ports": lambda document, _: find_open_ports(document),
    "secrets": lambda document, _: find_default_secrets(document),
    "variables": lambda document, repository: find_unknown_variables(document, made_variables(repository)),
    "settings": lambda document, _: find_unknown_settings(document, known_settings()),
    "volumes": lambda document, _: find_volume_faults(document),
    "images": lambda document, _: find_image_faults(document),
}

# check, where in the document, what is put there, what the check must say
FAULTS: list[tuple[str, str, Any, str]] = [
    ("structure", "services.redis.helthcheck", {}, "unknown key helthcheck"),
    ("structure", "services.redis.healthcheck.intervall", "5s", "unknown health key intervall"),
    ("structure", "services.redis.healthcheck.interval", "5 seconds", "interval is no duration"),
    ("structure", "services.worker.environment.DUMB_INIT_SETSID", 0, "DUMB_INIT_SETSID is no text"),
    (
        "dependencies",
        "services.worker.depends_on.broker",
        {"condition": "service_started"},
        "waits for broker",
    ),
    (
        "dependencies",
        "services.worker.depends_on.airflow-init.condition",
        "service_healthy",
        "has no healthcheck",
    ),
    (
        "dependencies",
        "services.redis.depends_on",
        {"worker": {"condition": "service_started"}},
        "waits for itself",
    ),
    ("health", "services.flower", {"image": "cutover:0.1.0"}, "flower: no healthcheck"),
    ("ports", "services.redis.ports", ["6379:6379"], "redis: 6379:6379"),
    ("ports", "services.redis.ports", ["0.0.0.0:6379:6379"], "redis: 0.0.0.0"),
    ("secrets", "services.postgres.environment.POSTGRES_PASSWORD", "postgres", "POSTGRES_PASSWORD"),
    (
        "secrets",
        "services.postgres.environment.POSTGRES_PASSWORD",
        "${POSTGRES_PASSWORD:-postgres}",
        "POSTGRES_PASSWORD",
    ),
    (
        "secrets",
        "services.worker.environment.AIRFLOW_CONN_X",
        "postgres://a:airflow@postgres/x",
        "AIRFLOW_CONN_X",
    ),
    ("secrets", "services.worker.environment.AIRFLOW__CORE__FERNET_KEY", "", "FERNET_KEY"),
    (
        "variables",
        "services.worker.environment.X",
        '${FORGOTTEN:?run "make env" first}',
        "not made: FORGOTTEN",
    ),
    ("settings", "services.worker.environment.AIRFLOW__CORE__EXECUTER", "x", "AIRFLOW__CORE__EXECUTER"),
    ("volumes", "services.redis.volumes", ["cache:/data"], "cache"),
    ("images", "services.redis.image", "redis", "redis"),
    ("images", "services.redis.image", "redis:latest", "redis:latest"),
    ("images", "services.worker.image", "cutover:0.0.9", "cutover:0.0.9"),
]


@pytest.mark.parametrize("check", CHECKS)
def test_the_file_has_no_fault(document: Document, repository: Path, check: str):
    assert CHECKS[check](document, repository) == []


@pytest.mark.parametrize(("check", "place", "value", "said"), FAULTS)
def test_a_fault_is_found(document: Document, repository: Path, check: str, place: str, value: Any, said: str):
    # Anchors make services share their parts: the fault goes into one of them only.
    broken = {key: copy.deepcopy(part) for key, part in document.items()}
    broken["services"] = {name: copy.deepcopy(body) for name, body in document["services"].items()}
    *way, last = place.split(".")
    node = broken
    for step in way:
        node = node[step]
    node[last] = value
    assert said in "\n".join(CHECKS[check](broken, repository))


def test_every_secret_that_is_made_is_used(document: Document, repository: Path):
    made = made_variables(repository)
    assert len(made) == 9
    assert find_unknown_variables(document, made | {"SUPERFLUOUS"}) == ["not used: SUPERFLUOUS"]


def test_all_services_of_airflow_are_there_and_run_one_image(document: Document):
    ours = {name for name, body in document["services"].items() if body["image"].startswith("cutover:")}
    assert ours == {"airflow-init", "api-server", "scheduler", "dag-processor", "triggerer", "worker"}


def mounted_files(document: Document) -> set[str]:
    mounts = [mount for body in document["services"].values() for mount in body.get("volumes", [])]
    return {mount.split(":")[0].removeprefix("./") for mount in mounts if mount.startswith("./")}


@pytest.mark.parametrize("name", ["dags", "include", "plugins", "docker/postgres/create_databases.sql"])
def test_what_is_mounted_is_in_the_repository(document: Document, repository: Path, name: str):
    assert name in mounted_files(document) and len(mounted_files(document)) == 4
    if not (repository / name).exists():
        pytest.skip(f"{name} is not there yet")


def test_connections_are_those_of_the_project(document: Document, repository: Path):
    project = repository / "include/project.yaml"
    if not project.is_file():
        pytest.skip("include/project.yaml is not there yet")
    spelled = project.read_text(encoding="utf-8")
    for _, name, _ in environments(document):
        if name.startswith("AIRFLOW_CONN_"):
            assert re.search(rf"\b{name.removeprefix('AIRFLOW_CONN_').lower()}\b", spelled), name


def test_the_image_is_airflows_own_in_the_locked_version_and_installs_the_lock(repository: Path):
    dockerfile = (repository / "Dockerfile").read_text(encoding="utf-8")
    base = re.findall(r"^FROM apache/airflow:slim-([\d.]+)-python(\d\.\d+)$", dockerfile, flags=re.MULTILINE)
    locked = re.search(r"^apache-airflow==(\S+)", (repository / "requirements.txt").read_text(), flags=re.MULTILINE)
    project = tomllib.loads((repository / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert locked and [version for version, _ in base] == [locked.group(1)]
    assert f"Programming Language :: Python :: {base[0][1]}" in project["classifiers"]
    assert "--require-hashes -r requirements.txt" in dockerfile


def test_what_the_image_copies_is_there_and_not_ignored(repository: Path):
    dockerfile = (repository / "Dockerfile").read_text(encoding="utf-8")
    copied = {
        name
        for line in re.findall(r"^COPY --chown=\S+ (.+) \S+$", dockerfile, flags=re.MULTILINE)
        for name in line.split()
    }
    let_in = set(
        re.findall(r"^!(\S+)$", (repository / ".dockerignore").read_text(encoding="utf-8"), flags=re.MULTILINE)
    )
    assert copied == let_in
    assert {name for name in copied if not (repository / name).exists()} == set()


def test_each_role_of_the_database_gets_its_password_from_the_environment(document: Document, repository: Path):
    script = (repository / "docker/postgres/create_databases.sql").read_text(encoding="utf-8")
    given = {name for name in document["services"]["postgres"]["environment"] if name.endswith("_DB_PASSWORD")}
    assert set(re.findall(r"^\\getenv \w+ (\w+)$", script, flags=re.MULTILINE)) == given
    assert len(re.findall(r"^create role \w+ login password :'\w+';$", script, flags=re.MULTILINE)) == len(given)


def test_compose_itself_accepts_the_file(repository: Path):
    try:
        version = subprocess.run(["docker", "compose", "version"], capture_output=True, check=False).returncode
    except FileNotFoundError:
        version = 1
    if version:
        pytest.skip("no docker compose on this machine")
    secrets = {name: "x" for name in made_variables(repository)}
    command = ["docker", "compose", "-f", str(repository / "docker-compose.yaml"), "config", "--quiet"]
    done = subprocess.run(command, env={**os.environ, **secrets}, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
