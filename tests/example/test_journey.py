"""The worked example goes the whole way and back; nothing is lost, and every injected defect meets its fate."""

from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from cutover.systems import datasets
from tests.example.findings import Findings
from tests.example.moving import Journey, move, prepare

pytestmark = pytest.mark.timeout(900)
SCALES = [pytest.param(0.1, id="small"), pytest.param(1, id="scale-1", marks=pytest.mark.slow)]


@pytest.fixture(scope="module", params=SCALES)
def journey(
    request: pytest.FixtureRequest,
    scratch_database: Callable[[], str],
    repository: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Journey]:
    """The example, moved all the way and rolled back."""
    folder = tmp_path_factory.mktemp("journey")
    made = prepare(request.param, 1, repository / "include", folder, scratch_database)
    try:
        move(made)
        print(f"\nscale {request.param}, {made.written.rows} rows, seconds per phase: {made.seconds}")
        yield made
    finally:
        made.world.target.dispose()


@pytest.fixture(scope="module")
def findings(journey: Journey) -> Findings:
    """What was found on the way."""
    return Findings(journey)


def test_every_row_has_one_outcome_in_staging_and_ledger(journey: Journey, findings: Findings) -> None:
    rows = {table.table: table.rows for table in journey.written.tables}
    assert sum(len(lines) for lines in findings.raw.values()) == sum(rows.values()) == journey.written.rows
    for entity, result in journey.loaded.items():
        staged = len(findings.raw[entity])
        assert result.read == staged == result.loaded + result.merged + result.dropped + result.rejected
        assert sum(journey.dispositions[entity].values()) == staged
        assert journey.dispositions[entity].get("loaded", 0) == len(findings.rows_with(entity, "loaded"))


def test_all_checks_of_all_gates_were_run_and_passed(journey: Journey) -> None:
    for gate, results in journey.gates.items():
        assert results, gate
        # Codes that no foreign key leads to, such as a kind of account, cannot be looked for, an entity without parents
        # has no order, one without rejects nothing to decide: told, and no pass. Each kind has passed somewhere.
        assert {result.status for result in results} <= {"pass", "not_applicable"}
        kinds = {result.check_id.partition(".")[0] for result in results} - {"MASKS", "MASKED"}
        passed = {result.check_id.partition(".")[0] for result in results if result.status == "pass"}
        assert kinds == passed, [r for r in results if r.status != "pass"]
        assert all(result.message for result in results if result.status == "not_applicable")
    totals = {(r.entity, r.check_id) for r in journey.gates["full"] if r.check_id.startswith("TOTAL.")}
    assert {("receivable", "TOTAL.local_amount"), ("opening_balance", "TOTAL.debit")} <= totals


def test_the_pilot_is_small_and_holds_every_entity(journey: Journey) -> None:
    share = sum(journey.selected.values()) / journey.written.rows
    assert all(journey.selected[entity] for entity in journey.entities)
    # Few rows in all: the strata of a small example weigh more.
    assert 0.01 <= share <= (0.03 if journey.written.rows > 50_000 else 0.15)


def test_rehearsal_and_rollback_restore_the_fingerprint(journey: Journey) -> None:
    assert journey.rehearsed is not None and journey.rehearsed.original_state is True
    assert journey.rolled_back is not None and journey.rolled_back.original_state is True
    assert journey.fingerprints["before_load"] == journey.fingerprints["after_rollback"] != []
    assert journey.rolled_back.rows_removed == sum(result.written for result in journey.loaded.values())
    assert {rows for _, rows in journey.left_behind} == {0}


def test_a_night_after_the_load_is_clean_and_all_pairs_tie(journey: Journey) -> None:
    assert journey.night is not None and journey.night.status == "clean"
    assert [pair for pair in journey.night.pairs if not pair.ties] == []
    assert {pair.name for pair in journey.night.pairs} == {
        "payables", "purchase_orders", "receivables", "sales_orders", "stock", "trial_balance",
    }  # fmt: skip
    assert any(pair.explained for pair in journey.night.pairs)


