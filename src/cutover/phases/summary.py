"""The summary of a wave: what moved, that it balances, which gates are open, and whether the way back was proven."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection

from cutover.errors import InputError
from cutover.phases.world import World
from cutover.systems.queries import run


@dataclass(frozen=True)
class EntityLine:
    """The row accounting of one entity in one run."""

    entity: str
    read: int
    loaded: int
    merged: int
    dropped: int
    rejected: int

    @property
    def balances(self) -> bool:
        """Whether every row that was read has exactly one outcome."""
        return self.read == self.loaded + self.merged + self.dropped + self.rejected


@dataclass(frozen=True)
class TotalLine:
    """A control total of one group, as texts of exact decimals; what stayed was merged, dropped or rejected."""

    entity: str
    column: str
    group: str
    source: str
    stayed: str
    loaded: str
    target: str

    @property
    def ties(self) -> bool:
        """Whether the target holds what was loaded."""
        return Decimal(self.loaded) == Decimal(self.target)


@dataclass(frozen=True)
class GateLine:
    """How many checks of a gate ended in each status."""

    gate: str
    passed: int
    failed: int
    other: int


@dataclass(frozen=True)
class RunSummary:
    """One run: its rows, its control totals, its gates, and its fingerprints before the load and after a rollback."""

    run_id: int
    kind: str
    wave: str
    snapshot: str
    status: str
    entities: tuple[EntityLine, ...]
    totals: tuple[TotalLine, ...]
    gates: tuple[GateLine, ...]
    fingerprint_before: str
    fingerprint_after_rollback: str

    @property
    def proven(self) -> bool | None:
        """Whether a rollback restored the original state; None when there was none."""
        return self.fingerprint_before == self.fingerprint_after_rollback if self.fingerprint_after_rollback else None


@dataclass(frozen=True)
class NightLine:
    """The last night of the dual run."""

    night_id: int
    status: str
    compared: int
    matched: int
    explained: int
    broken: int
    not_compared: int


@dataclass(frozen=True)
class Summary:
    """The last pilot, the last full run and the last night of a wave; what has not been is None."""

    wave: str
    pilot: RunSummary | None
    full: RunSummary | None
    night: NightLine | None


def summarise(world: World, *, wave: str) -> Summary:
    """Read the summary of a wave from the ledger.

    Raises:
        InputError: nothing of this wave has run.
    """
    world.specification.entities(wave)
    with world.target.connect() as connection:
        pilot, full = (_last_run(world, connection, wave, kind) for kind in ("pilot", "full"))
        night = run(connection, "select_last_night", wave=wave).first()
    if pilot is None and full is None:
        raise InputError(f"no run of wave {wave!r} has been started", fix="run `cutover pilot` or `cutover demo`")
    return Summary(wave, pilot, full, NightLine(**night._mapping) if night else None)


def _last_run(world: World, connection: Connection, wave: str, kind: str) -> RunSummary | None:
    row = run(connection, "select_last_run", wave=wave, kind=kind).first()
    return summarise_run(world, connection, row.run_id) if row else None


def summarise_run(world: World, connection: Connection, run_id: int) -> RunSummary:
    """Read the summary of one run from the ledger.

    Raises:
        InputError: there is no such run.
    """
    row = run(connection, "select_run_summary", run_id=run_id).first()
    if row is None:
        raise InputError(f"there is no run {run_id}", fix="`cutover runs` lists them")
    order = {entity: place for place, entity in enumerate(world.specification.mappings)}

    def place(line: EntityLine | TotalLine) -> int:
        return order.get(line.entity, len(order))

    lines = [EntityLine(**line._mapping) for line in run(connection, "select_row_accounting", run_id=run_id)]
    checks = run(connection, "select_latest_checks", run_id=run_id).all()
    return RunSummary(
        run_id,
        row.kind,
        row.wave,
        row.snapshot_id,
        row.status,
        tuple(sorted(lines, key=place)),
        tuple(sorted((line for check in checks for line in _totals(check)), key=place)),
        _gates(checks),
        _fingerprint(connection, run_id, "before_load"),
        _fingerprint(connection, run_id, "after_rollback"),
    )


def _totals(check: Any) -> list[TotalLine]:
    if not check.check_id.startswith("TOTAL."):
        return []
    column = check.check_id.removeprefix("TOTAL.")
    lines = []
    for total in check.evidence["totals"]:
        stayed = sum(Decimal(total[name]) for name in ("merged", "dropped", "rejected"))
        lines.append(
            TotalLine(
                check.entity,
                column,
                total["group"],
                total["source"],
                str(stayed),
                total["loaded"],
                total["target"],
            )
        )
    return lines


def _gates(checks: Sequence[Any]) -> tuple[GateLine, ...]:
    names = dict.fromkeys(check.gate for check in checks)
    found = []
    for name in names:
        states = [check.status for check in checks if check.gate == name]
        passed, failed = states.count("pass"), sum(state in ("fail", "error", "not_run") for state in states)
        found.append(GateLine(name, passed, failed, len(states) - passed - failed))
    return tuple(found)


def _fingerprint(connection: Connection, run_id: int, moment: str) -> str:
    rows = run(connection, "select_fingerprint_of_run", run_id=run_id, moment=moment).all()
    listing = "\n".join(f"{row.table_name} {row.rows} {row.digest}" for row in rows)
    return hashlib.sha256(listing.encode()).hexdigest() if rows else ""
