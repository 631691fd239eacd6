"""Remedies for keys and codes: padded keys, phones, accounts, currencies, countries, e-mails, check digits."""

import re
from functools import cache

import pyarrow.compute as pc

from cutover.core.cleansing.divisions import complete_division
from cutover.core.cleansing.remedy import Parameters, Remedy, Texts, per_distinct
from cutover.core.salesforce import lengthen_salesforce_id
from cutover.core.validators import VALIDATORS

# What a currency is called besides its ISO code. ¥ is not among them: it is also the sign of the yen.
_CURRENCIES = {"rmb": "CNY", "￥": "CNY", "人民币": "CNY", "人民币元": "CNY", "cn¥": "CNY", "cnh": "CNY"}
_COUNTRIES = {"中国大陆": "CN", "大陆": "CN", "prc": "CN", "p.r. china": "CN", "uk": "GB", "hk": "HK", "香港": "HK",
              "澳门": "MO", "台湾": "TW", "英国": "GB", "usa": "US"}  # fmt: skip
# Latin and digit look-alikes, both ways; Cyrillic and Greek capitals that look Latin.
_LOOK_ALIKES = {"O": "0", "0": "O", "I": "1", "1": "I", "l": "1", "Z": "2", "2": "Z", "S": "5", "5": "S", "B": "8",
                "8": "B"} | dict(zip("АВЕКМНОРСТУХавеорсух", "ABEKMHOPCTYXaBeopcyx", strict=True))  # fmt: skip
_COMPLETE = 10  # digits of a number that has its area code, wherever it is
PHONE_BETWEEN = re.compile(r"\s*[/;；、|\n]\s*|,\s*(?=\+|[0-9]{7,})")


def _strip_zeros(texts: Texts, parameters: Parameters) -> Texts:
    digits = pc.match_substring_regex(texts, f"^[0-9]{{1,{parameters.length}}}$")
    stripped = pc.replace_substring_regex(texts, "^0+([0-9])", "\\1")
    return pc.if_else(digits, stripped, texts)


def _pad_zeros(texts: Texts, parameters: Parameters) -> Texts:
    short = pc.match_substring_regex(texts, f"^[0-9]{{1,{parameters.length}}}$")
    return pc.if_else(short, pc.utf8_lpad(texts, parameters.length, "0"), texts)


def _replace_values(texts: Texts, parameters: Parameters) -> Texts:
    return per_distinct(lambda value: parameters.values.get(value, value), texts)


def phone_number(text: str, region: str) -> str | None:
    """Return the E.164 form of one clean, possible number of a region; None for anything else.

    Possible is by length; whether a range is in use need not be known, for its lists lag behind new prefixes. Only a
    short number without a country code must be in use: it may lack its area code. One with an extension is not clean.
    """
    import phonenumbers

    try:
        number = phonenumbers.parse(re.sub(r"^00", "+", text.strip()), region)
    except phonenumbers.NumberParseException:
        return None
    digits = len(phonenumbers.national_significant_number(number))
    complete = text.strip().startswith(("+", "00")) or digits >= _COMPLETE or phonenumbers.is_valid_number(number)
    if (
        not (complete and phonenumbers.is_possible_number(number))
        or number.extension
        or re.search(r"[^0-9\s()+\-./]", text)
    ):
        return None
    return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))


def _e164(texts: Texts, parameters: Parameters) -> Texts:
    return per_distinct(lambda text: phone_number(text, str(parameters.region)) or text, texts)


def _split_phones(texts: Texts, parameters: Parameters) -> Texts:
    def one(text: str) -> str:
        parts = [part for part in PHONE_BETWEEN.split(text.strip()) if part]
        numbers = [phone_number(part, str(parameters.region)) for part in parts]
        return "; ".join(str(number) for number in numbers) if len(numbers) > 1 and all(numbers) else text

    return per_distinct(one, texts)


@cache
def currency_codes() -> frozenset[str]:
    """Return the ISO 4217 codes in use."""
    import pycountry

    return frozenset(currency.alpha_3 for currency in pycountry.currencies)


def _currency_code(texts: Texts, _: Parameters) -> Texts:
    def one(text: str) -> str:
        word = text.strip()
        return word.upper() if word.upper() in currency_codes() else _CURRENCIES.get(word.casefold(), text)

    return per_distinct(one, texts)


@cache
def country_aliases() -> dict[str, str]:
    """Return what a country is exactly called (codes, English, German and Chinese names) -> its code of two letters."""
    import pycountry
    from babel import Locale

    names = {
        name.casefold(): country.alpha_2
        for country in pycountry.countries
        for key in ("alpha_2", "alpha_3", "name", "official_name", "common_name")
        if (name := getattr(country, key, None))
    }
    for language in ("zh", "de", "en"):
        territories = Locale(language).territories
        names |= {str(name).casefold(): code for code, name in territories.items() if len(code) == 2 and code.isalpha()}
    # Private codes such as XK and ZZ come with the language data; what ISO does not list is no country.
    known = {country.alpha_2 for country in pycountry.countries}
    return {name: code for name, code in names.items() if code in known} | _COUNTRIES


def _country_code(texts: Texts, _: Parameters) -> Texts:
    return per_distinct(lambda text: country_aliases().get(text.strip().casefold(), text), texts)


