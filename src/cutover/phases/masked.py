"""Test copies: no personal value of the legacy system stands in a masked copy of it, and the copy still works (DMC-05).

A system names its copy as `masked_copy`. It is read beside the snapshot, compared in staging, and removed from there.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pyarrow.compute as pc

from cutover.core.cleansing import per_distinct
from cutover.core.rules import as_array
from cutover.core.validators import VALIDATORS
from cutover.core.verdicts import CheckResult, none_of, not_run, share_at_most
from cutover.phases.land import feeds_of
from cutover.phases.world import World
from cutover.project.model import Mapping, Xref, located_fields
from cutover.systems import datasets
from cutover.systems.setwise import SetWise, open_setwise, quote
from cutover.systems.sources import Reading, open_legacy, read_feed
from cutover.systems.staging import Dataset

LAYER = "masked"


def masked_checks(world: World, snapshot: str, mappings: Sequence[Mapping]) -> Iterator[CheckResult]:
    """Hold the masked copies of the legacy systems against what was landed, for each entity with personal data.

    Raises:
        InputError, SourceError, ConnectionLost: a copy cannot be read.
    """
    systems = world.specification.project.systems
    copies = {
        mapping.entity: Dataset(snapshot, LAYER, datasets.feed_name(mapping.source))
        for mapping in mappings
        if systems[mapping.source.system].masked_copy
    }
    try:
        _read_copies(world, {copy.name: copy for copy in copies.values()})
        for mapping in mappings:
            if mapping.pii and mapping.entity in copies:
                yield from _Compared(world, snapshot, mapping, copies).results()
            elif mapping.pii:
                told = f"system {mapping.source.system} declares no `masked_copy`: it has no test copy that we know of"
                yield CheckResult("MASKED", mapping.entity, "not_applicable", "blocker", message=told)
    finally:
        for copy in copies.values():
            world.staging.clear(copy)


def _read_copies(world: World, copies: dict[str, Dataset]) -> None:
    """Read the feeds of each copy at one opening of it, as landing reads a system."""
    feeds = feeds_of(world.specification)
    for system, declared in sorted(world.specification.project.systems.items()):
        names = [name for name in copies if feeds[name].source.system == system]
        if declared.masked_copy is not None and names:
            with open_legacy(world.connect(declared.masked_copy)) as legacy:
                for name in names:
                    _read_copy(world, read_feed(legacy, feeds[name]), copies[name])


def _read_copy(world: World, reading: Reading, copy: Dataset) -> None:
    world.staging.clear(copy)
    world.staging.write_part(copy, 0, reading.schema.empty_table())
    for index, rows in enumerate(reading.blocks, start=1):
        world.staging.write_part(copy, index, rows)


@dataclass(frozen=True)
class _Compared:
    """An entity with personal data, as it was landed and as its copy has it."""

    world: World
    snapshot: str
    mapping: Mapping
    copies: dict[str, Dataset]

    def results(self) -> Iterator[CheckResult]:
        with open_setwise(self.world.staging) as setwise:
            for column in self.mapping.pii:
                yield self._apart(setwise, column)
            for field in self._masked_references():
                yield self._joins(setwise, field)
            for column, valid in self._validated():
                yield self._form(setwise, column, valid)

    def _datasets(self) -> dict[str, Dataset]:
        return {"raw": datasets.raw(self.snapshot, self.mapping.source), "copy": self.copies[self.mapping.entity]}

    def _apart(self, setwise: SetWise, column: str) -> CheckResult:
        """Count the rows whose value is the original one: by key, or anywhere when the key itself is masked."""
        keys, name = self.mapping.source.key, quote(column)
        own, other = (f"cast({side}.{name} as varchar)" for side in ("raw", "copy"))
        if set(keys) & set(self.mapping.pii):
            found = f"select {other} as value, {other} in (select {own} from raw) as same from copy"
        else:
            joined = " and ".join(f"cast(raw.{quote(k)} as varchar) = cast(copy.{quote(k)} as varchar)" for k in keys)
            found = f"select {other} as value, {own} = {other} as same from copy join raw on {joined}"
        sql = f"""
            select count(*) filter (same) as bad, count(*) as whole
            from ({found}) where value is not null and trim(value) <> ''"""
        line = _line(setwise, sql, self._datasets())
        if not line["whole"]:
            return not_run(f"MASKED.{column}", self.mapping.entity, "no row of the copy has a value to compare")
        return none_of(f"MASKED.{column}", self.mapping.entity, line["bad"], line["whole"])

    def _masked_references(self) -> Iterator[Xref]:
        """Yield the references over masked keys: what refers, or what is referred to, is personal."""
        for _, field in located_fields(self.mapping):
            if isinstance(field, Xref) and field.entity in self.copies:
                parent = self.world.specification.mapping(field.entity)
                if {*field.source} & {*self.mapping.pii} or {*parent.source.key} & {*parent.pii}:
                    yield field

    def _joins(self, setwise: SetWise, field: Xref) -> CheckResult:
        """Hold the share of references without a parent in the copy against that in the original."""
        parent = self.world.specification.mapping(field.entity)
        originals = {"rows": self._datasets()["raw"], "parents": datasets.raw(self.snapshot, parent.source)}
        copies = {"rows": self.copies[self.mapping.entity], "parents": self.copies[parent.entity]}
        before, after = (_line(setwise, _orphans_sql(field, parent), found) for found in (originals, copies))
        limit = Decimal(before["bad"]) / Decimal(before["whole"] or 1)
        told = {"originals": before}
        return share_at_most(
            f"MASKED.JOINS.{field.rule}", self.mapping.entity, after["bad"], after["whole"], limit, severity="blocker",
            evidence=told,
        )  # fmt: skip

    def _validated(self) -> Iterator[tuple[str, str]]:
        """Yield the personal columns whose form a check validates, each with its validator."""
        valid = {check.column: check.valid for check in self.mapping.checks if check.valid is not None}
        for _, field in located_fields(self.mapping):
            for _, column in field.columns():
                if column in self.mapping.pii and field.target in valid:
                    yield column, valid[field.target]

    def _form(self, setwise: SetWise, column: str, valid: str) -> CheckResult:
        """Hold the share of values of no valid form in the copy against that in the original."""
        before, after = (_invalid(setwise, found, column, valid) for found in self._datasets().values())
        limit = Decimal(before[0]) / Decimal(before[1] or 1)
        return share_at_most(
            f"MASKED.FORM.{column}", self.mapping.entity, *after, limit, severity="blocker",
            evidence={"valid": valid, "originals": {"bad": before[0], "whole": before[1]}},
        )  # fmt: skip


def _line(setwise: SetWise, sql: str, found: dict[str, Dataset]) -> dict[str, Any]:
    (line,) = setwise.select(sql, **found).to_pylist()
    return {name: int(value) for name, value in line.items()}


def _orphans_sql(field: Xref, parent: Mapping) -> str:
    own, others = (
        "concat_ws('|', " + ", ".join(f"cast({side}.{quote(name)} as varchar)" for name in names) + ")"
        for side, names in (("rows", field.source), ("parents", parent.source.key))
    )
    empty = " and ".join(f"coalesce(trim(cast(rows.{quote(name)} as varchar)), '') <> ''" for name in field.source)
    return f"""
        select count(*) filter (orphan) as bad, count(*) as whole
        from (select {own} not in (select {others} from parents) as orphan from rows where {empty})"""


def _invalid(setwise: SetWise, dataset: Dataset, column: str, valid: str) -> tuple[int, int]:
    name = f"cast({quote(column)} as varchar)"
    sql = f"select {name} as value, count(*) as n from held where coalesce(trim({name}), '') <> '' group by 1"
    counted = setwise.select(sql, held=dataset)
    good = per_distinct(lambda text: text if VALIDATORS[valid](text) else None, as_array(counted["value"]))
    bad = pc.sum(counted.filter(pc.is_null(good))["n"]).as_py() or 0
    return int(bad), int(pc.sum(counted["n"]).as_py() or 0)
