"""Fill target columns: each kind of field rule, applied to a frame of clean rows."""

from collections.abc import Callable, Iterator, Sequence
from collections.abc import Mapping as ReadOnly
from contextlib import contextmanager
from dataclasses import dataclass
from functools import singledispatch

import pyarrow as pa
import pyarrow.compute as pc

from cutover.core import rules
from cutover.core.expression import evaluate
from cutover.core.rules import CodeTable, Filled, KeyIndex, as_array, fit, truth
from cutover.core.types import DataType, type_of
from cutover.errors import TerminalError
from cutover.project.crosswalk import Crosswalk
from cutover.project.model import (
    Cast,
    Constant,
    Copy,
    DefaultAudited,
    Derive,
    Lookup,
    LookupEffective,
    OpeningBalance,
    Rule,
    Unit,
    Xref,
)
from cutover.systems import datasets

BOOLEAN = DataType("boolean")
_MEND = "correct the rule, or the types under source.columns"


@dataclass(frozen=True)
class Lookups:
    """What rules look things up in: crosswalks by name, and the rows of an entity that have some of the given keys."""

    codes: ReadOnly[str, CodeTable]
    keys: Callable[[str, pa.Array], KeyIndex]


@dataclass(frozen=True)
class FilledColumn:
    """A target column: its values, and where which rule failed for which reason."""

    name: str
    rule: Rule
    filled: Filled


def code_table(crosswalk: Crosswalk) -> CodeTable:
    """Make a crosswalk ready for use; only confirmed entries translate."""
    entries = [entry for entry in crosswalk.entries if entry.state == "confirmed"]
    return CodeTable(
        tuple(rules.JOINER.join(entry.source) for entry in entries),
        tuple(entry.target for entry in entries),
        tuple((entry.valid_from, entry.valid_to) for entry in entries),
    )


def fill_columns(fields: Sequence[Rule], rows: pa.Table, lookups: Lookups) -> list[FilledColumn]:
    """Fill every target column of a list of field rules, audit flags included.

    Raises:
        TerminalError: a rule cannot be computed at all, whatever the row; the message names it.
    """
    columns = []
    for field in fields:
        with told_by(f"rule {field.rule}"):
            filled = fill(field, rows, lookups)
            typed = fit(as_array(filled.values), field.type)
            columns.append(FilledColumn(field.target, field, Filled(typed.values, filled.failures + typed.failures)))
            if isinstance(field, DefaultAudited) and field.audit:
                columns.append(FilledColumn(field.audit, field, Filled(_is_defaulted(field, rows))))
    return columns


@contextmanager
def told_by(what: str) -> Iterator[None]:
    """Tell what cannot be computed; Arrow's own texts are left out, they repeat values."""
    try:
        yield
    except pa.ArrowException:
        raise TerminalError(f"{what} cannot be computed with the columns it names", fix=_MEND) from None
    except ValueError as error:
        raise TerminalError(f"{what}: {error}", fix=_MEND) from None


def column_of(rows: pa.Table, name: str, rule: Rule) -> pa.Array:
    """Return one clean column.

    Raises:
        TerminalError: the feed has no such column.
    """
    if name not in rows.column_names:
        known = ", ".join(column for column in rows.column_names if not column.startswith("_"))
        raise TerminalError(
            f"rule {rule.rule} reads {name!r}, which is no column of its feed", fix=f"use one of {known}"
        )
    return as_array(rows[name])


@singledispatch
def fill(field: Rule, rows: pa.Table, lookups: Lookups) -> Filled:
    """Apply one field rule to clean rows."""
    raise NotImplementedError(type(field).__name__)


@fill.register
def _(field: Copy, rows: pa.Table, lookups: Lookups) -> Filled:
    return Filled(column_of(rows, field.source, field))


@fill.register
def _(field: Constant, rows: pa.Table, lookups: Lookups) -> Filled:
    return Filled(rules.constant(field.value, field.type, len(rows)))


