"""A small enterprise, mapped: categories that refer to each other, customers with addresses, prices without any.

The mapping engine is not needed: the staged datasets are written here in the shapes of `cutover.systems.datasets`.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
from sqlalchemy import text

from cutover.phases.load import load_entity
from cutover.phases.runs import read_run, start_run
from cutover.phases.world import World
from cutover.project.model import Mapping, ProjectFile
from cutover.project.specification import Specification
from cutover.systems import datasets
from cutover.systems.connections import Connection
from cutover.systems.fingerprint import TableFingerprint, take_fingerprint
from cutover.systems.keys import reserve_keys
from cutover.systems.ledger import Kind, register_snapshot
from cutover.systems.staging import Dataset, Staging

SNAPSHOT = "20240630T180000Z"
NOW = datetime(2024, 7, 1, 8, 0, tzinfo=UTC)
WAVE = "first"
# By the last digit of the row number.
_OUTCOMES = ["loaded"] * 7 + ["rejected", "dropped", "merged"]


def _field(rule: str, target: str, **more: Any) -> dict[str, Any]:
    return {"rule": rule, "target": target, "kind": "copy", "source": target, **more}


def _mapping(entity: str, target: dict[str, Any], fields: list[dict[str, Any]], **more: Any) -> Mapping:
    source = {"system": "erp", "table": f"legacy_{entity}", "key": "code"}
    return Mapping.model_validate({"entity": entity, "source": source, "target": target, "fields": fields, **more})


MAPPINGS = {
    "category": _mapping(
        "category",
        {"table": "erp.category", "id": "id", "key": "code"},
        [
            _field("CAT-010", "code"),
            _field("CAT-020", "parent_id", kind="xref", entity="category", optional=True),
        ],
    ),
    "customer": _mapping(
        "customer",
        {"table": "erp.customer", "id": "id", "key": "code"},
        [
            _field("CUST-010", "code"),
            _field("CUST-020", "category_id", kind="xref", entity="category", optional=True),
        ],
        also=[
            {
                "rule": "CUST-900",
                "kind": "split_entity",
                "table": "erp.address",
                "id": "id",
                "key": "id",
                "fields": [_field("CUST-910", "customer_id", kind="xref", entity="customer")],
            }  # fmt: skip
        ],
    ),
    "price": _mapping(
        "price",
        {"table": "erp.price", "key": ["item", "valid_from"]},
        [
            _field("PRICE-010", "item"),
            _field("PRICE-020", "customer_code", kind="xref", entity="customer", optional=True),
        ],
    ),
}
PROJECT = ProjectFile.model_validate(
    {
        "name": "small",
        "systems": {"erp": {"connection": "legacy"}},
        "target": {"connection": "target", "schemas": ["erp"], "volatile": ["erp.customer.updated_at"]},
        "waves": {WAVE: {"entities": ["category", "customer", "price"]}},
    }
)


def specification(**files: str) -> Specification:
    """Return the small specification; `files` change the hashes of its files."""
    hashes = {"project.yaml": "p", "mappings/customer.yaml": "c", **files}
    digests = {name: hashlib.sha256(text.encode()).hexdigest() for name, text in hashes.items() if text}
    return Specification(Path("include"), PROJECT, MAPPINGS, {}, digests)


def make_world(staging: Path, target: Connection, **more: Any) -> World:
    """Return a world of the small enterprise."""
    return World(specification(), Staging(str(staging)), lambda _: target, lambda: NOW, **more)


def changed(world: World, **files: str) -> World:
    """Return the same world with another specification."""
    return replace(world, specification=specification(**files))


@dataclass(frozen=True)
class Sizes:
    """How many source rows each entity has, and how many a part."""

    category: int = 20
    customer: int = 100
    price: int = 50
    part: int = 30


def prepare(world: World, sizes: Sizes = Sizes(), snapshot: str = SNAPSHOT) -> None:  # noqa: B008
    """Do what land, cleanse and map would have done: register the snapshot, reserve keys, write and seal datasets."""
    with world.target.begin() as connection:
        register_snapshot(connection, snapshot, NOW, {"made": "by a test"})
        first = {
            table: reserve_keys(connection, snapshot, entity, f"erp.{table}", "id", rows)
            for entity, table, rows in (
                ("category", "category", sizes.category),
                ("customer", "customer", sizes.customer),
                ("customer", "address", sizes.customer),
            )
        }
    _stage(world, snapshot, "category", sizes.category, sizes.part, first["category"], _category)
    _stage(
        world,
        snapshot,
        "customer",
        sizes.customer,
        sizes.part,
        first["customer"],
        _customer(first["category"], sizes),
    )
    _stage(world, snapshot, "price", sizes.price, sizes.part, None, _price)
    _stage_addresses(world, snapshot, sizes, first)


def outcome_of(row: int) -> str:
    """Return what becomes of a source row in the small world."""
    return _OUTCOMES[row % 10]


def _category(row: int, first: int | None) -> dict[str, Any]:
    # Row 0 refers to a later row: only one statement for all of them can take it.
    parent = None if row in (1, 4) else (first or 0) + (4 if row == 0 else 1)
    return {"code": f"CAT{row:05d}", "parent_id": parent}


def _customer(first_category: int, sizes: Sizes) -> Any:
    def build(row: int, _: int | None) -> dict[str, Any]:
        return {
            "code": f"C{row:07d}",
            "name": f'客户 “{row}”, "quoted" \\ back\nline' if row % 3 else f"Customer {row}",
            "category_id": first_category + row % 7 if sizes.category >= 7 and row % 2 else None,
            "credit": Decimal(row) / 100,
            "active": None if row % 5 == 0 else row % 2 == 0,
            "since": date(2000, 1, 1 + row % 28),
            "seen_at": datetime(2024, 1, 1, row % 24, 0, 0, row, tzinfo=UTC),
            "note": "" if row % 2 else None,
        }

    return build


def _price(row: int, _: int | None) -> dict[str, Any]:
    return {
        "item": f"I{row:06d}",
        "valid_from": date(2024, 1, 1),
        "amount": Decimal(row) / 10000,
        "customer_code": f"C{row // 10 * 10:07d}" if row < 50 else None,
    }


_TARGETS = {
    "category": pa.schema([("code", pa.string()), ("parent_id", pa.int64())]),
    "customer": pa.schema(
        [
            ("code", pa.string()), ("name", pa.string()), ("category_id", pa.int64()), ("credit", pa.decimal128(18, 2)),
            ("active", pa.bool_()), ("since", pa.date32()), ("seen_at", pa.timestamp("us", tz="UTC")),
            ("note", pa.string()),
        ]
    ),
    "price": pa.schema(
        [
            ("item", pa.string()), ("valid_from", pa.date32()),
            ("amount", pa.decimal128(12, 4)), ("customer_code", pa.string()),
        ]
    ),
}  # fmt: skip


def _stage(world: World, snapshot: str, entity: str, rows: int, size: int, first: int | None, build: Any) -> None:
    layers = {name: getattr(datasets, name)(snapshot, entity) for name in ("outcome", "mapped", "rejects")} | {
        "raw": datasets.raw(snapshot, MAPPINGS[entity].source)
    }
    for part, start in enumerate(range(0, rows, size)):
        numbers = range(start, min(start + size, rows))
        world.staging.write_part(layers["outcome"], part, _outcomes(entity, numbers, first))
        world.staging.write_part(layers["mapped"], part, _mapped(entity, numbers, first, build))
        world.staging.write_part(layers["rejects"], part, _rejects(numbers))
        world.staging.write_part(layers["raw"], part, _raw(numbers))
    for dataset in layers.values():
        seal(world, dataset, rows)


def seal(world: World, dataset: Dataset, rows: int) -> None:
    """Seal a dataset as the mapping would have."""
    world.staging.seal(dataset, {"spec_sha256": world.specification.sha256, "rows": rows})


def _outcomes(entity: str, numbers: Sequence[int], first: int | None) -> pa.Table:
    def line(row: int) -> dict[str, Any]:
        outcome = outcome_of(row)
        key = row - 1 if outcome == "merged" else row
        return {
            "_row": row, "_key": f"{entity}-{row}", "_id": None if first is None else first + key, "outcome": outcome,
            "survivor": f"{entity}-{row - 9}" if outcome == "merged" else None,
            "rule": None if outcome == "loaded" else "X-1", "reason": None if outcome == "loaded" else f"is {outcome}",
        }  # fmt: skip

    return pa.Table.from_pylist([line(row) for row in numbers], datasets.OUTCOME)


def _mapped(entity: str, numbers: Sequence[int], first: int | None, build: Any) -> pa.Table:
    schema = pa.schema([("_row", pa.int64()), ("_key", pa.string()), ("_id", pa.int64()), *_TARGETS[entity]])
    lines = [
        {
            "_row": row,
            "_key": f"{entity}-{row}",
            "_id": None if first is None else first + row,
            **build(row, first),
        }
        for row in numbers
    ]
    return pa.Table.from_pylist(lines, schema)


def _rejects(numbers: Sequence[int]) -> pa.Table:
    lines = [
        {"_row": row, "rule": rule, "column": column, "reason": "not so", "severity": "major"}
        for row in numbers
        if outcome_of(row) == "rejected"
        for rule, column in (("X-1", "name"), ("X-2", None))
    ]
    return pa.Table.from_pylist(lines, datasets.REJECTS)


def _raw(numbers: Sequence[int]) -> pa.Table:
    return pa.table({"_row": list(numbers), "NAME1": [f"raw 名 {row}\0" for row in numbers]})


def _stage_addresses(world: World, snapshot: str, sizes: Sizes, first: dict[str, int]) -> None:
    [dataset] = datasets.further(snapshot, MAPPINGS["customer"])
    for part, start in enumerate(range(0, sizes.customer, sizes.part)):
        numbers = [row for row in range(start, min(start + sizes.part, sizes.customer)) if row % 10 in (0, 1, 2)]
        rows = pa.table(
            {
                "_row": pa.array(numbers, pa.int64()),
                "_id": pa.array([first["address"] + row for row in numbers], pa.int64()),
                "customer_id": pa.array([first["customer"] + row for row in numbers], pa.int64()),
                "line": pa.array([f"路 {row}" for row in numbers], pa.string()),
            }
        )
        world.staging.write_part(dataset, part, rows)
    seal(world, dataset, sizes.customer)


def select(world: World, run_id: int, entity: str, rows: Sequence[int], snapshot: str = SNAPSHOT) -> None:
    """Choose the rows of a pilot."""
    dataset = datasets.selection(snapshot, run_id, entity)
    world.staging.write_part(dataset, 0, pa.table({"_row": pa.array(list(rows), pa.int64())}))
    seal(world, dataset, len(rows))


def query(world: World, statement: str, **params: Any) -> Any:
    """Run a statement and return its only value, or its rows when there are several."""
    with world.target.begin() as connection:
        result = connection.execute(text(statement), params)
        rows = [tuple(row) for row in result] if result.returns_rows else []
    return rows[0][0] if len(rows) == 1 and len(rows[0]) == 1 else rows


def load_all(world: World, *, kind: Kind = "full", entities: Sequence[str] | None = None) -> int:
    """Start a run and load all its entities; returns its id."""
    run_id = start_run(world, wave=WAVE, kind=kind, snapshot=SNAPSHOT, entities=entities)
    for entity in read_run(world, run_id).entities:
        load_entity(world, run_id, entity)
    return run_id


def target_state(world: World) -> list[TableFingerprint]:
    """Return the fingerprint of the target as it is."""
    with world.target.connect() as connection:
        return take_fingerprint(connection, ["erp"], PROJECT.target.volatile)


LEDGER = ("batch", "disposition", "reject", "journal")


def ledger_state(world: World) -> dict[str, Any]:
    """Return what two equal loads have in common in the ledger: everything but times and run numbers."""
    return {
        "counts": {table: query(world, f"select count(*) from cutover.{table}") for table in LEDGER},  # noqa: S608
        "batches": query(
            world,
            "select entity, seq, state, rows_read, rows_loaded, rows_written, digest from cutover.batch order by 1, 2",
        ),
        "dispositions": query(
            world,
            "select md5(string_agg((entity, \"row\", seq, src_key, outcome, tgt_key, rule)::text, ';'"
            ' order by entity, "row"))'
            " from cutover.disposition",
        ),
    }
