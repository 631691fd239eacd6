"""Northwind all the way: every expected figure is read from SQLite by hand-written SQL, never by the engine."""

from decimal import Decimal
from pathlib import Path

import pytest
from tests.projects.journey import Moved
from tests.projects.plain import money, query

TABLES = {
    "region": "Regions",
    "territory": "Territories",
    "employee": "Employees",
    "employee_territory": "EmployeeTerritories",
    "category": "Categories",
    "shipper": "Shippers",
    "customer": "Customers",
    "supplier": "Suppliers",
    "customer_group": "CustomerDemographics",
    "customer_group_member": "CustomerCustomerDemo",
    "product": "Products",
    "sales_order": "Orders",
    "sales_order_line": '"Order Details"',
}
PARTNERS = "select count(*) + (select count(*) from Suppliers) from Customers where CompanyName <> 'IT'"


def test_every_row_has_one_outcome_and_only_the_test_records_are_dropped(
    northwind: Moved, northwind_database: Path
) -> None:
    counted = {
        entity: query(northwind_database, f"select count(*) from {table}")[0][0] for entity, table in TABLES.items()
    }
    (tests,) = query(northwind_database, "select count(*) from Customers where CompanyName = 'IT' and Address is null")[
        0
    ]
    assert tests == 2
    expected = {entity: (count, count, 0, 0, 0) for entity, count in counted.items() if count}
    expected["customer"] = (93, 91, 0, 2, 0)
    batches = northwind.rows(
        """select entity, sum(rows_read), sum(rows_loaded), sum(rows_merged), sum(rows_dropped), sum(rows_rejected)
           from cutover.batch where run_id = %s group by entity""",
        northwind.run_id,
    )
    assert {entity: tuple(map(int, figures)) for entity, *figures in batches if any(figures)} == expected
    kept = northwind.rows(
        "select entity, count(*), count(distinct src_key) from cutover.disposition where run_id = %s group by entity",
        northwind.run_id,
    )
    assert {entity: (rows, keys) for entity, rows, keys in kept} == {e: (c, c) for e, c in counted.items() if c}


def test_the_target_holds_as_many_rows_as_the_legacy_tables(northwind: Moved, northwind_database: Path) -> None:
    for table, statement in {
        "sales.sales_order": "select count(*) from Orders",
        "sales.sales_order_line": 'select count(*) from "Order Details"',
        "sales.product": "select count(*) from Products",
        "sales.employee": "select count(*) from Employees",
        "sales.employee_territory": "select count(*) from EmployeeTerritories",
        "sales.business_partner": PARTNERS,
        "sales.partner_role": PARTNERS,
        "sales.partner_address": "select count(Address) + (select count(Address) from Suppliers) from Customers",
        "sales.partner_contact": """select count(ContactName) + (select count(ContactName) from Suppliers)
                                    from Customers where CompanyName <> 'IT'""",
        "sales.customer_group": "select count(*) from CustomerDemographics",
    }.items():
        assert northwind.one(f"select count(*) from {table}")[0] == query(northwind_database, statement)[0][0], table


def test_money_is_the_same_to_the_last_digit(northwind: Moved, northwind_database: Path) -> None:
    lines = [
        (money(price) * quantity * (1 - money(discount)), money(price), quantity)
        for price, quantity, discount in query(
            northwind_database, 'select UnitPrice, Quantity, Discount from "Order Details"'
        )
    ]
    freight = sum(money(value) for (value,) in query(northwind_database, "select Freight from Orders"))
    prices = sum(money(value) for (value,) in query(northwind_database, "select UnitPrice from Products"))
    sums = northwind.one(
        """select (select sum(net_amount) from sales.sales_order_line),
                  (select sum(unit_price) from sales.sales_order_line),
                  (select sum(quantity) from sales.sales_order_line), (select sum(freight) from sales.sales_order),
                  (select sum(list_price) from sales.product)"""
    )
    assert sums == (
        sum(net for net, _, _ in lines),
        sum(p for _, p, _ in lines),
        sum(q for _, _, q in lines),
        freight,
        prices,
    )
    # Pinned, so that both readings cannot go wrong alike.
    assert (sums[0], freight) == (Decimal("1265793.0395"), Decimal("64942.69"))


