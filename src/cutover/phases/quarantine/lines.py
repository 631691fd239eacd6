"""Quarantine: what is kept of each rejected row, for the people who mend it."""

import json
from collections.abc import Sequence
from datetime import timedelta

import pyarrow as pa
import pyarrow.compute as pc

from cutover.core.rules import as_array
from cutover.errors import NotConserved
from cutover.phases.quarantine.correcting import last_corrections
from cutover.phases.quarantine.ragged import texts_of
from cutover.phases.runs import among
from cutover.phases.world import World
from cutover.project.model import Mapping, Source, located_fields
from cutover.systems import datasets
from cutover.systems.ledger import Run


def reject_lines(
    world: World, run: Run, mapping: Mapping, parts: Sequence[int], outcomes: pa.Table, fallen: pa.Table
) -> pa.Table:
    """Return the rules that rejected rows broke, as the ledger's table of rejects keeps them.

    outcomes: the rows of a batch, with the fallen ones rejected. Each line has the whole row as it was landed, its key,
    who has to mend it and until when.
    """
    lines = pa.concat_tables([_staged(world, run, mapping, parts, outcomes), _refused(outcomes, fallen)])
    sources = source_rows(world, run.snapshot_id, mapping.source, parts, lines)
    place = as_array(pc.index_in(lines["row"], value_set=as_array(outcomes["_row"])))
    owners = owners_of(world, mapping)
    corrected = last_corrections(world, run.snapshot_id, mapping.entity) if len(lines) else {}
    last = [corrected.get(row, 0) for row in lines["row"].to_pylist()]
    waits_for = [owners.get(rule, owners[""]) for rule in lines["rule"].to_pylist()]
    due = world.now().date() + timedelta(days=due_days(world, mapping))
    return (
        lines.append_column("src_key", as_array(outcomes["_key"]).take(place))
        .append_column("owner", pa.array(waits_for, pa.string()))
        .append_column("last_correction", pa.array(last, pa.int64()))
        .append_column("due", pa.repeat(pa.scalar(due), len(lines)))
        .append_column("source_row", pa.array([sources[row] for row in lines["row"].to_pylist()], pa.string()))
    )


def owners_of(world: World, mapping: Mapping) -> dict[str, str]:
    """Return rule -> who mends what it rejects; the entry of the empty rule is for all others."""
    everybody = mapping.owner or world.specification.project.quarantine.owner
    rules = [*(field for _, field in located_fields(mapping)), *mapping.checks]
    return {"": everybody} | {rule.rule: rule.owner for rule in rules if rule.owner}  # type: ignore[attr-defined]


def due_days(world: World, mapping: Mapping) -> int:
    """Return in how many days a rejected row of an entity has to be mended."""
    declared = mapping.due_days
    return world.specification.project.quarantine.due_days if declared is None else declared


_LINES = pa.schema(
    [("row", pa.int64()), *(datasets.REJECTS.field(name) for name in datasets.REJECTS.names[1:])]
    + [("stage", pa.string()), ("constraint_name", pa.string())]
)


def _staged(world: World, run: Run, mapping: Mapping, parts: Sequence[int], outcomes: pa.Table) -> pa.Table:
    dataset = datasets.rejects(run.snapshot_id, mapping.entity)
    present = set(world.staging.parts(dataset))
    found = [world.staging.read_part(dataset, part).select(datasets.REJECTS.names) for part in parts if part in present]
    lines = among(pa.concat_tables([datasets.REJECTS.empty_table(), *found]), outcomes)
    named = pc.coalesce(lines["column"], pa.scalar(""))
    lines = lines.set_column(lines.schema.get_field_index("column"), "column", named)
    return _as_lines(lines, "map", pa.repeat("", len(lines)))


def _refused(outcomes: pa.Table, fallen: pa.Table) -> pa.Table:
    lines = among(fallen, outcomes)
    told = lines.select(["_row", "rule", "column", "reason"]).append_column("severity", pa.repeat("major", len(lines)))
    return _as_lines(told, "load", lines["constraint"])


def _as_lines(lines: pa.Table, stage: str, constraints: pa.Array) -> pa.Table:
    columns = [*lines.columns, pa.repeat(stage, len(lines)), constraints]
    return pa.table(columns, names=_LINES.names).cast(_LINES)


def source_rows(world: World, snapshot: str, source: Source, parts: Sequence[int], lines: pa.Table) -> dict[int, str]:
    """Return the landed rows of rejects as JSON by row number; their own parts are looked into first, then all others.

    A ragged row is told by its place and its text, as it has no values.

    Raises:
        NotConserved: a row is not in the landed data.
    """
    raw, missing = datasets.raw(snapshot, source), set(lines["row"].to_pylist())
    found: dict[int, str] = {}
    landed = world.staging.parts(raw)
    for part in sorted(landed, key=lambda part: (part not in parts, part)):
        if not missing:
            break
        rows = world.staging.read_part(raw, part)
        for row in rows.filter(pc.is_in(rows["_row"], value_set=pa.array(missing, pa.int64()))).to_pylist():
            number = row.pop("_row")
            found[number] = _json(row)
        missing -= found.keys()
    if missing:
        raise NotConserved(
            f"{len(missing)} rejected rows are not in the landed data", fix="land and map the snapshot again"
        )
    return found | {row: _json(told) for row, told in texts_of(world, snapshot, source, list(found)).items()}


def _json(row: dict[str, object]) -> str:
    # jsonb takes every character but NUL; its picture says that it was there.
    shown = {name: value.replace("\0", "\u2400") if isinstance(value, str) else value for name, value in row.items()}
    return json.dumps(shown, ensure_ascii=False, default=str)
