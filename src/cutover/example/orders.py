"""Open sales and purchase orders with their lines."""

from dataclasses import dataclass

import numpy as np

from cutover.example.chance import Ints
from cutover.example.columns import (
    Text,
    amount,
    choose,
    compact_day,
    constant,
    day_number,
    equals,
    glue,
    numbers,
    padded,
    pick,
)
from cutover.example.defects import (
    Draft,
    full_width,
    impossible_day,
    lost_padding,
    no_day,
    spell_cny,
    trailing_blank,
    unknown_number,
    unknown_unit,
)
from cutover.example.fanout import Fanout
from cutover.example.items import item_number, item_unit, price_cents, referenced_item
from cutover.example.layout import Injection
from cutover.example.parties import (
    CUSTOMER,
    SUPPLIER,
    Role,
    currency,
    party_number,
    payment_term,
    referenced_party,
)
from cutover.example.reference import COMPANIES
from cutover.example.tables import CLIENT_COLUMN, Column, LegacyTable, World, client, of_scale

LINES = Fanout((1, 2, 3, 4, 5, 3, 2, 4))
_FIRST_DAY, _DAYS = day_number("2017-01-02"), 2900
_CODES = tuple(company.code for company in COMPANIES)
# V1 is the standard rate of its day: 17 %, from 2018-05-01 16 %, from 2019-04-01 13 %.
SALES_TAX = ("V1", "V1", "V1", "V1", "V1", "V1", "V6", "V0")


@dataclass(frozen=True)
class Side:
    """What tells sales from purchase orders: tables, columns, first number, share of the list price."""

    header: str
    line: str
    role: Role
    number: str
    party: str
    first_number: int
    percent_of_list_price: int


SALES = Side("vbak", "vbap", CUSTOMER, "vbeln", "kunnr", 4_000_001, 100)
PURCHASE = Side("ekko", "ekpo", SUPPLIER, "ebeln", "lifnr", 4_500_000_001, 60)


def order_number(side: Side, rows: Ints) -> Text:
    """Order numbers: ten digits with zeros in front."""
    return padded(rows + side.first_number, 10)


def order_day(world: World, side: Side, rows: Ints) -> Ints:
    """The day of each order in days since 2016-01-01; the earliest is 2017-01-02."""
    return _FIRST_DAY + world.roll(f"{side.header}/day", rows, _DAYS)


def _header_columns(world: World, side: Side, table: LegacyTable, rows: Ints) -> dict[str, Text]:
    layout = world.layout(table)
    parties = referenced_party(world, side.role, f"{side.header}/party", rows)
    days = order_day(world, side, rows)
    home = layout.is_home(layout.kinds(rows))
    return {
        "mandt": client(rows),
        side.number: order_number(side, rows),
        "bukrs": choose(_CODES, world.roll(f"{side.header}/company", rows, len(_CODES))),
        side.party: party_number(side.role, parties),
        "audat": compact_day(days),
        "vdatu": compact_day(days + 14 + world.roll(f"{side.header}/lead", rows, 180)),
        "waerk": pick(home, constant("CNY", rows), currency(world, side.role, parties)),
        "zterm": payment_term(world, side.role, parties),
    }


def _draft_sales_orders(world: World, rows: Ints) -> Draft:
    columns = _header_columns(world, SALES, VBAK, rows)
    columns["bstnk"] = glue(
        "PO-", numbers(2017 + world.roll("vbak/year", rows, 8)), "-", padded(world.roll("vbak/ref", rows, 99_999), 5)
    )
    return Draft(columns, world.layout(VBAK).kinds(rows))


def _draft_purchase_orders(world: World, rows: Ints) -> Draft:
    return Draft(_header_columns(world, PURCHASE, EKKO, rows), world.layout(EKKO).kinds(rows))


