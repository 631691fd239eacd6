"""Where quotes and row ends stand in a block of UTF-8 bytes, found for the whole block at once."""

import numpy as np

Codes = np.ndarray[tuple[int], np.dtype[np.uint8]]
Positions = np.ndarray[tuple[int], np.dtype[np.int64]]


def find_quotes(codes: Codes, quote: bytes | None) -> Positions:
    """Return where the quote stands, which is one byte; nowhere when there is none."""
    return np.flatnonzero(codes == quote[0]) if quote else np.empty(0, np.int64)


def row_ends(codes: Codes, quotes: Positions) -> Positions:
    """Return the line breaks that stand outside quotes, in a block that is well quoted."""
    breaks = np.flatnonzero(codes == 10)
    outside: Positions = breaks[np.searchsorted(quotes, breaks) % 2 == 0]
    return outside


def is_well_quoted(codes: Codes, quotes: Positions, separator: bytes, *, final: bool) -> bool:
    """Say whether each quote opens, closes or doubles where it should; `final`: nothing follows the block.

    Quotes open and close in turn, a doubled one closes and opens again: so each opening one stands at the start of a
    field or behind another quote, each closing one at the end of one or before another quote.
    """
    if final and len(quotes) % 2:
        return False
    around = np.zeros(256, bool)
    around[[10, 13, separator[0], codes[quotes[0]]]] = True
    opening, closing = quotes[0::2], quotes[1::2]
    before, after = codes[opening[opening > 0] - 1], codes[closing[closing < len(codes) - 1] + 1]
    return bool(around[before].all() and around[after].all())
