"""Import corrections: read a correction workbook, refuse it whole when one cell is bad, record it, and replay."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from math import isfinite
from typing import Any

import pyarrow as pa
from python_calamine import CalamineError, CalamineWorkbook

from cutover.core.reasons import Language
from cutover.errors import InputError, TerminalError
from cutover.phases.quarantine.correction_sheet import EMPTY, META, SheetPlan, current_rows, heads, row_hash
from cutover.phases.quarantine.rejects import list_rejects
from cutover.phases.quarantine.replay import Replayed, alone, prepare, remap, replay_alone, standing_runs
from cutover.phases.runs import require_unchanged
from cutover.phases.world import World
from cutover.project.model import Mapping
from cutover.project.spreadsheet import column_letter
from cutover.systems import corrections, datasets
from cutover.systems.corrections import Correction
from cutover.systems.sources.exact import exact_text

SHOWN = 20
_LONGEST_NUMBER = 15


@dataclass(frozen=True)
class Corrected:
    """What an import did: cells mended, and what became of the rows that were replayed."""

    snapshot: str
    cells: int
    replayed: tuple[Replayed, ...]


@dataclass(frozen=True)
class _Cell:
    """A cell of a correction column that holds something; place: as Excel names it."""

    place: str
    row: int
    hash: str
    column: str
    value: Any


@dataclass(frozen=True)
class _Workbook:
    snapshot: str
    language: Language
    sheets: dict[str, tuple[SheetPlan, list[list[Any]]]]


def import_corrections(world: World, content: bytes, *, by_whom: str) -> Corrected:
    """Record the corrections of a workbook and replay the rows; asked again with the same file, it goes on.

    Raises:
        Busy: somebody else corrects this snapshot now.
        InputError: the workbook is none of ours, a cell is bad (all are named), a row has changed since the export, or
            a row that stands in the target would have another fate; nothing is applied.
    """
    if not by_whom.strip():
        raise InputError("a correction needs a person", fix="say who with --by")
    book = _read(content)
    with alone(world, book.snapshot):
        return _import(world, book, hashlib.sha256(content).hexdigest(), by_whom)


def _import(world: World, book: _Workbook, digest: str, by_whom: str) -> Corrected:
    with world.target.connect() as connection:
        known = corrections.has_file(connection, book.snapshot, digest)
    if known:
        return Corrected(book.snapshot, 0, tuple(replay_alone(world, book.snapshot)))
    for run in standing_runs(world, book.snapshot):
        require_unchanged(world, run)
    mended = _mended(world, book, by_whom)
    with world.target.begin() as connection:
        corrections.record_corrections(connection, book.snapshot, mended, file_sha256=digest, at=world.now())
    try:
        prepare(world, book.snapshot)
    except TerminalError:
        with world.target.begin() as connection:
            corrections.withdraw_corrections(connection, book.snapshot, digest, world.now())
        remap(world, book.snapshot, {one.entity for one in mended})
        raise
    return Corrected(book.snapshot, len(mended), tuple(replay_alone(world, book.snapshot)))


def judge_workbook(world: World, content: bytes) -> tuple[str, int]:
    """Look at every cell of a workbook and return its snapshot and how many cells it corrects; nothing is applied.

    Raises:
        InputError: as an import.
    """
    book = _read(content)
    return book.snapshot, len(_mended(world, book, "nobody yet"))


# --- reading ---------------------------------------------------------------------------------------------------------


def _read(content: bytes) -> _Workbook:
    try:
        book = CalamineWorkbook.from_filelike(BytesIO(content))
        meta = [str(row[0]) for row in book.get_sheet_by_name(META).to_python()]
        told = json.loads(meta[0])
        sheets = {}
        for line in meta[1:]:
            name, entity, shown, corrected = json.loads(line)
            rows = book.get_sheet_by_name(name).to_python(skip_empty_area=False)
            sheets[name] = (SheetPlan(entity, tuple(shown), tuple(corrected)), rows)
        return _Workbook(told["snapshot"], told["language"], sheets)
    except (CalamineError, ValueError, LookupError, TypeError):
        raise InputError(
            "this is not a workbook of `cutover rejects export`, or its sheets were removed",
            fix="export it again, and fill in the columns behind the arrows only",
        ) from None


def _mended(world: World, book: _Workbook, by_whom: str) -> list[Correction]:
    """Return the corrections of a workbook, after every cell has been looked at."""
    problems: list[str] = []
    found: list[Correction] = []
    for name, (plan, rows) in book.sheets.items():
        if not rows or [str(cell) for cell in rows[0]] != heads(plan, book.language):
            problems.append(f"{name}!A1: the header is not as it was exported")
            continue
        mapping = world.specification.mapping(plan.entity)
        cells = list(_cells(name, plan, rows, problems))
        found += _judge(world, book, mapping, cells, by_whom, problems)
    if problems:
        more = f"; and {len(problems) - SHOWN} more" if len(problems) > SHOWN else ""
        raise InputError(
            f"nothing was applied; bad cells ({len(problems)}): {'; '.join(problems[:SHOWN])}{more}",
            fix="mend these cells and import the workbook again; export it anew where rows have changed",
        )
    if not found:
        raise InputError("the workbook corrects nothing", fix="write correct values into the columns behind the arrows")
    return found


def _cells(name: str, plan: SheetPlan, rows: list[list[Any]], problems: list[str]) -> Iterator[_Cell]:
    seen: set[int] = set()
    for line, row in enumerate(rows[1:], start=2):
        filled = [(at, row[at]) for at in range(plan.first_correction, len(row)) if row[at] not in ("", None)]
        if not filled:
            continue
        number = row[0]
        if not isinstance(number, int | float) or number != int(number) or int(number) in seen:
            problems.append(f"{name}!A{line}: the hidden number of the row is missing, or stands twice")
            continue
        seen.add(int(number))
        for at, value in filled:
            place = f"{name}!{column_letter(at)}{line}"
            yield _Cell(place, int(number), str(row[1]), plan.corrected[at - plan.first_correction], value)


def _judge(
    world: World, book: _Workbook, mapping: Mapping, cells: list[_Cell], by_whom: str, problems: list[str]
) -> Iterator[Correction]:
    if not cells:
        return
    keys = {one.row: one.key for one in list_rejects(world, book.snapshot, mapping.entity)}
    current = current_rows(world, book.snapshot, mapping, [cell.row for cell in cells])
    types = _types(world, book.snapshot, mapping)
    for cell in cells:
        try:
            if cell.row not in current or row_hash(world, mapping, current[cell.row]) != cell.hash:
                raise ValueError("the row has changed since the export")
            if cell.row not in keys:
                raise ValueError("the row is not rejected any more")
            after = _text(cell.value, types[cell.column])
        except ValueError as problem:
            problems.append(f"{cell.place}: {problem}")
            continue
        before = current[cell.row][cell.column]
        if before != after:
            yield Correction(mapping.entity, cell.row, cell.column, before, after, by_whom, src_key=keys[cell.row])


def _types(world: World, snapshot: str, mapping: Mapping) -> dict[str, pa.DataType]:
    return {field.name: field.type for field in world.staging.schema(datasets.raw(snapshot, mapping.source))}


def _text(value: Any, wanted: pa.DataType) -> str | None:
    """Return a cell as the text that stands for it in the landed data; None clears the cell.

    Raises:
        ValueError: what was written cannot be taken for certain, or is none of the column's type; no value is told.
    """
    if isinstance(value, str) and value.strip() in EMPTY.values():
        return None
    if not isinstance(value, str | int | float) or isinstance(value, bool):
        raise ValueError("Excel made a date or a truth value of it: format the cell as text and write it again")
    text = exact_text(value)
    assert text is not None
    is_long = not isinstance(value, str) and len(text.replace(".", "").lstrip("-0")) > _LONGEST_NUMBER
    if is_long or (isinstance(value, float) and not isfinite(value)):
        raise ValueError("Excel keeps 15 digits of a number: format the cell as text and write it again")
    try:
        written = pa.scalar(text).cast(wanted)
        return str(written.cast(pa.string()).as_py())
    except pa.ArrowException:
        raise ValueError(f"this is no {wanted}, which the column holds") from None
