"""Open items and the trial balance that they tie out to."""

from collections.abc import Iterator
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
    glue,
    numbers,
    padded,
)
from cutover.example.defects import (
    Draft,
    credit_side,
    impossible_day,
    lost_padding,
    no_day,
    spell_cny,
    unknown_number,
)
from cutover.example.layout import Injection
from cutover.example.parties import CUSTOMER, SUPPLIER, Role, currency, party_number, referenced_party
from cutover.example.reference import COMPANIES, LEAVES, PAYABLE, RECEIVABLE, RETAINED, account_number
from cutover.example.tables import CHUNK, CLIENT_COLUMN, Column, LegacyTable, World, client, of_scale

CURRENCIES = ("CNY", "USD", "EUR")
YEAR = "2024"
# Book currency per one unit of document currency, in millionths: row = CNY or EUR, column = CURRENCIES.
_RATES = np.array([[1_000_000, 7_188_400, 7_525_700], [132_878, 955_200, 1_000_000]])
_BOOK = np.array([0 if company.currency == "CNY" else 1 for company in COMPANIES])
_CODES = tuple(company.code for company in COMPANIES)
_FIRST_DAY, _DAYS = day_number("2023-01-02"), 725


@dataclass(frozen=True)
class Ledger:
    """Receivables or payables: the table, the party's column and where the document numbers begin."""

    table: str
    role: Role
    party: str
    first_number: int


@dataclass(frozen=True)
class Money:
    """Open items as numbers: indexes of company and currency, cents of document and of book currency.

    The sign follows the control account's own side: positive is a claim on a customer,
    or a debt to a supplier.
    """

    company: Ints
    currency: Ints
    document: Ints
    local: Ints


RECEIVABLES = Ledger("bsid", CUSTOMER, "kunnr", 1_800_000_001)
PAYABLES = Ledger("bsik", SUPPLIER, "lifnr", 1_900_000_001)
TABLE_OF_REVERSED = {"bsid": "N03 credit", "bsik": "N01 debit"}


def open_items(world: World, ledger: Ledger, rows: Ints) -> Money:
    """The money of each open item, signed."""
    layout = world.layout(OPEN_ITEM_TABLES[ledger.table])
    kinds = layout.kinds(rows)
    parties = referenced_party(world, ledger.role, f"{ledger.table}/party", rows)
    codes = currency(world, ledger.role, parties).to_numpy(zero_copy_only=False).astype("U3")
    picked = np.select([codes == code for code in CURRENCIES], range(len(CURRENCIES)))
    picked = np.where(layout.is_home(kinds), 0, picked).astype(np.int64)
    company = world.roll(f"{ledger.table}/company", rows, len(COMPANIES))
    document = 10_00 + world.roll(f"{ledger.table}/amount", rows, 50_000_00)
    local = (document * _RATES[_BOOK[company], picked] + 500_000) // 1_000_000
    sign = np.where(layout.is_any(kinds, TABLE_OF_REVERSED[ledger.table]), -1, 1)
    return Money(company, picked, sign * document, sign * local)


def control_balances(world: World, ledger: Ledger) -> Ints:
    """Per company the sum of all open items in cents of its book currency."""
    totals = np.zeros(len(COMPANIES), np.int64)
    for rows in _row_chunks(OPEN_ITEM_TABLES[ledger.table].count(world)):
        money = open_items(world, ledger, rows)
        np.add.at(totals, money.company, money.local)
    return totals


def _row_chunks(total: int) -> Iterator[Ints]:
    for start in range(0, total, CHUNK):
        yield np.arange(start, min(start + CHUNK, total), dtype=np.int64)


def _item_columns(world: World, ledger: Ledger, rows: Ints, money: Money) -> dict[str, Text]:
    parties = referenced_party(world, ledger.role, f"{ledger.table}/party", rows)
    day = _FIRST_DAY + world.roll(f"{ledger.table}/day", rows, _DAYS)
    return {
        "mandt": client(rows),
        "bukrs": choose(_CODES, money.company),
        "belnr": padded(rows + ledger.first_number, 10),
        "gjahr": constant(YEAR, rows),
        "buzei": constant("001", rows),
        ledger.party: party_number(ledger.role, parties),
        "budat": compact_day(day),
        "zfbdt": compact_day(day + 30 * (1 + world.roll(f"{ledger.table}/due", rows, 3))),
        "xblnr": glue(
            "INV",
            numbers(20_230_000 + world.roll(f"{ledger.table}/reference", rows, 9_999)),
            "-",
            padded(rows % 1_000_000, 6),
        ),
        "waers": choose(CURRENCIES, money.currency),
        "wrbtr": amount(money.document),
        "dmbtr": amount(money.local),
    }


def _draft_receivables(world: World, rows: Ints) -> Draft:
    money = open_items(world, RECEIVABLES, rows)
    unsigned = Money(money.company, money.currency, np.abs(money.document), np.abs(money.local))
    columns = _item_columns(world, RECEIVABLES, rows, unsigned) | {"shkzg": constant("S", rows)}
    return Draft(columns, world.layout(BSID).kinds(rows))


def _draft_payables(world: World, rows: Ints) -> Draft:
    columns = _item_columns(world, PAYABLES, rows, open_items(world, PAYABLES, rows))
    return Draft(columns, world.layout(BSIK).kinds(rows))


