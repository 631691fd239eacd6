"""The page of the checklist is what the code judges, and every item has a test in which it fails."""

from pathlib import Path

from cutover.core.checklist import CHECKLIST
from cutover.project.checklist_page import write_checklist


def test_the_page_is_what_the_code_says(repository: Path) -> None:
    page = (repository / "docs" / "checklist.md").read_text(encoding="utf-8")
    assert page == write_checklist(), "write it again: cutover reference checklist > docs/checklist.md"


def test_every_item_fails_in_a_test(repository: Path) -> None:
    for item in CHECKLIST:
        assert item.fails_in, item.id
        for place in item.fails_in:
            file, _, name = place.partition("::")
            assert f"def {name}(" in (repository / file).read_text(encoding="utf-8"), f"{item.id}: {place}"
