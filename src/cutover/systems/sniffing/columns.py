"""What the columns of a file hold: a type that every value fits, formats that a value proves, and what is wrong."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import combinations

import pyarrow as pa
import pyarrow.compute as pc

from cutover.core.cleansing import read_typed
from cutover.core.salesforce import is_salesforce_id
from cutover.core.types import DataType

_DATES = {
    r"\d{1,2}/\d{1,2}/\d{4}": ("%d/%m/%Y", "%m/%d/%Y"),
    r"\d{1,2}-\d{1,2}-\d{4}": ("%d-%m-%Y", "%m-%d-%Y"),
    r"\d{1,2}\.\d{1,2}\.\d{4}": ("%d.%m.%Y", "%m.%d.%Y"),
    r"\d{1,2}/\d{1,2}/\d{2}": ("%d/%m/%y", "%m/%d/%y"),
    r"\d{1,2}-[A-Za-z]{3}-\d{4}": ("%d-%b-%Y",),
    r"\d{1,2}-[A-Za-z]{3}-\d{2}": ("%d-%b-%y",),
    r"\d{4}/\d{1,2}/\d{1,2}": ("%Y/%m/%d",),
    r"(19|20)\d{6}": ("%Y%m%d",),
    r"\d{1,2}/\d{1,2}/\d{4} \d{1,2}:\d\d": ("%d/%m/%Y %H:%M", "%m/%d/%Y %H:%M"),
    r"\d{1,2}/\d{1,2}/\d{4} \d{1,2}:\d\d:\d\d": ("%d/%m/%Y %H:%M:%S", "%m/%d/%Y %H:%M:%S"),
    r"\d{1,2}/\d{1,2}/\d{4} \d{1,2}:\d\d:\d\d [AP]M": ("%d/%m/%Y %I:%M:%S %p", "%m/%d/%Y %I:%M:%S %p"),
    r"\d{1,2}\.\d{1,2}\.\d{4} \d{1,2}:\d\d": ("%d.%m.%Y %H:%M", "%m.%d.%Y %H:%M"),
    r"\d{1,2}\.\d{1,2}\.\d{4} \d{1,2}:\d\d:\d\d": ("%d.%m.%Y %H:%M:%S", "%m.%d.%Y %H:%M:%S"),
    r"\d{4}/\d{1,2}/\d{1,2} \d{1,2}:\d\d:\d\d": ("%Y/%m/%d %H:%M:%S",),
    r"\d{4}-\d\d-\d\d \d\d:\d\d": ("%Y-%m-%d %H:%M",),
    r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d": ("%Y-%m-%d %H:%M:%S",),
    r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{1,6}": ("%Y-%m-%d %H:%M:%S.%f",),
}
_KEY_NAME = re.compile(r"(?i)\b(id|no|nr|number|code|key)\b|id$|编号|号$")
# Three of the object, three of the instance of which the last is reserved; some letter in it.
_SHORT_ID = "[A-Za-z0-9]{5}0[A-Za-z0-9]*[A-Za-z][A-Za-z0-9]*"
_SAP_DATE = r"00000000|99991231|(19|20)\d\d(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])"
_EXAMPLES, _FEW = 3, 100
_WIDEST = 38
_PAIRED = 12
_THOUSANDS = "a comma before the thousands (remedy locale_number, locale en_US)"
_COMMA = "a comma before the decimals (remedy locale_number, locale de_DE or the like)"
# what it is called -> a pattern that some values match whole
_ODD = {
    "numbers in scientific notation, whose digits may be lost": r"[-+]?\d+(\.\d+)?[eE][-+]?\d+",
    _THOUSANDS: r"[-+]?\d{1,3}(,\d{3})+(\.\d+)?-?",
    _COMMA: r"[-+]?\d+([. \x{a0}\x{202f}']\d{3})*,\d{1,2}-?",
    "blanks inside a number (remedy remove_spaces)": r"[-+]?\d{1,3}([ \x{a0}\x{202f}]\d{3})+([.,]\d+)?-?",
    "an amount in brackets (remedy marked_sign)": r"\([\d.,]*\d\)",
    "a minus behind the number (remedy trailing_minus)": r"[\d.,]*\d-",
    "blanks at the ends (remedy trim)": r"(\s.*|.*\s)",
    "a percent sign behind a number (remedy as_fraction)": r"[-+]?[\d.,]*\d ?%",
    "a currency sign at a number": r"[-+]?[€$£¥￥] ?[\d.,]*\d-?|[-+]?[\d.,]*\d ?[€$£¥￥]",
    "Chinese dates (remedy chinese_date)": r"\d{4}年\d{1,2}月(\d{1,2}日)?",
    "dates of zeros (remedy zero_date)": r"0000-?00-?00.*",
    "characters that a wrong encoding left behind": ".*(\ufffd|\u951f\u65a4|\u00c3\\S|\u00e2\u20ac).*",
    "control characters such as NUL, which no database takes": r"(?s:.*[\x00-\x08\x0e-\x1f].*)",
}


@dataclass(frozen=True)
class ColumnSeen:
    """A column, the type that all its values fit, why, examples of its values, and what is to be looked at."""

    name: str
    type: str
    reason: str
    examples: tuple[str, ...]
    empty: int
    distinct: int
    warnings: tuple[str, ...]


def look_at_columns(rows: pa.Table) -> list[ColumnSeen]:
    """Judge every column of a table of texts, by each of its distinct values."""
    return [_look(name, rows[name].combine_chunks()) for name in rows.column_names]


def _look(name: str, texts: pa.Array) -> ColumnSeen:
    whole = pa.concat_arrays(texts.chunks) if isinstance(texts, pa.ChunkedArray) else texts
    values = pc.unique(pc.drop_null(whole))
    values = values.filter(pc.not_equal(values, ""))
    filled = pc.sum(pc.greater(pc.binary_length(whole), 0)).as_py() or 0
    told, reason, doubts = _type_of(name, values)
    warnings = (*doubts, *(f"{name}: {odd}" for odd in _oddities(values)))
    examples = tuple(values.slice(0, _EXAMPLES).to_pylist())
    return ColumnSeen(name, told, reason, examples, len(whole) - filled, len(values), warnings)


def _type_of(name: str, values: pa.Array) -> tuple[str, str, tuple[str, ...]]:
    if not len(values):
        return "text", "always empty", ()
    if _all(values, r"[-+]?\d*\.?\d+"):
        return _number(values)
    if all(is_salesforce_id(text) for text in values.slice(0, _FEW).to_pylist()):
        return "text", "Salesforce ids of 18 characters (check valid: salesforce_id)", ()
    if _all(values, _SHORT_ID) and pc.all(pc.equal(pc.utf8_length(values), 15)).as_py():
        told = f"{name}: Salesforce ids of 15 characters, which differ by case alone (remedy salesforce_id)"
        return "text", "Salesforce ids of 15 characters", (told,)
    if _fits(values, DataType("date")):
        return "date", "every value is an ISO date", ()
    if _fits(values, DataType("timestamp")):
        return "timestamp", "every value is an ISO timestamp with its zone", ()
    return _dated(name, values)


def _all(values: pa.Array, pattern: str) -> bool:
    return bool(pc.all(pc.match_substring_regex(values, f"^(?:{pattern})$")).as_py())


def _fits(values: pa.Array, data_type: DataType) -> bool:
    return not pc.any(read_typed(values, data_type)[1]).as_py()


def _number(values: pa.Array) -> tuple[str, str, tuple[str, ...]]:
    if len(values) > 1 and _all(values, _SAP_DATE) and not _all(values, _SAP_DATE.partition("99991231|")[2]):
        return "text", "SAP dates, where 00000000 and 99991231 are none (remedy sap_date)", ()
    if pc.any(pc.match_substring_regex(values, r"^0\d")).as_py():
        lengths = pc.unique(pc.utf8_length(values))
        if len(lengths) == 1 and _all(values, r"\d+"):
            return (
                "text",
                f"digits padded with zeros to {lengths[0]}: a key (remedy strip_zeros, length {lengths[0]})",
                (),
            )
        return "text", "digits with leading zeros are a code", ()
    if pc.any(pc.starts_with(values, "+")).as_py():
        return "text", "digits behind a plus are a code, such as a phone number", ()
    places = pc.max(pc.utf8_length(pc.replace_substring_regex(values, r"^[^.]*\.?", ""))).as_py()
    whole = pc.max(pc.utf8_length(pc.replace_substring_regex(values, r"^[-+]?|\..*$", ""))).as_py()
    if places == 0:
        if _all(values, r"(19|20)\d\d(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])"):
            return "text", "every value may be a date; cast it with formats: ['%Y%m%d']", ()
        fits = whole <= 18 and _fits(values, DataType("integer"))
        if fits:
            return "integer", "every value is a whole number; a code, or a number that nobody adds up, is text", ()
        return "text", "digits, more than a number holds", ()
    precision = min(max(whole + places + 2, 18), _WIDEST)
    data_type = DataType("decimal", precision=precision, scale=places)
    if not _fits(values, data_type):
        return "text", f"numbers of more than {_WIDEST} digits", ()
    return str(data_type), f"every value is a number, at most {whole} digits before and {places} behind the point", ()


def _dated(name: str, values: pa.Array) -> tuple[str, str, tuple[str, ...]]:
    """Find declared formats for dates that are not ISO; a format is proved when no other reads every value."""
    shapes = {shape: values.filter(pc.match_substring_regex(values, f"^(?:{shape})$")) for shape in _DATES}
    found = {shape: some for shape, some in shapes.items() if len(some)}
    if sum(len(some) for some in found.values()) != len(values):
        return "text", "text", ()
    formats, doubts = [], []
    for shape, some in found.items():
        readers = [each for each in _DATES[shape] if _reads(some, each)]
        if len(readers) > 1:
            doubts.append(f"{name}: day or month first is undecided, both {' and '.join(readers)} read every value")
        elif not readers:
            doubts.append(f"{name}: no single format of {' and '.join(_DATES[shape])} reads every value")
        elif len(_DATES[shape]) > 1:
            formats.append(f"{readers[0]} (proved by {_proof(some, _DATES[shape], readers[0])})")
        else:
            formats.append(readers[0])
    return "text", f"dates; cast them with formats: {'; '.join(formats) or 'undecided'}", tuple(doubts)


def _reads(values: pa.Array, form: str) -> bool:
    return all(_is_read(text, form) for text in values.to_pylist())


def _is_read(text: str, form: str) -> bool:
    try:
        datetime.strptime(text, form)  # noqa: DTZ007 - only whether it reads
    except ValueError:
        return False
    return True


def _proof(values: pa.Array, forms: Sequence[str], proved: str) -> str:
    others = [form for form in forms if form != proved]
    found: str = next(text for text in values.to_pylist() if not all(_is_read(text, form) for form in others))
    return found


def _oddities(values: pa.Array) -> list[str]:
    counts = Counter[str]()
    for odd, pattern in _ODD.items():
        counts[odd] = pc.sum(pc.match_substring_regex(values, f"^(?:{pattern})$")).as_py() or 0
    point = pc.sum(pc.match_substring_regex(values, r"^[-+]?[\d,]*\.\d{1,2}-?$")).as_py() or 0
    told = [f"{odd} in {count} of {len(values)} distinct values" for odd, count in counts.items() if count]
    commas = counts[_COMMA]
    if commas and point:
        told.append(f"decimals behind a comma in {commas} and behind a point in {point} distinct values")
    return told


def find_keys(rows: pa.Table, columns: Sequence[ColumnSeen]) -> tuple[str | list[str], str]:
    """Propose the columns that name a row, and say why; a reason that does not begin with `key:` is a warning."""
    count = len(rows)
    if not count:
        return columns[0].name, "no key found: there are no rows"
    alone = [column.name for column in columns if column.empty == 0 and column.distinct == count]
    if alone:
        named = next((name for name in alone if _KEY_NAME.search(name)), alone[0])
        others = f"; so are {', '.join(name for name in alone if name != named)}" if len(alone) > 1 else ""
        return named, f"key: {named} is filled in all {count} rows and different in each{others}"
    filled = [column for column in columns if column.empty == 0 and column.distinct > 1]
    # An amount names a row by chance only, so it is tried last.
    likely = sorted(filled, key=lambda c: (c.type.startswith("decimal"), -c.distinct))[:_PAIRED]
    for pair in combinations(likely, 2):
        names = [column.name for column in columns if column in pair]
        if _distinct(rows, names) == count:
            return names, f"key: no column alone names a row; {' and '.join(names)} together do, in all {count} rows"
    repeated = count - _distinct(rows, rows.column_names)
    best = likely[0].name if likely else columns[0].name
    return best, f"no key found: no column and no two columns name a row; {repeated} rows repeat another one whole"


def _distinct(rows: pa.Table, names: Sequence[str]) -> int:
    places = [str(place) for place in range(len(names))]
    return len(rows.select(list(names)).rename_columns(places).group_by(places).aggregate([]))
