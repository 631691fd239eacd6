"""Rollback: the target is as it was, and nothing that people did is lost or overwritten."""

from dataclasses import replace
from threading import Timer

import pytest
from small_world import NOW, SNAPSHOT, WAVE, changed, ledger_state, load_all, query, target_state
from sqlalchemy import text

from cutover.errors import Busy, InputError, NotConserved, RollbackConflict, SpecificationChanged
from cutover.phases.load import load_entity
from cutover.phases.rollback import roll_back
from cutover.phases.runs import finish_run, read_run, start_run
from cutover.phases.world import Step
from cutover.systems.fingerprint import compare_fingerprints
from cutover.systems.journal import Entry, compress, read_entries, write_entry
from cutover.systems.ledger import list_batches, read_xact
from cutover.systems.undo import undo_entry

WHY = {"reason": "a rehearsal", "by_whom": "the lead"}


def _undo(world, run_id, **more):
    return roll_back(world, run_id, **{**WHY, **more})


def test_apply_undo_apply_finish(world):
    query(world, "insert into erp.category (id, code) values (900, 'theirs')")
    run_id = load_all(world)
    applied = target_state(world), ledger_state(world)
    result = _undo(world, run_id)
    assert (result.original_state, result.differences, result.conflicts) == (True, (), ())
    assert (result.batches, result.rows_removed, result.rows_kept) == (7, 149, 0)
    assert query(world, "select count(*) from erp.category") == 1
    assert read_run(world, run_id).status == "rolled_back"
    again = load_all(world)
    finish_run(world, again)
    assert compare_fingerprints(applied[0], target_state(world)) == []
    assert query(world, "select count(*) from cutover.batch where state = 'loaded'") == 7


def test_a_finished_run_can_be_taken_back(world):
    run_id = load_all(world)
    finish_run(world, run_id)
    before = query(world, "select last_value, is_called from erp.customer_id_seq")
    assert before == [(101, False)]
    assert _undo(world, run_id).original_state is True
    assert query(world, "select last_value, is_called from erp.customer_id_seq") == [(1, False)]
    kept = query(
        world,
        "select reason, by_whom, batches, rows_removed, original_state, started_at, ended_at from cutover.rollback",
    )
    assert kept == [("a rehearsal", "the lead", 7, 149, True, NOW, NOW)]


def test_a_run_that_loaded_nothing_is_closed(world):
    run_id = start_run(world, wave=WAVE, kind="full", snapshot=SNAPSHOT)
    assert _undo(world, run_id).original_state is True
    assert read_run(world, run_id).status == "rolled_back"


def test_a_batch_and_an_entity_go_back_alone_and_are_loaded_again(world):
    run_id = load_all(world)
    loaded = target_state(world), ledger_state(world)
    result = _undo(world, run_id, entity="price", seq=1)
    assert (result.batches, result.rows_removed, result.original_state) == (1, 14, None)
    assert query(world, "select count(*) from erp.price") == 21
    assert _undo(world, run_id, entity="price").rows_removed == 21
    assert query(world, "select count(*) from erp.price") == 0
    assert read_run(world, run_id).status == "active"
    load_entity(world, run_id, "price")
    assert (target_state(world), ledger_state(world)) == loaded
    finish_run(world, run_id)


def test_progress_is_told(world):
    told: list[Step] = []
    run_id = load_all(world)
    _undo(replace(world, progress=told.append), run_id)
    assert [step.done for step in told] == list(range(1, 8))
    assert told[-1] == Step("rollback", f"run {run_id}", 7, 7, "batches")


@pytest.mark.parametrize(
    ("more", "problem"),
    [
        ({"reason": "  "}, "needs a reason"),
        ({"by_whom": ""}, "needs a reason and a person"),
        ({"seq": 1}, "of which entity"),
        ({"entity": "supplier"}, "does not move 'supplier'"),
        ({"entity": "price", "seq": 9}, "batch 9 of 'price' is not loaded"),
        ({"entity": "customer"}, "price of run 1 refer to 'customer' and are still loaded"),
        ({"entity": "category"}, "customer of run 1 refer to 'category'"),
    ],
)
def test_what_cannot_be_taken_back_is_refused(world, more, problem):
    run_id = load_all(world)
    before = target_state(world)
    with pytest.raises(InputError, match=problem):
        _undo(world, run_id, **more)
    assert target_state(world) == before
    assert query(world, "select count(*) from cutover.rollback") == 0


