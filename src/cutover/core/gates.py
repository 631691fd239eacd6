"""Gates: a Pandera schema built from facts, run lazily over a batch, reported by our own row numbers.

Pandera's error holds the whole frame and its failing values, so it never leaves `run_gate`: what leaves are rows, rules
and reason codes. `holds` and `where` make a Pandera check of the whole frame of a test over several columns or with a
condition; `cutover.core.schema_source` writes schemas with them.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from cutover.core.expression import evaluate
from cutover.core.types import DataType
from cutover.core.validators import VALIDATORS

FAILURES = pa.schema(
    [
        ("_row", pa.int64()),
        ("rule", pa.string()),
        ("column", pa.string()),
        ("reason", pa.string()),
        ("severity", pa.string()),
    ]
)


@dataclass(frozen=True)
class GateCheck:
    """One test of one column: a Pandera check by name (or `valid_...`, `expression`) with its arguments."""

    rule: str
    test: str
    arguments: tuple[tuple[str, Any], ...]
    severity: str = "major"
    when: str | None = None


@dataclass(frozen=True)
class ColumnGate:
    """What a target column must hold; `rule` is the field rule that fills it."""

    name: str
    type: DataType
    rule: str
    required: bool
    checks: tuple[GateCheck, ...] = ()


@dataclass(frozen=True)
class RowGate:
    """An expression over several columns that must be true of each row."""

    rule: str
    expression: str
    severity: str
    when: str | None = None


@dataclass(frozen=True)
class GateReport:
    """What a gate found: rows seen, and one line per row and broken rule; no values, so no personal data."""

    rows: int
    failures: pa.Table

    @property
    def failed_rows(self) -> int:
        """How many rows broke at least one rule."""
        return len(pc.unique(self.failures["_row"]))


def run_gate(columns: Sequence[ColumnGate], expressions: Sequence[RowGate], rows: pa.Table) -> GateReport:
    """Check every row of a mapped batch against its columns and expressions; nothing stops at the first failure.

    rows: `_row` and the target columns.
    """
    import pandera.pandas as pandera

    verdicts = _conditions(columns, expressions, rows)
    frame = rows.select(["_row", *(column.name for column in columns)])
    for name, verdict in verdicts.items():
        frame = frame.append_column(name, verdict)
    schema = build_schema(columns, list(verdicts))
    try:
        schema.validate(frame.to_pandas(types_mapper=pd.ArrowDtype).set_index("_row"), lazy=True)
    except pandera.errors.SchemaErrors as errors:
        found = errors.failure_cases[["column", "check", "check_number", "index"]]
        return GateReport(len(rows), _failures(found, columns, expressions))
    return GateReport(len(rows), FAILURES.empty_table())


def build_schema(columns: Sequence[ColumnGate], verdicts: Sequence[str] = ()) -> Any:
    """Build the Pandera schema of a mapped entity; `verdicts` are boolean columns that must be true."""
    import pandera.pandas as pandera

    built = {
        column.name: pandera.Column(
            pd.ArrowDtype(column.type.arrow),
            [_pandera(check) for check in tested(column)],
            nullable=not column.required,
        )
        for column in columns
    }
    boolean = pd.ArrowDtype(pa.bool_())
    built |= {name: pandera.Column(boolean, pandera.Check.eq(True), nullable=True) for name in verdicts}
    return pandera.DataFrameSchema(built, strict=True)


def tested(column: ColumnGate) -> tuple[GateCheck, ...]:
    """Return the checks that Pandera itself runs on a column, its length first; conditional ones become verdicts."""
    length = column.type.length
    fits = (GateCheck(column.rule, "str_length", (("max_value", length),)),) if length is not None else ()
    return fits + tuple(check for check in column.checks if check.when is None)


def _pandera(check: GateCheck) -> Any:
    import pandera.pandas as pandera

    if check.test == "valid":
        return valid(**dict(check.arguments))
    return getattr(pandera.Check, check.test)(**dict(check.arguments))


def valid(name: str) -> Any:
    """Return the Pandera check of a registered validator, which looks at each distinct text once."""
    import pandera.pandas as pandera

    def verdicts(texts: pd.Series) -> pd.Series:
        told = {text: VALIDATORS[name](text) for text in texts.unique()}
        return texts.map(told).astype(bool)

    return pandera.Check(verdicts, name=f"valid_{name}")


def holds(expression: str, when: str | None = None) -> Any:
    """Return the Pandera check of a frame whose rows make a SQL expression true, where `when` holds; unknown passes."""
    import pandera.pandas as pandera

    def verdicts(frame: pd.DataFrame) -> pd.Series:
        (values,) = evaluate([_implied(expression, when)], pa.Table.from_pandas(frame, preserve_index=False))
        return _verdicts(frame, values)

    return pandera.Check(verdicts, name=expression, ignore_na=False)


def where(when: str, column: str, check: Any) -> Any:
    """Return the Pandera check of a frame that asks another check of one column, in the rows where `when` holds."""
    import pandera.pandas as pandera

    def verdicts(frame: pd.DataFrame) -> pd.Series:
        return _verdicts(frame, _where(when, column, check, pa.Table.from_pandas(frame, preserve_index=False)))

    return pandera.Check(verdicts, name=f"{check.name} where {when}", ignore_na=False)


def _verdicts(frame: pd.DataFrame, values: pa.ChunkedArray) -> pd.Series:
    return pd.Series(pc.fill_null(values, True).to_numpy(), index=frame.index, dtype=bool)


def _conditions(
    columns: Sequence[ColumnGate], expressions: Sequence[RowGate], rows: pa.Table
) -> dict[str, pa.ChunkedArray]:
    # A test with a condition, and a test over several columns, is computed first and then gated as a boolean column.
    plain = {gate.rule: _implied(gate.expression, gate.when) for gate in expressions}
    verdicts = dict(zip(plain, evaluate(list(plain.values()), rows), strict=True))
    for column in columns:
        for check in (check for check in column.checks if check.when is not None):
            verdicts[check.rule] = _where(str(check.when), column.name, _pandera(check), rows)
    return verdicts


def _implied(expression: str, when: str | None) -> str:
    return f"not coalesce(({when}), false) or ({expression})" if when else expression


def _where(when: str, column: str, check: Any, rows: pa.Table) -> pa.ChunkedArray:
    (applies,) = evaluate([when], rows)
    series = rows[column].to_pandas(types_mapper=pd.ArrowDtype)
    verdict = check(series.dropna()).check_output.reindex(series.index).astype("boolean[pyarrow]")
    passed = pa.array(verdict, pa.bool_(), from_pandas=True)
    return pc.or_(pc.invert(pc.fill_null(applies, False)), pc.fill_null(passed, True))


def _failures(found: pd.DataFrame, columns: Sequence[ColumnGate], expressions: Sequence[RowGate]) -> pa.Table:
    by_name = {column.name: column for column in columns}
    conditional = {check.rule: (column.name, check) for column in columns for check in column.checks if check.when}
    severities = {gate.rule: gate.severity for gate in expressions}
    lines: dict[tuple[int, str, str], tuple[str, str]] = {}
    for (name, check, number), group in found.groupby(["column", "check", "check_number"], dropna=False):
        if name in severities:
            rule, column, reason, severity = name, "", "expression", severities[name]
        elif name in conditional:
            column, test = conditional[name]
            rule, reason, severity = test.rule, test.test, test.severity
        else:
            rule, column, reason, severity = _column_failure(by_name[str(name)], str(check), number)
        lines |= {(int(row), rule, column): (reason, severity) for row in group["index"]}
    listed = [(row, rule, column, *told) for (row, rule, column), told in sorted(lines.items())]
    return pa.Table.from_arrays([pa.array(values) for values in zip(*listed, strict=True)], schema=FAILURES)


def _column_failure(column: ColumnGate, check: str, number: Any) -> tuple[str, str, str, str]:
    if check == "not_nullable" or pd.isna(number):
        return (
            column.rule,
            column.name,
            "required" if check == "not_nullable" else re.sub(r"\W+", "_", str(check)),
            "major",
        )
    broken = tested(column)[int(number)]
    return broken.rule, column.name, broken.test, broken.severity
