"""Runs: what may start, what may end, and what is written down."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from small_world import NOW, SNAPSHOT, WAVE, changed, load_all, query

from cutover import __version__
from cutover.errors import CutoverError, InputError, NotConserved
from cutover.phases.load import load_entity
from cutover.phases.rollback import roll_back
from cutover.phases.runs import finish_run, read_run, start_run
from cutover.systems.fingerprint import compare_fingerprints, read_fingerprint


def _start(world, **more):
    return start_run(world, **{"wave": WAVE, "kind": "full", "snapshot": SNAPSHOT, **more})


def test_a_run_keeps_what_it_was_started_with(world):
    run = read_run(world, _start(world, params={"batch": 5}, entities=["customer", "category"]))
    assert (run.wave, run.kind, run.snapshot_id, run.status) == (WAVE, "full", SNAPSHOT, "active")
    assert run.entities == ("category", "customer")
    assert run.spec_sha256 == world.specification.sha256 and run.spec_files == world.specification.files
    assert (run.package_version, run.params, run.started_at, run.ended_at) == (
        __version__,
        {"batch": 5},
        NOW,
        None,
    )


def test_a_second_run_of_a_wave_is_refused_and_the_first_named(world):
    run_id = _start(world)
    with pytest.raises(InputError, match=f"run {run_id} of wave 'first' is active") as caught:
        _start(world)
    assert "rollback" in caught.value.fix
    assert query(world, "select count(*) from cutover.run") == 1


def test_of_many_starters_one_wins(world):
    def start(_):
        try:
            return _start(world)
        except CutoverError as error:
            return type(error)

    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(start, range(4)))
    assert len([result for result in results if isinstance(result, int)]) == 1
    assert [result for result in results if not isinstance(result, int)] == [InputError] * 3


@pytest.mark.parametrize(
    ("more", "problem"),
    [
        ({"wave": "second"}, "no wave 'second'"),
        ({"entities": ["supplier"]}, "no entity 'supplier'"),
        ({"snapshot": "20990101T000000Z"}, "is not there for snapshot 20990101T000000Z"),
    ],
)
def test_unknown_names_are_refused(world, more, problem):
    with pytest.raises(InputError, match=problem):
        _start(world, **more)
    assert query(world, "select count(*) from cutover.run") == 0


def test_data_mapped_with_another_specification_is_refused(world):
    with pytest.raises(InputError, match="made with another specification") as caught:
        _start(changed(world, **{"project.yaml": "edited"}))
    assert "cutover map" in caught.value.fix


def test_a_snapshot_that_the_target_does_not_know_is_refused(world):
    query(world, "truncate cutover.snapshot cascade")
    with pytest.raises(InputError, match="not registered"):
        _start(world)


def test_an_entity_that_is_loaded_is_not_loaded_again(world):
    first = load_all(world)
    finish_run(world, first)
    with pytest.raises(InputError, match=f"run {first} has already loaded customer, price"):
        _start(world, entities=["price", "customer"])
    roll_back(world, first, reason="test", by_whom="me")
    assert _start(world) > first


def test_an_entity_that_another_wave_is_about_to_load_is_refused(world):
    first = _start(world, entities=["category"])
    query(world, "update cutover.run set wave = 'second'")
    with pytest.raises(InputError, match=f"run {first} of wave 'second' is active"):
        _start(world)
    assert _start(world, entities=["price"]) > first


def test_a_table_that_no_fingerprint_covers_is_refused(world):
    target = world.specification.project.target.model_copy(update={"schemas": ("public",)})
    project = world.specification.project.model_copy(update={"target": target})
    blind = replace(world, specification=replace(world.specification, project=project))
    with pytest.raises(InputError, match=r"no fingerprint covers erp\.category of entity 'category'"):
        _start(blind)
    assert query(world, "select count(*) from cutover.run") == 0


def test_a_run_that_could_not_start_leaves_nothing(world):
    query(world, "insert into erp.category (id, code) values (3, 'by hand')")
    with pytest.raises(CutoverError, match="keys that were reserved"):
        _start(world)
    assert query(world, "select (select count(*) from cutover.run) + (select count(*) from cutover.fingerprint)") == 0


def test_fingerprints_are_taken_before_and_after(world):
    run_id = load_all(world)
    finish_run(world, run_id)
    with world.target.connect() as connection:
        before = read_fingerprint(connection, run_id, "before_load")
        after = read_fingerprint(connection, run_id, "after_load")
    assert {entry.table: entry.rows for entry in before if entry.kind == "table"}["erp.customer"] == 0
    assert {entry.table: entry.rows for entry in after if entry.kind == "table"}["erp.customer"] == 70
    told = {line.split(":")[0] for line in compare_fingerprints(before, after)}
    assert told >= {"erp.customer", "erp.address", "erp.category", "erp.price", "erp.customer_id_seq"}
    assert "erp.remark" not in told


def test_finishing_twice_is_finishing_once(world):
    run_id = load_all(world)
    finish_run(world, run_id)
    finish_run(world, run_id)
    run = read_run(world, run_id)
    assert (run.status, run.ended_at) == ("finished", NOW)
    assert query(world, "select count(distinct taken_at) from cutover.fingerprint where moment = 'after_load'") == 1


@pytest.mark.parametrize(
    ("damage", "told"),
    [
        ("delete from erp.price where item = 'I000000'", "20 rows written to erp.price|21 rows written to erp.price"),
        ("delete from erp.address where id = (select max(id) from erp.address)", "written to erp.address"),
        (
            "delete from cutover.disposition where entity = 'price' and \"row\" = 3",
            "35 loaded.* 34 loaded.* in dispositions",
        ),
    ],
)  # fmt: skip
def test_a_run_that_does_not_balance_does_not_finish(world, damage, told):
    run_id = load_all(world)
    query(world, damage)
    with pytest.raises(NotConserved, match=told):
        finish_run(world, run_id)
    assert read_run(world, run_id).status == "active"


def test_a_run_that_is_not_wholly_loaded_does_not_finish(world):
    run_id = _start(world)
    load_entity(world, run_id, "category")
    load_entity(world, run_id, "customer", slice_index=0, slices=2)
    with pytest.raises(NotConserved, match="customer: 70 loaded, .* staged, 42 loaded.* in batches; price: 35 loaded"):
        finish_run(world, run_id)


def test_keys_are_behind_the_load_also_after_a_rollback_put_the_sequence_back(world):
    pilot = load_all(world)
    roll_back(world, pilot, reason="rehearsal", by_whom="me")
    assert query(world, "select last_value from erp.customer_id_seq") == 1
    keys = query(world, "select first_key from cutover.key_range order by entity, table_name")
    load_all(world)
    assert query(world, "select first_key from cutover.key_range order by entity, table_name") == keys
    assert query(world, "select nextval('erp.customer_id_seq')") == 101
    assert query(world, "select max(id) from erp.customer") < 101
