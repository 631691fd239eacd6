"""The warm executor: what it imports first must be safe to fork, and must be what a task imports."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent

# Each child uses what its parent has only imported: several threads of Arrow, DuckDB and NumPy, and a Pandera check.
FORKING = """
import os, sys
from importlib import import_module
from cutover.orchestration.executor import PACKAGES
for name in PACKAGES: import_module(name)
import duckdb, numpy, pandas, pandera.pandas as pa, pyarrow, pyarrow.compute

def work():
    rows = pyarrow.table({"k": pyarrow.array(range(200_000))})
    assert rows.group_by("k").aggregate([("k", "count")]).num_rows == 200_000
    assert duckdb.connect().execute("select sum(k) from rows").fetchone()[0] == 19999900000
    assert float((numpy.ones((300, 300)) @ numpy.ones((300, 300))).sum()) == 300.0 ** 3
    pa.DataFrameSchema({"k": pa.Column(int, pa.Check.ge(0))}).validate(rows.to_pandas())

children = []
for _ in range(6):
    pid = os.fork()
    if not pid:
        work()
        os._exit(0)
    children.append(pid)
sys.exit(max(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) for pid in children))
"""
ADDED = """
import json, sys
from importlib import import_module
from cutover.orchestration.executor import PACKAGES
for name in PACKAGES: import_module(name)
before = set(sys.modules)
import cutover.phases.load, cutover.phases.map, cutover.phases.cleanse, cutover.phases.land, cutover.phases.dual_run
import cutover.orchestration.work
loaded = set(sys.modules) - before - {"pyarrow.vendored.version"}
top = {name.split(".")[0] for name in loaded if not name.startswith("_")}
print(json.dumps([sorted(top - set(sys.stdlib_module_names)), [n for n in before if n.startswith("cutover.phases")]]))
"""


def run(program: str) -> "subprocess.CompletedProcess[str]":
    environ = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    return subprocess.run(
        [sys.executable, "-c", program], env=environ, capture_output=True, text=True, timeout=110, check=False
    )


@pytest.mark.skipif(sys.platform == "darwin", reason="LocalExecutor does not fork there")
def test_a_fork_can_use_what_its_worker_imported() -> None:
    done = run(FORKING)
    assert done.returncode == 0, done.stderr


def test_a_warm_task_imports_nothing_but_our_own() -> None:
    done = run(ADDED)
    added, ours = json.loads(done.stdout.splitlines()[-1])
    assert set(added) <= {"cutover", "airflow"}, "add these to PACKAGES"
    assert ours == [], "a task must run what a person has just changed"
