"""The closed loop on Northwind: a target that is stricter than the mapping knows, corrections, and the way back."""

from collections.abc import Callable
from io import BytesIO
from pathlib import Path

from openpyxl import load_workbook
from tests.projects.journey import NORTHWIND, load_ungated, make_world, prepare, sqlite_connection
from tests.projects.plain import query

from cutover.phases.quarantine.correct import import_corrections
from cutover.phases.quarantine.correction_sheet import ARROW, write_corrections
from cutover.phases.quarantine.rejects import list_rejects
from cutover.phases.rollback import roll_back
from cutover.phases.verify import verify_run

DEAR = "select OrderID from Orders where cast(Freight as real) > 800"


def test_orders_that_the_target_refuses_wait_with_their_lines_and_load_when_they_are_corrected(
    northwind_database: Path, scratch_database: Callable[..., str], tmp_path: Path
) -> None:
    dear = [row[0] for row in query(northwind_database, DEAR)]
    marks = ", ".join(map(str, dear))
    lines = len(query(northwind_database, f'select 1 from "Order Details" where OrderID in ({marks})'))
    assert 1 < len(dear) <= 10 and lines > len(dear)
    world = make_world(
        NORTHWIND, sqlite_connection("northwind_legacy", northwind_database), scratch_database(), tmp_path / "staging"
    )
    snapshot = prepare(world)
    with world.target.begin() as connection:
        connection.exec_driver_sql("alter table sales.sales_order add constraint cheap check (freight <= 800)")
    moved = load_ungated(world, str(world.target.url.render_as_string(hide_password=False)), snapshot)
    refused = "select entity, rule, reason, constraint_name, count(*) from cutover.reject group by 1, 2, 3, 4"
    with world.target.connect() as connection:
        assert [tuple(row) for row in connection.exec_driver_sql(f"{refused} order by 1")] == [
            ("sales_order", "TARGET", "check_constraint", "cheap", len(dear)),
            ("sales_order_line", "LIN-010", "parent_rejected", "", lines),
        ]  # fmt: skip
        assert connection.exec_driver_sql("select count(*) from sales.sales_order").scalar() == 830 - len(dear)
    content, count = write_corrections(world, snapshot, entities=["sales_order"], owner="migration team", language="zh")
    assert count == len(dear)
    book = load_workbook(BytesIO(content))
    page = book["sales_order"]
    at = [cell.value for cell in page[1]].index(ARROW + "Freight")
    for line in page.iter_rows(min_row=2):
        line[at].value = "800"
    buffer = BytesIO()
    book.save(buffer)
    done = import_corrections(world, buffer.getvalue(), by_whom="sales")
    assert [(one.entity, one.rows, one.loaded) for one in done.replayed] == [
        ("sales_order", len(dear), len(dear)), ("sales_order_line", lines, lines),
    ]  # fmt: skip
    assert not any(list_rejects(world, snapshot, entity) for entity in moved.entities)
    with world.target.connect() as connection:
        assert connection.exec_driver_sql("select count(*) from sales.sales_order").scalar() == 830
        assert connection.exec_driver_sql("select count(*) from sales.sales_order_line").scalar() == 2155
        assert connection.exec_driver_sql("select max(freight) from sales.sales_order").scalar() == 800
    verify_run(world, moved.run_id)
    assert roll_back(world, moved.run_id, reason="a test", by_whom="a test").original_state is True
