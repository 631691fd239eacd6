"""Verify: whatever differs between the target and what the mapping says is found and closes the gate."""

import json
from shutil import copytree

import pytest
from tests.phases.moved import Moved, moved, original, toy
from tests.phases.toy import Toy, execute, of, one, rows, simple

from cutover.errors import GateClosed, InputError
from cutover.phases.rollback import roll_back
from cutover.phases.runs import read_run
from cutover.phases.verify import VERIFY_GATE, verify_run
from cutover.systems import datasets

__all__ = ["moved", "original", "toy"]


def test_what_was_loaded_passes_and_the_evidence_is_kept(moved: Moved) -> None:
    results = verify_run(moved.world, moved.run_id)
    # Two entities have no rejects.
    others = {(result.check_id, result.status) for result in results if result.status != "pass"}
    assert others == {("REJECTS.DECIDED", "not_applicable")}
    partners = of(results, "ROWS.app.partner", "customer")
    assert (partners.denominator, partners.evidence["matched"]) == (2, 2)
    total = of(results, "TOTAL.credit", "customer").evidence["totals"]
    assert total[0] == {
        "group": "CN", "source": "20.25", "loaded": "7.25", "merged": "5.00", "dropped": "1.00", "rejected": "7.00",
        "target": "7.25",
    }  # fmt: skip
    stored = one(
        moved.world,
        "select evidence from cutover.check_result where run_id = :run and check_id = 'TOTAL.credit' and gate = :gate"
        " order by check_result_id desc limit 1",
        run=moved.run_id,
        gate=VERIFY_GATE,
    )
    assert stored["totals"] == json.loads(json.dumps(total))


FOUND = {
    "a changed cell": (
        "update app.partner set name = 'other' where no = '5'",
        ("ROWS.app.partner", "customer"), {"differing": 1, "columns": {"name": 1}},
    ),
    "a value that became nothing": (
        "update app.partner set phone = null where no = '2'",
        ("ROWS.app.partner", "customer"), {"differing": 1, "columns": {"phone": 1}},
    ),
    "nothing that became a value": (
        "update app.partner set phone = 'x' where no = '5'",
        ("ROWS.app.partner", "customer"), {"differing": 1, "columns": {"phone": 1}},
    ),
    "nothing that became an empty text": (
        "update app.partner set phone = '' where no = '5'",
        ("ROWS.app.partner", "customer"), {"differing": 1, "columns": {"phone": 1}},
    ),
    "another parent": (
        "update app.partner set parent_id = id where no = '5'",
        ("ROWS.app.partner", "customer"), {"differing": 1, "columns": {"parent_id": 1}},
    ),
    "a flag turned round": (
        "update app.partner set defaulted = not defaulted where no = '5'",
        ("ROWS.app.partner", "customer"), {"differing": 1, "columns": {"defaulted": 1}},
    ),
    "a cent": (
        "update app.orders set amount = amount + 0.01 where no = '1'",
        ("TOTAL.amount", "order"), {},
    ),
    "balances swapped between two rows of one group": (
        "update app.partner set credit = case no when '2' then 0.10 else 7.25 end where no in ('2', '5')",
        ("ROWS.app.partner", "customer"), {"differing": 2, "columns": {"credit": 2}},
    ),
    "a missing row": (
        "delete from app.line where pos = '20'",
        ("ROWS.app.line", "line"), {"missing": ["1|20"]},
    ),
    "a missing further row": (
        "delete from app.role where role = 'supplier' and partner_id = 2",
        ("ROWS.app.role.SU-R", "supplier"), {"matched": 1},
    ),
    "an extra further row": (
        "insert into app.role select id, 'vendor' from app.partner where no = '5'",
        ("COUNT.app.role", None), {"before": 0, "written": 4},
    ),
    "an extra row": (
        "insert into app.partner (no, name) values ('hand', 'made')",
        ("COUNT.app.partner", None), {"before": 0, "written": 3},
    ),
    "a row deleted and another one made": (
        "with gone as (delete from app.line where pos = '20' returning *) "
        "insert into app.line select order_id, '30', qty from gone",
        ("ROWS.app.line", "line"), {"missing": ["1|20"]},
    ),
}  # fmt: skip


@pytest.mark.parametrize("change", FOUND)
def test_a_change_behind_our_back_is_found(moved: Moved, change: str) -> None:
    statement, check, evidence = FOUND[change]
    execute(moved.world, statement)
    with pytest.raises(GateClosed, match="gate 'verification' is closed") as error:
        verify_run(moved.world, moved.run_id)
    stored = rows(
        moved.world,
        """select check_id, entity, status, evidence from cutover.check_result
           where check_result_id > (select max(check_result_id) from cutover.check_result) - :last""",
        last=19,
    )
    failed = {(line[0], line[1]): line[3] for line in stored if line[2] == "fail"}
    assert check in failed
    assert evidence.items() <= failed[check].items()
    assert check[0] in str(error.value)


def test_a_balanced_swap_ties_and_is_found_all_the_same(moved: Moved) -> None:
    execute(moved.world, "update app.partner set country = 'CN' where no = '5'", "update app.orders set amount = 1")
    execute(moved.world, "update app.orders set amount = case no when '1' then 1.5 else 0.5 end")
    with pytest.raises(GateClosed) as error:
        verify_run(moved.world, moved.run_id)
    assert "ROWS.app.orders order fail" in str(error.value)
    assert "TOTAL.amount" not in str(error.value)


