"""The MES's work orders, exported as CSV in GB18030."""

import numpy as np

from cutover.example.chance import Ints
from cutover.example.columns import amount, choose, constant, day_number, glue, padded, slashed_day
from cutover.example.defects import (
    Draft,
    awkward_text,
    impossible_day,
    lost_padding,
    trailing_blank,
    unknown_number,
    unknown_unit,
)
from cutover.example.items import item_number, referenced_machine
from cutover.example.layout import Injection
from cutover.example.reference import COMPANIES
from cutover.example.tables import Column, LegacyTable, World, of_scale
from cutover.example.words import REMARKS

STATES = ("已下达", "生产中", "已暂停")
_PLANTS = tuple(company.plant for company in COMPANIES)


def _draft_work_orders(world: World, rows: Ints) -> Draft:
    start = day_number("2024-06-01") + world.roll("mes/start", rows, 200)
    planned = 1 + world.roll("mes/planned", rows, 60)
    state = world.roll("mes/state", rows, len(STATES))
    done = np.where(state == 0, 0, world.roll("mes/done", rows, 60) % planned)
    columns = {
        "工单号": glue("MO", padded(rows + 1, 9)),
        "工厂": choose(_PLANTS, world.roll("mes/plant", rows, len(_PLANTS))),
        "物料编码": item_number(referenced_machine(world, "mes/item", rows)),
        "计划数量": amount(planned * 1000, 3),
        "完成数量": amount(done * 1000, 3),
        "单位": constant("件", rows),
        "计划开始": slashed_day(start),
        "计划完成": slashed_day(start + 1 + world.roll("mes/duration", rows, 60)),
        "状态": choose(STATES, state),
        "工作中心": glue("WC", padded(10 * (1 + world.roll("mes/centre", rows, 24)), 4)),
        "备注": choose(REMARKS, world.roll("mes/remark", rows, len(REMARKS))),
    }
    return Draft(columns, world.layout(WORK_ORDERS).kinds(rows))


WORK_ORDERS = LegacyTable(
    "mes", "work_orders", "open work orders",
    (
        Column("工单号", "text", "work order, MO and nine digits"),
        Column("工厂", "text", "plant as in t001.werks"),
        Column("物料编码", "text", "mara.matnr, always of type FERT or HALB"),
        Column("计划数量", "text", "planned quantity, three decimals"),
        Column("完成数量", "text", "finished quantity, never above the planned one"),
        Column("单位", "text", "unit in Chinese, 件 = t006 ST"),
        Column("计划开始", "text", "planned start, YYYY/MM/DD"),
        Column("计划完成", "text", "planned end, YYYY/MM/DD, after the start"),
        Column("状态", "text", "已下达 released, 生产中 in production, 已暂停 on hold"),
        Column("工作中心", "text", "work centre, WC and four digits"),
        Column("备注", "text", "remark, may be empty"),
    ),
    ("工单号",),
    (
        Injection("K01 padding", 5, "K01", ("物料编码",), "cleaned", change=lost_padding),
        Injection("K07 no item", 2, "K07", ("物料编码",), "rejected", change=unknown_number),
        Injection("T06 item", 2, "T06", ("物料编码",), "cleaned", change=trailing_blank),
        Injection("C10 unit", 1, "C10", ("单位",), "rejected", change=unknown_unit),
        Injection("D06 start", 1, "D06", ("计划开始",), "rejected", change=impossible_day),
        Injection("T11 remark", 10, "T11", ("备注",), "loaded", "must survive unchanged", awkward_text),
    ),
    of_scale(6000), _draft_work_orders,
)  # fmt: skip