@fill.register
def _(field: Cast, rows: pa.Table, lookups: Lookups) -> Filled:
    texts = column_of(rows, field.source, field).cast(pa.string())
    if field.type.name == "boolean":
        return rules.read_flags(texts, field.true, field.false)
    return rules.read_formats(texts, field.type, field.formats, field.zone) if field.formats else fit(texts, field.type)


def _key(names: Sequence[str], rows: pa.Table, field: Rule) -> pa.Array:
    return rules.join_key([column_of(rows, name, field) for name in names])


@fill.register
def _(field: Lookup, rows: pa.Table, lookups: Lookups) -> Filled:
    return rules.translate(_key(field.source, rows, field), lookups.codes[field.crosswalk])


@fill.register
def _(field: LookupEffective, rows: pa.Table, lookups: Lookups) -> Filled:
    days = column_of(rows, field.as_of, field)
    return rules.translate_effective(_key(field.source, rows, field), days, lookups.codes[field.crosswalk])


@fill.register
def _(field: Xref, rows: pa.Table, lookups: Lookups) -> Filled:
    keys = _key(field.source, rows, field)
    indexes = [lookups.keys(entity, keys) for entity in (field.entity, *field.otherwise)]
    return rules.resolve(keys, indexes, optional=field.optional)


@fill.register
def _(field: Derive, rows: pa.Table, lookups: Lookups) -> Filled:
    return Filled(as_array(evaluate([field.expression], rows)[0]))


@fill.register
def _(field: DefaultAudited, rows: pa.Table, lookups: Lookups) -> Filled:
    values = column_of(rows, field.source, field)
    translated = (
        rules.translate(values.cast(pa.string()), lookups.codes[field.crosswalk]) if field.crosswalk else Filled(values)
    )
    typed = fit(as_array(translated.values), field.type)
    default = rules.constant(field.value, field.type or type_of(typed.values.type), 1)[0]
    defaulted = _is_defaulted(field, rows)
    filled = rules.default_where(typed.values, defaulted, default)
    # What is wrong with a value that a default replaces does not matter.
    kept = pc.invert(defaulted)
    failures = [(reason, pc.and_(truth(mask), kept)) for reason, mask in translated.failures + typed.failures]
    return Filled(filled.values, tuple(failures))


def _is_defaulted(field: DefaultAudited, rows: pa.Table) -> pa.BooleanArray:
    if field.when is not None:
        return truth(evaluate([field.when], rows)[0])
    return column_of(rows, field.source, field).is_null()


@fill.register
def _(field: Unit, rows: pa.Table, lookups: Lookups) -> Filled:
    quantity, units = column_of(rows, field.source, field), column_of(rows, field.unit, field)
    wanted = field.type or DataType("decimal", precision=18, scale=3)
    return rules.convert_units(quantity, units, lookups.codes[field.factors], wanted, field.rounding)


@fill.register
def _(field: OpeningBalance, rows: pa.Table, lookups: Lookups) -> Filled:
    amount = column_of(rows, field.source, field)
    if not pa.types.is_decimal(amount.type):
        raise TerminalError(
            f"rule {field.rule} posts {field.source!r}, which is no decimal",
            fix="declare it under source.columns",
        )
    return Filled(rules.posting_side(amount, debit=field.side == "debit", offset=field.offset))


def rejects_of(columns: Sequence[FilledColumn], numbers: pa.Array) -> pa.Table:
    """List the failures of filled columns as rejects.

    Raises:
        TerminalError: a rule that says `on_error: stop` failed.
    """
    lines = [datasets.REJECTS.empty_table()]
    for column in columns:
        for reason, mask in column.filled.failures:
            failed = numbers.filter(truth(mask))
            if len(failed) and column.rule.on_error == "stop":
                raise TerminalError(
                    f"rule {column.rule.rule} stops the run: {reason} in {len(failed)} rows",
                    fix="mend the rule or the data",
                )
            told = (column.rule.rule, column.name, reason, "major")
            lines.append(
                pa.table(
                    [failed, *(pa.repeat(pa.scalar(text), len(failed)) for text in told)],
                    schema=datasets.REJECTS,
                )
            )
    return pa.concat_tables(lines)
