"""The gate between mapping and loading: every check passes where it should, and each can fail."""

from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pytest
from tests.phases.moved import Moved, moved, original, toy
from tests.phases.toy import FILES, WAVE, Toy, execute, of, offline, one, rows, simple, stage, through

from cutover.core.verdicts import CheckResult
from cutover.errors import GateClosed, InputError
from cutover.phases.cleanse import cleanse_entity
from cutover.phases.gate import gate_mapping
from cutover.phases.gates import fit
from cutover.phases.loading.tables import tables_of
from cutover.phases.map import map_entity
from cutover.phases.mapping.gating import schema_source
from cutover.phases.world import World
from cutover.project.specification import Specification, read_specification
from cutover.systems import datasets, evidence
from cutover.systems.catalogue import ColumnFacts, TableFacts
from cutover.systems.setwise import open_setwise
from cutover.systems.staging import Staging

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
        monkeypatch.setattr(evidence, "list_waivers", lambda *_: {})
        monkeypatch.setattr(fit, "fit_checks", lambda *_: iter(()))
        stage(world, SNAPSHOT, "customer", customers)
        through(world, SNAPSHOT, "customer")
        tamper(world)
        try:
            gate_mapping(world, SNAPSHOT, WAVE)
        except GateClosed as closed:
            kept.append(CheckResult("CLOSED", None, "fail", "blocker", message=str(closed)))
        return kept

    return run


Tamper = Callable[[World], None]
Checked = Callable[..., list[CheckResult]]
LIMIT = ("project.yaml", "{pilot: 1, full: 1}, default_rate_max: 1", "{pilot: 1, full: 0.25}, default_rate_max: 0.25")


def test_a_sound_snapshot_passes_and_every_result_is_kept(moved: Moved) -> None:
    [(snapshot,)] = rows(moved.world, "select snapshot_id from cutover.run")
    results = gate_mapping(moved.world, snapshot, WAVE)
    # Nothing says where the codes of the toy's crosswalks live in its target, one entity refers to no earlier one, and
    # one has no merged rows: that is told, and is no pass.
    others = {(result.check_id, result.entity) for result in results if result.status != "pass"}
    assert others == {("DANGLING.CU-3", "customer"), ("DANGLING.OR-3", "order"), ("ORDER", "customer"),
                      ("UNMERGE", "supplier")}  # fmt: skip
    assert {result.status for result in results} == {"pass", "not_applicable"}
    stored = rows(moved.world, "select check_id, entity from cutover.check_result where gate = 'mapping'")
    assert sorted(stored) == sorted((result.check_id, result.entity) for result in results)
    assert {check.partition(".")[0] for check, _ in stored} == {
        "CONSERVED", "REJECTS", "REPLAY", "COVERAGE", "DEFAULTS", "APPROVED", "VALUES", "VALUE_ROWS", "MANDATORY",
        "DANGLING", "RAW", "CLEAN", "ORDER", "CYCLES", "DQ", "UNIQUE", "ORPHANS", "FIT",
        "DROPPED", "ROUNDING", "FANOUT", "UNMERGE", "EXAMPLES",
    }  # fmt: skip


def test_too_many_rejects_close_it_and_just_enough_do_not(checked: Checked) -> None:
    bad, good = {"NR": "1", "LAND": "??"}, [{"NR": str(number)} for number in range(2, 5)]
    results = checked([bad, *good], LIMIT)
    assert of(results, "REJECTS", "customer").status == "pass"
    assert of(results, "REJECTS", "customer").evidence["reasons"] == {"CU-3 no_entry": 1}
    results = checked([bad, *good[:2]], LIMIT)
    assert of(results, "REJECTS", "customer").status == "fail"
    assert "REJECTS customer fail: 33.3333% (at most 25.0000%)" in of(results, "CLOSED", None).message


def test_too_many_defaults_close_it(checked: Checked) -> None:
    """DMC-10."""
    results = checked([{"NR": "1", "TERM": None}, {"NR": "2"}], LIMIT)
    found = closes(results, "DEFAULTS.CU-6")
    assert (found.severity, found.numerator, found.denominator) == ("blocker", 1, 2)


def test_a_critical_field_may_take_fewer_defaults(checked: Checked) -> None:
    rows_of = [{"NR": str(n), "TERM": None if n == 1 else "N10"} for n in range(1, 21)]
    critical = (CUSTOMER, "audit: defaulted,", "audit: defaulted, critical: true,")
    assert of(checked(rows_of, LIMIT), "DEFAULTS.CU-6", "customer").status == "pass"
    assert closes(checked(rows_of, LIMIT, critical), "DEFAULTS.CU-6").threshold == "at most 1.0000%"


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


