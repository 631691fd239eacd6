"""The reject workbook: what business people open in Excel to see which rows stayed behind, and why."""

from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO

import pyarrow as pa
import pyarrow.compute as pc
import xlsxwriter
from xlsxwriter.worksheet import Worksheet

from cutover.core.rules import as_array
from cutover.phases.loading.expected import selected
from cutover.phases.runs import read_run
from cutover.phases.world import World
from cutover.project.model import Mapping
from cutover.project.spreadsheet import CELL_LENGTH, TEXTS_STAY, sheet_name
from cutover.systems import datasets
from cutover.systems.ledger import Run

SHEET_ROWS = 100_000
MASK = "•••"
_LEADING = ("row", "key", "rule", "column", "reason", "severity")


@dataclass(frozen=True)
class Line:
    """One line of a sheet, and the names of its columns."""

    names: list[str]
    values: list[str]


def write_reject_workbook(world: World, run_id: int) -> str:
    """Write the rejects of a run as an Excel workbook, one sheet per entity, and return where it lies.

    Each line is one broken rule with the whole legacy row as it was landed, personal data masked: the workbook that
    `cutover rejects export --owner` writes shows them. A sheet shows at most 100,000 lines and says in its last line
    how many more there are.
    """
    run = read_run(world, run_id)
    buffer = BytesIO()
    book = xlsxwriter.Workbook(buffer, {"constant_memory": True, **TEXTS_STAY})
    bold = book.add_format({"bold": True, "bg_color": "#DDEBF7"})
    names: set[str] = set()
    for entity in run.entities:
        lines = _lines(world, run, world.specification.mapping(entity))
        first = next(lines, None)
        if first is not None:
            _write_sheet(book.add_worksheet(sheet_name(entity, names)), bold, first, lines)
    if not names:
        book.add_worksheet("rejects").write_row(0, 0, ["No row of this run was rejected."])
    book.close()
    return world.staging.write_file(f"reports/run-{run_id}/rejects.xlsx", buffer.getvalue())


def _write_sheet(sheet: Worksheet, bold: object, first: Line, lines: Iterator[Line]) -> None:
    sheet.write_row(0, 0, first.names, bold)
    sheet.freeze_panes(1, len(_LEADING))
    sheet.set_column(0, len(first.names) - 1, 14)
    sheet.write_row(1, 0, first.values)
    for place, line in enumerate(lines, start=2):
        if place > SHEET_ROWS:
            sheet.write_row(
                place, 0, [f"and {1 + sum(1 for _ in lines)} more: the ledger's table reject holds them all"]
            )
            return
        sheet.write_row(place, 0, line.values)


def _lines(world: World, run: Run, mapping: Mapping) -> Iterator[Line]:
    rows = selected(world, run.snapshot_id, run.run_id, run.kind, mapping.entity)
    for index, rejects in world.staging.read_parts(datasets.rejects(run.snapshot_id, mapping.entity)):
        if rows is not None:
            rejects = rejects.filter(pc.is_in(rejects["_row"], value_set=rows))
        if len(rejects):
            yield from _part(world, run, mapping, index, rejects.sort_by("_row"))


def _part(world: World, run: Run, mapping: Mapping, index: int, rejects: pa.Table) -> Iterator[Line]:
    raw = world.staging.read_part(datasets.raw(run.snapshot_id, mapping.source), index)
    outcome = world.staging.read_part(datasets.outcome(run.snapshot_id, mapping.entity), index, ["_row", "_key"])
    place = as_array(pc.index_in(rejects["_row"], value_set=as_array(raw["_row"])))
    keys = as_array(outcome["_key"]).take(place).to_pylist()
    source = raw.drop_columns(["_row"]).take(place)
    # Lists, not dictionaries: a legacy column may be named like one of ours.
    names = [*_LEADING, *source.column_names]
    masked = {*mapping.pii}
    columns = zip(*(_texts(name, source[name].to_pylist(), masked) for name in source.column_names), strict=True)
    if masked & {*mapping.source.key}:
        keys = _texts(mapping.pii[0], keys, masked)
    for reject, key, row in zip(rejects.to_pylist(), keys, columns, strict=True):
        told = [reject["_row"], key, reject["rule"], reject["column"], reject["reason"], reject["severity"]]
        yield Line(names, ["" if value is None else str(value)[:CELL_LENGTH] for value in (*told, *row)])


def _texts(name: str, values: list[object], masked: set[str]) -> list[object]:
    return [MASK if value else value for value in values] if name in masked else values