def _near_country(texts: Texts, _: Parameters) -> Texts:
    from rapidfuzz import fuzz, process

    def one(text: str) -> str:
        word = text.strip().casefold()
        if word in country_aliases() or len(word) < 4:
            return country_aliases().get(word, text)
        found = process.extractOne(word, country_aliases().keys(), scorer=fuzz.ratio, score_cutoff=85)
        return country_aliases()[found[0]] if found else text

    return per_distinct(one, texts)


def _account_digits(texts: Texts, _: Parameters) -> Texts:
    bare = pc.replace_substring_regex(texts, "[\\s\\x{00A0}\\x{3000}.\\-]", "")
    return pc.if_else(pc.match_substring_regex(bare, "^[0-9]{6,30}$"), bare, texts)


def _upper_x(texts: Texts, _: Parameters) -> Texts:
    return pc.replace_substring_regex(texts, "^([0-9]{17})x$", "\\1X")


def _look_alike(texts: Texts, parameters: Parameters) -> Texts:
    is_valid = VALIDATORS[str(parameters.validator)]

    def one(text: str) -> str:
        if is_valid(text):
            return text
        tried = (text[:n] + _LOOK_ALIKES[sign] + text[n + 1 :] for n, sign in enumerate(text) if sign in _LOOK_ALIKES)
        found = {other for other in tried if is_valid(other)}
        return found.pop() if len(found) == 1 else text

    return per_distinct(one, texts)


def _long_resident_id(texts: Texts, _: Parameters) -> Texts:
    from stdnum.cn import ric

    def one(text: str) -> str:
        if not re.fullmatch(r"[0-9]{15}", text):
            return text
        longer = text[:6] + "19" + text[6:]
        found = longer + ric.calc_check_digit(longer + "0")
        return found if ric.is_valid(found) else text

    return per_distinct(one, texts)


def email_address(text: str) -> str | None:
    """Return an e-mail address in its normal form, None where the syntax is wrong; nothing is asked of any server."""
    from email_validator import EmailNotValidError, validate_email

    try:
        return validate_email(text.strip(), check_deliverability=False).normalized
    except EmailNotValidError:
        return None


def _split_emails(texts: Texts, _: Parameters) -> Texts:
    def one(text: str) -> str:
        parts = [part for part in re.split(r"[;,；，、\s/|]+", text.strip()) if part]
        found = [email_address(part) for part in parts]
        return "; ".join(str(address) for address in found) if len(found) > 1 and all(found) else text

    return per_distinct(one, texts)


def _long_salesforce_id(text: str | None) -> str | None:
    return None if text is None else lengthen_salesforce_id(text)


REMEDIES: dict[str, Remedy] = {
    "strip_zeros": Remedy(
        _strip_zeros,
        "K01",
        "remove the zeros that pad a purely numeric key of `length` digits",
        needs=("length",),
        says=True,
    ),
    "pad_zeros": Remedy(
        _pad_zeros,
        "K01",
        "give a purely numeric key of `length` digits its zeros in front back",
        needs=("length",),
        says=True,
    ),
    "salesforce_id": Remedy(
        lambda texts, _: per_distinct(_long_salesforce_id, texts),
        "K02",
        "a Salesforce id of 15 characters, which differs from others by case alone, becomes the one of 18",
    ),
    "replace_values": Remedy(
        _replace_values,
        "C11 T14 N12 D03",
        "whole values by a list of before: after",
        needs=("values",),
        says=True,
    ),
    "e164": Remedy(
        _e164, "C04", "one clean phone number of the `region` becomes +8613800138000", needs=("region",), says=True
    ),
    "split_phones": Remedy(
        _split_phones,
        "C04",
        "several numbers in one cell, each in E.164, joined by ;",
        needs=("region",),
        mode="P",
        says=True,
    ),
    "currency_code": Remedy(
        _currency_code, "C11", "RMB, ￥, 人民币 and ISO codes in small letters become ISO codes", says=True
    ),
    "country_code": Remedy(
        _country_code, "C12", "exact names and codes of countries become codes of two letters", says=True
    ),
    "near_country": Remedy(_near_country, "C12", "misspelt names of countries, by likeness", mode="P", says=True),
    "complete_division": Remedy(
        lambda texts, _: per_distinct(complete_division, texts),
        "C06",
        "深圳市南山区 gets 广东省 in front, 卢湾区 becomes 上海市黄浦区; a name with several homes stays",
        mode="P",
        says=True,
    ),
    "account_digits": Remedy(_account_digits, "C07", "a bank account loses its blanks, dots and hyphens"),
    "upper_x": Remedy(_upper_x, "C03", "the x at the end of a resident ID becomes X"),
    "long_resident_id": Remedy(
        _long_resident_id, "C03", "a resident ID of 15 digits becomes one of 18", mode="P", says=True, each=True
    ),
    "look_alike": Remedy(
        _look_alike,
        "T13",
        "O for 0, Cyrillic А for A: where one exchange alone satisfies the `validator`",
        needs=("validator",),
        mode="P",
        says=True,
        each=True,
    ),
    "split_emails": Remedy(
        _split_emails, "M03", "several addresses in one cell, each in its normal form, joined by ;", mode="P", says=True
    ),
}
