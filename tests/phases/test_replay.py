"""Quarantine, the closed loop: rejected rows are exported, corrected, imported and replayed, exactly once."""

import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook
from openpyxl.utils import get_column_letter

sys.path.insert(0, str(Path(__file__).parents[1] / "support"))

from scratch import scratch_database, template_database  # noqa: E402
from tests.phases.moved import Moved, moved, original, toy  # noqa: E402
from tests.phases.toy import Toy, execute, one, outcomes, rows, simple, told  # noqa: E402

from cutover.errors import Busy, CutoverError, GateClosed, InputError  # noqa: E402
from cutover.phases.dual_run import run_night  # noqa: E402
from cutover.phases.gate import gate_mapping  # noqa: E402
from cutover.phases.load import load_entity  # noqa: E402
from cutover.phases.loading import batches  # noqa: E402
from cutover.phases.quarantine import correct  # noqa: E402
from cutover.phases.quarantine import replay as replaying  # noqa: E402
from cutover.phases.quarantine.correct import import_corrections  # noqa: E402
from cutover.phases.quarantine.correction_sheet import ARROW, write_corrections  # noqa: E402
from cutover.phases.quarantine.rejects import list_rejects  # noqa: E402
from cutover.phases.quarantine.replay import replay  # noqa: E402
from cutover.phases.quarantine.submitting import QUARANTINE_GATE, import_approved, submit_corrections  # noqa: E402
from cutover.phases.rollback import roll_back  # noqa: E402
from cutover.phases.runs import finish_run, read_run  # noqa: E402
from cutover.phases.signoff import record_signoff  # noqa: E402
from cutover.phases.verify import verify_run  # noqa: E402
from cutover.phases.world import World  # noqa: E402

__all__ = ["moved", "original", "scratch_database", "template_database", "toy"]

ENTITIES = ["customer", "supplier", "order", "line"]
Edit = Callable[[Any], None]


def snapshot_of(moved: Moved) -> str:
    return read_run(moved.world, moved.run_id).snapshot_id


def exported(world: World, snapshot: str, *entities: str, owner: str | None = "migration team") -> bytes:
    return write_corrections(world, snapshot, entities=entities or ENTITIES, owner=owner, language="en")[0]


def filled(content: bytes, sheet: str, **cells: Any) -> bytes:
    """Write corrections behind the arrows: column__row=value."""
    book = load_workbook(BytesIO(content))
    page = book[sheet]
    heads = [cell.value for cell in page[1]]
    places = {int(line[0].value): line for line in page.iter_rows(min_row=2)}
    for name, value in cells.items():
        column, row = name.rsplit("__", 1)
        places[int(row)][heads.index(ARROW + column)].value = value
    buffer = BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def conserved(world: World) -> None:
    """Every source row has one outcome, in one batch, and the rows of the target are those that are loaded."""
    assert one(world, "select count(*) from cutover.disposition") == 7 + 3 + 3 + 4
    assert one(world, "select sum(rows_read) from cutover.batch where state = 'loaded'") == 17
    loaded = rows(world, "select tgt_key from cutover.disposition where entity = 'customer' and outcome = 'loaded'")
    present = rows(world, "select id from app.partner where no not like 'S%'")
    assert sorted(loaded) == sorted(present)


