"""The specification as a whole: its order, its hash, its files, its schemas."""

import json
import re
from pathlib import Path

import pytest
import yaml
from jsonschema import Draft7Validator
from tests.project.conftest import FILES, Toy

from cutover.core.types import parse_type
from cutover.errors import InputError
from cutover.project.columns import check_columns, named_columns
from cutover.project.control_totals import Explanation, read_pairs
from cutover.project.crosswalk import FOREVER, read_crosswalk
from cutover.project.json_schema import SCHEMAS, build_schema, write_schemas
from cutover.project.specification import read_specification

ROOT = Path(__file__).parents[2]


def test_parents_come_before_children_and_waves_keep_that_order(toy: Toy) -> None:
    specification = read_specification(toy(("project.yaml", "[customer, order]", "[order, customer]")))
    assert specification.entities("main") == ("customer", "order")
    assert specification.parents("order") == {"customer"}
    assert specification.parents("customer") == frozenset()


def test_unknown_names_are_refused_with_what_there_is(toy: Toy) -> None:
    specification = read_specification(toy())
    with pytest.raises(InputError, match="use one of customer, order"):
        specification.mapping("x")
    with pytest.raises(InputError, match="use one of main"):
        specification.entities("x")
    with pytest.raises(InputError, match="create sql/x.sql"):
        specification.sql("x")
    assert specification.sql("orders") == specification.sql("orders.sql") == "select * from orders\n"


@pytest.mark.parametrize("name", FILES)
def test_every_file_counts_in_the_hash(toy: Toy, name: str) -> None:
    before = read_specification(toy()).sha256
    comment = "\n" if name.endswith(".csv") else "\n# more\n" if name.endswith("yaml") else "\n-- more\n"
    text = FILES[name].rstrip("\n") + comment
    text = (
        text + "FR,FR\n" if name.endswith("country.csv") else text + "T,1000\n" if name.endswith("factor.csv") else text
    )
    text = text + "B,*,Y\n" if name.endswith("wild.csv") else text
    text = text + "V2,A1,,\n" if name.endswith("tax.csv") else text
    assert read_specification(toy((name, text))).sha256 != before


def test_a_file_that_is_none_of_the_specification_does_not_count(toy: Toy) -> None:
    before = read_specification(toy()).sha256
    assert read_specification(toy(("README.md", "hello"))).sha256 == before


def test_every_named_source_column_is_checked_and_named_with_its_place(toy: Toy) -> None:
    specification = read_specification(toy())
    columns = {name for _, name in named_columns(specification.mapping("customer"))}
    assert columns == {"NR", "NAME", "LIMIT", "SINCE", "QTY", "LAND", "TERM", "TAXC", "UOM", "SEEN"}
    found = check_columns(specification, {"customer": sorted(columns - {"LAND", "UOM"})})
    lines = FILES["mappings/customer.yaml"].splitlines()
    assert [finding.problem for finding in found] == [
        "the source has no column 'LAND'",
        "the source has no column 'UOM'",
    ]
    for finding, key in zip(found, ("source: LAND", "unit: UOM"), strict=True):
        assert lines[finding.line - 1][finding.column - 1 :].startswith(key)
    assert check_columns(specification, {"order": ["ID", "POS", "CUST"]}) == []


def test_a_crosswalk_is_read_with_its_lines(tmp_path: Path) -> None:
    path = tmp_path / "unit.csv"
    path.write_text('\ufeffsource,source_2,target,state,note\nA,1,"x, y",,first\nA,2,z,proposed,\n', encoding="utf-8")
    crosswalk, findings = read_crosswalk(path, "unit.csv")
    assert findings == []
    assert (crosswalk.parts, crosswalk.effective) == (2, False)
    first, second = crosswalk.entries
    assert (first.source, first.target, first.state, first.line) == (("A", "1"), "x, y", "confirmed", 2)
    assert ((first.valid_from, first.valid_to), second.state) == (FOREVER, "proposed")


def test_a_line_break_in_a_field_does_not_move_the_places_behind_it(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text('source,target,note\nA,x,"two\nlines"\nA,y,\n', encoding="utf-8")
    _, (finding,) = read_crosswalk(path, "x.csv")
    assert (finding.line, finding.problem) == (4, "the entry of 'A' overlaps that of line 2")


def test_a_pair_of_control_totals_is_read(toy: Toy) -> None:
    header = "-- system: crm\n-- explained: amount = customer.LIMIT by LAND\n-- explained: rows = customer by LAND\n"
    pairs, findings = read_pairs(toy(("sql/control_totals/credit.old.sql", header + "select 1")))
    assert findings == []
    (pair,) = pairs
    assert (pair.name, pair.system) == ("credit", "crm")
    assert pair.explanations == (
        Explanation("amount", "customer", "LIMIT", "LAND"),
        Explanation("rows", "customer", None, "LAND"),
    )


def test_the_schemas_of_the_repository_are_those_of_the_models(repository: Path, tmp_path: Path) -> None:
    for path in write_schemas(tmp_path):
        assert (repository / "schemas" / path.name).read_text(encoding="utf-8") == path.read_text(encoding="utf-8"), (
            "run `cutover json-schemas`"
        )
    assert {path.name for path in (repository / "schemas").iterdir()} == set(SCHEMAS)


class Editor(yaml.SafeLoader):
    """Reads scalars as editors do, by the core schema of YAML 1.2: numbers, true and false; neither dates nor `no`."""

    yaml_implicit_resolvers = {
        first: [(tag, pattern) for tag, pattern in found if not tag.endswith((":bool", ":timestamp"))]
        for first, found in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }


Editor.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile("^(?:true|false)$"), list("tf"))


