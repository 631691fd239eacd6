"""CI fails when a test that must run did not, and its PostgreSQL is the wheel's."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

SUITE = """
import pytest

def test_runs(): pass

@pytest.mark.skipif(True, reason="no server")
def test_skips(): pass

@pytest.mark.xfail(strict=True)
def test_known_fault(): assert False
"""


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report of a real pytest run with one test that passed, one skipped and one expected failure."""
    folder = tmp_path_factory.mktemp("suite")
    (folder / "test_suite.py").write_text(SUITE, encoding="utf-8")
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "--rootdir=.",
        "--junitxml=report.xml",
        "test_suite.py",
    ]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST")}
    subprocess.run(command, cwd=folder, env=environment, check=True, capture_output=True)
    return folder / "report.xml"


def must_run(repository: Path, *arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(repository / ".ci/must_run.py"), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    ("patterns", "status", "said"),
    [
        ("*\n", 1, "skipped: test_suite::test_skips"),
        ("# all\n*\n# no server there\n- *::test_skips\n", 0, "all of 3 accounted for"),
        ("*::test_runs\n", 0, "all of 3 accounted for"),
        ("*::test_known_fault\n", 0, "all of 3 accounted for"),
        ("*::test_runs\ntests.removed.*\n", 1, "no test ran: tests.removed.*"),
    ],
)
def test_a_skipped_or_absent_must_run_test_fails(
    repository: Path, tmp_path: Path, report: Path, patterns: str, status: int, said: str
):
    (tmp_path / "must_run.txt").write_text(patterns, encoding="utf-8")
    done = must_run(repository, tmp_path / "must_run.txt", report)
    assert done.returncode == status
    assert said in done.stdout


def test_a_test_skipped_in_one_report_and_run_in_another_did_run(repository: Path, tmp_path: Path, report: Path):
    later = tmp_path / "later.xml"
    later.write_text('<testsuite><testcase classname="test_suite" name="test_skips"/></testsuite>', encoding="utf-8")
    (tmp_path / "must_run.txt").write_text("*\n", encoding="utf-8")
    assert must_run(repository, tmp_path / "must_run.txt", report, later).returncode == 0


def test_the_closing_line_counts_outcomes(repository: Path, report: Path):
    assert must_run(repository, "--count", report).stdout == "2 passed, 0 failed, 1 skipped\n"


def test_every_exception_says_why(repository: Path):
    lines = (repository / ".ci/must_run.txt").read_text(encoding="utf-8").splitlines()
    for before, line in zip([""] + lines, lines, strict=False):
        assert not line.startswith("- ") or before.startswith(("# ", "- ")), line


def test_ci_runs_the_two_commands_of_the_readme(repository: Path):
    steps = (repository / ".ci/run").read_text(encoding="utf-8")
    for command in ("make demo", "make test"):
        assert f'step "{command}" {command}\n' in steps


@pytest.mark.skipif(os.environ.get("CUTOVER_CI_HIDDEN") != "1", reason="only where CI could hide PostgreSQL")
def test_in_ci_the_machines_own_postgresql_is_out_of_reach():
    assert os.environ.get("CUTOVER_POSTGRES") == "wheel"
    assert [name for name in os.environ if name.startswith("PG")] == []
    assert list(Path("/usr/lib/postgresql").glob("*")) == []
    assert list(Path("/var/run/postgresql").glob(".s.PGSQL*")) == []
    assert shutil.which("postgres") is None
