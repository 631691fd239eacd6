"""Cleanse: raw rows become clean rows, with a log of every cell that changed and a list of what could not be read."""

import hashlib
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from cutover.core.cleansing import DECISIONS, REMEDIES, CleanseStep, Steward, cleanse, read_typed
from cutover.core.rules import as_array, fit, join_key
from cutover.core.types import TEXT, type_of
from cutover.errors import InputError, SourceError
from cutover.phases import snapshots
from cutover.phases.duplicates import find_pairs
from cutover.phases.mapping.linking import decided_pairs
from cutover.phases.quarantine.correcting import apply_corrections, digest, read_corrections
from cutover.phases.quarantine.ragged import name_ragged, read_ragged
from cutover.phases.world import Step, World
from cutover.project.model import Mapping
from cutover.systems import datasets, evidence, pairs, stewards
from cutover.systems.corrections import Correction
from cutover.systems.staging import Dataset

UNREADABLE_RULE = "SOURCE"


def unreadable(snapshot: str, entity: str) -> Dataset:
    """Name the dataset of cells that hold no value of their declared type."""
    return Dataset(snapshot, "unreadable", entity)


@dataclass(frozen=True)
class _Beside:
    """What is known of an entity's rows beside their values: what people decided of them, and which are ragged."""

    decisions: pa.Table
    corrections: list[Correction]
    ragged: pa.Table


def cleanse_entity(world: World, snapshot: str, entity: str) -> None:
    """Cleanse and type every row of an entity; a second call with the same specification does nothing.

    Raises:
        InputError: the snapshot has not been landed, or is loaded and stewards decided more since.
        SourceError: a declared column is not in the feed, never has its declared type, or a rule cannot be applied to
            it.
    """
    mapping = world.specification.mapping(entity)
    landed = world.staging.require(datasets.raw(snapshot, mapping.source), phase="land")
    target = datasets.clean(snapshot, entity)
    beside = _read_beside(world, snapshot, mapping)
    specified = {"spec_sha256": world.specification.sha256, "rows": landed["rows"]}
    decided = {**specified, "decisions": stewards.hash_decisions(beside.decisions) + _hash_pairs(world, mapping)}
    made_from = {**decided, "corrections": digest(beside.corrections)}
    if _is_made(world, target, made_from):
        return
    if _is_made(world, target, specified) and not _is_made(world, target, decided):
        _refuse_when_loaded(world, snapshot, entity)
    for dataset in _datasets(snapshot, entity):
        world.staging.clear(dataset)
    counts = _cleanse_parts(world, snapshot, mapping, beside, landed["rows"])
    for dataset in _datasets(snapshot, entity)[1:]:
        world.staging.seal(dataset, made_from)
    _record(world, snapshot, mapping, counts)
    world.staging.seal(target, made_from)


def _cleanse_parts(
    world: World, snapshot: str, mapping: Mapping, beside: _Beside, total: int
) -> Counter[tuple[str, str]]:
    counts, done = Counter[tuple[str, str]](), 0
    steps = _steps_that_hold(world, snapshot, mapping)
    for index, rows in world.staging.read_parts(datasets.raw(snapshot, mapping.source)):
        counts += _cleanse_part(world, snapshot, mapping, steps, beside, index, rows)
        done += len(rows)
        world.progress(Step("cleanse", mapping.entity, done, total))
    return counts


def _datasets(snapshot: str, entity: str) -> list[Dataset]:
    # The clean rows are sealed last: they are what the next phases ask for.
    named = [datasets.clean, datasets.changes, datasets.proposals, unreadable]
    return [name(snapshot, entity) for name in named]


def _read_beside(world: World, snapshot: str, mapping: Mapping) -> _Beside:
    corrections = read_corrections(world, snapshot, mapping.entity)
    return _Beside(_decisions(world, mapping), corrections, read_ragged(world, snapshot, mapping.source))


def _decisions(world: World, mapping: Mapping) -> pa.Table:
    if not any(rule.propose for rule in mapping.cleanse):
        return DECISIONS.empty_table()
    with world.target.connect() as connection:
        return stewards.read_decisions(connection, mapping.entity)


def _hash_pairs(world: World, mapping: Mapping) -> str:
    said = sorted(f"{pair.pair_id} {pair.state}" for pair in decided_pairs(world, mapping))
    return hashlib.sha256("\n".join(said).encode()).hexdigest() if said else ""


def _refuse_when_loaded(world: World, snapshot: str, entity: str) -> None:
    """Raise when rows stand in the target that were made before the last decisions: they must stay explained."""
    with world.target.connect() as connection:
        run_id = stewards.find_loaded_run(connection, snapshot, entity)
    if run_id is not None:
        raise InputError(
            f"{entity} of snapshot {snapshot} is loaded by run {run_id}, and stewards decided more since",
            fix=f"`cutover rollback {run_id}` first, or `cutover land` a new snapshot: decisions hold there too",
        )


def _record(world: World, snapshot: str, mapping: Mapping, counts: Counter[tuple[str, str]]) -> None:
    entity = mapping.entity
    with world.target.begin() as connection:
        snapshots.register(world, connection, snapshot)
        evidence.record_changes(connection, snapshot, entity, counts, world.specification.sha256)
        if any(rule.propose for rule in mapping.cleanse):
            parts = (rows for _, rows in world.staging.read_parts(datasets.proposals(snapshot, entity)))
            stewards.keep_proposals(connection, snapshot, entity, parts)
        if mapping.duplicates is not None:
            pairs.keep_pairs(connection, snapshot, entity, find_pairs(world, snapshot, mapping))


