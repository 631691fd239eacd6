"""The whole way by hand, and the newcomer who adds an entity with one file."""

import json
import subprocess
import sys
from pathlib import Path

from scratch import execute
from tests.cli.conftest import Desk


def test_the_verbs_lead_from_one_to_the_next(desk: Desk) -> None:
    ways = [
        "check",
        "check --systems",
        "land",
        "cleanse",
        "map",
        "gate",
        "pilot",
        "load",
        "verify 2",
        "night",
        "summary",
    ]
    for place, verb in enumerate(ways):
        shown = desk.run(*verb.split())
        assert shown.status == 0, (verb, shown.err)
        if place + 1 < len(ways) and verb not in ("check", "check --systems"):
            assert "Next:  cutover" in shown.out, verb
    assert "is clean" in desk.run("night").out
    summary = json.loads(desk.run("summary", "--json").out)
    assert summary["full"]["status"] == "finished"
    assert [line["loaded"] for line in summary["full"]["entities"]] == [2, 1, 2, 3]
    for file in summary["files"]:
        assert Path(file).is_file()
    listed = json.loads(desk.run("runs", "--json").out)
    assert [(run["kind"], run["status"]) for run in listed] == [("pilot", "rolled_back"), ("full", "finished")]
    taken = desk.run("rollback", "2", "--reason", "a test", "--by", "a person")
    assert taken.status == 0
    assert "the target is what it was before" in taken.out
    assert desk.rows("select count(*) from app.partner") == [(0,)]
    assert "run    2  full   main         rolled_back" in desk.run("runs").out


def test_programs_read_what_people_read(desk: Desk) -> None:
    desk.do("land", "cleanse", "map")
    gate = json.loads(desk.run("gate", "--json").out)
    assert {"CONSERVED", "COVERAGE"} <= {one["check_id"] for one in gate}
    assert {one["status"] for one in gate} <= {"pass", "not_applicable"}
    desk.do("pilot", "load")
    verified = json.loads(desk.run("verify", "2", "--json").out)
    (total,) = [one for one in verified if one["check_id"] == "TOTAL.credit"]
    assert (total["numerator"], total["evidence"]["totals"][0]["target"]) == (0, "7.25")
    [traced] = json.loads(desk.run("trace", "customer", "2", "--json").out)
    assert traced["raw"]["NAME"] == "***" and traced["outcome"]["outcome"] == "loaded"
    [bare] = json.loads(desk.run("trace", "customer", "2", "--json", "--unmasked").out)
    assert bare["raw"]["NAME"] == "alpha"
    taken = json.loads(desk.run("rollback", "2", "--reason", "a test", "--json").out)
    assert (taken["original_state"], taken["differences"], taken["rows_kept"]) == (True, [], 0)


def test_a_closed_gate_tells_programs_every_check(desk: Desk) -> None:
    desk.do("land", "cleanse", "map")
    execute(desk.toy.target, "alter table app.partner alter name type varchar(3)")
    shown = desk.run("gate", "--json")
    closing = [one["check_id"] for one in json.loads(shown.out) if one["status"] == "fail"]
    assert (shown.status, closing) == (1, ["FIT.app.partner"]) and "GateClosed" in shown.err
    execute(desk.toy.target, "alter table app.partner alter name type varchar(40)")
    desk.do("load --without-pilot test")
    execute(desk.toy.target, "update app.line set qty = qty + 1")
    shown = desk.run("verify", "1", "--json")
    assert "ROWS.app.line" in [one["check_id"] for one in json.loads(shown.out) if one["status"] == "fail"]
    assert shown.status == 1


def test_a_load_asks_for_a_proven_pilot_or_a_reason(desk: Desk) -> None:
    desk.do("land", "cleanse", "map")
    shown = desk.run("load")
    assert (shown.status, shown.out) == (1, "")
    assert "has no pilot on snapshot" in shown.err and "Fix: run a pilot on this snapshot: `cutover pilot`" in shown.err
    assert "--without-pilot gives no reason" in desk.run("load", "--without-pilot", " ").err
    assert desk.rows("select count(*) from cutover.run") == [(0,)]
    assert desk.run("load", "--without-pilot", "a test system").status == 0
    assert desk.rows("select params->>'without_pilot' from cutover.run") == [("a test system",)]


def test_one_entity_goes_alone_through_cleansing_and_mapping(desk: Desk) -> None:
    desk.do("land", "cleanse --entity customer", "map --entity customer")
    staged = {path.name for path in (desk.toy.root / "staging").glob("*/outcome/*")}
    assert staged == {"customer"}


UNIT = """\
entity: unit
source: {system: crm, csv: {path: unit.csv, encoding: gb18030, separator: ";"}, key: CODE}
target: {table: app.unit, id: id, key: code}
cleanse:
  - {rule: UN-C1, column: [CODE, TEXT], do: [collapse_spaces]}
exclude:
  - {rule: UN-X, when: "CODE like 'Z%'", reason: no_longer_used, approver: logistics}
fields:
  - {rule: UN-1, kind: derive, expression: "upper(CODE)", target: code, type: text(6), required: true}
  - {rule: UN-2, kind: copy, source: TEXT, target: title, type: text(40)}
checks:
  - {rule: UN-G1, column: code, pattern: "[A-Z0-9]+"}
drops:
  - {column: OLD, reason: not_needed, approver: logistics, archive: the old system}
"""


def test_a_newcomer_adds_an_entity_with_one_file_and_no_python(desk: Desk) -> None:
    """The target has the table, the legacy system the file; only a mapping is written, and its name in the wave."""
    execute(
        desk.toy.target,
        "create table app.unit (id bigint generated by default as identity primary key, code text unique, title text)",
    )
    text = "CODE;TEXT;OLD\nkg; Kilogram ;1\nST;件;2\nZZ;;3\n#;x;4\n"
    (desk.toy.root / "legacy" / "unit.csv").write_bytes(text.encode("gb18030"))
    desk.toy.files["mappings/unit.yaml"] = UNIT
    desk.toy.edit("project.yaml", "[customer, supplier, order, line]", "[customer, supplier, order, line, unit]")
    desk.save()
    desk.do("check --systems", "land", "cleanse", "map", "gate", "pilot", "load", "night", "summary")
    assert desk.rows("select code, title from app.unit order by code") == [("KG", "Kilogram"), ("ST", "件")]
    found = desk.rows(
        "select src_key, outcome, reason from cutover.disposition where entity = 'unit' and run_id = 2 order by 1"
    )
    assert found == [
        ("#", "rejected", "str_matches"), ("ST", "loaded", None), ("ZZ", "dropped", "no_longer_used"),
        ("kg", "loaded", None),
    ]  # fmt: skip
    assert "str_matches" in desk.run("schema", "unit").out
    assert "is clean" in desk.run("night").out


def test_the_command_line_starts_without_airflow(tmp_path: Path, repository: Path) -> None:
    code = "import sys; import cutover.cli; sys.exit(any(name.split('.')[0] == 'airflow' for name in sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, env={"PYTHONPATH": str(repository / "src"), "PATH": ""}, check=False
    )
    assert done.returncode == 0