def test_a_corrected_row_is_loaded_with_what_waited_for_it(moved: Moved) -> None:
    world, snapshot = moved.world, snapshot_of(moved)
    assert {one.row: one.words("en") for one in list_rejects(world, snapshot, "customer")} == {
        3: "name is too long for the new system",
        5: "credit is below its lowest allowed value",
        6: "what parent_id refers to was rejected: mend that first",
    }
    book = filled(exported(world, snapshot, "customer"), "customer", NAME__3="Short", CREDIT__5="3.00")
    done = import_corrections(world, book, by_whom="Li Na")
    assert done.cells == 2
    assert [(line.entity, line.rows, line.loaded) for line in done.replayed] == [("customer", 3, 3)]
    assert rows(world, "select no, name, credit from app.partner where no in ('4', '6', '7') order by no") == [
        ("4", "Short", 5), ("6", "n", 3), ("7", "n", 5),
    ]  # fmt: skip
    assert rows(world, 'select "row", "column", before, after, by_whom from cutover.correction order by 1') == [
        (3, "NAME", "Way too long a name", "Short", "Li Na"), (5, "CREDIT", "3.00-", "3.00", "Li Na"),
    ]  # fmt: skip
    conserved(world)
    verify_run(world, moved.run_id)
    gate_mapping(world, snapshot, "main")
    assert list_rejects(world, snapshot, "customer") == []


def test_what_was_rejected_for_its_parent_in_another_entity_comes_along(moved: Moved) -> None:
    world, snapshot = moved.world, snapshot_of(moved)
    book = filled(exported(world, snapshot), "order", PARTNER__2="5")
    done = import_corrections(world, book, by_whom="Li Na")
    assert [(line.entity, line.rows, line.loaded) for line in done.replayed] == [("order", 1, 1), ("line", 1, 1)]
    conserved(world)
    verify_run(world, moved.run_id)


def test_a_row_that_is_no_better_is_rejected_again(moved: Moved) -> None:
    world, snapshot = moved.world, snapshot_of(moved)
    book = filled(exported(world, snapshot, "customer"), "customer", NAME__3="Still much too long")
    done = import_corrections(world, book, by_whom="Li Na")
    assert [(line.rows, line.loaded, line.rejected) for line in done.replayed] == [(1, 0, 1)]
    conserved(world)
    again = replay(world, snapshot)
    assert again == []


def test_the_same_workbook_twice_changes_nothing(moved: Moved) -> None:
    world, snapshot = moved.world, snapshot_of(moved)
    book = filled(exported(world, snapshot, "customer"), "customer", NAME__3="Short")
    import_corrections(world, book, by_whom="Li Na")
    assert import_corrections(world, book, by_whom="Li Na").replayed == ()
    assert one(world, "select count(*) from cutover.correction") == 1
    assert one(world, "select count(*) from cutover.batch where seq >= 1000000") == 1


def test_two_people_import_at_once_and_every_row_moves_once(moved: Moved) -> None:
    world, snapshot = moved.world, snapshot_of(moved)
    books = [
        filled(exported(world, snapshot, "customer"), "customer", NAME__3="Short"),
        filled(exported(world, snapshot, "customer"), "customer", CREDIT__5="3.00"),
    ]

    worlds = [moved.toy.world() for _ in range(4)]

    def attempt(place: int) -> str:
        try:
            import_corrections(worlds[place], books[place % 2], by_whom=f"person {place}")
        except Busy:
            return "busy"
        return "done"

    with ThreadPoolExecutor(4) as people:
        told = list(people.map(attempt, range(4)))
    assert set(told) <= {"done", "busy"} and "done" in told
    for book in books:
        import_corrections(world, book, by_whom="somebody later")
    assert rows(world, "select no from app.partner where no in ('4', '6', '7') order by no") == [("4",), ("6",), ("7",)]
    assert one(world, "select count(*) from cutover.correction where withdrawn_at is null") == 2
    conserved(world)
    verify_run(world, moved.run_id)


def test_a_workbook_of_an_older_snapshot_mends_the_run_that_stands_on_it(moved: Moved) -> None:
    world, snapshot = moved.world, snapshot_of(moved)
    book = filled(exported(world, snapshot, "customer"), "customer", NAME__3="Short")
    newer = moved.toy.prepare(world)
    done = import_corrections(world, book, by_whom="Li Na")
    assert (done.snapshot, [(line.entity, line.loaded) for line in done.replayed]) == (snapshot, [("customer", 1)])
    conserved(world)
    verify_run(world, moved.run_id)
    # What was mended here was not mended there: the newer snapshot still tells of the row.
    assert 3 in {one.row for one in list_rejects(world, newer, "customer")}


