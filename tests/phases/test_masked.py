"""A copy for tests holds no personal value of the system that it was made from, and still works as a copy."""

import csv
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.phases.moved import toy
from tests.phases.toy import Toy, of

from cutover.core.verdicts import CheckResult
from cutover.errors import InputError, SourceError
from cutover.phases.land import land
from cutover.phases.masked import LAYER, masked_checks
from cutover.phases.world import World
from cutover.systems.connections import Connection
from cutover.systems.staging import Dataset

__all__ = ["toy"]

CUSTOMER = "mappings/customer.yaml"
SYSTEM = ("project.yaml", "{crm: {connection: crm}}", "{crm: {connection: crm, masked_copy: crm_test}}")
CHECKED = (CUSTOMER, "  - {rule: CU-G1,", "  - {rule: CU-G2, column: phone, valid: email}\n  - {rule: CU-G1,")
KEYED = (CUSTOMER, "pii: [NAME, PHONE]", "pii: [NR, NAME]")
CUSTOMERS = [
    {"NR": "1", "NAME": "Anna", "PHONE": "anna@firm.cn"},
    {"NR": "2", "NAME": "Bruno", "PHONE": "bruno@firm.cn"},
    {"NR": "3", "NAME": "Carla", "PHONE": None, "PARENT": "1"},
]
Line = dict[str, str]
Compare = Callable[..., list[CheckResult]]


def masked(line: Line) -> Line:
    """Mask the personal columns of a customer: other names, and addresses that are valid and nobody's."""
    phone = f"{line['NR']}@example.org" if line["PHONE"] else ""
    return {**line, "NAME": f"Person {line['NR']}", "PHONE": phone}


def read(path: Path) -> list[Line]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def write(path: Path, lines: list[Line], names: list[str]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, names)
        writer.writeheader()
        writer.writerows(lines)


def with_copy(toy: Toy, tamper: Callable[[Line], Line], *edits: tuple[str, str, str]) -> World:
    """Write the legacy files and their masked copy, tampered with; returns the world that knows both."""
    for edit in edits:
        toy.edit(*edit)
    toy.write("customer", CUSTOMERS)
    toy.write("supplier", [{"NR": "1"}])
    toy.write("order", [{"ID": "1", "PARTNER": "1"}, {"ID": "2", "PARTNER": "9"}])
    toy.write("line", [{"ID": "1"}])
    copy = toy.root / "copy"
    copy.mkdir()
    for file in (toy.root / "legacy").glob("*.csv"):
        lines = read(file)
        names = list(lines[0])
        write(copy / file.name, [tamper(masked(line)) for line in lines] if file.stem == "customer" else lines, names)
    world = toy.world()
    known = world.connect
    test_copy = Connection("crm_test", "fs", extra={"path": str(copy)})
    world.__dict__["connect"] = lambda name: test_copy if name == "crm_test" else known(name)
    return world


@pytest.fixture
def compare(toy: Toy) -> Compare:
    """Lands the toy, and holds its masked copy against it."""

    def run(tamper: Callable[[Line], Line] = lambda line: line, *edits: tuple[str, str, str]) -> list[CheckResult]:
        world = with_copy(toy, tamper, SYSTEM, *edits)
        snapshot = land(world)
        found = list(masked_checks(world, snapshot, list(world.specification.mappings.values())))
        assert world.staging.parts(Dataset(snapshot, LAYER, "crm.customer")) == []
        return found

    return run


def test_a_copy_whose_personal_columns_are_masked_passes(compare: Compare) -> None:
    results = compare(lambda line: line, CHECKED)
    assert [(one.check_id, one.entity, one.status, one.denominator) for one in results] == [
        ("MASKED.NAME", "customer", "pass", 3),
        ("MASKED.PHONE", "customer", "pass", 2),
        ("MASKED.FORM.PHONE", "customer", "pass", 2),
    ]


def test_a_phone_column_that_was_left_unmasked_closes_it(compare: Compare) -> None:
    """DMC-05: one phone column is as it was."""
    phones = {line["NR"]: line["PHONE"] or "" for line in CUSTOMERS}
    found = of(compare(lambda line: {**line, "PHONE": phones[line["NR"]]}), "MASKED.PHONE", "customer")
    assert (found.status, found.severity, found.numerator, found.denominator) == ("fail", "blocker", 2, 2)
    assert "firm.cn" not in str(found)


def test_one_forgotten_row_is_enough(compare: Compare) -> None:
    found = compare(lambda line: {**line, "NAME": "Anna" if line["NR"] == "1" else line["NAME"]})
    assert (of(found, "MASKED.NAME", "customer").status, of(found, "MASKED.NAME", "customer").numerator) == ("fail", 1)


def test_masked_numbers_are_still_of_their_form(compare: Compare) -> None:
    found = of(
        compare(lambda line: {**line, "PHONE": line["PHONE"] and "xxx"}, CHECKED), "MASKED.FORM.PHONE", "customer"
    )
    assert (found.status, found.numerator, found.denominator) == ("fail", 2, 2)


def renumbered(line: Line) -> Line:
    return {**line, "NR": f"9{line['NR']}", "PARENT": f"9{line['PARENT']}" if line["PARENT"] else ""}


def test_masked_keys_still_join(compare: Compare) -> None:
    results = compare(renumbered, KEYED)
    assert [(one.check_id, one.entity, one.status) for one in results] == [
        ("MASKED.NR", "customer", "pass"),
        ("MASKED.NAME", "customer", "pass"),
        ("MASKED.JOINS.CU-7", "customer", "pass"),
        ("MASKED.JOINS.CU-R1", "customer", "pass"),
    ]


def test_a_reference_that_was_masked_otherwise_than_its_key_is_found(compare: Compare) -> None:
    results = compare(lambda line: {**renumbered(line), "PARENT": line["PARENT"]}, KEYED)
    found = of(results, "MASKED.JOINS.CU-7", "customer")
    assert (found.status, found.numerator, found.denominator) == ("fail", 1, 1)


def test_keys_that_were_left_as_they_were_are_found(compare: Compare) -> None:
    found = of(compare(lambda line: line, KEYED), "MASKED.NR", "customer")
    assert (found.status, found.numerator, found.denominator) == ("fail", 3, 3)


def test_a_copy_of_other_rows_proves_nothing(compare: Compare) -> None:
    found = of(compare(renumbered), "MASKED.NAME", "customer")
    assert (found.status, found.message) == ("not_run", "no row of the copy has a value to compare")


def test_without_a_copy_it_is_told_that_none_is_known(toy: Toy) -> None:
    world = with_copy(toy, lambda line: line)
    (found,) = masked_checks(world, land(world), list(world.specification.mappings.values()))
    assert (found.check_id, found.status) == ("MASKED", "not_applicable")
    assert "declares no `masked_copy`" in found.message


@pytest.mark.parametrize(("gone", "error"), [("customer.csv", SourceError), ("", InputError)])
def test_a_copy_that_is_not_there_is_named(toy: Toy, gone: str, error: type[Exception]) -> None:
    world = with_copy(toy, lambda line: line, SYSTEM)
    for file in (toy.root / "copy").iterdir():
        if not gone or file.name == gone:
            file.unlink()
    if not gone:
        (toy.root / "copy").rmdir()
    with pytest.raises((error, SourceError), match="crm_test|customer.csv"):
        list(masked_checks(world, land(world), list(world.specification.mappings.values())))
