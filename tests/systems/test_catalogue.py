"""What the target says about its tables."""

import pytest

from cutover.core.types import DataType
from cutover.errors import TargetError
from cutover.systems.catalogue import ForeignKey, read_catalogue


def test_columns_keys_and_references_are_read(engine):
    with engine.connect() as connection:
        facts = read_catalogue(connection, "erp.customer")
    assert facts.names[:3] == ("id", "code", "name")
    assert facts.column("id").identity == "a" and facts.column("id").sequence == "erp.customer_id_seq"
    assert facts.column("credit").data_type == DataType("decimal", precision=18, scale=2)
    assert facts.column("code").data_type == DataType("text", length=20) and not facts.column("code").nullable
    assert facts.column("updated_at").has_default and facts.column("updated_at").data_type == DataType("timestamp")
    assert not facts.column("note").is_filled_by_target and facts.column("note").nullable
    assert facts.unique_keys == (("id",), ("code",))
    assert facts.references == (
        ForeignKey("customer_category_id_fkey", "erp.customer", ("category_id",), "erp.category", ("id",)),
    )
    assert {key.child for key in facts.referrers} == {"erp.address", "erp.price", "erp.remark"}


def test_a_table_that_refers_to_itself_has_both_ends(engine):
    with engine.connect() as connection:
        facts = read_catalogue(connection, "erp.category")
    assert [key.child for key in facts.references] == ["erp.category"]
    assert "erp.category" in {key.child for key in facts.referrers}


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("numeric(10,0)", "decimal(10,0)"), ("numeric", "text"), ("numeric(5,-2)", "text"), ("smallint", "integer"),
        ("char(3)", "text(3)"), ("boolean", "boolean"), ("uuid", "text"), ("timestamp", "timestamp"), ("date", "date"),
    ],
)  # fmt: skip
def test_types_are_ours_where_ours_hold_every_value(engine, sql, expected):
    with engine.begin() as connection:
        connection.exec_driver_sql(f"create table erp.typed (value {sql})")
        assert str(read_catalogue(connection, "erp.typed").column("value").data_type) == expected


def test_defaults_generated_columns_and_triggers_are_seen(engine):
    with engine.begin() as connection:
        connection.exec_driver_sql(
            "create domain erp.flag as boolean default false;"
            "create table erp.odd (a int, b int generated always as (a + 1) stored, c erp.flag, d int);"
            "create function erp.touch() returns trigger language plpgsql as 'begin return new; end';"
        )
        assert not read_catalogue(connection, "erp.odd").has_insert_trigger
        connection.exec_driver_sql(
            "create trigger t before insert on erp.odd for each row execute function erp.touch()"
        )
        facts = read_catalogue(connection, "erp.odd")
    assert facts.has_insert_trigger
    assert [column.name for column in facts.columns if column.is_filled_by_target] == ["b", "c"]


def test_an_unknown_table_or_column_is_named(engine):
    with engine.connect() as connection:
        with pytest.raises(TargetError, match=r"no table 'erp\.custmer'"):
            read_catalogue(connection, "erp.custmer")
        with pytest.raises(TargetError, match="no column 'nmae'"):
            read_catalogue(connection, "erp.customer").column("nmae")


def test_odd_names_are_quoted(engine):
    with engine.begin() as connection:
        connection.exec_driver_sql('create table erp."Odd ""table" ("Mixed Case" int generated always as identity)')
        assert read_catalogue(connection, 'erp.Odd "table').names == ("Mixed Case",)
