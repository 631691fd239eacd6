"""Version, changelog, licence and decisions agree; nothing of one machine is in the repository."""

import re
import subprocess
import tomllib
from pathlib import Path

import pytest

import cutover

# Written in pieces, so that this file does not find itself.
MACHINE_TRACES = [
    r"/" + r"work/(main|shared|wt|venv|tmp)\b",
    r"/" + r"root/",
    r"/" + r"home/(?!airflow\b)[a-z]\w*/",
    r"/" + r"Users/\w+/",
    r"/opt/" + r"(pypi|wheels)\b",
    r"(files\.)?python" + r"hosted\.org",
    r"pypi\." + r"org",
    r"registry\." + r"npmjs",
    r"deb\." + r"debian\.org",
]


def tracked_files(repository: Path) -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=repository, capture_output=True, text=True, check=False)
    if listed.returncode:
        pytest.skip("not a git checkout: what is tracked cannot be told")
    return [repository / name for name in listed.stdout.split("\0") if name and (repository / name).is_file()]


def find_traces(text: str) -> list[str]:
    """The lines of a text that name a place of one machine or a package registry's host."""
    return [line.strip()[:100] for line in text.splitlines() if any(re.search(trace, line) for trace in MACHINE_TRACES)]


def read_decisions(folder: Path) -> tuple[set[str], set[str]]:
    """The decision pages there are, and those the index links."""
    pages = {page.name for page in folder.glob("[0-9]*.md")}
    linked = set(
        re.findall(r"^\| \[\d{4}\]\((.+?)\)", (folder / "README.md").read_text(encoding="utf-8"), re.MULTILINE)
    )
    return pages, linked


def test_one_version_everywhere(repository: Path):
    project = tomllib.loads((repository / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    changelog = (repository / "CHANGELOG.md").read_text(encoding="utf-8")
    newest = re.search(r"^## \[(\d+\.\d+\.\d+)\]", changelog, flags=re.MULTILINE)
    assert newest and newest.group(1) == project["version"] == cutover.__version__


def test_the_licence_is_the_one_that_the_package_declares(repository: Path):
    project = tomllib.loads((repository / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    licence = (repository / "LICENSE").read_text(encoding="utf-8")
    assert project["license"] == "Apache-2.0" and project["license-files"] == ["LICENSE"]
    assert "Apache License" in licence and "Version 2.0, January 2004" in licence
    assert "END OF TERMS AND CONDITIONS" in licence


def test_no_tracked_file_names_a_place_of_one_machine_or_a_registry(repository: Path):
    found = {}
    for path in tracked_files(repository):
        text = path.read_bytes().decode("utf-8", errors="replace")
        if traces := find_traces(text):
            found[str(path.relative_to(repository))] = traces
    assert found == {}


@pytest.mark.parametrize(
    "line",
    ["cd /" + "work/main", "see /" + "root/.cache", "https://pypi." + "org/simple", "/" + "home/ann/cutover"],
)
def test_such_a_line_is_found(line: str):
    assert find_traces(f"fine\n{line}\n") == [line]


def test_every_decision_is_in_the_index_and_states_where_it_stands(repository: Path):
    folder = repository / "docs/decisions"
    pages, linked = read_decisions(folder)
    assert pages and pages == linked
    for page in pages:
        text = (folder / page).read_text(encoding="utf-8")
        assert text.startswith(f"# {page[:4]} ")
        assert re.search(r"^State: (accepted|replaced by \d{4})$", text, flags=re.MULTILINE)


def test_a_decision_that_the_index_lacks_is_found(tmp_path: Path):
    (tmp_path / "README.md").write_text("| [0001](0001-a.md) | A | accepted |\n", encoding="utf-8")
    (tmp_path / "0002-b.md").touch()
    assert read_decisions(tmp_path) == ({"0002-b.md"}, {"0001-a.md"})