def test_after_the_run_was_taken_back_a_correction_waits_for_the_next_load(toy: Toy) -> None:
    simple(toy)
    world = toy.world()
    first = toy.move(world)
    snapshot = read_run(world, first).snapshot_id
    book = filled(exported(world, snapshot, "customer"), "customer", NAME__3="Short")
    roll_back(world, first, reason="a test", by_whom="tester")
    done = import_corrections(world, book, by_whom="Li Na")
    assert (done.cells, done.replayed) == (1, ())
    assert one(world, "select count(*) from app.partner") == 0
    verify_run(world, toy.load(world, snapshot))
    assert one(world, "select name from app.partner where no = '4'") == "Short"


def test_one_bad_cell_refuses_the_whole_workbook_and_is_named(moved: Moved) -> None:
    world, snapshot = moved.world, snapshot_of(moved)
    content = exported(world, snapshot, "customer")
    heads = [cell.value for cell in load_workbook(BytesIO(content))["customer"][1]]
    book = filled(content, "customer", NAME__3="Short", CREDIT__5=date(2024, 1, 1))
    place = f"customer!{get_column_letter(heads.index(ARROW + 'CREDIT') + 1)}3"
    with pytest.raises(InputError, match=r"nothing was applied; bad cells \(1\)") as caught:
        import_corrections(world, book, by_whom="Li Na")
    assert place in str(caught.value)
    assert one(world, "select count(*) from cutover.correction") == 0
    with pytest.raises(InputError, match="Excel keeps 15 digits"):
        import_corrections(world, filled(content, "customer", NAME__3=1234567890123456789), by_whom="Li Na")


def test_a_row_that_changed_since_the_export_is_refused(moved: Moved) -> None:
    world, snapshot = moved.world, snapshot_of(moved)
    content = exported(world, snapshot, "customer")
    import_corrections(world, filled(content, "customer", NAME__3="Still much too long"), by_whom="Li Na")
    with pytest.raises(InputError, match="the row has changed since the export"):
        import_corrections(world, filled(content, "customer", NAME__3="Short"), by_whom="Li Na")


def test_a_correction_that_would_pull_down_a_loaded_row_is_withdrawn(toy: Toy) -> None:
    # A rule over several columns: any of them may be at fault, the key as well.
    toy.edit("mappings/customer.yaml", "column: credit, minimum: 0", "expression: credit >= 0")
    simple(toy)
    world = toy.world()
    snapshot = toy.prepare(world)
    run_id = toy.load(world, snapshot)
    before = outcomes(world, snapshot, "customer")
    mended = filled(exported(world, snapshot, "customer"), "customer", NR__5="5", CREDIT__5="3")
    with pytest.raises(InputError, match="rows that stand in the target.*customer: rejected KEY duplicate_key"):
        import_corrections(world, mended, by_whom="Li Na")
    assert outcomes(world, snapshot, "customer") == before
    assert rows(world, "select withdrawn_at is null from cutover.correction") == [(False,), (False,)]
    conserved(world)
    verify_run(world, run_id)


def twins(toy: Toy, *lines: dict[str, str | None]) -> World:
    """Load customers of one tax number, nothing else."""
    toy.write("customer", [{"TAX": "T1", **line} for line in lines])
    for entity in ("supplier", "order", "line"):
        toy.write(entity, [])
    world = toy.world()
    toy.load(world, toy.prepare(world))
    return world


