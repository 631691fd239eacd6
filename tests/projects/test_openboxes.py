"""A workbook's purchase orders all the way: every expected figure is read from the .xls by another reader."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import xlrd
from tests.projects.journey import Moved, rejected

from cutover.systems import datasets

Lines = list[dict[str, Any]]


@pytest.fixture(scope="module")
def lines(openboxes_folder: Path) -> Lines:
    """The lines of the workbook, numbers as Excel shows them, `line` the row in Excel."""
    with xlrd.open_workbook(str(openboxes_folder / "purchaseOrders.xls")) as book:
        sheet = book.sheet_by_name("Sheet1")
        names = sheet.row_values(0)
        rows = [dict(zip(names, sheet.row_values(row), strict=True)) for row in range(1, sheet.nrows)]
    shown = {float: lambda cell: Decimal(format(cell, ".15g")), str: str}
    return [{n: shown[type(c)](c) for n, c in row.items()} | {"line": line} for line, row in enumerate(rows, 2)]


def of(lines: Lines) -> Lines:
    """The lines that have a supplier, and whose product's code Excel has not spoiled (line 12)."""
    return [line for line in lines if line["Vendor"] and line["line"] != 12]


def total(lines: Lines, column: str) -> Any:
    return sum(line[column] for line in lines)


def test_every_line_has_one_outcome(openboxes: Moved, lines: Lines) -> None:
    assert len(lines) == 136
    without = sum(not line["Vendor"] for line in lines)
    suppliers = {line["Vendor"].lower() for line in lines if line["Vendor"]}
    codes = {line["Product code"].upper() for line in lines if line["Product code"] != "new"}
    assert (without, len(suppliers), len(codes)) == (5, 2, 131)
    batches = openboxes.rows(
        """select entity, sum(rows_read), sum(rows_loaded), sum(rows_merged), sum(rows_dropped), sum(rows_rejected)
           from cutover.batch where run_id = %s group by entity""",
        openboxes.run_id,
    )
    assert {entity: tuple(map(int, figures)) for entity, *figures in batches} == {
        "supplier": (136, 2, 129, 5, 0),
        "product": (136, 130, 0, 5, 1),
        "purchase_order": (136, 2, 129, 5, 0),
        "purchase_order_line": (136, 130, 0, 5, 1),
    }
    kept = openboxes.rows(
        "select entity, count(*), count(distinct src_key) from cutover.disposition where run_id = %s group by entity",
        openboxes.run_id,
    )
    assert {entity: (rows, keys) for entity, rows, keys in kept} == dict.fromkeys(openboxes.entities, (136, 136))


def test_the_code_that_excel_made_a_date_of_is_rejected_with_its_line(openboxes: Moved) -> None:
    assert rejected(openboxes.world, openboxes.snapshot, "product") == [("12", "PRD-G01", "expression")]
    ((key, rule, _),) = rejected(openboxes.world, openboxes.snapshot, "purchase_order_line")
    assert (key, rule) == ("12", "POL-030")


def test_money_and_quantities_tie_to_the_workbook(openboxes: Moved, lines: Lines) -> None:
    sums = openboxes.one(
        """select count(*), sum(total_cost), sum(package_cost), sum(quantity), sum(quantity_needed), sum(unit_cost)
           from purchasing.purchase_order_line"""
    )
    columns = ("Total cost", "Package cost", "Quantity of units quoted", "Total Order Quantity Round Up", "Unit cost")
    assert sums == (130, *(total(of(lines), column) for column in columns))
    assert total(lines, "Total cost") == Decimal("402244.15")  # pinned, so that both readings cannot go wrong alike
    stayed = [line for line in lines if line not in of(lines)]
    assert sums[1] + total(stayed, "Total cost") == Decimal("402244.15")
    by_supplier = openboxes.rows(
        """select s.name, count(*), sum(l.total_cost) from purchasing.purchase_order_line as l
           join purchasing.purchase_order as o on o.id = l.order_id
           join purchasing.supplier as s on s.id = o.supplier_id group by s.name"""
    )
    expected = {}
    for name in ("McKesson", "McKesson Medical"):
        own = [line for line in of(lines) if line["Vendor"].lower() == name.lower()]
        expected[name] = (len(own), total(own, "Total cost"))
    assert {name: tuple(figures) for name, *figures in by_supplier} == expected


def test_the_manifest_and_the_ledger_tell_the_same_totals(openboxes: Moved) -> None:
    mapping = openboxes.world.specification.mapping("purchase_order_line")
    manifest = openboxes.world.staging.require(datasets.raw(openboxes.snapshot, mapping.source), phase="land")
    assert (manifest["rows"], manifest["totals"]["Total cost"]["sum"]) == (136, "402244.1500")
    assert manifest["files"][0]["sheets"] == {"Sheet1": 136}
    assert manifest["notes"]["sheets without any cell, passed over"] == 2


def test_every_tenth_line_is_right_in_every_column(openboxes: Moved, lines: Lines) -> None:
    for line in of(lines)[::10]:
        found = openboxes.one(
            """select p.code, p.name, p.manufacturer_code, l.supplier_code, l.quantity_needed, l.quantity,
                      l.package_units, l.package_cost, l.unit_cost, l.total_cost, l.quantity_remaining, l.order_notes
               from purchasing.purchase_order_line as l join purchasing.product as p on p.id = l.product_id
               where l.line_no = %s""",
            line["line"],
        )
        code, name, maker_code, supplier_code, needed, quoted, units, package, unit, cost, left, notes = (
            line[column] if line[column] != "" else None
            for column in ("Product code", "Product", "Manufacturer code", "Vendor code",
                           "Total Order Quantity Round Up", "Quantity of units quoted", "Units per package",
                           "Package cost", "Unit cost", "Total cost", "Remaining", "Order notes")
        )  # fmt: skip
        texts = (code, " ".join(name.split()), *(None if c is None else str(c) for c in (maker_code, supplier_code)))
        assert found == (*texts, needed, quoted, units, package, unit, cost, left, notes), line["line"]


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ("select string_agg(name, '; ' order by name) from purchasing.supplier", "McKesson; McKesson Medical"),
        ("select manufacturer_code from purchasing.product where code = 'UU25'", "2C7554"),
        ("select manufacturer_code from purchasing.product where code = 'BR50'", "1659"),
        ("select manufacturer from purchasing.product where code = 'MS60'", "McKesson"),
        ("select unit_cost::text from purchasing.purchase_order_line where line_no = 3", "4.4316666666666700"),
        ("select total_cost::text from purchasing.purchase_order_line where line_no = 4", "77.1300"),
        ("select count(*)::text from purchasing.product where code = 'new'", "0"),
    ],
)
def test_golden_values(openboxes: Moved, statement: str, expected: str) -> None:
    assert openboxes.one(statement) == (expected,)
