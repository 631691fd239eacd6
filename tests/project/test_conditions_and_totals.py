"""Mistakes in conditions of cleansing and in totals of further rows are found before anything runs."""

import shutil
from pathlib import Path

import pytest

from cutover.project.specification import inspect_specification


@pytest.fixture
def project(repository: Path, tmp_path: Path) -> Path:
    """A copy of the worked example."""
    return Path(shutil.copytree(repository / "include", tmp_path / "include"))


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ("do: pad_zeros, length: 10", "do: pad_zeros", "pad_zeros needs `length`"),
        ("when: \"shkzg = 'H'\"", 'when: "shkzg = "', "is no SQL expression"),
        ("also: REC-200, by: bukrs", "also: REC-999, by: bukrs", "there is no further row 'REC-999'"),
        ("target: local_amount, also: REC-200", "target: entry_no, also: REC-200", "no field fills 'entry_no'"),
        ("target: local_amount, also: REC-200", "target: local_amount", "no field fills 'local_amount'"),
    ],
)
def test_a_mistake_is_told_with_its_place(project: Path, before: str, after: str, told: str) -> None:
    assert inspect_specification(project)[1] == []
    path = project / "mappings" / "receivable.yaml"
    text = path.read_text(encoding="utf-8")
    assert before in text
    path.write_text(text.replace(before, after), encoding="utf-8")
    [finding] = inspect_specification(project)[1]
    assert told in finding.problem
    line = text[: text.index(before)].count("\n") + 1
    assert finding.file == "mappings/receivable.yaml" and abs(finding.line - line) <= 1
