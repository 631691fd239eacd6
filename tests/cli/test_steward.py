"""The steward's verbs: profile, proposals, approve, duplicates."""

import json

from tests.cli.conftest import Desk

CUSTOMER = "mappings/customer.yaml"


def prepare(desk: Desk) -> None:
    rule = "  - {rule: CU-C3, column: CREDIT, do: trailing_minus}\n"
    desk.toy.edit(CUSTOMER, rule, rule + "  - {rule: CU-C4, column: NAME, do: join_name, propose: true}\n")
    desk.toy.files[CUSTOMER] += "duplicates: {rule: CU-D, name: NAME, identity: TAX, review: 80}\n"
    desk.toy.write("customer", [{"NR": "1", "NAME": "张 三", "TAX": "1"}, {"NR": "2", "NAME": "张三", "TAX": "2"}])
    desk.save()
    desk.do("land", "cleanse")


def test_profiles_of_all_entities_are_written(desk: Desk) -> None:
    desk.do("land")
    shown = desk.run("profile")
    pages = [line for line in shown.out.splitlines() if line.endswith(".html")]
    assert shown.status == 0 and len(pages) == 4 and "Next:  cutover cleanse" in shown.out
    assert desk.run("profile", "custmer").status == 1


def test_proposals_are_listed_approved_and_applied(desk: Desk) -> None:
    prepare(desk)
    shown = desk.run("proposals", "--export")
    assert "open     customer.NAME 1: '***' -> '***'  (CU-C4)" in shown.out and "proposals.xlsx" in shown.out
    assert "'张 三' -> '张三'" in desk.run("proposals", "--unmasked").out
    assert [line["before"] for line in json.loads(desk.run("proposals", "--json").out)] == ["***"]
    assert [line["before"] for line in json.loads(desk.run("proposals", "--json", "--unmasked").out)] == ["张 三"]
    nobody = desk.run("approve", "--rule", "CU-C4")
    assert nobody.status == 1 and "--by" in nobody.message
    assert desk.run("approve", "--by", "me").status == 1
    assert "1 approved" in desk.run("approve", "--rule", "CU-C4", "--by", "head of sales").out
    desk.do("cleanse --entity customer")
    assert desk.run("proposals").out.startswith("0 proposals")
    assert "approved" in desk.run("proposals", "--all").out


def test_a_decision_is_taken_back_for_a_reason_and_kept(desk: Desk) -> None:
    prepare(desk)
    withdraw = ("approve", "--rule", "CU-C4", "--withdraw", "--by", "Li Na", "--reason")
    assert "nothing of rule CU-C4 was decided" in desk.run(*withdraw, "wrong names").message
    assert desk.run("approve", "--rule", "CU-C4", "--by", "head of sales").status == 0
    assert "for a reason" in desk.run(*withdraw, " ").message
    assert desk.run("approve", "--withdraw", "--rule", "CU-C4", "--reject", "--by", "me", "--reason", "x").status == 1
    assert "1 open again" in desk.run(*withdraw, "wrong names").out
    assert desk.run("proposals").out.startswith("open     customer.NAME 1")
    kept = "select state, after, decided_by, withdrawn_by, reason from cutover.withdrawn_decision"
    assert desk.rows(kept) == [("approved", "张三", "head of sales", "Li Na", "wrong names")]
    desk.do("cleanse --entity customer")
    assert desk.run("approve", "--rule", "CU-C4", "--reject", "--by", "Li Na").status == 0
    assert desk.run(*withdraw, "again").status == 0 and len(desk.rows(kept)) == 2


def test_pairs_are_listed_and_decided_by_the_beginning_of_their_id(desk: Desk) -> None:
    prepare(desk)
    shown = desk.run("duplicates")
    assert "customer 1 ~ 2  100 %, to look at: open" in shown.out
    short = shown.out.split()[0]
    assert desk.run("duplicates", "--different", short).status == 1
    assert desk.run("duplicates", "--different", short, "--by", "sales").status == 0
    assert desk.run("duplicates").out.startswith("0 pairs")
    assert desk.rows("select state, decided_by from cutover.pair") == [("different", "sales")]


def test_a_forbidden_wish_is_told_by_check(desk: Desk) -> None:
    desk.toy.edit(CUSTOMER, "do: trailing_minus", "do: recompute_amount")
    desk.save()
    shown = desk.run("check")
    assert shown.status == 1
    assert "mappings/customer.yaml:8:35: no machine may do 'recompute_amount'" in shown.out
    assert desk.run("cleanse").status == 1
