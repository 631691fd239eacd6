"""What each kind of field rule does with a frame of clean rows: one function per kind."""

from collections.abc import Sequence as List
from functools import singledispatch

import pyarrow as pa
import pyarrow.compute as pc

from cutover.core import amounts, casts, rules
from cutover.core.composite import empty_codes, translate_composite
from cutover.core.expression import columns_of, evaluate
from cutover.core.rules import Filled, as_array, fit, truth, where_null
from cutover.core.texts import join_texts, split_texts, write_numbers
from cutover.core.types import DataType, type_of
from cutover.errors import TerminalError
from cutover.phases.mapping.lookups import Lookups
from cutover.project.model import (
    Attachment,
    Branch,
    Cast,
    Codes,
    Concat,
    Conditional,
    Constant,
    Copy,
    Currency,
    DefaultAudited,
    Derive,
    Hierarchy,
    Lookup,
    LookupComposite,
    LookupEffective,
    LookupManyToOne,
    OpeningBalance,
    Rule,
    Sequence,
    Sign,
    SplitField,
    Unit,
    Xref,
)

QUANTITY = DataType("decimal", precision=18, scale=3)  # of a converted quantity whose column has no type


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
        return casts.read_flags(texts, field.true, field.false)
    if field.formats:
        return casts.read_formats(texts, field.type, field.formats, field.zone, field.locale)
    return casts.read_numbers(texts, field.type, field.locale) if field.locale else fit(texts, field.type)


def _key(names: List[str], rows: pa.Table, field: Rule) -> pa.Array:
    return rules.join_key([column_of(rows, name, field) for name in names])


@fill.register(Lookup)
@fill.register(LookupManyToOne)
def _(field: Lookup | LookupManyToOne, rows: pa.Table, lookups: Lookups) -> Filled:
    found = rules.translate(_key(field.source, rows, field), lookups.codes[field.crosswalk])
    return _whole(found, field, rows)


def _whole(found: Filled, field: Codes, rows: pa.Table) -> Filled:
    """Refuse codes of which only a part is there."""
    _, half = empty_codes([column_of(rows, name, field) for name in field.source])
    return Filled(found.values, (*found.failures, ("no_entry", half)))


@fill.register
def _(field: LookupComposite, rows: pa.Table, lookups: Lookups) -> Filled:
    columns = [column_of(rows, name, field) for name in field.source]
    return translate_composite(columns, lookups.entries[field.crosswalk])


@fill.register
def _(field: LookupEffective, rows: pa.Table, lookups: Lookups) -> Filled:
    days = column_of(rows, field.as_of, field)
    found = rules.translate_effective(_key(field.source, rows, field), days, lookups.codes[field.crosswalk])
    return _whole(found, field, rows)


@fill.register
def _(field: Xref, rows: pa.Table, lookups: Lookups) -> Filled:
    keys = _key(field.source, rows, field)
    indexes = [lookups.keys(entity, keys) for entity in field.entities]
    return rules.resolve(keys, indexes, optional=field.optional)


@fill.register
def _(field: Hierarchy, rows: pa.Table, lookups: Lookups) -> Filled:
    keys = _key(field.source, rows, field)
    found = rules.resolve(keys, [lookups.keys(field.entity, keys)], optional=True)
    levels = lookups.value_of(field.rule, rows)
    circle, deep = levels.is_null(), truth(pc.greater(levels, field.levels or len(rows)))
    if field.levels is None:
        deep = pa.repeat(pa.scalar(False), len(rows))
    values = where_null(found.values, pc.or_(circle, deep))
    return Filled(values, (*found.failures, ("circle", circle), ("too_deep", deep)))


@fill.register
def _(field: Derive, rows: pa.Table, lookups: Lookups) -> Filled:
    values = as_array(evaluate([field.expression], rows)[0])
    # Expressions do not tell upper from lower case.
    read = {name.casefold() for name in columns_of(field.expression)}
    read -= {name.casefold() for name in field.may_be_empty or ()}
    empty = pa.repeat(pa.scalar(False), len(rows))
    for name in rows.column_names:
        if name.casefold() in read:
            empty = pc.or_(empty, as_array(rows[name]).is_null())
    return Filled(where_null(values, empty), (("empty_input", empty),))


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


@fill.register
def _(field: Conditional, rows: pa.Table, lookups: Lookups) -> Filled:
    branches = branch_of(field, rows)
    parts, places, failures = [], [], []
    for index, branch in enumerate(field.branches):
        place = pc.indices_nonzero(truth(pc.equal(branches, index))).cast(pa.int64())
        taken = fit(_of_branch(branch, field, rows.take(place)), field.type)
        parts.append(taken.values)
        places.append(place)
        failures += [(reason, place.filter(truth(mask))) for reason, mask in taken.failures]
    order = pc.index_in(pa.array(range(len(rows)), pa.int64()), value_set=pa.concat_arrays(places))
    numbers = pa.array(range(len(rows)), pa.int64())
    told = [(reason, pc.is_in(numbers, value_set=hit)) for reason, hit in failures]
    return Filled(pa.concat_arrays(parts).take(order), (("no_branch", branches.is_null()), *told))


def branch_of(field: Conditional, rows: pa.Table) -> pa.Array:
    """Return the place of the first branch whose condition holds, null where none does."""
    conditions = [truth(found) for found in evaluate([branch.when for branch in field.branches], rows)]
    return pc.case_when(pc.make_struct(*conditions), *(pa.scalar(index) for index in range(len(conditions))))


