"""Addresses of customers and suppliers."""

import numpy as np

from cutover.example.chance import Flags, Ints
from cutover.example.columns import constant, equals, padded, pick, translate
from cutover.example.defects import Draft, full_width, lost_padding, odd_blank, unknown_number
from cutover.example.layout import Injection
from cutover.example.names import streets, telephones
from cutover.example.parties import CUSTOMER, KNA, LFA, SUPPLIER, country, party_number
from cutover.example.tables import CLIENT_COLUMN, Column, LegacyTable, World, client
from cutover.example.tax_ids import city_names
from cutover.example.words import CITIES, NAMIBIAN_TOWN, TOWNS_LATIN

_TOWN_OF_COUNTRY = {country: town for town, country in TOWNS_LATIN} | {"NA": NAMIBIAN_TOWN}


def _owners(world: World, rows: Ints) -> tuple[Flags, Ints, Flags]:
    """Per address row: whether the owner is a supplier, the owner's row, whether it is a delivery address."""
    customers = world.layout(KNA).count_referenced(KNA.count(world))
    suppliers = world.layout(LFA).count_referenced(LFA.count(world))
    supplier = (rows >= customers) & (rows < customers + suppliers)
    delivery = rows >= customers + suppliers
    customer_ordinal = np.where(delivery, 3 * (rows - customers - suppliers), np.where(supplier, 0, rows))
    owners = np.where(
        supplier,
        world.layout(LFA).referenced(np.where(supplier, rows - customers, 0)),
        world.layout(KNA).referenced(customer_ordinal),
    )
    return supplier, owners, delivery


def _count_addresses(world: World) -> int:
    customers = world.layout(KNA).count_referenced(KNA.count(world))
    return customers + world.layout(LFA).count_referenced(LFA.count(world)) + (customers + 2) // 3


def _draft_addresses(world: World, rows: Ints) -> Draft:
    layout = world.layout(ADR)
    supplies, owners, delivery = _owners(world, rows)
    countries = pick(supplies, country(world, SUPPLIER, owners), country(world, CUSTOMER, owners))
    chinese = equals(countries, "CN")
    cities = world.roll("adr/city", rows, len(CITIES))
    namibian = equals(countries, "NA")
    columns = {
        "mandt": client(rows),
        "adrnr": padded(rows + 1, 10),
        "ownertyp": pick(supplies, constant("LI", rows), constant("KU", rows)),
        "ownernr": pick(supplies, party_number(SUPPLIER, owners), party_number(CUSTOMER, owners)),
        "adrart": pick(delivery, constant("02", rows), constant("01", rows)),
        "land1": countries,
        "ort01": pick(chinese, city_names(cities), translate(countries, _TOWN_OF_COUNTRY)),
        "stras": streets(world.seed, rows, chinese),
        "pstlz": pick(
            chinese,
            padded(200_000 + world.roll("adr/zip", rows, 400_000), 6),
            padded(10_000 + world.roll("adr/zip", rows, 89_999), 5),
        ),
        "telf1": telephones(world.seed, rows, cities, chinese),
    }
    return Draft(columns, np.where(namibian, layout.number("K09 Namibia"), layout.kinds(rows)))


ADR = LegacyTable(
    "erp", "adr", "addresses of customers and suppliers",
    (
        CLIENT_COLUMN,
        Column("adrnr", "char(10)", "address number, zeros in front"),
        Column("ownertyp", "char(2)", "KU customer, LI supplier"),
        Column("ownernr", "varchar(10)", "kunnr or lifnr of the owner"),
        Column("adrart", "char(2)",
            "01 main address (one per party), 02 delivery address (every third customer)"),
        Column("land1", "varchar(3)", "country, ISO code of two letters; NA is Namibia"),
        Column("ort01", "varchar(40)", "city"),
        Column("stras", "varchar(80)", "street and house number"),
        Column("pstlz", "varchar(10)", "postal code"),
        Column("telf1", "varchar(40)", "telephone"),
    ),
    ("adrnr",),
    (
        Injection("K09 Namibia", 0, "K09", ("land1",), "loaded", "NA is Namibia, not missing"),
        Injection("T06 blanks", 5, "T06", ("stras",), "cleaned", change=odd_blank),
        Injection("T07 full width", 3, "T07", ("telf1",), "cleaned", change=full_width),
        Injection("K01 padding", 5, "K01", ("ownernr",), "cleaned", change=lost_padding),
        Injection("K07 no owner", 1, "K07", ("ownernr",), "rejected", change=unknown_number),
    ),
    _count_addresses, _draft_addresses,
)  # fmt: skip
