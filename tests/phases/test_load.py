"""Load: conserved, exactly once, journalled."""

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pyarrow as pa
import pytest
from scratch import execute
from small_world import (
    MAPPINGS,
    SNAPSHOT,
    WAVE,
    Sizes,
    changed,
    ledger_state,
    load_all,
    outcome_of,
    prepare,
    query,
    seal,
    select,
    target_state,
)  # fmt: skip

from cutover.errors import InputError, NotConserved, SpecificationChanged, TargetError
from cutover.phases.load import EntityResult, load_entity
from cutover.phases.loading.planning import refers_to_itself
from cutover.phases.runs import finish_run, start_run
from cutover.phases.world import Step
from cutover.project.model import Mapping
from cutover.systems import datasets
from cutover.systems.journal import decompress


def _start(world, **more):
    return start_run(world, wave=WAVE, kind="full", snapshot=SNAPSHOT, **more)


def test_every_row_has_one_outcome_and_is_where_it_says(world):
    run_id = load_all(world)
    assert query(world, "select outcome, count(*) from cutover.disposition group by 1 order by 1") == [
        ("dropped", 17), ("loaded", 119), ("merged", 17), ("rejected", 17),
    ]  # fmt: skip
    assert query(world, "select count(*) from erp.category") == 14
    assert query(world, "select count(*) from erp.customer") == 70
    assert query(world, "select count(*) from erp.address a join erp.customer c on c.id = a.customer_id") == 30
    assert query(world, "select count(*) from erp.price") == 35
    assert query(
        world,
        "select count(*) from cutover.key_map k join erp.customer c on c.id = k.tgt_key"
        " where k.entity = 'customer' and c.code = 'C' || lpad(k.\"row\"::text, 7, '0') and k.outcome = 'loaded'",
    ) == 70  # fmt: skip
    finish_run(world, run_id)


def test_the_result_counts_what_the_ledger_holds(world):
    run_id = _start(world)
    load_entity(world, run_id, "category")
    expected = EntityResult("customer", batches=4, read=100, loaded=70, merged=10, dropped=10, rejected=10, written=100)
    assert load_entity(world, run_id, "customer") == expected
    assert load_entity(world, run_id, "customer") == expected


def test_loading_again_changes_nothing(world):
    run_id = load_all(world)
    before = target_state(world), ledger_state(world)
    for entity in ("category", "customer", "price"):
        load_entity(world, run_id, entity)
    assert (target_state(world), ledger_state(world)) == before


def test_slices_share_the_batches(world):
    run_id = _start(world)
    load_entity(world, run_id, "category")
    batches = [load_entity(world, run_id, "customer", slice_index=index, slices=3).batches for index in range(3)]
    assert batches == [2, 1, 1]
    assert query(world, "select count(*) from erp.customer") == 70


def test_workers_on_the_same_batches_load_them_once(world):
    run_id = _start(world)
    load_entity(world, run_id, "category")
    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(lambda _: load_entity(world, run_id, "customer"), range(4)))
    assert len(set(results)) == 1
    assert query(world, "select count(*) from erp.customer") == 70


def test_rows_that_refer_to_later_rows_of_their_own_entity_arrive_together(world):
    assert refers_to_itself(MAPPINGS["category"])
    run_id = _start(world)
    assert load_entity(world, run_id, "category").batches == 1
    assert load_entity(world, run_id, "category", slice_index=1, slices=2).batches == 0


def test_further_rows_of_a_merged_row_may_refer_to_a_survivor_in_another_part():
    customer = MAPPINGS["customer"]
    assert not refers_to_itself(customer)
    kept = customer.also[0].model_copy(update={"merged": "keep"})
    assert refers_to_itself(customer.model_copy(update={"also": (kept,)}))


def test_a_reject_keeps_every_rule_and_the_whole_landed_row(world):
    load_all(world)
    found = query(
        world,
        'select "row", rule, "column", source_row::text from cutover.reject where entity = \'customer\' order by 1, 2',
    )
    assert len(found) == 20
    assert found[0][:3] == (7, "X-1", "name") and found[1][:3] == (7, "X-2", "")
    assert json.loads(found[0][3]) == {"NAME1": "raw 名 7\u2400"}


def test_the_journal_holds_rows_as_they_are_in_the_target(world):
    load_all(world)
    columns, image = query(
        world,
        "select columns, after from cutover.journal where entity = 'customer' and seq = 0"
        " and table_name = 'erp.customer'",
    )[0]
    assert set(columns) >= {"id", "updated_at", "note"}
    assert b"2024" in decompress(bytes(image)) and decompress(bytes(image)).count(b",C00000") == 21
    assert query(world, "select sum(rows) from cutover.journal") == 14 + 100 + 35


def test_columns_that_are_not_mapped_are_journalled_as_null(world):
    load_all(world, entities=["category"])
    columns = query(world, "select columns from cutover.journal limit 1")
    assert columns == ["code", "parent_id", "id", "title"]


def test_a_pilot_moves_the_selected_rows_only(world):
    run_id = start_run(world, wave=WAVE, kind="pilot", snapshot=SNAPSHOT)
    select(world, run_id, "category", range(20))
    select(world, run_id, "customer", [0, 7, 8, 9, 33, 61])
    select(world, run_id, "price", [])
    results = [load_entity(world, run_id, entity) for entity in ("category", "customer", "price")]
    assert (results[1].read, results[1].loaded, results[1].written) == (6, 3, 5)
    assert results[2].read == 0
    finish_run(world, run_id)


def test_a_pilot_without_its_selection_is_refused(world):
    run_id = start_run(world, wave=WAVE, kind="pilot", snapshot=SNAPSHOT)
    with pytest.raises(InputError, match="selection"):
        load_entity(world, run_id, "customer")


