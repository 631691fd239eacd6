"""The correction workbook: rejected rows for the people who mend them, and back.

One sheet per entity and one line per rejected row: why it stayed behind, the legacy row as it is now, and behind it a
cell for each column that can be corrected. A hidden sheet tells what the columns are, a hidden hash whether a row has
changed since.
"""

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import xlsxwriter

from cutover.core.reasons import Language
from cutover.errors import InputError
from cutover.phases.pages.workbook import MASK, SHEET_ROWS
from cutover.phases.quarantine.correcting import apply_corrections, read_corrections
from cutover.phases.quarantine.rejects import Reject, correctable, list_rejects
from cutover.phases.world import World
from cutover.project.model import Mapping
from cutover.project.spreadsheet import CELL_LENGTH, TEXTS_STAY, sheet_name
from cutover.systems import datasets

META = "_cutover"
ARROW = "→ "
HIDDEN = ("_row", "_hash")
_HEADS = {"en": ("key", "why it was rejected", "owner", "due"), "zh": ("键", "拒绝原因", "负责人", "截止日期")}
_HELP = {
    "en": "Write the correct value behind the arrow, as the legacy system would; write {empty} to clear a cell.",
    "zh": "请在箭头列填写正确的值（按旧系统的写法）；填写 {empty} 表示清空该单元格。",
}  # fmt: skip
EMPTY = {"en": "(empty)", "zh": "（空）"}

Texts = dict[str, str | None]


@dataclass(frozen=True)
class SheetPlan:
    """What a sheet holds: the entity, the legacy columns it shows, and those that can be corrected, in their order."""

    entity: str
    shown: tuple[str, ...]
    corrected: tuple[str, ...]

    @property
    def first_correction(self) -> int:
        """The place of the first cell to correct, from 0."""
        return len(HIDDEN) + len(_HEADS["en"]) + len(self.shown)


def write_corrections(
    world: World, snapshot: str, *, entities: Sequence[str], owner: str | None, language: Language
) -> tuple[bytes, int]:
    """Return the workbook of the rejected rows of some entities, and how many rows it holds.

    owner: only what waits for this owner, with personal data; without an owner personal data is masked.

    Raises:
        InputError: no row of them is rejected, or more than a sheet holds.
    """
    buffer = BytesIO()
    book = xlsxwriter.Workbook(buffer, TEXTS_STAY)
    plans: dict[str, SheetPlan] = {}
    count = 0
    for entity in entities:
        mapping = world.specification.mapping(entity)
        rejects = list_rejects(world, snapshot, entity, owner=owner)
        if rejects:
            name = sheet_name(entity, set(plans))
            plans[name], rows = _write_sheet(world, snapshot, mapping, rejects, book, name, language, owner is None)
            count += rows
    if not plans:
        raise InputError("no rejected row waits there", fix="`cutover rejects` lists what does, and for whom")
    _write_meta(book, snapshot, language, plans)
    book.close()
    return buffer.getvalue(), count


def _write_sheet(
    world: World,
    snapshot: str,
    mapping: Mapping,
    rejects: list[Reject],
    book: Any,
    name: str,
    language: Language,
    masks: bool,
) -> tuple[SheetPlan, int]:
    by_row: dict[int, list[Reject]] = {}
    for reject in rejects:
        by_row.setdefault(reject.row, []).append(reject)
    if len(by_row) > SHEET_ROWS:
        raise InputError(
            f"{len(by_row)} rows of {mapping.entity} are rejected, a sheet holds {SHEET_ROWS}",
            fix="mend the cause of most of them in the mapping first; `cutover rejects` counts them by rule",
        )
    current = current_rows(world, snapshot, mapping, list(by_row))
    columns = list(next(iter(current.values())))
    plan = SheetPlan(mapping.entity, tuple(columns), _to_correct(mapping, rejects, columns))
    sheet = book.add_worksheet(name)
    _write_head(book, sheet, plan, language)
    secret = frozenset(mapping.pii) if masks else frozenset()
    for place, (row, broken) in enumerate(sorted(by_row.items()), start=1):
        told = _told(mapping, broken, language, bool(secret & {*mapping.source.key}))
        shown = [_shown(column, current[row][column], secret) for column in columns]
        sheet.write_number(place, 0, row)
        for at, text in enumerate([row_hash(world, mapping, current[row]), *told, *shown], start=1):
            sheet.write_string(place, at, text[:CELL_LENGTH])
    return plan, len(by_row)