def _of_branch(branch: Branch, field: Conditional, rows: pa.Table) -> pa.Array:
    if branch.expression is not None:
        return as_array(evaluate([branch.expression], rows)[0])
    return (
        column_of(rows, branch.source, field) if branch.source else rules.constant(branch.value, field.type, len(rows))
    )


@fill.register
def _(field: SplitField, rows: pa.Table, lookups: Lookups) -> Filled:
    return split_texts(column_of(rows, field.source, field).cast(pa.string()), field.pattern, field.part)


@fill.register
def _(field: Concat, rows: pa.Table, lookups: Lookups) -> Filled:
    columns = [column_of(rows, name, field) for name in field.source]
    return join_texts(columns, field.separator, reversible=field.reversible)


@fill.register
def _(field: Sequence, rows: pa.Table, lookups: Lookups) -> Filled:
    numbers = lookups.value_of(field.rule, rows)
    written = write_numbers(numbers, field.prefix, field.digits) if _is_text(field.type) else numbers
    return Filled(written, (("no_key", numbers.is_null()),))


def _is_text(wanted: DataType | None) -> bool:
    return wanted is not None and wanted.name == "text"


def _is_defaulted(field: DefaultAudited, rows: pa.Table) -> pa.BooleanArray:
    if field.when is not None:
        return truth(evaluate([field.when], rows)[0])
    return column_of(rows, field.source, field).is_null()


@fill.register
def _(field: Unit, rows: pa.Table, lookups: Lookups) -> Filled:
    quantity, units = column_of(rows, field.source, field), _key(field.unit, rows, field)
    factors = lookups.codes[field.factors]
    return amounts.convert_units(quantity, units, factors, field.type or QUANTITY, field.rounding)


@fill.register
def _(field: Currency, rows: pa.Table, lookups: Lookups) -> Filled:
    amount, currency, days = (column_of(rows, name, field) for name in (field.source, field.from_currency, field.as_of))
    texts = currency.cast(pa.string())
    constants = [pa.repeat(pa.scalar(text), len(rows)) for text in (field.to_currency, field.rate_type)]
    return amounts.convert_currency(
        amount, rules.join_key([texts, *constants]), days, lookups.codes[field.rates],
        truth(pc.equal(texts, field.to_currency)), field.type,
        divide=field.direction == "divide", rounding=field.rounding,
    )  # fmt: skip


@fill.register
def _(field: Sign, rows: pa.Table, lookups: Lookups) -> Filled:
    amount, indicator = _decimal(field, rows), column_of(rows, field.indicator, field).cast(pa.string())
    sides = {"debit": field.debit, "credit": field.credit}
    return amounts.signed(amount, indicator, **sides, positive=field.positive)


@fill.register
def _(field: OpeningBalance, rows: pa.Table, lookups: Lookups) -> Filled:
    return Filled(amounts.posting_side(_decimal(field, rows), debit=field.side == "debit", offset=field.offset))


def _decimal(field: Sign | OpeningBalance, rows: pa.Table) -> pa.Array:
    amount = column_of(rows, field.source, field)
    if not pa.types.is_decimal(amount.type):
        raise TerminalError(
            f"rule {field.rule} posts {field.source!r}, which is no decimal",
            fix="declare it under source.columns",
        )
    return amount


@fill.register
def _(field: Attachment, rows: pa.Table, lookups: Lookups) -> Filled:
    paths = column_of(rows, field.source, field).cast(pa.string())
    found = _measured(field, paths, lookups)
    missing = pc.and_(pc.is_valid(paths), pc.is_null(found["sha256"]))
    failures = [("no_file", missing)]
    if field.expected is not None:
        wanted = pc.utf8_lower(column_of(rows, field.expected, field).cast(pa.string()))
        other = truth(pc.not_equal(wanted, found["sha256"]))
        failures.append(("other_hash", pc.or_(other, pc.and_(pc.is_valid(found["sha256"]), pc.is_null(wanted)))))
    return Filled(paths, tuple(failures))


def _measured(field: Attachment, paths: pa.Array, lookups: Lookups) -> dict[str, pa.Array]:
    files = lookups.files(field.store, paths)
    place = pc.index_in(paths, value_set=as_array(files["path"]), skip_nulls=True)
    return {name: as_array(files[name]).take(place) for name in ("sha256", "size")}


@singledispatch
def fill_beside(field: Rule, rows: pa.Table, lookups: Lookups) -> dict[str, pa.Array]:
    """Return what a rule fills beside its own column, by the key that names the column."""
    raise NotImplementedError(type(field).__name__)


@fill_beside.register
def _(field: DefaultAudited, rows: pa.Table, lookups: Lookups) -> dict[str, pa.Array]:
    return {"audit": _is_defaulted(field, rows)}


@fill_beside.register
def _(field: Hierarchy, rows: pa.Table, lookups: Lookups) -> dict[str, pa.Array]:
    return {"level": lookups.value_of(field.rule, rows)}


@fill_beside.register
def _(field: Attachment, rows: pa.Table, lookups: Lookups) -> dict[str, pa.Array]:
    return _measured(field, column_of(rows, field.source, field).cast(pa.string()), lookups)