@pytest.mark.parametrize("what", ["a clean cell", "a logged change", "a lost change", "a rule that may not"])
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
            name, told = ("rule", "CU-C9") if "rule" in what else ("before", "?")
            place = part.schema.get_field_index(name)
            changed = part.slice(0, 0) if "lost" in what else part.set_column(place, name, pa.array([told] * len(part)))
        world.staging.write_part(dataset, 0, changed)

    results = checked([{"NR": "000001"}], tamper=tamper)
    found = of(results, "REPLAY", "customer")
    assert (found.status, found.severity) == ("fail", "blocker")
    assert "REPLAY customer fail" in of(results, "CLOSED", None).message


def test_an_empty_source_is_not_applicable_and_open(checked: Checked) -> None:
    results = checked([])
    assert of(results, "REJECTS", "customer").status == "not_applicable"
    green = {result.check_id for result in results if result.entity == "customer" and result.status == "pass"}
    names = ("CLEAN", "RAW.KEY", "UNIQUE", "ORPHANS", "FIT", "DQ")
    assert not [name for name in green if name.startswith(names)], "nothing was looked at"
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


# --- quality, references, fit ----------------------------------------------------------------------------------------


def edited(layer: Callable[..., datasets.Dataset], column: str, values: Callable[[pa.Array], pa.Array]) -> Tamper:
    """Return a tampering that writes other values into a column of the first part of a staged dataset."""

    def tamper(world: World) -> None:
        dataset = layer(SNAPSHOT, "customer")
        part = world.staging.read_part(dataset, 0)
        place = part.schema.get_field_index(column)
        changed = part.set_column(place, column, values(part[column].combine_chunks()))
        world.staging.write_part(dataset, 0, changed)

    return tamper


def closes(results: list[CheckResult], check_id: str, status: str = "fail") -> CheckResult:
    found = of(results, check_id, "customer")
    assert found.status == status
    assert f"{check_id} customer {status}" in of(results, "CLOSED", None).message
    return found


TWO = [{"NR": "1", "CREDIT": "5"}, {"NR": "2", "CREDIT": "6"}]


def test_a_mandatory_field_that_is_null_closes_it(checked: Checked) -> None:
    """DMC-07: null one mandatory field."""
    found = closes(checked(TWO, tamper=edited(datasets.mapped, "name", lambda old: pa.array([None, "x"]))), "DQ.CU-2")
    assert (found.numerator, found.denominator, found.severity) == (1, 2, "blocker")
    assert found.evidence["file"].endswith("/dq_failures/customer")


def test_a_rule_that_applies_to_no_row_is_not_run(checked: Checked) -> None:
    """DMC-07: empty the applicable set."""
    never = (CUSTOMER, "minimum: 0}", "minimum: 0, when: \"country = 'DE'\"}")
    assert closes(checked(TWO, never), "DQ.CU-G1", "not_run").denominator == 0


def test_a_rule_that_is_not_hard_rejects_nobody_and_has_a_goal(checked: Checked) -> None:
    rows_of = [*TWO, {"NR": "3", "CREDIT": "1.00-"}]
    for goal, status in (("0.6", "pass"), ("0.7", "fail")):
        results = checked(rows_of, (CUSTOMER, "minimum: 0}", f"minimum: 0, hard: false, goal: {goal}}}"))
        found = of(results, "DQ.CU-G1", "customer")
        assert (found.status, found.numerator, found.denominator) == (status, 2, 3)
        assert of(results, "REJECTS", "customer").numerator == 0


def test_a_landed_row_that_was_changed_or_lost_closes_it(toy: Toy) -> None:
    simple(toy)
    world = toy.world()
    snapshot = toy.prepare(world)
    raw = datasets.raw(snapshot, world.specification.mapping("supplier").source)
    world.staging.write_part(raw, 0, world.staging.read_part(raw, 0).slice(1))
    with pytest.raises(GateClosed, match=r"RAW supplier fail"):
        gate_mapping(world, snapshot, WAVE)


def test_two_loaded_rows_of_one_key_close_it(checked: Checked) -> None:
    keys = edited(datasets.outcome, "_key", lambda old: pa.array(["1"] * len(old)))
    assert closes(checked(TWO, tamper=keys), "RAW.KEY").value == "2"


def test_a_clean_row_without_its_key_closes_it(checked: Checked) -> None:
    closes(checked(TWO, tamper=edited(datasets.clean, "_key", lambda old: pa.array([None, "2"]))), "CLEAN")