def test_keys_that_repeat_in_the_target_are_an_error_that_closes_the_gate(moved: Moved) -> None:
    execute(
        moved.world,
        "alter table app.line drop constraint line_pkey",
        "insert into app.line select * from app.line where pos = '20'",
    )
    with pytest.raises(
        GateClosed, match="ROWS.app.line line error: nothing can be compared: the actual side repeats keys"
    ):
        verify_run(moved.world, moved.run_id)


def test_rows_that_left_the_mapped_data_since_the_load_are_an_error(moved: Moved) -> None:
    """Nothing differs where nothing is compared: the journal says how many rows there were to compare."""
    staging = moved.toy.root / "staging"
    shared = staging.resolve()
    staging.unlink()
    copytree(shared, staging)
    dataset = datasets.mapped(read_run(moved.world, moved.run_id).snapshot_id, "line")
    for index, part in moved.world.staging.read_parts(dataset):
        moved.world.staging.write_part(dataset, index, part.slice(0, 0))
    told = "ROWS.app.line line error: 3 rows were written, the mapped data of the snapshot hold 0 of them"
    with pytest.raises(GateClosed, match=told):
        verify_run(moved.world, moved.run_id)


def test_a_table_without_its_fingerprint_is_not_run(moved: Moved) -> None:
    execute(moved.world, "delete from cutover.fingerprint where table_name = 'app.role'")
    with pytest.raises(GateClosed, match=r"COUNT.app.role  not_run: no fingerprint was taken"):
        verify_run(moved.world, moved.run_id)


def test_where_nothing_is_to_be_compared_no_check_is_green(toy: Toy) -> None:
    for entity in ("customer", "supplier", "order", "line"):
        toy.write(entity, [])
    world = toy.world()
    results = verify_run(world, toy.load(world, toy.prepare(world)))
    compared = [result for result in results if result.check_id.startswith(("ROWS.", "TOTAL."))]
    assert len(compared) == 8
    assert {result.status for result in compared} == {"not_applicable"}


def test_blanks_that_the_target_fills_up_with_are_no_difference(toy: Toy) -> None:
    simple(toy)
    world = toy.world()
    execute(world, "alter table app.partner alter column no type char(12), alter column country type char(5)")
    assert toy.move(world)
    execute(world, "update app.partner set country = 'XX' where no = '5'")
    with pytest.raises(GateClosed, match=r"ROWS.app.partner customer fail: 1 "):
        verify_run(world, 1)


def test_a_partitioned_table_is_counted_and_goes_back(toy: Toy) -> None:
    simple(toy)
    world = toy.world()
    execute(
        world,
        "drop table app.line",
        "create table app.line (order_id bigint not null references app.orders, pos varchar(4) not null,"
        " qty numeric(12,3), primary key (order_id, pos)) partition by hash (order_id)",
        *(
            f"create table app.line_{n} partition of app.line for values with (modulus 2, remainder {n})"
            for n in (0, 1)
        ),
    )
    run_id = toy.move(world)
    execute(world, "insert into app.line select order_id, '99', 1 from app.line limit 1")
    with pytest.raises(GateClosed, match="COUNT.app.line"):
        verify_run(world, run_id)
    execute(world, "delete from app.line where pos = '99'")
    assert roll_back(world, run_id, reason="test", by_whom="test").original_state is True


def test_a_value_that_no_mapping_could_have_written_is_an_error_that_closes_the_gate(moved: Moved) -> None:
    execute(moved.world, "update app.orders set amount = amount + 0.0001 where no = '1'")
    with pytest.raises(
        GateClosed, match="ROWS.app.orders order error: nothing can be compared: the target holds values"
    ):
        verify_run(moved.world, moved.run_id)


def test_a_run_that_was_taken_back_is_not_verified_by_the_rows_of_another(moved: Moved) -> None:
    roll_back(moved.world, moved.run_id, reason="x", by_whom="x")
    with pytest.raises(InputError, match="run 1 is rolled back. Fix: verify a run that stands"):
        verify_run(moved.world, moved.run_id)


def test_messages_name_no_values(moved: Moved) -> None:
    execute(moved.world, "update app.partner set name = 'Geheim' where no = '5'")
    with pytest.raises(GateClosed) as error:
        verify_run(moved.world, moved.run_id)
    assert "Geheim" not in str(error.value)
    assert "Geheim" not in str(rows(moved.world, "select evidence, message from cutover.check_result"))


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ("reason = ''", "reasonless"),
        ("reason = 'UNKNOWN'", "unknown"),
        ("owner = ''", "ownerless"),
        ("due = null", "undated"),
    ],
)
def test_a_reject_that_nobody_decides_about_closes_it(moved: Moved, change: str, told: str) -> None:
    """DMC-18: a reject with an empty reason."""
    execute(moved.world, f"update cutover.reject set {change} where entity = 'customer' and rule = 'CU-2'")
    with pytest.raises(GateClosed, match="REJECTS.DECIDED customer fail"):
        verify_run(moved.world, moved.run_id)
    evidence = "select evidence from cutover.check_result where check_id = 'REJECTS.DECIDED' and status = 'fail'"
    assert one(moved.world, evidence)[told] == 1
