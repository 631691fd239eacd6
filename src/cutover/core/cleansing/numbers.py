"""Remedies for numbers, money and quantities: exact decimals in, exact decimals out, and never a float."""

import re
from collections.abc import Callable
from decimal import MAX_EMAX, MIN_EMIN, ROUND_HALF_UP, Context, Decimal, InvalidOperation

import pyarrow.compute as pc

from cutover.core.cleansing.remedy import Parameters, Remedy, Texts, mended_by, per_distinct, per_pair

_NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]*)?|[+-]?\.[0-9]+")
_LOCAL = re.compile(r"[+-]?[0-9.,'’\s\u00a0\u202f]+")
_ARTEFACT = Decimal("1e-9")
# Python's own 28 digits would round a longer number without a word; a text has as many digits as it has signs.
EXACT = Context(prec=10**6, Emax=MAX_EMAX, Emin=MIN_EMIN)


def plain(number: Decimal) -> str:
    """Write a decimal without an exponent and without changing its value."""
    return f"{number:f}"


def _on_numbers(function: Callable[[Decimal, Parameters], Decimal | None]) -> Callable[[Texts, Parameters], Texts]:
    """Return the remedy that computes with the texts that are plain numbers and leaves all others as they are."""

    def mend(texts: Texts, parameters: Parameters) -> Texts:
        def one(text: str) -> str:
            found = function(Decimal(text), parameters) if _NUMBER.fullmatch(text) else None
            return text if found is None else plain(found)

        return per_distinct(one, texts)

    return mend


def _negate(texts: Texts, _: Parameters) -> Texts:
    positive = pc.match_substring_regex(texts, "^[0-9.]*[1-9][0-9.]*$")
    turned = pc.binary_join_element_wise("-", texts, "")
    return pc.if_else(positive, turned, pc.replace_substring_regex(texts, "^-([0-9.]+)$", "\\1"))


def read_local(text: str, locale: str) -> Decimal | None:
    """Return the number that a text is in a locale, its group and decimal signs all in their places; None if none.

    Only plain digits make a number: other digits and exponents, which babel would read too, are defects of their own.
    """
    from babel.numbers import NumberFormatError, parse_decimal

    if not _LOCAL.fullmatch(text):
        return None
    try:
        return parse_decimal(text.strip(), locale=locale, strict=True)
    except (NumberFormatError, InvalidOperation, ValueError):
        return None


def _locale_number(texts: Texts, parameters: Parameters) -> Texts:
    def one(text: str) -> str:
        found = read_local(text, str(parameters.locale)) if re.search(r"[.,'\s]", text) else None
        return text if found is None else plain(found)

    return per_distinct(one, texts)


def _marked_sign(texts: Texts, parameters: Parameters) -> Texts:
    marks = {mark.casefold(): sign for mark, sign in parameters.values.items()}
    shape = "|".join(re.escape(mark) for mark in sorted(marks, key=len, reverse=True))
    marked = re.compile(rf"({shape})?\s*([0-9.,]+)\s*({shape})?", re.IGNORECASE)

    def one(text: str) -> str:
        inner = re.fullmatch(r"\(\s*([0-9.,]+)\s*\)", text.strip())
        if inner:
            return "-" + inner[1]
        found = marked.fullmatch(text.strip())
        told = [mark for mark in (found[1], found[3]) if mark] if found else []
        if found is None or len(told) != 1:
            return text
        return ("-" if marks[told[0].casefold()] == "-" else "") + found[2]

    return per_distinct(one, texts)


def _currency_decimals(texts: Texts, beside: Texts, parameters: Parameters) -> Texts:
    def one(text: str, currency: str) -> str:
        decimals = parameters.values.get(currency)
        if decimals is None or not _NUMBER.fullmatch(text):
            return text
        return plain(Decimal(text).scaleb(2 - int(decimals), EXACT))

    return per_pair(one, texts, beside)


