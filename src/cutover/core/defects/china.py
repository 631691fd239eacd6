"""C01 to C13: what Chinese systems hold."""

import re

import pyarrow.compute as pc

from cutover.core.cleansing.codes import PHONE_BETWEEN, currency_codes, phone_number
from cutover.core.cleansing.divisions import PROVINCES, complete_division
from cutover.core.cleansing.remedy import Parameters
from cutover.core.cleansing.texts import fold_company
from cutover.core.defects.defect import Cells, Defect, Rows, Whole, colliding, day, judged, matching, number, unlisted
from cutover.core.validators import VALIDATORS, is_uscc

_WITHOUT_PROVINCE = re.compile(f"(?!\\s*(?:中国)?(?:{PROVINCES})).*[\u4e00-\u9fff]", re.DOTALL)


def _is_wrong_code(text: str, _: Parameters) -> bool:
    return len(re.sub(r"[\s-]", "", text)) == 18 and not is_uscc(text)


def _is_odd_resident_id(text: str, _: Parameters) -> bool:
    return text.endswith("x") or bool(re.fullmatch(r"\d{15}", text)) or not VALIDATORS["cn_ric"](text)


def _is_odd_phone(text: str, parameters: Parameters) -> bool:
    if not text.strip():
        return False
    return len(PHONE_BETWEEN.split(text)) > 1 or phone_number(text, parameters.region or "CN") != text


def _is_incomplete_address(text: str, _: Parameters) -> bool:
    return bool(_WITHOUT_PROVINCE.match(text)) or complete_division(text) != text


def _companies() -> Whole:
    named, collided = matching("曾用名|原名|分公司|办事处"), colliding(fold_company)
    return Whole(lambda columns, given: pc.or_(named.flags(columns[0], given), collided.function(columns, given)))


DEFECTS = (
    Defect(
        "C01",
        "unified social credit code that does not check",
        "91110000600037341M",
        judged(_is_wrong_code),
        "X",
        "the owner verifies at the registry (`valid: cn_uscc` rejects)",
        "accuracy",
        reference="GB 32100-2015; python-stdnum cn.uscc",
    ),
    Defect(
        "C02",
        "old registration or organisation number",
        "110108001234567",
        matching(r"^\d{15}$|^\d{13}$|^[0-9A-Z]{8}-?[0-9X]$"),
        "X",
        "keep as a legacy number; it cannot be computed",
        "currentness",
        reference="GB 11714",
    ),
    Defect(
        "C03",
        "resident ID of 15 digits, with small x, or that does not check",
        "11010519491231002x",
        judged(_is_odd_resident_id),
        "P",
        "X in capitals; 15 to 18 digits is proposed; masked in every report",
        "accuracy, confidentiality",
        ("upper_x", "long_resident_id"),
        "GB 11643-1999; python-stdnum cn.ric",
    ),
    Defect(
        "C04",
        "phones: prefixes, extensions, several in one cell",
        "0086-21-61234567转8001",
        judged(_is_odd_phone),
        "A/P",
        "E.164 for one clean number; several are proposed apart",
        "consistency",
        ("e164", "split_phones"),
        "ITU-T E.164; phonenumbers",
    ),
    Defect(
        "C05",
        "legal forms, former names, branches",
        "华信有限责任公司 / 华信有限公司",
        _companies(),
        "P",
        "match key without form and brackets; branch and head office are different parties",
        "accuracy",
    ),
    Defect(
        "C06",
        "address without or with an outdated division",
        "浦东新区世纪大道1号",
        judged(_is_incomplete_address),
        "P",
        "province and today's names are proposed, the original is kept",
        "consistency",
        ("complete_division",),
        "GB/T 2260",
    ),
    Defect(
        "C07",
        "bank account with blanks, or of an impossible length",
        "6222 0212 3456 7890 123",
        Cells(lambda texts, _: pc.invert(pc.match_substring_regex(texts, r"^(\d{12}|\d{16,19})$"))),
        "A/X",
        "strip separators; lost digits are for the owner",
        "accuracy",
        ("account_digits", "remove_spaces"),
    ),
    Defect(
        "C08",
        "invoice number that lost its zero",
        "1234567",
        Cells(lambda texts, _: pc.invert(pc.match_substring_regex(texts, r"^(\d{8}|\d{10}|\d{12}|\d{18}|\d{20})$"))),
        "A/X",
        "always text; a lost digit is extracted again",
        "accuracy",
    ),
    Defect(
        "C09",
        "one tax code, three rates over time",
        "17 % on 2019-06-01",
        Rows(f"""
            select _row from (select _row, {number("rate")} as rate, {day("day")} as on_day from rows)
            where (rate = 17 and on_day >= date '2018-05-01') or (rate = 13 and on_day < date '2017-07-01')
               or (rate = 16 and on_day not between date '2018-05-01' and date '2019-03-31')"""),
        "-",
        "no matter of cleansing: a crosswalk with validity (`lookup_effective`)",
        "consistency",
    ),
    Defect(
        "C10",
        "units written in many ways",
        "个, 只, 件, PCS",
        unlisted(),
        "A",
        "a table of units (`lookup`, `unit`); an unknown unit rejects",
        "consistency",
        ("replace_values",),
    ),
    Defect(
        "C11",
        "other spellings of currencies",
        "RMB, ￥, 人民币",
        judged(lambda text, _: text not in currency_codes()),
        "A",
        "ISO codes; historic currencies by date",
        "consistency",
        ("currency_code", "replace_values"),
        "ISO 4217; pycountry",
    ),
    Defect(
        "C12",
        "countries as free text",
        "中国大陆",
        Cells(lambda texts, _: pc.invert(pc.match_substring_regex(texts, "^[A-Z]{2}$"))),
        "P",
        "exact names become codes; others are proposed by likeness",
        "consistency",
        ("country_code", "near_country"),
        "ISO 3166; pycountry, CLDR",
    ),
    Defect(
        "C13",
        "blanks inside Chinese names",
        "张 三",
        matching(r"^\s*\p{Han}[\s\x{3000}\x{00A0}]+\p{Han}[\s\x{3000}\x{00A0}]*\p{Han}?\s*$"),
        "P",
        "without the blank in the key; what is shown is proposed",
        "consistency",
        ("join_name",),
    ),
)
