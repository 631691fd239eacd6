"""Control totals: the same figure asked of both systems, exactly, tied by what stayed behind by rule."""

from decimal import Decimal

import pytest
from tests.phases.moved import Moved, moved, original
from tests.phases.toy import WAVE, execute, rows

from cutover.errors import SourceError, TargetError
from cutover.phases.control_totals import compare_pairs
from cutover.phases.dual_run import run_night
from cutover.phases.world import World

__all__ = ["moved", "original"]
OLD = """\
-- purpose: credit of each country
-- system: old
-- explained: amount = customer.CREDIT by LAND
-- explained: rows = customer by LAND
select land as "group", count(*) as rows, sum(credit) as amount from old.customer group by land
"""
NEW = "select case country when 'DE' then 'D' else country end as \"group\", count(*) as rows, sum(credit) as amount"
NEW += " from app.partner where credit is not null group by country\n"
LEGACY = """
create table old.customer as
select * from (values ('CN', 5.00), ('CN', 7.25), ('CN', 1.00), ('CN', 5.00), ('D', 0.10), ('CN', -3.00), ('CN', 5.00))
    as rows (land, credit)
"""


@pytest.fixture
def paired(moved: Moved) -> Moved:
    """The moved toy with a pair of control totals; the old figures come from a schema of the same database."""
    execute(moved.world, "create schema old", LEGACY)
    moved.toy.edit("project.yaml", "{crm: {connection: crm}}", "{crm: {connection: crm}, old: {connection: target}}")
    moved.toy.files |= {
        "sql/control_totals/credit.old.sql": OLD,
        "sql/control_totals/credit.new.sql": NEW,
    }
    return moved


def snapshot_of(world: World) -> str:
    return str(rows(world, "select snapshot_id from cutover.run")[0][0])


def test_both_systems_tie_by_what_stayed_behind(paired: Moved) -> None:
    world = paired.toy.world()
    found = {(pair.group, pair.measure): pair for pair in compare_pairs(world, snapshot_of(world))}
    amount = found["CN", "amount"]
    assert (amount.old, amount.new, amount.explained) == (Decimal("20.25"), Decimal("7.25"), Decimal("13.00"))
    assert (found["CN", "rows"].old, found["CN", "rows"].new, found["CN", "rows"].explained) == (6, 1, 5)
    assert all(pair.ties for pair in found.values())


def test_a_total_that_does_not_tie_is_a_break_until_it_does(paired: Moved) -> None:
    world = paired.toy.world()
    execute(world, "insert into old.customer values ('D', 0.01)")
    night = run_night(world, wave=WAVE)
    assert (night.status, night.opened) == ("not_clean", 2)
    found = rows(
        world, "select entity, business_key, field, observed_type, expected, actual from cutover.break order by field"
    )
    assert found == [
        ("total:credit", "D", "amount", "control_total", "0.11", "0.10"),
        ("total:credit", "D", "rows", "control_total", "2", "1"),
    ]
    execute(world, "delete from old.customer where credit = 0.01")
    night = run_night(world, wave=WAVE)
    assert (night.status, night.closed) == ("clean", 2)


@pytest.mark.parametrize(
    ("side", "query", "error", "told"),
    [
        ("new", "select 1 as amount", TargetError, "no column `group`"),
        ("new", "select 'CN' as \"group\", 0.1::float8 as amount", TargetError, "no exact number in 'amount'"),
        ("new", "select 'CN' as \"group\", 'x' as amount", TargetError, "no exact number in 'amount'"),
        ("new", "select 'CN' as \"group\", 1 as amount from generate_series(1, 2)", TargetError, "a group twice"),
        ("new", "select nothing", TargetError, "nothing"),
        ("old", "-- system: old\nselect 1 as amount", SourceError, "no column .group"),
        ("old", "-- system: crm\nselect 1", SourceError, "is a folder"),
    ],
)
def test_a_query_that_is_no_control_total_is_told(
    paired: Moved, side: str, query: str, error: type[Exception], told: str
) -> None:
    paired.toy.files[f"sql/control_totals/credit.{side}.sql"] = query
    world = paired.toy.world()
    with pytest.raises(error, match=told):
        compare_pairs(world, snapshot_of(world))


def test_nothing_is_zero(paired: Moved) -> None:
    paired.toy.files["sql/control_totals/credit.new.sql"] = "select 'FR' as \"group\", null::numeric as amount"
    world = paired.toy.world()
    found = {(pair.group, pair.measure): pair.new for pair in compare_pairs(world, snapshot_of(world))}
    assert found["FR", "amount"] == 0
