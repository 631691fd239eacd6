"""Cleansing rules applied to rows: what they change by themselves, what they propose, and the log that replays it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from cutover.core.cleansing.remedy import Parameters, Texts
from cutover.core.cleansing.vocabulary import REMEDIES
from cutover.core.expression import evaluate
from cutover.core.types import TEXT, type_of

CHANGES = pa.schema(
    [
        ("_row", pa.int64()),
        ("column", pa.string()),
        ("rule", pa.string()),
        ("before", pa.string()),
        ("after", pa.string()),
        ("mode", pa.string()),
        ("approver", pa.string()),
    ]
)
PROPOSALS = pa.schema(
    [
        ("_row", pa.int64()),
        ("key", pa.string()),
        ("column", pa.string()),
        ("rule", pa.string()),
        ("before", pa.string()),
        ("after", pa.string()),
    ]
)
DECISIONS = pa.schema(
    [
        ("key", pa.string()),
        ("column", pa.string()),
        ("rule", pa.string()),
        ("before", pa.string()),
        ("after", pa.string()),
        ("state", pa.string()),
        ("approver", pa.string()),
    ]
)


@dataclass(frozen=True)
class CleanseStep:
    """One rule applied to one column: remedies by name, in order, in the rows where the expression `when` holds.

    propose: nothing is changed but what a steward approved. approver: who approved the rule as a whole, empty where
    its remedies may run by themselves.
    """

    rule: str
    column: str
    remedies: tuple[str, ...]
    parameters: Parameters = Parameters()
    when: str | None = None
    propose: bool = False
    approver: str = ""


@dataclass(frozen=True)
class Steward:
    """What stewards decided, and how the rows of a batch are called: `keys` holds one text per row, null for none.

    decisions: as in DECISIONS; one that is not `approved` changes nothing.
    """

    keys: pa.Array
    decisions: pa.Table = field(default_factory=DECISIONS.empty_table)


class Cleansed(NamedTuple):
    """The mended rows, the changes (one line per cell and rule), and what stands proposed and undecided."""

    rows: pa.Table
    changes: pa.Table
    proposals: pa.Table


def cleanse(rows: pa.Table, steps: Sequence[CleanseStep], steward: Steward | None = None) -> Cleansed:
    """Apply every step to its column.

    rows: text columns and `_row` (the row's number in the snapshot).

    Raises:
        ValueError: a column holds no texts, or a condition cannot be computed.
    """
    asked = steward or Steward(pa.nulls(len(rows), pa.string()))
    changes, proposals = [CHANGES.empty_table()], [PROPOSALS.empty_table()]
    for step in steps:
        before = _texts(rows, step, step.column)
        after, approvers = _mended(rows, step, before), None
        if step.propose:
            proposals.append(_proposals(rows["_row"], step, before, after, asked))
            after, approvers = _decided(step, before, asked)
        changed = _differs(before, after)
        if pc.any(changed).as_py():
            changes.append(_log(rows["_row"], step, before, after, changed, approvers))
            rows = rows.set_column(rows.schema.get_field_index(step.column), step.column, after)
    return Cleansed(rows, pa.concat_tables(changes), pa.concat_tables(proposals))


def _texts(rows: pa.Table, step: CleanseStep, column: str) -> Texts:
    texts = rows.column(rows.schema.get_field_index(column)).combine_chunks()
    if type_of(texts.type) != TEXT:
        raise ValueError(f"rule {step.rule} mends texts, but {column!r} is {type_of(texts.type)}")
    return texts


def _mended(rows: pa.Table, step: CleanseStep, before: Texts) -> Texts:
    after = before
    for name in step.remedies:
        remedy = REMEDIES[name]
        beside = [_texts(rows, step, str(step.parameters.beside))] if "beside" in remedy.needs else []
        after = remedy.apply(after, *beside, step.parameters)
    if step.when is None:
        return after
    holds = evaluate([step.when], rows)[0].combine_chunks()
    return pc.if_else(pc.fill_null(holds, False), after, before)


def _differs(before: Texts, after: Texts) -> pa.BooleanArray:
    equal = pc.equal(before, after)
    return pc.invert(pc.if_else(pc.is_null(equal), pc.and_(pc.is_null(before), pc.is_null(after)), equal))


def _log(
    numbers: pa.ChunkedArray, step: CleanseStep, before: Texts, after: Texts, changed: pa.BooleanArray,
    approvers: Texts | None,
) -> pa.Table:  # fmt: skip
    rows = pc.filter(numbers, changed)
    mode = "approved" if step.propose or step.approver else "auto"
    column, rule, told = (pa.repeat(pa.scalar(text), len(rows)) for text in (step.column, step.rule, mode))
    by = approvers.filter(changed) if approvers is not None else pa.repeat(step.approver or None, len(rows))
    cells = [before.filter(changed), after.filter(changed)]
    return pa.table([rows, column, rule, *cells, told, by.cast(pa.string())], schema=CHANGES)


def _proposals(numbers: pa.ChunkedArray, step: CleanseStep, before: Texts, after: Texts, steward: Steward) -> pa.Table:
    # A row without a key cannot be named in a decision; it is rejected for its key anyway.
    undecided = pc.and_(pc.is_valid(steward.keys), pc.is_null(_places(step, before, steward)))
    open_ = pc.and_(_differs(before, after), undecided)
    rows = pc.filter(numbers, open_)
    column, rule = (pa.repeat(pa.scalar(text), len(rows)) for text in (step.column, step.rule))
    keys = steward.keys.filter(open_)
    return pa.table([rows, keys, column, rule, before.filter(open_), after.filter(open_)], schema=PROPOSALS)


def _decided(step: CleanseStep, before: Texts, steward: Steward) -> tuple[Texts, Texts]:
    """Return the texts with what was approved put in, and who approved it."""
    places, decisions = _places(step, before, steward), _of_step(step, steward)
    approved = pc.equal(decisions["state"].combine_chunks().take(places), "approved")
    by = decisions["approver"].combine_chunks().take(places)
    after = decisions["after"].combine_chunks().take(places)
    return pc.if_else(pc.fill_null(approved, False), after, before), by


def _of_step(step: CleanseStep, steward: Steward) -> pa.Table:
    told = steward.decisions
    return told.filter(pc.and_(pc.equal(told["rule"], step.rule), pc.equal(told["column"], step.column)))


def _places(step: CleanseStep, before: Texts, steward: Steward) -> pa.Array:
    """Return for each row the place of the decision about its cell, null where there is none: key and text must fit."""
    told = _of_step(step, steward)
    wanted = _named(told["key"].combine_chunks(), told["before"].combine_chunks())
    return pc.index_in(_named(steward.keys, before), value_set=wanted)


def _named(keys: Texts, texts: Texts) -> Texts:
    return pc.binary_join_element_wise(keys, texts, "\x1f", null_handling="emit_null")


def replay(rows: pa.Table, changes: pa.Table) -> pa.Table:
    """Apply a change log to raw rows, rule by rule in its order; the result must equal the clean rows.

    Raises:
        ValueError: a cell does not hold the text that the log found there, or a change was approved by nobody.
    """
    unnamed = pc.and_(pc.equal(changes["mode"], "approved"), pc.is_null(changes["approver"]))
    if pc.any(unnamed).as_py():
        raise ValueError("the log holds an approved change without an approver")
    for rule, column in _steps_of(changes):
        logged = changes.filter(pc.and_(pc.equal(changes["rule"], rule), pc.equal(changes["column"], column)))
        place = pc.index_in(rows["_row"], value_set=logged["_row"].combine_chunks()).combine_chunks()
        hit, position = pc.is_valid(place), rows.schema.get_field_index(column)
        cells = rows.column(position).combine_chunks()
        if pc.any(pc.and_(hit, _differs(cells, logged["before"].combine_chunks().take(place)))).as_py():
            raise ValueError(f"rule {rule}, column {column}: the log does not start from the texts that stand there")
        after = logged["after"].combine_chunks().take(place)
        rows = rows.set_column(position, column, pc.if_else(hit, after, cells))
    return rows


def _steps_of(changes: pa.Table) -> list[tuple[str, str]]:
    pairs = changes.group_by(["rule", "column"], use_threads=False).aggregate([])
    return list(zip(pairs["rule"].to_pylist(), pairs["column"].to_pylist(), strict=True))
