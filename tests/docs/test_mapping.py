"""The reference of the mapping language is what the models say, and it leaves nothing out."""

from pathlib import Path
from typing import get_args

from cutover.core.cleansing import REMEDIES
from cutover.project import model
from cutover.project.reference import write_reference


def test_the_page_is_what_the_models_say(repository: Path) -> None:
    page = (repository / "docs" / "mapping.md").read_text(encoding="utf-8")
    assert page == write_reference(), "write it again: cutover reference > docs/mapping.md"


def test_every_key_and_kind_and_remedy_is_on_the_page() -> None:
    page = write_reference()
    kinds = get_args(get_args(model.FieldRule)[0])
    for entry in (model.Mapping, model.Source, model.Target, model.Check, model.Split, model.Merge, *kinds):
        for name, field in entry.model_fields.items():
            key = field.alias or name
            assert f"| `{key}` |" in page or key == "kind", (entry.__name__, key)
    for kind in kinds:
        (name,) = get_args(kind.model_fields["kind"].annotation)
        assert f"\n### {name}\n\n{(kind.__doc__ or '').splitlines()[0]}\n" in page
    assert all(f"| `{name}` |" in page for name in REMEDIES)


def test_every_kind_that_can_fail_says_when_it_rejects() -> None:
    never = {model.Constant, model.OpeningBalance}
    for kind in get_args(get_args(model.FieldRule)[0]):
        assert ("reject" in (kind.__doc__ or "")) or kind in never, kind.__name__
