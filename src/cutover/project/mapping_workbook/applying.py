"""Changes of a mapping workbook written into the project's files: all of them, or none."""

import shutil
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from yaml import MappingNode, YAMLError

from cutover.errors import InputError, SpecificationChanged
from cutover.project.mapping_workbook.book import read_book
from cutover.project.mapping_workbook.changes import (
    BadCell,
    Change,
    EntryChange,
    NewEntry,
    RuleChange,
    ValueChange,
    told,
)
from cutover.project.mapping_workbook.csv_text import Record, read_records, split_lines, write_record
from cutover.project.mapping_workbook.difference import find_changes, normal
from cutover.project.mapping_workbook.yaml_text import (
    NotEditable,
    find_rule,
    plain,
    read_tree,
    set_scalar,
    value_of,
)
from cutover.project.specification import Specification, inspect_specification

_STALE = "export the workbook again, and carry the edit over"


def import_workbook(specification: Specification, path: Path) -> tuple[list[Change], dict[str, str]]:
    """Return what a workbook changes, and the texts that the files of the project would have: name -> text.

    Raises:
        InputError: the file is no mapping workbook, or a cell of it cannot be taken; every such cell is named.
    """
    changes, bad = find_changes(read_book(path), specification)
    texts, conflicts = edit_texts(specification.root, changes)
    bad += conflicts
    if not bad:
        bad += _check(specification.root, texts, changes)
    if bad:
        lines = "\n".join(f"  {each}" for each in bad)
        count = f"{len(bad)} bad cell{'s' if len(bad) > 1 else ''}"
        raise InputError(f"{count} in {path.name}:\n{lines}\nNothing was applied")
    return changes, texts


def apply_texts(specification: Specification, texts: dict[str, str]) -> None:
    """Replace files of the project by their new texts.

    Raises:
        SpecificationChanged: a file was changed since the specification was read; nothing is replaced.
        InputError: the project cannot be written; nothing is replaced.
    """
    now, _ = inspect_specification(specification.root)
    if now is None or now.sha256 != specification.sha256:
        raise SpecificationChanged("the project was changed meanwhile", fix="import the workbook again")
    paths = {specification.root / name: text for name, text in texts.items()}
    written = {path: path.with_name(f".{path.name}.new") for path in paths}
    try:
        for path, beside in written.items():
            beside.write_bytes(paths[path].encode())
            shutil.copymode(path, beside)
        for path, beside in written.items():
            beside.replace(path)
    except OSError as error:
        for beside in written.values():
            beside.unlink(missing_ok=True)
        told = f"{specification.root / 'mappings'} cannot be written: {error.strerror}"
        raise InputError(told, fix="make room or mend its rights, and import the workbook again") from None


def edit_texts(root: Path, changes: Sequence[Change]) -> tuple[dict[str, str], list[BadCell]]:
    """Return the texts of the files that the changes touch, edited, and each change that does not fit them any more."""
    before: dict[str, str] = {}
    texts: dict[str, str] = {}
    bad: list[BadCell] = []
    # New lines last, so that the numbers of the lines before them hold; several lines of one cell from the bottom up.
    for change in sorted(changes, key=_order):
        name = _file_of(change)
        if name not in texts:
            if not (root / name).is_file():
                bad.append(BadCell(change.cell, f"{name} is not there any more", _STALE))
                continue
            before[name] = texts[name] = (root / name).read_bytes().decode()
        try:
            texts[name] = _EDITS[type(change)](texts[name], change)
        except NotEditable as error:
            bad.append(BadCell(change.cell, str(error), _STALE))
    return {name: text for name, text in texts.items() if text != before[name]}, bad


def _order(change: Change) -> tuple[int, int]:
    return (1, 0) if isinstance(change, NewEntry) else (0, -change.line if isinstance(change, EntryChange) else 0)


def _file_of(change: Change) -> str:
    if isinstance(change, RuleChange | ValueChange):
        return f"mappings/{change.entity}.yaml"
    return f"mappings/crosswalks/{change.crosswalk}.csv"


def _edit_rule(text: str, change: RuleChange) -> str:
    rule = find_rule(text, change.rule)
    found = value_of(rule, change.key)
    now = normal(plain(found) if found is not None else None) or ("approved" if change.key == "status" else None)
    _must_be(now, change.before, f"rule {change.rule}, {change.key}")
    edited = set_scalar(text, rule, change.key, change.after)
    return _verified(text, edited, change.rule, lambda data: data.update({change.key: change.after or ""}))


