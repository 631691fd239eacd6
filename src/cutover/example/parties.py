"""Customers and suppliers."""

from dataclasses import dataclass

import numpy as np

from cutover.example.chance import Flags, Ints
from cutover.example.columns import (
    Text,
    amount,
    choose,
    compact_day,
    constant,
    day_number,
    equals,
    glue,
    padded,
    pick,
    replace,
    translate,
)
from cutover.example.defects import (
    Draft,
    emptied,
    flagged,
    full_width,
    marked_as_trial,
    no_day,
    odd_blank,
    overlong_name,
    rare_characters,
    spell_cny,
    wrong_check_digit,
)
from cutover.example.layout import BLOCK, Injection
from cutover.example.names import chinese_companies, city_of_company, latin_companies
from cutover.example.tables import CLIENT_COLUMN, Column, LegacyTable, World, client, of_scale
from cutover.example.tax_ids import credit_codes, vat_numbers

COUNTRIES = ("DE", "IT", "US", "JP")
CURRENCY_OF_COUNTRY = {"CN": "CNY", "DE": "EUR", "IT": "EUR", "US": "USD", "JP": "USD", "NA": "USD"}
TERMS = ("Z000", "Z030", "Z060", "Z090")
_FIRST_DAY, _DAYS = day_number("2016-01-04"), 3000


@dataclass(frozen=True)
class Role:
    """One side of the party master: customers or suppliers.

    first_number: number of row 0.
    first_holder: where the role's own names and tax identities begin,
    so that roles never share one by chance.
    """

    table: str
    first_number: int
    first_holder: int


CUSTOMER, SUPPLIER = Role("kna", 100_001, 0), Role("lfa", 500_001, 1_000_000)


def party_number(role: Role, rows: Ints) -> Text:
    """Customer or supplier numbers: ten digits with zeros in front."""
    return padded(rows + role.first_number, 10)


def country(world: World, role: Role, rows: Ints) -> Text:
    """The country of each party: about 85 of 100 are Chinese."""
    layout = world.layout(TABLE_OF[role.table])
    kinds = layout.kinds(rows)
    rolled = world.roll(f"{role.table}/country", rows, 100)
    foreign = choose(COUNTRIES, rolled % len(COUNTRIES))
    codes = pick((rolled < 85) | layout.is_home(kinds), constant("CN", rows), foreign)
    return pick(layout.is_any(kinds, "K09 Namibia"), constant("NA", rows), codes) if role is CUSTOMER else codes


def currency(world: World, role: Role, rows: Ints) -> Text:
    """The currency each party trades in."""
    return translate(country(world, role, rows), CURRENCY_OF_COUNTRY)


def payment_term(world: World, role: Role, rows: Ints) -> Text:
    """The payment term each party was granted."""
    return choose(TERMS, world.roll(f"{role.table}/term", rows, len(TERMS)))


def referenced_party(world: World, role: Role, draw: str, rows: Ints) -> Ints:
    """For each row of another table the row of a party it refers to."""
    table = TABLE_OF[role.table]
    layout = world.layout(table)
    return layout.referenced(world.roll(draw, rows, layout.count_referenced(table.count(world))))


def _draft_customers(world: World, rows: Ints) -> Draft:
    layout = world.layout(KNA)
    kinds, other = layout.kinds(rows), layout.partner(rows)
    takes_name = layout.is_any(kinds, "K04 duplicate", "C05 branch", "K04 namesake")
    takes_tax_id = layout.is_any(kinds, "K04 duplicate", "C05 branch")
    columns = _party_columns(
        world, CUSTOMER, rows, name_of=np.where(takes_name, other, rows), tax_id_of=np.where(takes_tax_id, other, rows)
    )
    columns["name1"] = _respell(columns["name1"], rows, layout.is_any(kinds, "K04 duplicate"))
    branch = glue(columns["name1"], choose(("第一分公司", "第二分公司"), rows % 2))
    columns["name1"] = pick(layout.is_any(kinds, "C05 branch"), branch, columns["name1"])
    columns["klimk"] = amount(10_000_00 * world.roll("kna/limit", rows, 200))
    return Draft(_as_customer(columns), kinds, party_number(CUSTOMER, other))


def _draft_suppliers(world: World, rows: Ints) -> Draft:
    layout = world.layout(LFA)
    kinds = layout.kinds(rows)
    shared = layout.is_any(kinds, "K04 also customer")
    customers = _customers_that_supply(world, rows)
    columns = _party_columns(world, SUPPLIER, rows, name_of=rows, tax_id_of=rows)
    twins = _party_columns(world, CUSTOMER, customers, name_of=customers, tax_id_of=customers)
    respelt = _respell(twins["name1"], rows, np.ones(len(rows), bool))
    columns["name1"] = pick(shared, respelt, columns["name1"])
    columns["stceg"] = pick(shared, twins["stceg"], columns["stceg"])
    survivors = glue("erp.kna ", party_number(CUSTOMER, customers))
    return Draft(_as_supplier(columns), kinds, survivors)


def _customers_that_supply(world: World, rows: Ints) -> Ints:
    # The n-th shared supplier of a block is the n-th customer reserved for it in the same block of customers.
    shared = np.flatnonzero(world.layout(LFA).kind_of_slot == world.layout(LFA).number("K04 also customer"))
    reserved = world.layout(KNA).rows_of("also supplier", 1)
    slot = np.full(BLOCK, reserved[0], np.int64)
    slot[shared] = reserved
    return rows // BLOCK * BLOCK + slot[rows % BLOCK]


