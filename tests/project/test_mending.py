"""What a machine must never do, or may only propose, does not load: each such wish is told with place and way out."""

import pyarrow as pa
import pytest
from tests.project.conftest import FILES, Toy

from cutover.core.cleansing import NEVER, REMEDIES, CleanseStep, cleanse, replay
from cutover.core.defects import DEFECTS
from cutover.project.model import Cleanse
from cutover.project.specification import inspect_specification

CUSTOMER = "mappings/customer.yaml"
RULE = "  - {rule: CU-C1, column: [NR, NAME], do: [trim]}\n"
VALID = (CUSTOMER, 'pattern: "[A-Z]{2}"', "valid: cn_uscc")


def told(toy: Toy, rule: str, *edits: tuple[str, ...]) -> list[str]:
    line = FILES[CUSTOMER][: FILES[CUSTOMER].index(RULE)].count("\n") + 2
    _, findings = inspect_specification(toy((CUSTOMER, RULE, f"{RULE}  - {{rule: CU-C9, {rule}}}\n"), *edits))
    assert all((finding.file, finding.line) == (CUSTOMER, line) for finding in findings), findings
    return [str(finding) for finding in findings]


@pytest.mark.parametrize("name", NEVER)
def test_what_no_machine_may_do_does_not_load(toy: Toy, name: str) -> None:
    (finding,) = told(toy, f"column: NAME, do: {name}")
    assert f"no machine may do {name!r}: {NEVER[name].why}" in finding and NEVER[name].instead in finding


@pytest.mark.parametrize("defect", [defect.id for defect in DEFECTS.values() if defect.mode == "X"])
def test_nobody_can_ask_for_the_mending_of_such_a_defect(toy: Toy, defect: str) -> None:
    (finding,) = told(toy, f"column: NAME, do: {defect}")
    assert f"no machine may do {defect!r}" in finding


PROPOSING = sorted(name for name, remedy in REMEDIES.items() if remedy.mode == "P")
STATED = "values: {A: '1'}, region: CN, pivot: 50, validator: cn_uscc"


@pytest.mark.parametrize("name", PROPOSING)
def test_a_remedy_that_only_proposes_needs_an_approval(toy: Toy, name: str) -> None:
    (finding,) = told(toy, f"column: REMARK, do: {name}, {STATED}")
    each = REMEDIES[name].each
    assert ("each cell needs a decision" if each else "only proposes (mode P)") in finding
    assert told(toy, f"column: REMARK, do: {name}, {STATED}, propose: true") == []
    approved = told(toy, f"column: REMARK, do: {name}, {STATED}, approver: sales")
    assert len(approved) == (1 if each else 0)


def test_an_identity_is_never_changed_by_a_rule(toy: Toy) -> None:
    changing = "column: [LAND], do: replace_values, values: {A: B}"
    assert told(toy, changing) == []
    (finding,) = told(toy, changing, VALID)
    assert "may change what 'LAND' says, which is checked as an identity" in finding
    assert told(toy, changing + ", approver: boss", VALID) == [finding]
    assert told(toy, changing + ", propose: true", VALID) == []
    assert told(toy, "column: LAND, do: [fold_width, remove_spaces, upper]", VALID) == []


def test_only_codes_are_folded_by_a_machine_alone(toy: Toy) -> None:
    """T07: in a code a wide letter is a narrow one; in free text somebody may have meant it."""
    for coded in ("NR", "LAND", "TAX", "LIMIT"):
        assert told(toy, f"column: {coded}, do: fold_width") == []
    (finding,) = told(toy, "column: NAME, do: fold_width")
    assert "fold_width would change free text by itself: nothing says that 'NAME' holds codes" in finding
    assert told(toy, "column: NAME, do: fold_width, approver: sales") == []
    assert told(toy, "column: NAME, do: fold_width, propose: true") == []


def test_match_keys_are_for_columns_that_name_rows(toy: Toy) -> None:
    assert told(toy, "column: NR, do: fold_key") == []
    (finding,) = told(toy, "column: NAME, do: fold_key")
    assert "'NAME' names no row" in finding and "people read it" in finding


