"""Faults put into a copy of mall's database: each is found by its rule, and every row is accounted for."""

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.projects.journey import MALL, WAVE, Moved, load_ungated, make_world, prepare, rejected
from tests.projects.test_mall import TABLES

from cutover.errors import GateClosed, SpecificationError
from cutover.phases.gate import gate_mapping
from cutover.project.specification import read_specification
from cutover.systems import datasets
from cutover.systems.connections import Connection

pytestmark = pytest.mark.mariadb
Create = Callable[..., str]
FAULTS = """
    set sql_mode = '';
    -- No day, which a rule knows, and half a day, which it does not.
    update ums_member set birthday = '0000-00-00' where id = 1;
    update ums_member set birthday = '2009-06-00' where id = 11;
    -- A phone in full-width digits that is another member's.
    update ums_member set phone = '１８０６１５８１８４８' where id = 4;
    -- A product under the number of another one that is something else, and a price of nothing.
    update pms_product set product_sn = 'No86578', name = '儿童雨衣' where id = 3;
    update pms_product set price = 0 where id = 6;
    -- A copy of a product under its number becomes that product, and so does its SKU's reference.
    insert into pms_product (id, brand_id, product_category_id, name, product_sn, delete_status, publish_status, price,
        weight, unit) values (99, 3, 19, '华为 HUAWEI P20', '6946605', 0, 1, 3788, 0, '');
    update pms_sku_stock set product_id = 99 where id = 113;
    update pms_sku_stock set stock = -1 where id = 185;
    update pms_sku_stock set promotion_price = 9999 where id = 186;
    -- Orders at no time, in a status that nobody knows, paid before they were made, and of nobody.
    update oms_order set create_time = '0000-00-00 00:00:00' where id = 60;
    update oms_order set status = 9 where id = 61;
    update oms_order set payment_time = '2000-01-01' where id = 62;
    update oms_order set member_id = 2 where id = 64;
    -- Lines of a product that is not there, of no pieces, and reduced by more than they cost.
    update oms_order_item set product_id = 999 where id = 100;
    update oms_order_item set product_quantity = 0 where id = 101;
    update oms_order_item set promotion_amount = 9999 where id = 102;
    -- A line of no order at all, and an order that loses its only line.
    update oms_order_item set order_id = 12345 where id = 103;
    update oms_order_return_apply set product_count = 0 where id = 9;
"""


@pytest.fixture(scope="module")
def faulty(
    mall_dump: Path, mariadb: Any, scratch_database: Create, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Moved, str]:
    """mall with faults, mapped and loaded without regard to its gate; and the name of its database."""
    legacy: Connection = replace(mariadb.load(mall_dump), conn_id="mall_legacy")
    mariadb.run(legacy.schema, FAULTS)
    world = make_world(MALL, legacy, database := scratch_database(), tmp_path_factory.mktemp("faulty") / "staging")
    return load_ungated(world, database, prepare(world)), str(legacy.schema)


def found(faulty: tuple[Moved, str], entity: str) -> set[tuple[str | None, str, str]]:
    return set(rejected(faulty[0].world, faulty[0].snapshot, entity))


def test_each_fault_of_master_data_is_rejected_by_its_rule(faulty: tuple[Moved, str]) -> None:
    members = found(faulty, "member")
    twice = {(key, "MEM-030", "duplicate_target_key") for key in ("3", "4")}
    assert members == {("11", "SOURCE", "not_a_date")} | twice
    assert found(faulty, "product") == {
        ("2", "PRO-010", "duplicate_target_key"),
        ("3", "PRO-010", "duplicate_target_key"),
        ("6", "PRO-G01", "expression"),
    }
    assert found(faulty, "sku") == {("185", "SKU-G01", "ge"), ("186", "SKU-G03", "expression")}
    assert found(faulty, "member_address") == {(key, "ADR-020", "parent_rejected") for key in ("5", "6")}


def test_a_zero_date_is_mended_by_its_rule_and_logged(faulty: tuple[Moved, str]) -> None:
    moved, _ = faulty
    assert moved.one("select born_on from shop.member where username = 'test'") == (None,)
    logged = moved.world.staging.read(datasets.changes(moved.snapshot, "member")).to_pylist()
    assert [(row["before"], row["after"]) for row in logged if row["rule"] == "MEM-C02"] == [("0000-00-00", None)]


