"""The gate between mapping and loading: every check passes where it should, and each can fail."""

from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pytest
from tests.phases.moved import Moved, moved, original, toy
from tests.phases.toy import FILES, WAVE, Toy, of, offline, rows, simple, stage, through

from cutover.core.verdicts import CheckResult
from cutover.errors import GateClosed, InputError
from cutover.phases.cleanse import cleanse_entity
from cutover.phases.gate import gate_mapping
from cutover.phases.gating import schema_source
from cutover.phases.map import map_entity
from cutover.phases.world import World
from cutover.systems import datasets, evidence

__all__ = ["moved", "original", "toy"]
SNAPSHOT = "20240101T000000Z"
CUSTOMER = "mappings/customer.yaml"


@pytest.fixture
def checked(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., list[CheckResult]]:
    """Runs the gate offline over a wave of customers, with a tampering between mapping and gate."""

    def run(
        customers: list[dict[str, str | None]],
        *edits: tuple[str, str, str],
        tamper: Callable[[World], None] = lambda world: None,
    ) -> list[CheckResult]:
        files = dict(FILES)
        for file, before, after in [("project.yaml", "[customer, supplier, order, line]", "[customer]"), *edits]:
            assert files[file].count(before) == 1
            files[file] = files[file].replace(before, after)
        world = offline(monkeypatch, tmp_path, files)
        kept: list[CheckResult] = []
        monkeypatch.setattr(evidence, "record_checks", lambda _, gate, results, **more: kept.extend(results))
        stage(world, SNAPSHOT, "customer", customers)
        through(world, SNAPSHOT, "customer")
        tamper(world)
        try:
            gate_mapping(world, SNAPSHOT, WAVE)
        except GateClosed as closed:
            kept.append(CheckResult("CLOSED", None, "fail", "blocker", message=str(closed)))
        return kept

    return run


Checked = Callable[..., list[CheckResult]]
LIMIT = ("project.yaml", "{pilot: 1, full: 1}, default_rate_max: 1", "{pilot: 1, full: 0.25}, default_rate_max: 0.25")


def test_a_sound_snapshot_passes_and_every_result_is_kept(moved: Moved) -> None:
    [(snapshot,)] = rows(moved.world, "select snapshot_id from cutover.run")
    results = gate_mapping(moved.world, snapshot, WAVE)
    # Nothing says where the codes of the toy's crosswalks live in its target: that is told, and is no pass.
    assert {result.check_id for result in results if result.status != "pass"} == {"DANGLING.CU-3", "DANGLING.OR-3"}
    assert {result.status for result in results} == {"pass", "not_applicable"}
    stored = rows(moved.world, "select check_id, entity from cutover.check_result where gate = 'mapping'")
    assert sorted(stored) == sorted((result.check_id, result.entity) for result in results)
    assert {check.partition(".")[0] for check, _ in stored} == {
        "CONSERVED", "REJECTS", "REPLAY", "COVERAGE", "DEFAULTS", "APPROVED", "VALUES", "VALUE_ROWS", "MANDATORY",
        "DANGLING",
    }  # fmt: skip


def test_too_many_rejects_close_it_and_just_enough_do_not(checked: Checked) -> None:
    bad, good = {"NR": "1", "LAND": "??"}, [{"NR": str(number)} for number in range(2, 5)]
    results = checked([bad, *good], LIMIT)
    assert of(results, "REJECTS", "customer").status == "pass"
    assert of(results, "REJECTS", "customer").evidence == {"reasons": {"CU-3 no_entry": 1}}
    results = checked([bad, *good[:2]], LIMIT)
    assert of(results, "REJECTS", "customer").status == "fail"
    assert "REJECTS customer fail: 33.3333% (at most 25.0000%)" in of(results, "CLOSED", None).message


def test_too_many_defaults_are_told_and_five_minors_close(checked: Checked) -> None:
    results = checked([{"NR": "1", "TERM": None}, {"NR": "2"}], LIMIT)
    found = of(results, "DEFAULTS.CU-6", "customer")
    assert (found.status, found.severity, found.numerator, found.denominator) == ("fail", "minor", 1, 2)
    assert [result for result in results if result.check_id == "CLOSED"] == []


