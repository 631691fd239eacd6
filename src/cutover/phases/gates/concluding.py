"""Conclude a gate: its results become evidence in a file and in the ledger, and those that close it are told."""

import csv
import hashlib
import io
import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from cutover.core.verdicts import CheckResult, closing
from cutover.errors import GateClosed
from cutover.phases.waivers import with_waivers
from cutover.phases.world import World
from cutover.systems import evidence

HEAD = (
    "check", "entity", "status", "severity", "numerator", "denominator", "value", "threshold", "message",
    "fact", "item", "found",
)  # fmt: skip


def conclude(
    world: World, gate: str, results: Iterable[CheckResult], *, snapshot: str, run_id: int | None = None
) -> list[CheckResult]:
    """Store the results of one evaluation of a gate, waivers considered, each with its file; returns them.

    Raises:
        GateClosed: a check failed, could not be computed, or was not run; the message lists them.
    """
    with world.target.begin() as connection:
        judged = with_waivers(world, connection, gate, snapshot, results)
        kept = keep_evidence(world, gate, judged, snapshot=snapshot)
        evidence.record_checks(connection, gate, kept, run_id=run_id, snapshot=snapshot)
    stop_when_closed(gate, kept)
    return kept


def stop_when_closed(gate: str, results: list[CheckResult]) -> None:
    """Raise GateClosed when results close a gate; the message names check, value, threshold and mend of each."""
    closed = closing(results)
    if closed:
        lines = "; ".join(
            f"{one.check_id} {one.entity or ''} {one.status}: {one.value or one.message} ({one.threshold})"
            + (f", {one.message}" if one.value and one.message else "")
            for one in closed
        )
        error = GateClosed(
            f"gate {gate!r} is closed by {len(closed)} of {len(results)} checks: {lines}",
            fix="look at the rejects, mend data or mapping, and run the phase again; thresholds are in project.yaml",
        )
        error.results = results
        raise error


def keep_evidence(world: World, gate: str, results: Iterable[CheckResult], *, snapshot: str) -> list[CheckResult]:
    """Write one CSV file per family of checks, and return the results with its place (`uri`) and hash (`sha256`).

    A file is named by what it holds, so that a later evaluation never changes what an earlier one rests on.
    """
    families: dict[str, list[CheckResult]] = defaultdict(list)
    for result in results:
        families[result.check_id.partition(".")[0]].append(result)
    kept = []
    for family, members in families.items():
        content = _sheet(members)
        digest = hashlib.sha256(content).hexdigest()
        place = f"{snapshot}/evidence/{gate}/{family}-{digest[:12]}.csv"
        world.staging.write_file(place, content)
        told = {"uri": place, "sha256": digest}
        kept += [replace(member, evidence={**member.evidence, **told}) for member in members]
    return kept


def _sheet(results: Iterable[CheckResult]) -> bytes:
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(HEAD)
    for one in results:
        line = (
            one.check_id, one.entity or "", one.status, one.severity, one.numerator, one.denominator, one.value,
            one.threshold, one.message,
        )  # fmt: skip
        facts = list(_facts(one.evidence)) or [("", "", "")]
        writer.writerows((*line, *fact) for fact in facts)
    return buffer.getvalue().encode()


def _facts(found: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    """Yield fact, item, value: one line for each thing that a fact lists."""
    for fact, told in found.items():
        if isinstance(told, Mapping):
            yield from ((fact, str(item), _text(value)) for item, value in told.items())
        elif isinstance(told, list | tuple):
            yield from ((fact, str(number), _text(value)) for number, value in enumerate(told, start=1))
        else:
            yield fact, "", _text(told)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, default=str, ensure_ascii=False)
