"""A toy enterprise in CSV files: partners that merge, refer to each other and share a table, orders, and lines.

It moves for real (`Toy.move`), or offline: raw rows are staged by hand, and keys come from a counter instead of a
database.
"""

import csv
import shutil
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from sqlalchemy import text

from cutover.core.verdicts import CheckResult
from cutover.phases import cleanse, coverage, snapshots
from cutover.phases import map as mapping_phase
from cutover.phases.cleanse import cleanse_entity
from cutover.phases.land import land
from cutover.phases.load import load_entity
from cutover.phases.map import map_entity
from cutover.phases.runs import finish_run, start_run
from cutover.phases.verify import verify_run
from cutover.phases.world import World
from cutover.project.specification import read_specification
from cutover.systems import corrections, datasets, evidence, keys, ledger
from cutover.systems.connections import Connection
from cutover.systems.staging import Staging

WAVE = "main"
FILES = {
    "project.yaml": """\
name: Toy
systems: {crm: {connection: crm}}
target: {connection: target, schemas: [app], setup: [target.sql]}
waves:
  main: {entities: [customer, supplier, order, line]}
thresholds: {reject_rate_max: {pilot: 1, full: 1}, default_rate_max: 1}
""",
    "mappings/customer.yaml": """\
entity: customer
source:
  {system: crm, csv: {path: customer.csv, encoding: utf-8}, key: NR, columns: {CREDIT: "decimal(12,2)", SINCE: date}}
target: {table: app.partner, id: id, key: no}
cleanse:
  - {rule: CU-C1, column: [NR, NAME, PARENT], do: [fold_width, collapse_spaces], approver: sales}
  - {rule: CU-C2, column: [NR, PARENT], do: strip_zeros, length: 6}
  - {rule: CU-C3, column: CREDIT, do: trailing_minus}
exclude:
  - {rule: CU-X, when: "NAME ilike 'test%'", reason: test_record, approver: sales}
merge: {rule: CU-M, kind: merge_entity, match: [TAX], order: ["SINCE desc nulls last"], fill: [PHONE], approver: sales}
acyclic: {rule: CU-A, parent: PARENT, child: NR}
fields:
  - {rule: CU-1, kind: copy, source: NR, target: no, type: text(10), required: true}
  - {rule: CU-2, kind: copy, source: NAME, target: name, type: text(12), required: true}
  - {rule: CU-3, kind: lookup, source: LAND, target: country, crosswalk: country, type: text(2)}
  - {rule: CU-4, kind: copy, source: CREDIT, target: credit}
  - {rule: CU-5, kind: copy, source: PHONE, target: phone, type: text(20)}
  - {rule: CU-6, kind: default_audited, source: TERM, value: N30, target: term, audit: defaulted, type: text(4)}
  - {rule: CU-7, kind: xref, source: PARENT, entity: customer, target: parent_id, optional: true}
also:
  - rule: CU-R
    kind: split_entity
    table: app.role
    key: [partner_id, role]
    merged: keep
    fields:
      - {rule: CU-R1, kind: xref, source: NR, entity: customer, target: partner_id}
      - {rule: CU-R2, kind: constant, value: customer, target: role, type: text(10)}
checks:
  - {rule: CU-G1, column: credit, minimum: 0}
drops:
  - {column: NOTE, reason: not_needed, approver: sales}
control:
  - {source: CREDIT, target: credit, by: LAND}
pilot: {strata: [LAND], per_stratum: 1}
pii: [NAME, PHONE]
""",
    "mappings/supplier.yaml": """\
entity: supplier
source: {system: crm, csv: {path: supplier.csv, encoding: utf-8}, key: NR}
target: {table: app.partner, id: id, key: no}
merge: {rule: SU-M, kind: merge_entity, match: [TAX], into: [customer], approver: sales}
fields:
  - {rule: SU-1, kind: derive, expression: "'S' || NR", target: no, type: text(10), required: true}
  - {rule: SU-2, kind: copy, source: NAME, target: name, type: text(12), required: true}
also:
  - rule: SU-R
    kind: split_entity
    table: app.role
    key: [partner_id, role]
    merged: keep
    fields:
      - {rule: SU-R1, kind: xref, source: NR, entity: supplier, target: partner_id}
      - {rule: SU-R2, kind: constant, value: supplier, target: role, type: text(10)}
""",
    "mappings/order.yaml": """\
entity: order
source: {system: crm, csv: {path: order.csv, encoding: utf-8}, key: ID, columns: {DAY: date, AMOUNT: "decimal(12,2)"}}
target: {table: app.orders, id: id, key: no}
fields:
  - {rule: OR-1, kind: copy, source: ID, target: no, type: text(10), required: true}
  - {rule: OR-2, kind: xref, source: PARTNER, target: partner_id, entity: customer, otherwise: [supplier]}
  - {rule: OR-3, kind: lookup_effective, source: TAXC, as_of: DAY, target: tax, crosswalk: tax, type: text(3)}
  - {rule: OR-4, kind: copy, source: AMOUNT, target: amount}
control:
  - {source: AMOUNT, target: amount}
""",
    "mappings/line.yaml": """\
entity: line
source: {system: crm, csv: {path: line.csv, encoding: utf-8}, key: [ID, POS], columns: {QTY: "decimal(12,3)"}}
target: {table: app.line, key: [order_id, pos]}
all_or_none: {rule: LI-A, by: ID}
fields:
  - {rule: LI-1, kind: xref, source: ID, target: order_id, entity: order}
  - {rule: LI-2, kind: copy, source: POS, target: pos, type: text(4), required: true}
  - {rule: LI-3, kind: unit, source: QTY, unit: UOM, target: qty, factors: factor, type: "decimal(12,3)"}
""",
    "mappings/crosswalks/country.csv": "source,target,state\nCN,CN,\nD,DE,confirmed\nX,XX,proposed\n",
    "mappings/crosswalks/tax.csv": (
        "source,target,valid_from,valid_to\nV1,A17,2016-01-01,2018-04-30\nV1,A16,2018-05-01,\n"
    ),
    "mappings/crosswalks/factor.csv": "source,target\nKG,1\nG,0.001\nNIL,0\n",
    "sql/target.sql": """\
create schema app;
create table app.partner (
    id bigint generated by default as identity primary key, no varchar(10) not null unique, name varchar(40) not null,
    country varchar(2), credit numeric(12,2), phone varchar(20), term varchar(4), defaulted boolean,
    parent_id bigint references app.partner
);
create table app.role (
    partner_id bigint not null references app.partner, role varchar(10) not null, note text,
    primary key (partner_id, role)
);
create table app.orders (
    id bigint generated by default as identity primary key, no varchar(10) not null unique,
    partner_id bigint not null references app.partner, tax varchar(3), amount numeric(18,4)
);
create table app.line (
    order_id bigint not null references app.orders, pos varchar(4) not null, qty numeric(12,3),
    primary key (order_id, pos)
);
""",
}
DEFAULTS: dict[str, dict[str, str | None]] = {
    "customer": {
        "NR": None, "NAME": "n", "LAND": "CN", "SINCE": "2020-01-01", "CREDIT": "5", "PHONE": None, "TAX": None,
        "TERM": "N10",
        "PARENT": None, "NOTE": None,
    },
    "supplier": {"NR": None, "NAME": "s", "TAX": None},
    "order": {"ID": None, "PARTNER": None, "TAXC": "V1", "DAY": "2020-01-01", "AMOUNT": "1.00"},
    "line": {"ID": None, "POS": "10", "QTY": "1", "UOM": "KG"},
}  # fmt: skip
Rows = Iterable[Mapping[str, str | None]]