def test_an_undecided_column_closes_it(checked: Checked) -> None:
    drop = "drops:\n  - {column: NOTE, reason: not_needed, approver: sales}\n"
    results = checked([{"NR": "1"}], (CUSTOMER, drop, ""))
    assert of(results, "COVERAGE", "customer").evidence["undecided"] == ["NOTE"]
    assert "COVERAGE customer fail" in of(results, "CLOSED", None).message


def test_a_column_in_an_expression_or_an_order_is_decided(checked: Checked) -> None:
    drop = "drops:\n  - {column: NOTE, reason: not_needed, approver: sales}\n"
    for edit in (
        (CUSTOMER, "\"NAME ilike 'test%'\"", "\"name ilike 'test%' and note is null\""),
        (CUSTOMER, '["SINCE desc nulls last"]', '["SINCE desc nulls last", NOTE]'),
        (CUSTOMER, "fields:\n  - {rule: CU-1", "all_or_none: {rule: CU-Z, by: NOTE}\nfields:\n  - {rule: CU-1"),
    ):
        results = checked([{"NR": "1"}], (CUSTOMER, drop, ""), edit)
        assert of(results, "COVERAGE", "customer").status == "pass"


def test_a_row_without_an_outcome_closes_it(checked: Checked) -> None:
    def lose(world: World) -> None:
        dataset = datasets.outcome(SNAPSHOT, "customer")
        world.staging.write_part(dataset, 0, world.staging.read_part(dataset, 0).slice(1))

    results = checked([{"NR": "1"}, {"NR": "2"}], tamper=lose)
    found = of(results, "CONSERVED", "customer")
    assert (found.status, found.value, found.threshold, found.severity) == ("fail", "1", "= 2", "blocker")


@pytest.mark.parametrize("what", ["a clean cell", "a logged change", "a lost change"])
def test_a_cell_that_the_log_does_not_explain_closes_it(checked: Checked, what: str) -> None:
    def tamper(world: World) -> None:
        if what == "a clean cell":
            dataset = datasets.clean(SNAPSHOT, "customer")
            part = world.staging.read_part(dataset, 0)
            place = part.schema.get_field_index("NAME")
            changed = part.set_column(place, "NAME", pa.array(["other"] * len(part)))
        else:
            dataset = datasets.changes(SNAPSHOT, "customer")
            part = world.staging.read_part(dataset, 0)
            place = part.schema.get_field_index("before")
            changed = (
                part.slice(0, 0) if "lost" in what else part.set_column(place, "before", pa.array(["?"] * len(part)))
            )
        world.staging.write_part(dataset, 0, changed)

    results = checked([{"NR": "000001"}], tamper=tamper)
    found = of(results, "REPLAY", "customer")
    assert (found.status, found.severity) == ("fail", "blocker")
    assert "REPLAY customer fail" in of(results, "CLOSED", None).message


def test_an_empty_source_is_not_applicable_and_open(checked: Checked) -> None:
    results = checked([])
    assert of(results, "REJECTS", "customer").status == "not_applicable"
    assert [result for result in results if result.check_id == "CLOSED"] == []


def test_a_wave_that_is_not_mapped_is_asked_for(toy: Toy) -> None:
    simple(toy)
    world = toy.world()
    with pytest.raises(InputError, match="run `cutover map --snapshot nothing` first"):
        gate_mapping(world, "nothing", WAVE)


def test_rows_that_were_cleansed_again_are_mapped_again(toy: Toy) -> None:
    """A changed specification makes everything anew; the gate judges what is there now."""
    simple(toy)
    world = toy.world()
    snapshot = toy.prepare(world)
    before = of(gate_mapping(world, snapshot, WAVE), "REJECTS", "customer").numerator
    world = toy.edit(CUSTOMER, "type: text(12)", "type: text(40)").world()
    for entity in world.specification.mappings:
        cleanse_entity(world, snapshot, entity)
        map_entity(world, snapshot, entity)
    assert of(gate_mapping(world, snapshot, WAVE), "REJECTS", "customer").numerator == int(before or 0) - 1


def test_the_schema_of_an_entity_is_python_that_says_what_is_checked(toy: Toy) -> None:
    source = schema_source(toy.world().specification.mapping("customer"))
    code = compile(source, "customer_schema.py", "exec")
    names: dict[str, object] = {}
    exec(code, names)  # noqa: S102 - our own schema
    columns = names["schema"].columns  # type: ignore[attr-defined]
    assert list(columns)[:2] == ["no", "name"]
    assert not columns["no"].nullable
    assert "CU-G1" in source