def test_a_corrected_survivor_brings_the_rows_that_merge_into_it(toy: Toy) -> None:
    long = {"NR": "1", "NAME": "Way too long a name", "SINCE": "2021-01-01"}
    world = twins(toy, long, {"NR": "2", "PHONE": "12"}, {"NR": "3", "TAX": None})
    snapshot, run_id = one(world, "select snapshot_id from cutover.run"), one(world, "select run_id from cutover.run")
    assert told(world, snapshot, "customer") == [
        ("rejected", "too_long"), ("rejected", "survivor_rejected"), ("loaded", None)
    ]  # fmt: skip
    book = filled(exported(world, snapshot, "customer"), "customer", NAME__0="Short")
    done = import_corrections(world, book, by_whom="Li Na")
    assert [(line.rows, line.loaded, line.merged) for line in done.replayed] == [(2, 1, 1)]
    assert rows(world, "select no, name, phone from app.partner order by no") == [
        ("1", "Short", "12"),
        ("3", "n", None),
    ]
    merged = "select src_key, survivor from cutover.disposition where outcome = 'merged'"
    assert rows(world, merged) == [("2", "customer#0")]
    verify_run(world, run_id)


@pytest.mark.parametrize("phone", [None, "12"])
def test_a_corrected_row_merges_into_one_that_is_loaded_already_unless_it_would_change_it(
    toy: Toy, phone: str | None
) -> None:
    # A rule over several columns: any of them may be at fault, the tax number as well.
    toy.edit("mappings/customer.yaml", "column: credit, minimum: 0", "expression: credit >= 0")
    world = twins(toy, {"NR": "1", "SINCE": "2021-01-01"}, {"NR": "2", "CREDIT": "1-", "TAX": None, "PHONE": phone})
    snapshot, run_id = one(world, "select snapshot_id from cutover.run"), one(world, "select run_id from cutover.run")
    assert told(world, snapshot, "customer") == [("loaded", None), ("rejected", "expression")]
    book = filled(exported(world, snapshot, "customer"), "customer", CREDIT__1="1.00", TAX__1="T1")
    if phone is None:
        import_corrections(world, book, by_whom="Li Na")
        assert told(world, snapshot, "customer") == [("loaded", None), ("merged", "duplicate")]
    else:
        with pytest.raises(InputError, match="rows that stand .*customer: loaded with other values"):
            import_corrections(world, book, by_whom="Li Na")
        assert told(world, snapshot, "customer") == [("loaded", None), ("rejected", "expression")]
        assert rows(world, "select withdrawn_at is null from cutover.correction") == [(False,), (False,)]
    assert rows(world, "select no, phone from app.partner") == [("1", None)]
    verify_run(world, run_id)


def test_a_corrected_row_that_would_change_a_loaded_sum_is_refused(toy: Toy) -> None:
    history = """history:
  {rule: OR-H, kind: history, day: DAY, period: year, detail_from: 2021-01-01, summary_from: 2019-01-01,
   archive: the old system, by: [PARTNER, TAXC], sum: [AMOUNT]}
"""
    toy.edit("mappings/order.yaml", "fields:\n", f"{history}fields:\n")
    toy.write("customer", [{"NR": "1"}])
    toy.write("order", [{"ID": str(n), "PARTNER": "1", "DAY": None if n == 2 else "2020-03-01"} for n in range(3)])
    for entity in ("supplier", "line"):
        toy.write(entity, [])
    world = toy.world()
    snapshot = toy.prepare(world)
    run_id = toy.load(world, snapshot)
    assert [outcome for outcome, _ in told(world, snapshot, "order")] == ["loaded", "merged", "rejected"]
    book = filled(exported(world, snapshot, "order"), "order", DAY__2="2020-05-05")
    with pytest.raises(InputError, match="rows that stand .*order: loaded with other values"):
        import_corrections(world, book, by_whom="Li Na")
    assert rows(world, "select no, amount from app.orders") == [("0", 2)]
    verify_run(world, run_id)


def test_no_personal_data_without_an_owner(moved: Moved) -> None:
    world, snapshot = moved.world, snapshot_of(moved)

    def texts(content: bytes) -> str:
        return str([[cell.value for cell in line] for line in load_workbook(BytesIO(content))["customer"]])

    masked, owned = texts(exported(world, snapshot, owner=None)), texts(exported(world, snapshot))
    assert "Way too long" not in masked and "•••" in masked
    assert "Way too long" in owned and "•••" not in owned


