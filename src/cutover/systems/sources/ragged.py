"""Rows that cannot be read as declared: each keeps its number in the feed, and its file, line and text are told."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from cutover.errors import SourceError
from cutover.systems.sources.feed import Ragged
from cutover.systems.sources.files import SourceFile

# So many may be wrong at the start of a file before it is judged; and so many are never single rows.
_FEW, MOST = 1_000, 100_000


def leave_gaps(rows: pa.Table, places: Sequence[int]) -> pa.Table:
    """Return the rows with one without any value at each place, counted in the result."""
    if not places:
        return rows
    read = np.ones(len(rows) + len(places), bool)
    read[list(places)] = False
    return rows.take(pa.array(np.cumsum(read) - 1, pa.int64(), mask=~read))


def judge(
    file: SourceFile, facts: dict[str, Any], ragged: Sequence[Ragged], expected: str, *, final: bool, fix: str
) -> None:
    """Return when the rows that were ragged are the exception in their file.

    facts: rows and ragged rows of the file so far. expected: how much a row holds, and of what, such as `8 fields`.

    Raises:
        SourceError: there are more of them than rows that could be read, or very many.
    """
    wrong = facts.get("ragged", 0)
    most = wrong > facts["rows"] - wrong and (final or wrong > _FEW)
    if not most and len(ragged) <= MOST:
        return
    first = next(each for each in ragged if each.file == file.name)
    others = f"; {wrong - 1} more like it in {facts['rows']} rows" if wrong > 1 else ""
    number, unit = expected.split()
    told = f"the row has {first.found} {unit}, {number} are expected{others}"
    raise SourceError(f"{file.name}:{first.line}: {told}", fix=fix)
