"""Prices and stock: what an item costs and where it lies."""

import numpy as np

from cutover.example.chance import Ints
from cutover.example.columns import amount, choose, compact_day, constant, day_number, glue, padded, pick
from cutover.example.defects import (
    Draft,
    impossible_day,
    lost_padding,
    no_day,
    open_end,
    spell_cny,
    trailing_minus,
    unknown_number,
)
from cutover.example.items import MARA, item_number, item_ordinals, price_cents, referenced_item
from cutover.example.layout import Injection
from cutover.example.reference import COMPANIES
from cutover.example.tables import CLIENT_COLUMN, Column, LegacyTable, World, client, of_scale

LOCATIONS = ("0001", "0002", "0003")
_PLANTS = tuple(company.plant for company in COMPANIES)
_CURRENCIES = ("CNY", "CNY", "CNY", "USD", "EUR")


def _draft_prices(world: World, rows: Ints) -> Draft:
    layout, items = world.layout(KONP), item_ordinals(world)
    kinds = layout.kinds(rows)
    item_rows = world.layout(MARA).referenced(rows % items)
    rolled = choose(_CURRENCIES, world.roll("konp/currency", rows, len(_CURRENCIES)))
    columns = {
        "mandt": client(rows),
        # One price per item and company: the second company begins where the items are used up.
        "vkorg": choose([company.code for company in COMPANIES], rows // items),
        "matnr": item_number(item_rows),
        "datab": compact_day(day_number("2023-01-01") + world.roll("konp/from", rows, 700)),
        "datbi": compact_day(day_number("2025-12-31") + 365 * world.roll("konp/to", rows, 2)),
        "kbetr": amount(price_cents(world, item_rows)),
        "konwa": pick(layout.is_home(kinds), constant("CNY", rows), rolled),
        "kpein": choose(("1", "1", "1", "100"), world.roll("konp/per", rows, 4)),
    }
    return Draft(columns, kinds)


def _draft_stock(world: World, rows: Ints) -> Draft:
    layout = world.layout(MARD)
    columns = {
        "mandt": client(rows),
        "matnr": item_number(referenced_item(world, "mard/item", rows)),
        "werks": choose(_PLANTS, world.roll("mard/plant", rows, len(_PLANTS))),
        "lgort": choose(LOCATIONS, world.roll("mard/location", rows, len(LOCATIONS))),
        "charg": glue("L", padded(rows + 1, 9)),
        "labst": amount(1000 * (1 + world.roll("mard/quantity", rows, 5000)), 3),
        "dlinl": compact_day(day_number("2023-06-01") + world.roll("mard/counted", rows, 540)),
    }
    return Draft(columns, np.asarray(layout.kinds(rows)))


KONP = LegacyTable(
    "erp", "konp", "sales prices",
    (
        CLIENT_COLUMN,
        Column("vkorg", "char(4)", "company that sells (t001.bukrs)"),
        Column("matnr", "varchar(18)", "item"),
        Column("datab", "char(8)", "valid from, YYYYMMDD"),
        Column("datbi", "char(8)", "valid to, YYYYMMDD, 99991231 = open end"),
        Column("kbetr", "numeric(15,2)", "price of kpein base units"),
        Column("konwa", "varchar(5)", "currency, the ERP's own spelling"),
        Column("kpein", "integer", "price unit: 1 or 100 base units"),
    ),
    ("vkorg", "matnr", "datab"),
    (
        Injection("D02 open end", 10, "D02", ("datbi",), "cleaned", change=open_end),
        Injection("D06 from", 1, "D06", ("datab",), "rejected", change=impossible_day),
        Injection("C11 currency", 5, "C11", ("konwa",), "cleaned", change=spell_cny, home=True),
        Injection("K01 padding", 3, "K01", ("matnr",), "cleaned", change=lost_padding),
        Injection("K07 no item", 1, "K07", ("matnr",), "rejected", change=unknown_number),
    ),
    of_scale(8000), _draft_prices,
)  # fmt: skip
MARD = LegacyTable(
    "erp", "mard", "stock by item, plant, storage location and lot",
    (
        CLIENT_COLUMN,
        Column("matnr", "varchar(18)", "item"),
        Column("werks", "char(4)", "plant 1010, 1110, 1210, 2010"),
        Column("lgort", "char(4)", "storage location 0001 raw material, 0002 finished goods, 0003 quality"),
        Column("charg", "varchar(10)", "lot"),
        Column("labst", "varchar(20)",
            "quantity in base units, number as text, three decimals, minus sign last"),
        Column("dlinl", "char(8)", "last counted on, YYYYMMDD, 00000000 = never"),
    ),
    ("matnr", "werks", "lgort", "charg"),
    (
        Injection("N13 negative", 2, "N13", ("labst",), "rejected", change=trailing_minus, also=(("N01",
            "cleaned"),)),
        Injection("K01 padding", 5, "K01", ("matnr",), "cleaned", change=lost_padding),
        Injection("K07 no item", 2, "K07", ("matnr",), "rejected", change=unknown_number),
        Injection("D01 no date", 5, "D01", ("dlinl",), "cleaned", change=no_day),
    ),
    of_scale(12_000), _draft_stock,
)  # fmt: skip
