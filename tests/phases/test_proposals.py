"""Proposals: nothing is changed before a person says so, what was said is kept, and the next cleansing applies it."""

from pathlib import Path

import pyarrow as pa
import pytest
import xlsxwriter
from python_calamine import CalamineWorkbook
from tests.phases.toy import Toy, execute, one, rows

from cutover.core.cleansing import replay
from cutover.errors import InputError, TargetError
from cutover.phases.cleanse import cleanse_entity
from cutover.phases.create_target import create_target
from cutover.phases.land import land
from cutover.phases.load import load_entity
from cutover.phases.map import map_entity
from cutover.phases.proposals import decide_rule, decide_workbook, list_proposals, write_proposal_workbook
from cutover.phases.runs import start_run
from cutover.phases.world import World
from cutover.systems import datasets

CUSTOMER = "mappings/customer.yaml"
NAMES = ["张 三", "李四", "王 五 六"]


@pytest.fixture
def toy(tmp_path: Path, scratch_database) -> Toy:
    toy = Toy(tmp_path, scratch_database)
    rule = "  - {rule: CU-C3, column: CREDIT, do: trailing_minus}\n"
    toy.edit(CUSTOMER, rule, rule + "  - {rule: CU-C4, column: NAME, do: join_name, propose: true}\n")
    toy.write("customer", [{"NR": f"0{n}", "NAME": name, "TAX": f"T{n}"} for n, name in enumerate(NAMES)])
    for entity in ("supplier", "order", "line"):
        toy.write(entity, [])
    return toy


@pytest.fixture
def world(toy: Toy) -> World:
    world = toy.world()
    create_target(world)
    return world


def cleansed(world: World, snapshot: str) -> list[str]:
    cleanse_entity(world, snapshot, "customer")
    return world.staging.read(datasets.clean(snapshot, "customer"))["NAME"].to_pylist()


def decide_in(tmp_path: Path, source: str, **cells: tuple[str, str]) -> Path:
    """Write the exported workbook again with decisions: key -> (decision, instead)."""
    lines = CalamineWorkbook.from_path(source).get_sheet_by_name("proposals").to_python()
    path = tmp_path / "decided.xlsx"
    book = xlsxwriter.Workbook(str(path))
    sheet = book.add_worksheet("proposals")
    for place, line in enumerate(lines):
        sheet.write_row(place, 0, [*line[:7], *cells.get("k" + str(line[3]), line[7:9])])
    book.close()
    return path


def test_nothing_changes_before_somebody_decides(world: World) -> None:
    snapshot = land(world, batch_rows=2)
    assert cleansed(world, snapshot) == NAMES
    found = list_proposals(world)
    assert [(p.src_key, p.column, p.rule, p.before, p.after, p.state) for p in found] == [
        ("00", "NAME", "CU-C4", "张 三", "张三", "open"),
        ("02", "NAME", "CU-C4", "王 五 六", "王五六", "open"),
    ]


def test_an_approval_is_recorded_and_applied_and_logged(world: World) -> None:
    snapshot = land(world, batch_rows=2)
    cleansed(world, snapshot)
    assert decide_rule(world, "CU-C4", "approved", by="head of sales") == {"approved": 2, "rejected": 0}
    assert cleansed(world, snapshot) == ["张三", "李四", "王五六"]
    changes = world.staging.read(datasets.changes(snapshot, "customer")).to_pylist()
    told = [(c["before"], c["after"], c["approver"]) for c in changes if c["mode"] == "approved"]
    assert told == [("张 三", "张三", "head of sales"), ("王 五 六", "王五六", "head of sales")]
    assert list_proposals(world) == []
    kept = rows(world, "select before, after, decided_by, decided_at is not null from cutover.proposal order by 1")
    assert kept == [("张 三", "张三", "head of sales", True), ("王 五 六", "王五六", "head of sales", True)]


def test_decisions_hold_in_the_next_snapshot_while_the_cell_says_the_same(toy: Toy, world: World) -> None:
    cleansed(world, land(world))
    decide_rule(world, "CU-C4", "approved", by="boss")
    toy.write("customer", [{"NR": "00", "NAME": "张 三"}, {"NR": "02", "NAME": "赵 七"}])
    assert cleansed(world, land(world)) == ["张三", "赵 七"]
    assert [(p.src_key, p.before) for p in list_proposals(world)] == [("02", "赵 七")]


