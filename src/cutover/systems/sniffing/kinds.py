"""Files that are no delimited text: each is named by what it is, with the way to read it."""

import json
import re

from cutover.errors import InputError

_PACKED = "unpack it, and sniff what is in it"
_MAGIC = (
    (b"PK\x03\x04", "a zip archive", _PACKED),
    (b"\x1f\x8b", "packed by gzip", _PACKED),
    (b"BZh", "packed by bzip2", _PACKED),
    (b"\xfd7zXZ\x00", "packed by xz", _PACKED),
    (b"\x28\xb5\x2f\xfd", "packed by zstd", _PACKED),
    (b"PAR1", "a Parquet file", "export the table as delimited text, or read the database that it comes from"),
    (b"%PDF-", "a PDF document", "export the table as delimited text or as a workbook"),
    (b"SQLite format 3\x00", "a SQLite database", "give its system a connection of type sqlite, and name a `table`"),
)
_MARKUP = re.compile(r"\s*<(\?xml|!doctype|html|table)\b", re.IGNORECASE)
_STATEMENT = re.compile(
    r"(?im)^\s*(insert\s+into\s+[\"`\[\w]|insert\s+[\"`\[]|(create|drop|alter)\s+table\s+[\"`\[\w])"
)
_STATEMENTS = 3
_SAMPLE = 1 << 20
_MANY_CONTROLS, _MOST_CONTROLS = 32, 0.05
_JSON = "declare it under `json` instead of `csv`: {path: %s}, with `records` where the list is within an object"
_JSON_LINES = "write the records as one JSON list, and declare it under `json` instead of `csv`: {path: %s}"
_SQL = "run it in an empty database of the kind that it is written for, and name that database as the system"
_BINARY = "name a text file, or export the table as delimited text"


def refuse_other_bytes(name: str, raw: bytes) -> None:
    """Return when the bytes of a file do not begin as those of a known other kind do.

    Raises:
        InputError: they do; the mend says how such a file is read.
    """
    for magic, kind, mend in _MAGIC:
        if raw.startswith(magic):
            raise _other(name, kind, mend)


def refuse_other_text(name: str, text: str) -> None:
    """Return when a text may be rows whose fields a separator cuts.

    Raises:
        InputError: it is JSON, XML, HTML, a script of SQL or binary data; the mend says how such a file is read.
    """
    sample = text[:_SAMPLE]
    if _is_json(text):
        raise _other(name, "JSON", _JSON)
    if _is_json(sample.strip().partition("\n")[0]):
        raise _other(name, "JSON, one record a line", _JSON_LINES)
    if _MARKUP.match(sample):
        raise _other(name, "XML or HTML", "export the table as delimited text or as a workbook")
    if len(_STATEMENT.findall(sample)) >= _STATEMENTS:
        raise _other(name, "a script of SQL", _SQL)
    if len(re.findall(r"[\x00\x02-\x08\x0e-\x1a]", sample)) > max(_MANY_CONTROLS, _MOST_CONTROLS * len(sample)):
        raise _other(name, "binary data", _BINARY)


def _other(name: str, kind: str, mend: str) -> InputError:
    return InputError(f"{name} is no delimited text: it is {kind}", fix=mend % name if "%s" in mend else mend)


def _is_json(text: str) -> bool:
    if not text.lstrip().startswith(("{", "[")):
        return False
    try:
        return isinstance(json.loads(text), dict | list)
    except (ValueError, RecursionError):
        return False
