"""What the target says about a table: columns, unique keys, references."""

from dataclasses import dataclass

from sqlalchemy import Connection

from cutover.core.types import DataType
from cutover.errors import TargetError
from cutover.systems.queries import quote_table, run

_NAMES = {
    "smallint": "integer",
    "integer": "integer",
    "bigint": "integer",
    "boolean": "boolean",
    "date": "date",
    "timestamp without time zone": "timestamp",
    "timestamp with time zone": "timestamp",
}


@dataclass(frozen=True)
class ColumnFacts:
    """One column; `type` as PostgreSQL names it, `identity` '' or 'a' (always) or 'd' (by default)."""

    name: str
    type: str
    length: int | None
    precision: int | None
    scale: int | None
    nullable: bool
    has_default: bool
    identity: str
    generated: bool
    sequence: str | None

    @property
    def data_type(self) -> DataType:
        """Our type that holds each of the column's values exactly: text for those that we have no type for."""
        if self.type == "numeric" and self.precision is not None and self.scale is not None and self.scale >= 0:
            return DataType("decimal", precision=self.precision, scale=self.scale)
        return DataType(_NAMES.get(self.type, "text"), length=self.length)  # type: ignore[arg-type]

    @property
    def is_filled_by_target(self) -> bool:
        """Whether the target puts a value of its own where none is sent."""
        return self.has_default or self.generated or self.identity != ""


@dataclass(frozen=True)
class ForeignKey:
    """`child_columns` of table `child` refer to `parent_columns` of table `parent`; tables with their schema."""

    name: str
    child: str
    child_columns: tuple[str, ...]
    parent: str
    parent_columns: tuple[str, ...]


@dataclass(frozen=True)
class TableFacts:
    """One table, named with its schema; `references` go out of it, `referrers` come in (itself counts as both)."""

    table: str
    columns: tuple[ColumnFacts, ...]
    unique_keys: tuple[tuple[str, ...], ...]
    references: tuple[ForeignKey, ...]
    referrers: tuple[ForeignKey, ...]
    has_insert_trigger: bool

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns)

    def column(self, name: str) -> ColumnFacts:
        """Return one column.

        Raises:
            TargetError: there is none of this name.
        """
        for column in self.columns:
            if column.name == name:
                return column
        raise TargetError(
            f"table {self.table} has no column {name!r}",
            fix=f"name one of {', '.join(self.names)} in the mapping",
        )


def read_catalogue(connection: Connection, table: str) -> TableFacts:
    """Read what the target says about `table` or `schema.table`.

    Raises:
        TargetError: there is no such table.
    """
    name = quote_table(table)
    full_name = run(connection, "name_table", table_name=name).scalar()
    if full_name is None:
        raise TargetError(f"the target has no table {table!r}", fix="create it, or correct the mapping's `table`")
    keys = run(connection, "read_foreign_keys", table_name=name).mappings()
    foreign = [
        ForeignKey(k["name"], k["child"], tuple(k["child_columns"]), k["parent"], tuple(k["parent_columns"]))
        for k in keys
    ]
    return TableFacts(
        table=full_name,
        columns=tuple(ColumnFacts(**row) for row in run(connection, "read_columns", table_name=name).mappings()),
        unique_keys=tuple(tuple(row.columns) for row in run(connection, "read_unique_keys", table_name=name)),
        references=tuple(key for key in foreign if key.child == full_name),
        referrers=tuple(key for key in foreign if key.parent == full_name),
        has_insert_trigger=bool(run(connection, "has_insert_trigger", table_name=name).scalar()),
    )
