"""What moves and what stays: nothing is forgotten, nothing is unclassified, nothing is kept too long."""

from collections.abc import Callable

import pytest
from tests.phases.moved import toy
from tests.phases.toy import WAVE, Toy, of, simple

from cutover.core.verdicts import CheckResult
from cutover.errors import GateClosed, InputError
from cutover.phases.gate import gate_mapping
from cutover.phases.land import land
from cutover.phases.landed import gate_landing
from cutover.phases.scope import propose_scope
from cutover.project.scope import read_scope
from cutover.systems import evidence

__all__ = ["toy"]

OBJECTS = "system,object,decision,reason,owner,retention,volume,processes\n" + "".join(
    f"crm,{name}.csv,in,,sales,documents,a few,sell\n" for name in ("customer", "supplier", "order", "line")
)
SCOPE = {
    "scope/objects.csv": OBJECTS,
    "scope/processes.csv": "process,title,owner\nsell,Selling,sales\n",
    "scope/retention.csv": "class,years,basis\ndocuments,10,law\nlegal_hold,1000,a court\n",
    "scope/columns.csv": "entity,column,class,retention\ncustomer,NR,business,\ncustomer,SINCE,business,documents\n",
}
Gate = Callable[..., list[CheckResult]]


@pytest.fixture
def landed(toy: Toy, monkeypatch: pytest.MonkeyPatch) -> Gate:
    """Lands the toy with a scope, edited, and evaluates the gate; a closed gate is told by a result of its own."""
    kept: list[CheckResult] = []
    monkeypatch.setattr(evidence, "record_checks", lambda _, gate, results, **more: kept.extend(results))

    def run(*edits: tuple[str, str, str]) -> list[CheckResult]:
        for name, text in SCOPE.items():
            toy.files.setdefault(name, text)
        for mapping in ("supplier", "order", "line"):
            text = toy.files[f"mappings/{mapping}.yaml"]
            toy.files[f"mappings/{mapping}.yaml"] = text if "pii:" in text else text + "pii: []\n"
        for edit in edits:
            toy.edit(*edit)
        simple(toy)
        world = toy.world()
        kept.clear()
        try:
            gate_landing(world, land(world), WAVE)
        except GateClosed as closed:
            kept.append(CheckResult("CLOSED", None, "fail", "blocker", message=str(closed)))
        return kept

    return run


def closed_by(results: list[CheckResult], check_id: str, entity: str | None = None) -> CheckResult:
    found = of(results, check_id, entity)
    assert f"{check_id} {entity or ''} {found.status}" in of(results, "CLOSED", None).message
    return found


def test_a_scope_that_is_whole_passes(landed: Gate) -> None:
    results = landed()
    assert {r.check_id: r.status for r in results if r.check_id.startswith(("SCOPE", "CLASS"))} == {
        "SCOPE.OBJECTS": "pass", "SCOPE.DECIDED": "pass", "SCOPE.PROCESSES": "pass", "CLASSIFIED": "pass",
    }  # fmt: skip


def test_an_undeclared_table_closes_it(landed: Gate, toy: Toy) -> None:
    """DMC-01: add an undeclared source table."""
    (toy.root / "legacy" / "deep").mkdir(parents=True)
    (toy.root / "legacy" / "deep" / "forgotten.csv").write_text("a\n1\n")
    found = closed_by(landed(), "SCOPE.OBJECTS")
    assert (found.status, found.value, found.severity) == ("fail", "1", "blocker")
    assert found.message == "not in scope/objects.csv: crm deep/forgotten.csv"


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ("crm,line.csv,in,,sales,", "crm,line.csv,in,,,", "objects.csv:5 lacks owner"),
        ("crm,line.csv,in,", "crm,line.csv,,", "objects.csv:5 lacks decision"),
        ("crm,line.csv,in,,sales,documents,", "crm,line.csv,in,,sales,,", "objects.csv:5 lacks retention"),
        ("crm,line.csv,in,,sales,documents,a few,", "crm,line.csv,in,,sales,documents,,", "objects.csv:5 lacks volume"),
        ("crm,line.csv,in,", "crm,line.csv,out,", "lacks reason; line reads line.csv, which is out of scope"),
        ("crm,line.csv,in,", "crm,line.csv,maybe,", "lacks decision in or out"),
    ],
)
def test_an_object_that_is_not_decided_on_closes_it(landed: Gate, before: str, after: str, told: str) -> None:
    assert told in closed_by(landed(("scope/objects.csv", before, after)), "SCOPE.DECIDED").message


