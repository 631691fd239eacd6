"""mall all the way: every expected figure is asked of MariaDB by hand-written SQL, never by the engine."""

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from tests.projects.journey import Moved, rejected

from cutover.phases.control_totals import compare_pairs
from cutover.systems import datasets
from cutover.systems.connections import Connection
from cutover.systems.sources.measure import Total
from cutover.systems.staging import Dataset

pytestmark = pytest.mark.mariadb
Ask = Callable[[str], list[tuple[Any, ...]]]
TABLES = {
    "brand": "pms_brand",
    "category": "pms_product_category",
    "product": "pms_product",
    "sku": "pms_sku_stock",
    "member": "ums_member",
    "member_address": "ums_member_receive_address",
    "sales_order": "oms_order",
    "sales_order_line": "oms_order_item",
    "return_request": "oms_order_return_apply",
}


@pytest.fixture
def ask(mariadb: Any, mall_database: Connection) -> Ask:
    """Ask the legacy database plainly."""
    return lambda query: list(mariadb.run(mall_database.schema, query))


def test_every_row_has_one_outcome(mall: Moved, ask: Ask) -> None:
    counted = {entity: ask(f"select count(*) from {table}")[0][0] for entity, table in TABLES.items()}
    assert counted["product"] == 38 and counted["sales_order"] == 65 and counted["sales_order_line"] == 94
    expected = {entity: {"loaded": count} for entity, count in counted.items()}
    expected["brand"] = {"loaded": 11, "dropped": 1}
    expected["category"] = {"loaded": 38, "dropped": 2}
    expected["product"] = {"loaded": 26, "merged": 8, "dropped": 4}
    expected["sales_order"] = {"loaded": 55, "dropped": 10}
    expected["return_request"] = {"loaded": 10, "dropped": 9, "rejected": 2}
    assert mall.outcomes() == expected
    assert {entity: sum(outcomes.values()) for entity, outcomes in mall.outcomes().items()} == counted
    kept = mall.rows(
        "select entity, count(*)::int, count(distinct src_key)::int from cutover.disposition group by entity"
    )
    assert {entity: (rows, keys) for entity, rows, keys in kept} == {e: (c, c) for e, c in counted.items()}


def test_ten_products_under_one_number_become_one_by_rule(mall: Moved, ask: Ask) -> None:
    ids = [str(each) for (each,) in ask("select id from pms_product where product_sn = 'No86577' order by id")]
    assert len(ids) == 10
    lines = mall.world.staging.read(datasets.outcome(mall.snapshot, "product")).to_pylist()
    told = {row["_key"]: (row["outcome"], row["rule"], row["reason"]) for row in lines if row["_key"] in ids}
    # The first is a garment of another kind; of the nine cardigans the oldest stands for all.
    assert told.pop("1") == ("dropped", "PRO-X02", "number_of_another_product")
    assert told.pop("7")[0] == "loaded"
    assert set(told.values()) == {("merged", "PRO-M01", "copy_under_the_same_number")}
    (seventh,) = [row["_row"] for row in lines if row["_key"] == "7"]
    assert {row["survivor"] for row in lines if row["outcome"] == "merged"} == {f"product#{seventh}"}
    assert mall.one("select name from shop.product where product_no = 'No86577'") == ("女式超柔软拉毛运动开衫",)


def test_a_weight_that_nobody_took_is_none_and_a_round_one_is_to_be_confirmed(mall: Moved) -> None:
    weights = mall.rows(
        """select weight_grams, weight_is_to_be_confirmed, count(*)::int from shop.product
           group by weight_grams, weight_is_to_be_confirmed order by weight_grams"""
    )
    assert weights == [(Decimal("208.00"), False, 1), (Decimal("1000.00"), True, 5), (None, False, 20)]


def test_orders_without_lines_stay_behind_with_their_returns(mall: Moved, ask: Ask) -> None:
    without = ask("""select order_sn, id from oms_order
                     where not exists (select 1 from oms_order_item where order_id = oms_order.id)""")
    assert len(without) == 10
    numbers = [number for number, _ in without]
    assert mall.one("select count(*) from shop.sales_order where order_no = any(%s)", numbers) == (0,)
    orders = ", ".join(str(each) for _, each in without)
    returns = {str(each) for (each,) in ask(f"select id from oms_order_return_apply where order_id in ({orders})")}
    dropped = mall.world.staging.read(datasets.outcome(mall.snapshot, "return_request")).to_pylist()
    assert {row["_key"] for row in dropped if row["rule"] == "RET-X01"} == returns


def test_a_refund_of_more_than_was_paid_waits_for_finance(mall: Moved, ask: Ask) -> None:
    excessive = ask("""select cast(id as char) from oms_order_return_apply
                       where return_amount > product_real_price * product_count order by id""")
    found = rejected(mall.world, mall.snapshot, "return_request")
    assert found == [(key, "RET-G02", "expression") for (key,) in excessive] and len(found) == 2


