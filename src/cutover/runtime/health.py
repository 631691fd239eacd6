"""What a running Airflow says of its components' health; needs no login."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import httpx

from cutover.errors import ConnectionLost

_KEYS = {"scheduler": "scheduler", "dag-processor": "dag_processor", "triggerer": "triggerer"}


@dataclass(frozen=True)
class ComponentHealth:
    """What Airflow says of one component; `latest` is its last heartbeat, None where it has none."""

    is_healthy: bool
    latest: datetime | None


def read_health(url: str) -> dict[str, ComponentHealth]:
    """Ask a running Airflow for its components' health; needs no login.

    Raises:
        ConnectionLost: nobody answers, or something that is not Airflow.
    """
    try:
        response = httpx.get(f"{url}/api/v2/monitor/health", timeout=5, trust_env=False)
        body = response.raise_for_status().json()
        named = {
            "api-server": body["metadatabase"],
            **{name: body[key] for name, key in _KEYS.items()},
        }
        return {name: _build_health(entry or {}) for name, entry in named.items()}
    except (httpx.HTTPError, ValueError, KeyError, TypeError) as error:
        raise explain_silence(url, error) from error


def warm_up(url: str) -> None:
    """Let Airflow build the part of its API that its tasks speak to; else the first task waits seconds for it."""
    with suppress(httpx.HTTPError):
        httpx.get(f"{url}/execution/health", timeout=60, trust_env=False)


def explain_silence(url: str, error: Exception) -> ConnectionLost:
    """Say that nobody, or somebody else, answers where Airflow should."""
    return ConnectionLost(f"Airflow does not answer at {url}: {error}", fix="see `cutover status`, run `cutover up`")


def _build_health(entry: Mapping[str, Any]) -> ComponentHealth:
    beat = next((value for key, value in entry.items() if key.endswith("_heartbeat")), None)
    return ComponentHealth(entry.get("status") == "healthy", datetime.fromisoformat(beat) if beat else None)
