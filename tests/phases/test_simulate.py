"""Simulate: the report of a real run, and a target that is byte for byte what it was, whatever happens on the way."""

from dataclasses import replace
from pathlib import Path

import pytest
from tests.phases.moved import toy
from tests.phases.toy import WAVE, Toy, execute, one, simple

from cutover.core.verdicts import CheckResult
from cutover.errors import GateClosed, TerminalError
from cutover.phases import simulate as phase
from cutover.phases.load import load_entity
from cutover.phases.runs import finish_run, list_runs
from cutover.phases.simulate import simulate
from cutover.phases.summary import summarise
from cutover.phases.verify import verify_run
from cutover.phases.world import World
from cutover.systems.fingerprint import take_fingerprint
from cutover.systems.keys import hold_sequences

__all__ = ["toy"]


def prepared(toy: Toy, *statements: str) -> tuple[World, str]:
    simple(toy)
    world = toy.world()
    snapshot = toy.prepare(world)
    execute(world, *statements)
    return world, snapshot


def fingerprint(world: World, *schemas: str) -> list[object]:
    with world.target.connect() as connection:
        return list(take_fingerprint(connection, schemas, ()))


def test_the_report_is_that_of_the_real_run_and_nothing_stays(toy: Toy) -> None:
    world, snapshot = prepared(toy)
    before = fingerprint(world, "app")
    rows = {entry.table: entry.rows for entry in fingerprint(world, "cutover")}  # type: ignore[attr-defined]
    found = simulate(world, wave=WAVE, snapshot=snapshot)
    assert fingerprint(world, "app") == before
    assert {entry.table: entry.rows for entry in fingerprint(world, "cutover")} == rows  # type: ignore[attr-defined]
    assert list_runs(world) == []
    assert found.drawn == ()
    assert [Path(file).parent.name for file in found.files] == ["reports", f"run-{found.run_id}"]
    run_id = toy.load(world, snapshot)
    verify_run(world, run_id)
    finish_run(world, run_id)
    real, simulated = summarise(world, wave=WAVE).full, found.summary.full
    assert real is not None and simulated is not None
    assert replace(simulated, run_id=run_id) == real
    assert sum(line.loaded for line in simulated.entities) > 0


REFUSING = {
    "at once": ("alter table app.orders add constraint cheap check (amount < 1)",),
    "at commit": (
        "create table app.region (code varchar(2) primary key)",
        "alter table app.partner add foreign key (country) references app.region deferrable initially deferred",
    ),
}


@pytest.mark.parametrize("statements", REFUSING.values(), ids=REFUSING)
def test_what_the_target_refuses_is_told_as_by_the_real_run_and_nothing_stays(
    toy: Toy, statements: tuple[str, ...]
) -> None:
    world, snapshot = prepared(toy, *statements)
    before = fingerprint(world, "app")
    simulated = simulate(world, wave=WAVE, snapshot=snapshot).summary.full
    assert fingerprint(world, "app") == before and list_runs(world) == []
    run_id = toy.load(world, snapshot)
    verify_run(world, run_id)
    finish_run(world, run_id)
    real = summarise(world, wave=WAVE).full
    assert real is not None and simulated is not None
    assert replace(simulated, run_id=run_id) == real
    assert sum(line.rejected for line in simulated.entities) > 0


def test_a_gate_that_closes_closes_it_here_too(toy: Toy) -> None:
    world, snapshot = prepared(
        toy,
        "create function app.change() returns trigger language plpgsql as "
        "$$ begin new.name := 'changed'; return new; end $$",
        "create trigger change before insert on app.partner for each row execute function app.change()",
    )
    before = fingerprint(world, "app")
    with pytest.raises(GateClosed, match="ROWS.app.partner customer fail"):
        simulate(world, wave=WAVE, snapshot=snapshot)
    assert fingerprint(world, "app") == before


DRAWING = (
    "create sequence app.stamp",
    "alter table app.role add column stamp bigint not null default nextval('app.stamp')",
)
STATES = {
    "never called": (),
    "called": ("select nextval('app.stamp')",),
    "at its end": ("alter sequence app.stamp maxvalue 100000 cycle", "select setval('app.stamp', 100000)"),
    "odd": ("alter sequence app.stamp increment -3 minvalue -100000 maxvalue 7 restart 7 cache 5",),
}


def test_a_number_that_the_target_draws_itself_is_taken_back(toy: Toy) -> None:
    world, snapshot = prepared(toy, *DRAWING)
    before = fingerprint(world, "app")
    found = simulate(world, wave=WAVE, snapshot=snapshot)
    assert found.drawn == () and fingerprint(world, "app") == before
    assert one(world, "select count(*) from app.role") == 0


@pytest.mark.parametrize("statements", STATES.values(), ids=STATES)
def test_a_held_sequence_draws_as_it_would_and_stands_as_it_was(toy: Toy, statements: tuple[str, ...]) -> None:
    world = toy.world()
    execute(world, "create schema if not exists app", DRAWING[0], *statements)
    before = fingerprint(world, "app")
    with world.target.connect() as connection:
        hold_sequences(connection, ("app",))
        drawn = [connection.exec_driver_sql("select nextval('app.stamp')").scalar() for _ in range(3)]
        connection.rollback()
    assert fingerprint(world, "app") == before
    with world.target.connect() as connection:
        assert [connection.exec_driver_sql("select nextval('app.stamp')").scalar() for _ in range(3)] == drawn


def test_a_number_that_is_not_ours_to_hold_is_told(toy: Toy, monkeypatch: pytest.MonkeyPatch) -> None:
    world, snapshot = prepared(toy, *DRAWING)
    # As with a sequence of another owner: nothing of it is held.
    monkeypatch.setattr(phase, "hold_sequences", lambda connection, schemas: None)
    found = simulate(world, wave=WAVE, snapshot=snapshot)
    assert len(found.drawn) == 1 and found.drawn[0].startswith("app.stamp: ")
    assert one(world, "select count(*) from app.role") == 0


def test_only_sequences_of_our_own_are_held(toy: Toy) -> None:
    world = toy.world()
    execute(world, "create schema if not exists app", DRAWING[0])
    with world.target.connect() as connection:
        connection.exec_driver_sql("create role clerk")  # of this transaction only
        connection.exec_driver_sql("grant usage on schema app to clerk")
        connection.exec_driver_sql("grant usage, select on sequence app.stamp to clerk")
        connection.exec_driver_sql("set local role clerk")
        hold_sequences(connection, ("app",))
        connection.rollback()


def test_a_target_that_somebody_else_changed_is_no_proof(toy: Toy, monkeypatch: pytest.MonkeyPatch) -> None:
    world, snapshot = prepared(toy)

    def verify(simulated: World, run_id: int) -> list[CheckResult]:
        execute(toy.world(), "create table app.other (id int)", "insert into app.other values (1)")
        return verify_run(simulated, run_id)

    monkeypatch.setattr(phase, "verify_run", verify)
    with pytest.raises(TerminalError, match="not what it was before the simulation: app.other: 1 rows"):
        simulate(world, wave=WAVE, snapshot=snapshot)


def test_a_simulation_can_be_repeated_and_the_real_run_follows(toy: Toy) -> None:
    world, snapshot = prepared(toy)
    first, second = (simulate(world, wave=WAVE, snapshot=snapshot) for _ in range(2))
    assert first.summary.full is not None and second.summary.full is not None
    assert first.summary.full.entities == second.summary.full.entities
    run_id = toy.load(world, snapshot)
    assert load_entity(world, run_id, "customer").loaded > 0
