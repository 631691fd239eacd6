"""Remedies for dates: from declared formats to ISO dates; a text with two readings stays as it is."""

import re
from datetime import date, datetime, timedelta

from cutover.core.cleansing.remedy import Parameters, Remedy, Texts, emptied_where, mended_by, per_distinct

_EPOCHS = {1900: date(1899, 12, 30), 1904: date(1904, 1, 1)}
_FIRST_SAFE_SERIAL = 61  # Excel believes in a 29 February 1900
_CHINESE = re.compile(r"\s*([0-9]{4})\s*年\s*([0-9]{1,2})\s*月\s*([0-9]{1,2})\s*[日号]\s*")
_SHORT = re.compile(r"([0-9]{2})([-./])([0-9]{1,2})\2([0-9]{1,2})")
_ROC = re.compile(r"民国\s*([0-9]{1,3})\s*年\s*([0-9]{1,2})\s*月\s*([0-9]{1,2})\s*[日号]")


def iso(year: str | int, month: str | int, day: str | int) -> str | None:
    """Return the ISO date of three numbers, None where no calendar has such a day."""
    try:
        return date(int(year), int(month), int(day)).isoformat()
    except ValueError:
        return None


def _excel_serial(texts: Texts, parameters: Parameters) -> Texts:
    start = _EPOCHS[parameters.epoch or 1900]

    def one(text: str) -> str:
        found = re.fullmatch(r"([1-9][0-9]{1,4})(\.0+)?", text)
        if found is None or int(found[1]) < _FIRST_SAFE_SERIAL or re.fullmatch("(19|20)[0-9]{2}", text):
            return text
        return (start + timedelta(days=int(found[1]))).isoformat()

    return per_distinct(one, texts)


def readings(text: str, formats: tuple[str, ...], pivot: int = 68) -> set[str]:
    """Return the ISO dates that a text is by any of the formats; more than one means that nobody can tell.

    pivot: years of two digits above it are of the last century.
    """
    found = set()
    for form in formats:
        try:
            day = datetime.strptime(text.strip(), form).date()  # noqa: DTZ007 - a day has no zone
            if "%y" in form:
                day = day.replace(year=day.year % 100 + (1900 if day.year % 100 > pivot else 2000))
        except ValueError:
            continue
        found.add(day.isoformat())
    return found


def _date_formats(texts: Texts, parameters: Parameters) -> Texts:
    def one(text: str) -> str:
        found = readings(text, parameters.formats, parameters.pivot or 0)
        return found.pop() if len(found) == 1 else text

    return per_distinct(one, texts)


def _chinese_date(texts: Texts, _: Parameters) -> Texts:
    def one(text: str) -> str:
        found = _CHINESE.fullmatch(text)
        return (iso(*found.groups()) if found else None) or text

    return per_distinct(one, texts)


def _short_date(texts: Texts, parameters: Parameters) -> Texts:
    def one(text: str) -> str:
        found, republic = _SHORT.fullmatch(text), _ROC.fullmatch(text)
        if republic:
            return iso(int(republic[1]) + 1911, republic[2], republic[3]) or text
        if found is None:
            return text
        century = 1900 if int(found[1]) > int(parameters.pivot or 0) else 2000
        return iso(century + int(found[1]), found[3], found[4]) or text

    return per_distinct(one, texts)


REMEDIES: dict[str, Remedy] = {
    "zero_date": Remedy(
        emptied_where("^0{8}$|^ *$|^0000-00-00( 00:00:00(\\.0+)?)?$"), "D01", "00000000 becomes no date", says=True
    ),
    "open_end_date": Remedy(
        emptied_where("^9999-?12-?31$|^31\\.12\\.9999$"), "D02", "99991231 becomes no date", says=True
    ),
    "iso_date": Remedy(
        mended_by("^([0-9]{4})([0-9]{2})([0-9]{2})$", "\\1-\\2-\\3"), "D01", "20250315 becomes 2025-03-15", says=True
    ),
    "excel_serial": Remedy(
        _excel_serial,
        "D04",
        "45731 becomes 2025-03-15 by the workbook's `epoch` (1900 or 1904); below 61 it stays, and so does a year",
        needs=("epoch",),
        says=True,
    ),
    "date_formats": Remedy(
        _date_formats,
        "D05",
        "read by the declared `formats` (%d/%m/%Y, or %d/%m/%y with a `pivot`); a text that two read differently stays",
        needs=("formats",),
        says=True,
    ),
    "chinese_date": Remedy(_chinese_date, "D07", "2021年3月5日 becomes 2021-03-05; partial dates stay", says=True),
    "short_date": Remedy(
        _short_date,
        "D07",
        "21-3-5 becomes 2021-03-05: two-digit years above `pivot` are of the last century; and years of the Republic",
        needs=("pivot",),
        mode="P",
        says=True,
    ),
}
