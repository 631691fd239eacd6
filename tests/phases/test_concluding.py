"""What a gate found is kept: its figures in the ledger, and what they were computed from in a file of its own."""

import csv
import hashlib
import io
import sys
from decimal import Decimal
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "support"))

from tests.phases.moved import Moved, moved, original, toy  # noqa: E402
from tests.phases.toy import WAVE, rows  # noqa: E402

from cutover.core.verdicts import none_of, not_run, share_at_most  # noqa: E402
from cutover.errors import GateClosed  # noqa: E402
from cutover.phases.gate import gate_mapping  # noqa: E402
from cutover.phases.gates.concluding import conclude, keep_evidence  # noqa: E402
from cutover.phases.landed import gate_landing  # noqa: E402
from cutover.phases.verify import verify_run  # noqa: E402
from cutover.phases.world import World  # noqa: E402

__all__ = ["moved", "original", "toy"]

SNAPSHOT = "20240701T010000Z"


def lines(world: World, uri: str) -> list[dict[str, str]]:
    content = Path(world.staging.url, uri).read_bytes()
    assert hashlib.sha256(content).hexdigest()[:12] in uri
    return list(csv.DictReader(io.StringIO(content.decode())))


def test_every_result_has_its_figures_and_a_file(moved: Moved) -> None:
    world = moved.world
    [(snapshot,)] = rows(world, "select snapshot_id from cutover.run")
    results = [*gate_mapping(world, snapshot, WAVE), *verify_run(world, moved.run_id)]
    with pytest.raises(GateClosed, match="there is no scope/objects.csv"):
        gate_landing(world, snapshot, WAVE)
    stored = rows(
        world,
        """select check_id, entity, status, severity, numerator, denominator, value, threshold, evidence
           from cutover.check_result where status in ('pass', 'fail')""",
    )
    assert {line[0].partition(".")[0] for line in stored} > {"STRUCTURE", "FIT", "ROWS", "TOTAL", "CONSERVED"}
    assert len(stored) > len([one for one in results if one.status == "pass"])
    for check, entity, status, severity, part, whole, value, threshold, evidence in stored:
        assert isinstance(part, Decimal) and isinstance(whole, Decimal), check
        assert severity and threshold and value, check
        told = lines(world, evidence["uri"])
        found = [line for line in told if (line["check"], line["entity"]) == (check, entity or "")]
        assert found and {line["status"] for line in found} == {status}
        assert {(Decimal(line["numerator"]), Decimal(line["denominator"])) for line in found} == {(part, whole)}


def test_a_fact_is_one_line_and_a_list_one_for_each_item(moved: Moved) -> None:
    found = none_of("CYCLES", "part", 2, 9, rows=[3, 7], by={"A": 1, "B": [Decimal("1.50")]}, told="ringed")
    [kept] = keep_evidence(moved.world, "mapping", [found], snapshot=SNAPSHOT)
    facts = [(line["fact"], line["item"], line["found"]) for line in lines(moved.world, kept.evidence["uri"])]
    assert facts == [
        ("rows", "1", "3"), ("rows", "2", "7"), ("by", "A", "1"), ("by", "B", '["1.50"]'), ("told", "", "ringed")
    ]  # fmt: skip
    assert kept.evidence["rows"] == [3, 7]


def test_a_later_evaluation_does_not_change_what_an_earlier_one_rests_on(moved: Moved) -> None:
    one, other, again = (
        keep_evidence(moved.world, "mapping", [none_of("FIT.t", "part", bad, 9)], snapshot=SNAPSHOT)[0].evidence
        for bad in (0, 1, 0)
    )
    assert one == again and one["uri"] != other["uri"]
    assert [line["status"] for line in lines(moved.world, one["uri"])] == ["pass"]


def test_what_closes_a_gate_is_kept_all_the_same(moved: Moved) -> None:
    half = share_at_most("REJECTS", "part", 1, 2, Decimal(0), severity="major", evidence={})
    bad = [not_run("ORDER", None, "nobody asked"), half]
    [(snapshot,)] = rows(moved.world, "select snapshot_id from cutover.run")
    with pytest.raises(GateClosed, match="2 of 2 checks: ORDER  not_run: nobody asked .*; REJECTS part fail: 50.0000%"):
        conclude(moved.world, "mapping", bad, snapshot=snapshot)
    assert rows(moved.world, "select status from cutover.check_result order by check_result_id desc limit 2") == [
        ("fail",), ("not_run",)
    ]  # fmt: skip
