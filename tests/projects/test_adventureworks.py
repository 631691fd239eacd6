"""Adventure Works' purchasing all the way: what is expected is read from the files by hand, never by the engine."""

from collections import Counter
from decimal import Decimal
from pathlib import Path

import pytest
from tests.projects.journey import Moved
from tests.projects.plain import records, rows

FILES = {
    "unit": "UnitMeasure",
    "category": "ProductCategory",
    "subcategory": "ProductSubcategory",
    "model": "ProductModel",
    "item": "Product",
    "bill_of_material": "BillOfMaterials",
    "location": "Location",
    "stock": "ProductInventory",
    "vendor": "Vendor",
    "vendor_item": "ProductVendor",
    "ship_method": "ShipMethod",
    "purchase_order": "PurchaseOrderHeader",
    "purchase_order_line": "PurchaseOrderDetail",
}
MIDNIGHT = " 00:00:00.000"


def test_every_row_is_loaded_and_no_other(adventureworks: Moved, adventureworks_folder: Path) -> None:
    counted = {entity: len(records(adventureworks_folder, file)) for entity, file in FILES.items()}
    batches = adventureworks.rows(
        """select entity, sum(rows_read)::int, sum(rows_loaded)::int, sum(rows_written)::int from cutover.batch
           where run_id = %s group by entity""",
        adventureworks.run_id,
    )
    assert {entity: tuple(figures) for entity, *figures in batches} == {e: (c, c, c) for e, c in counted.items()}
    for entity, count in counted.items():
        table = adventureworks.world.specification.mapping(entity).target.table
        assert adventureworks.one(f"select count(*) from {table}") == (count,), table
    kept = adventureworks.rows(
        "select entity, count(*), count(distinct src_key) from cutover.disposition where run_id = %s group by entity",
        adventureworks.run_id,
    )
    assert {entity: (lines, keys) for entity, lines, keys in kept} == {e: (c, c) for e, c in counted.items()}


def test_money_is_the_same_to_the_last_digit(adventureworks: Moved, adventureworks_folder: Path) -> None:
    orders = rows(adventureworks_folder, "PurchaseOrderHeader")
    heads = tuple(sum(Decimal(row[name]) for row in orders) for name in ("SubTotal", "TaxAmt", "Freight", "TotalDue"))
    assert (
        adventureworks.one(
            "select sum(subtotal), sum(tax), sum(freight), sum(total_due) from purchasing.purchase_order"
        )
        == heads
    )
    # Pinned, so that both readings cannot go wrong alike.
    assert (heads[0], heads[3]) == (Decimal("63791994.8380"), Decimal("70479332.6383"))
    lines = rows(adventureworks_folder, "PurchaseOrderDetail")
    details = tuple(
        sum(Decimal(row[name]) for row in lines) for name in ("LineTotal", "OrderQty", "ReceivedQty", "StockedQty")
    )
    assert details == adventureworks.one(
        "select sum(amount), sum(ordered), sum(received), sum(stocked) from purchasing.purchase_order_line"
    )
    items = rows(adventureworks_folder, "Product")
    assert adventureworks.one("select sum(standard_cost), sum(list_price) from inventory.item") == tuple(
        sum(Decimal(row[name]) for row in items) for name in ("StandardCost", "ListPrice")
    )
    prices = rows(adventureworks_folder, "ProductVendor")
    assert adventureworks.one("select sum(standard_price), sum(last_cost) from purchasing.vendor_item") == tuple(
        sum(Decimal(row[name]) for row in prices) for name in ("StandardPrice", "LastReceiptCost")
    )


def test_the_lines_of_each_order_add_up_to_its_subtotal(adventureworks: Moved, adventureworks_folder: Path) -> None:
    sums: Counter[str] = Counter()
    for row in rows(adventureworks_folder, "PurchaseOrderDetail"):
        sums[row["PurchaseOrderID"]] += Decimal(row["LineTotal"])  # type: ignore[assignment]
    untied = [
        o
        for o in rows(adventureworks_folder, "PurchaseOrderHeader")
        if sums[o["PurchaseOrderID"]] != Decimal(o["SubTotal"])
    ]
    assert untied == []
    assert adventureworks.rows("select * from purchasing.untied_order") == []
    per_vendor: Counter[str] = Counter()
    for order in rows(adventureworks_folder, "PurchaseOrderHeader"):
        per_vendor[order["VendorID"]] += Decimal(order["TotalDue"])  # type: ignore[assignment]
    assert dict(per_vendor) == dict(
        adventureworks.rows(
            """select v.vendor_no, sum(o.total_due) from purchasing.purchase_order as o
               join purchasing.vendor as v on v.id = o.vendor_id group by v.vendor_no"""
        )
    )


def test_stock_by_location_is_the_same(adventureworks: Moved, adventureworks_folder: Path) -> None:
    stock: Counter[str] = Counter()
    for row in rows(adventureworks_folder, "ProductInventory"):
        stock[row["LocationID"]] += int(row["Quantity"])
    assert dict(stock) == dict(
        adventureworks.rows(
            """select l.location_no, sum(s.quantity)::int from inventory.stock as s
               join inventory.location as l on l.id = s.location_id group by l.location_no"""
        )
    )


