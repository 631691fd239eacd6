"""Pairs of control totals: one SQL file for the old system, one for the new, in sql/control_totals/.

-- purpose: open receivables of each company
-- system: erp                                   (the legacy system that the .old.sql file asks)
-- explained: amount = receivable.DMBTR by BUKRS (what stays behind by rule, from the entity's own rows)
-- explained: rows = receivable by BUKRS
select BUKRS as "group", count(*) as rows, sum(DMBTR) as amount from ... group by BUKRS
"""

import re
from dataclasses import dataclass
from pathlib import Path

from cutover.project.reading import Finding, read_text

FOLDER = "sql/control_totals"
_HEADER = re.compile(r"^-- (?P<key>purpose|system|explained): *(?P<text>.*?) *$", re.MULTILINE)
_EXPLAINED = re.compile(r"(?P<measure>\w+) = (?P<entity>\w+)(?:\.(?P<column>\w+))? by (?P<by>\w+)")


@dataclass(frozen=True)
class Explanation:
    """Which rows explain a measure: those of an entity that do not move, summed by a column (counted without one)."""

    measure: str
    entity: str
    column: str | None
    by: str


@dataclass(frozen=True)
class Pair:
    """The same figures asked of both systems; each query returns `group` and then one numeric column per measure."""

    name: str
    system: str
    old: str
    new: str
    explanations: tuple[Explanation, ...]


def read_pairs(root: Path) -> tuple[list[Pair], list[Finding]]:
    """Read every pair of a project; returns those that are complete, and a finding for each that is not."""
    pairs: list[Pair] = []
    findings: list[Finding] = []
    names = {path.name.rsplit(".", 2)[0] for path in (root / FOLDER).glob("*.sql")}
    for name in sorted(names):
        found = _read_pair(root, name)
        (findings if isinstance(found, Finding) else pairs).append(found)  # type: ignore[arg-type]
    return pairs, findings


def _read_pair(root: Path, name: str) -> Pair | Finding:
    sides = {side: root / FOLDER / f"{name}.{side}.sql" for side in ("old", "new")}
    for side, path in sides.items():
        if not path.is_file():
            return Finding(
                f"{FOLDER}/{name}.{side}.sql", 0, 0, "the file is missing", "a pair has an old and a new side"
            )
    texts = [read_text(path, f"{FOLDER}/{path.name}") for path in sides.values()]
    if unreadable := next((text for text in texts if isinstance(text, Finding)), None):
        return unreadable
    old, new = (str(text) for text in texts)
    header = [(found["key"], found["text"]) for found in _HEADER.finditer(old)]
    system = dict(header).get("system")
    if not system:
        return Finding(f"{FOLDER}/{name}.old.sql", 1, 1, "no system is named", "add a line `-- system: <name>`")
    explanations = [_EXPLAINED.fullmatch(text) for key, text in header if key == "explained"]
    if None in explanations:
        fix = "write `-- explained: <measure> = <entity>.<column> by <column>`"
        return Finding(f"{FOLDER}/{name}.old.sql", 1, 1, "an explanation is not readable", fix)
    told = tuple(Explanation(m["measure"], m["entity"], m["column"], m["by"]) for m in explanations if m)
    return Pair(name, system, old, new, told)
