"""How many cases a fuzz runs: a few at each change, thousands in CI; together at least ten thousand."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

CHECKS = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large]
# Kind -> cases in CI.
CASES = {"csv": 7_000, "rows": 200, "sheets": 1_200, "corrections": 400, "mapping workbook": 200, "yaml": 1_000}
QUICK = 25


def amounts(kind: str) -> Any:
    """Return the parametrisation of a fuzz: quick, and all of its cases under the marker `slow`."""
    many = pytest.param(CASES[kind], id="thousands", marks=[pytest.mark.slow, pytest.mark.timeout(3600)])
    return pytest.mark.parametrize("cases_wanted", [pytest.param(QUICK, id="some"), many])


def attack(cases: int, *strategies: Any) -> Callable[[Callable[..., None]], None]:
    """Run a function on so many drawn cases."""

    def run(test: Callable[..., None]) -> None:
        settings(max_examples=cases, deadline=None, suppress_health_check=CHECKS)(given(*strategies)(test))()

    return run
