"""What all DAGs have in common."""

from datetime import timedelta
from typing import Any

# A task and each of its statements in the target end after the same time: none outlives the other.
TASK_TIMEOUT = timedelta(hours=6)

TASK_DEFAULTS: dict[str, Any] = {
    "owner": "cutover",
    "retries": 2,
    "retry_delay": timedelta(seconds=10),
    "retry_exponential_backoff": 2.0,
    "max_retry_delay": timedelta(minutes=2),
    "execution_timeout": TASK_TIMEOUT,
}

# One run of a phase at a time: the ledger would refuse the second one anyway, only later. Not paused: a
# phase without a schedule runs only when someone triggers it, and the journey cannot go through a paused
# one.
PHASE: dict[str, Any] = {
    "catchup": False,
    "max_active_runs": 1,
    "is_paused_upon_creation": False,
    "tags": ["cutover"],
    "default_args": TASK_DEFAULTS,
}