def _line_columns(world: World, side: Side, rows: Ints, rebate_percent: Ints) -> dict[str, Text]:
    orders, position = LINES.split(rows)
    items = referenced_item(world, f"{side.line}/item", rows)
    units = item_unit(world, items)
    thousandths = _quantity(world, side, units, rows)
    price = np.maximum(1, price_cents(world, items) * side.percent_of_list_price // 100)
    gross = (thousandths * price + 500) // 1000
    rebate = -(gross * rebate_percent // 100)
    return {
        "mandt": client(rows),
        side.number: order_number(side, orders),
        "posnr": padded(10 * (position + 1), 6),
        "matnr": item_number(items),
        "menge": amount(thousandths, 3),
        "vrkme": units,
        "netpr": amount(price),
        "rabatt": amount(rebate),
        "netwr": amount(gross + rebate),
        "mwskz": choose(SALES_TAX, world.roll(f"{side.line}/tax", rows, len(SALES_TAX))),
        "edatu": compact_day(order_day(world, side, orders) + 30 + world.roll(f"{side.line}/due", rows, 150)),
    }


def _quantity(world: World, side: Side, units: Text, rows: Ints) -> Ints:
    pieces = equals(units, "ST")
    whole = 1000 * (1 + world.roll(f"{side.line}/pieces", rows, 200))
    return np.where(pieces, whole, 1000 + world.roll(f"{side.line}/measure", rows, 500_000))


def _draft_sales_lines(world: World, rows: Ints) -> Draft:
    layout = world.layout(VBAP)
    kinds = layout.kinds(rows)
    return Draft(_line_columns(world, SALES, rows, np.where(layout.is_any(kinds, "N01 rebate"), 5, 0)), kinds)


def _draft_purchase_lines(world: World, rows: Ints) -> Draft:
    columns = _line_columns(world, PURCHASE, rows, np.zeros(len(rows), np.int64))
    columns = {name: values for name, values in columns.items() if name != "rabatt"}
    return Draft(columns, world.layout(EKPO).kinds(rows))


def _header(side: Side, title: str, own: tuple[Column, ...]) -> tuple[Column, ...]:
    return (
        CLIENT_COLUMN,
        Column(side.number, "varchar(10)", f"{title} number, ten digits with zeros in front"),
        Column("bukrs", "char(4)", "company (t001.bukrs)"),
        Column(side.party, "varchar(10)", f"{side.role.table}.{side.party}"),
        Column("audat", "char(8)", "order date, YYYYMMDD; decides what tax code V1 of the lines means"),
        Column("vdatu", "char(8)", "wanted on, YYYYMMDD, 00000000 = not agreed"),
        Column("waerk", "varchar(5)", "currency, the ERP's own spelling"),
        Column("zterm", "varchar(4)", "payment term Z000, Z030, Z060, Z090"),
        *own,
    )


def _line(side: Side, title: str, own: tuple[Column, ...]) -> tuple[Column, ...]:
    return (
        CLIENT_COLUMN,
        Column(side.number, "varchar(10)", f"{title} ({side.header}.{side.number})"),
        Column("posnr", "char(6)", "line, 000010, 000020, …"),
        Column("matnr", "varchar(18)", "item"),
        Column("menge", "numeric(15,3)", "open quantity in vrkme"),
        Column("vrkme", "varchar(6)", "unit, equal to the item's base unit"),
        Column("netpr", "numeric(15,2)", "price per unit in the order's currency"),
        *own,
        Column(
            "netwr",
            "numeric(15,2)",
            "net amount: menge × netpr rounded half up to cents" + (", plus rabatt" if own else ""),
        ),
        Column(
            "mwskz",
            "char(2)",
            "tax: V1 = 17 %, from 2018-05-01 16 %, from 2019-04-01 13 % by order date; V6 = 6 %; V0 = 0 %",
        ),
        Column("edatu", "char(8)", "delivery date, YYYYMMDD, 00000000 = not confirmed"),
    )


def _header_injections(party: str, *own: Injection) -> tuple[Injection, ...]:
    return (
        Injection("K01 padding", 5, "K01", (party,), "cleaned", change=lost_padding),
        Injection("K07 no party", 1, "K07", (party,), "rejected", change=unknown_number),
        Injection("D01 no date", 5, "D01", ("vdatu",), "cleaned", change=no_day),
        Injection("D06 order date", 1, "D06", ("audat",), "rejected", change=impossible_day),
        Injection("C11 currency", 5, "C11", ("waerk",), "cleaned", change=spell_cny, home=True),
        *own,
    )


def _line_injections(side: Side, *own: Injection) -> tuple[Injection, ...]:
    return (
        Injection("K01 padding", 5, "K01", ("matnr",), "cleaned", change=lost_padding),
        Injection("K07 no order", 1, "K07", (side.number,), "rejected", change=unknown_number),
        Injection("K07 no item", 1, "K07", ("matnr",), "rejected", change=unknown_number),
        Injection("C10 unit", 1, "C10", ("vrkme",), "rejected", change=unknown_unit),
        Injection("D01 no date", 5, "D01", ("edatu",), "cleaned", change=no_day),
        *own,
    )


VBAK = LegacyTable(
    "erp", "vbak", "open sales orders",
    _header(SALES, "sales order", (Column("bstnk", "varchar(20)", "the customer's order reference"),)),
    ("vbeln",),
    _header_injections("kunnr", Injection("T06 reference", 2, "T06", ("bstnk",), "cleaned",
        change=trailing_blank)),
    of_scale(5000), _draft_sales_orders,
)  # fmt: skip
VBAP = LegacyTable(
    "erp", "vbap", "lines of open sales orders",
    _line(SALES, "sales order", (Column("rabatt", "varchar(20)",
        "rebate in the order's currency, amount as text, minus sign last (12.50-), 0.00 = none"),)),
    ("vbeln", "posnr"),
    _line_injections(
        SALES,
        Injection("N01 rebate", 10, "N01", ("rabatt",), "cleaned"),
        Injection("T07 unit", 2, "T07", ("vrkme",), "cleaned", change=full_width),
    ),
    lambda world: LINES.count(VBAK.count(world)), _draft_sales_lines,
)  # fmt: skip
EKKO = LegacyTable(
    "erp", "ekko", "open purchase orders",
    _header(PURCHASE, "purchase order", ()), ("ebeln",), _header_injections("lifnr"), of_scale(3000),
    _draft_purchase_orders,
)  # fmt: skip
EKPO = LegacyTable(
    "erp", "ekpo", "lines of open purchase orders",
    _line(PURCHASE, "purchase order", ()), ("ebeln", "posnr"), _line_injections(PURCHASE),
    lambda world: LINES.count(EKKO.count(world)), _draft_purchase_lines,
)  # fmt: skip
