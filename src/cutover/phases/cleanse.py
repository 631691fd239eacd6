"""Cleanse: raw rows become clean rows, with a log of every cell that changed and a list of what could not be read."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from cutover.core.cleansing import CleanseStep, Parameters, cleanse, read_typed
from cutover.core.rules import as_array, fit, join_key
from cutover.core.types import TEXT, type_of
from cutover.errors import SourceError
from cutover.phases import snapshots
from cutover.phases.correcting import apply_corrections, digest, read_corrections
from cutover.phases.world import Step, World
from cutover.project.model import Mapping
from cutover.systems import datasets, evidence
from cutover.systems.staging import Dataset

UNREADABLE_RULE = "SOURCE"


def unreadable(snapshot: str, entity: str) -> Dataset:
    """Name the dataset of cells that hold no value of their declared type."""
    return Dataset(snapshot, "unreadable", entity)


def cleanse_entity(world: World, snapshot: str, entity: str) -> None:
    """Cleanse and type every row of an entity; a second call with the same specification does nothing.

    Raises:
        InputError: the snapshot has not been landed. SourceError: a declared column is not in the feed, never has its
            declared type, or a rule cannot be applied to it.
    """
    mapping = world.specification.mapping(entity)
    source = datasets.raw(snapshot, mapping.source)
    landed = world.staging.require(source, phase="land")
    target = datasets.clean(snapshot, entity)
    held = read_corrections(world, snapshot, entity)
    made_from = {"spec_sha256": world.specification.sha256, "rows": landed["rows"], "corrections": digest(held)}
    if _is_made(world, target, made_from):
        return
    for dataset in (target, datasets.changes(snapshot, entity), unreadable(snapshot, entity)):
        world.staging.clear(dataset)
    steps, counts, done = cleanse_steps(mapping), Counter[tuple[str, str]](), 0
    for index, rows in world.staging.read_parts(source):
        _require_columns(mapping, steps, rows)
        with _told_as_source(mapping):
            rows, corrected = apply_corrections(rows, held)
        counts += _cleanse_part(world, snapshot, mapping, steps, index, rows, corrected)
        done += len(rows)
        world.progress(Step("cleanse", entity, done, landed["rows"]))
    world.staging.seal(datasets.changes(snapshot, entity), made_from)
    world.staging.seal(unreadable(snapshot, entity), made_from)
    with world.target.begin() as connection:
        snapshots.register(world, connection, snapshot)
        evidence.record_changes(connection, snapshot, entity, counts, world.specification.sha256)
    world.staging.seal(target, made_from)


def _is_made(world: World, dataset: Dataset, made_from: dict[str, Any]) -> bool:
    manifest = world.staging.manifest(dataset)
    return manifest is not None and made_from.items() <= manifest.items()


def cleanse_steps(mapping: Mapping) -> list[CleanseStep]:
    """Return the steps of a mapping: one per rule and column, in the order of the file."""
    return [
        CleanseStep(rule.rule, column, rule.do, Parameters(rule.length, dict(rule.values)), rule.when)
        for rule in mapping.cleanse
        for column in rule.column
    ]


def _cleanse_part(
    world: World,
    snapshot: str,
    mapping: Mapping,
    steps: list[CleanseStep],
    index: int,
    rows: pa.Table,
    corrected: pa.Table,
) -> Counter[tuple[str, str]]:
    with _told_as_source(mapping):
        cleansed, changes = cleanse(rows, steps)
    changes = pa.concat_tables([corrected, changes])
    typed, failed = type_columns(mapping, cleansed)
    key = join_key([as_array(typed[column]) for column in mapping.source.key])
    typed = typed.add_column(1, "_key", key)
    world.staging.write_part(datasets.clean(snapshot, mapping.entity), index, typed)
    world.staging.write_part(datasets.changes(snapshot, mapping.entity), index, changes)
    world.staging.write_part(unreadable(snapshot, mapping.entity), index, failed)
    grouped = changes.group_by(["rule", "column"]).aggregate([("_row", "count")]).to_pylist()
    return Counter({(line["rule"], line["column"]): line["_row_count"] for line in grouped})


def _require_columns(mapping: Mapping, steps: list[CleanseStep], rows: pa.Table) -> None:
    named = [*mapping.source.key, *mapping.source.columns, *(step.column for step in steps)]
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