def _price_unit(texts: Texts, beside: Texts, _: Parameters) -> Texts:
    def one(text: str, unit: str) -> str:
        if not (_NUMBER.fullmatch(text) and _NUMBER.fullmatch(unit)):
            return text
        # Over 0 or 3 a price has no exact end: written as a fraction, no column reads it as a number.
        digits = Decimal(unit).normalize(EXACT).as_tuple()
        exact = digits.digits == (1,) and digits.sign == 0
        return plain(Decimal(text).scaleb(-int(digits.exponent), EXACT)) if exact else f"{text}/{unit}"

    return per_pair(one, texts, beside)


def _without_artefact(number: Decimal, parameters: Parameters) -> Decimal | None:
    rounded = number.quantize(Decimal(1).scaleb(-int(parameters.scale or 0)), ROUND_HALF_UP, EXACT)
    changed_by = EXACT.abs(EXACT.subtract(rounded, number))
    return rounded if 0 < changed_by <= _ARTEFACT else None


def _as_fraction(texts: Texts, _: Parameters) -> Texts:
    def one(text: str) -> str:
        found = re.fullmatch(r"([0-9]+(?:\.[0-9]+)?)\s*[%％]?", text)
        bare = found is not None and found[1] == text
        if found is None or Decimal(found[1]) > 100 or (bare and Decimal(text) <= 1):
            return text
        return plain(Decimal(found[1]).scaleb(-2, EXACT))

    return per_distinct(one, texts)


def _split_unit(texts: Texts, parameters: Parameters) -> Texts:
    def one(text: str) -> str:
        found = re.fullmatch(r"\s*([+-]?[0-9]+(?:\.[0-9]+)?)\s*([^0-9]*?)\s*", text)
        factor = parameters.values.get(found[2]) if found else None
        return text if found is None or not factor else plain(EXACT.multiply(Decimal(found[1]), Decimal(factor)))

    return per_distinct(one, texts)


REMEDIES: dict[str, Remedy] = {
    "trailing_minus": Remedy(mended_by("^([0-9.,]+) *-$", "-\\1"), "N01", "4380.31- becomes -4380.31", says=True),
    "negate": Remedy(
        _negate,
        "N03",
        "turn the sign of a number, where a column of its own states it (see `when`)",
        says=True,
        once=True,
    ),
    "locale_number": Remedy(
        _locale_number,
        "N02",
        "1.234,56 becomes 1234.56 by the declared `locale` (de_DE), strictly; other texts stay",
        needs=("locale",),
        says=True,
        once=True,
    ),
    "marked_sign": Remedy(
        _marked_sign,
        "N03",
        "(123.45), 123.45 CR, 贷 123.45: the sign that `values` declares for the mark; brackets are negative",
        needs=("values",),
        says=True,
    ),
    "currency_decimals": Remedy(
        _currency_decimals,
        "N04",
        "an amount stored with two decimals gets those of its currency in `beside`, by the table `values`",
        needs=("beside", "values"),
        says=True,
        once=True,
    ),
    "round_artefact": Remedy(
        _on_numbers(_without_artefact),
        "N07",
        "940.99999999999989 becomes 941.00 with `scale` 2; a change above 1e-9 is never made",
        needs=("scale",),
        says=True,
    ),
    "multiply": Remedy(
        _on_numbers(lambda number, parameters: EXACT.multiply(number, parameters.factor or Decimal(1))),
        "N08",
        "times the declared `factor`, such as 10000 for a sheet in 万元",
        needs=("factor",),
        says=True,
        once=True,
    ),
    "price_unit": Remedy(
        _price_unit,
        "N09",
        "a price per 10, 100 or 1000 (the unit in `beside`) becomes the price of one",
        needs=("beside",),
        says=True,
        once=True,
    ),
    "as_fraction": Remedy(_as_fraction, "N11", "13 and 13% become 0.13; what is 1 or less stays", mode="P", says=True),
    "split_unit": Remedy(
        _split_unit,
        "N06",
        "100 pcs and 12.5万 become numbers by the factors of `values` ({pcs: 1, 万: 10000}); 约100 stays",
        needs=("values",),
        mode="P",
        says=True,
    ),
}
