"""Pilot: a small selection that holds every kind of row, closed under references.

Seeds are named keys and, per stratum, the first rows by `sha256(salt|key)`: nobody picks nice records, and the draw is
repeatable. Entities are walked from children to parents, so each parent that a selected row needs is selected before
the parent's own parents are looked for.
"""

from collections import defaultdict
from collections.abc import Sequence

import pyarrow as pa

from cutover.errors import InputError
from cutover.phases.runs import read_run
from cutover.phases.world import Step, World
from cutover.project.model import Conditional, Mapping, Reference, located_fields
from cutover.systems import datasets
from cutover.systems.setwise import SetWise, open_setwise, quote, quote_text
from cutover.systems.staging import Dataset

_ROWS = pa.schema([("_row", pa.int64())])


def select_pilot(world: World, run_id: int) -> dict[str, int]:
    """Select the rows of a pilot run and write them to staging; returns entity -> number of rows.

    Raises:
        InputError: the run is no pilot, or a named key is not in the snapshot.
    """
    run = read_run(world, run_id)
    if run.kind != "pilot":
        raise InputError(f"run {run_id} is no pilot", fix="start a run of kind pilot")
    wanted: defaultdict[str, list[pa.Table]] = defaultdict(list)
    chosen: dict[str, int] = {}
    with open_setwise(world.staging) as setwise:
        for entity in reversed(world.specification.entities(run.wave)):
            if entity not in run.entities:
                continue
            mapping = world.specification.mapping(entity)
            rows = _close_inside(
                setwise,
                run.snapshot_id,
                mapping,
                [*wanted[entity], _seeds(world, setwise, run.snapshot_id, mapping)],
            )
            for parent, needed in _needed(setwise, run.snapshot_id, mapping, rows):
                wanted[parent].append(needed)
            _write(world, run.snapshot_id, run_id, entity, rows)
            chosen[entity] = len(rows)
            world.progress(Step("pilot", entity, len(rows), len(rows)))
    return chosen


def _write(world: World, snapshot: str, run_id: int, entity: str, rows: pa.Table) -> None:
    dataset = datasets.selection(snapshot, run_id, entity)
    world.staging.clear(dataset)
    world.staging.write_part(dataset, 0, rows)
    world.staging.seal(dataset, {"rows": len(rows)})


def _seeds(world: World, setwise: SetWise, snapshot: str, mapping: Mapping) -> pa.Table:
    clean = datasets.clean(snapshot, mapping.entity)
    keys = pa.table({"key": pa.array(mapping.pilot.keys, pa.string())})
    setwise.connection.register("named", keys)
    found = setwise.select("select _row, _key from clean where _key in (select key from named)", clean=clean)
    missing = sorted(set(mapping.pilot.keys) - set(found["_key"].to_pylist()))
    if missing:
        raise InputError(
            f"{len(missing)} keys of the pilot of {mapping.entity} are not in the snapshot: {', '.join(missing[:5])}",
            fix=f"correct pilot.keys in mappings/{mapping.entity}.yaml; keys are cleansed, parts joined by |",
        )
    outcome = datasets.outcome(snapshot, mapping.entity)
    branches = [
        setwise.select(_branches_sql(field), clean=clean, outcome=outcome).cast(_ROWS)
        for _, field in located_fields(mapping)
        if isinstance(field, Conditional)
    ]
    drawn = setwise.select(_strata_sql(world, mapping), clean=clean).cast(_ROWS)
    return pa.concat_tables([found.select(["_row"]), drawn, *branches])


def _branches_sql(field: Conditional) -> str:
    """Take the first row that moves through each branch of a conditional: a pilot tries them all."""
    branches = " ".join(f"when ({branch.when}) then {number}" for number, branch in enumerate(field.branches))
    return f"""
        select min(_row) as _row
        from (select _row, case {branches} end as branch from clean)
        where branch is not null
          and _row in (select outcome._row from outcome where outcome.outcome = 'loaded')
        group by branch"""


def _strata_sql(world: World, mapping: Mapping) -> str:
    strata = ", ".join(quote(column) for column in mapping.pilot.strata) or "1"
    salt = quote_text(f"{world.specification.project.salt}|")
    draw = f"sha256({salt} || coalesce(_key, '') || '|' || _row)"
    return f"""
        select _row
        from (select _row, row_number() over (partition by {strata} order by {draw}, _row) as place from clean)
        where place <= {mapping.pilot.per_stratum}"""


def _close_inside(setwise: SetWise, snapshot: str, mapping: Mapping, parts: Sequence[pa.Table]) -> pa.Table:
    """Add what the selected rows need of their own entity (survivors, parents, groups) until nothing is added."""
    rows = pa.concat_tables([part.cast(_ROWS) for part in parts]).group_by("_row").aggregate([]).sort_by("_row")
    while True:
        inside = [needed for entity, needed in _needed(setwise, snapshot, mapping, rows) if entity == mapping.entity]
        grown = (
            pa.concat_tables([rows, *(part.cast(_ROWS) for part in inside)])
            .group_by("_row")
            .aggregate([])
            .sort_by("_row")
        )
        if len(grown) == len(rows):
            return rows
        rows = grown


def _needed(setwise: SetWise, snapshot: str, mapping: Mapping, rows: pa.Table) -> list[tuple[str, pa.Table]]:
    """Return the rows, per entity, that the selected rows of a mapping refer to."""
    setwise.connection.register("selected", rows)
    own = {
        "clean": datasets.clean(snapshot, mapping.entity),
        "outcome": datasets.outcome(snapshot, mapping.entity),
    }
    found = [
        _survivors(setwise, entity, own) for entity in (mapping.entity, *(mapping.merge.into if mapping.merge else ()))
    ]
    if mapping.history is not None:
        # A summary holds the sums of all its rows: they come with it.
        held = f"survivor in (select '{mapping.entity}#' || _row from selected)"
        found.append((mapping.entity, setwise.select(f"select _row from outcome where {held}", **own)))
    if mapping.all_or_none is not None:
        columns = ", ".join(quote(column) for column in mapping.all_or_none.by)
        group = f"select ({columns}) from clean join selected using (_row)"
        found.append((mapping.entity, setwise.select(f"select _row from clean where ({columns}) in ({group})", **own)))
    for _, field in located_fields(mapping):
        if isinstance(field, Reference):
            found += [_parents(setwise, snapshot, entity, field, own) for entity in field.entities]
    return found


def _survivors(setwise: SetWise, entity: str, own: dict[str, Dataset]) -> tuple[str, pa.Table]:
    prefix = f"{entity}#"
    sql = f"""
        select cast(substr(survivor, {len(prefix) + 1}) as bigint) as _row from outcome join selected using (_row)
        where starts_with(survivor, '{prefix}')"""
    return entity, setwise.select(sql, **own)


def _parents(
    setwise: SetWise, snapshot: str, entity: str, field: Reference, own: dict[str, Dataset]
) -> tuple[str, pa.Table]:
    key = " || '|' || ".join(f"cast(clean.{quote(column)} as varchar)" for column in field.source)
    sql = f"""
        select distinct parent._row from clean join selected using (_row) join parent on parent._key = {key}
        where parent.outcome in ('loaded', 'merged')"""
    return entity, setwise.select(sql, parent=datasets.outcome(snapshot, entity), **own)
