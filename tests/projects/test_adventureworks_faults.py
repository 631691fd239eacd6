"""Faults put into a copy of Adventure Works' files: each is found by its rule, and every row is accounted for."""

from collections.abc import Callable
from pathlib import Path

import pytest
from tests.projects.journey import (
    ADVENTUREWORKS,
    count_outcomes,
    folder_connection,
    load_ungated,
    make_world,
    prepare,
    rejected,
)
from tests.projects.plain import records

from cutover.core.verdicts import CheckResult
from cutover.errors import SourceError
from cutover.phases.gates.structures import structure_checks
from cutover.phases.world import World

Create = Callable[..., str]


def _edit(
    folder: Path,
    table: str,
    *,
    add: list[str] | None = None,
    change: dict[tuple[str, ...], tuple[int, str]] | None = None,
) -> None:
    """Add rows to a file, and change a field of the row that begins with the given fields."""
    rows = records(folder, table)
    for start, (index, value) in (change or {}).items():
        (row,) = [row for row in rows if tuple(row[: len(start)]) == start]
        row[index] = value
    lines = ["\t".join(row) for row in rows] + (add or [])
    (folder / f"{table}.csv").write_text("".join(f"{line}\n" for line in lines), encoding="utf-8", newline="")


@pytest.fixture
def faulty_folder(adventureworks_folder: Path, tmp_path: Path) -> Path:
    """A copy of Adventure Works' folder, to put faults into."""
    folder = tmp_path / "files"
    folder.mkdir()
    for file in adventureworks_folder.glob("*.csv"):
        (folder / file.name).write_bytes(file.read_bytes())
    return folder


def test_each_fault_of_adventure_works_is_rejected_by_its_rule(
    faulty_folder: Path, scratch_database: Create, tmp_path: Path
) -> None:
    day, now = "2022-04-15 00:00:00.000", "2022-04-22 00:00:00.000"
    _edit(faulty_folder, "Product", change={("879",): (1, "y" * 51)})
    _edit(faulty_folder, "Vendor", add=[f"1492\tANOTHER0001\tAnother\t1\t1\t1\t\t{day}"], change={("1494",): (3, "9")})
    _edit(
        faulty_folder,
        "PurchaseOrderHeader",
        add=[f"9001\t0\t1\t250\t1492\t5\t{day}\t{day}\t1.0000\t.1000\t.0100\t1.1100\t{now}"],
        change={
            ("1",): (11, "222.1493"),
            ("2",): (6, "2022-04-31 00:00:00.000"),
            ("4",): (7, "2022-04-14 00:00:00.000"),
        },
    )
    _edit(
        faulty_folder,
        "PurchaseOrderDetail",
        add=[f"99999\t90001\t{day}\t1\t1\t1.0000\t1.0000\t1.00\t.00\t1.00\t{now}"],
        change={("5", "6"): (6, "12.3456"), ("7", "8"): (5, ".12345")},
    )
    _edit(
        faulty_folder,
        "BillOfMaterials",
        add=[f"9001\t3\t749\t{day}\t\tEA \t1\t1.00\t{day}", f"9002\t3\t2\t{day}\t\tXX \t1\t1.00\t{day}"],
    )
    world = make_world(
        ADVENTUREWORKS,
        folder_connection("adventureworks_files", faulty_folder),
        database := scratch_database(),
        tmp_path / "staging",
    )
    snapshot = prepare(world)
    moved = load_ungated(world, database, snapshot)
    found = {
        entity: {key: (rule, reason) for key, rule, reason in rejected(world, snapshot, entity)}
        for entity in moved.entities
    }
    assert found["item"] == {"879": ("ITM-030", "too_long")}
    assert found["vendor"] == {"1492": ("KEY", "duplicate_key"), "1494": ("VEN-040", "no_entry")}
    orders = records(faulty_folder, "PurchaseOrderHeader")
    gone = {row[0] for row in orders if row[4] in ("1492", "1494")}
    own = {"1": ("POH-G01", "expression"), "2": ("POH-070", "no_format_matches"), "4": ("POH-G02", "expression")}
    assert found["purchase_order"] == {**{order: ("POH-050", "parent_rejected") for order in gone}, **own}
    lines = records(faulty_folder, "PurchaseOrderDetail")
    of_gone = {f"{row[0]}|{row[1]}" for row in lines if row[0] in gone | own.keys()}
    assert found["purchase_order_line"].pop("99999|90001") == ("POL-010", "no_parent")
    assert found["purchase_order_line"].pop("5|6") == ("POL-G01", "expression")
    assert found["purchase_order_line"].pop("7|8") == ("SOURCE", "not_a_decimal")
    of_item = {f"{row[0]}|{row[1]}": row[0] for row in lines if row[4] == "879" and row[0] not in gone | own.keys()}
    broken = {"5", "7", *of_item.values()}
    siblings = {f"{row[0]}|{row[1]}" for row in lines if row[0] in broken} - {"5|6", "7|8"} - of_item.keys()
    assert of_item and found["purchase_order_line"] == {
        **{line: ("POL-010", "parent_rejected") for line in of_gone},
        **{line: ("POL-050", "parent_rejected") for line in of_item},
        **{line: ("POL-N01", "group_rejected") for line in siblings},
    }
    # An order stays when its lines fall; the target's own control tells which ones these are.
    assert {order for (order,) in moved.rows("select order_no from purchasing.untied_order")} == broken
    assert found["bill_of_material"]["9002"] == ("BOM-060", "no_parent")
    for entity, file in {"purchase_order": orders, "purchase_order_line": lines}.items():
        assert sum(moved.outcomes()[entity].values()) == len(file)
        assert moved.one("select count(*) from cutover.disposition where entity = %s", entity) == (len(file),)


