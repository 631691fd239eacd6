"""Fill the target columns of a frame of clean rows, rule by rule, and list the rows in which a rule failed."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import pyarrow as pa

from cutover.core.rules import Filled, as_array, fit, truth
from cutover.errors import TerminalError
from cutover.phases.mapping.lookups import Lookups
from cutover.phases.mapping.rule_kinds import fill, fill_beside
from cutover.project.model import Rule
from cutover.systems import datasets

_MEND = "correct the rule, or the types under source.columns"


@dataclass(frozen=True)
class FilledColumn:
    """A target column: its values, and where which rule failed for which reason."""

    name: str
    rule: Rule
    filled: Filled


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
            beside = fill_beside(field, rows, lookups) if any(field.further_targets()) else {}
            columns += [FilledColumn(name, field, Filled(beside[key])) for key, name, _ in field.further_targets()]
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
