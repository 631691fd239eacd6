"""What a cleansing rule may ask for: known remedies with all they need, each in the mode that it is allowed."""

from collections.abc import Iterator
from decimal import Decimal, InvalidOperation

from cutover.core.cleansing import NEVER, PRESETS, REMEDIES
from cutover.core.validators import VALIDATORS
from cutover.project.model import Cleanse, Mapping
from cutover.project.never import check_column, identity_columns
from cutover.project.reading import Location, suggest

Problems = Iterator[tuple[Location, str, str]]
_NEEDS = {
    "length": "state the padded length in the legacy system",
    "values": "list before: after pairs",
    "locale": "state how the legacy system writes numbers, such as de_DE",
    "scale": "state the decimals of the column",
    "factor": "state the factor, such as 10000 for 万元",
    "formats": "list strptime formats, such as %d/%m/%Y",
    "epoch": "state the date system of the workbook: 1900 or 1904",
    "pivot": "state the last two digits of the highest year of this century",
    "region": "state the country of numbers without a country code, such as CN",
    "validator": "name the validator that a mended value must satisfy",
    "beside": "name the column that the remedy reads too",
}
_TABLES = {"marked_sign": ("+", "-"), "currency_decimals": ("0", "2", "3"), "split_unit": ("1", "10000")}


def check_remedies(mapping: Mapping) -> Problems:
    """Yield what is wrong with the cleansing rules of a mapping, and what of it must never be automatic."""
    identities = identity_columns(mapping)
    for index, rule in enumerate(mapping.cleanse):
        place: Location = ("cleanse", index)
        if len(set(rule.column)) != len(rule.column):
            yield (*place, "column"), "a column is named twice", "name it once"
        yield from _check_parameters(rule, place)
        for name in rule.do:
            if name not in REMEDIES:
                yield (*place, "do"), *_unknown(name)
                continue
            yield from _check_needs(rule, name, place)
            yield from _check_mode(rule, name, place)
            yield from check_column(mapping, rule, name, identities, place)


def _unknown(name: str) -> tuple[str, str]:
    forbidden = NEVER.get(name) or next((never for never in NEVER.values() if name in never.defects.split()), None)
    if forbidden is None:
        return f"there is no remedy {name!r}", suggest(name, [*REMEDIES, *PRESETS])
    return f"no machine may do {name!r}: {forbidden.why} (defects {forbidden.defects})", forbidden.instead


def _check_needs(rule: Cleanse, name: str, place: Location) -> Problems:
    for need in REMEDIES[name].needs:
        if getattr(rule, need) in (None, (), {}):
            yield place, f"{name} needs `{need}`", _NEEDS[need]
    if name in _TABLES:
        for key, value in rule.values.items():
            if not (value in _TABLES[name] if name == "marked_sign" else _is_number(value)):
                told = " or ".join(_TABLES[name])
                yield (*place, "values"), f"{name} cannot use {key}: {value}", f"give each entry a value such as {told}"


def _is_number(text: str | None) -> bool:
    try:
        return Decimal(text or "").is_finite()
    except InvalidOperation:
        return False


def _check_mode(rule: Cleanse, name: str, place: Location) -> Problems:
    remedy = REMEDIES[name]
    if remedy.mode != "P" or rule.propose:
        return
    if remedy.each:
        yield (*place, "do"), f"{name} changes an identity: each cell needs a decision", "say `propose: true`"
    elif not rule.approver:
        yield (
            (*place, "do"),
            f"{name} only proposes (mode P), and nobody approved this rule",
            "say `propose: true` for a decision cell by cell, or name an `approver` of the whole rule",
        )


def _check_parameters(rule: Cleanse, place: Location) -> Problems:
    if rule.propose and rule.approver:
        yield (*place, "approver"), "a rule that proposes is decided cell by cell", "drop `approver` or `propose`"
    if rule.validator is not None and rule.validator not in VALIDATORS:
        problem = f"there is no validator {rule.validator!r}"
        yield (*place, "validator"), problem, suggest(rule.validator, list(VALIDATORS))
    if rule.locale is not None and not is_locale(rule.locale):
        yield (*place, "locale"), f"{rule.locale!r} is no locale", "write it as de_DE or zh_CN"
    if rule.region is not None and not _is_region(rule.region):
        yield (*place, "region"), f"{rule.region!r} is no country of phone numbers", "use a code of two capitals, as CN"


def is_locale(name: str) -> bool:
    """Return whether a locale is known by this name."""
    from babel import Locale, UnknownLocaleError

    try:
        Locale.parse(name)
    except (UnknownLocaleError, ValueError):
        return False
    return True


def _is_region(name: str) -> bool:
    import phonenumbers

    return name in phonenumbers.SUPPORTED_REGIONS
