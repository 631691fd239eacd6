"""Airflow's four components: started each in a session of its own, watched until healthy, stopped without
orphans."""

import subprocess
import sys
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import psutil  # type: ignore[import-untyped]

from cutover.errors import ConnectionLost, RuntimeSetupError
from cutover.runtime.health import ComponentHealth, read_health, warm_up
from cutover.runtime.home import Home, read_state, remember
from cutover.runtime.processes import Birth, find_in_session, find_marked, is_alive, read_birth, stop_groups

COMPONENTS = ("api-server", "scheduler", "dag-processor", "triggerer")

# A heartbeat is written by the database's clock and compared with the start of a process.
CLOCK_TOLERANCE = 2.0


@dataclass(frozen=True)
class ComponentStatus:
    """One look at a component: `alive` is about its process, `healthy` about its heartbeat since it was
    started."""

    name: str
    pid: int | None
    alive: bool
    healthy: bool
    log: Path


def log_path(home: Home, name: str) -> Path:
    """Return where a component's output goes."""
    return home.logs / f"{name}.log"


def read_components(home: Home) -> dict[str, Birth]:
    """Return the components that were started last, whether or not they still live."""
    return {name: Birth(**birth) for name, birth in read_state(home).get("components", {}).items()}


def has_living(home: Home) -> bool:
    """Tell whether any component still runs."""
    return any(is_alive(birth) for birth in read_components(home).values())


def find_dead(home: Home) -> str | None:
    """Return the first component that was started and does not live any more."""
    return next((name for name, birth in read_components(home).items() if not is_alive(birth)), None)


def start_components(home: Home, environment: Mapping[str, str]) -> list[str]:
    """Start every component that does not live, after ending what a dead one left; return their names."""
    known = read_components(home)
    missing = [name for name in COMPONENTS if name not in known or not is_alive(known[name])]
    stop_groups([], lambda: find_in_session(known[name] for name in missing if name in known), patience=0)
    for name in missing:
        known[name] = _start(home, name, environment)
        # At once, so that a `down` after a crash in this loop finds each.
        remember(home, components={each: vars(birth) for each, birth in known.items()})
    return missing


def _start(home: Home, name: str, environment: Mapping[str, str]) -> Birth:
    with open_log(home, name) as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "airflow", name],
            env=dict(environment),
            cwd=home.airflow,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    return read_birth(process.pid)


def open_log(home: Home, name: str) -> BinaryIO:
    """Open a fresh log for writing; the one before is kept beside it."""
    path = log_path(home, name)
    if path.exists():
        path.replace(path.with_name(path.name + ".1"))
    return path.open("wb")


def stop_components(home: Home, *, patience: float = 30.0, forget: bool = True) -> int:
    """Stop all components and every process they started; return how many there were.

    patience: seconds for a polite end; what is left is killed. forget: write down that they are gone, which needs room.
    """
    births = list(read_components(home).values())
    count = len(_find_all(home, births))
    stop_groups(births, lambda: _find_all(home, births), patience=patience)
    if forget:
        remember(home, components=None)
    return count


def _find_all(home: Home, births: Iterable[Birth]) -> list[psutil.Process]:
    return list({*find_marked(str(home.root)), *find_in_session(births)})


def await_health(home: Home, url: str, *, patience: float = 180.0) -> None:
    """Wait until all four components are healthy.

    Raises:
        RuntimeSetupError: one ended, or is not healthy after `patience` seconds; shows the end of its log.
    """
    deadline = time.monotonic() + patience
    is_warm = False
    while True:
        statuses = read_component_statuses(home, url)
        if not is_warm and statuses[0].healthy:
            # The others are still starting: what is built now delays nobody.
            warm_up(url)
            is_warm = True
        if all(status.healthy for status in statuses):
            return
        dead = [status for status in statuses if not status.alive]
        if dead:
            raise _explain(dead[0], "has ended right after its start")
        if time.monotonic() > deadline:
            ill = next(status for status in statuses if not status.healthy)
            raise _explain(ill, f"is not healthy after {patience:.0f} s")
        time.sleep(0.5)


def _explain(status: ComponentStatus, what: str) -> RuntimeSetupError:
    return RuntimeSetupError(
        f"Airflow's {status.name} {what}; the end of {status.log}:\n{read_tail(status.log)}\n",
        fix="mend what the log says, then run `cutover up` again",
    )


def read_tail(log: Path, lines: int = 15) -> str:
    """Return the last lines of a log, indented."""
    text = log.read_text(encoding="utf-8", errors="replace") if log.exists() else ""
    return "\n".join(f"    {line}" for line in text.splitlines()[-lines:]) or "    (empty)"


def read_component_statuses(home: Home, url: str) -> list[ComponentStatus]:
    """Look at each component without changing anything; raises nothing when Airflow does not answer."""
    known = read_components(home)
    try:
        health = read_health(url)
    except ConnectionLost:
        health = {}
    return [_status(home, name, known.get(name), health.get(name)) for name in COMPONENTS]


def _status(home: Home, name: str, birth: Birth | None, health: ComponentHealth | None) -> ComponentStatus:
    alive = birth is not None and is_alive(birth)
    healthy = alive and birth is not None and health is not None and _is_own_beat(health, birth)
    return ComponentStatus(name, birth.pid if birth else None, alive, healthy, log_path(home, name))


def _is_own_beat(health: ComponentHealth, birth: Birth) -> bool:
    # For half a minute Airflow calls a component healthy whose predecessor was killed.
    fresh = health.latest is None or health.latest.timestamp() > birth.started - CLOCK_TOLERANCE
    return health.is_healthy and fresh