def _party_columns(world: World, role: Role, rows: Ints, name_of: Ints, tax_id_of: Ints) -> dict[str, Text]:
    layout = world.layout(TABLE_OF[role.table])
    countries = country(world, role, rows)
    chinese = equals(countries, "CN")
    names, owners = name_of + role.first_holder, tax_id_of + role.first_holder
    cities = city_of_company(world.seed, owners)
    paired = layout.is_any(layout.kinds(name_of), *_BRACKETED[role.table])
    bracketed = paired | (world.roll("bracketed", names, 5) == 0)
    return {
        "mandt": client(rows),
        "number": party_number(role, rows),
        "name1": pick(
            chinese, chinese_companies(world.seed, names, bracketed), latin_companies(world.seed, names, countries)
        ),
        "land1": countries,
        "waers": translate(countries, CURRENCY_OF_COUNTRY),
        "zterm": payment_term(world, role, rows),
        "stceg": pick(chinese, credit_codes(world.seed, owners, cities), vat_numbers(countries, owners)),
        "erdat": compact_day(_FIRST_DAY + world.roll(f"{role.table}/created", rows, _DAYS)),
        "loevm": constant("", rows),
    }


def _respell(names: Text, rows: Ints, where: Flags) -> Text:
    # Same but for brackets, width and blanks; only rows of bracketed names come here with `where` set.
    narrow = replace(replace(names, "（", "("), "）", ")")
    spaced = replace(replace(names, "（", " ( "), "）", " ) ")
    bare = replace(replace(names, "（", ""), "）", "")
    return pick(where & (rows % 3 == 0), narrow, pick(where & (rows % 3 == 1), spaced, pick(where, bare, names)))


def _as_customer(columns: dict[str, Text]) -> dict[str, Text]:
    return {"kunnr" if name == "number" else name: values for name, values in columns.items()}


def _as_supplier(columns: dict[str, Text]) -> dict[str, Text]:
    return {"lifnr" if name == "number" else name: values for name, values in columns.items()}


_HEAD = (CLIENT_COLUMN,)
_BODY = (
    Column("name1", "varchar(120)", "name; the target holds 80 characters"),
    Column("land1", "varchar(3)", "country, ISO code of two letters; NA is Namibia"),
    Column("waers", "varchar(5)", "currency, the ERP's own spelling"),
    Column("zterm", "varchar(4)", "payment term Z000, Z030, Z060, Z090 (days); empty = never agreed"),
    Column(
        "stceg",
        "varchar(40)",
        "tax identity: 统一社会信用代码 for land1 = CN, VAT number without check digit otherwise",
    ),
    Column("erdat", "char(8)", "created on, YYYYMMDD, 00000000 = unknown"),
    Column("loevm", "varchar(1)", "X = flagged for deletion"),
)
_TRIAL_NOTE = "no other table refers to it"
_COMMON = (
    Injection("T14 trial", 2, "T14", ("name1",), "dropped", _TRIAL_NOTE, marked_as_trial, referenced=False),
    Injection("K10 deleted", 1, "K10", ("loevm",), "dropped", _TRIAL_NOTE, flagged, referenced=False),
    Injection("T06 blanks", 5, "T06", ("name1",), "cleaned", change=odd_blank),
    Injection("T07 full width", 2, "T07", ("stceg",), "cleaned", change=full_width, home=True),
    Injection("C11 currency", 6, "C11", ("waers",), "cleaned", change=spell_cny, home=True),
    Injection("C01 check digit", 1, "C01", ("stceg",), "rejected", change=wrong_check_digit, home=True),
    Injection("L01 long name", 1, "L01", ("name1",), "rejected", change=overlong_name, home=True),
    Injection("M02 no term", 4, "M02", ("zterm",), "loaded", "default with audit flag", emptied),
    Injection("D01 no date", 4, "D01", ("erdat",), "cleaned", change=no_day),
)
KNA = LegacyTable(
    "erp", "kna", "customers",
    (*_HEAD, Column("kunnr", "varchar(10)", "customer number, ten digits with zeros in front"), *_BODY,
     Column("klimk", "varchar(20)", "credit limit in waers, amount as text")),
    ("kunnr",),
    (
        Injection("also supplier", 2, home=True),
        Injection("K04 original", 2, home=True),
        Injection("C05 head office", 1, home=True),
        Injection("K04 first of the name", 1, home=True),
        Injection("K04 duplicate", 2, "K04", ("stceg",), "merged", pairs_with="K04 original", home=True),
        Injection("C05 branch", 1, "C05", ("name1",), "loaded",
            "branch with the tax identity of its head office: must not merge", pairs_with="C05 head office",
            home=True),
        Injection("K04 namesake", 1, "K04", ("stceg",), "loaded",
            "same name, another tax identity: must not merge", pairs_with="K04 first of the name", home=True),
        Injection("K09 Namibia", 1, "K09", ("land1",), "loaded", "NA is Namibia, not missing"),
        Injection("T10 rare", 2, "T10", ("name1",), "loaded", "must survive unchanged", rare_characters,
            home=True),
        *_COMMON,
    ),
    of_scale(3000), _draft_customers,
)  # fmt: skip
LFA = LegacyTable(
    "erp", "lfa", "suppliers",
    (*_HEAD, Column("lifnr", "varchar(10)", "supplier number, ten digits with zeros in front"), *_BODY),
    ("lifnr",),
    (Injection("K04 also customer", 2, "K04", ("stceg",), "merged", home=True), *_COMMON),
    of_scale(1000), _draft_suppliers,
)  # fmt: skip
TABLE_OF = {"kna": KNA, "lfa": LFA}
_BRACKETED = {"kna": ("also supplier", "K04 original"), "lfa": ("K04 also customer",)}