def test_a_line_whose_sku_was_made_anew_finds_it_by_its_code(mall: Moved, ask: Ask) -> None:
    gone = ask("""select cast(id as char) from oms_order_item
                  where product_sku_id not in (select id from pms_sku_stock)""")
    assert len(gone) == 5
    skus = mall.rows(
        """select distinct s.sku_no from shop.sales_order_line as l join shop.sku as s on s.id = l.sku_id
           where l.line_no = any(%s)""",
        [key for (key,) in gone],
    )
    assert skus == [("201806070026001",)]
    # Where the id is there it counts: this line carries the code of the other colour.
    assert mall.one(
        "select s.sku_no from shop.sales_order_line as l join shop.sku as s on s.id = l.sku_id where line_no = '24'"
    ) == ("201808270028002",)


def test_money_and_stock_are_the_same_to_the_last_digit(mall: Moved, ask: Ask) -> None:
    with_lines = "where exists (select 1 from oms_order_item where order_id = o.id)"
    ((goods, paid, freight),) = ask(
        f"select sum(total_amount), sum(pay_amount), sum(freight_amount) from oms_order as o {with_lines}"
    )
    sums = "select sum(goods_amount), sum(paid_amount), sum(freight_amount) from shop.sales_order"
    assert mall.one(sums) == (goods, paid, freight)
    ((lines, pieces),) = ask("select sum(product_price * product_quantity), sum(product_quantity) from oms_order_item")
    assert mall.one("select sum(goods_amount), sum(quantity)::int from shop.sales_order_line") == (lines, int(pieces))
    # Pinned, so that both readings cannot go wrong alike; what the orders say is what their lines come to.
    assert (goods, paid, lines) == (Decimal("344687.00"), Decimal("319616.25"), Decimal("344687.00"))
    ((stock, price),) = ask("select sum(stock), sum(price) from pms_sku_stock")
    assert mall.one("select sum(stock)::int, sum(price) from shop.sku") == (int(stock), price)
    assert mall.one(
        """select count(*) from shop.sales_order as o where goods_amount <>
               (select sum(goods_amount) from shop.sales_order_line where order_id = o.id)"""
    ) == (0,)


def test_the_shops_own_amounts_do_not_tie_in_two_orders_and_are_moved_as_they_are(mall: Moved, ask: Ask) -> None:
    differing = ask("""select order_sn from oms_order as o
        where pay_amount <> total_amount + freight_amount - promotion_amount - integration_amount - coupon_amount
                            - discount_amount and exists (select 1 from oms_order_item where order_id = o.id)""")
    found = mall.rows(
        """select order_no from shop.sales_order
           where paid_amount <> goods_amount + freight_amount - reduction_amount order by order_no"""
    )
    assert found == sorted(differing) and len(found) == 2


def test_control_totals_of_both_systems_tie(mall: Moved) -> None:
    results = compare_pairs(mall.world, mall.snapshot)
    assert {result.name for result in results} == {"orders", "order_lines"}
    assert [result for result in results if result.old != result.new + result.explained] == []
    # What stays behind is told by rule, not lost.
    explained = sum(result.explained for result in results if (result.name, result.measure) == ("orders", "orders"))
    assert explained == 10


def test_the_snapshot_states_the_totals_of_the_server(mall: Moved, ask: Ask) -> None:
    manifest = mall.world.staging.require(Dataset(mall.snapshot, "raw", "shop.pms_sku_stock"), phase="land")
    ((low, high, total),) = ask("select min(price), max(price), sum(price) from pms_sku_stock")
    stated = manifest["totals"]["price"]
    assert Total(*(Decimal(stated[name]) for name in ("sum", "minimum", "maximum"))) == Total(total, low, high)
    assert (manifest["rows"], manifest["notes"]) == (96, {})


def test_times_of_the_shop_are_times_of_china(mall: Moved) -> None:
    (paid,) = mall.one("select paid_at from shop.sales_order where order_no = '202305110100000008'")
    assert paid == datetime(2023, 5, 11, 7, 37, 18, tzinfo=UTC)


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ("select name from shop.product where product_no = '10044060351752'",
         "万和（Vanward)燃气热水器天然气家用四重防冻直流变频节能全新升级增压水伺服恒温高抗风"),
        ("select attributes::jsonb -> 0 ->> 'value' from shop.sku where sku_no = '202210280039001'",
         "新小米Pro 14英寸 2.8K屏"),
        ("select tier || phone from shop.member where username = 'member'", "basic18961511111"),
        ("select province || city || district || street from shop.member_address where address_no = '1'",
         "广东省深圳市南山区科兴科学园"),
        ("select c.name || p.name from shop.category c join shop.category p on p.id = c.parent_id"
         " where c.category_no = '53'", "平板电脑电脑办公"),
        ("select carrier || status || payment_method from shop.sales_order where order_no = '202305110100000004'",
         "圆通快递shippedwechat"),
        ("select count(*)::text from shop.sales_order where carrier = ''", "0"),
        ("select reason from shop.return_request where request_no = '9'", "质量问题"),
    ],
)  # fmt: skip
def test_single_cells_are_what_a_person_reads_in_the_shop(mall: Moved, statement: str, expected: str) -> None:
    assert mall.one(statement) == (expected,)
