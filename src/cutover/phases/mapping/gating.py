"""The gate of an entity, built from its mapping: what its Pandera schema checks."""

from collections.abc import Sequence as List
from typing import Any

from cutover.core.gates import ColumnGate, GateCheck, RowGate
from cutover.core.schema_source import print_schema
from cutover.core.types import DataType, type_of
from cutover.phases.mapping.filling import FilledColumn
from cutover.project.model import Check, Mapping, OpeningBalance, Reference, Rule, Sequence, Sign, Split, Target


def column_gates(columns: List[FilledColumn], checks: List[Check], keys: List[str] = ()) -> list[ColumnGate]:
    """Build the gates of filled columns; a column without a declared type keeps the type it was filled with.

    keys: columns that must have a value in any case, since they name a row.
    """
    gates = []
    for column in columns:
        declared = column.rule.type if column.name == column.rule.target else None
        own = tuple(gate_check(check) for check in hard(checks) if check.column == column.name)
        required = column.name in keys or (column.rule.required and column.name == column.rule.target)
        gates.append(
            ColumnGate(column.name, declared or type_of(column.filled.values.type), column.rule.rule, required, own)
        )
    return gates


def naming_keys(table: Target | Split) -> tuple[str, ...]:
    """Return the business key of a table whose rows nothing else names: without it no row is found again."""
    return () if table.id is not None else table.key


def row_gates(mapping: Mapping) -> list[RowGate]:
    """Build the gates over several columns of a mapping."""
    return [
        RowGate(c.rule, c.expression, c.severity, c.when) for c in mapping.checks if c.hard and c.expression is not None
    ]


def hard(checks: List[Check]) -> list[Check]:
    """Return the checks of single columns that reject a row; the others are only measured."""
    return [check for check in checks if check.hard and check.expression is None]


def gate_check(check: Check) -> GateCheck:
    """Translate one check of a mapping into the Pandera check that does it."""
    if check.one_of is not None:
        return _test(check, "isin", allowed_values=list(check.one_of))
    if check.pattern is not None:
        return _test(check, "str_matches", pattern=f"^(?:{check.pattern})$")
    if check.valid is not None:
        return _test(check, "valid", name=check.valid)
    if check.minimum is not None and check.maximum is not None:
        return _test(check, "in_range", min_value=check.minimum, max_value=check.maximum)
    if check.minimum is not None:
        return _test(check, "ge", min_value=check.minimum)
    return _test(check, "le", max_value=check.maximum)


def _test(check: Check, test: str, /, **arguments: Any) -> GateCheck:
    return GateCheck(check.rule, test, tuple(arguments.items()), check.severity, check.when)


def declared_gates(mapping: Mapping) -> list[ColumnGate]:
    """Build the gates of a mapping's own table from its text alone, without any data."""
    gates = []
    for field in mapping.fields:
        own = tuple(gate_check(check) for check in hard(mapping.checks) if check.column == field.target)
        required = field.required or field.target in naming_keys(mapping.target)
        gates.append(ColumnGate(field.target, declared_type(field, mapping), field.rule, required, own))
        gates += [ColumnGate(name, kind, field.rule, False) for _, name, kind in field.further_targets()]
    return gates


def declared_type(field: Rule, mapping: Mapping) -> DataType:
    """Return the type that a field will have: its own, else that of its source column, else text."""
    if field.type is not None:
        return field.type
    if isinstance(field, Reference | Sequence):
        return DataType("integer")
    source = getattr(field, "source", None)
    if isinstance(source, str) and source in mapping.source.columns:
        return mapping.source.columns[source]
    return DataType("decimal", precision=18, scale=2) if isinstance(field, OpeningBalance | Sign) else DataType("text")


def schema_source(mapping: Mapping) -> str:
    """Write the Pandera schema of an entity as Python."""
    return print_schema(mapping.entity, declared_gates(mapping), row_gates(mapping))
