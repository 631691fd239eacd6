"""One bad row never rejects a batch: the target refuses rows that the mapping let through."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "support"))

from scratch import scratch_database, template_database  # noqa: E402
from tests.phases.moved import copied, toy  # noqa: E402
from tests.phases.toy import FILES, WAVE, Toy, execute, one, rows  # noqa: E402

from cutover.errors import TargetError  # noqa: E402
from cutover.phases.load import load_entity  # noqa: E402
from cutover.phases.loading import bisecting  # noqa: E402
from cutover.phases.rollback import roll_back  # noqa: E402
from cutover.phases.runs import finish_run, read_run, start_run  # noqa: E402
from cutover.phases.snapshots import latest_snapshot  # noqa: E402
from cutover.phases.verify import verify_run  # noqa: E402
from cutover.phases.world import World  # noqa: E402
from cutover.systems.connections import Connection  # noqa: E402

__all__ = ["scratch_database", "template_database", "toy"]

REJECTS = """
select entity, "row", rule, "column", reason, constraint_name from cutover.reject where stage = 'load'
order by entity, "row\""""
OUTCOMES = "select outcome, count(*) from cutover.disposition where entity = :entity group by 1 order by 1"
DEFECTS = [
    ("alter table app.orders add constraint small check (amount <> 4)", "check_constraint", "small"),
    ("create unique index once on app.orders (tax) where amount > 3 and amount < 6", "already_in_target", "once"),
    ("alter table app.orders alter no type varchar(1)", "too_long", ""),
    ("alter table app.orders alter amount type numeric(4,3)", "out_of_range", ""),
    ("alter table app.orders alter tax set not null", "required_by_target", ""),
    (
        "create function app.no() returns trigger language plpgsql as $$ begin"
        " if new.amount = 4 then raise 'order % of somebody is not welcome', new.no; end if; return new; end $$;"
        "create trigger no before insert on app.orders for each row execute function app.no()",
        "refused_by_trigger",
        "",
    ),
    (
        "create function app.late() returns trigger language plpgsql as $$ begin"
        " if new.amount = 4 then raise integrity_constraint_violation using constraint = 'late'; end if;"
        " return null; end $$;"
        "create constraint trigger late after insert on app.orders deferrable initially deferred"
        " for each row execute function app.late()",
        "refused_by_target",
        "late",
    ),
    (
        "alter table app.orders add constraint alone"
        " exclude using gist (numrange(amount, amount + 1.5) with &&) where (amount in (3, 4))",
        "exclusion_constraint",
        "alone",
    ),
    (
        "create table app.day (amount numeric primary key); insert into app.day select generate_series(0, 3);"
        "insert into app.day select generate_series(5, 30);"
        "alter table app.orders add constraint known foreign key (amount) references app.day",
        "parent_not_in_target",
        "known",
    ),
]  # fmt: skip


def orders(toy: Toy, amounts: list[str]) -> None:
    toy.write("customer", [{"NR": "1"}])
    toy.write("supplier", [])
    toy.write(
        "order",
        [
            {"ID": str(n), "PARTNER": "1", "AMOUNT": amount, "TAXC": None if n == 7 else "V1"}
            for n, amount in enumerate(amounts)
        ],
    )
    toy.write("line", [{"ID": str(n), "POS": pos} for n in range(len(amounts)) for pos in ("10", "20")])


def prepared(toy: Toy, *statements: str, batch_rows: int = 100) -> tuple[World, int]:
    world = toy.world()
    snapshot = toy.prepare(world, batch_rows=batch_rows)
    execute(world, *statements)
    return world, start_run(world, wave=WAVE, kind="full", snapshot=snapshot)


@pytest.fixture(scope="module")
def eleven(template_database: Connection, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Toy]:  # noqa: F811
    """Eleven orders, mapped: one is number 4, one has two digits, and one has no tax code."""
    root = tmp_path_factory.mktemp("toy")
    with copied(Toy(root, template_database), root) as toy:  # noqa: F811
        orders(toy, [str(n) for n in range(11)])
        world = toy.world()
        execute(world, FILES["sql/target.sql"])
        toy.prepare(world, batch_rows=100)
        world.target.dispose()
        yield toy


