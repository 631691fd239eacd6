"""A trace tells of one row what the snapshot, the ledger and the target hold, and nothing of its neighbours."""

import pyarrow as pa
import pytest
from small_world import SNAPSHOT, Sizes, load_all

from cutover.core.cleansing import CHANGES
from cutover.errors import InputError
from cutover.phases.rollback import roll_back
from cutover.phases.trace import Trace, mask_trace, trace_rows
from cutover.phases.world import World
from cutover.systems import datasets

ROWS = Sizes().customer
PART = Sizes().part


@pytest.fixture
def logged(world: World) -> World:
    """The small world with a change log: one change in row 31, one in its neighbour."""
    lines = [(31, "name", "C-1", "a ", "a", "auto", None), (32, "name", "C-1", "b ", "b", "auto", None)]
    changes = pa.Table.from_pylist([dict(zip(CHANGES.names, line, strict=True)) for line in lines], CHANGES)
    for part in range(-(-ROWS // PART)):
        here = changes if part == 31 // PART else CHANGES.empty_table()
        world.staging.write_part(datasets.changes(SNAPSHOT, "customer"), part, here)
    return world


def trace(world: World, row: int) -> Trace:
    (found,) = trace_rows(world, SNAPSHOT, "customer", f"customer-{row}")
    return found


def test_a_loaded_row_is_told_from_its_raw_cells_to_the_target(logged: World) -> None:
    run_id = load_all(logged)
    found = trace(logged, 31)
    assert (found.row, found.part, found.outcome["outcome"]) == (31, 1, "loaded")
    change = {"column": "name", "rule": "C-1", "before": "a ", "after": "a", "mode": "auto", "approver": None}
    assert found.changes == (change,)
    (own, *_) = found.targets
    assert own.table == "erp.customer" and own.mapped["code"] == own.stands["code"] == "C0000031"
    (fate,) = found.fates
    assert (fate["run_id"], fate["state"], fate["outcome"]) == (str(run_id), "loaded", "loaded")


def test_personal_data_are_masked_on_both_sides_and_in_the_log(logged: World) -> None:
    load_all(logged)
    mapping = logged.specification.mapping("customer")
    found = mask_trace(trace(logged, 31), mapping.model_copy(update={"pii": ("NAME", "name1")}))
    assert found.raw["NAME1"] == "***" and trace(logged, 31).raw["NAME1"] != "***"
    assert (found.changes[0]["before"], found.changes[0]["after"], found.changes[0]["rule"]) == ("***", "***", "C-1")
    (own, *_) = found.targets
    assert own.mapped["name"] == own.stands["name"] == "***" and own.stands["code"] == "C0000031"


def test_the_trace_shows_what_stands_in_the_target_and_not_what_was_mapped(logged: World) -> None:
    load_all(logged)
    with logged.target.begin() as connection:
        connection.exec_driver_sql("update erp.customer set name = 'changed by hand' where code = 'C0000031'")
    own = trace(logged, 31).targets[0]
    assert own.stands["name"] == "changed by hand" != own.mapped["name"]


def test_a_row_that_was_taken_back_stands_nowhere_and_its_fate_is_kept(logged: World) -> None:
    roll_back(logged, load_all(logged), reason="test", by_whom="tester", on_conflict="stop")
    found = trace(logged, 31)
    assert all(target.stands == {} for target in found.targets)
    assert [fate["state"] for fate in found.fates] == ["rolled_back"]


@pytest.mark.parametrize(("row", "outcome"), [(37, "rejected"), (38, "dropped"), (39, "merged")])
def test_a_row_that_does_not_move_is_told_with_its_rule(logged: World, row: int, outcome: str) -> None:
    load_all(logged)
    found = trace(logged, row)
    assert (found.outcome["outcome"], found.fates[0]["outcome"]) == (outcome, outcome)
    assert found.outcome["reason"] and bool(found.outcome["survivor"]) == (outcome == "merged")
    assert bool(found.rejects) == (outcome == "rejected")


def test_an_unknown_key_is_told_with_the_form_of_a_key(logged: World) -> None:
    with pytest.raises(InputError, match="no row of customer .*Fix: give code as it is after cleansing"):
        trace(logged, 4711)
