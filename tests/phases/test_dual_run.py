"""Dual run: what changed on either side is found once, keeps its name, and only a comparison closes it."""

from typing import Any

import pytest
from tests.phases.moved import Moved, moved, original, toy
from tests.phases.toy import WAVE, Toy, execute, one, rows, simple

from cutover.core.breaks import Tally
from cutover.errors import InputError
from cutover.phases.dual_run import Night, run_night
from cutover.phases.load import load_entity
from cutover.phases.rollback import roll_back
from cutover.phases.runs import finish_run, start_run
from cutover.phases.world import World

__all__ = ["moved", "original", "toy"]
CUSTOMERS: list[dict[str, str | None]] = [
    {"NR": "000001", "NAME": "Ａlpha ", "TAX": "T1", "SINCE": "2019-01-01", "PHONE": "123"},
    {"NR": "2", "NAME": "alpha", "TAX": "T1", "CREDIT": "7.25"},
    {"NR": "3", "NAME": "Test x", "CREDIT": "1"},
    {"NR": "4", "NAME": "Way too long a name"},
    {"NR": "5", "LAND": "D", "TERM": None, "PARENT": "0002", "CREDIT": "0.10"},
    {"NR": "6", "CREDIT": "3.00-"},
    {"NR": "7", "PARENT": "6"},
]


def breaks(world: World, state: str = "open") -> list[tuple[Any, ...]]:
    """The breaks of a state: entity, business key, field, type."""
    return rows(
        world,
        "select entity, business_key, field, observed_type from cutover.break where state = :state order by 1, 2, 3, 4",
        state=state,
    )


def tally(night: Night, entity: str) -> Tally:
    """The tally of one entity."""
    (found,) = [tally for tally in night.tallies if tally.entity == entity]
    return found


def test_the_first_night_is_clean(moved: Moved) -> None:
    night = run_night(moved.world, wave=WAVE)
    assert night.status == "clean"
    assert night.tallies == (
        Tally("customer", matched=2, explained=5), Tally("supplier", matched=1, explained=2),
        Tally("order", matched=2, explained=1), Tally("line", matched=3, explained=1),
    )  # fmt: skip
    assert breaks(moved.world) == []
    assert one(moved.world, "select status from cutover.night") == "clean"


def test_a_night_moves_nothing_in_the_target(moved: Moved) -> None:
    tables = ("app.partner", "app.role", "app.orders", "app.line")
    sequences = ("app.partner_id_seq", "app.orders_id_seq")

    def state() -> list[list[tuple[Any, ...]]]:
        return [rows(moved.world, f"select * from {name} order by 1, 2") for name in (*tables, *sequences)]  # noqa: S608

    before = state()
    moved.toy.write("customer", [*CUSTOMERS, {"NR": "8"}, {"NR": "9", "TAX": "T9"}])
    run_night(moved.world, wave=WAVE)
    assert state() == before


LEGACY = {
    "a changed value": (
        ("customer", 4, {"CREDIT": "0.20"}),
        [("customer", "5", "app.partner.credit", "value")],
        ("customer", Tally("customer", matched=1, explained=5, broken=1)),
    ),
    "a value that became nothing": (
        ("customer", 4, {"CREDIT": None}),
        [("customer", "5", "app.partner.credit", "value")],
        ("customer", Tally("customer", matched=1, explained=5, broken=1)),
    ),
    "two changed values of one row": (
        ("customer", 4, {"CREDIT": "0.20", "LAND": "CN"}),
        [("customer", "5", "app.partner.country", "value"), ("customer", "5", "app.partner.credit", "value")],
        ("customer", Tally("customer", matched=1, explained=5, broken=1)),
    ),
    "a row that is not allowed any more": (
        ("customer", 4, {"LAND": "??"}),
        [(entity, key, "", "missing_in_old") for entity, key in (("customer", "5"), ("order", "2"), ("line", "2|10"))],
        ("customer", Tally("customer", matched=1, explained=5, broken=1)),
    ),
    "a row that was left out and moves now": (
        ("customer", 3, {"NAME": "short"}),
        [("customer", "4", "", "missing_in_new"), ("customer", "4", "app.role", "missing_in_new")],
        ("customer", Tally("customer", matched=2, explained=4, broken=1)),
    ),
}  # fmt: skip


@pytest.mark.parametrize("change", LEGACY)
def test_a_change_in_the_legacy_system_breaks_its_rows_and_no_others(moved: Moved, change: str) -> None:
    (entity, place, values), found, (named, counts) = LEGACY[change]
    changed = [dict(row) for row in CUSTOMERS]
    changed[place] |= values
    moved.toy.write(entity, changed)
    night = run_night(moved.world, wave=WAVE)
    assert night.status == "not_clean"
    assert breaks(moved.world) == sorted(found)
    assert tally(night, named) == counts
    assert (night.opened, night.still_open, night.closed) == (len(found), len(found), 0)


def test_a_new_row_in_the_legacy_system_is_missing_in_the_new_one(moved: Moved) -> None:
    moved.toy.write("customer", [*CUSTOMERS, {"NR": "8"}])
    night = run_night(moved.world, wave=WAVE)
    assert breaks(moved.world) == [
        ("customer", "8", "", "missing_in_new"),
        ("customer", "8", "app.role", "missing_in_new"),
    ]
    assert tally(night, "customer") == Tally("customer", matched=2, explained=5, broken=1)


def test_a_row_deleted_in_the_legacy_system_is_missing_in_the_old_one(moved: Moved) -> None:
    moved.toy.write("line", [{"ID": "1"}, {"ID": "2"}, {"ID": "3"}])
    night = run_night(moved.world, wave=WAVE)
    assert breaks(moved.world) == [("line", "1|20", "", "missing_in_old")]
    assert tally(night, "line") == Tally("line", matched=2, explained=1, broken=1)


