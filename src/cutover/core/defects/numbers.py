"""N01 to N14: numbers, money, quantities."""

import re
from decimal import Decimal

import pyarrow as pa
import pyarrow.compute as pc

from cutover.core.cleansing.numbers import EXACT, read_local
from cutover.core.cleansing.remedy import Parameters, Texts
from cutover.core.defects.defect import Cells, Defect, Rows, day, judged, matching, number

_LOCAL = re.compile(r"-?\d{1,3}([.,' \u00a0\u202f]\d{3})+([.,]\d+)?|-?\d+,\d+")
_SHARE = "^[+]?[0-9]{1,3}([.][0-9]{1,9})?$"


def _is_local(text: str, parameters: Parameters) -> bool:
    # Three digits behind one point are decimals until a declared locale, or another text, says otherwise.
    if not _LOCAL.fullmatch(text) or (parameters.locale is None and re.fullmatch(r"-?\d{1,3}[.]\d{3}", text)):
        return False
    return parameters.locale is None or read_local(text, parameters.locale) is None


def _is_rounded_by_float(text: str, _: Parameters) -> bool:
    if not re.fullmatch(r"[+-]?\d+\.\d{9,}", text):
        return False
    value = Decimal(text)
    rounded = [value.quantize(Decimal(1).scaleb(-scale), context=EXACT) for scale in range(7)]
    return any(0 < EXACT.abs(EXACT.subtract(value, near)) <= _TINY for near in rounded)


_TINY = Decimal("1e-9")


def _two_ways(texts: Texts, _: Parameters) -> pa.BooleanArray:
    """Find the fewer of percents (13) and fractions (0.13) in a column that holds both."""
    numbers = pc.if_else(pc.match_substring_regex(texts, _SHARE), texts, None).cast(pa.decimal128(38, 9))
    positive = pc.greater(numbers, 0)
    fraction = pc.and_(positive, pc.less_equal(numbers, 1))
    percent = pc.and_(pc.greater(numbers, 1), pc.less_equal(numbers, 100))
    few, many = sorted((fraction, percent), key=lambda flags: pc.sum(flags).as_py() or 0)
    return few if pc.any(few).as_py() and pc.any(many).as_py() else pc.and_(few, False)


# The currencies whose money has no decimals, as CLDR knows them; a test compares.
ZERO_DECIMALS = (
    "BIF",
    "CLP",
    "DJF",
    "GNF",
    "ISK",
    "JPY",
    "KMF",
    "KRW",
    "PYG",
    "RWF",
    "UGX",
    "VND",
    "VUV",
    "XAF",
    "XOF",
    "XPF",
)
_ZERO = ", ".join(f"'{code}'" for code in ZERO_DECIMALS)

