"""What must never be automatic does not load, by whatever words a mapping asks for it."""

import pytest
from tests.project.conftest import FILES, Toy

from cutover.project.specification import inspect_specification

CUSTOMER, SUPPLIER = "mappings/customer.yaml", "mappings/supplier.yaml"
RULE = "  - {rule: CU-C1, column: [NR, NAME], do: [trim]}\n"
IDENTITIES = (CUSTOMER, "also:\n", "identities: [BANK]\nalso:\n")
VALID = (CUSTOMER, 'pattern: "[A-Z]{2}"', "valid: cn_uscc")
UNAPPROVED = (CUSTOMER, "  approver: sales\nfields:\n", "fields:\n")
LAW = "duplicates: {rule: CU-D, name: NAME, identity: TAX, valid: cn_uscc}\n"


def told(toy: Toy, *rules: str, edits: tuple[tuple[str, ...], ...] = ()) -> list[str]:
    more = "".join(f"  - {{rule: CU-N{place}, {rule}}}\n" for place, rule in enumerate(rules))
    _, findings = inspect_specification(toy((CUSTOMER, RULE, RULE + more), *edits))
    return [str(finding) for finding in findings]


CHANGING = [
    "do: strip_zeros, length: 12",
    "do: pad_zeros, length: 12",
    "do: replace_values, values: {A: B}",
    "do: locale_number, locale: de_DE",
    "do: excel_serial, epoch: 1900",
    "do: multiply, factor: 10",
    "do: negate",
    "do: mask_secrets, approver: boss",
]


@pytest.mark.parametrize("rule", CHANGING)
def test_what_an_identity_says_is_changed_by_no_rule(toy: Toy, rule: str) -> None:
    assert told(toy, f"column: BANK, {rule}") == []
    (finding,) = told(toy, f"column: BANK, {rule}", edits=(IDENTITIES,))
    assert "may change what 'BANK' says, which is checked as an identity" in finding and "propose: true" in finding
    proposed = rule.removesuffix(", approver: boss") + ", propose: true"
    assert told(toy, f"column: BANK, {proposed}", edits=(IDENTITIES,)) == []


def test_how_an_identity_is_written_may_be_mended(toy: Toy) -> None:
    rule = "column: BANK, do: [fold_width, trim, remove_spaces, account_digits, upper, empty_to_null]"
    assert told(toy, rule, edits=(IDENTITIES,)) == []


def test_the_number_that_proves_duplicates_is_an_identity(toy: Toy) -> None:
    (finding,) = told(toy, "column: TAX, do: pad_zeros, length: 9", edits=((CUSTOMER, "also:\n", LAW + "also:\n"),))
    assert "'TAX' says, which is checked as an identity" in finding


def test_an_address_that_is_checked_is_no_identity(toy: Toy) -> None:
    address = (CUSTOMER, 'pattern: "[A-Z]{2}"', "valid: phone_possible, hard: false")
    assert told(toy, "column: LAND, do: e164, region: CN", edits=(address,)) == []


def test_nobody_writes_another_amount_by_a_list(toy: Toy) -> None:
    (finding,) = told(toy, "column: LIMIT, do: replace_values, values: {'100.00': '200.00'}, approver: boss")
    assert "writes another amount into 'LIMIT'" in finding
    assert told(toy, "column: LIMIT, do: replace_values, values: {'999999': null}, propose: true") == []
    assert told(toy, "column: LIMIT, do: [trailing_minus, negate]") == []


def test_no_row_gets_an_invented_parent(toy: Toy) -> None:
    invented = "column: NR, do: replace_values, values: {'': '9999'}"
    (finding,) = told(toy, invented)
    assert "gives rows whose 'NR' is empty a parent" in finding
    assert told(toy, invented + ", approver: sales") == told(toy, invented + ", propose: true") == []
    assert told(toy, "column: NR, do: replace_values, values: {' ': null, A: B}") == []


@pytest.mark.parametrize("kind", ["constant, value: 91110000600037341L", "default_audited, source: TAX, value: X"])
def test_no_identity_is_made_up(toy: Toy, kind: str) -> None:
    field = "{rule: CU-2, kind: lookup, source: LAND, target: country, crosswalk: country, type: text(2)}"
    made = (CUSTOMER, field, f"{{rule: CU-2, kind: {kind}, target: country}}")
    assert told(toy, edits=(made,)) == []
    (finding,) = told(toy, edits=(made, VALID))
    assert "'country' is checked as an identity, and a machine must not make one up" in finding


FORMATS = {
    "%m/%Y": "reads no whole day",
    "%Y": "reads no whole day",
    "%H:%M": "reads no whole day",
    "%d/%m/%Q": "reads no whole day",
    "dd.mm.yyyy": "reads no whole day",
}


@pytest.mark.parametrize(("form", "problem"), FORMATS.items())
def test_a_format_reads_a_whole_day_or_is_none(toy: Toy, form: str, problem: str) -> None:
    (finding,) = told(toy, f"column: DAY, do: date_formats, formats: ['%d.%m.%Y', '{form}']")
    assert f"{form!r} {problem}" in finding
    cast = (CUSTOMER, '["%Y-%m-%d"]', f'["{form}"]')
    assert any(problem in finding for finding in told(toy, edits=(cast,)))


