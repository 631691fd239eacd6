"""Kill a load that bisects, and a replay, at moments drawn from a seed: each row keeps one outcome, none is doubled."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from dataclasses import asdict
from io import BytesIO
from pathlib import Path

import pytest
from openpyxl import load_workbook
from tests.phases.moved import toy
from tests.phases.toy import WAVE, Toy, execute, one, rows

from cutover.phases.quarantine.correction_sheet import ARROW, write_corrections
from cutover.phases.runs import finish_run, start_run
from cutover.phases.verify import verify_run
from cutover.phases.world import World

__all__ = ["toy"]
WORKER = Path(__file__).with_name("quarantine_worker.py")
ORDERS = 400
KILLS = 6


def start(toy: Toy, verb: str, what: str) -> subprocess.Popen[str]:
    told = json.dumps({name: value for name, value in asdict(toy.target).items() if name != "extra"})
    worker = subprocess.Popen(
        [sys.executable, str(WORKER), verb, what, str(toy.root), told],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )  # fmt: skip
    assert worker.stdout is not None and worker.stdout.readline() == "ready\n"
    return worker


def finish(toy: Toy, verb: str, what: str) -> float:
    worker, begun = start(toy, verb, what), time.monotonic()
    assert worker.stdout is not None and worker.stdout.read() == "done\n"
    assert worker.wait() == 0
    return time.monotonic() - begun


def kill(toy: Toy, verb: str, what: str, after: float) -> bool:
    worker = start(toy, verb, what)
    time.sleep(after)
    worker.send_signal(signal.SIGKILL)
    return worker.wait() == -signal.SIGKILL


def conserved(world: World) -> None:
    """What the ledger says of loaded batches is whole, and it is what stands in the target."""
    counted = (
        "select coalesce(sum(rows_read), 0), coalesce(sum(rows_loaded), 0) from cutover.batch where entity = :entity"
    )
    outcomes = (
        "select count(*), count(*) filter (where outcome = 'loaded') from cutover.disposition where entity = :entity"
    )
    for entity, table in (("order", "app.orders"), ("line", "app.line")):
        assert rows(world, counted, entity=entity) == rows(world, outcomes, entity=entity)
        assert rows(world, outcomes, entity=entity)[0][1] == one(world, f"select count(*) from {table}")


@pytest.fixture
def prepared(toy: Toy) -> tuple[Toy, World, str]:
    toy.write("customer", [{"NR": "1"}])
    toy.write("supplier", [])
    toy.write(
        "order",
        [{"ID": str(n), "PARTNER": "9" if n % 50 == 7 else "1", "AMOUNT": str(n)} for n in range(ORDERS)],
    )
    toy.write("line", [{"ID": str(n), "POS": pos} for n in range(ORDERS) for pos in ("10", "20")])
    world = toy.world()
    return toy, world, toy.prepare(world, batch_rows=100)


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_a_load_that_bisects_and_is_killed_ends_as_if_it_was_not(prepared: tuple[Toy, World, str]) -> None:
    toy, world, snapshot = prepared
    execute(world, "alter table app.orders add constraint k check (amount % 60 <> 59)")
    run_id = start_run(world, wave=WAVE, kind="full", snapshot=snapshot)
    moments = random.Random(20240701)
    for _ in range(KILLS):
        kill(toy, "load", str(run_id), moments.uniform(0, 1.5))
        conserved(world)
    finish(toy, "load", str(run_id))
    conserved(world)
    refused = ORDERS // 60
    assert one(world, "select count(*) from cutover.reject where rule = 'TARGET'") == refused
    assert one(world, "select count(*) from cutover.reject where reason = 'parent_rejected' and stage = 'load'") == 12
    verify_run(world, run_id)
    finish_run(world, run_id)


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_a_replay_that_is_killed_is_imported_again(prepared: tuple[Toy, World, str]) -> None:
    toy, world, snapshot = prepared
    run_id = toy.load(world, snapshot)
    finish_run(world, run_id)
    file = toy.root / "orders.xlsx"
    content, count = write_corrections(world, snapshot, entities=["order"], owner="migration team", language="en")
    book = load_workbook(BytesIO(content))
    page = book["order"]
    at = [cell.value for cell in page[1]].index(ARROW + "PARTNER")
    for line in page.iter_rows(min_row=2):
        line[at].value = "1"
    book.save(file)
    moments = random.Random(20240702)
    killed = [kill(toy, "import", str(file), moments.uniform(0, 1.5)) for _ in range(KILLS)]
    conserved(world)
    finish(toy, "import", str(file))
    conserved(world)
    assert any(killed)
    assert one(world, "select count(*) from app.orders") == ORDERS
    assert one(world, "select count(*) from app.line") == 2 * ORDERS
    assert one(world, "select count(*) from cutover.correction") == count == 8
    verify_run(world, run_id)
