"""The CRM's contacts, kept in Excel workbooks."""

from cutover.example.chance import Ints
from cutover.example.columns import (
    choose,
    constant,
    day_number,
    equals,
    glue,
    padded,
    pick,
    replace,
    slashed_day,
)
from cutover.example.defects import (
    Draft,
    full_width,
    lost_padding,
    odd_blank,
    rare_characters,
    unknown_number,
)
from cutover.example.layout import Injection
from cutover.example.names import persons, telephones
from cutover.example.parties import CUSTOMER, country, party_number, referenced_party
from cutover.example.tables import Column, LegacyTable, World, of_scale
from cutover.example.words import CITIES, JOB_TITLES


def _draft_contacts(world: World, rows: Ints) -> Draft:
    customers = referenced_party(world, CUSTOMER, "contacts/customer", rows)
    chinese = equals(country(world, CUSTOMER, customers), "CN")
    cities = world.roll("contacts/city", rows, len(CITIES))
    columns = {
        "ContactNo": glue("C", padded(rows + 1, 8)),
        "CustomerNo": party_number(CUSTOMER, customers),
        "FullName": persons(world.seed, rows, chinese),
        "JobTitle": choose(JOB_TITLES, world.roll("contacts/title", rows, len(JOB_TITLES))),
        "Phone": telephones(world.seed, rows, cities, chinese),
        "Email": glue("contact", padded(rows + 1, 8), "@example.com"),
        "Language": pick(chinese, constant("ZH", rows), constant("EN", rows)),
        "LastContact": replace(
            slashed_day(day_number("2022-01-01") + world.roll("contacts/day", rows, 1080)), "/", "-"
        ),
    }
    return Draft(columns, world.layout(CONTACTS).kinds(rows))


CONTACTS = LegacyTable(
    "crm", "contacts", "contacts of customers",
    (
        Column("ContactNo", "text", "contact number, C and eight digits"),
        Column("CustomerNo", "text or number",
            "kna.kunnr as text; in some rows a number cell, which has no zeros in front"),
        Column("FullName", "text", "name of the person"),
        Column("JobTitle", "text", "title in Chinese or English"),
        Column("Phone", "text", "telephone"),
        Column("Email", "text", "e-mail, unique, always at example.com"),
        Column("Language", "text", "ZH or EN"),
        Column("LastContact", "text", "date of the last contact, YYYY-MM-DD"),
    ),
    ("ContactNo",),
    (
        Injection("K01 number cell", 10, "K01", ("CustomerNo",), "cleaned", "number cell instead of text",
            lost_padding),
        Injection("K07 no customer", 1, "K07", ("CustomerNo",), "rejected", change=unknown_number),
        Injection("T06 blanks", 5, "T06", ("FullName",), "cleaned", change=odd_blank),
        Injection("T07 full width", 2, "T07", ("Phone",), "cleaned", change=full_width),
        Injection("T10 rare", 2, "T10", ("FullName",), "loaded", "must survive unchanged", rare_characters),
    ),
    of_scale(4000), _draft_contacts,
)  # fmt: skip