def test_a_circle_in_the_structure_is_rejected_as_a_whole(
    faulty_folder: Path, scratch_database: Create, tmp_path: Path
) -> None:
    structure = {(row[1], row[2]) for row in records(faulty_folder, "BillOfMaterials")}
    assembly, component = next((a, c) for a, c in sorted(structure) if a and (c, a) not in structure)
    day = "2021-04-15 00:00:00.000"
    _edit(faulty_folder, "BillOfMaterials", add=[f"9003\t{component}\t{assembly}\t{day}\t\tEA \t1\t1.00\t{day}"])
    world = make_world(
        ADVENTUREWORKS,
        folder_connection("adventureworks_files", faulty_folder),
        scratch_database(),
        tmp_path / "staging",
    )
    found = rejected(world, prepare(world), "bill_of_material")
    on_circle = {
        row[0]
        for row in records(faulty_folder, "BillOfMaterials")
        if (row[1], row[2]) in {(assembly, component), (component, assembly)}
    }
    assert {(rule, reason) for _, rule, reason in found} == {("BOM-A01", "circle")}
    assert on_circle <= {key for key, _, _ in found}


def test_a_component_that_is_no_longer_made_closes_the_gate(
    faulty_folder: Path, scratch_database: Create, tmp_path: Path
) -> None:
    """DMC-12: a released assembly is made of released components."""
    edges = {(row[1], row[2]) for row in records(faulty_folder, "BillOfMaterials") if row[1]}
    component = min(child for _, child in edges)
    _edit(faulty_folder, "Product", change={(component,): (22, "2024-01-01 00:00:00.000")})
    world = make_world(
        ADVENTUREWORKS,
        folder_connection("adventureworks_files", faulty_folder),
        scratch_database(),
        tmp_path / "staging",
    )
    (found,) = structure_results(world, prepare(world), "RELEASED")
    rows = [row for row in records(faulty_folder, "BillOfMaterials") if row[1] and row[1] != component]
    assert (found.status, found.numerator) == ("fail", sum(row[2] == component for row in rows))
    assert found.denominator == len(rows)


def structure_results(world: World, snapshot: str, check: str) -> list[CheckResult]:
    mapping = world.specification.mapping("bill_of_material")
    return [one for one in structure_checks(world, snapshot, mapping) if one.check_id == check]


def spoil_vendors(folder: Path, database: str, staging: Path, before: bytes, after: bytes) -> World:
    """Make the world in which the vendors' file is another one."""
    file = folder / "Vendor.csv"
    assert before in file.read_bytes()
    file.write_bytes(file.read_bytes().replace(before, after))
    return make_world(ADVENTUREWORKS, folder_connection("adventureworks_files", folder), database, staging)


def test_a_file_that_is_not_as_declared_is_not_landed(
    faulty_folder: Path, scratch_database: Create, tmp_path: Path
) -> None:
    spoilt = (b"Allenson Cycles", b"Allens\xf6n Cycles")
    world = spoil_vendors(faulty_folder, scratch_database(), tmp_path / "staging", *spoilt)
    with pytest.raises(SourceError, match=r"Vendor.csv"):
        prepare(world)


def test_a_ragged_row_is_rejected_by_its_line_and_so_is_all_that_refers_to_it(
    faulty_folder: Path, scratch_database: Create, tmp_path: Path
) -> None:
    spoilt = (b"\tAllenson Cycles\t", b"\tAllenson\tCycles\t")
    world = spoil_vendors(faulty_folder, scratch_database(), tmp_path / "staging", *spoilt)
    snapshot = prepare(world)
    assert rejected(world, snapshot, "vendor") == [("Vendor.csv:2", "SOURCE", "too_many_fields")]
    assert count_outcomes(world, snapshot, "vendor") == {"loaded": 103, "rejected": 1}
    assert {rule for _, rule, _ in rejected(world, snapshot, "purchase_order")} == {"POH-050"}