def test_a_workbook_that_is_none_of_ours_is_refused(moved: Moved) -> None:
    for content in (b"no workbook", BytesIO().getvalue()):
        with pytest.raises(InputError, match="not a workbook of"):
            import_corrections(moved.world, content, by_whom="x")
    with pytest.raises(InputError, match="corrects nothing"):
        import_corrections(moved.world, exported(moved.world, snapshot_of(moved)), by_whom="x")
    with pytest.raises(InputError, match="needs a person"):
        import_corrections(moved.world, b"", by_whom=" ")


def test_a_replayed_batch_is_taken_back_with_the_run(moved: Moved) -> None:
    world, snapshot = moved.world, snapshot_of(moved)
    book = filled(exported(world, snapshot, "customer"), "customer", NAME__3="Short", CREDIT__5="3.00")
    import_corrections(world, book, by_whom="Li Na")
    assert roll_back(world, moved.run_id, reason="a test", by_whom="a test").original_state is True
    # A later full run of the same snapshot gives the same.
    later = moved.toy.load(world, snapshot)
    verify_run(world, later)
    assert rows(world, "select no from app.partner where no in ('4', '6', '7') order by no") == [("4",), ("6",), ("7",)]


def test_a_replay_that_was_taken_back_alone_is_loaded_again(toy: Toy) -> None:
    simple(toy)
    world = toy.world()
    snapshot = toy.prepare(world)
    run_id = toy.load(world, snapshot)
    book = filled(exported(world, snapshot), "order", PARTNER__2="5")
    import_corrections(world, book, by_whom="Li Na")
    roll_back(world, run_id, entity="line", reason="a test", by_whom="a test")
    roll_back(world, run_id, entity="order", reason="a test", by_whom="a test")
    assert load_entity(world, run_id, "order").loaded == 3
    load_entity(world, run_id, "line")
    conserved(world)
    verify_run(world, run_id)


def test_corrections_hold_before_anything_is_loaded(toy: Toy) -> None:
    simple(toy)
    world = toy.world()
    snapshot = toy.prepare(world)
    book = filled(exported(world, snapshot), "order", PARTNER__2="5")
    assert import_corrections(world, book, by_whom="Li Na").replayed == ()
    assert [line["outcome"] for line in outcomes(world, snapshot, "line")] == ["loaded"] * 4
    gate_mapping(world, snapshot, "main")


def test_what_a_mended_target_refused_is_replayed(toy: Toy) -> None:
    simple(toy)
    world = toy.world()
    snapshot = toy.prepare(world)
    execute(world, "alter table app.orders add constraint odd check (no <> '1')")
    run_id = toy.load(world, snapshot)
    assert one(world, "select count(*) from cutover.reject where stage = 'load'") == 3
    assert replay(world, snapshot) == []
    execute(world, "alter table app.orders drop constraint odd")
    done = replay(world, snapshot, refused=True)
    assert [(line.entity, line.rows, line.loaded) for line in done] == [("order", 1, 1), ("line", 2, 2)]
    conserved(world)
    verify_run(world, run_id)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.sampled_from(["customer", "order"]), st.integers(0, 6), st.integers(0, 9)), max_size=3))
def test_whatever_is_corrected_every_row_keeps_one_outcome(moved: Moved, edits: list[tuple[str, int, int]]) -> None:
    world, snapshot = moved.world, snapshot_of(moved)
    for entity, place, value in edits:
        rejected = sorted({one.row for one in list_rejects(world, snapshot, entity)})
        if not rejected:
            continue
        row = rejected[place % len(rejected)]
        content = exported(world, snapshot, entity)
        heads = [cell.value for cell in load_workbook(BytesIO(content))[entity][1]]
        columns = [str(head).removeprefix(ARROW) for head in heads if str(head).startswith(ARROW)]
        column = columns[place % len(columns)]
        try:
            import_corrections(world, filled(content, entity, **{f"{column}__{row}": str(value)}), by_whom="x")
        except CutoverError as refused:
            assert refused.fix
        conserved(world)
        verify_run(world, moved.run_id)


