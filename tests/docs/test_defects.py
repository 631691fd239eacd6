"""The catalogue of defects is what the registry says, one line for each."""

import re
from pathlib import Path

from cutover.core.defects import DEFECTS
from cutover.project.catalogue import write_catalogue


def test_the_page_is_what_the_registry_says(repository: Path) -> None:
    page = (repository / "docs" / "defects.md").read_text(encoding="utf-8")
    assert page == write_catalogue(), "write it again: cutover reference defects > docs/defects.md"


def test_every_defect_has_one_whole_line() -> None:
    lines = re.findall(r"^\| ([TNDKCM]\d\d) \|.*$", write_catalogue(), flags=re.MULTILINE)
    assert lines == list(DEFECTS)
    for line in re.findall(r"^\| [TNDKCM]\d\d \|.*$", write_catalogue(), flags=re.MULTILINE):
        assert len(re.split(r"(?<!\\)\|", line)) == 11 and "|  |" not in line, line
