"""Rows that are no data though they have the right number of fields: totals; and rows that are cut by widths."""

import re

import pyarrow as pa
import pyarrow.compute as pc

from cutover.systems.sniffing.dialect import Layout

TOTAL = re.compile(r"(?i)(grand |sub ?)?totals?\b.*|sum|summe|gesamt\w*|合计.*|总计.*|小计.*|总额")
_FEW, _NARROW = 3, 8


def find_odd_rows(rows: pa.Table, layout: Layout) -> list[str]:
    """Return what a person has to look at: no rows at all, a last row that is a total, rows of one width."""
    if not len(rows):
        return ["the file holds a header and no rows: nothing proves a type or a key"]
    if rows.num_columns == 1:
        return _one_width(rows[0])
    return _last_row(rows)


def _one_width(column: pa.ChunkedArray) -> list[str]:
    lengths = pc.unique(pc.utf8_length(pc.drop_null(column))).to_pylist()
    if len(column) < _FEW or len(lengths) != 1 or lengths[0] < _NARROW:
        return []
    return [f"no separator, and every row has {lengths[0]} characters: it may be a file to declare under `fixed`"]


def _last_row(rows: pa.Table) -> list[str]:
    last = rows.slice(len(rows) - 1).to_pylist()[0]
    total = next((cell for cell in last.values() if cell and TOTAL.fullmatch(cell.strip())), None)
    above = rows.slice(0, len(rows) - 1)
    missing = [name for name, cell in last.items() if not cell and above[name].null_count == 0]
    if total is not None:
        told = f"it holds {total!r}"
    elif missing and len(above) >= _FEW:
        told = f"it has nothing in {missing[0]!r}, which all other rows fill"
    else:
        return []
    return [f"the last row may be a total, not data: {told}; if it is, declare `footer: 1`, or a pattern of it"]
