"""Companies, chart of accounts and units: small tables that do not grow with the scale."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from cutover.example.chance import Ints
from cutover.example.columns import choose
from cutover.example.defects import Draft
from cutover.example.tables import CLIENT, CLIENT_COLUMN, Column, LegacyTable
from cutover.example.tax_ids import credit_codes

CHART = "HR01"


@dataclass(frozen=True)
class Company:
    """A legal entity; currency is its book currency, plant its only production site."""

    code: str
    name: str
    country: str
    currency: str
    city: int
    plant: str


@dataclass(frozen=True)
class Account:
    """An account of the chart; `parent` is empty at the top, `posted` tells leaf accounts."""

    number: str
    chinese: str
    english: str
    kind: str
    parent: str = ""
    posted: bool = True


COMPANIES = (
    Company("1000", "苏州华锐精密机械有限公司", "CN", "CNY", 4, "1010"),
    Company("1100", "上海华锐机床销售有限公司", "CN", "CNY", 1, "1110"),
    Company("1200", "成都华锐智能装备有限公司", "CN", "CNY", 26, "1210"),
    Company("2000", "Huarui Precision Europe GmbH", "DE", "EUR", 0, "2010"),
)
RECEIVABLE, PAYABLE, RETAINED, CLEARING = "1122", "2202", "4104", "9999"
HEADINGS = (
    Account("1000", "资产类", "Assets", "A", posted=False),
    Account("2000", "负债类", "Liabilities", "P", posted=False),
    Account("4000", "所有者权益类", "Equity", "K", posted=False),
    Account("5000", "成本类", "Costs", "C", posted=False),
    Account("6000", "损益类", "Profit and loss", "E", posted=False),
)
_LEAVES = (
    ("1001", "库存现金", "Cash on hand"), ("1002", "银行存款", "Bank"), ("1012", "其他货币资金",
        "Other monetary funds"),
    ("1121", "应收票据", "Notes receivable"), ("1122", "应收账款", "Trade receivables"), ("1123", "预付账款",
        "Prepayments"),
    ("1221", "其他应收款", "Other receivables"), ("1231", "坏账准备", "Bad debt allowance"), ("1402",
        "在途物资",
        "Goods in transit"),
    ("1403", "原材料", "Raw materials"), ("1405", "库存商品", "Finished goods"), ("1406", "发出商品",
        "Goods shipped"),
    ("1471", "存货跌价准备", "Inventory allowance"), ("1601", "固定资产", "Fixed assets"),
    ("1602", "累计折旧", "Accumulated depreciation"), ("1604", "在建工程", "Construction in progress"),
    ("1701", "无形资产", "Intangible assets"), ("1702", "累计摊销", "Accumulated amortisation"),
    ("1801", "长期待摊费用", "Deferred expenses"), ("2001", "短期借款", "Short-term loans"), ("2201",
        "应付票据",
        "Notes payable"),
    ("2202", "应付账款", "Trade payables"), ("2203", "预收账款", "Advances received"), ("2211",
        "应付职工薪酬",
        "Wages payable"),
    ("2221", "应交税费", "Taxes payable"), ("2231", "应付利息", "Interest payable"), ("2241", "其他应付款",
        "Other payables"),
    ("2501", "长期借款", "Long-term loans"), ("2701", "长期应付款", "Long-term payables"), ("4001",
        "实收资本",
        "Paid-in capital"),
    ("4002", "资本公积", "Capital reserve"), ("4101", "盈余公积", "Surplus reserve"), ("4103", "本年利润",
        "Profit of the year"),
    ("4104", "利润分配", "Retained earnings"), ("5001", "生产成本", "Production cost"), ("5101", "制造费用",
        "Overhead"),
    ("5301", "研发支出", "Development expenditure"), ("6001", "主营业务收入", "Sales revenue"), ("6051",
        "其他业务收入",
        "Other revenue"),
    ("6301", "营业外收入", "Non-operating income"), ("6401", "主营业务成本", "Cost of sales"), ("6402",
        "其他业务成本",
        "Other cost"),
    ("6403", "税金及附加", "Taxes and surcharges"), ("6601", "销售费用", "Selling expenses"), ("6602",
        "管理费用",
        "Administration"),
    ("6603", "财务费用", "Financial expenses"), ("6711", "营业外支出", "Non-operating expenses"), ("6801",
        "所得税费用",
        "Income tax"),
)  # fmt: skip
_KIND_OF_CLASS = {"1": "A", "2": "P", "4": "K", "5": "C", "6": "E"}
LEAVES = tuple(
    Account(number, chinese, english, _KIND_OF_CLASS[number[0]], number[0] + "000")
    for number, chinese, english in _LEAVES
)
ACCOUNTS = (*HEADINGS, *LEAVES, Account(CLEARING, "数据迁移清账", "Migration clearing", "M"))

# (unit, Chinese, English, dimension, numerator and denominator of the factor to the dimension's base unit)
UNITS = (
    ("ST", "件", "piece", "COUNT", 1, 1), ("PAA", "副", "pair", "COUNT", 2, 1), ("DZ", "打", "dozen", "COUNT",
        12, 1),
    ("SAT", "套", "set", "COUNT", 1, 1), ("KG", "千克", "kilogram", "MASS", 1, 1), ("G", "克", "gram",
        "MASS", 1,
        1000),
    ("TO", "吨", "tonne", "MASS", 1000, 1), ("M", "米", "metre", "LENGTH", 1, 1), ("MM", "毫米", "millimetre",
        "LENGTH", 1, 1000),
    ("M2", "平方米", "square metre", "AREA", 1, 1), ("L", "升", "litre", "VOLUME", 1, 1), ("ML", "毫升",
        "millilitre", "VOLUME", 1, 1000),
    ("H", "小时", "hour", "TIME", 1, 1), ("MIN", "分钟", "minute", "TIME", 1, 60),
)  # fmt: skip


def account_number(number: str) -> str:
    """An account number as the legacy tables hold it: ten digits."""
    return number.rjust(10, "0") if number else ""


def _plain(records: Sequence[Sequence[str]], names: Sequence[str], rows: Ints) -> Draft:
    columns = {name: choose([record[place] for record in records], rows) for place, name in enumerate(names)}
    return Draft(columns, np.zeros(len(rows), np.int64))


def _draft_companies(world: object, rows: Ints) -> Draft:
    codes = credit_codes(0, 10**6 * 800 + np.arange(len(COMPANIES)), np.array([company.city for company in COMPANIES]))
    tax_ids = [
        code if company.country == "CN" else "DE811223344"
        for code, company in zip(codes.to_pylist(), COMPANIES, strict=True)
    ]
    controls = [account_number(number) for number in (RECEIVABLE, PAYABLE, CLEARING)]
    records = [
        (
            CLIENT,
            company.code,
            company.name,
            company.country,
            company.currency,
            str(tax_id),
            CHART,
            company.plant,
            *controls,
        )
        for company, tax_id in zip(COMPANIES, tax_ids, strict=True)
    ]
    return _plain(records, [column.name for column in T001.columns], rows)


def _draft_accounts(world: object, rows: Ints) -> Draft:
    records = [
        (CLIENT, CHART, account_number(account.number), account.chinese, account.english,
            account_number(account.parent),
         account.kind, "X" if account.posted else "")
        for account in ACCOUNTS
    ]  # fmt: skip
    return _plain(records, [column.name for column in SKB.columns], rows)


def _draft_units(world: object, rows: Ints) -> Draft:
    records = [(CLIENT, *unit[:4], str(unit[4]), str(unit[5])) for unit in UNITS]
    return _plain(records, [column.name for column in T006.columns], rows)


T001 = LegacyTable(
    "erp", "t001", "companies",
    (
        CLIENT_COLUMN,
        Column("bukrs", "char(4)", "company code"),
        Column("butxt", "varchar(60)", "name"),
        Column("land1", "varchar(3)", "country, ISO code of two letters"),
        Column("waers", "varchar(5)", "book currency"),
        Column("stceg", "varchar(20)", "tax identity (统一社会信用代码 or VAT number)"),
        Column("ktopl", "char(4)", "chart of accounts, always HR01"),
        Column("werks", "char(4)", "plant of the company"),
        Column("abk_deb", "char(10)", "control account of receivables, zeros in front"),
        Column("abk_kre", "char(10)", "control account of payables, zeros in front"),
        Column("abk_mig", "char(10)",
            "migration clearing account (9999): no balance in the legacy books, must end at zero"),
    ),
    ("bukrs",), (), lambda world: len(COMPANIES), _draft_companies,
)  # fmt: skip
SKB = LegacyTable(
    "erp", "skb", "chart of accounts",
    (
        CLIENT_COLUMN,
        Column("ktopl", "char(4)", "chart of accounts, always HR01"),
        Column("saknr", "char(10)", "account number, zeros in front"),
        Column("txt50", "varchar(50)", "Chinese text"),
        Column("txt50_en", "varchar(50)", "English text"),
        Column("obersak", "varchar(10)", "account above (same table), empty at the top"),
        Column("ktoart", "char(1)",
            "A asset, P liability, K equity, C cost, E profit and loss, M migration clearing"),
        Column("bebuch", "varchar(1)", "X = may be posted to; headings hold no balance of their own"),
    ),
    ("ktopl", "saknr"), (), lambda world: len(ACCOUNTS), _draft_accounts,
)  # fmt: skip
T006 = LegacyTable(
    "erp", "t006", "units of measure",
    (
        CLIENT_COLUMN,
        Column("msehi", "varchar(3)", "unit, the ERP's own code (ST = piece)"),
        Column("mseht", "varchar(20)", "Chinese text"),
        Column("mseht_en", "varchar(20)", "English text"),
        Column("dimid", "varchar(6)", "dimension COUNT, MASS, LENGTH, AREA, VOLUME, TIME"),
        Column("zaehl", "integer", "numerator of the factor to the base unit of the dimension"),
        Column("nennr", "integer", "denominator of that factor"),
    ),
    ("msehi",), (), lambda world: len(UNITS), _draft_units,
)  # fmt: skip
