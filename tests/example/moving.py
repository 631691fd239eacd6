"""Move the worked example all the way through the use cases, and keep what every phase left behind."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import unquote, urlsplit

from sqlalchemy import text

from cutover.core.verdicts import CheckResult
from cutover.example.generate import Written, write_legacy
from cutover.example.target import create_target
from cutover.phases.cleanse import cleanse_entity
from cutover.phases.dual_run import Night, run_night
from cutover.phases.gate import gate_mapping
from cutover.phases.land import land
from cutover.phases.landed import gate_landing
from cutover.phases.load import EntityResult, load_entity
from cutover.phases.map import map_entity
from cutover.phases.pilot import select_pilot
from cutover.phases.rehearsal import rehearse
from cutover.phases.rollback import RollbackResult, roll_back
from cutover.phases.runs import finish_run, start_run
from cutover.phases.verify import verify_run
from cutover.phases.world import World
from cutover.project.specification import read_specification
from cutover.systems.connections import Connection
from cutover.systems.staging import Staging

WAVE = "main"
Rows = list[tuple[object, ...]]


@dataclass
class Journey:
    """The example on its way; every attribute below `snapshot` is what one phase answered."""

    world: World
    written: Written
    snapshot: str = ""
    gates: dict[str, list[CheckResult]] = field(default_factory=dict)
    selected: dict[str, int] = field(default_factory=dict)
    rehearsed: RollbackResult | None = None
    loaded: dict[str, EntityResult] = field(default_factory=dict)
    dispositions: dict[str, dict[str, int]] = field(default_factory=dict)
    clearing: dict[str, object] = field(default_factory=dict)
    night: Night | None = None
    rolled_back: RollbackResult | None = None
    fingerprints: dict[str, Rows] = field(default_factory=dict)
    left_behind: Rows = field(default_factory=list)
    seconds: dict[str, float] = field(default_factory=dict)

    @property
    def entities(self) -> tuple[str, ...]:
        return self.world.specification.entities(WAVE)

    def ask(self, query: str, **values: object) -> Rows:
        """Return the rows of a query on the target."""
        with self.world.target.connect() as connection:
            return [tuple(row) for row in connection.execute(text(query), values)]

    @contextmanager
    def timed(self, phase: str) -> Iterator[None]:
        started = time.monotonic()
        yield
        self.seconds[phase] = round(time.monotonic() - started, 1)


def prepare(scale: float, seed: int, project: Path, folder: Path, create: Callable[[], str]) -> Journey:
    """Write the legacy side and an empty target into databases made for them."""
    legacy, target = create(), create()
    started = time.monotonic()
    written = write_legacy(scale, seed, legacy, folder / "legacy", lambda table, rows: None)
    seconds = {"generate": round(time.monotonic() - started, 1)}
    create_target(target, project / "sql" / "target", reset=False)
    connections = {
        "legacy_erp": database_connection("legacy_erp", legacy),
        "cutover_target": database_connection("cutover_target", target),
        "legacy_crm": Connection("legacy_crm", "fs", extra={"path": str(folder / "legacy" / "crm")}),
        "legacy_mes": Connection("legacy_mes", "fs", extra={"path": str(folder / "legacy" / "mes")}),
    }
    staging = Staging(str(folder / "staging"))
    world = World(read_specification(project), staging, connections.__getitem__, lambda: datetime.now(UTC))
    return Journey(world, written, seconds=seconds)


def database_connection(name: str, url: str) -> Connection:
    """Make the connection to a PostgreSQL database of its URL."""
    parts = urlsplit(url)
    password = unquote(parts.password) if parts.password else None
    return Connection(name, "postgres", parts.hostname, parts.port, parts.username, password, parts.path[1:])


def move(journey: Journey) -> None:
    """Take the whole way: stage, pilot and rehearsal, full run, one night, and back."""
    _stage(journey)
    _rehearse(journey)
    run_id = _load_fully(journey)
    with journey.timed("night"):
        journey.night = run_night(journey.world, wave=WAVE)
    with journey.timed("roll back"):
        journey.rolled_back = roll_back(journey.world, run_id, reason="end of the test", by_whom="tester")
    for moment in ("before_load", "after_rollback"):
        journey.fingerprints[moment] = _fingerprint(journey, run_id, moment)
    tables = {table for mapping in journey.world.specification.mappings.values() for table in
              (mapping.target.table, *(split.table for split in mapping.also))}  # fmt: skip
    journey.left_behind = [(table, *journey.ask(f"select count(*) from {table}")[0]) for table in sorted(tables)]  # noqa: S608


def _stage(journey: Journey) -> None:
    world = journey.world
    with journey.timed("land"):
        journey.snapshot = land(world)
    with journey.timed("gate after landing"):
        journey.gates["landing"] = gate_landing(world, journey.snapshot, WAVE)
    with journey.timed("cleanse"):
        for entity in journey.entities:
            cleanse_entity(world, journey.snapshot, entity)
    with journey.timed("map"):
        for entity in journey.entities:
            map_entity(world, journey.snapshot, entity)
    with journey.timed("gate"):
        journey.gates["mapping"] = gate_mapping(world, journey.snapshot, WAVE)


def _rehearse(journey: Journey) -> None:
    world = journey.world
    with journey.timed("pilot"):
        run_id = start_run(world, wave=WAVE, kind="pilot", snapshot=journey.snapshot)
        journey.selected = select_pilot(world, run_id)
        for entity in journey.entities:
            load_entity(world, run_id, entity)
        journey.gates["pilot"] = verify_run(world, run_id)
        finish_run(world, run_id)
    with journey.timed("rehearse"):
        journey.rehearsed = rehearse(world, run_id, by_whom="tester")


def _load_fully(journey: Journey) -> int:
    world = journey.world
    with journey.timed("load"):
        run_id = start_run(world, wave=WAVE, kind="full", snapshot=journey.snapshot)
        for entity in journey.entities:
            journey.loaded[entity] = load_entity(world, run_id, entity)
    with journey.timed("verify"):
        journey.gates["full"] = verify_run(world, run_id)
    with journey.timed("finish"):
        finish_run(world, run_id)
    for entity, outcome, rows in journey.ask(
        "select entity, outcome, count(*) from cutover.disposition where run_id = :run group by 1, 2", run=run_id
    ):
        journey.dispositions.setdefault(str(entity), {})[str(outcome)] = int(str(rows))
    journey.clearing = {str(company): value for company, _, value in journey.ask("select * from erp.clearing_balance")}
    return run_id


def _fingerprint(journey: Journey, run_id: int, moment: str) -> Rows:
    return journey.ask(
        "select kind, table_name, rows, digest from cutover.fingerprint"
        " where run_id = :run and moment = :moment order by 1, 2",
        run=run_id, moment=moment,
    )  # fmt: skip