def test_a_run_goes_back_once(world):
    run_id = load_all(world)
    done = _undo(world, run_id)
    with pytest.raises(InputError, match="already rolled back"):
        _undo(world, run_id, reason="another one")
    assert _undo(world, run_id) == done, "a worker that was killed after its work asks again"
    assert query(world, "select count(*) from cutover.rollback") == 1


def test_a_part_that_was_taken_back_is_told_until_it_is_loaded_again(world):
    run_id = load_all(world)
    done = _undo(world, run_id, entity="price", seq=1)
    assert _undo(world, run_id, entity="price", seq=1) == done
    with pytest.raises(InputError, match="batch 1 of 'price' is not loaded"):
        _undo(world, run_id, entity="price", seq=1, by_whom="somebody else")
    load_entity(world, run_id, "price")
    assert _undo(world, run_id, entity="price", seq=1).rollback_id > done.rollback_id


EDIT = "update erp.customer set note = 'called them' where code = 'C0000011'"
EDIT_UNMAPPED = "update erp.category set title = 'theirs' where code = 'CAT00002'"
DELETE = "delete from erp.price where item = 'I000004'"
DELETE_CUSTOMER = "delete from erp.customer where code = 'C0000003'"
CHILD = "insert into erp.remark (customer_id, text) select id, 'call back' from erp.customer where code = 'C0000001'"
CHILD_BY_CODE = "insert into erp.price values ('theirs', '2024-02-02', 1, 'C0000000')"
CHILD_WITHIN = (
    "insert into erp.category (code, parent_id) select 'theirs', id from erp.category where code = 'CAT00002'"
)


@pytest.mark.parametrize(
    ("work", "told"),
    [
        (EDIT, r"erp.customer: 1 changed since \(key 12\)"),
        (EDIT_UNMAPPED, r"erp.category: 1 changed since \(key 3\)"),
        (DELETE, r"erp.price: 1 deleted since \(key I000004\|2024-01-01\)"),
        (CHILD, r"erp.customer: 1 referred to by other rows \(key 2\)"),
        (CHILD_BY_CODE, r"erp.customer: 1 referred to by other rows \(key 1\)"),
        (CHILD_WITHIN, r"erp.category: 2 referred to by other rows \(key 2, 3\)"),
    ],
)
def test_what_people_did_since_stops_a_rollback_before_anything_is_touched(world, work, told):
    run_id = load_all(world)
    query(world, work)
    before = target_state(world), ledger_state(world)
    with pytest.raises(RollbackConflict, match=told):
        _undo(world, run_id)
    assert (target_state(world), ledger_state(world)) == before
    assert query(world, "select count(*) from cutover.rollback") == 0
    assert read_run(world, run_id).status == "active"


@pytest.mark.parametrize(
    ("work", "kept", "survives"),
    [
        # The customer stays, and so does the category that it refers to; its address goes.
        (EDIT, {"erp.customer": 1, "erp.category": 1}, "select note from erp.customer"),
        (EDIT_UNMAPPED, {"erp.category": 2}, "select title from erp.category where title is not null"),
        (DELETE, {"erp.price": 1}, "select count(*) from erp.price"),
        (CHILD, {"erp.customer": 1, "erp.category": 1}, "select text from erp.remark"),
        (CHILD_WITHIN, {"erp.category": 2}, "select code from erp.category where code = 'theirs'"),
    ],
)
def test_what_people_did_since_is_kept_and_listed(world, work, kept, survives):
    run_id = load_all(world)
    query(world, work)
    expected = query(world, survives) if work != DELETE else 0
    if work == EDIT:
        expected = "called them"
    result = _undo(world, run_id, on_conflict="keep")
    assert query(world, survives) == expected
    listed = query(world, "select table_name, count(*) from cutover.carry_back group by 1")
    assert dict(listed if isinstance(listed, list) else [listed]) == kept
    assert result.rows_kept == sum(kept.values()) and result.rows_removed + result.rows_kept == 149
    assert result.original_state is (work == DELETE)
    assert read_run(world, run_id).status == "rolled_back"


def test_the_list_says_what_was_loaded_and_what_was_found(world):
    run_id = load_all(world)
    query(world, EDIT)
    query(world, DELETE)
    _undo(world, run_id, on_conflict="keep")
    rows = query(
        world,
        "select table_name, row_key, loaded->>'note', found->>'note', found is null from cutover.carry_back"
        " order by 1, 2",
    )
    assert ("erp.customer", "12", "", "called them", False) in rows
    assert ("erp.price", "I000004|2024-01-01", None, None, True) in rows