def test_a_target_that_is_not_as_mapped_refuses_the_whole_batch(world):
    run_id = _start(world)
    load_entity(world, run_id, "category")
    query(world, "alter table erp.address rename line to road")
    with pytest.raises(TargetError, match="no column 'line'") as caught:
        load_entity(world, run_id, "customer")
    assert (caught.value.facts["entity"], caught.value.facts["batch"]) == ("customer", 0)
    assert query(world, "select count(*) from erp.customer") == 0


def test_a_constraint_that_refuses_too_many_rows_stops_the_load_and_is_named(world):
    query(
        world,
        "create function erp.never() returns trigger language plpgsql as"
        " $$ begin raise integrity_constraint_violation using message = 'C0000000 is not balanced',"
        " constraint = 'balance'; end $$;"
        "create constraint trigger balance after insert on erp.price deferrable initially deferred"
        " for each row execute function erp.never()",
    )
    run_id = load_all(world, entities=["category", "customer"])
    query(world, "update cutover.run set entities = '{category,customer,price}'")
    with pytest.raises(TargetError, match="refuses more than 10 rows of this batch") as caught:
        load_entity(world, run_id, "price")
    assert caught.value.facts["constraint"] == "balance" and "C0000000" not in str(caught.value)
    assert query(world, "select count(*) from erp.price") == 0
    assert query(world, "select count(*) from cutover.batch where entity = 'price'") == 0


def test_another_specification_is_refused_with_what_changed(world):
    run_id = _start(world)
    other = changed(world, **{"mappings/customer.yaml": "new", "sql/a.sql": "a", "project.yaml": ""})
    with pytest.raises(SpecificationChanged) as caught:
        load_entity(other, run_id, "category")
    assert "changed mappings/customer.yaml; added sql/a.sql; removed project.yaml" in str(caught.value)
    assert query(world, "select count(*) from erp.category") == 0


def test_an_entity_or_run_that_is_not_there_is_refused(world):
    run_id = _start(world, entities=["category"])
    with pytest.raises(InputError, match="does not move 'price'"):
        load_entity(world, run_id, "price")
    with pytest.raises(InputError, match="no run 77"):
        load_entity(world, 77, "category")


def test_a_finished_run_takes_no_more(world):
    run_id = load_all(world)
    finish_run(world, run_id)
    with pytest.raises(InputError, match="is finished"):
        load_entity(world, run_id, "category")


def test_a_row_to_load_that_was_not_mapped_is_missed(world):
    dataset = datasets.mapped(SNAPSHOT, "price")
    world.staging.write_part(dataset, 1, world.staging.read_part(dataset, 1).slice(1))
    run_id = load_all(world, entities=["category", "customer"])
    query(world, "update cutover.run set entities = '{category,customer,price}'")
    with pytest.raises(NotConserved, match="14 rows are to be loaded, the mapped data hold 13"):
        load_entity(world, run_id, "price")


def test_a_reject_without_its_landed_row_is_missed(world):
    raw = datasets.raw(SNAPSHOT, MAPPINGS["price"].source)
    for part in world.staging.parts(raw):
        world.staging.write_part(
            raw, part, pa.table({"_row": pa.array([], pa.int64()), "NAME1": pa.array([], pa.string())})
        )
    run_id = _start(world)
    load_entity(world, run_id, "category")
    load_entity(world, run_id, "customer")
    with pytest.raises(NotConserved, match="rejected rows are not in the landed data"):
        load_entity(world, run_id, "price")


def test_landed_parts_may_be_cut_elsewhere(world):
    raw = datasets.raw(SNAPSHOT, MAPPINGS["customer"].source)
    rows = world.staging.read(raw)
    world.staging.clear(raw)
    world.staging.write_part(raw, 0, rows)
    seal(world, raw, rows.num_rows)
    load_all(world)
    assert query(world, "select count(*) from cutover.reject where entity = 'customer'") == 20


def test_progress_is_told(world):
    told: list[Step] = []
    loud = replace(world, progress=told.append)
    run_id = _start(loud)
    load_entity(loud, run_id, "category")
    load_entity(loud, run_id, "customer")
    assert told[-1] == Step("load", "customer", 100, 100)
    assert [step.done for step in told[1:]] == [30, 60, 90, 100]


def test_an_empty_entity_loads_nothing(tmp_path, scratch_database, world):
    prepare(world, Sizes(category=20, customer=0, price=0), snapshot="20240701T000000Z")
    run_id = start_run(world, wave=WAVE, kind="full", snapshot="20240701T000000Z")
    assert load_entity(world, run_id, "customer") == EntityResult("customer", 0, 0, 0, 0, 0, 0, 0)
    load_entity(world, run_id, "category")
    load_entity(world, run_id, "price")
    finish_run(world, run_id)


def test_a_field_the_target_does_not_have_is_named(world, scratch_database):
    execute(scratch_database, "alter table erp.category rename code to kode")
    run_id = _start(world)
    with pytest.raises(TargetError, match="no column 'code'"):
        load_entity(world, run_id, "category")


def test_a_key_column_without_a_value_is_named(world):
    keyless = Mapping.model_validate(
        {**MAPPINGS["price"].model_dump(by_alias=True), "target": {"table": "erp.price", "key": ["item", "x"]}}
    )
    run_id = load_all(world, entities=["category", "customer"])
    query(world, "update cutover.run set entities = '{category,customer,price}'")
    other = replace(world, specification=replace(world.specification, mappings={**MAPPINGS, "price": keyless}))
    with pytest.raises(TargetError, match="no value to 'x'"):
        load_entity(other, run_id, "price")


def test_the_small_world_has_every_outcome():
    assert {outcome_of(row) for row in range(10)} == set(datasets.OUTCOMES)