def load(world: World, run_id: int) -> None:
    for entity in read_run(world, run_id).entities:
        load_entity(world, run_id, entity)


@pytest.mark.parametrize(("defect", "reason", "constraint"), DEFECTS, ids=[defect[1] for defect in DEFECTS])
def test_a_row_that_the_target_refuses_is_rejected_and_all_others_load(
    eleven: Toy, tmp_path: Path, defect: str, reason: str, constraint: str
) -> None:
    (tmp_path / "staging").symlink_to(eleven.root / "staging")
    with copied(eleven, tmp_path) as toy:  # noqa: F811
        world = toy.world()
        execute(world, defect)
        run_id = start_run(world, wave=WAVE, kind="full", snapshot=latest_snapshot(world))
        refuses_one_order(world, run_id, reason, constraint)
        world.target.dispose()


def refuses_one_order(world: World, run_id: int, reason: str, constraint: str) -> None:
    load(world, run_id)
    assert rows(world, OUTCOMES, entity="order") == [("loaded", 10), ("rejected", 1)]
    [(_, row, rule, _, told, named)] = [line for line in rows(world, REJECTS) if line[0] == "order"]
    assert (rule, told, named) == ("TARGET", reason, constraint)
    assert row == {"too_long": 10, "out_of_range": 10, "required_by_target": 7, "already_in_target": 5}.get(reason, 4)
    assert one(world, "select count(*) from app.orders") == 10
    assert rows(world, OUTCOMES, entity="line") == [("loaded", 20), ("rejected", 2)]
    verify_run(world, run_id)
    finish_run(world, run_id)
    assert roll_back(world, run_id, reason="a test", by_whom="a test").original_state is True


def test_what_refers_to_a_refused_row_is_rejected_by_the_same_run(toy: Toy) -> None:
    toy.write(
        "customer",
        [
            {"NR": "3", "PARENT": "2"},
            {"NR": "2", "PARENT": "1"},
            {"NR": "1", "CREDIT": "666", "TAX": "T1", "SINCE": "2021-01-01"},
            {"NR": "4", "TAX": "T1"},
            {"NR": "5", "PARENT": "6"},
            {"NR": "6"},
        ],
    )
    toy.write("supplier", [{"NR": "1", "TAX": "T1"}, {"NR": "2"}])
    toy.write("order", [{"ID": str(n), "PARTNER": str(n)} for n in range(1, 7)] + [{"ID": "7", "PARTNER": "4"}])
    toy.write("line", [{"ID": str(n)} for n in range(1, 8)])
    world, run_id = prepared(toy, "alter table app.partner add constraint lucky check (credit <> 666)", batch_rows=2)
    load(world, run_id)
    assert rows(world, REJECTS) == [
        ("customer", 0, "CU-7", "parent_id", "parent_rejected", ""),
        ("customer", 1, "CU-7", "parent_id", "parent_rejected", ""),
        ("customer", 2, "TARGET", "", "check_constraint", "lucky"),
        ("customer", 3, "CU-M", "", "survivor_rejected", ""),
        *(("line", n, "LI-1", "order_id", "parent_rejected", "") for n in (0, 1, 2, 3, 6)),
        *(("order", n, "OR-2", "partner_id", "parent_rejected", "") for n in (0, 1, 2, 3, 6)),
        ("supplier", 0, "SU-M", "", "survivor_rejected", ""),
    ]
    assert {no for (no,) in rows(world, "select no from app.partner")} == {"5", "6", "S2"}
    verify_run(world, run_id)
    finish_run(world, run_id)