def write_project(root: Path, files: Mapping[str, str]) -> Path:
    """Write the files of a project folder, and nothing else into it."""
    shutil.rmtree(root, ignore_errors=True)
    for name, content in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(content, encoding="utf-8")
    return root


@dataclass
class Clock:
    """A clock that goes on by an hour at each look."""

    now: datetime = datetime(2024, 7, 1, tzinfo=UTC)

    def __call__(self) -> datetime:
        self.now += timedelta(hours=1)
        return self.now


@dataclass
class Toy:
    """The toy in a folder: its project, its legacy files, and the world it moves in."""

    root: Path
    target: Connection
    files: dict[str, str] = field(default_factory=lambda: dict(FILES))
    clock: Clock = field(default_factory=Clock)

    def edit(self, file: str, before: str, after: str) -> "Toy":
        """Change a project file; the text must be there once."""
        assert self.files[file].count(before) == 1, f"{before!r} stands {self.files[file].count(before)} times"
        self.files[file] = self.files[file].replace(before, after)
        return self

    def write(self, entity: str, rows: Rows) -> None:
        """Write the legacy file of an entity; columns that a row does not name have their usual value."""
        lines = [{**DEFAULTS[entity], **row} for row in rows]
        path = self.root / "legacy" / f"{entity}.csv"
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, list(DEFAULTS[entity]))
            writer.writeheader()
            writer.writerows(lines)

    def world(self) -> World:
        """Return the world as the files describe it now."""
        specification = read_specification(write_project(self.root / "project", self.files))
        legacy = Connection("crm", "fs", extra={"path": str(self.root / "legacy")})
        known = {"crm": legacy, "target": self.target}
        return World(specification, Staging(str(self.root / "staging")), known.__getitem__, self.clock)

    def prepare(self, world: World, *, batch_rows: int = 3) -> str:
        """Land, cleanse and map everything; returns the snapshot."""
        snapshot = land(world, batch_rows=batch_rows)
        for entity in world.specification.mappings:
            cleanse_entity(world, snapshot, entity)
            map_entity(world, snapshot, entity)
        return snapshot

    def load(self, world: World, snapshot: str) -> int:
        """Load everything and return the run."""
        run_id = start_run(world, wave=WAVE, kind="full", snapshot=snapshot)
        for entity in world.specification.entities(WAVE):
            load_entity(world, run_id, entity)
        return run_id

    def move(self, world: World) -> int:
        """Prepare, load, verify and finish; returns the run."""
        run_id = self.load(world, self.prepare(world))
        verify_run(world, run_id)
        finish_run(world, run_id)
        return run_id