def test_a_copy_of_a_product_becomes_it_and_its_sku_follows(faulty: tuple[Moved, str]) -> None:
    moved, _ = faulty
    assert moved.outcomes()["product"] == {"loaded": 23, "merged": 9, "dropped": 4, "rejected": 3}
    assert moved.one(
        "select product_no from shop.sku as s join shop.product as p on p.id = s.product_id where sku_no = %s",
        "201806070026004",
    ) == ("6946605",)


def test_each_fault_of_an_order_takes_its_lines_with_it(faulty: tuple[Moved, str], mariadb: Any) -> None:
    orders = found(faulty, "sales_order")
    of_member = {str(key) for (key,) in mariadb.run(faulty[1], "select id from oms_order where member_id = 11")}
    assert orders == {
        ("60", "ORD-030", "no_format_matches"),
        ("61", "ORD-070", "no_entry"),
        ("62", "ORD-G03", "expression"),
        ("64", "ORD-020", "no_parent"),
    } | {(key, "ORD-020", "parent_rejected") for key in of_member}
    lines = {key: (rule, reason) for key, rule, reason in found(faulty, "sales_order_line")}
    gone = ", ".join(str(key) for key, _, _ in orders)
    for (line,) in mariadb.run(faulty[1], f"select id from oms_order_item where order_id in ({gone})"):
        assert lines.pop(str(line)) == ("LIN-020", "parent_rejected")
    # Line 99 stands in one order with line 100.
    assert lines == {
        "99": ("LIN-N01", "group_rejected"),
        "100": ("LIN-030", "no_parent"),
        "101": ("LIN-G01", "ge"),
        "102": ("LIN-G03", "expression"),
        "103": ("LIN-020", "no_parent"),
    }
    told = faulty[0].world.staging.read(datasets.outcome(faulty[0].snapshot, "sales_order")).to_pylist()
    assert [row["rule"] for row in told if row["_key"] == "68"] == ["ORD-X01"]
    assert found(faulty, "return_request") >= {("9", "RET-G01", "ge")}


def test_mall_with_faults_is_conserved_and_its_gate_is_closed(faulty: tuple[Moved, str], mariadb: Any) -> None:
    moved, database = faulty
    for entity, table in TABLES.items():
        ((count,),) = mariadb.run(database, f"select count(*) from {table}")
        assert sum(moved.outcomes()[entity].values()) == count, entity
        assert moved.one("select sum(rows_read)::int from cutover.batch where entity = %s", entity) == (count,)
        assert moved.one("select count(*) from cutover.disposition where entity = %s", entity) == (count,)
    with pytest.raises(GateClosed, match="REJECTS sales_order_line fail"):
        gate_mapping(moved.world, moved.snapshot, WAVE)


def test_without_its_rule_the_number_of_two_products_is_decided_by_nobody(
    mall_database: Connection, scratch_database: Create, tmp_path: Path
) -> None:
    project = tmp_path / "mall"
    shutil.copytree(MALL, project)
    path = project / "mappings" / "product.yaml"
    text = path.read_text(encoding="utf-8")
    start, end = text.index("  - rule: PRO-X02"), text.index("merge:")
    path.write_text(text[:start] + text[end:], encoding="utf-8")
    world = make_world(project, mall_database, scratch_database(), tmp_path / "staging")
    snapshot = prepare(world)
    keys = {key for key, _, reason in rejected(world, snapshot, "product") if reason == "duplicate_target_key"}
    assert {"1", "7"} <= keys
    with pytest.raises(GateClosed, match="REJECTS product fail"):
        gate_mapping(world, snapshot, WAVE)


def test_a_column_that_the_shop_does_not_have_is_found_before_anything_lands(
    mall_database: Connection, scratch_database: Create, tmp_path: Path
) -> None:
    project = tmp_path / "mall"
    shutil.copytree(MALL, project)
    path = project / "mappings" / "brand.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("source: first_letter", "source: first_leter"), "utf-8")
    assert read_specification(project)
    world = make_world(project, mall_database, scratch_database(), tmp_path / "staging")
    with pytest.raises(SpecificationError, match="no column 'first_leter'. Fix: did you mean 'first_letter'"):
        prepare(world)
    assert world.staging.snapshots() == []