@pytest.mark.parametrize(
    ("statement", "found", "named"),
    [
        (
            "update app.partner set name = 'x' where no = '5'",
            [("customer", "5", "app.partner.name", "value")],
            "customer",
        ),
        (
            "update app.partner set phone = '' where no = '5'",
            [("customer", "5", "app.partner.phone", "value")],
            "customer",
        ),
        ("delete from app.line where pos = '20'", [("line", "1|20", "", "missing_in_new")], "line"),
        (
            "delete from app.role where partner_id = (select id from app.partner where no = '5')",
            [("customer", "5", "app.role", "missing_in_new")],
            "customer",
        ),
    ],
)
def test_a_change_in_the_target_breaks_its_row(
    moved: Moved, statement: str, found: list[tuple[str, ...]], named: str
) -> None:
    execute(moved.world, statement)
    night = run_night(moved.world, wave=WAVE)
    assert (night.status, breaks(moved.world)) == ("not_clean", found)
    assert tally(night, named).broken == 1
    assert sum(tally.broken for tally in night.tallies) == 1


def test_a_break_keeps_its_identity_over_the_nights_and_a_comparison_closes_it(moved: Moved) -> None:
    execute(moved.world, "update app.partner set name = 'x' where no = '5'")
    first = run_night(moved.world, wave=WAVE)
    execute(moved.world, "update app.partner set name = 'y', credit = 9 where no = '5'")
    second = run_night(moved.world, wave=WAVE)
    assert (second.opened, second.still_open, second.closed) == (1, 2, 0)
    kept = rows(
        moved.world,
        "select first_night, last_night, nights, actual from cutover.break where field = 'app.partner.name'",
    )
    assert kept == [(first.night_id, second.night_id, 2, "y")]
    execute(moved.world, "update app.partner set name = 'n', credit = 0.10 where no = '5'")
    third = run_night(moved.world, wave=WAVE)
    assert (third.status, third.opened, third.still_open, third.closed) == ("clean", 0, 0, 2)
    assert one(moved.world, "select distinct closed_by from cutover.break") == third.night_id
    execute(moved.world, "update app.partner set name = 'x' where no = '5'")
    run_night(moved.world, wave=WAVE)
    assert one(moved.world, "select nights from cutover.break where state = 'open'") == 3


def test_what_is_not_compared_is_no_reason_to_close_a_break(moved: Moved) -> None:
    execute(moved.world, "update app.line set qty = 9 where pos = '20'")
    run_night(moved.world, wave=WAVE)
    execute(
        moved.world,
        "alter table app.line drop constraint line_pkey",
        "insert into app.line select * from app.line where pos = '20'",
        "update app.line set qty = 1.5 where pos = '20'",
    )
    night = run_night(moved.world, wave=WAVE)
    assert (night.status, night.closed) == ("invalid", 0)
    assert tally(night, "line").not_compared == 4
    assert breaks(moved.world) == [("line", "1|20", "app.line.qty", "value")]


def test_the_night_of_one_wave_closes_no_break_of_another(toy: Toy) -> None:
    simple(toy)
    toy.edit(
        "project.yaml",
        "  main: {entities: [customer, supplier, order, line]}",
        "  main: {entities: [customer, supplier]}\n  second: {entities: [order, line]}",
    )
    world = toy.world()
    snapshot = toy.prepare(world)
    finish_run(world, toy.load(world, snapshot))
    second = start_run(world, wave="second", kind="full", snapshot=snapshot)
    for entity in ("order", "line"):
        load_entity(world, second, entity)
    finish_run(world, second)
    execute(world, "update app.partner set name = 'x' where no = '5'")
    assert run_night(world, wave=WAVE).opened == 1
    night = run_night(world, wave="second")
    assert (night.status, night.closed) == ("clean", 0)
    assert breaks(world) == [("customer", "5", "app.partner.name", "value")]


def test_a_night_that_compares_nothing_is_invalid(toy: Toy) -> None:
    for entity in ("customer", "supplier", "order", "line"):
        toy.write(entity, [])
    world = toy.world()
    toy.move(world)
    night = run_night(world, wave=WAVE)
    assert (night.status, sum(tally.compared for tally in night.tallies)) == ("invalid", 0)


def test_an_entity_that_was_never_loaded_makes_a_night_invalid(toy: Toy) -> None:
    simple(toy)
    toy.edit("project.yaml", "entities: [customer, supplier, order, line]", "entities: [customer, supplier]")
    toy.move(toy.world())
    toy.edit("project.yaml", "entities: [customer, supplier]", "entities: [customer, supplier, order]")
    night = run_night(toy.world(), wave=WAVE)
    assert night.status == "invalid"
    assert tally(night, "order") == Tally("order", not_compared=3)


def test_a_night_does_not_take_what_is_still_to_come_for_lost(toy: Toy) -> None:
    simple(toy)
    world = toy.world()
    run_id = start_run(world, wave=WAVE, kind="full", snapshot=toy.prepare(world))
    load_entity(world, run_id, "customer")
    with pytest.raises(InputError, match=f"run {run_id} of wave 'main' is not finished"):
        run_night(world, wave=WAVE)
    assert one(world, "select count(*) from cutover.night") == 0


def test_a_night_needs_a_full_run_that_stands(moved: Moved) -> None:
    roll_back(moved.world, moved.run_id, reason="test", by_whom="test")
    with pytest.raises(InputError, match="no full run of wave 'main' stands"):
        run_night(moved.world, wave=WAVE)
    assert one(moved.world, "select count(*) from cutover.night") == 0