def simple(toy: Toy) -> None:
    """Write legacy files in which something of everything happens."""
    toy.write(
        "customer",
        [
            {"NR": "000001", "NAME": "Ａlpha ", "TAX": "T1", "SINCE": "2019-01-01", "PHONE": "123"},
            {"NR": "2", "NAME": "alpha", "TAX": "T1", "CREDIT": "7.25"},
            {"NR": "3", "NAME": "Test x", "CREDIT": "1"},
            {"NR": "4", "NAME": "Way too long a name"},
            {"NR": "5", "LAND": "D", "TERM": None, "PARENT": "0002", "CREDIT": "0.10"},
            {"NR": "6", "CREDIT": "3.00-"},
            {"NR": "7", "PARENT": "6"},
        ],
    )
    toy.write("supplier", [{"NR": "1", "TAX": "T1"}, {"NR": "2", "TAX": "T2"}, {"NR": "3", "TAX": "T2"}])
    toy.write("order", [{"ID": "1", "PARTNER": "1"}, {"ID": "2", "PARTNER": "5"}, {"ID": "3", "PARTNER": "99"}])
    toy.write("line", [{"ID": "1"}, {"ID": "1", "POS": "20", "UOM": "G", "QTY": "1500"}, {"ID": "2"}, {"ID": "3"}])


def one(world: World, query: str, **values: Any) -> Any:
    """Return the only value of a query on the target."""
    with world.target.connect() as connection:
        return connection.execute(text(query), values).scalar_one()


