"""Faults put into a copy of Northwind's database: each is found by its rule, and every row is accounted for."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.projects.journey import (
    NORTHWIND,
    WAVE,
    Moved,
    load_ungated,
    make_world,
    prepare,
    rejected,
    sqlite_connection,
)
from tests.projects.plain import execute, query

from cutover.errors import GateClosed
from cutover.phases.gate import gate_mapping

Create = Callable[..., str]

NORTHWIND_FAULTS = (
    # An orphan line; a line of an unknown product takes the three other lines of its order with it.
    'insert into "Order Details" values (99999, 11, 14, 1, 0)',
    'insert into "Order Details" values (10248, 999, 14, 1, 0)',
    # A name of 61 characters: its customer falls, and with it an order and that order's line.
    f"""insert into Customers (CustomerID, CompanyName, City, Country)
        values ('TOOLG', '{"x" * 61}', 'Bern', 'Switzerland')""",
    """insert into Orders select 20001, 'TOOLG', EmployeeID, OrderDate, RequiredDate, ShippedDate, ShipVia, Freight,
       ShipName, ShipAddress, ShipCity, ShipRegion, ShipPostalCode, ShipCountry from Orders where OrderID = 10248""",
    'insert into "Order Details" values (20001, 11, 14, 1, 0)',
    # Two keys that only cleansing makes the same; both orders of the customer lose their parent.
    "insert into Customers (CustomerID, CompanyName) values ('CENTC ', 'Another one')",
    # A customer without a country that we know, and one that is there already under another key.
    "update Customers set Country = 'Atlantis' where CustomerID = 'PARIS'",
    """insert into Customers select 'ALFKX', upper(CompanyName), 'Somebody', null, Address, City, null, null, Country,
       null, null from Customers where CustomerID = 'ALFKI'""",
    "update Orders set CustomerID = 'ALFKX' where OrderID = 10643",
    # A day that is none, a time of day that would be lost, a shipment before its order.
    "update Orders set OrderDate = '1997-02-30 00:00:00.000' where OrderID = 10433",
    "update Orders set RequiredDate = '1997-03-01 10:30:00.000' where OrderID = 10434",
    "update Orders set ShippedDate = '1990-01-01 00:00:00.000' where OrderID = 10435",
    "update Employees set BirthDate = '1966-13-01' where EmployeeID = 9",
    # Numbers that are none, or out of bounds.
    "update Products set UnitPrice = 'a lot' where ProductID = 15",
    "update Products set UnitsInStock = -1 where ProductID = 48",
    "update Products set Discontinued = 'maybe' where ProductID = 66",
    'update "Order Details" set Discount = 1.5 where OrderID = 11077 and ProductID = 2',
    # A supplier that is a customer already becomes the same partner.
    "insert into Suppliers (SupplierID, CompanyName, Address, City, Country)"
    " select 77, lower(CompanyName), Address, City, Country from Customers where CustomerID = 'ANTON'",
)


@pytest.fixture(scope="module")
def northwind_with_faults(
    northwind_database: Path, scratch_database: Create, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Moved, Path]:
    """Northwind with faults, mapped and loaded without regard to its gate."""
    folder = tmp_path_factory.mktemp("faulty")
    path = shutil.copy(northwind_database, folder / "northwind.db")
    execute(path, *NORTHWIND_FAULTS)
    world = make_world(
        NORTHWIND, sqlite_connection("northwind_legacy", path), database := scratch_database(), folder / "staging"
    )
    snapshot = prepare(world)
    return load_ungated(world, database, snapshot), path


def _lines_of(path: Path, where: str) -> set[str]:
    return {
        f"{order}|{product}"
        for order, product in query(path, f'select OrderID, ProductID from "Order Details" where {where}')
    }


def test_each_fault_of_northwind_is_rejected_by_its_rule(northwind_with_faults: tuple[Moved, Path]) -> None:
    moved, path = northwind_with_faults
    found = {entity: set(rejected(moved.world, moved.snapshot, entity)) for entity in moved.entities}
    customers = {("TOOLG", "CUS-020", "too_long"), ("PARIS", "CUS-A60", "no_entry"), ("CENTC", "KEY", "duplicate_key")}
    assert found["customer"] == customers
    assert [line[0] for line in rejected(moved.world, moved.snapshot, "customer")].count("CENTC") == 2
    nobody = {
        str(order)
        for (order,) in query(path, "select OrderID from Orders where CustomerID in ('TOOLG', 'CENTC', 'PARIS')")
    }
    ninth = {str(order) for (order,) in query(path, "select OrderID from Orders where EmployeeID = 9")}
    broken = {
        ("10433", "ORD-040", "no_format_matches"),
        ("10434", "ORD-050", "no_format_matches"),
        ("10435", "ORD-G03", "expression"),
    }
    assert found["sales_order"] == (
        {(order, "ORD-020", "parent_rejected") for order in nobody}
        | {(order, "ORD-030", "parent_rejected") for order in ninth - nobody}
        | broken
    )
    assert found["employee"] == {("9", "SOURCE", "not_a_date")}
    assert found["product"] == {
        ("15", "SOURCE", "not_a_decimal"),
        ("48", "PRO-G02", "ge"),
        ("66", "PRO-100", "unknown_flag"),
    }
    assert {reason for _, _, reason in found["employee_territory"]} == {"parent_rejected"}
    assert (
        len(found["employee_territory"])
        == query(path, "select count(*) from EmployeeTerritories where EmployeeID = 9")[0][0]
    )


def test_each_fault_of_a_line_takes_the_lines_of_its_order_with_it(northwind_with_faults: tuple[Moved, Path]) -> None:
    moved, path = northwind_with_faults
    found = {key: (rule, reason) for key, rule, reason in rejected(moved.world, moved.snapshot, "sales_order_line")}
    assert found.pop("99999|11") == ("LIN-010", "no_parent")
    assert found.pop("10248|999") == ("LIN-020", "no_parent")
    assert found.pop("20001|11") == ("LIN-010", "parent_rejected")
    assert found.pop("11077|2") == ("LIN-G03", "in_range")
    gone = {order for order, _, _ in rejected(moved.world, moved.snapshot, "sales_order")}
    orders = ", ".join(gone)
    for line in _lines_of(path, f"OrderID in ({orders}) and OrderID <> 20001"):
        assert found.pop(line) == ("LIN-010", "parent_rejected")
    for line in _lines_of(path, f"ProductID in (15, 48, 66) and OrderID not in ({orders})"):
        assert found.pop(line) == ("LIN-020", "parent_rejected")
    assert found.keys() >= _lines_of(path, "OrderID in (10248, 11077) and ProductID not in (2, 66, 999)")
    assert set(found.values()) == {("LIN-N01", "group_rejected")}


def test_a_repeated_customer_and_a_supplier_that_is_one_become_the_same_partner(
    northwind_with_faults: tuple[Moved, Path],
) -> None:
    moved, _ = northwind_with_faults
    outcomes = moved.outcomes()
    assert (outcomes["customer"]["merged"], outcomes["supplier"]["merged"]) == (1, 1)
    partner = """select p.partner_no from sales.sales_order as o
                 join sales.business_partner as p on p.id = o.customer_id where o.order_no = '10643'"""
    assert moved.one(partner) == ("C-ALFKI",)
    roles = """select role from sales.partner_role join sales.business_partner on id = partner_id
               where partner_no = 'C-ANTON' order by role"""
    assert moved.rows(roles) == [("customer",), ("supplier",)]


def test_northwind_with_faults_is_conserved_and_its_gate_is_closed(northwind_with_faults: tuple[Moved, Path]) -> None:
    moved, path = northwind_with_faults
    tables = {
        "customer": "Customers",
        "supplier": "Suppliers",
        "sales_order": "Orders",
        "sales_order_line": '"Order Details"',
    }
    for entity, table in tables.items():
        (count,) = query(path, f"select count(*) from {table}")[0]
        assert sum(moved.outcomes()[entity].values()) == count
        assert moved.one("select sum(rows_read)::int from cutover.batch where entity = %s", entity) == (count,)
        assert moved.one("select count(*) from cutover.disposition where entity = %s", entity) == (count,)
    (standing,) = moved.one(
        """select count(*) from sales.sales_order_line as l join sales.sales_order as o on o.id = l.order_id
           join sales.product as p on p.id = l.product_id"""
    )
    assert standing == moved.outcomes()["sales_order_line"]["loaded"]
    with pytest.raises(GateClosed, match="REJECTS sales_order_line fail"):
        gate_mapping(moved.world, moved.snapshot, WAVE)