def find_underlined(path: Path) -> list[str]:
    """What an editor underlines in a file: that which its JSON Schema does not allow."""
    model = SCHEMAS["project.schema.json" if path.name == "project.yaml" else "mapping.schema.json"]
    found = Draft7Validator(build_schema(model)).iter_errors(yaml.load(path.read_text(encoding="utf-8"), Editor))
    return [f"{path.name} {list(error.absolute_path)}" for error in found]


def test_an_editor_underlines_nothing_that_the_check_accepts(repository: Path, toy: Toy) -> None:
    codes = "  - {rule: CU-C3, column: LAND, do: replace_values, values: {01: 1, NO: null}}\nexclude:\n"
    root = toy(
        ("mappings/customer.yaml", "exclude:\n", codes),
        (
            "mappings/order.yaml",
            f"{FILES['mappings/order.yaml']}checks:\n  - {{rule: OR-G, column: no, one_of: [1, 2]}}\n",
        ),
    )
    read_specification(root)
    folders = [root, repository / "include", *sorted((repository / "tests" / "projects").iterdir())]
    files = [path for folder in folders for path in [folder / "project.yaml", *folder.glob("mappings/*.yaml")]]
    assert [told for path in files if path.is_file() for told in find_underlined(path)] == []


def test_an_editor_underlines_a_misspelt_key_and_an_empty_list(toy: Toy) -> None:
    root = toy(
        ("mappings/customer.yaml", "  key: NR", "  key: []"), ("mappings/order.yaml", "kind: copy,", "kinds: copy,")
    )
    assert find_underlined(root / "mappings/customer.yaml") == ["customer.yaml ['source', 'key']"]
    assert find_underlined(root / "mappings/order.yaml") == ["order.yaml ['fields', 0]"]


@pytest.mark.parametrize("folder", ["include", "include/mappings"])
def test_every_file_of_the_example_names_its_schema(repository: Path, folder: str) -> None:
    for path in sorted((repository / folder).glob("*.yaml")):
        named = path.read_text(encoding="utf-8").splitlines()[0].removeprefix("# yaml-language-server: $schema=")
        assert (path.parent / named).resolve().parent == repository / "schemas", path


def test_an_editor_refuses_what_the_check_refuses(tmp_path: Path) -> None:
    schema = json.loads(write_schemas(tmp_path)[0].read_text(encoding="utf-8"))
    content = yaml.safe_load((ROOT / "include/mappings/unit.yaml").read_text(encoding="utf-8"))
    content["source"]["key"], content["sauce"] = [], {}
    content["cleanse"] = [{"rule": f"U-C{name}", "column": "msehi", "do": name} for name in ("sap_date", "up")]
    content["cleanse"][0]["rule"], content["cleanse"][1]["rule"] = "U-C1", "U-C2"
    paths = {".".join(map(str, error.absolute_path)) for error in Draft7Validator(schema).iter_errors(content)}
    assert paths == {"source.key", "", "cleanse.1.do"}


def test_a_schema_names_every_kind_of_rule(tmp_path: Path) -> None:
    schema = json.loads(write_schemas(tmp_path)[0].read_text(encoding="utf-8"))
    kinds = {
        definition["properties"]["kind"]["const"]
        for definition in schema["$defs"].values()
        if "const" in definition.get("properties", {}).get("kind", {})
    }
    assert kinds == {
        "copy", "constant", "cast", "lookup", "lookup_effective", "xref", "derive", "default_audited", "unit",
        "opening_balance", "merge_entity", "split_entity", "lookup_many_to_one", "lookup_composite", "conditional",
        "split_field", "concat", "currency", "sign", "sequence", "hierarchy", "attachment",
        "history",
    }  # fmt: skip
    assert parse_type("text(4)") == read_type("text(4)")


def read_type(text: str) -> object:
    from cutover.project.model import Copy

    return Copy.model_validate({"rule": "X", "target": "x", "kind": "copy", "source": "A", "type": text}).type