def test_twenty_lines_across_the_whole_feed_are_right_in_every_column(
    adventureworks: Moved, adventureworks_folder: Path
) -> None:
    orders = {row["PurchaseOrderID"]: row for row in rows(adventureworks_folder, "PurchaseOrderHeader")}
    items = {row["ProductID"]: row for row in rows(adventureworks_folder, "Product")}
    vendors = {row["BusinessEntityID"]: row for row in rows(adventureworks_folder, "Vendor")}
    statuses = {"1": "pending", "2": "approved", "3": "rejected", "4": "complete"}
    lines = rows(adventureworks_folder, "PurchaseOrderDetail")[::443]
    assert len(lines) == 20
    for line in lines:
        order, item = orders[line["PurchaseOrderID"]], items[line["ProductID"]]
        found = adventureworks.one(
            """select i.item_no, i.name, i.list_price, i.is_made::int::text, l.due_on::text, l.ordered, l.unit_price,
                      l.amount,
                      l.received, l.rejected, l.stocked, o.status, o.buyer_no, v.account_no, v.name, o.ordered_on::text,
                      o.shipped_on::text, o.subtotal, o.tax, o.freight, o.total_due,
                      to_char(l.changed_at at time zone 'America/Los_Angeles', 'YYYY-MM-DD HH24:MI:SS.MS')
               from purchasing.purchase_order_line as l join purchasing.purchase_order as o on o.id = l.order_id
               join purchasing.vendor as v on v.id = o.vendor_id join inventory.item as i on i.id = l.item_id
               where o.order_no = %s and l.line_no = %s""",
            line["PurchaseOrderID"],
            line["PurchaseOrderDetailID"],
        )
        figures = [
            Decimal(line[name])
            for name in ("OrderQty", "UnitPrice", "LineTotal", "ReceivedQty", "RejectedQty", "StockedQty")
        ]
        totals = [Decimal(order[name]) for name in ("SubTotal", "TaxAmt", "Freight", "TotalDue")]
        vendor = vendors[order["VendorID"]]
        assert found == (
            item["ProductNumber"],
            item["Name"],
            Decimal(item["ListPrice"]),
            item["MakeFlag"],
            line["DueDate"].removesuffix(MIDNIGHT),
            *figures,
            statuses[order["Status"]],
            order["EmployeeID"],
            vendor["AccountNumber"],
            vendor["Name"],
            order["OrderDate"].removesuffix(MIDNIGHT),
            order["ShipDate"].removesuffix(MIDNIGHT),
            *totals,
            line["ModifiedDate"],
        )


def test_every_catalogue_text_and_instruction_arrives_letter_by_letter(
    adventureworks: Moved, adventureworks_folder: Path
) -> None:
    legacy = {
        row["ProductModelID"]: (row["Name"], row["CatalogDescription"] or None, row["Instructions"] or None)
        for row in rows(adventureworks_folder, "ProductModel")
    }
    assert sum(text is not None and "\n" in text and "\t" in text for _, text, _ in legacy.values()) == 6
    found = adventureworks.rows("select model_no, name, catalogue, instructions from inventory.model")
    assert {number: tuple(texts) for number, *texts in found} == legacy


def test_the_structure_of_every_product_is_the_same(adventureworks: Moved, adventureworks_folder: Path) -> None:
    legacy = {
        row["BillOfMaterialsID"]: (
            row["ProductAssemblyID"] or None,
            row["ComponentID"],
            row["StartDate"].removesuffix(MIDNIGHT),
            row["EndDate"].removesuffix(MIDNIGHT) or None,
            row["UnitMeasureCode"].strip(),
            int(row["BOMLevel"]),
            Decimal(row["PerAssemblyQty"]),
        )
        for row in rows(adventureworks_folder, "BillOfMaterials")
    }
    found = adventureworks.rows(
        """select b.bom_no, a.legacy_no, c.legacy_no, b.valid_from::text, b.valid_to::text, u.code, b.level, b.quantity
           from inventory.bill_of_material as b left join inventory.item as a on a.id = b.assembly_id
           join inventory.item as c on c.id = b.component_id join inventory.unit as u on u.id = b.unit_id"""
    )
    assert {number: tuple(columns) for number, *columns in found} == legacy
    assert sum(assembly is None for assembly, *_ in legacy.values()) == 103


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ("select name from inventory.item where item_no = 'TG-W091-S'", "Women's Tights, S"),
        ("select code from inventory.unit where name = 'Each'", "EA"),
        ("select name from inventory.unit where code = 'C'", "Celsius"),
        ("select standard_cost::text from inventory.item where item_no = 'AR-5381'", "0.0000"),
        ("select rate::text from purchasing.ship_method where name = 'XRQ - TRUCK GROUND'", "0.9900"),
        ("select name from purchasing.vendor where account_no = 'TRIKES0001'", "Trikes, Inc."),
        ("select count(*)::text from inventory.stock where shelf is null", "290"),
        (
            "select code from inventory.item join inventory.unit u on u.id = weight_unit_id"
            " where item_no = 'FR-R92B-58'",
            "LB",
        ),
        (
            "select line || ' ' || class || ' ' || style from inventory.item where item_no = 'BK-M82S-38'",
            "mountain high universal",
        ),
        (
            "select (max(changed_at) at time zone 'UTC')::text from purchasing.purchase_order",
            "2026-08-11 19:25:46.483",  # 12:25:46 in Bothell in summer
        ),
    ],
)
def test_golden_values(adventureworks: Moved, statement: str, expected: str) -> None:
    assert adventureworks.one(statement) == (expected,)