def test_what_is_left_on_the_clearing_accounts_is_what_was_rejected(journey: Journey, findings: Findings) -> None:
    """Raw texts are read here, by hand: neither the cleansing nor the mapping is trusted."""
    left = dict.fromkeys(journey.clearing, Decimal(0))
    for row in findings.rows_with("receivable", "rejected"):
        item = findings.raw["receivable"][row]
        left[item["bukrs"]] += Decimal(item["dmbtr"]) * (-1 if item["shkzg"] == "H" else 1)
    for row in findings.rows_with("payable", "rejected"):
        item = findings.raw["payable"][row]
        sign = -1 if item["dmbtr"].endswith("-") else 1
        left[item["bukrs"]] -= Decimal(item["dmbtr"].rstrip("-")) * sign
    assert len(left) == 4 and any(left.values())
    assert journey.clearing == left


def test_recall_of_every_defect(findings: Findings) -> None:
    print("\n" + findings.table())
    assert set(findings.listed) == set(findings.found)
    assert {defect: recall for defect in findings.listed if (recall := findings.recall(defect)) < 0.99} == {}


def test_nothing_is_found_that_is_no_defect(findings: Findings) -> None:
    assert {defect for defect in findings.found if findings.precision(defect) < 1} == set()


def test_rows_meet_the_fate_that_the_ground_truth_says(findings: Findings) -> None:
    wrong = [
        (line, told)
        for line in findings.truth
        if (told := findings.outcome[line.entity][line.row]["outcome"])
        != ("loaded" if line.expected in ("cleaned", "loaded") else line.expected)
        and line.row not in findings.fallen[line.entity]
    ]
    assert wrong == []


def test_rejects_are_injected_or_follow_from_a_rejected_parent(journey: Journey, findings: Findings) -> None:
    for entity in journey.entities:
        assert findings.rows_with(entity, "rejected") == findings.fallen[entity], entity
    listed = {(line.entity, line.row) for line in findings.truth if line.expected == "rejected"}
    followed = sum(len(rows) for rows in findings.fallen.values()) - len(listed)
    assert followed > 0


def test_only_injected_rows_are_merged_or_dropped(journey: Journey, findings: Findings) -> None:
    for expected in ("merged", "dropped"):
        listed = {(line.entity, line.row) for line in findings.truth if line.expected == expected}
        stayed = {(entity, row) for entity in journey.entities for row in findings.rows_with(entity, expected)}
        by_plan = {("opening_balance", row) for row in findings.rows_with("opening_balance", "dropped")}
        assert stayed - by_plan == listed
        assert {findings.outcome[entity][row]["reason"] for entity, row in by_plan} == {"loaded_as_open_items"}
    assert len(findings.rows_with("opening_balance", "dropped")) == 8


def test_merged_rows_name_the_survivor_of_the_ground_truth(findings: Findings) -> None:
    for line in (line for line in findings.truth if line.expected == "merged"):
        entity, row = findings.outcome[line.entity][line.row]["survivor"].split("#")
        assert (entity, int(row)) == ("customer", findings.row_of("kna", line.note.split()[-1]))


def test_a_merged_supplier_gives_its_role_to_the_customer(journey: Journey, findings: Findings) -> None:
    [dataset] = datasets.further(journey.snapshot, journey.world.specification.mapping("supplier"))
    roles = {line["_row"]: line for line in journey.world.staging.read(dataset).to_pylist()}
    merged = findings.rows_with("supplier", "merged")
    assert merged
    for row in merged:
        survivor = int(findings.outcome["supplier"][row]["survivor"].removeprefix("customer#"))
        assert roles[row]["role"] == "supplier"
        assert roles[row]["partner_id"] == findings.outcome["customer"][survivor]["_id"]