def _edit_value(text: str, change: ValueChange) -> str:
    rule = find_rule(text, change.rule)
    values = value_of(rule, "values")
    if not isinstance(values, MappingNode):
        raise NotEditable(f"rule {change.rule} has no list of values any more")
    _must_be(normal(plain(values).get(change.value)), change.before, f"rule {change.rule}, value {change.value!r}")
    edited = set_scalar(text, values, change.value, change.after)
    return _verified(text, edited, change.rule, lambda data: data["values"].update({change.value: change.after}))


def _must_be(now: str | None, before: str | None, what: str) -> None:
    if now != before:
        raise NotEditable(f"{what} was {told(before)} when the workbook was exported and is {told(now)} now")


def _verified(before: str, after: str, rule: str, change: Callable[[dict[str, Any]], None]) -> str:
    """Return the edited text when it says what it said before, but for the change."""
    expected = plain(read_tree(before))
    change(_rule_in(expected, rule))
    try:
        said = plain(read_tree(after))
    except YAMLError:
        said = None
    if said != expected:
        raise NotEditable(f"rule {rule} is written in a way that only the file itself can change")
    return after


def _rule_in(data: Any, rule: str) -> dict[str, Any]:
    if isinstance(data, dict) and data.get("rule") == rule:
        return data
    for item in data.values() if isinstance(data, dict) else data if isinstance(data, list) else ():
        found = _rule_in(item, rule)
        if found:
            return found
    return {}


def _edit_entry(text: str, change: EntryChange) -> str:
    if change.column not in read_records(_without_mark(text))[0].fields:
        text = _add_column(text, change.column)
    header, *records = read_records(_without_mark(text))
    record = next((record for record in records if record.line == change.line), None)
    cells = dict(zip(header.fields, record.fields, strict=True)) if record else {}
    source = tuple(cells[name] for name in header.fields if name.startswith("source")) if record else ()
    if record is None or tuple(map(normal, source)) != change.source:
        raise NotEditable(f"line {change.line} of crosswalk {change.crosswalk} is another one now")
    now = normal(cells[change.column]) or ("confirmed" if change.column == "state" else None)
    _must_be(now, change.before, f"crosswalk {change.crosswalk}, line {change.line}, {change.column}")
    return _replace_record(text, record, write_record(list({**cells, change.column: change.after or ""}.values())))


def _add_entry(text: str, change: NewEntry) -> str:
    for name, _ in change.cells:
        if name not in read_records(_without_mark(text))[0].fields:
            text = _add_column(text, name)
    header = read_records(_without_mark(text))[0]
    sources = (name for name in header.fields if name.startswith("source"))
    cells = dict(change.cells) | dict(zip(sources, change.source, strict=True))
    newline = "\r\n" if "\r\n" in text else "\n"
    line = write_record([cells.get(name, "") for name in header.fields])
    return text + ("" if text.endswith("\n") else newline) + line + newline


def _add_column(text: str, name: str) -> str:
    records = read_records(_without_mark(text))
    for record in reversed(records):
        lines = split_lines(text)
        last = lines[record.last - 1]
        body = last.rstrip("\r\n")
        lines[record.last - 1] = f"{body},{name if record is records[0] else ''}{last[len(body) :]}"
        text = "".join(lines)
    return text


def _replace_record(text: str, record: Record, line: str) -> str:
    lines = split_lines(text)
    last = lines[record.last - 1]
    ending = last[len(last.rstrip("\r\n")) :]
    mark = "\ufeff" if record.line == 1 and text.startswith("\ufeff") else ""
    return "".join([*lines[: record.line - 1], mark + line + ending, *lines[record.last :]])


def _without_mark(text: str) -> str:
    return text.removeprefix("\ufeff")


_EDITS: dict[type, Callable[..., str]] = {
    RuleChange: _edit_rule,
    ValueChange: _edit_value,
    EntryChange: _edit_entry,
    NewEntry: _add_entry,
}


def _check(root: Path, texts: dict[str, str], changes: Sequence[Change]) -> list[BadCell]:
    """Return what would be wrong with the specification, each with the cells that were changed in the same file."""
    if not texts:
        return []
    with tempfile.TemporaryDirectory(prefix="cutover-import-") as folder:
        copy = Path(folder) / "project"
        shutil.copytree(root, copy)
        for name, text in texts.items():
            (copy / name).write_bytes(text.encode())
        _, findings = inspect_specification(copy)
    cells = {name: [change.cell for change in changes if _file_of(change) == name] for name in texts}
    edited = [change.cell for change in changes]  # an edit of one file may be a mistake in another
    bad = [
        BadCell(", ".join(cells.get(finding.file, edited)[:3]), f"with this edit, {finding.problem}", finding.fix)
        for finding in findings
    ]
    return list(dict.fromkeys(bad))