def _is_made(world: World, dataset: Dataset, made_from: dict[str, Any]) -> bool:
    manifest = world.staging.manifest(dataset)
    return manifest is not None and made_from.items() <= manifest.items()


def cleanse_steps(mapping: Mapping) -> list[CleanseStep]:
    """Return the steps of a mapping: one per rule and column, in the order of the file."""
    return [
        CleanseStep(rule.rule, column, rule.do, rule.parameters, rule.when, rule.propose, rule.approver)
        for rule in mapping.cleanse
        for column in rule.column
    ]


def _steps_that_hold(world: World, snapshot: str, mapping: Mapping) -> list[CleanseStep]:
    """Return the steps of a mapping without the remedies that a column, looked at whole, is not fit for."""

    def holds(name: str, column: str) -> bool:
        judge, raw = REMEDIES[name].holds, datasets.raw(snapshot, mapping.source)
        if judge is None:
            return True
        parts = (as_array(rows[column]) for _, rows in world.staging.read_parts(raw) if column in rows.column_names)
        return all(judge(texts) for texts in parts if type_of(texts.type) == TEXT)

    return [
        replace(step, remedies=tuple(name for name in step.remedies if holds(name, step.column)))
        for step in cleanse_steps(mapping)
    ]


def _cleanse_part(
    world: World, snapshot: str, mapping: Mapping, steps: list[CleanseStep], beside: _Beside, index: int, rows: pa.Table
) -> Counter[tuple[str, str]]:
    _require_columns(mapping, steps, rows)
    # Decisions name a row by its key as it was landed: what a rule makes of the key does not matter to them.
    landed_key = join_key([as_array(rows[column]) for column in mapping.source.key])
    with _told_as_source(mapping):
        rows, corrected = apply_corrections(rows, beside.corrections)
        cleansed, changes, proposals = cleanse(rows, steps, Steward(landed_key, beside.decisions))
    changes = pa.concat_tables([corrected, changes])
    typed, failed = type_columns(mapping, cleansed)
    key = name_ragged(beside.ragged, rows, join_key([as_array(typed[column]) for column in mapping.source.key]))
    typed = typed.add_column(1, "_key", key)
    world.staging.write_part(datasets.clean(snapshot, mapping.entity), index, typed)
    world.staging.write_part(datasets.changes(snapshot, mapping.entity), index, changes)
    world.staging.write_part(datasets.proposals(snapshot, mapping.entity), index, proposals)
    world.staging.write_part(unreadable(snapshot, mapping.entity), index, failed)
    grouped = changes.group_by(["rule", "column"]).aggregate([("_row", "count")]).to_pylist()
    return Counter({(line["rule"], line["column"]): line["_row_count"] for line in grouped})


def _require_columns(mapping: Mapping, steps: list[CleanseStep], rows: pa.Table) -> None:
    named = [*mapping.source.key, *mapping.source.columns, *(step.column for step in steps)]
    named += [step.parameters.beside for step in steps if step.parameters.beside]
    missing = sorted(set(named) - set(rows.column_names))
    if missing:
        raise SourceError(
            f"{datasets.feed_name(mapping.source)} has no column {', '.join(missing)}",
            fix=f"correct mappings/{mapping.entity}.yaml; the feed has {', '.join(rows.column_names[1:])}",
        )


@contextmanager
def _told_as_source(mapping: Mapping) -> Iterator[None]:
    try:
        yield
    except ValueError as error:
        raise SourceError(str(error), fix=f"correct the rule in mappings/{mapping.entity}.yaml") from None


def type_columns(mapping: Mapping, rows: pa.Table) -> tuple[pa.Table, pa.Table]:
    """Give the declared columns their types; returns the rows and the cells that could not be read (as rejects)."""
    lines = [datasets.REJECTS.empty_table()]
    for column, wanted in mapping.source.columns.items():
        position = rows.schema.get_field_index(column)
        values, failed = _typed(mapping, column, as_array(rows[column]))
        rows = rows.set_column(position, column, values)
        if pc.any(failed).as_py():
            numbers = pc.filter(rows["_row"], failed)
            told = (UNREADABLE_RULE, column, f"not_a_{wanted.name}", "major")
            lines.append(
                pa.table(
                    [numbers, *(pa.repeat(pa.scalar(text), len(numbers)) for text in told)],
                    schema=datasets.REJECTS,
                )
            )
    return rows, pa.concat_tables(lines)


def _typed(mapping: Mapping, column: str, values: pa.Array) -> tuple[pa.Array, pa.BooleanArray]:
    wanted = mapping.source.columns[column]
    if type_of(values.type) == TEXT:
        return read_typed(values, wanted)
    try:
        filled = fit(values, wanted)
    except ValueError as error:
        raise SourceError(
            f"column {column!r} of {datasets.feed_name(mapping.source)}: {error}",
            fix=f"correct its type in mappings/{mapping.entity}.yaml",
        ) from None
    return filled.values, pc.and_(pc.is_valid(values), pc.is_null(filled.values))
