"""The benchmark of the journey: what it prints, when it fails, and that it runs."""

import importlib.util
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

import pytest


@pytest.fixture
def journey(repository: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The script as a module, with no server behind it."""
    found = importlib.util.spec_from_file_location("journey", repository / "benchmarks" / "journey.py")
    assert found is not None and found.loader is not None
    module = importlib.util.module_from_spec(found)
    monkeypatch.setitem(sys.modules, "journey", module)
    found.loader.exec_module(module)

    @contextmanager
    def nowhere(home: Path) -> Iterator[dict[str, str]]:
        yield {}

    monkeypatch.setattr(module, "private_world", nowhere)
    return module


def taken(journey: ModuleType, monkeypatch: pytest.MonkeyPatch, peak: int) -> None:
    """Let the journey have taken place: a load of half the limit's speed that took `peak` MiB."""
    measured = [journey.Measured("load", 1000, 4.0, 1.0, peak), journey.Measured("limit", 1000, 2.0, 1.0, 200)]
    monkeypatch.setattr(journey, "run_journey", lambda scale, environ: iter(measured))


def test_a_phase_is_printed_with_its_ratio_to_bare_copy(
    journey: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    taken(journey, monkeypatch, peak=300)
    journey.main(1, tmp_path / "figures.json")
    line = next(line for line in capsys.readouterr().out.splitlines() if line.startswith("load"))
    assert line.split() == ["load", "1,000", "4.0", "1.0", "250", "0.50", "300"]
    assert json.loads((tmp_path / "figures.json").read_text(encoding="utf-8"))[0]["peak_mib"] == 300


def test_a_worker_above_the_limit_fails_the_journey(
    journey: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    taken(journey, monkeypatch, peak=1025)
    with pytest.raises(SystemExit, match="more than 1024 MiB"):
        journey.main(1, None)
    assert "over 1024 MiB" in capsys.readouterr().out


def test_a_worker_that_fails_ends_the_journey(journey: ModuleType, tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="failed with exit status"):
        journey.measure("gate", {"CUTOVER_HOME": str(tmp_path), "PYTHONPATH": str(journey.ROOT / "src")})


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_the_journey_at_scale_1(repository: Path, tmp_path: Path) -> None:
    script, file = str(repository / "benchmarks" / "journey.py"), tmp_path / "figures.json"
    done = subprocess.run([sys.executable, script, "--json", str(file)], stdout=subprocess.PIPE, text=True, check=True)
    phases = [one["phase"] for one in json.loads(file.read_text(encoding="utf-8"))]
    assert phases[:4] == ["land", "cleanse", "map", "gate"] and phases[-1] == "rollback"
    assert all(phase in done.stdout for phase in phases)