def test_twenty_lines_across_the_whole_feed_are_right_in_every_column(
    northwind: Moved, northwind_database: Path
) -> None:
    legacy = query(
        northwind_database,
        """select d.OrderID, p.ProductName, d.UnitPrice, d.Quantity, d.Discount, c.CompanyName, e.LastName,
                  s.CompanyName, substr(o.OrderDate, 1, 10), substr(o.ShippedDate, 1, 10), o.Freight, o.ShipCity,
                  o.ShipPostalCode, k.CategoryName, v.CompanyName
           from "Order Details" as d join Orders as o using (OrderID) join Products as p using (ProductID)
           join Customers as c using (CustomerID) join Employees as e using (EmployeeID)
           join Shippers as s on s.ShipperID = o.ShipVia join Categories as k using (CategoryID)
           join Suppliers as v on v.SupplierID = p.SupplierID
           order by d.OrderID, d.ProductID""",
    )[::108]
    assert len(legacy) == 20
    for order, product, price, quantity, discount, *others in legacy:
        found = northwind.one(
            """select l.unit_price, l.quantity, l.discount, l.net_amount, c.name, e.last_name, s.name,
                      o.ordered_on::text, o.shipped_on::text, o.freight, o.ship_to_city, o.ship_to_postal_code, k.name,
                      v.name
               from sales.sales_order_line as l join sales.sales_order as o on o.id = l.order_id
               join sales.product as p on p.id = l.product_id join sales.business_partner as c on c.id = o.customer_id
               join sales.employee as e on e.id = o.employee_id join sales.shipper as s on s.id = o.shipper_id
               join sales.category as k on k.id = p.category_id join sales.business_partner as v on v.id = p.supplier_id
               where o.order_no = %s and p.name = %s""",
            str(order),
            product,
        )
        net = money(price) * quantity * (1 - money(discount))
        others[0] = " ".join(others[0].split())  # CUS-C01 makes one blank of several
        others[5] = money(others[5])
        assert found == (money(price), quantity, money(discount), net, *others), (order, product)


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ("select name from sales.business_partner where partner_no = 'C-BONAP'", "Bon app'"),
        ("select name from sales.business_partner where partner_no = 'C-WOLZA'", "Wolski Zajazd"),
        ("select name from sales.product where product_no = '25'", "NuNuCa Nuß-Nougat-Creme"),
        ("select name from sales.product where product_no = '20'", "Sir Rodney's Marmalade"),
        ("select packaging from sales.product where product_no = '28'", "25 - 825 g cans"),
        ("select list_price::text from sales.product where product_no = '38'", "263.5000"),
        ("select discontinued::text from sales.product where product_no = '5'", "true"),
        (
            "select street from sales.employee where last_name = 'Suyama'",
            "Coventry House\nMiner Rd.",
        ),
        ("select m.last_name from sales.employee e join sales.employee m on m.id = e.manager_id"
         " where e.employee_no = '7'", "Buchanan"),
        ("select string_agg(last_name, '') from sales.employee where manager_id is null", "Fuller"),
        ("select web_site from sales.business_partner where partner_no = 'S-2'", "CAJUN.HTM"),
        (
            "select web_site from sales.business_partner where partner_no = 'S-24'",
            "http://www.microsoft.com/accessdev/sampleapps/gdaymate.htm",
        ),
        (
            "select country_code from sales.partner_address, sales.business_partner"
            " where id = partner_id and partner_no = 'S-17'",
            "SE",
        ),
        (
            "select c.name from sales.partner_contact c, sales.business_partner"
            " where id = partner_id and partner_no = 'S-5'",
            "Antonio del Valle Saavedra",
        ),
        ("select ship_to_street from sales.sales_order where order_no = '10254'", "Hauptstr. 31"),
        ("select ship_to_name from sales.sales_order where order_no = '10265'", "Blondel père et fils"),
        ("select net_amount::text from sales.sales_order_line l join sales.sales_order o on o.id = order_id"
         " join sales.product p on p.id = product_id where order_no = '10258' and product_no = '2'", "608.0000"),
        ("select name from sales.territory where code = '01581'", "Westboro"),
    ],
)  # fmt: skip
def test_golden_values(northwind: Moved, statement: str, expected: str) -> None:
    assert northwind.one(statement) == (expected,)
