"""What can be wrong with the declaration of a text file, found without the file."""

import codecs
from collections.abc import Iterator

from cutover.project.model import Csv, Fixed, Source
from cutover.project.reading import Location, suggest

_ENCODINGS = ("utf-8", "utf-8-sig", "gb18030", "gbk", "big5", "latin-1", "cp1252", "utf-16", "shift_jis", "cp037")
Problems = Iterator[tuple[Location, str, str]]


def check_text_files(source: Source) -> Problems:
    """Yield what is wrong with a source's `csv` or `fixed`, each with its place in the mapping and its mend."""
    for kind, text in (("csv", source.csv), ("fixed", source.fixed)):
        if text is not None and not _is_encoding(text.encoding):
            problem = f"there is no encoding {text.encoding!r}"
            yield ("source", kind, "encoding"), problem, suggest(text.encoding, _ENCODINGS)
    if source.csv is not None:
        yield from _check_csv(source.csv, source)
    if source.fixed is not None:
        yield from _check_fixed(source.fixed)


def _is_encoding(name: str) -> bool:
    try:
        "".encode(name)  # refuses what makes bytes of bytes
        codecs.getincrementaldecoder(name)(errors="replace").decode(b"a")
    except (LookupError, UnicodeError):
        return False
    return True


def _check_csv(csv: Csv, source: Source) -> Problems:
    if not csv.header and not source.columns:
        problem = "a file without a header needs its columns"
        yield ("source", "columns"), problem, "list all columns in order under `columns`"
    if not csv.header and csv.variants:
        yield ("source", "csv", "variants"), "a file without a header has no other spellings", "drop `variants`"
    spelled: set[str] = set()
    for name, others in csv.variants.items():
        for other in others:
            if other in spelled or other in csv.variants:
                problem = f"{other!r} is the spelling of two columns"
                yield ("source", "csv", "variants", name), problem, "keep it where it belongs"
            spelled.add(other)


def _check_fixed(fixed: Fixed) -> Problems:
    names = [column.name for column in fixed.columns]
    for index, column in enumerate(fixed.columns):
        place: Location = ("source", "fixed", "columns", index)
        if column.name in names[:index]:
            yield place, f"the column {column.name!r} stands twice", "give one another name"
        if fixed.length is not None and column.start + column.width - 1 > fixed.length:
            yield place, f"the column ends behind the row, which has {fixed.length} {fixed.unit}", "correct its place"
    if fixed.unit == "bytes" and fixed.encoding.lower().replace("_", "-").startswith(("utf-16", "utf-32")):
        yield ("source", "fixed", "unit"), f"{fixed.encoding} has no rows of bytes", "count characters"