def trial_balance(world: World) -> list[tuple[str, str, int]]:
    """(company, account, cents): per company each leaf account, debit positive, together zero."""
    receivable, payable = control_balances(world, RECEIVABLES), control_balances(world, PAYABLES)
    balances = []
    for place, company in enumerate(COMPANIES):
        rolled = world.roll(f"glt/{company.code}", np.arange(len(LEAVES)), 90_000_000_00) - 45_000_000_00
        cents = {leaf.number: int(value) for leaf, value in zip(LEAVES, rolled, strict=True)}
        cents |= {RECEIVABLE: int(receivable[place]), PAYABLE: -int(payable[place])}
        cents[RETAINED] -= sum(cents.values())
        balances += [(company.code, number, value) for number, value in cents.items()]
    return balances


def _draft_balances(world: World, rows: Ints) -> Draft:
    everything = trial_balance(world)
    balances = [everything[row] for row in rows]
    book = {company.code: company.currency for company in COMPANIES}
    cents = np.array([value for _, _, value in balances], np.int64)
    columns = {
        "mandt": client(rows),
        "bukrs": _texts([code for code, _, _ in balances]),
        "saknr": _texts([account_number(number) for _, number, _ in balances]),
        "gjahr": constant(YEAR, rows),
        "waers": _texts([book[code] for code, _, _ in balances]),
        "soll": amount(np.maximum(cents, 0)),
        "haben": amount(np.maximum(-cents, 0)),
    }
    return Draft(columns, np.zeros(len(rows), np.int64))


def _texts(values: list[str]) -> Text:
    return choose(values, np.arange(len(values), dtype=np.int64))


def _columns(ledger: Ledger, amounts: str, own: tuple[Column, ...]) -> tuple[Column, ...]:
    return (
        CLIENT_COLUMN,
        Column("bukrs", "char(4)", "company (t001.bukrs)"),
        Column("belnr", "char(10)", "document number"),
        Column("gjahr", "char(4)", "fiscal year, always 2024"),
        Column("buzei", "char(3)", "line of the document, always 001"),
        Column(ledger.party, "varchar(10)", f"{ledger.role.table}.{ledger.party}"),
        Column("budat", "char(8)", "posting date, YYYYMMDD"),
        Column("zfbdt", "char(8)", "due date, YYYYMMDD, 00000000 = due at once"),
        Column("xblnr", "varchar(20)", "invoice number"),
        Column("waers", "varchar(5)", "document currency, the ERP's own spelling"),
        Column("wrbtr", "varchar(20)", f"amount in document currency, as text, {amounts}"),
        Column("dmbtr", "varchar(20)", f"amount in the company's book currency, as text, {amounts}"),
        *own,
    )


def _injections(party: str, reversed_item: Injection) -> tuple[Injection, ...]:
    return (
        reversed_item,
        Injection("K01 padding", 5, "K01", (party,), "cleaned", change=lost_padding),
        Injection("K07 no party", 1, "K07", (party,), "rejected", change=unknown_number),
        Injection("D01 no date", 5, "D01", ("zfbdt",), "cleaned", change=no_day),
        Injection("D06 posting date", 1, "D06", ("budat",), "rejected", change=impossible_day),
        Injection("C11 currency", 5, "C11", ("waers",), "cleaned", change=spell_cny, home=True),
    )


BSID = LegacyTable(
    "erp", "bsid", "open receivables",
    _columns(RECEIVABLES, "without sign", (Column("shkzg", "char(1)",
        "S = debit (customer owes), H = credit (we owe): turns the sign"),)),
    ("bukrs", "belnr", "gjahr", "buzei"),
    _injections("kunnr", Injection("N03 credit", 10, "N03", ("shkzg",), "cleaned", change=credit_side)),
    of_scale(8000), _draft_receivables,
)  # fmt: skip
BSIK = LegacyTable(
    "erp", "bsik", "open payables",
    _columns(PAYABLES, "positive = we owe; a debit memo has its minus sign last (4380.31-)", ()),
    ("bukrs", "belnr", "gjahr", "buzei"),
    _injections("lifnr", Injection("N01 debit", 10, "N01", ("wrbtr", "dmbtr"), "cleaned")),
    of_scale(5000), _draft_payables,
)  # fmt: skip
GLT = LegacyTable(
    "erp", "glt", "trial balance",
    (
        CLIENT_COLUMN,
        Column("bukrs", "char(4)", "company (t001.bukrs)"),
        Column("saknr", "char(10)", "leaf account (skb.saknr), zeros in front"),
        Column("gjahr", "char(4)", "fiscal year, always 2024"),
        Column("waers", "varchar(5)", "the company's book currency"),
        Column("soll", "numeric(17,2)", "debit balance, 0.00 when the balance is credit"),
        Column("haben", "numeric(17,2)", "credit balance, 0.00 when the balance is debit"),
    ),
    ("bukrs", "saknr", "gjahr"), (), lambda world: len(COMPANIES) * len(LEAVES), _draft_balances,
)  # fmt: skip
OPEN_ITEM_TABLES = {"bsid": BSID, "bsik": BSIK}
