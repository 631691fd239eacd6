"""The scope of a cutover, in CSV files that business people fill: what there is, whose it is, and how long it is kept.

    scope/objects.csv    system,object,decision,reason,owner,retention,volume,processes    one line per table or file
    scope/processes.csv  process,title,owner                                               what the business does
    scope/retention.csv  class,years,basis                                                 how long data are kept
    scope/columns.csv    entity,column,class,retention                                     what each column holds

A file that is not there holds nothing, and what is asked of it was not run. `object` may be a pattern with `*`.
"""

import csv
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from cutover.errors import InputError

FILES = {
    "objects": ("system", "object", "decision", "reason", "owner", "retention", "volume", "processes"),
    "processes": ("process", "title", "owner"),
    "retention": ("class", "years", "basis"),
    "columns": ("entity", "column", "class", "retention"),
}
PERSONAL = "personal"
Line = Mapping[str, str]


@dataclass(frozen=True)
class Scope:
    """The lines of each file, None where it is not there, and the hash of each."""

    objects: Sequence[Line] | None
    processes: Sequence[Line] | None
    retention: Sequence[Line] | None
    columns: Sequence[Line] | None
    hashes: Mapping[str, str]

    def about(self, system: str, name: str) -> list[Line]:
        """Return the lines that speak of an object of a system."""
        lines = (line for line in self.objects or () if line["system"] == system)
        return [line for line in lines if fnmatchcase(name, line["object"])]


def read_scope(root: Path) -> Scope:
    """Read what a project says of its scope.

    Raises:
        InputError: a file is no CSV in UTF-8 with its header, or a line has too few or too many fields.
    """
    found = {name: _read(root / "scope" / f"{name}.csv", heads) for name, heads in FILES.items()}
    paths = [root / "scope" / f"{name}.csv" for name, lines in found.items() if lines is not None]
    return Scope(**found, hashes={path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in paths})


def _read(path: Path, heads: Sequence[str]) -> list[Line] | None:
    if not path.is_file():
        return None
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file, strict=True)
            header = next(reader, [])
            records = [(reader.line_num, fields) for fields in reader if fields]
    except (UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"scope/{path.name} is not readable: {error}", fix="save it as CSV in UTF-8") from None
    if header != list(heads):
        raise InputError(f"scope/{path.name}:1: the header is not that of the file", fix=f"write {','.join(heads)}")
    for line, fields in records:
        if len(fields) != len(heads):
            problem = f"scope/{path.name}:{line}: {len(fields)} fields, the header has {len(heads)}"
            raise InputError(problem, fix="add or remove separators, quote those inside a field")
    return [dict(zip(heads, (field.strip() for field in fields), strict=True)) for _, fields in records]
