"""YAML as its author wrote it: no scalar changes on the way into the models."""

from decimal import Decimal
from itertools import pairwise
from pathlib import Path

import pytest
from tests.project.conftest import Toy

from cutover.errors import InputError, SpecificationError
from cutover.project.model import Mapping, ProjectFile
from cutover.project.reading import Finding, build_model, read_document, stop_on, suggest
from cutover.project.specification import read_specification


@pytest.mark.parametrize(
    "text", ["0.10", "007", "2024-01-01", "1_000", "0x10", "1e3", "12345678901234567.89", "NO", "yes", "true"]
)
def test_a_constant_is_the_text_that_was_written(toy: Toy, text: str) -> None:
    edit = ("mappings/customer.yaml", "value: customer, target: role, type: text(10)", f"value: {text}, target: role")
    specification = read_specification(toy(edit))
    assert specification.mapping("customer").also[0].fields[1].value == text  # type: ignore[union-attr]


def test_codes_that_look_like_numbers_stay_codes(toy: Toy) -> None:
    rule = "  - {rule: CU-C3, column: LAND, do: replace_values, values: {01: CN, 1: DE, no: NO, null: XX, 1.50: A}}\n"
    specification = read_specification(toy(("mappings/customer.yaml", "exclude:\n", f"{rule}exclude:\n")))
    assert specification.mapping("customer").cleanse[2].values == {
        "01": "CN",
        "1": "DE",
        "no": "NO",
        "null": "XX",
        "1.50": "A",
    }


def test_bounds_and_thresholds_are_exact(toy: Toy) -> None:
    root = toy(
        ("mappings/customer.yaml", "minimum: 0", "minimum: 12345678901234567.89"),
        ("project.yaml", "waves:", "thresholds: {money_tolerance: 0.10, reject_rate_max: {pilot: 0.005}}\nwaves:"),
    )
    specification = read_specification(root)
    assert specification.mapping("customer").checks[0].minimum == Decimal("12345678901234567.89")
    assert specification.project.thresholds.money_tolerance == Decimal("0.10")


def test_nothing_is_nothing(toy: Toy) -> None:
    edit = ("mappings/customer.yaml", "value: customer, target: role, type: text(10)", "value: null, target: role")
    assert read_specification(toy(edit)).mapping("customer").also[0].fields[1].value is None  # type: ignore[union-attr]


def test_an_anchor_is_used_where_it_is_named(tmp_path: Path) -> None:
    path = tmp_path / "order.yaml"
    path.write_text("a: &a {kind: copy, x: 1}\nb:\n  <<: *a\n  y: 2\n")
    document = read_document(path, "order.yaml")
    assert document.position(("b", "y")) == (4, 3)
    assert document.position(("b", "x")) == (1, 20)  # where it was written, and is mended
    assert document.position(("b", "nowhere")) == (2, 1)


def test_an_anchor_may_be_used_again_and_again(tmp_path: Path) -> None:
    path = tmp_path / "order.yaml"
    path.write_text("a: &a {x: 1, '': 2}\nb: &b\n  <<: *a\n  x: 3\nc: *b\nd: *b\n")
    assert read_document(path, "order.yaml").position(("d", "x")) == (4, 3)


def test_an_anchor_that_holds_itself_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "order.yaml"
    path.write_text("a: &a\n  b: *a\n")
    with pytest.raises(SpecificationError, match="order.yaml:1:4: not readable as YAML: an anchor holds itself"):
        read_document(path, "order.yaml")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("a: " + "[" * 100_000, "nested deeper than 50 levels"),
        ("".join(f"{' ' * level}a:\n" for level in range(60)), "nested deeper than 50 levels"),
        ("a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
            f"{name}: &{name} [{', '.join([f'*{before}'] * 9)}]\n" for before, name in pairwise("abcdefgh")
        ), "its anchors unfold to more than 100000 values"),
        ("? [a, b]\n: 1\n", "a key is no plain text"),
        ("a: 1\na: 2\n", "found duplicate key 'a'"),
    ],
)  # fmt: skip
def test_a_document_that_would_take_the_reader_down_is_refused(tmp_path: Path, text: str, told: str) -> None:
    path = tmp_path / "order.yaml"
    path.write_text(text)
    with pytest.raises(SpecificationError, match=rf"order\.yaml:\d+:\d+: not readable as YAML: {told}"):
        read_document(path, "order.yaml")


def test_findings_are_told_once_in_order_and_stop_everything() -> None:
    late, early = Finding("b", 2, 1, "late", "x"), Finding("a", 1, 1, "early", "y")
    stop_on([])
    with pytest.raises(SpecificationError) as error:
        stop_on([late, early, late])
    text = str(error.value)
    assert text.startswith("2 mistakes in the specification:\n  a:1:1: early. Fix: y\n  b:2:1: late")


def test_a_mend_names_the_nearest_or_what_there_is() -> None:
    assert suggest("custmer", ["customer", "order"]) == "did you mean 'customer'?"
    assert suggest("zzz", ["b", "a"]) == "use one of: a, b"
    assert suggest("zzz", []) == "declare it first"


def test_a_folder_without_a_project_says_so(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no project\.yaml.*--project"):
        read_specification(tmp_path)


@pytest.mark.parametrize("text", ["[1]", "just text"])
def test_a_file_that_is_no_mapping_is_no_model(tmp_path: Path, text: str) -> None:
    path = tmp_path / "project.yaml"
    path.write_text(text)
    for model in (ProjectFile, Mapping):
        built, findings = build_model(read_document(path, "project.yaml"), model)
        assert built is None
        assert [finding.problem for finding in findings] == ["the file holds no mapping of keys"]
