"""Habits of known systems: a name that `do` may hold, and the remedies that it stands for."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Preset:
    """The remedies that a habit of a system needs, in order, and what they are for."""

    remedies: tuple[str, ...]
    text: str


PRESETS: dict[str, Preset] = {
    "sap_key": Preset(("trim", "strip_zeros"), "numbers that the exit ALPHA pads with zeros: 0000001200 is 1200"),
    "sap_amount": Preset(("trim", "trailing_minus"), "amounts with their sign behind: 4380.31- is -4380.31"),
    "sap_currency_amount": Preset(
        ("trim", "trailing_minus", "currency_decimals"),
        "the same, stored with two decimals whatever the currency has (table TCURX): 12.34 JPY is 1234",
    ),
    "sap_date": Preset(
        ("trim", "empty_to_null", "zero_date", "open_end_date", "iso_date"),
        "dates of eight digits: 20250315 is 2025-03-15, 00000000 and 99991231 are none",
    ),
}


def expand_presets(names: tuple[str, ...]) -> tuple[str, ...]:
    """Return names of remedies with every preset replaced by what it stands for; unknown names stay."""
    return tuple(remedy for name in names for remedy in (PRESETS[name].remedies if name in PRESETS else (name,)))
