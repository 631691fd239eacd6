"""Verify: whatever differs between the target and what the mapping says is found and closes the gate."""

import json

import pytest
from tests.phases.moved import Moved, moved, original
from tests.phases.toy import execute, of, one, rows

from cutover.errors import GateClosed, InputError
from cutover.phases.rollback import roll_back
from cutover.phases.verify import VERIFY_GATE, verify_run

__all__ = ["moved", "original"]


def test_what_was_loaded_passes_and_the_evidence_is_kept(moved: Moved) -> None:
    results = verify_run(moved.world, moved.run_id)
    assert {result.status for result in results} == {"pass"}
    partners = of(results, "ROWS.app.partner", "customer").evidence
    assert (partners["compared"], partners["matched"]) == (2, 2)
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
        ("ROWS.app.role.SU-R", "supplier"), {"compared": 2, "matched": 1},
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
