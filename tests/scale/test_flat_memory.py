"""No worker of the journey takes more than 1 GiB, and ten times the rows do not take ten times the memory."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = [pytest.mark.scale, pytest.mark.timeout(7200)]
# At scale 1 no entity fills a batch of 50,000 rows, at scale 10 several do: that is what a worker may grow by, once.
GROWTH, BATCH_MIB = 1.5, 96


def journey(repository: Path, folder: Path, scale: int) -> dict[str, int]:
    """Take the journey and return the peak memory of each phase's worker, in MiB."""
    file = folder / f"{scale}.json"
    script = str(repository / "benchmarks" / "journey.py")
    subprocess.run([sys.executable, script, "--scale", str(scale), "--json", str(file)], check=True)
    return {one["phase"]: one["peak_mib"] for one in json.loads(file.read_text(encoding="utf-8"))}


def test_memory_is_flat(repository: Path, tmp_path: Path) -> None:
    """The script itself fails above 1 GiB; here the two scales are compared."""
    small, large = journey(repository, tmp_path, 1), journey(repository, tmp_path, 10)
    assert small.keys() == large.keys()
    assert max(large.values()) <= 1024
    grown = {phase: (small[phase], large[phase]) for phase in large if large[phase] > GROWTH * small[phase] + BATCH_MIB}
    assert grown == {}
