"""The table of what checks can see claims nothing without a test that puts the failure in."""

import re
from pathlib import Path

import pytest

CELL = re.compile(r"(Yes|Sometimes) (\d+)|No")
TEST = re.compile(r"`(tests/[\w/]+\.py)::(test_\w+)`")


def find_faults(page: str, root: Path) -> list[str]:
    """One line per cell without a note, claim without a test, test that is not there, and note that nobody needs."""
    table, notes = _cells(page), _notes(page)
    faults = [f"no cell: {cell}" for cell in table if not CELL.fullmatch(cell)]
    used = {match[2]: match[1] for cell in table if (match := CELL.fullmatch(cell)) and match[2]}
    certain = {match[2] for cell in table if (match := CELL.fullmatch(cell)) and match[1] == "Yes"}
    faults += [f"no note {number}" for number in used if number not in notes]
    faults += [f"nobody needs note {number}" for number in notes if number not in used]
    faults += [f"Yes without a test: {number}" for number in sorted(certain) if not TEST.search(notes.get(number, ""))]
    for file, name in TEST.findall(page):
        path = root / file
        if not path.is_file() or f"def {name}(" not in path.read_text(encoding="utf-8"):
            faults.append(f"no test {file}::{name}")
    return faults


def _cells(page: str) -> list[str]:
    rows = [line.strip("|").split("|") for line in page.splitlines() if line.startswith("|")]
    return [cell.strip() for row in rows[2:] for cell in row[1:]]


def _notes(page: str) -> dict[str, str]:
    found = re.split(r"^(\d+)\. ", page.partition("## Notes")[2], flags=re.MULTILINE)
    return dict(zip(found[1::2], found[2::2], strict=True))


def test_the_page_claims_nothing_without_a_test(repository: Path) -> None:
    page = (repository / "docs" / "what-checks-can-see.md").read_text(encoding="utf-8")
    assert len(_cells(page)) > 100
    assert find_faults(page, repository) == []


@pytest.mark.parametrize(
    ("row", "notes", "fault"),
    [
        ("| a | Maybe |", "", "no cell: Maybe"),
        ("| a | Yes |", "", "no cell: Yes"),
        ("| a | Sometimes 1 |", "", "no note 1"),
        ("| a | No |", "1. x\n", "nobody needs note 1"),
        ("| a | Yes 1 |", "1. x\n", "Yes without a test: 1"),
        ("| a | Yes 1 |", "1. `tests/x.py::test_y`\n", "no test tests/x.py::test_y"),
    ],
)
def test_a_claim_that_nothing_bears_is_found(row: str, notes: str, fault: str, tmp_path: Path) -> None:
    assert fault in find_faults(f"| failure | check |\n|---|---|\n{row}\n\n## Notes\n\n{notes}", tmp_path)
