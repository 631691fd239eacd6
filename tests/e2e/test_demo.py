"""`cutover demo`, for real: what it prints, what Airflow shows, and what the ledger holds afterwards."""

import re
import subprocess
from typing import Any

import pytest
from tests.e2e.conftest import Stack

from cutover.cli.following import PHASES
from cutover.runtime.home import read_state

pytestmark = [pytest.mark.slow, pytest.mark.airflow, pytest.mark.timeout(1200)]

Done = subprocess.CompletedProcess[str]


@pytest.fixture(scope="module")
def summary(stack: Stack, demo: Done) -> Any:
    """What `cutover summary --json` says after the demo."""
    return stack.read_json("summary")


def test_every_entity_balances_and_every_total_ties(summary: Any) -> None:
    lines = summary["full"]["entities"]
    assert len(lines) == 19
    for line in lines:
        assert line["read"] == sum(line[outcome] for outcome in ("loaded", "merged", "dropped", "rejected")), line
        assert line["loaded"] > 0, line
    assert summary["full"]["totals"]
    assert [line for line in summary["full"]["totals"] if line["loaded"] != line["target"]] == []


def test_gates_are_open_and_the_way_back_was_rehearsed(summary: Any) -> None:
    full, pilot = summary["full"], summary["pilot"]
    assert (full["status"], pilot["status"]) == ("finished", "rolled_back")
    assert [gate for gate in full["gates"] + pilot["gates"] if gate["failed"]] == []
    assert {gate["gate"] for gate in pilot["gates"]} >= {"verification", "rehearsal"}
    assert pilot["fingerprint_before"] == pilot["fingerprint_after_rollback"] != ""


def test_the_night_is_clean(summary: Any) -> None:
    night = summary["night"]
    assert (night["status"], night["broken"], night["not_compared"]) == ("clean", 0, 0)
    assert night["compared"] == night["matched"] + night["explained"] > 0


def test_the_terminal_shows_the_summary(demo: Done) -> None:
    shown = demo.stdout
    assert len(re.findall(r"^ *\w+(?: +[\d,]+){5} +yes *$", shown, re.MULTILINE)) == 19
    assert "same: yes" in shown and re.search(r"night \d+: clean", shown)
    assert "NO" not in re.findall(r"\bNO\b", shown)
    assert "written" in shown and "Next:  cutover night" in shown


def test_phases_are_told_in_order_and_each_line_once(demo: Done) -> None:
    lines = demo.stdout.splitlines()
    places = [lines.index(phase.title) for phase in PHASES]
    assert places == sorted(places)
    for begin, end in zip(places, [*places[1:], lines.index("", places[-1])], strict=True):
        told = [" ".join(line.split()[:2]) for line in lines[begin:end] if "rows/s" in line]
        assert told and len(told) == len(set(told)), told
    assert [line for line in lines if line.startswith("gate ") and "evaluated" in line]
    assert re.search(r"^The journey took \d+ s: Land and cleanse \d+ s; ", demo.stdout, re.MULTILINE)
    assert "\r" not in demo.stdout and "\x1b" not in demo.stdout, "plain lines where there is no terminal"


def test_every_run_in_airflow_succeeded(stack: Stack, demo: Done) -> None:
    runs = stack.query("select dag_id, run_type, state from dag_run order by dag_id", "airflow")
    phases = [(phase.dag_id, "operator_triggered", "success") for phase in PHASES]
    # No scheduled night among them: the demo's unpausing starts nothing by itself.
    assert sorted(runs) == sorted([*phases, ("cutover_implementation", "manual", "success")])
    with stack.connect() as airflow:
        tasks = airflow.read_tasks("cutover_implementation", read_state(stack.home)["journey"])
    assert {task.state for task in tasks} == {"success"} and len(tasks) == 6


def test_the_sign_off_is_in_the_ledger(stack: Stack, demo: Done, summary: Any) -> None:
    assert "the demo answers Approve for you" in demo.stdout
    found = stack.query("select run_id, gate, person, decision from cutover.signoff")
    assert found == [(summary["pilot"]["run_id"], "full_migration", "admin", "approved")]


def test_latest_is_never_a_nights_snapshot(stack: Stack, summary: Any) -> None:
    [night] = stack.query("select snapshot_id from cutover.night")
    assert night[0].endswith(".night") and night[0] > summary["full"]["snapshot"]
    assert stack.run("gate").returncode == 0, "the gate of the newest snapshot, which is the journey's"


PERSONAL = """
select name1 from erp.kna union select stceg from erp.kna union select name1 from erp.lfa
union select stceg from erp.lfa union select stras from erp.adr union select telf1 from erp.adr"""
# Where Airflow keeps what tasks say to each other, how they were called, and what people did.
KEPT = {"xcom": "value", "rendered_task_instance_fields": "rendered_fields", "dag_run": "conf", "log": "extra"}


def test_airflow_is_told_no_personal_value(stack: Stack, demo: Done) -> None:
    found = {str(value).strip() for (value,) in stack.query(PERSONAL, "legacy_erp") if value}
    personal = sorted(value for value in found if len(value) >= 8)[::5]
    logs = [path for folder in (stack.home.airflow, stack.home.logs) for path in folder.rglob("*.log*")]
    texts = {str(path): path.read_text(encoding="utf-8", errors="replace") for path in logs}
    for table, column in KEPT.items():
        texts[table] = str(stack.query(f"select {column}::text from {table} where {column} is not null", "airflow"))
    assert len(personal) > 500 and len(logs) > 50 and len(texts["xcom"]) > 1000
    assert {name for name, text in texts.items() if any(value in text for value in personal)} == set()