DEFECTS = (
    Defect(
        "N01",
        "sign behind the number",
        "4380.31-",
        matching(r"^[\d.,]*\d[\d.,]*\s*-$"),
        "A",
        "move the sign; the control total ties",
        "consistency",
        ("trailing_minus",),
        "SAP quantity formats put the sign last",
    ),
    Defect(
        "N02",
        "decimals of another locale",
        "1.234,56",
        judged(_is_local),
        "A/X",
        "read strictly by the declared locale; undeclared, 1.234 stays unresolved",
        "accuracy",
        ("locale_number",),
        "babel, CLDR",
    ),
    Defect(
        "N03",
        "sign in brackets, marks or a column of its own",
        "(123.45)",
        matching(
            r"^\s*\(\s*[\d.,]+\s*\)\s*$|(?i)^\s*(CR|DR|借|贷)\s*[\d.,]+\s*$|(?i)^\s*[\d.,]+\s*(CR|DR|借|贷)\s*$|^(H|CR|贷)$"
        ),
        "A",
        "the sign rule of the mapping; the trial balance must balance",
        "accuracy",
        ("marked_sign", "negate"),
    ),
    Defect(
        "N04",
        "currencies without decimals stored with two",
        "JPY 12.34 for 1234",
        Rows(
            f"select _row from rows where upper(trim({{currency}})) in ({_ZERO})"
            " and {amount} similar to '-?[0-9]+[.][0-9]+'"
        ),
        "A",
        "move the point by the table of the currency's decimals; tie to a document",
        "precision",
        ("currency_decimals",),
        "SAP TCURX; CLDR currency data",
    ),
    Defect(
        "N05",
        "digits lost in a spreadsheet",
        "1.10105E+17",
        matching(r"^[+-]?\d+(\.\d+)?[eE]\+\d+$|^[1-9]\d{14}0+$"),
        "X",
        "extract again as text: the digits are gone",
        "accuracy",
        reference="IEEE 754: 15 digits",
    ),
    Defect(
        "N06",
        "numbers with units",
        "100 pcs",
        matching(r"^[+-]?\d{1,12}([.,]\d+)?\s*(\p{L}|[%℃])+\.?$|^(约|大约|近|approx\.?|ca\.?|~)\s*\d"),
        "P",
        "split value and unit; 万 only where the column declares it; approximations stay texts",
        "precision",
        ("split_unit",),
    ),
    Defect(
        "N07",
        "binary artefacts",
        "940.99999999999989",
        judged(_is_rounded_by_float),
        "A",
        "round to the declared scale where the change is below 1e-9",
        "precision",
        ("round_artefact",),
        "IEEE 754",
    ),
    Defect(
        "N08",
        "one sheet in 万元, the others in 元",
        "1.25 beside 12500",
        Rows(f"""
            with told as (select _row, {{sheet}} as sheet, {number("amount")} as amount from rows),
            middles as (
                select _row, median(amount) over (partition by sheet) as here, median(amount) over () as anywhere
                from told
            )
            select _row from middles
            where here > 0 and anywhere > 0 and (here * 1000 <= anywhere or anywhere * 1000 <= here)"""),
        "A/X",
        "times the declared unit of the sheet",
        "accuracy",
        ("multiply",),
    ),
    Defect(
        "N09",
        "price unit ignored",
        "10 x 250.00 = 25.00",
        Rows(f"""
            select _row from rows
            where {number("amount")} <> 0
              and round({number("quantity")} * {number("price")} / {number("amount")}, 2) in (10, 100, 1000, 10000)"""),
        "A",
        "divide by the price unit",
        "accuracy",
        ("price_unit",),
        "SAP PEINH",
    ),
    Defect(
        "N10",
        "amount is not quantity times price",
        "3 x 2.00 = 6.50",
        Rows(f"select _row from rows where abs({number('quantity')} * {number('price')} - {number('amount')}) > 0.01"),
        "X",
        "report; a posted amount is never repaired",
        "consistency",
    ),
    Defect(
        "N11",
        "percents beside fractions",
        "13 beside 0.13",
        Cells(_two_ways),
        "P",
        "one rule for the column",
        "consistency",
        ("as_fraction",),
    ),
    Defect(
        "N12",
        "sentinels that mean unknown",
        "-1, 999999",
        matching(r"^(-1|-?9{4,})([.]0+)?$"),
        "P",
        "no value, where a rule lists them",
        "credibility",
        ("replace_values",),
    ),
    Defect(
        "N13",
        "negative stock, or stock without cost",
        "-5",
        Rows(f"""
            select _row from rows where {number("quantity")} < 0 or {{quantity}} similar to '[0-9.]*[1-9][0-9.]*-'
                or ({number("quantity")} > 0 and {number("cost")} = 0)"""),
        "X",
        "stock count and finance decide before the load",
        "accuracy",
    ),
    Defect(
        "N14",
        "cents left on cleared items",
        "0.01 open for a year",
        Rows(f"""
            select _row from rows
            where abs({number("open")}) between 0.01 and 0.05
              and {day("due")} < (select max({day("due")}) from rows) - interval 90 day"""),
        "X",
        "finance writes them off in the old system",
        "accuracy",
    ),
)