class Killed(BaseException):
    """Stands for a process that dies."""


@pytest.mark.parametrize("moment", range(6))
def test_a_replay_that_was_killed_goes_on(moved: Moved, monkeypatch: pytest.MonkeyPatch, moment: int) -> None:
    world, snapshot = moved.world, snapshot_of(moved)
    book = filled(
        filled(exported(world, snapshot), "order", PARTNER__2="5"), "customer", NAME__3="Short", CREDIT__5="3.00"
    )
    places = [
        (correct, "prepare"), (replaying, "cleanse_entity"), (replaying, "map_entity"), (replaying, "write_batch"),
        (batches, "insert_rows"), (replaying, "prove_balance"),
    ]  # fmt: skip

    def die(*_: Any, **__: Any) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(*places[moment], die)
        with pytest.raises(Killed):
            import_corrections(world, book, by_whom="Li Na")
    conserved(world)
    import_corrections(world, book, by_whom="Li Na")
    conserved(world)
    verify_run(world, moved.run_id)
    assert one(world, "select count(*) from app.partner where no in ('4', '6', '7')") == 3
    assert one(world, "select count(*) from cutover.correction where withdrawn_at is null") == 3


def test_a_night_knows_what_was_corrected_until_the_legacy_row_is_mended(moved: Moved) -> None:
    world, snapshot = moved.world, snapshot_of(moved)
    book = filled(exported(world, snapshot), "customer", NAME__3="Short", CREDIT__5="3.00")
    import_corrections(world, book, by_whom="Li Na")
    night = run_night(world, wave="main")
    assert (night.status, night.opened) == ("clean", 0)
    assert one(world, "select count(*) from cutover.correction where file_sha256 like 'carried%'") == 2
    legacy = moved.toy.root / "legacy" / "customer.csv"
    legacy.write_text(legacy.read_text().replace("3.00-", "4.00"))
    night = run_night(world, wave="main")
    assert night.opened == 1
    assert rows(world, "select business_key, field, expected, actual from cutover.break where state = 'open'") == [
        ("6", "app.partner.credit", "4.00", "3.00")
    ]


def test_a_night_explains_what_the_target_refused(toy: Toy) -> None:
    simple(toy)
    world = toy.world()
    snapshot = toy.prepare(world)
    execute(world, "alter table app.orders add constraint odd check (no <> '1')")
    finish_run(world, toy.load(world, snapshot))
    night = run_night(world, wave="main")
    assert (night.status, night.opened) == ("clean", 0)
    execute(world, "update app.orders set amount = 7 where no = '2'")
    assert run_night(world, wave="main").opened == 1


def test_only_the_approved_workbook_is_imported(moved: Moved) -> None:
    world, snapshot = moved.world, snapshot_of(moved)
    content = exported(world, snapshot, "customer")
    book = filled(content, "customer", NAME__3="Short")
    run_id = submit_corrections(world, book)
    with pytest.raises(GateClosed, match="nobody decided"):
        import_approved(world, run_id, book, by_whom="Li Na")
    record_signoff(world, run_id, QUARANTINE_GATE, person="the boss", decision="approved")
    with pytest.raises(GateClosed, match="not the one that was approved"):
        import_approved(world, run_id, filled(content, "customer", NAME__3="Other"), by_whom="Li Na")
    assert import_approved(world, run_id, book, by_whom="Li Na").cells == 1
    assert import_approved(world, run_id, book, by_whom="Li Na").replayed == ()
    with pytest.raises(InputError, match=r"bad cells \(1\)"):
        submit_corrections(world, filled(content, "customer", CREDIT__5=date(2024, 1, 1)))