def test_a_rejected_proposal_changes_nothing_and_does_not_come_back(world: World) -> None:
    snapshot = land(world)
    cleansed(world, snapshot)
    decide_rule(world, "CU-C4", "rejected", by="boss")
    assert cleansed(world, snapshot) == NAMES
    assert list_proposals(world) == []


def test_identities_are_approved_one_by_one(toy: Toy, tmp_path: Path) -> None:
    rule = "  - {rule: CU-C4, column: NAME, do: join_name, propose: true}\n"
    look = "  - {rule: CU-C5, column: TAX, do: look_alike, validator: cn_uscc, propose: true}\n"
    toy.edit(CUSTOMER, rule, rule + look)
    toy.write("customer", [{"NR": "00", "NAME": "甲", "TAX": "9111O000600037341L"}])
    world = toy.world()
    create_target(world)
    snapshot = land(world)
    cleansed(world, snapshot)
    with pytest.raises(InputError, match="changes identities: each cell needs a decision of its own"):
        decide_rule(world, "CU-C5", "approved", by="boss")
    file = decide_in(tmp_path, write_proposal_workbook(world), k00=("approve", ""))
    assert decide_workbook(world, file, by="boss")["approved"] == 1
    cleanse_entity(world, snapshot, "customer")
    assert world.staging.read(datasets.clean(snapshot, "customer"))["TAX"].to_pylist() == ["91110000600037341L"]


@pytest.mark.parametrize(("odd", "proposed"), [("上海", 0), ("SHANGHAI", 4)])
def test_mojibake_is_proposed_where_the_whole_column_comes_out_well(toy: Toy, odd: str, proposed: int) -> None:
    rule = "  - {rule: CU-C4, column: NAME, do: join_name, propose: true}\n"
    toy.edit(CUSTOMER, rule, "  - {rule: CU-C4, column: TERM, do: unmix_gb, propose: true}\n")
    terms = ["涓婃捣", "鍖椾含", "涓婃捣", "涓婃捣", odd]
    toy.write("customer", [{"NR": f"{n}", "NAME": "甲", "TERM": term} for n, term in enumerate(terms)])
    world = toy.world()
    create_target(world)
    # Parts of two rows: the sound text stands in another part than most of the others.
    snapshot = land(world, batch_rows=2)
    cleanse_entity(world, snapshot, "customer")
    assert len(list_proposals(world)) == proposed


ODD = "\x0b\x1f_x000D_\r\n=1+1\t上\u200b海\u202e \ud7ff\U0001f600"


def test_the_workbook_gives_odd_texts_back_as_they_are(toy: Toy, tmp_path: Path) -> None:
    rule = "do: join_name, propose: true"
    toy.edit(CUSTOMER, rule, "do: remove_spaces, propose: true")
    toy.edit(CUSTOMER, "[fold_width, collapse_spaces], approver", "[fold_width], approver")
    toy.write("customer", [{"NR": "00", "NAME": " " + ODD + " "}, {"NR": "01", "NAME": " " + "长 " * 20_000}])
    world = toy.world()
    create_target(world)
    cleansed(world, land(world))
    before = [found.before for found in list_proposals(world)]
    file = decide_in(tmp_path, write_proposal_workbook(world), k00=("approve", ""), k01=("approve", ""))
    assert decide_workbook(world, file, by="boss") == {"approved": 2, "rejected": 0, "open": 0}, before


def test_the_workbook_decides_cell_by_cell_and_takes_another_text(world: World, tmp_path: Path) -> None:
    snapshot = land(world)
    cleansed(world, snapshot)
    file = decide_in(tmp_path, write_proposal_workbook(world), k00=("批准", "张三丰"), k02=("reject", ""))
    assert decide_workbook(world, file, by="王") == {"approved": 1, "rejected": 1, "open": 0}
    assert cleansed(world, snapshot) == ["张三丰", "李四", "王 五 六"]