def test_rows_in_a_circle_of_references_load_beside_a_refused_row(toy: Toy) -> None:
    toy.edit("mappings/customer.yaml", "acyclic: {rule: CU-A, parent: PARENT, child: NR}\n", "")
    toy.write("customer", [{"NR": "1", "PARENT": "2"}, {"NR": "2", "PARENT": "1"}, {"NR": "3", "CREDIT": "666"}])
    for entity in ("supplier", "order", "line"):
        toy.write(entity, [])
    world, run_id = prepared(toy, "alter table app.partner add constraint lucky check (credit <> 666)")
    load(world, run_id)
    assert {no for (no,) in rows(world, "select no from app.partner")} == {"1", "2"}


def test_a_group_over_two_batches_falls_together_and_rises_when_the_target_is_mended(toy: Toy) -> None:
    toy.write("customer", [{"NR": "1"}])
    toy.write("supplier", [])
    toy.write("order", [{"ID": "1", "PARTNER": "1"}, {"ID": "2", "PARTNER": "1"}])
    toy.write("line", [{"ID": "1", "POS": "10"}, {"ID": "2"}, {"ID": "1", "POS": "20"}, {"ID": "1", "POS": "30"}])
    toy.write("line", [{"ID": "1", "POS": p} for p in ("10", "20")] + [{"ID": "1", "POS": p} for p in ("30", "40")]
              + [{"ID": "2"}])  # fmt: skip
    world, run_id = prepared(toy, "alter table app.line add constraint odd check (pos <> '30')", batch_rows=2)
    load(world, run_id)
    assert rows(world, REJECTS) == [
        ("line", 0, "LI-A", "", "group_rejected", ""),
        ("line", 1, "LI-A", "", "group_rejected", ""),
        ("line", 2, "TARGET", "", "check_constraint", "odd"),
        ("line", 3, "LI-A", "", "group_rejected", ""),
    ]
    verify_run(world, run_id)
    roll_back(world, run_id, entity="line", seq=0, reason="mended", by_whom="a test")
    execute(world, "alter table app.line drop constraint odd")
    assert load_entity(world, run_id, "line").loaded == 5
    assert rows(world, REJECTS) == []
    verify_run(world, run_id)
    finish_run(world, run_id)


BALANCED = (
    "create function app.balanced() returns trigger language plpgsql as $$ begin"
    " if (select sum(qty) from app.line where order_id = new.order_id) <> 0 then"
    " raise integrity_constraint_violation using constraint = 'balanced'; end if; return null; end $$;"
    "create constraint trigger balanced after insert on app.line deferrable initially deferred"
    " for each row execute function app.balanced()"
)


def documents(toy: Toy, lines: list[tuple[str, str, str]]) -> None:
    toy.write("customer", [{"NR": "1"}])
    toy.write("supplier", [])
    toy.write("order", [{"ID": number, "PARTNER": "1"} for number in dict.fromkeys(line[0] for line in lines)])
    toy.write("line", [{"ID": number, "POS": pos, "QTY": quantity} for number, pos, quantity in lines])


def of_two_lines(number: str) -> list[tuple[str, str, str]]:
    return [(number, "10", "2"), (number, "20", "-2")]


@pytest.mark.parametrize("batch_rows", [1, 2, 3, 100])
def test_documents_that_must_balance_load_whole_wherever_the_batches_end(toy: Toy, batch_rows: int) -> None:
    # Document 2 lies before, between and behind others: its group spans several parts, and whole parts leave for it.
    lines = [("2", "10", "3"), *of_two_lines("1"), ("2", "20", "-1"), *of_two_lines("3"), ("2", "30", "-2")]
    documents(toy, [*lines, *of_two_lines("4")])
    world, run_id = prepared(toy, BALANCED, batch_rows=batch_rows)
    load(world, run_id)
    assert rows(world, OUTCOMES, entity="line") == [("loaded", 9)]
    verify_run(world, run_id)
    finish_run(world, run_id)
    assert roll_back(world, run_id, reason="a test", by_whom="a test").original_state is True


