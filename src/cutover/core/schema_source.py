"""The gate of an entity as Python source: the same Pandera schema, importable, to read and to run elsewhere."""

import re
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from cutover.core.gates import ColumnGate, GateCheck, RowGate, tested
from cutover.core.types import DataType

_IMPORTS = "import pandas as pd\nimport pandera.pandas as pandera\nimport pyarrow as pa\n"


def print_schema(entity: str, columns: Sequence[ColumnGate], expressions: Sequence[RowGate]) -> str:
    """Write the gate of an entity as Python source that defines `schema`.

    `schema.validate(frame, lazy=True)` fails the rows that `run_gate` fails; the frame has the target columns, of the
    types that the schema names, and no others.
    """
    body = ["schema = pandera.DataFrameSchema(", "    {"]
    for column in columns:
        body += _column_source(column)
    body += ["    },", *_listed("    checks=", _frame_checks(columns, expressions)), "    strict=True,", ")", ""]
    title = f'"""The gate of {entity}: what a row must hold to be loaded. Written by `cutover schema {entity}`."""'
    return "\n".join([title, "", *_imports("\n".join(body)), "", *body])


def _imports(code: str) -> list[str]:
    """Return the imports that a schema needs, no other ones."""
    ours = [name for name in ("holds", "valid", "where") if re.search(rf"(?<![\w.]){name}\(", code)]
    needed = ["from decimal import Decimal", ""] if "Decimal(" in code else []
    needed += _IMPORTS.splitlines()
    return [*needed, "", f"from cutover.core.gates import {', '.join(ours)}"] if ours else needed


def _column_source(column: ColumnGate) -> list[str]:
    return [
        f"        {column.name!r}: pandera.Column(  # {column.rule}",
        f"            {_arrow_source(column.type)},",
        *_listed("            ", [f"{_check_source(check)},{_told(check)}" for check in tested(column)]),
        f"            nullable={not column.required},",
        "        ),",
    ]


def _frame_checks(columns: Sequence[ColumnGate], expressions: Sequence[RowGate]) -> list[str]:
    conditional = [(column.name, check) for column in columns for check in column.checks if check.when is not None]
    lines = [f"where({check.when!r}, {name!r}, {_check_source(check)}),{_told(check)}" for name, check in conditional]
    for gate in expressions:
        condition = f", when={gate.when!r}" if gate.when else ""
        lines.append(f"holds({gate.expression!r}{condition}),{_told(gate)}")
    return lines


def _listed(start: str, lines: Sequence[str]) -> list[str]:
    indent = " " * (len(start) - len(start.lstrip()))
    return [f"{start}[", *(f"{indent}    {line}" for line in lines), f"{indent}],"] if lines else [f"{start}[],"]


def _arrow_source(data_type: DataType) -> str:
    if data_type.name == "decimal":
        return f"pd.ArrowDtype(pa.decimal128({data_type.precision}, {data_type.scale}))"
    names = {"text": "pa.string()", "integer": "pa.int64()", "boolean": "pa.bool_()", "date": "pa.date32()"}
    arrow = names.get(data_type.name, 'pa.timestamp("us", tz="UTC")')
    return f"pd.ArrowDtype({arrow})"


def _check_source(check: GateCheck) -> str:
    arguments = ", ".join(f"{name}={_literal(value)}" for name, value in check.arguments)
    return f"valid({arguments})" if check.test == "valid" else f"pandera.Check.{check.test}({arguments})"


def _told(check: GateCheck | RowGate) -> str:
    return f"  # {check.rule}, {check.severity}"


def _literal(value: Any) -> str:
    return f'Decimal("{value}")' if isinstance(value, Decimal) else repr(value)
