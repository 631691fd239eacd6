"""`cutover coverage | preview | simulate` as a person uses them before anything is loaded."""

import json

from tests.cli.conftest import Desk


def test_coverage_lists_what_is_missing_and_names_the_next_command(desk: Desk) -> None:
    desk.do("land", "cleanse", "map")
    shown = desk.run("coverage")
    assert shown.status == 0 and "Next:  cutover gate" in shown.out
    assert "ok    VALUES.CU-3" in shown.out
    desk.toy.write("customer", [{"NR": "1"}, {"NR": "2", "LAND": "??", "CREDIT": "2.50"}])
    desk.do("land", "cleanse", "map")
    shown = desk.run("coverage", "customer")
    assert shown.status == 1
    assert "FAIL  VALUES.CU-3" in shown.out and "add in crosswalks/country.csv: '??'" in shown.out
    assert "unmapped  country '??': 1 rows, CREDIT 2.50 (CU-3)" in shown.out
    assert "Next:  mend what FAILs" in shown.out
    told = json.loads(desk.run("coverage", "customer", "--json").out)
    assert [value["code"] for value in told[0]["values"] if value["state"] == "unmapped"] == ["??"]


def test_preview_shows_rules_and_no_names(desk: Desk) -> None:
    desk.do("land", "cleanse", "map")
    shown = desk.run("preview", "customer", "--rows", "2")
    assert shown.status == 0
    assert "CU-3         lookup           app.partner.country: LAND 'CN' -> 'CN'" in shown.out
    assert "alpha" not in shown.out.casefold()
    assert len(json.loads(desk.run("preview", "customer", "--key", "5", "--json").out)) == 1


def test_a_simulation_reports_and_leaves_nothing(desk: Desk) -> None:
    desk.do("land", "cleanse", "map")
    shown = desk.run("simulate")
    assert shown.status == 0, shown
    assert "simulated: nothing of it stays" in shown.out and "Next:  cutover pilot" in shown.out
    assert "rollback" not in shown.out
    assert desk.rows("select count(*) from app.partner") == [(0,)]
    assert desk.rows("select count(*) from cutover.run") == [(0,)]
    assert json.loads(desk.run("simulate", "--json").out)["full"]["kind"] == "full"