def test_work_on_other_rows_survives_and_shows_in_the_proof(world):
    query(world, "insert into erp.customer (code, name) values ('THEIRS', 'x')")
    run_id = load_all(world)
    query(world, "update erp.customer set name = 'y' where code = 'THEIRS'")
    result = _undo(world, run_id)
    assert result.original_state is False and [line.split(":")[0] for line in result.differences] == ["erp.customer"]
    assert query(world, "select name from erp.customer") == "y"
    assert query(world, "select original_state from cutover.rollback") is False


def test_a_key_drawn_since_is_not_given_out_again(world):
    run_id = load_all(world)
    assert query(world, "select nextval('erp.customer_id_seq')") == 101
    result = _undo(world, run_id)
    assert result.original_state is False
    assert query(world, "select nextval('erp.customer_id_seq')") == 102


def test_a_volatile_column_is_no_conflict(world):
    run_id = load_all(world)
    query(world, "update erp.customer set updated_at = now() + interval '1 hour'")
    assert _undo(world, run_id).original_state is True


def test_an_edit_that_a_collation_takes_for_equal_is_found(world):
    if not query(world, "select count(*) from pg_collation where collname = 'en-x-icu'"):
        pytest.skip("this PostgreSQL was built without ICU")
    query(
        world,
        "create collation erp.blind (provider = icu, locale = 'und-u-ks-level2', deterministic = false);"
        "alter table erp.customer alter column name type text collate erp.blind",
    )
    run_id = load_all(world)
    query(world, "update erp.customer set name = upper(name) where code = 'C0000000'")
    with pytest.raises(RollbackConflict, match=r"1 changed since"):
        _undo(world, run_id)


def test_a_conflict_that_appears_while_the_rollback_runs_stops_it_there(world):
    run_id = load_all(world)

    def interfere(step: Step) -> None:
        if step.done == 1:
            query(world, EDIT)

    with pytest.raises(RollbackConflict, match="erp.customer: 1 changed since"):
        _undo(replace(world, progress=interfere), run_id)
    assert query(world, "select note from erp.customer where code = 'C0000011'") == "called them"
    query(world, "update erp.customer set note = '' where code = 'C0000011'")
    result = _undo(world, run_id)
    assert (result.batches, result.rows_removed, result.original_state) == (7, 149, True)
    assert query(world, "select count(*) from cutover.rollback") == 1


@pytest.mark.parametrize(
    ("work", "told"),
    [(EDIT, "changed since"), (DELETE_CUSTOMER, "deleted since"), (CHILD, "referred to by other rows")],
)
def test_work_that_is_committed_while_its_batch_goes_back_is_waited_for_and_found(world, work, told):
    run_id = load_all(world)
    with world.target.connect() as person:

        def interfere(step: Step) -> None:
            if step.done == 1:
                person.execute(text(work))
                Timer(0.5, person.commit).start()

        with pytest.raises(RollbackConflict, match=f"this batch stays.*erp.customer: 1 {told}"):
            _undo(replace(world, progress=interfere), run_id)
    assert query(world, "select count(*) from erp.customer where id <= 30") == (21 if work != DELETE_CUSTOMER else 20)
    assert query(world, "select count(*) from cutover.batch where entity = 'customer' and seq = 0 and state = 'loaded'")


def test_undoing_more_batches_takes_no_more_locks(world):
    """A server has room for some thousands of locks, and the trial undoes the whole run in one transaction."""
    run_id, held = load_all(world), []
    with world.target.connect() as connection:
        for batch in reversed(list_batches(connection, run_id, "price")):
            for entry in read_entries(connection, run_id, batch.entity, batch.seq):
                undo_entry(connection, entry, [], xact=read_xact(connection, batch))
            locks = "select count(*) from pg_locks where pid = pg_backend_pid()"
            held.append(connection.execute(text(locks)).scalar())
    assert len(held) == 2 and held[0] == held[1]


def test_an_entity_that_is_loaded_further_while_it_goes_back_is_not_called_back(world):
    run_id = load_all(world)
    _undo(world, run_id, entity="price", seq=0)

    def load_again(step: Step) -> None:
        load_entity(world, run_id, "price")

    with pytest.raises(Busy, match="loaded further while it was rolled back"):
        _undo(replace(world, progress=load_again), run_id, entity="price")
    assert query(world, "select count(*) from cutover.rollback where ended_at is null") == 1
    assert _undo(world, run_id, entity="price").original_state is None