@pytest.mark.parametrize("batch_rows", [3, 100])
def test_a_document_that_does_not_balance_is_rejected_whole_and_all_others_load(toy: Toy, batch_rows: int) -> None:
    good = [line for number in range(20, 36) for line in of_two_lines(str(number))]
    documents(toy, [*good[:15], *[("7", str(pos), "1") for pos in range(10, 25)], *good[15:]])
    world, run_id = prepared(toy, BALANCED, batch_rows=batch_rows)
    load(world, run_id)
    assert rows(world, OUTCOMES, entity="line") == [("loaded", 32), ("rejected", 15)]
    assert {line[2:] for line in rows(world, REJECTS)} == {("TARGET", "", "refused_by_target", "balanced")}
    verify_run(world, run_id)
    finish_run(world, run_id)


def test_of_a_document_the_row_at_fault_is_named_and_the_others_fall_with_it(toy: Toy) -> None:
    documents(toy, [*of_two_lines("1"), ("2", "10", "2"), ("2", "30", "-2"), *of_two_lines("3")])
    world, run_id = prepared(toy, BALANCED, "alter table app.line add constraint odd check (pos <> '30')")
    load(world, run_id)
    assert rows(world, REJECTS) == [
        ("line", 2, "LI-A", "", "group_rejected", ""),
        ("line", 3, "TARGET", "", "check_constraint", "odd"),
    ]
    assert rows(world, OUTCOMES, entity="line") == [("loaded", 4), ("rejected", 2)]
    verify_run(world, run_id)


def test_a_batch_in_which_everything_is_bad_stops_with_one_message(toy: Toy, monkeypatch: pytest.MonkeyPatch) -> None:
    orders(toy, [str(n) for n in range(300)])
    world, run_id = prepared(toy, "alter table app.orders add constraint none check (amount < 0)")
    attempts = count_attempts(monkeypatch)
    load_entity(world, run_id, "customer")
    with pytest.raises(TargetError, match="refuses more than 10 rows of this batch.*none.*refused_rate_max") as caught:
        load_entity(world, run_id, "order")
    assert caught.value.facts["batch"] == 0
    assert len(attempts) < 40
    assert one(world, "select count(*) from app.orders") == 0


def test_the_declared_share_may_be_refused(toy: Toy) -> None:
    orders(toy, [str(n) for n in range(60)])
    toy.edit("project.yaml", "default_rate_max: 1}", "default_rate_max: 1, refused_rate_max: 0.5}")
    world, run_id = prepared(toy, "alter table app.orders add constraint even check (amount % 2 = 0)")
    load(world, run_id)
    assert rows(world, OUTCOMES, entity="order") == [("loaded", 30), ("rejected", 30)]


def test_the_work_is_bounded(toy: Toy, monkeypatch: pytest.MonkeyPatch) -> None:
    orders(toy, [str(n) for n in range(1024)])
    world, run_id = prepared(toy, "alter table app.orders add constraint k check (amount % 500 <> 1)", batch_rows=2000)
    attempts = count_attempts(monkeypatch)
    load(world, run_id)
    # 3 rows of 1,024: two attempts for each of ten halvings, and the whole once.
    assert one(world, "select count(*) from cutover.reject where rule = 'TARGET'") == 3
    assert 3 < len(attempts) <= 1 + 3 * 2 * 10


def count_attempts(monkeypatch: pytest.MonkeyPatch) -> list[None]:
    counted: list[None] = []
    real = bisecting._attempt

    def counting(*arguments: object) -> object:
        counted.append(None)
        return real(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(bisecting, "_attempt", counting)
    return counted


def test_no_value_of_a_refused_row_is_told(toy: Toy, caplog: pytest.LogCaptureFixture) -> None:
    orders(toy, ["1", "4"])
    world, run_id = prepared(toy, DEFECTS[4][0])
    load(world, run_id)
    told = rows(world, "select rule, \"column\", reason, constraint_name from cutover.reject where stage = 'load'")
    assert "welcome" not in f"{told}{caplog.text}"


def test_a_batch_without_refusals_searches_nothing(toy: Toy, monkeypatch: pytest.MonkeyPatch) -> None:
    orders(toy, ["1", "4"])
    world, run_id = prepared(toy)
    attempts = count_attempts(monkeypatch)
    load(world, run_id)
    assert not attempts
