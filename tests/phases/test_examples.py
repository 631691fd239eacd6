"""The examples that rules carry are tried: each comes out as it says, or the check names its place."""

from pathlib import Path

import pytest
from tests.phases.toy import FILES, write_project

from cutover.phases.examples import check_examples
from cutover.project.model import located_fields
from cutover.project.specification import read_specification

ROOT = Path(__file__).resolve().parents[2]

CUSTOMER, ORDER, LINE = "mappings/customer.yaml", "mappings/order.yaml", "mappings/line.yaml"
COPY = (CUSTOMER, "{rule: CU-5, kind: copy, source: PHONE, target: phone, type: text(20)")
LOOKUP = (CUSTOMER, "{rule: CU-3, kind: lookup, source: LAND, target: country, crosswalk: country, type: text(2)")
DEFAULT = (CUSTOMER, "term, audit: defaulted, type: text(4)")
AMOUNT = (ORDER, "{rule: OR-4, kind: copy, source: AMOUNT, target: amount")
TAX = (ORDER, "crosswalk: tax, type: text(3)")
UNIT = (LINE, 'factors: factor, type: "decimal(12,3)"')
REQUIRED = (LINE, "target: pos, type: text(4), required: true")
XREF = (CUSTOMER, "entity: customer, target: parent_id, optional: true")


def tried(root: Path, place: tuple[str, str], examples: str) -> list[str]:
    file, rule = place
    assert FILES[file].count(rule) == 1, rule
    files = {**FILES, file: FILES[file].replace(rule, f"{rule}, examples: [{examples}]")}
    return [str(finding) for finding in check_examples(read_specification(write_project(root, files)))]


GOOD = [
    (COPY, "{given: {PHONE: '12'}, gives: '12'}, {given: {PHONE: '12345678901234567890 '}, rejects: too_long}"),
    (COPY, "{given: {}}"),
    (COPY, "{given: {phone: '12'}, gives: '12'}"),
    (LOOKUP, "{given: {LAND: D}, gives: DE}, {given: {LAND: X}, rejects: no_entry}"),
    (DEFAULT, "{given: {TERM: null}, gives: N30}, {given: {TERM: N14}, gives: N14}"),
    (AMOUNT, "{given: {AMOUNT: '1.5'}, gives: 1.50}"),
    (TAX, "{given: {TAXC: V1, DAY: 2018-04-30}, gives: A17}, {given: {TAXC: V1, DAY: 2018-05-01}, gives: A16}"),
    (TAX, "{given: {TAXC: V1, DAY: 2015-12-31}, rejects: no_entry}, {given: {TAXC: V1}, rejects: no_date}"),
    (UNIT, "{given: {QTY: 1500, UOM: G}, gives: 1.5}, {given: {QTY: 1, UOM: OZ}, rejects: no_factor}"),
    (REQUIRED, "{given: {}, rejects: required}"),
]  # fmt: skip
BAD = [
    (COPY, "{given: {PHONE: '12'}, gives: '13'}", "rule CU-5 gives '12', the example says that it gives '13'"),
    (COPY, "{given: {PHONE: '12'}}", "rule CU-5 gives '12', the example says that it gives nothing"),
    (COPY, "{given: {}, gives: '1'}", "rule CU-5 gives nothing, the example says that it gives '1'"),
    (COPY, "{given: {PHON: '12'}, gives: '12'}", "rule CU-5 reads no column 'PHON'. Fix: use some of PHONE"),
    (LOOKUP, "{given: {LAND: X}, gives: XX}", "rule CU-3 rejects (no_entry), the example says that it gives 'XX'"),
    (LOOKUP, "{given: {LAND: D}, rejects: no_entry}", "rule CU-3 gives 'DE', the example says that it rejects"),
    (LOOKUP, "{given: {LAND: Y}, rejects: typo}", "rejects (no_entry), the example says that it rejects (typo)"),
    (AMOUNT, "{given: {AMOUNT: 'x'}, gives: '1'}", "rule OR-4 cannot be computed"),
    (XREF, "{given: {PARENT: '1'}, gives: '1'}", "a rule of kind xref fills by what other rows or files hold"),
]  # fmt: skip


@pytest.mark.parametrize(("place", "examples"), GOOD)
def test_an_example_that_comes_out_as_it_says_is_no_mistake(
    tmp_path: Path, place: tuple[str, str], examples: str
) -> None:
    assert tried(tmp_path, place, examples) == []


@pytest.mark.parametrize(("place", "example", "told"), BAD, ids=[told for _, _, told in BAD])
def test_an_example_that_does_not_is_told_at_its_place(
    tmp_path: Path, place: tuple[str, str], example: str, told: str
) -> None:
    (found,) = tried(tmp_path, place, example)
    line = next(number for number, text in enumerate(FILES[place[0]].splitlines(), 1) if place[1] in text)
    assert told in found and found.startswith(f"{place[0]}:{line}:") and ". Fix: " in found


def test_an_example_has_one_end(tmp_path: Path) -> None:
    with pytest.raises(Exception, match="gives a value or rejects the row, not both"):
        tried(tmp_path, COPY, "{given: {}, gives: '1', rejects: too_long}")


@pytest.mark.parametrize("project", [ROOT / "include", *sorted((ROOT / "tests/projects").glob("*/project.yaml"))])
def test_the_examples_of_our_projects_come_out(project: Path) -> None:
    specification = read_specification(project if project.is_dir() else project.parent)
    assert check_examples(specification) == []
    if project.is_dir():
        rules = [rule for mapping in specification.mappings.values() for _, rule in located_fields(mapping)]
        assert sum(bool(rule.examples) for rule in rules) >= 10
