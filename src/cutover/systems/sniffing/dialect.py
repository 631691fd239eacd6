"""How a file is laid out: row ending, separator, quotes, lines above the header and below the data, the header."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from cutover.errors import InputError
from cutover.systems.sources.files import skip_lines
from cutover.systems.sources.headers import MARK_TWICE
from cutover.systems.sources.records import Dialect, Malformed, Parsed, parse_block, read_records

SEPARATORS = (",", ";", "\t", "|", "+|", "||", "~", "^", "\x1f", "\x01")
ROW_ENDINGS = ("&|\n", "\x1e")
_RECORDS = 500
_SAMPLE = 1 << 20
_MOST_BELOW = 5
_LINE_END = re.compile(r"\r\n|\n|\r")
# The first line by which Excel is told the separator.
_TOLD = re.compile(r"sep=(.)(\r\n|\n|\r)")
# What may be the name of a column though it is a number: a year, a month, a week.
_PERIOD = re.compile(r"(19|20)\d\d|\d{1,2}")
# A value that is no name: a number, a date, a key of digits.
VALUE = re.compile(r"[-+]?[\d.,]*\d[\d.,]*-?|\d{1,4}[-/.]\w{1,3}[-/.]\d{1,4}.*")
_VALUE = re.compile(f"{VALUE.pattern}|")


@dataclass(frozen=True)
class Layout:
    """A proposed layout, why, and what is doubtful.

    names: those of the header, without a doubly encoded byte order mark, or made up. found: the first as it stands.
    """

    separator: str
    row_ending: str | None
    quote: str | None
    header: bool
    skip_rows: int
    footer: int
    names: tuple[str, ...]
    found: str = ""
    reasons: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()

    @property
    def dialect(self) -> Dialect:
        """The layout as the parsers take it."""
        encoded = [text.encode() if text else None for text in (self.row_ending, self.quote)]
        return Dialect(self.separator.encode(), *encoded)


@dataclass(frozen=True)
class _Shape:
    """How well a separator fits a sample: the width that most records have, and their share."""

    separator: str
    quote: str | None
    width: int
    share: float
    records: tuple[tuple[str, ...], ...]
    doubts: tuple[str, ...] = ()


def find_layout(text: str, *, whole: bool) -> Layout:
    """Propose a layout for a decoded text.

    Raises:
        InputError: it holds no rows.
    """
    given = _TOLD.match(text)
    if given is not None:
        layout = _find_layout(text[given.end() :], (given[1],), whole=whole)
        told = f"separator: the first line says that it is {given[1]!r}"
        return replace(layout, skip_rows=layout.skip_rows + 1, reasons=(told, *layout.reasons))
    return _find_layout(text, SEPARATORS, whole=whole)


def _find_layout(text: str, separators: Sequence[str], *, whole: bool) -> Layout:
    ending, ending_told = _row_ending(text)
    sample = text[:_SAMPLE]
    final = whole and len(sample) == len(text)
    shape = _separator(sample.encode(), separators, ending, final)
    told = f"{round(shape.share * 100)} % of the first {len(shape.records)} rows have {shape.width} fields"
    reasons = [ending_told, f"separator: with {shape.separator!r} {told}"]
    warnings = [*shape.doubts, *([] if shape.share > 0.99 else [f"rows with another number of fields: {told}"])]
    above = next(i for i, record in enumerate(shape.records) if len(record) == shape.width and record != ("",))
    first = shape.records[above]
    header, header_told, doubts = _header(first, shape.records[above + 1 :], shape.width)
    skipped = above + (1 if header_told.endswith("skipped") else 0)
    names = tuple(f"c{number}" for number in range(1, shape.width + 1))
    if header:
        names = (first[0].removeprefix(MARK_TWICE), *first[1:])
    elif skipped > above:
        names = _usable(first, names)
    layout = Layout(shape.separator, ending, shape.quote, header, skipped, 0, names, first[0])
    if header and names[0] != layout.found:
        warnings.append(f"the header begins with a byte order mark that was encoded twice: {layout.found!r}")
    wide = next((name for name in names if name != name.strip()), None)
    if wide is not None:
        warnings.append(f"names have blanks at their ends, such as {wide!r}: write them in quotes, as they stand there")
    if above:
        reasons.append(f"skip_rows: {above} lines above have another number of fields")
    layout, below = _footer(text, layout, shape, whole)
    return replace(layout, reasons=(*reasons, header_told, *below), warnings=(*warnings, *doubts, *below))


def _usable(found: tuple[str, ...], made_up: tuple[str, ...]) -> tuple[str, ...]:
    """Return the names of a header that cannot be used as it stands, those that are missing or repeated made up."""
    plain = [name.removeprefix(MARK_TWICE).replace("\0", "").strip() for name in found]
    kept = [name if name and name not in plain[:place] else "" for place, name in enumerate(plain)]
    return tuple(
        name or (other if other not in kept else f"{other}_") for name, other in zip(kept, made_up, strict=True)
    )


def _row_ending(text: str) -> tuple[str | None, str]:
    for ending in ROW_ENDINGS:
        if text.rstrip("\n").endswith(ending.rstrip("\n")) and text.count(ending):
            return ending, f"row_ending: the file ends with {ending!r}, which stands {text.count(ending)} times"
    both = text.count("\r\n")
    counts = {"\\r\\n": both, "\\n": text.count("\n") - both, "\\r": text.count("\r") - both}
    told = ", ".join(f"{count} {name}" for name, count in counts.items() if count) or "none"
    return None, f"row_ending: line breaks ({told}), which is the default"


def _separator(sample: bytes, separators: Sequence[str], ending: str | None, final: bool) -> _Shape:
    """Choose the separator that most rows agree on; of equals the one that finds more columns, or is longer."""
    shapes = [shape for separator in separators if (shape := _shape(sample, separator, ending, final)) is not None]
    if not shapes:
        raise InputError(
            f"no row ends within the first {_SAMPLE >> 20} MiB, or none holds anything",
            fix="sniff a file with rows; where rows are that long, declare the file by hand",
        )
    wide = [shape for shape in shapes if shape.width > 1 and shape.share >= 0.5]
    if not wide:
        return shapes[0]
    return max(wide, key=lambda shape: (shape.share >= 0.9, shape.width, shape.share, len(shape.separator)))


def _shape(sample: bytes, separator: str, ending: str | None, final: bool) -> _Shape | None:
    """Cut a sample by a separator: with double quotes where they pair, else with single ones, else with none."""
    doubled, problem = _cut(sample, separator, ending, '"', final)
    edge = separator.encode()
    if edge + b"'" in sample or b"'" + edge in sample:
        single, _ = _cut(sample, separator, ending, "'", final)
        if single is not None and (doubled is None or single.share > doubled.share):
            return replace(single, doubts=("quote: values stand in single quotes; look at one with a separator in it",))
    if doubled is not None or not problem:
        return doubled
    plain, _ = _cut(sample, separator, ending, None, final)
    told = f"quote: null, for with quotes {problem}; where '\"' does quote values, mend that line instead"
    return replace(plain, doubts=(told,)) if plain is not None else None


def _cut(
    sample: bytes, separator: str, ending: str | None, quote: str | None, final: bool
) -> tuple[_Shape | None, str]:
    """Return how a separator and a quote fit a sample, None where it has no rows or its quotes do not pair; and why."""
    dialect = Dialect(separator.encode(), ending.encode() if ending else None, quote.encode() if quote else None)
    try:
        rows, _ = read_records(sample, dialect, final=final, limit=_RECORDS)
    except Malformed as problem:
        return None, f"{problem} in line {problem.line}"
    records = [tuple((cell or b"").decode() for cell in row) for row in rows]
    while records and records[-1] == ("",):
        records.pop()
    if not records:
        return None, ""
    ((width, count),) = Counter(len(record) for record in records if record != ("",)).most_common(1)
    filled = sum(record != ("",) for record in records)
    return _Shape(separator, quote, width, count / filled, tuple(records)), ""


def _header(
    first: tuple[str, ...], others: tuple[tuple[str, ...], ...], width: int
) -> tuple[bool, str, tuple[str, ...]]:
    """Judge the first row: is it a header, why, and what is doubtful."""
    values = [name for name in first if _VALUE.fullmatch(name.strip())]
    bodies = [record for record in others if len(record) == width]
    typed = any(all(_VALUE.fullmatch(row[i].strip()) for row in bodies) for i in range(width)) if bodies else False
    if _may_name_periods(first, bodies):
        told = f"header undecided: the first row holds {next(filter(str.strip, values))!r} among names; look at it"
        return True, "header: the first row is taken for one, as numbers stand below its names", (told,)
    if any(name.strip() for name in values) or (values and not typed):
        return False, "header: none, the first row holds values such as numbers or dates", ()
    repeated = [name for i, name in enumerate(first) if name in first[:i]]
    broken = any("\0" in name for name in first)
    if values or repeated or broken:
        what = "an empty name" if values else "a NUL" if broken else f"the name {repeated[0]!r} twice"
        return False, f"header: it holds {what}, so the columns are named in the mapping and it is skipped", ()
    if any(name in {row[i] for row in bodies} for i, name in enumerate(first)):
        return False, "header: none, the first row's values occur in the rows below", ()
    if not typed:
        doubt = "header undecided: the first row differs from the others by its words only; look at it"
        return True, "header: the first row is taken for one", (doubt,)
    return True, "header: the first row holds names, all different, where the rows below hold values", ()


def _may_name_periods(first: tuple[str, ...], bodies: list[tuple[str, ...]]) -> bool:
    """Whether a row of names and years, months or weeks stands above numbers: of a column of names too."""
    places = range(len(first))
    values = [i for i in places if _VALUE.fullmatch(first[i].strip())]
    periods = all(_PERIOD.fullmatch(first[i].strip()) for i in values)
    numbers = [
        i for i in places if i not in values and all(_VALUE.fullmatch(row[i].strip()) and row[i] for row in bodies)
    ]
    return bool(values and periods and numbers and len(bodies) > 1 and len(set(first)) == len(first))


def _footer(text: str, layout: Layout, shape: _Shape, whole: bool) -> tuple[Layout, tuple[str, ...]]:
    """Find lines of another width at the very end; they may be totals, and a person must look at them."""
    if not whole or shape.width == 1:
        return layout, ()
    end = text[-_SAMPLE // 16 :]
    lines = end.split(layout.row_ending) if layout.row_ending else _LINE_END.split(end)
    tail = [line for line in lines if line.strip()][-_MOST_BELOW - 1 :]
    found = 0
    for line in reversed(tail):
        try:
            records, _ = read_records(line.encode(), layout.dialect, final=True)
        except Malformed:
            break
        if len(records) == 1 and len(records[0]) == shape.width:
            break
        found += 1
    if not found or found > _MOST_BELOW or found == len(tail) or _within_quotes(text, tail[-found:], layout.quote):
        return layout, ()
    told = f"footer: the last {found} lines have another number of fields; look at them"
    return replace(layout, footer=found), (told,)


def _within_quotes(text: str, lines: Sequence[str], quote: str | None) -> bool:
    """Whether the last lines of a text are the end of a value in quotes that was begun above them."""
    start = len(text)
    for line in reversed(lines):
        start = text.rfind(line, 0, start)
    return quote is not None and text.count(quote, 0, start) % 2 == 1


def read_rows(text: bytes, layout: Layout, *, whole: bool) -> Parsed:
    """Read the rows of a text as the layout proposes, without its header and the lines above and below.

    Raises:
        Malformed: quotes do not pair.
    """
    lines = layout.row_ending.encode() if layout.row_ending else None
    return parse_block(_without_edges(text, layout, lines), layout.dialect, list(layout.names), final=whole)


def _without_edges(text: bytes, layout: Layout, ending: bytes | None) -> bytes:
    start = skip_lines(text, layout.skip_rows, ending, final=True)
    text = text[len(text) if start is None else start :]
    if layout.header:
        _, starts = read_records(text, layout.dialect, final=True, limit=1)
        text = text[starts[-1] :]
    for _ in range(layout.footer):
        lines = text.split(ending) if ending else text.splitlines(keepends=True)
        filled = max((index for index, line in enumerate(lines) if line.strip()), default=0)
        text = (ending or b"").join(lines[:filled]) + (ending or b"")
    return text