def test_what_was_taken_back_of_a_finished_run_is_missed_until_it_is_loaded_again(world):
    run_id = load_all(world)
    finish_run(world, run_id)
    finished = target_state(world), ledger_state(world)
    _undo(world, run_id, entity="price", seq=1)
    with pytest.raises(NotConserved, match=f"batches of run {run_id} were taken back since it was finished: price"):
        finish_run(world, run_id)
    for entity in ("category", "customer", "price"):
        load_entity(world, run_id, entity)
    assert read_run(world, run_id).status == "active"
    finish_run(world, run_id)
    assert read_run(world, run_id).status == "finished"
    assert (target_state(world), ledger_state(world)) == finished


def test_a_finished_run_does_not_open_again_where_another_took_its_place(world):
    run_id = load_all(world)
    finish_run(world, run_id)
    _undo(world, run_id, entity="price")
    other = start_run(world, wave=WAVE, kind="full", snapshot=SNAPSHOT, entities=["price"])
    with pytest.raises(InputError, match=f"run {other} of wave 'first' is active"):
        load_entity(world, run_id, "price")
    load_entity(world, other, "price")
    finish_run(world, other)
    with pytest.raises(InputError, match=f"run {other} has loaded price, which was taken back from run {run_id}"):
        load_entity(world, run_id, "price")
    assert read_run(world, run_id).status == "finished"


def test_a_finished_run_does_not_open_again_for_another_specification(world):
    run_id = load_all(world)
    finish_run(world, run_id)
    _undo(world, run_id, entity="price")
    with pytest.raises(SpecificationChanged):
        load_entity(changed(world, **{"mappings/customer.yaml": "other"}), run_id, "price")
    assert read_run(world, run_id).status == "finished"


def test_keys_that_name_two_rows_take_nothing_back(world):
    run_id = load_all(world)
    query(
        world,
        "alter table erp.price drop constraint price_pkey;"
        "insert into erp.price select * from erp.price where item = 'I000000'",
    )
    with pytest.raises(NotConserved, match="make sure that item, valid_from is unique"):
        _undo(world, run_id)
    assert query(world, "select count(*) from erp.price") == 36


UPDATED = """
insert into cutover.batch (run_id, entity, seq, rows_read, rows_loaded, rows_merged, rows_dropped, rows_rejected,
                           rows_written, digest)
values ({run_id}, 'price', 0, 0, 0, 0, 0, 0, 3, '')
"""


@pytest.fixture
def updated(world):
    """A run that raised three prices, as a batch with an update in its journal."""
    run_id = start_run(world, wave=WAVE, kind="full", snapshot=SNAPSHOT, entities=["price"])
    query(
        world,
        "insert into erp.price (item, valid_from, amount) select 'P' || n, '2024-01-01', n"
        " from generate_series(1, 4) n",
    )
    query(world, UPDATED.format(run_id=run_id))
    before = b"".join(b'"P%d",2024-01-01,%d.0000,\n' % (n, n) for n in (1, 2, 3))
    after = before.replace(b".0000", b".5000")
    query(world, "update erp.price set amount = amount + 0.5 where item <> 'P4'")
    entry = Entry(
        0, "erp.price", "update", ("item", "valid_from"), ("item", "valid_from", "amount", "customer_code"), 3,
        compress(after), compress(before),
    )  # fmt: skip
    with world.target.begin() as connection:
        write_entry(connection, run_id, "price", 0, entry)
    return run_id


AMOUNTS = "select item, trim_scale(amount)::text from erp.price order by item"


def test_an_update_is_taken_back_to_its_before_image(world, updated):
    result = _undo(world, updated)
    assert (result.rows_removed, result.rows_restored, result.rows_kept) == (0, 3, 0)
    assert query(world, AMOUNTS) == [("P1", "1"), ("P2", "2"), ("P3", "3"), ("P4", "4")]


def test_an_update_that_somebody_updated_again_stays(world, updated):
    query(world, "update erp.price set amount = 99 where item = 'P2'")
    with pytest.raises(RollbackConflict, match="P2"):
        _undo(world, updated)
    result = _undo(world, updated, on_conflict="keep")
    assert (result.rows_restored, result.rows_kept) == (2, 1)
    assert query(world, AMOUNTS) == [("P1", "1"), ("P2", "99"), ("P3", "3"), ("P4", "4")]


def test_an_image_of_a_table_that_is_gone_is_refused(world):
    entry = Entry(0, "erp.gone", "insert", ("id",), ("id",), 1, compress(b"1\n"))
    with world.target.connect() as connection, pytest.raises(Exception, match=r"no table 'erp\.gone'"):
        undo_entry(connection, entry, [], xact="1")
