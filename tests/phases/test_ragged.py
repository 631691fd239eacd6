"""A row that its file does not hold as declared is rejected under its file and line, and nothing else of it moves."""

import pytest
from tests.phases.moved import toy
from tests.phases.toy import Toy, of, rows, simple

from cutover.phases.gate import gate_mapping
from cutover.phases.trace import trace_rows
from cutover.systems.staging import Dataset

__all__ = ["toy"]


@pytest.fixture
def ragged(toy: Toy) -> Toy:
    """The toy with a row too short, one too long, and rules that would catch a row without values."""
    toy.edit(
        "mappings/customer.yaml",
        "  - {rule: CU-X,",
        "  - {rule: CU-Y, when: NAME is null, reason: x, approver: x}\n  - {rule: CU-X,",
    )
    toy.edit(
        "mappings/customer.yaml",
        "target: no, type: text(10), required: true}",
        "target: no, type: text(10), required: true, on_error: stop}",
    )
    simple(toy)
    with (toy.root / "legacy/customer.csv").open("a", encoding="utf-8") as file:
        file.write("8,short\r\n9,n,CN,2020-01-01,5,,T9,N10,,,one too many\r\n")
    return toy


def test_ragged_rows_are_conserved_as_rejects_by_file_and_line(ragged: Toy) -> None:
    world = ragged.world()
    snapshot = ragged.prepare(world)
    assert (world.staging.manifest(Dataset(snapshot, "raw", "crm.customer.csv")) or {})["ragged"] == 2
    run_id = ragged.load(world, snapshot)
    assert rows(
        world,
        "select sum(rows_read), sum(rows_loaded + rows_merged + rows_dropped + rows_rejected) "
        "from cutover.batch where entity = 'customer'",
    ) == [(9, 9)]
    found = rows(
        world,
        "select d.src_key, outcome, d.rule, d.reason, source_row->>'text' from cutover.disposition d "
        'join cutover.reject using (run_id, entity, "row") where d.run_id = :run '
        "and d.src_key like 'customer.csv%' order by \"row\"",
        run=run_id,
    )
    assert found == [
        ("customer.csv:9", "rejected", "SOURCE", "too_few_fields", "8,short"),
        ("customer.csv:10", "rejected", "SOURCE", "too_many_fields", "9,n,CN,2020-01-01,5,,T9,N10,,,one too many"),
    ]
    results = gate_mapping(world, snapshot, "main")
    assert [of(results, check, "customer").status for check in ("CONSERVED", "REPLAY")] == ["pass", "pass"]
    (trace,) = trace_rows(world, snapshot, "customer", "customer.csv:9")
    assert trace.raw == {"line": "customer.csv:9", "text": "8,short"}


def test_a_land_that_finds_the_rows_mended_forgets_them(ragged: Toy) -> None:
    world = ragged.world()
    first = ragged.prepare(world)
    simple(ragged)
    second = ragged.prepare(world)
    kept = [world.staging.manifest(Dataset(each, "ragged", "crm.customer.csv")) for each in (first, second)]
    assert kept == [{"rows": 2}, None]