def _write_head(book: Any, sheet: Any, plan: SheetPlan, language: Language) -> None:
    bold = book.add_format({"bold": True, "bg_color": "#DDEBF7"})
    mend = book.add_format({"bold": True, "bg_color": "#E2EFDA"})
    # As text: Excel would turn 000123 into a number and 1-2 into a date.
    text = book.add_format({"num_format": "@", "bg_color": "#F3F9F0"})
    sheet.write_row(0, 0, heads(plan, language)[: plan.first_correction], bold)
    sheet.write_row(0, plan.first_correction, [ARROW + name for name in plan.corrected], mend)
    sheet.set_column(0, 1, None, None, {"hidden": True})
    sheet.set_column(2, plan.first_correction - 1, 16)
    sheet.set_column(3, 3, 48)
    sheet.set_column(plan.first_correction, plan.first_correction + len(plan.corrected) - 1, 18, text)
    sheet.write_comment(0, plan.first_correction, _HELP[language].format(empty=EMPTY[language]))
    sheet.freeze_panes(1, 4)


def heads(plan: SheetPlan, language: Language) -> list[str]:
    """Return the header of a sheet."""
    return [*HIDDEN, *_HEADS[language], *plan.shown, *(ARROW + name for name in plan.corrected)]


def _write_meta(book: Any, snapshot: str, language: Language, plans: dict[str, SheetPlan]) -> None:
    told = {name: [plan.entity, plan.shown, plan.corrected] for name, plan in plans.items()}
    sheet = book.add_worksheet(META)
    sheet.hide()
    sheet.write_string(0, 0, json.dumps({"snapshot": snapshot, "language": language}))
    for at, (name, plan) in enumerate(told.items(), start=1):
        sheet.write_string(at, 0, json.dumps([name, *plan], ensure_ascii=False))


def _told(mapping: Mapping, broken: list[Reject], language: Language, key_is_secret: bool) -> list[str]:
    why = "\n".join(dict.fromkeys(f"{one.words(language)} [{one.rule}]" for one in broken))
    owners = ", ".join(dict.fromkeys(one.owner for one in broken))
    due = min((one.due.isoformat() for one in broken if one.due is not None), default="")
    return [MASK if key_is_secret and broken[0].key else broken[0].key or "", why, owners, due]


def _shown(column: str, value: str | None, secret: frozenset[str]) -> str:
    return MASK if value and column in secret else value or ""


def _to_correct(mapping: Mapping, rejects: list[Reject], columns: Sequence[str]) -> tuple[str, ...]:
    wanted: set[str] = set()
    for rule in {(one.rule, one.column): one for one in rejects}.values():
        found = correctable(mapping, rule)
        if found is None:
            return tuple(columns)
        wanted |= {name.casefold() for name in found}
    return tuple(name for name in columns if name.casefold() in wanted) or tuple(columns)


def current_rows(world: World, snapshot: str, mapping: Mapping, rows: Sequence[int]) -> dict[int, Texts]:
    """Return landed rows as texts, with the corrections that hold: row -> column -> text."""
    held = read_corrections(world, snapshot, mapping.entity)
    return {row: texts for part in _parts(world, snapshot, mapping, rows, held) for row, texts in part}


def _parts(
    world: World, snapshot: str, mapping: Mapping, rows: Sequence[int], held: Any
) -> Iterator[list[tuple[int, Texts]]]:
    wanted = pa.array(rows, pa.int64())
    for _, part in world.staging.read_parts(datasets.raw(snapshot, mapping.source)):
        found = part.filter(pc.is_in(part["_row"], value_set=wanted))
        if len(found):
            found, _ = apply_corrections(found, held)
            numbers = found["_row"].to_pylist()
            texts = pa.table({name: found[name].cast(pa.string()) for name in found.column_names if name != "_row"})
            yield list(zip(numbers, texts.to_pylist(), strict=True))


def row_hash(world: World, mapping: Mapping, texts: Texts) -> str:
    """Return what tells one state of a row from another; it says nothing about the values."""
    told = json.dumps([world.specification.project.salt, mapping.entity, texts], ensure_ascii=False)
    return hashlib.sha256(told.encode()).hexdigest()[:24]
