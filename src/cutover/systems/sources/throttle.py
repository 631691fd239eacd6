"""How fast a legacy system is read, where it also has other work to do."""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime

import pyarrow as pa


def throttle(
    blocks: Iterable[pa.Table], rows_per_second: int, now: Callable[[], datetime], wait: Callable[[float], None]
) -> Iterator[pa.Table]:
    """Yield blocks so that no more than `rows_per_second` are read on average, counted from the first one on.

    now: tells the time. wait: takes the seconds to let pass before the next block is asked for.
    """
    begun, rows = now(), 0
    for block in blocks:
        rows += len(block)
        yield block
        ahead = rows / rows_per_second - (now() - begun).total_seconds()
        if ahead > 0:
            wait(ahead)
