"""Casts: texts that were declared become dates, times, numbers and truth values; all others fail with a reason."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pyarrow as pa
import pytest
from babel.dates import format_date
from babel.numbers import format_decimal
from hypothesis import given
from hypothesis import strategies as st

from cutover.core.casts import read_flags, read_formats, read_numbers
from cutover.core.rules import Filled
from cutover.core.types import parse_type

DATE, MOMENT = parse_type("date"), parse_type("timestamp")


def failures(filled: Filled) -> list[list[str]]:
    return [[reason for reason, mask in filled.failures if mask[place].as_py()] for place in range(len(filled.values))]


def test_formats_are_tried_in_order_and_zones_are_explicit() -> None:
    texts = pa.array(["31.12.2024", "2024-12-31", "12/31/2024", None])
    filled = read_formats(texts, parse_type("date"), ["%d.%m.%Y", "%Y-%m-%d"], None)
    assert filled.values.to_pylist() == [date(2024, 12, 31), date(2024, 12, 31), None, None]
    assert failures(filled) == [[], [], ["no_format_matches"], []]
    moments = pa.array(["2024-07-01 08:00", "2024-01-01 08:00"])
    berlin = read_formats(moments, parse_type("timestamp"), ["%Y-%m-%d %H:%M"], "Europe/Berlin")
    assert [moment.hour for moment in berlin.values.to_pylist()] == [6, 7]
    assert (
        failures(read_formats(moments, parse_type("timestamp"), ["%Y-%m-%d %H:%M"], None))
        == [["no_format_matches"]] * 2
    )


def test_a_date_with_a_time_of_day_fails_unless_it_is_midnight() -> None:
    texts = pa.array(["2024-12-31 00:00:00", "2024-12-31 13:30:00", "2024-12-31 00:00:01", "2024-12-31", "x", None])
    filled = read_formats(texts, parse_type("date"), ["%Y-%m-%d %H:%M:%S", "%Y-%m-%d"], None)
    assert filled.values.to_pylist() == [date(2024, 12, 31), None, None, date(2024, 12, 31), None, None]
    assert failures(filled) == [[], ["has_time"], ["has_time"], [], ["no_format_matches"], []]


def test_flags_are_true_false_or_refused() -> None:
    filled = read_flags(pa.array(["X", "", None, "?"]), ["X"], [""])
    assert filled.values.to_pylist() == [True, False, None, None]
    assert failures(filled) == [[], [], [], ["unknown_flag"]]


WRITTEN = [
    ("de_DE", "%d. %B %Y", "3. März 2024"),
    ("de_DE", "%d. %b %Y", "3. März 2024"),
    ("de_DE", "%d. %b %Y", "3. Mär 2024"),
    ("de_DE", "%d.%b.%Y", "3.mär.2024"),
    ("fr_FR", "%d %B %Y", "3 mars 2024"),
    ("fr_FR", "%d %b %Y", "3 mars 2024"),
    ("pl_PL", "%d %B %Y", "3 marca 2024"),
    ("ru_RU", "%d %b %Y", "3 мар. 2024"),
    ("en_US", "%b %d, %Y", "Mar 3, 2024"),
]


@pytest.mark.parametrize(("locale", "pattern", "text"), WRITTEN)
def test_the_months_of_a_locale_are_read_long_and_short(locale: str, pattern: str, text: str) -> None:
    found = read_formats(pa.array([text]), DATE, [pattern], None, locale)
    assert found.values.to_pylist() == [date(2024, 3, 3)]


def test_a_month_of_another_language_is_none() -> None:
    found = read_formats(pa.array(["3 mars 2024", "3 March 2024", "3 Marsch 2024"]), DATE, ["%d %B %Y"], None, "de_DE")
    assert failures(found) == [["no_format_matches"], [], ["no_format_matches"]]
    assert failures(read_formats(pa.array(["3 März 2024"]), DATE, ["%d %B %Y"], None)) == [["no_format_matches"]]


@given(
    day=st.dates(date(1900, 1, 1), date(2100, 1, 1)),
    locale=st.sampled_from(["de_DE", "fr_FR", "it_IT", "es_ES", "pl_PL", "ru_RU", "tr_TR", "en_GB"]),
    width=st.sampled_from(["MMM", "MMMM"]),
)
def test_what_a_locale_writes_is_read_back(day: date, locale: str, width: str) -> None:
    written = format_date(day, f"d {width} y", locale)
    found = read_formats(pa.array([written]), DATE, ["%d %b %Y", "%d %B %Y"], None, locale)
    assert found.values.to_pylist() == [day]


@given(
    number=st.decimals(-(10**9), 10**9, places=2),
    locale=st.sampled_from(["de_DE", "de_CH", "fr_FR", "en_US", "zh_CN", "pl_PL"]),
)
def test_a_number_that_a_locale_writes_is_read_back(number: Decimal, locale: str) -> None:
    written = format_decimal(number, "#,##0.00", locale).replace("\u2212", "-")
    found = read_numbers(pa.array([written]), parse_type("decimal(18,2)"), locale)
    assert (found.values.to_pylist(), failures(found)) == ([number], [[]])


def test_a_number_that_is_written_otherwise_fails() -> None:
    texts = pa.array(["1.234,56", "1,234.56", "1234,567", "x", "", None])
    found = read_numbers(texts, parse_type("decimal(18,2)"), "de_DE")
    assert found.values.to_pylist() == [Decimal("1234.56"), None, None, None, None, None]
    missing = ["no_format_matches"]
    assert failures(found) == [[], missing, ["does_not_fit"], missing, missing, []]


BERLIN, SHANGHAI = "Europe/Berlin", "Asia/Shanghai"
CHANGES = [
    (BERLIN, "2024-10-27 02:30", "ambiguous_time"),
    (BERLIN, "2024-10-27 01:59", None),
    (BERLIN, "2024-10-27 03:00", None),
    (BERLIN, "2024-03-31 02:30", "no_such_time"),
    (BERLIN, "2024-03-31 03:00", None),
    (SHANGHAI, "1986-05-04 02:30", "no_such_time"),
    (SHANGHAI, "1986-09-14 01:30", "ambiguous_time"),
    (SHANGHAI, "2024-10-27 02:30", None),
]


@pytest.mark.parametrize(("zone", "text", "reason"), CHANGES)
def test_an_hour_that_came_twice_or_never_is_not_guessed(zone: str, text: str, reason: str | None) -> None:
    found = read_formats(pa.array([text]), MOMENT, ["%Y-%m-%d %H:%M"], zone)
    assert failures(found) == [[reason] if reason else []]
    assert (found.values[0].as_py() is None) == (reason is not None)


def test_a_time_with_its_offset_names_its_instant_whatever_the_clocks_do() -> None:
    texts = pa.array(["2024-10-27 02:30 +0200", "2024-10-27 02:30 +0100"])
    found = read_formats(texts, MOMENT, ["%Y-%m-%d %H:%M %z"], BERLIN)
    assert [moment.hour for moment in found.values.to_pylist()] == [0, 1]


@given(moment=st.datetimes(datetime(1980, 1, 1), datetime(2030, 1, 1)), zone=st.sampled_from([BERLIN, SHANGHAI]))  # noqa: DTZ001 - instants
def test_a_local_time_is_its_instant_or_refused(moment: datetime, zone: str) -> None:
    instant = moment.replace(second=0, microsecond=0, tzinfo=UTC)
    local = instant.astimezone(ZoneInfo(zone))
    found = read_formats(pa.array([f"{local:%Y-%m-%d %H:%M}"]), MOMENT, ["%Y-%m-%d %H:%M"], zone)
    twice = any(
        (instant + timedelta(hours=step)).astimezone(ZoneInfo(zone)).replace(tzinfo=None) == local.replace(tzinfo=None)
        for step in (-1, 1)
    )
    assert found.values.to_pylist() == [None if twice else instant]
