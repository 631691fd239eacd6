"""Rows per second and peak memory of each phase of the example's whole journey, each in a worker process of its own.

    python benchmarks/journey.py [--scale 1] [--json FILE]

Starts a private PostgreSQL from the wheel, writes the example's legacy systems at that scale (1 is about 100,000 rows),
takes the journey from landing to rollback, and removes everything. Exit status 1 when a worker took more than 1 GiB.

`rows` is what a phase worked on: the rows of the snapshot; for a load and what follows it, those of the target.
`seconds` include the start of the process; `cpu s` are those of the worker alone, without the database's. The limit is
bare COPY of all rows that the load wrote, as CSV into empty twins of the same tables with their keys, indexes and
foreign keys, which any loader has to pay for, in the same run; `x COPY` is a phase's rows/s over those of the limit.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

# Nothing of the package is imported up here: what the kernel counts as a worker's peak is never below its parent's.
if TYPE_CHECKING:
    from cutover.phases.world import World

ROOT = Path(__file__).resolve().parent.parent
WAVE = "main"
LIMIT_MIB = 1024
_MAIN = "from cutover.cli import main; main()"
_UNIT = 1 << 20 if sys.platform == "darwin" else 1 << 10


@dataclass(frozen=True)
class Measured:
    """One phase as its worker process saw it; seconds count from the start of the process to its end."""

    phase: str
    rows: int
    seconds: float
    cpu_seconds: float
    peak_mib: int

    @property
    def rate(self) -> float:
        return self.rows / self.seconds


# --- the worker ------------------------------------------------------------------------------------------------------


def _land(world: "World") -> int:
    from cutover.phases.land import land

    land(world)
    return _landed(world)


def _cleanse(world: "World") -> int:
    from cutover.phases.cleanse import cleanse_entity
    from cutover.phases.snapshots import latest_snapshot

    for entity in world.specification.entities(WAVE):
        cleanse_entity(world, latest_snapshot(world), entity)
    return _landed(world)


def _map(world: "World") -> int:
    from cutover.phases.map import map_entity
    from cutover.phases.snapshots import latest_snapshot

    for entity in world.specification.entities(WAVE):
        map_entity(world, latest_snapshot(world), entity)
    return _landed(world)


def _gate(world: "World") -> int:
    from cutover.phases.gate import gate_mapping
    from cutover.phases.snapshots import latest_snapshot

    gate_mapping(world, latest_snapshot(world), WAVE)
    return _landed(world)


def _pilot(world: "World") -> int:
    from cutover.phases.load import load_entity
    from cutover.phases.pilot import select_pilot
    from cutover.phases.rehearsal import rehearse
    from cutover.phases.runs import finish_run, start_run
    from cutover.phases.snapshots import latest_snapshot
    from cutover.phases.verify import verify_run

    run_id = start_run(world, wave=WAVE, kind="pilot", snapshot=latest_snapshot(world))
    select_pilot(world, run_id)
    for entity in world.specification.entities(WAVE):
        load_entity(world, run_id, entity)
    verify_run(world, run_id)
    finish_run(world, run_id)
    if not rehearse(world, run_id, by_whom="benchmark").original_state:
        raise SystemExit("the pilot's rehearsal did not restore the target")
    return _landed(world)


def _load(world: "World") -> int:
    from cutover.phases.load import load_entity
    from cutover.phases.runs import start_run
    from cutover.phases.snapshots import latest_snapshot

    run_id = start_run(world, wave=WAVE, kind="full", snapshot=latest_snapshot(world))
    return sum(load_entity(world, run_id, entity).written for entity in world.specification.entities(WAVE))


def _verify(world: "World") -> int:
    from cutover.phases.runs import finish_run, latest_run
    from cutover.phases.verify import verify_run

    run_id = latest_run(world, wave=WAVE, kind="full")
    results = verify_run(world, run_id)
    finish_run(world, run_id)
    return sum(int(one.denominator or 0) for one in results if one.check_id.startswith("ROWS."))


def _night(world: "World") -> int:
    from cutover.phases.dual_run import run_night

    return sum(tally.compared for tally in run_night(world, wave=WAVE).tallies)


def _summary(world: "World") -> int:
    from cutover.phases.pages.report import write_report
    from cutover.phases.pages.workbook import write_reject_workbook
    from cutover.phases.runs import latest_run
    from cutover.phases.summary import summarise

    write_report(world, summarise(world, wave=WAVE))
    write_reject_workbook(world, latest_run(world, wave=WAVE, kind="full"))
    return _landed(world)


def _rollback(world: "World") -> int:
    from cutover.phases.rollback import roll_back
    from cutover.phases.runs import latest_run

    run_id = latest_run(world, wave=WAVE, kind="full")
    result = roll_back(world, run_id, reason="measured", by_whom="benchmark")
    if not result.original_state:
        raise SystemExit(f"the rollback did not restore the target: {result.differences}")
    return result.rows_removed


def _landed(world: "World") -> int:
    from cutover.phases.snapshots import latest_snapshot
    from cutover.systems import datasets

    snapshot, mappings = latest_snapshot(world), world.specification.mappings.values()
    return sum(world.staging.require(datasets.raw(snapshot, each.source), phase="land")["rows"] for each in mappings)


PHASES: dict[str, Callable[["World"], int]] = {
    "land": _land,
    "cleanse": _cleanse,
    "map": _map,
    "gate": _gate,
    "pilot": _pilot,
    "load": _load,
    "verify": _verify,
    "night": _night,
    "summary": _summary,
    "rollback": _rollback,
}


_FOREIGN_KEYS = "select pg_get_constraintdef(oid) from pg_constraint where conrelid = %s::regclass and contype = 'f'"


def copy_again(world: "World") -> tuple[int, float]:
    """COPY all rows of the target's tables, as CSV, into empty twins of these tables; returns how many, and seconds."""
    from cutover.systems.queries import quote_table

    tables = {each.target.table for each in world.specification.mappings.values()}
    tables |= {split.table for each in world.specification.mappings.values() for split in each.also}
    rows, seconds = 0, 0.0
    with world.target.connect() as connection:
        cursor = connection.connection.cursor()
        for table in map(quote_table, sorted(tables)):
            with tempfile.TemporaryFile() as file:
                cursor.copy_expert(f"copy {table} to stdout with (format csv)", file, size=1 << 20)
                file.seek(0)
                cursor.execute(f"create table public.twin (like {table} including defaults including indexes)")
                cursor.execute(_FOREIGN_KEYS, [table])
                for (definition,) in cursor.fetchall():
                    cursor.execute(f"alter table public.twin add {definition}")
                begun = time.perf_counter()
                cursor.copy_expert("copy public.twin from stdin with (format csv)", file, size=1 << 20)
                seconds, rows = seconds + time.perf_counter() - begun, rows + cursor.rowcount
                cursor.execute("drop table public.twin")
        connection.rollback()
    return rows, seconds


