"""Trace one source row: what it was, what each rule made of it, what became of it, and what it is in the target now."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace

import pyarrow as pa
import pyarrow.compute as pc
from sqlalchemy import Connection

from cutover.errors import InputError
from cutover.phases.loading.tables import Table, tables_of
from cutover.phases.pages.masking import mask, open_targets, personal_columns
from cutover.phases.quarantine.ragged import texts_of
from cutover.phases.world import World
from cutover.project.model import Mapping
from cutover.systems import datasets
from cutover.systems.queries import run
from cutover.systems.staging import Dataset

Texts = dict[str, str | None]


@dataclass(frozen=True)
class TargetRow:
    """A row of a target table as it was mapped, and as it stands there now (empty when it does not): column -> text."""

    table: str
    mapped: Texts
    stands: Texts


@dataclass(frozen=True)
class Trace:
    """One source row: its number and part, and what every phase left of it; values are texts, None is no value.

    changes: column, rule, before, after, in the order of the rules. outcome: outcome, rule, reason, survivor.
    fates: one per run of the ledger: run_id, kind, seq, state, outcome and so on.
    """

    row: int
    part: int
    raw: Texts
    changes: tuple[Texts, ...]
    outcome: Texts
    rejects: tuple[Texts, ...]
    targets: tuple[TargetRow, ...]
    fates: tuple[Texts, ...]


def trace_rows(world: World, snapshot: str, entity: str, key: str) -> list[Trace]:
    """Trace the rows of an entity with a source key, its parts joined by `|`; several where legacy keys repeat.

    Raises:
        InputError: no such entity, it is not mapped yet, or no row of it has the key.
    """
    mapping = world.specification.mapping(entity)
    world.staging.require(datasets.outcome(snapshot, entity), phase="map")
    found = [_trace(world, snapshot, mapping, part, outcome) for part, outcome in _find(world, snapshot, entity, key)]
    if not found:
        raise InputError(
            f"no row of {entity} in snapshot {snapshot} has this key",
            fix=f"give {'|'.join(mapping.source.key)} as it is after cleansing, its parts joined by |",
        )
    return found


def mask_trace(trace: Trace, mapping: Mapping) -> Trace:
    """Return a trace without personal data: neither of the source nor of what rules and triggers made of it."""
    if not mapping.pii:
        return trace
    hidden, known = personal_columns(mapping), open_targets(mapping)
    changes = (
        mask(change, frozenset({"before", "after"})) if str(change["column"]).casefold() in hidden else change
        for change in trace.changes
    )
    targets = (_mask_row(row, {column for table, column in known if table == row.table}) for row in trace.targets)
    return replace(trace, raw=mask(trace.raw, hidden), changes=tuple(changes), targets=tuple(targets))


def _mask_row(row: TargetRow, known: set[str]) -> TargetRow:
    hidden = frozenset(name.casefold() for name in (*row.mapped, *row.stands) if name not in known)
    return replace(row, mapped=mask(row.mapped, hidden), stands=mask(row.stands, hidden))


def _find(world: World, snapshot: str, entity: str, key: str) -> Iterator[tuple[int, Texts]]:
    for part, rows in world.staging.read_parts(datasets.outcome(snapshot, entity)):
        for line in _texts(rows.filter(pc.equal(rows["_key"], key))):
            yield part, line


def _texts(rows: pa.Table) -> list[Texts]:
    return [{name: None if cell is None else str(cell) for name, cell in row.items()} for row in rows.to_pylist()]


def _trace(world: World, snapshot: str, mapping: Mapping, part: int, outcome: Texts) -> Trace:
    number = int(outcome["_row"] or 0)

    def lines(dataset: Dataset) -> list[Texts]:
        rows = world.staging.read_part(dataset, part)
        return _texts(rows.filter(pc.equal(rows["_row"], number)).drop_columns(["_row"]))

    entity = mapping.entity
    (raw,) = lines(datasets.raw(snapshot, mapping.source))
    with world.target.connect() as connection:
        fates = run(connection, "list_fates", entity=entity, row=number, snapshot=snapshot).mappings().all()
        targets = [
            _target_row(connection, table, line)
            for table in tables_of(snapshot, mapping)
            for line in lines(table.dataset)
        ]
    return Trace(
        number,
        part,
        texts_of(world, snapshot, mapping.source, [number]).get(number, raw),
        tuple(lines(datasets.changes(snapshot, entity))),
        {name: outcome[name] for name in ("outcome", "rule", "reason", "survivor")},
        tuple(lines(datasets.rejects(snapshot, entity))),
        tuple(targets),
        tuple({name: None if cell is None else str(cell) for name, cell in fate.items()} for fate in fates),
    )


def _target_row(connection: Connection, table: Table, line: Texts) -> TargetRow:
    mapped = {name: cell for name, cell in line.items() if not name.startswith("_")}
    wanted = {table.id: line["_id"]} if table.id is not None else {name: mapped[name] for name in table.key}
    stands = run(connection, "read_target_row", {"table": table.name}, wanted=json.dumps(wanted)).scalar()
    return TargetRow(table.name, {**wanted, **mapped}, stands or {})
