"""Documents with a varying, yet exactly countable number of lines."""

from dataclasses import dataclass

import numpy as np

from cutover.example.chance import Ints


@dataclass(frozen=True)
class Fanout:
    """How many lines consecutive documents have: `pattern`, over and over."""

    pattern: tuple[int, ...]

    def count(self, documents: int) -> int:
        """How many lines the first `documents` documents have together."""
        whole, rest = divmod(documents, len(self.pattern))
        return whole * sum(self.pattern) + sum(self.pattern[:rest])

    def split(self, lines: Ints) -> tuple[Ints, Ints]:
        """The document of each line and the line's place in it, both counted from 0."""
        turn, place = lines // sum(self.pattern), lines % sum(self.pattern)
        document = np.repeat(np.arange(len(self.pattern)), self.pattern)
        position = np.concatenate([np.arange(size) for size in self.pattern])
        return turn * len(self.pattern) + document[place], position[place].astype(np.int64)