NEEDS = {
    "locale_number": "locale", "marked_sign": "values", "currency_decimals": "beside", "round_artefact": "scale",
    "multiply": "factor", "price_unit": "beside", "excel_serial": "epoch", "date_formats": "formats", "e164": "region",
}  # fmt: skip


@pytest.mark.parametrize(("name", "needed"), NEEDS.items())
def test_a_remedy_says_what_it_needs(toy: Toy, name: str, needed: str) -> None:
    assert any(f"{name} needs `{needed}`" in finding for finding in told(toy, f"column: NAME, do: {name}"))


STATED_FOR = {
    "marked_sign": "values: {CR: '-'}",
    "currency_decimals": "values: {JPY: 0}, beside: LAND",
    "price_unit": "beside: LAND",
    "excel_serial": "epoch: 1904",
}
FOR_ALL = (
    "length: 6, values: {A: 1}, locale: de_DE, scale: 2, factor: 10000, formats: ['%d/%m/%Y'], pivot: 50, region: CN, "
    "validator: cn_uscc"
)


@pytest.mark.parametrize("name", sorted(REMEDIES))
def test_every_remedy_can_be_asked_for_in_a_file(toy: Toy, name: str) -> None:
    column = "NR" if REMEDIES[name].keys_only or REMEDIES[name].codes_only else "REMARK"
    proposing = ", propose: true" if REMEDIES[name].mode == "P" else ""
    assert told(toy, f"column: {column}, do: {name}, {STATED_FOR.get(name, FOR_ALL)}{proposing}") == []


@pytest.mark.parametrize(
    ("rule", "problem"),
    [
        ("do: marked_sign, values: {CR: minus}", "marked_sign cannot use CR: minus"),
        ("do: currency_decimals, beside: LAND, values: {JPY: none}", "cannot use JPY: none"),
        ("do: locale_number, locale: tlh_XX", "'tlh_XX' is no locale"),
        ("do: e164, region: China", "'China' is no country of phone numbers"),
        ("do: look_alike, propose: true, validator: cn_usc", "there is no validator 'cn_usc'"),
        ("do: trim, propose: true, approver: boss", "decided cell by cell"),
        ("do: excel_serial, epoch: 1905", "epoch"),
        ("do: excel_serial, epoch: [1900]", "epoch"),
    ],
)
def test_a_parameter_that_makes_no_sense_is_told(toy: Toy, rule: str, problem: str) -> None:
    assert any(problem in finding for finding in told(toy, f"column: NAME, {rule}"))


def test_a_preset_stands_for_its_remedies_and_needs_what_they_need(toy: Toy) -> None:
    assert told(toy, "column: LAND, do: [sap_date, upper]") == []
    (finding,) = told(toy, "column: NR, do: sap_key")
    assert "strip_zeros needs `length`" in finding
    assert [finding.split("`")[1] for finding in told(toy, "column: LAND, do: sap_currency_amount")] == [
        "beside",
        "values",
    ]
    (finding,) = told(toy, "column: LAND, do: sap_dates")
    assert "there is no remedy 'sap_dates'. Fix: did you mean 'sap_date'?" in finding


@pytest.mark.parametrize(
    ("preset", "before", "after"),
    [
        ("sap_key", " 0000001200", "1200"),
        ("sap_key", "0000A01200", "0000A01200"),
        ("sap_amount", "  4380.31-", "-4380.31"),
        ("sap_amount", "12.00 ", "12.00"),
        ("sap_currency_amount", "12.34-", "-1234"),
        ("sap_date", "20250315", "2025-03-15"),
        ("sap_date", "00000000", None),
        ("sap_date", "99991231", None),
        ("sap_date", "        ", None),
    ],
)
def test_a_preset_mends_what_such_systems_write(preset: str, before: str, after: str | None) -> None:
    rule = Cleanse(rule="R-1", column="a", do=preset, length=10, beside="b", values={"JPY": "0"})
    rows = pa.table({"_row": pa.array([1], pa.int64()), "a": [before], "b": ["JPY"]})
    clean, changes, _ = cleanse(rows, [CleanseStep(rule.rule, "a", rule.do, rule.parameters)])
    assert clean["a"].to_pylist() == [after]
    assert replay(rows, changes).equals(clean)
