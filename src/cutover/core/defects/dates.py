"""D01 to D10: dates and times."""

import re
from datetime import date

from cutover.core.cleansing.dates import iso, readings
from cutover.core.cleansing.remedy import Parameters
from cutover.core.defects.defect import Defect, Rows, day, judged, matching

_SHAPE = re.compile(r"(\d{4})([-/.]?)(\d{1,2})\2(\d{1,2})(?:[T ].*)?")
_CENTURIES = ("19", "20")
_LITERALS = {"00000000", "0000-00-00", "99991231"}


def _is_impossible(text: str, _: Parameters) -> bool:
    found = _SHAPE.fullmatch(text.strip())
    if found is None or found[0][:10] in _LITERALS:
        return False
    # Eight digits are a number of some kind, unless they begin like a year of ours.
    if not found[2] and (len(found[3] + found[4]) != 4 or found[1][:2] not in _CENTURIES):
        return False
    return iso(found[1], found[3], found[4]) is None


def _is_undeclared(text: str, parameters: Parameters) -> bool:
    if not re.fullmatch(r"\s*\d{1,2}[-/.]\d{1,2}[-/.]\d{4}\s*", text):
        return False
    return len(readings(text, parameters.formats)) != 1


def _is_moved_day(text: str, _: Parameters) -> bool:
    """Whether the calendar of China and the day of the week disagree: a working weekend, or a free weekday.

    A year that the calendar does not cover tells nothing; it is a defect of the calculation, so it counts as found.
    """
    from chinese_calendar import is_workday

    try:
        found = date.fromisoformat(text)
        return bool(is_workday(found)) != (found.weekday() < 5)
    except NotImplementedError:
        return True
    except ValueError:
        return False


DEFECTS = (
    Defect(
        "D01",
        "zeros or blanks for no date",
        "00000000",
        matching(r"^0{8}$|^0000-00-00|^\s*$"),
        "A",
        "no date",
        "completeness",
        ("zero_date", "empty_to_null"),
        "SAP initial date; MySQL zero date",
    ),
    Defect(
        "D02",
        "the end of time for an open end",
        "99991231",
        matching(r"^9999-?12-?31|^31[.]12[.]9999$"),
        "A",
        "no date, or the target's highest, as the mapping says",
        "consistency",
        ("open_end_date",),
    ),
    Defect(
        "D03",
        "the first day of a computer's calendar",
        "1900-01-01",
        matching(r"^(1900-?01-?01|1970-?01-?01|1899-?12-?30|1753-?01-?01|0001-?01-?01)"),
        "P",
        "no date, where a rule says so",
        "credibility",
        ("replace_values",),
    ),
    Defect(
        "D04",
        "serial numbers of Excel",
        "45731",
        matching(r"^[2-5]\d{4}([.]0+)?$|^60000$"),
        "A",
        "by the epoch of the workbook; below 61 nothing",
        "accuracy",
        ("excel_serial",),
        "ECMA-376 date systems",
    ),
    Defect(
        "D05",
        "day and month in unknown order",
        "03/04/2021",
        judged(_is_undeclared),
        "A/P",
        "only declared formats; two readings stay unread",
        "accuracy",
        ("date_formats",),
        "POSIX strptime",
    ),
    Defect("D06", "days that no calendar has", "2021-02-30", judged(_is_impossible), "X", "the owner", "accuracy"),
    Defect(
        "D07",
        "Chinese, partial and two-digit dates",
        "2021年3月5日",
        matching(
            r"[\d〇零一二三四五六七八九十]\s*年|\d\s*月|民国\s*\d|^(19|20)\d{2}[-./](0?[1-9]|1[0-2])$|^\d{2}[-./]\d{1,2}[-./]\d{1,2}$"
        ),
        "A/P",
        "full Chinese dates; short years by a declared pivot; partial dates need a flag",
        "precision",
        ("chinese_date", "short_date"),
    ),
    Defect(
        "D08",
        "times without a zone",
        "2021-03-05 08:00:00",
        matching(r"^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}([.]\d+)?)?$"),
        "A/X",
        "a declared zone per source (`cast` with `zone`); a check over two events of one thing reports a clock that "
        "drifts, and nothing corrects it",
        "currentness",
        reference="IANA time zones",
    ),
    Defect(
        "D09",
        "end before start",
        "2021-03-05 to 2021-03-01",
        Rows(f"select _row from rows where {day('end')} < {day('start')}"),
        "X",
        "the owner",
        "consistency",
    ),
    Defect(
        "D10",
        "working days moved by decree (调休)",
        "2024-02-04 is a working Sunday",
        judged(_is_moved_day),
        "A",
        "calculate with a calendar that knows them, and check that it covers the year",
        "accuracy",
        reference="chinesecalendar",
    ),
)
