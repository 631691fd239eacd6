"""The outline says the same as the whole specification, and says it in one sentence when it cannot."""

import shutil
from pathlib import Path

import pytest

from cutover.errors import CutoverError, InputError, SpecificationError
from cutover.project.outline import read_outline
from cutover.project.specification import read_specification

ROOT = Path(__file__).parent.parent.parent
TOY = ROOT / "tests" / "dags" / "project"


@pytest.mark.parametrize("project", [TOY, ROOT / "include"], ids=["toy", "include"])
def test_it_agrees_with_the_whole_specification(project: Path) -> None:
    if not (project / "mappings").is_dir():
        pytest.skip("there are no mappings in this project folder")
    outline, whole = read_outline(project), read_specification(project)
    assert outline.entities == tuple(whole.mappings)
    assert {entity: frozenset(of) for entity, of in outline.parents.items()} == {
        entity: whole.parents(entity) for entity in whole.mappings
    }
    assert dict(outline.waves) == {wave: whole.entities(wave) for wave in whole.project.waves}


def test_parents_come_from_keys_further_rows_and_merges() -> None:
    assert dict(read_outline(TOY).parents) == {
        "customer": (),
        "supplier": ("customer",),
        "order": ("customer", "supplier"),
        "invoice": ("order",),
    }
    assert dict(read_outline(TOY).waves) == {"main": ("customer", "supplier", "order"), "late": ("invoice",)}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return Path(shutil.copytree(TOY, tmp_path / "project"))


def fails(project: Path) -> CutoverError:
    with pytest.raises(CutoverError) as caught:
        read_outline(project)
    assert "Fix: " in str(caught.value)
    return caught.value


def test_no_project(tmp_path: Path) -> None:
    assert isinstance(fails(tmp_path), InputError)


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("project.yaml", "waves: {main: {entities: [custmer]}}", "wave 'main' names the unknown entity 'custmer'"),
        ("project.yaml", "waves: []", "there is no wave"),
        ("project.yaml", "- a\n- b", "project.yaml:1:1: the file holds no mapping of keys"),
        ("project.yaml", "a: b\n c: [", "project.yaml:2:3: not readable as YAML"),
        ("project.yaml", "a: \0", "characters that YAML does not allow"),
        ("mappings/order.yaml", "fields: [{kind: xref, entity: x, otherwise: y}]", "there is no entity 'x'"),
        ("mappings/order.yaml", "merge: {into: [ghost]}", "there is no entity 'ghost'"),
        ("mappings/order.yaml", "also: [{fields: [{kind: xref, entity: ghost}]}]", "there is no entity 'ghost'"),
        ("mappings/customer.yaml", "fields: [{kind: xref, entity: invoice}]", "in a circle: "),
    ],
)
def test_a_mistake_is_one_sentence(project: Path, name: str, text: str, message: str) -> None:
    (project / name).write_text(text, encoding="utf-8")
    error = fails(project)
    assert isinstance(error, SpecificationError)
    assert message in str(error) and "\n" not in str(error)


def test_a_file_in_another_encoding(project: Path) -> None:
    (project / "mappings" / "order.yaml").write_bytes("entity: 订单".encode("gb18030"))
    assert "mappings/order.yaml: byte" in str(fails(project))


def test_no_mapping_at_all(project: Path) -> None:
    shutil.rmtree(project / "mappings")
    assert "there is no mapping" in str(fails(project))


def test_names_stay_text(project: Path) -> None:
    """YAML 1.1 takes `no` for false."""
    (project / "mappings" / "no.yaml").write_text("fields: [{kind: xref, entity: order}]", encoding="utf-8")
    (project / "project.yaml").write_text("waves: {main: {entities: [no, order]}}", encoding="utf-8")
    assert read_outline(project).waves["main"] == ("order", "no")
