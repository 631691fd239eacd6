"""Legacy data read plainly, without the engine: what the tests hold against what the engine did."""

import sqlite3
from contextlib import closing
from decimal import Decimal
from pathlib import Path
from typing import Any

COLUMNS = {
    "ProductModel": "ProductModelID Name CatalogDescription Instructions rowguid ModifiedDate",
    "PurchaseOrderHeader": (
        "PurchaseOrderID RevisionNumber Status EmployeeID VendorID ShipMethodID OrderDate ShipDate "
        "SubTotal TaxAmt Freight TotalDue ModifiedDate"
    ),
    "PurchaseOrderDetail": (
        "PurchaseOrderID PurchaseOrderDetailID DueDate OrderQty ProductID UnitPrice LineTotal "
        "ReceivedQty RejectedQty StockedQty ModifiedDate"
    ),
    "Product": (
        "ProductID Name ProductNumber MakeFlag FinishedGoodsFlag Color SafetyStockLevel ReorderPoint "
        "StandardCost ListPrice Size SizeUnitMeasureCode WeightUnitMeasureCode Weight DaysToManufacture "
        "ProductLine Class Style ProductSubcategoryID ProductModelID SellStartDate SellEndDate "
        "DiscontinuedDate rowguid ModifiedDate"
    ),
    "Vendor": (
        "BusinessEntityID AccountNumber Name CreditRating PreferredVendorStatus ActiveFlag "
        "PurchasingWebServiceURL ModifiedDate"
    ),
    "BillOfMaterials": (
        "BillOfMaterialsID ProductAssemblyID ComponentID StartDate EndDate UnitMeasureCode BOMLevel "
        "PerAssemblyQty ModifiedDate"
    ),
    "ProductVendor": (
        "ProductID BusinessEntityID AverageLeadTime StandardPrice LastReceiptCost LastReceiptDate "
        "MinOrderQty MaxOrderQty OnOrderQty UnitMeasureCode ModifiedDate"
    ),
    "ProductInventory": "ProductID LocationID Shelf Bin Quantity rowguid ModifiedDate",
}


def query(path: Path, text: str) -> list[tuple[Any, ...]]:
    """Return the rows of a query on a SQLite file."""
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(text).fetchall()


def execute(path: Path, *statements: str) -> None:
    """Change a SQLite file, even against its own constraints."""
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("pragma ignore_check_constraints = on")
        for statement in statements:
            connection.execute(statement)


def money(value: Any) -> Decimal:
    """Return a SQLite number as the amount that a person reads there."""
    return Decimal(str(value))


def squeeze(text: str) -> str:
    """Return a text without blanks at its ends, and with single ones inside."""
    return " ".join(text.split())


def records(folder: Path, table: str) -> list[list[str]]:
    """Return the fields of every row of one of Adventure Works' files."""
    separator, ending = ("+|", "&|\n") if table == "ProductModel" else ("\t", "\n")
    text = (folder / f"{table}.csv").read_bytes().decode("utf-8")
    return [row.split(separator) for row in text.split(ending) if row]


def rows(folder: Path, table: str) -> list[dict[str, str]]:
    """Return every row of one of Adventure Works' files by the names that its DDL gives the columns."""
    names = COLUMNS[table].split()
    return [dict(zip(names, fields, strict=True)) for fields in records(folder, table)]
