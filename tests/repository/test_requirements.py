"""The lock, the page that explains it and the package's own metadata tell the same story."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

PAIRS = [("requirements.in", "requirements.txt"), ("requirements-dev.in", "requirements-dev.txt")]


def normalise(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def names_asked(text: str) -> set[str]:
    """Names of an .in file, or of a list of requirements, one a line."""
    found = re.findall(r"^([A-Za-z0-9][A-Za-z0-9._-]*)", text, flags=re.MULTILINE)
    return {normalise(name) for name in found}


def find_lock_faults(lock: str) -> list[str]:
    """One line per requirement that is not pinned or has no hash, and per address in the file."""
    logical = lock.replace("\\\n", " ").splitlines()
    faults = [f"address: {line.strip()[:80]}" for line in logical if re.search(r"\w+://|^-", line)]
    for line in logical:
        if not re.match(r"[a-z0-9][a-z0-9.-]*==\S+( ;.*?)? +--hash=sha256:[0-9a-f]{64}", line):
            faults.append(f"not pinned with a hash: {line.strip()[:80]}")
    return faults


def find_page_faults(page: str, asked: set[str]) -> list[str]:
    """One line per package without exactly one line on the page, and per line without a package."""
    listed = [normalise(name) for name in re.findall(r"^- \*\*(.+?)\*\*: \S", page, flags=re.MULTILINE)]
    bullets = len(re.findall(r"^- ", page, flags=re.MULTILINE))
    faults = [f"{name}: {listed.count(name)} lines" for name in sorted(asked) if listed.count(name) != 1]
    faults += [f"{name}: not asked for" for name in listed if name not in asked]
    return faults + ([f"{bullets - len(listed)} lines of another form"] if bullets != len(listed) else [])


@pytest.mark.parametrize("lock", [lock for _, lock in PAIRS])
def test_every_locked_package_is_pinned_with_a_hash_and_the_file_names_no_address(repository: Path, lock: str):
    assert find_lock_faults((repository / lock).read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    "line",
    [
        "pandas==3.1.1",
        "pandas>=3 --hash=sha256:" + "0" * 64,
        "pandas @ https://example.org/pandas.whl --hash=sha256:" + "0" * 64,
        "--index-url https://example.org/simple",
    ],
)
def test_a_lock_with_such_a_line_is_refused(line: str):
    good = "six==1.17.0 \\\n    --hash=sha256:" + "0" * 64 + "\n"
    assert find_lock_faults(good) == []
    assert find_lock_faults(good + line) != []


@pytest.mark.parametrize(("asked", "lock"), PAIRS)
def test_the_lock_covers_what_is_asked_for(repository: Path, asked: str, lock: str):
    wanted = names_asked((repository / asked).read_text(encoding="utf-8"))
    locked = names_asked((repository / lock).read_text(encoding="utf-8"))
    assert len(wanted) > 10
    assert wanted - locked == set()


def test_the_two_locks_agree_on_every_version(repository: Path):
    pins = [
        set(re.findall(r"^([a-z0-9.-]+)(==\S+)", (repository / lock).read_text(encoding="utf-8"), flags=re.MULTILINE))
        for _, lock in PAIRS
    ]
    shared = {name for name, _ in pins[0]} & {name for name, _ in pins[1]}
    assert shared
    assert {pin for pin in pins[1] if pin[0] in shared} <= pins[0]


def test_the_page_has_one_line_for_each_direct_dependency_and_nothing_else(repository: Path):
    asked = set().union(*(names_asked((repository / asked).read_text(encoding="utf-8")) for asked, _ in PAIRS))
    assert find_page_faults((repository / "docs/dependencies.md").read_text(encoding="utf-8"), asked) == []


def test_a_missing_a_double_and_a_superfluous_line_are_found():
    page = "- **a**: x (MIT)\n- **a**: x (MIT)\n- **c**: x (MIT)\n- no name\n"
    assert find_page_faults(page, {"a", "b"}) == [
        "a: 2 lines",
        "b: 0 lines",
        "c: not asked for",
        "1 lines of another form",
    ]


def test_the_package_asks_for_nothing_that_is_not_in_the_lock(repository: Path):
    project = tomllib.loads((repository / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    needed = names_asked("\n".join([*project["dependencies"], *extras["airflow"], *extras["embedded"]]))
    asked = names_asked((repository / "requirements.in").read_text(encoding="utf-8"))
    assert needed | {"setuptools"} == asked


def import_all(repository: Path, requirements: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(repository / ".ci/import_all.py"), str(requirements)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_the_lock_check_names_what_cannot_be_imported(repository: Path, tmp_path: Path):
    requirements = tmp_path / "requirements.in"
    requirements.write_text("pyyaml  # a comment\nduckdb ; sys_platform == 'none'\n", encoding="utf-8")
    assert import_all(repository, requirements).stdout == "imports: 1 packages, 0 failed\n"
    requirements.write_text("pyyaml\nno-such-distribution-anywhere\n", encoding="utf-8")
    done = import_all(repository, requirements)
    assert done.returncode == 1
    assert "no-such-distribution-anywhere: PackageNotFoundError" in done.stderr