def test_a_workbook_without_decisions_leaves_all_open(world: World) -> None:
    cleansed(world, land(world))
    file = Path(write_proposal_workbook(world))
    assert decide_workbook(world, file, by="me") == {"approved": 0, "rejected": 0, "open": 2}


def test_a_sheet_that_cannot_hold_all_is_not_written(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    cleansed(world, land(world))
    monkeypatch.setattr("cutover.phases.proposals.SHEET_ROWS", 2)
    with pytest.raises(InputError, match="2 proposals are more than a sheet takes"):
        write_proposal_workbook(world)


def test_one_bad_cell_and_nothing_is_recorded(world: World, tmp_path: Path) -> None:
    cleansed(world, land(world))
    file = decide_in(tmp_path, write_proposal_workbook(world), k00=("approve", ""), k02=("maybe", "x"))
    with pytest.raises(InputError) as error:
        decide_workbook(world, file, by="me")
    assert "proposals!H3: a decision is approve or reject" in str(error.value)
    assert "proposals!I3" in str(error.value) and "王" not in str(error.value)
    assert len(list_proposals(world)) == 2


def test_what_somebody_decided_is_not_decided_again(world: World, tmp_path: Path) -> None:
    cleansed(world, land(world))
    file = decide_in(tmp_path, write_proposal_workbook(world), k00=("approve", ""))
    decide_rule(world, "CU-C4", "rejected", by="first")
    with pytest.raises(InputError, match="decided by somebody else"):
        decide_workbook(world, file, by="second")
    with pytest.raises(InputError, match="nothing of rule CU-C4 is open"):
        decide_rule(world, "CU-C4", "approved", by="second")
    assert one(world, "select count(*) from cutover.proposal where decided_by = 'first'") == 2


def test_a_decision_needs_a_person_here_and_in_the_database(world: World) -> None:
    cleansed(world, land(world))
    with pytest.raises(InputError, match="needs a person"):
        decide_rule(world, "CU-C4", "approved", by=" ")
    with pytest.raises(TargetError, match="decided_by_someone"):
        execute(world, "update cutover.proposal set state = 'approved'")


def test_an_approved_change_without_an_approver_does_not_replay(world: World) -> None:
    snapshot = land(world)
    cleansed(world, snapshot)
    decide_rule(world, "CU-C4", "approved", by="boss")
    cleansed(world, snapshot)
    raw = world.staging.read(datasets.raw(snapshot, world.specification.mapping("customer").source))
    changes = world.staging.read(datasets.changes(snapshot, "customer"))
    assert replay(raw, changes)["NAME"].to_pylist()[0] == "张三"
    place = changes.schema.get_field_index("approver")
    nobody = changes.set_column(place, changes.schema.field(place), pa.nulls(len(changes), pa.string()))
    with pytest.raises(ValueError, match="without an approver"):
        replay(raw, nobody)


def test_what_is_no_longer_proposed_leaves_the_queue(toy: Toy, world: World) -> None:
    cleansed(world, land(world))
    toy.write("customer", [{"NR": "00", "NAME": "张三"}])
    cleansed(world, land(world))
    assert list_proposals(world) == []


def test_decisions_after_the_load_ask_for_a_rollback_or_a_new_snapshot(world: World) -> None:
    snapshot = land(world)
    for entity in world.specification.mappings:
        cleanse_entity(world, snapshot, entity)
        map_entity(world, snapshot, entity)
    run_id = start_run(world, wave="main", kind="full", snapshot=snapshot)
    load_entity(world, run_id, "customer")
    decide_rule(world, "CU-C4", "approved", by="boss")
    with pytest.raises(InputError, match=f"loaded by run {run_id}"):
        cleansed(world, snapshot)
    assert len(cleansed(world, land(world))) == 3


def test_mapping_follows_a_decision(world: World) -> None:
    snapshot = land(world)
    for _ in range(2):
        cleanse_entity(world, snapshot, "customer")
        map_entity(world, snapshot, "customer")
        names = world.staging.read(datasets.mapped(snapshot, "customer"))["name"].to_pylist()
        if list_proposals(world):
            decide_rule(world, "CU-C4", "approved", by="boss")
    assert names == ["张三", "李四", "王五六"]