def test_two_rows_with_one_target_key_close_it(checked: Checked) -> None:
    results = checked(TWO, tamper=edited(datasets.mapped, "no", lambda old: pa.array(["1", "1"])))
    found = closes(results, "UNIQUE.app.partner.no")
    assert (found.value, found.evidence["rows"]) == ("2", [0])


def test_an_orphan_closes_it(checked: Checked) -> None:
    """DMC-12."""
    lost = edited(datasets.mapped, "parent_id", lambda old: pa.array([4711, None], pa.int64()))
    found = closes(checked(TWO, tamper=lost), "ORPHANS.CU-7")
    assert (found.value, found.evidence["rows"]) == ("1", [0])


def test_a_circle_closes_it(checked: Checked) -> None:
    """DMC-12: A contains B and B contains A."""
    circle = edited(datasets.clean, "PARENT", lambda old: pa.array(["2", "1"]))
    assert closes(checked(TWO, tamper=circle), "CYCLES").evidence["rows"] == [0, 1]


@pytest.mark.parametrize(("credit", "asked", "early"), [("5", 2, []), ("500", 1, [1])])
def test_a_released_parent_of_what_is_not_released_closes_it(
    checked: Checked, credit: str, asked: int, early: list[int]
) -> None:
    """DMC-12."""
    edit = (CUSTOMER, "child: NR}", "child: NR, nodes: customer, released: CREDIT < 100}")
    lines = [{"NR": "1"}, {"NR": "2", "PARENT": "1", "CREDIT": credit}, {"NR": "3", "PARENT": "2"},
             {"NR": "4", "CREDIT": "500"}, {"NR": "5", "PARENT": "4", "CREDIT": "500"}]  # fmt: skip
    results = checked(lines, edit)
    found = closes(results, "RELEASED") if early else of(results, "RELEASED", "customer")
    assert (found.numerator, found.denominator, found.evidence["rows"]) == (len(early), asked, early)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ("alter column name type varchar(3)", "name longer than 3 characters"),
        ("alter column credit type numeric(12,1)", "credit more than 1 decimals"),
        ("alter column credit type numeric(3,2)", "credit more than 1 digits"),
        ("drop column parent_id; alter table app.partner add column parent_id smallint", "parent_id out of smallint"),
    ],
)
def test_a_value_that_does_not_fit_the_target_closes_it(toy: Toy, change: str, told: str) -> None:
    """DMC-13."""
    toy.write("customer", [{"NR": str(n), "NAME": "name", "CREDIT": "12.34"} for n in range(1, 3)])
    for entity in ("supplier", "order", "line"):
        toy.write(entity, [])
    world = toy.world()
    execute(world, "select setval('app.partner_id_seq', 40000)")
    toy.write("customer", [{"NR": "1", "NAME": "name", "CREDIT": "12.34"}, {"NR": "2", "PARENT": "1"}])
    snapshot = toy.prepare(world)
    gate_mapping(world, snapshot, WAVE)
    execute(world, f"alter table app.partner {change}")
    with pytest.raises(GateClosed, match="FIT.app.partner customer fail"):
        gate_mapping(world, snapshot, WAVE)
    evidence = "select evidence from cutover.check_result where check_id = 'FIT.app.partner' and status = 'fail'"
    assert told in one(world, evidence)["misfits"]


def test_a_character_that_the_target_does_not_have_is_a_misfit(checked: Checked, tmp_path: Path) -> None:
    """DMC-13: a name with U+20BB7; what every Unicode target has, an older character set has not."""
    checked([{"NR": "1", "NAME": "吉野家"}, {"NR": "2", "NAME": "\U00020bb7野家"}])
    staging = Staging(str(tmp_path / "staging"))
    mapping = read_specification(tmp_path / "project").mapping("customer")
    column = ColumnFacts("name", "character varying", 40, None, None, False, False, "", False, None)
    facts = TableFacts("app.partner", (column,), (), (), (), False)
    table = tables_of(SNAPSHOT, mapping)[0]
    with open_setwise(staging) as setwise:
        found = {name: fit.misfits(setwise, SNAPSHOT, mapping, table, facts, name) for name in ("UTF8", "EUC_CN")}
    assert found == {"UTF8": [], "EUC_CN": [fit.Misfit("name", "characters that are not in EUC_CN", 1)]}


def test_a_parent_that_loads_later_closes_it(checked: Checked, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Specification, "parents", lambda self, entity: {"order"} if entity == "customer" else set())
    monkeypatch.setattr("cutover.phases.map.digest_above", lambda *_: "")
    assert closes(checked(TWO), "ORDER").evidence["late"] == ["order"]