def test_two_digits_of_a_year_need_a_pivot(toy: Toy) -> None:
    short = "column: DAY, do: date_formats, formats: ['%d/%m/%y']"
    (finding,) = told(toy, short)
    assert "'%d/%m/%y' reads two digits of a year" in finding and "`pivot`" in finding
    assert told(toy, short + ", pivot: 30") == []
    assert told(toy, edits=((CUSTOMER, '["%Y-%m-%d"]', '["%d/%m/%y"]'),)) == []


@pytest.mark.parametrize("form", ["%d/%m/%Y", "%Y%m%d", "%d %b %Y", "%B %d, %Y", "%Y-%m-%dT%H:%M:%S%z", "%Y%j"])
def test_formats_of_whole_days_are_sound(toy: Toy, form: str) -> None:
    assert told(toy, f"column: DAY, do: date_formats, formats: ['{form}']") == []


def test_two_rules_do_not_choose_between_two_readings(toy: Toy) -> None:
    first, second = (f"column: DAY, do: date_formats, formats: ['{form}']" for form in ("%d/%m/%Y", "%m/%d/%Y"))
    (finding,) = told(toy, first, second)
    assert "CU-N0 reads the same column by '%d/%m/%Y': one text, two days" in finding
    assert told(toy, first + ", when: \"SRC = 'A'\"", second + ", when: \"SRC = 'B'\"") == []
    assert len(told(toy, first + ", when: \"SRC = 'A'\"", second)) == 1
    assert told(toy, first, second.replace("DAY", "OTHER")) == []
    german, english = (f"column: N, do: locale_number, locale: {name}" for name in ("de_DE", "en_US"))
    (finding,) = told(toy, german, english)
    assert "CU-N0 reads the same column by de_DE" in finding
    assert told(toy, german, german) == []


def test_a_cast_does_not_choose_between_two_readings(toy: Toy) -> None:
    (finding,) = told(toy, edits=((CUSTOMER, '["%Y-%m-%d"]', '["%d/%m/%Y", "%Y-%m-%d", "%m/%d/%Y"]'),))
    assert "'%d/%m/%Y' and '%m/%d/%Y' would read a text that both read" in finding
    assert told(toy, edits=((CUSTOMER, '["%Y-%m-%d"]', '["%d/%m/%Y", "%Y-%m-%d", "%d.%m.%Y", "%Y%m%d"]'),)) == []


def test_mojibake_is_judged_before_anything_changes_it(toy: Toy) -> None:
    (finding,) = told(toy, "column: NAME, do: unmix_gb, propose: true")
    assert "judges 'NAME' as it was landed" in finding
    assert len(told(toy, "column: REMARK, do: [trim, unmix_gb], propose: true")) == 1
    assert told(toy, "column: REMARK, do: [unmix_gb, trim], propose: true") == []


def test_rows_become_one_by_a_law_or_by_somebody(toy: Toy) -> None:
    (finding,) = told(toy, edits=(UNAPPROVED,))
    assert "nothing proves that they are one thing" in finding and "`approver`" in finding
    assert told(toy, edits=(UNAPPROVED, (CUSTOMER, "also:\n", LAW + "also:\n"))) == []


@pytest.mark.parametrize(
    "edit",
    [
        (CUSTOMER, "  approver: sales\nfields:\n", "  approver: ' '\nfields:\n"),
        (CUSTOMER, "reason: test_record, approver: sales}", "reason: test_record, approver: ''}"),
        (CUSTOMER, RULE, RULE + "  - {rule: CU-N9, column: REMARK, do: mask_secrets, approver: ' '}\n"),
    ],
)
def test_nobody_is_no_approver(toy: Toy, edit: tuple[str, str, str]) -> None:
    _, findings = inspect_specification(toy(edit))
    assert findings and all("approver" in str(finding) for finding in findings), findings


def test_the_official_number_is_among_what_matches(toy: Toy) -> None:
    by_name = (CUSTOMER, "match: [TAX]", 'match: ["lower(NAME)"]')
    (finding,) = told(toy, edits=(by_name, (CUSTOMER, "also:\n", LAW + "also:\n")))
    assert "rows would merge whose 'TAX' differ" in finding


@pytest.mark.parametrize(("valid", "problem"), [("email", "email is no official number"), ("vat", "no validator")])
def test_an_official_number_is_given_by_somebody(toy: Toy, valid: str, problem: str) -> None:
    (finding,) = told(toy, edits=((CUSTOMER, "also:\n", LAW.replace("cn_uscc", valid) + "also:\n"),))
    assert problem in finding


def test_an_earlier_entity_says_which_number_joins_it_to_ours(toy: Toy) -> None:
    supplier = f"""\
entity: supplier
source: {{system: crm, extract: orders.sql, key: NR}}
target: {{table: app.supplier, key: no}}
merge: {{rule: SU-M, kind: merge_entity, match: [TAX], into: [customer]}}
{LAW.replace("CU-D", "SU-D")}fields:
  - {{rule: SU-1, kind: copy, source: NR, target: no}}
"""
    (finding,) = told(toy, edits=((SUPPLIER, supplier),))
    assert "'customer' does not say which number and name make its rows one thing with ours" in finding
    assert told(toy, edits=((SUPPLIER, supplier), (CUSTOMER, "also:\n", LAW + "also:\n"))) == []


def test_the_files_that_are_broken_above_are_sound(toy: Toy) -> None:
    assert RULE in FILES[CUSTOMER] and told(toy) == []
