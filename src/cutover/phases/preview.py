"""Preview: a few rows before and after, with the rule that made each cell; personal data are masked."""

from collections.abc import Iterator
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from cutover.core.cells import MASKED
from cutover.core.expression import columns_of
from cutover.errors import InputError
from cutover.phases.loading.tables import tables_of
from cutover.phases.pages.masking import mask, personal_columns, reads_personal
from cutover.phases.world import World
from cutover.project.model import Mapping, Rule
from cutover.systems import datasets

Texts = tuple[tuple[str, str | None], ...]


@dataclass(frozen=True)
class Cell:
    """One target cell: what its rule read, and what it made of it; `problem` is why it could not."""

    table: str
    column: str
    rule: str
    kind: str
    reads: Texts
    value: str | None
    problem: str


@dataclass(frozen=True)
class Row:
    """One source row: its cells as landed, its outcome, and the cells of the target rows that it became."""

    row: int
    landed: Texts
    outcome: str
    why: str
    cells: tuple[Cell, ...]


def preview_rows(world: World, snapshot: str, entity: str, *, key: str | None, limit: int) -> list[Row]:
    """Return the first rows of a mapped entity, or those with a source key.

    Raises:
        InputError: no such entity, it is not mapped yet, or no row has the key.
    """
    mapping = world.specification.mapping(entity)
    world.staging.require(datasets.outcome(snapshot, entity), phase="map")
    shown: list[Row] = []
    for index, outcome in world.staging.read_parts(datasets.outcome(snapshot, entity)):
        wanted = outcome if key is None else outcome.filter(pc.equal(outcome["_key"], key))
        wanted = wanted.slice(0, limit - len(shown))
        if len(wanted):
            shown += _preview_part(world, snapshot, mapping, index, wanted)
        if len(shown) >= limit:
            break
    if not shown and key is not None:
        raise InputError(f"no row of {entity!r} has this key", fix="write it as after cleansing, its parts joined by |")
    return shown


def _preview_part(world: World, snapshot: str, mapping: Mapping, index: int, outcome: pa.Table) -> Iterator[Row]:
    staging = world.staging
    raw = _lines(staging.read_part(datasets.raw(snapshot, mapping.source), index), outcome)
    clean = _lines(staging.read_part(datasets.clean(snapshot, mapping.entity), index), outcome)
    rejects = staging.read_part(datasets.rejects(snapshot, mapping.entity), index).to_pylist()
    filled = [
        (table, _lines(staging.read_part(table.dataset, index), outcome)) for table in tables_of(snapshot, mapping)
    ]
    for line in outcome.to_pylist():
        number = line["_row"]
        broken = {(r["rule"], r["column"]): r["reason"] for r in rejects if r["_row"] == number}
        cells = [
            _cell(mapping, table.name, field, column, clean[number], rows.get(number), broken)
            for table, rows in filled
            for field in table.fields
            for column in (field.target, *(name for _, name, _ in field.further_targets()))
            if number in rows or line["outcome"] == "rejected"
        ]
        why = f"{line['rule']} {line['reason']}" if line["rule"] else ""
        landed = _masked({n: v for n, v in raw.get(number, {}).items() if n != "_row"}, mapping)
        yield Row(number, landed, line["outcome"], why, tuple(cells))


def _lines(rows: pa.Table, outcome: pa.Table) -> dict[int, dict[str, object]]:
    found = rows.filter(pc.is_in(rows["_row"], value_set=outcome["_row"].combine_chunks()))
    return {line["_row"]: line for line in found.to_pylist()}


def _cell(
    mapping: Mapping,
    table: str,
    field: Rule,
    column: str,
    clean: dict[str, object],
    mapped: dict[str, object] | None,
    broken: dict[tuple[str, str], str],
) -> Cell:
    named = dict.fromkeys([name for _, name in field.columns()])
    # Expressions do not tell upper from lower case.
    inside = {name.casefold() for _, expression in field.expressions() for name in columns_of(expression)}
    named |= dict.fromkeys(name for name in clean if name.casefold() in inside)
    value = None if mapped is None or mapped[column] is None else str(mapped[column])
    shown = MASKED if value is not None and reads_personal(mapping, field) else value
    kind = str(getattr(field, "kind", ""))
    reads = _masked({name: clean[name] for name in named}, mapping)
    return Cell(table, column, field.rule, kind, reads, shown, broken.get((field.rule, column), ""))


def _masked(cells: dict[str, object], mapping: Mapping) -> Texts:
    texts = {name: None if value is None else str(value) for name, value in cells.items()}
    return tuple(mask(texts, personal_columns(mapping)).items())