def test_a_process_without_data_closes_it(landed: Gate) -> None:
    results = landed(("scope/processes.csv", "sales\n", "sales\nbuy,Buying,purchasing\n"))
    assert closed_by(results, "SCOPE.PROCESSES").message == "no object that moves serves buy"


def test_without_an_inventory_nothing_was_asked(landed: Gate, toy: Toy) -> None:
    assert of(landed(), "SCOPE.OBJECTS", None).status == "pass"
    del toy.files["scope/objects.csv"]
    world = toy.world()
    with pytest.raises(GateClosed, match=r"SCOPE.OBJECTS  not_run: there is no scope/objects.csv"):
        gate_landing(world, land(world), WAVE)


def test_a_phone_column_that_is_not_masked_closes_it(landed: Gate) -> None:
    """DMC-05: leave one phone column unmasked."""
    classified = ("scope/columns.csv", "customer,NR,business,\n", "customer,PHONE,personal,\n")
    assert of(landed(classified), "CLASSIFIED", "customer").status == "pass"
    results = landed(("mappings/customer.yaml", "pii: [NAME, PHONE]", "pii: [NAME]"))
    found = closed_by(results, "CLASSIFIED", "customer")
    assert found.message == "personal in only one of scope/columns.csv and `pii`: PHONE"


def test_a_column_without_a_class_closes_it(landed: Gate) -> None:
    silent = ("mappings/supplier.yaml", "pii: []\n", "")
    found = closed_by(landed(silent), "CLASSIFIED", "supplier")
    assert found.message == "no class, `cutover scope` proposes the lines: NAME, NR, TAX"


def test_what_is_missing_is_proposed(landed: Gate, toy: Toy) -> None:
    landed(("scope/objects.csv", "crm,line.csv,in,,sales,documents,a few,sell\n", ""))
    world = toy.world()
    proposed = propose_scope(world, land(world), read_scope(world.specification.root))
    assert proposed["objects"] == [["crm", "line.csv", "in", "", "", "", "", ""]]
    assert ["customer", "PHONE", "personal", ""] in proposed["columns"]
    assert ["customer", "NR", "business", ""] not in proposed["columns"]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("a,b\n", r"scope/processes.csv:1: the header is not that of the file. Fix: write process,title,owner"),
        ("process,title,owner\nx,y\n", r"scope/processes.csv:2: 2 fields, the header has 3"),
    ],
)
def test_a_file_that_is_none_is_told(landed: Gate, toy: Toy, text: str, problem: str) -> None:
    toy.files |= SCOPE | {"scope/processes.csv": text}
    simple(toy)
    world = toy.world()
    with pytest.raises(InputError, match=problem):
        gate_landing(world, land(world), WAVE)


def test_a_row_that_is_kept_no_longer_closes_it(toy: Toy) -> None:
    """The toy's clock stands in 2024; what is kept for ten years and is from 2010 does not move."""
    toy.files |= SCOPE
    simple(toy)
    toy.write("customer", [{"NR": "1", "SINCE": "2010-01-01"}, {"NR": "2"}])
    toy.write("order", [])
    toy.write("line", [])
    world = toy.world()
    snapshot = toy.prepare(world)
    with pytest.raises(GateClosed, match=r"RETENTION.SINCE customer fail: 1 of 2"):
        gate_mapping(world, snapshot, WAVE)
    toy.edit("scope/columns.csv", "SINCE,business,documents", "SINCE,business,legal_hold")
    assert of(gate_mapping(toy.world(), snapshot, WAVE), "RETENTION.SINCE", "customer").status == "pass"
    toy.edit("scope/columns.csv", "SINCE,business,legal_hold", "SINCE,business,nobody knows")
    with pytest.raises(GateClosed, match=r"RETENTION.SINCE customer not_run"):
        gate_mapping(toy.world(), snapshot, WAVE)