def rows(world: World, query: str, **values: Any) -> list[tuple[Any, ...]]:
    """Return the rows of a query on the target."""
    with world.target.connect() as connection:
        return [tuple(row) for row in connection.execute(text(query), values)]


def execute(world: World, *statements: str) -> None:
    """Change the target behind our back."""
    with world.target.begin() as connection:
        for statement in statements:
            connection.execute(text(statement))


def of(results: Iterable[CheckResult], check_id: str, entity: str | None) -> CheckResult:
    """Return the one result of a check."""
    (found,) = [result for result in results if (result.check_id, result.entity) == (check_id, entity)]
    return found


# --- offline ---------------------------------------------------------------------------------------------------------


class NoTarget:
    """Stands for a target that nobody asks."""

    @contextmanager
    def begin(self) -> Iterator[None]:
        yield None

    connect = begin


def offline(monkeypatch: pytest.MonkeyPatch, root: Path, files: Mapping[str, str] = FILES) -> World:
    """Make a world whose ledger is silent and whose keys are counted up from 1000."""
    numbers = count(1000, 1000)
    ranges: dict[tuple[str, str], int] = {}

    def reserve(_: Any, snapshot: str, entity: str, table: str, column: str, wanted: int) -> int:
        return ranges.setdefault((entity, table), next(numbers))

    monkeypatch.setattr(keys, "reserve_keys", reserve)
    monkeypatch.setattr(evidence, "record_changes", lambda *_: None)
    monkeypatch.setattr(corrections, "list_corrections", lambda *_: [])
    monkeypatch.setattr(ledger, "find_loaded", lambda *_: [])
    monkeypatch.setattr(snapshots, "register", lambda *_: None)
    monkeypatch.setattr(coverage, "check_target", lambda *_: ())
    assert cleanse.evidence is evidence
    assert mapping_phase.keys is keys
    specification = read_specification(write_project(root / "project", files))
    world = World(specification, Staging(str(root / "staging")), lambda name: Connection(name, "fs"), Clock())
    world.__dict__["target"] = NoTarget()
    return world


def stage(world: World, snapshot: str, entity: str, lines: Rows, *, part: int = 3) -> None:
    """Write raw rows as land would have."""
    mapping = world.specification.mapping(entity)
    defaults = DEFAULTS.get(entity, {})
    listed = [{**defaults, **line} for line in lines]
    names = list(defaults) or list(listed[0])
    raw = datasets.raw(snapshot, mapping.source)
    table = pa.table(
        {
            "_row": pa.array(range(len(listed)), pa.int64()),
            **{name: pa.array([line.get(name) for line in listed], pa.string()) for name in names},
        }
    )
    world.staging.clear(raw)
    for index, start in enumerate(range(0, max(len(listed), 1), part)):
        world.staging.write_part(raw, index, table.slice(start, part))
    world.staging.seal(raw, {"rows": len(listed)})


def through(world: World, snapshot: str, entity: str) -> None:
    """Cleanse and map one staged entity."""
    cleanse_entity(world, snapshot, entity)
    map_entity(world, snapshot, entity)


def outcomes(world: World, snapshot: str, entity: str) -> list[dict[str, Any]]:
    """Return the outcome of every source row, in order."""
    return list(world.staging.read(datasets.outcome(snapshot, entity)).to_pylist())


def told(world: World, snapshot: str, entity: str) -> list[tuple[str, str | None]]:
    """Return outcome and reason of every source row, in order."""
    return [(line["outcome"], line["reason"]) for line in outcomes(world, snapshot, entity)]


def mapped(world: World, snapshot: str, entity: str) -> list[dict[str, Any]]:
    """Return the mapped rows of those that are loaded."""
    loaded = {line["_row"] for line in outcomes(world, snapshot, entity) if line["outcome"] == "loaded"}
    found = world.staging.read(datasets.mapped(snapshot, entity)).to_pylist()
    return [line for line in found if line["_row"] in loaded]