def work(phase: str) -> None:
    """Do one phase in this process and print, as JSON, on how many rows it worked and what it took."""
    from cutover.cli.world import open_world
    from cutover.phases.world import silent

    world, began = open_world(None, silent), time.perf_counter()
    try:
        rows, seconds = copy_again(world) if phase == "limit" else (PHASES[phase](world), None)
    finally:
        world.target.dispose()
    seconds = seconds or time.perf_counter() - began
    used = resource.getrusage(resource.RUSAGE_SELF)
    print(json.dumps([phase, rows, seconds, used.ru_utime + used.ru_stime, used.ru_maxrss // _UNIT]))


# --- the journey -----------------------------------------------------------------------------------------------------


def measure(phase: str, environ: dict[str, str]) -> Measured:
    """Run one phase in a process of its own; its seconds include the start of that process."""
    began = time.perf_counter()
    done = _call([str(Path(__file__)), "--phase", phase], environ)
    elapsed = time.perf_counter() - began
    measured = Measured(*json.loads(done.splitlines()[-1]))
    return measured if phase == "limit" else replace(measured, seconds=elapsed)


def _call(arguments: list[str], environ: dict[str, str]) -> str:
    done = subprocess.run([sys.executable, *arguments], cwd=ROOT, env=environ, stdout=subprocess.PIPE, text=True)
    if done.returncode:
        raise SystemExit(f"{' '.join(arguments[-2:])} failed with exit status {done.returncode}")
    return done.stdout


@contextmanager
def private_world(home: Path) -> Iterator[dict[str, str]]:
    """Start a PostgreSQL of our own in `home`, yield the environment that finds it, and remove everything."""
    foreign = ("AIRFLOW_CONN_", "CUTOVER_")
    environ = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
    environ |= {"CUTOVER_HOME": str(home), "CUTOVER_POSTGRES": "wheel", "PYTHONPATH": str(ROOT / "src")}
    try:
        _call(["-c", _MAIN, "up", "--only-database"], environ)
        yield environ
    finally:
        _call(["-c", _MAIN, "clean", "--yes"], environ)


def run_journey(scale: int, environ: dict[str, str]) -> Iterator[Measured]:
    """Write the example and take it through every phase; the limit is measured while the rows stand in the target."""
    _call(["-c", _MAIN, "example", "--scale", str(scale)], environ)
    for phase in PHASES:
        yield measure(phase, environ)
        if phase == "verify":
            yield measure("limit", environ)


def show(measured: list[Measured]) -> None:
    """Print the table."""
    limit = next(one for one in measured if one.phase == "limit")
    print(f"{'phase':10}{'rows':>12}{'seconds':>10}{'cpu s':>8}{'rows/s':>11}{'x COPY':>8}{'peak MiB':>10}")
    for one in measured:
        over = f"  over {LIMIT_MIB} MiB" if one.peak_mib > LIMIT_MIB else ""
        ratio = one.rate / limit.rate
        times = f"{one.seconds:10.1f}{one.cpu_seconds:8.1f}{one.rate:11,.0f}{ratio:8.2f}"
        print(f"{one.phase:10}{one.rows:12,}{times}{one.peak_mib:10,}{over}")


def main(scale: int, file: Path | None) -> None:
    """Take the journey, print its table, and fail when a worker took more memory than it may."""
    measured: list[Measured] = []
    with tempfile.TemporaryDirectory(prefix="cutover-journey-") as folder, private_world(Path(folder)) as environ:
        for one in run_journey(scale, environ):
            measured.append(one)
            print(f"{one.phase}: {one.seconds:.1f} s, {one.peak_mib} MiB", file=sys.stderr, flush=True)
    show(measured)
    if file is not None:
        file.write_text(json.dumps([asdict(one) for one in measured], indent=2), encoding="utf-8")
    if any(one.peak_mib > LIMIT_MIB for one in measured):
        raise SystemExit(f"a worker took more than {LIMIT_MIB} MiB")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--scale", type=int, default=1, help="1 is about 100,000 legacy rows")
    parser.add_argument("--json", type=Path, help="write the figures to this file too")
    parser.add_argument("--phase", choices=[*PHASES, "limit"], help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    work(chosen.phase) if chosen.phase else main(chosen.scale, chosen.json)
