"""Which rows carry which defect: every 500 rows of a table hold the same kinds of rows in the same places."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from cutover.example.chance import Flags, Ints, shuffled

BLOCK = 500


@dataclass(frozen=True)
class Injection:
    """One kind of special row in a table.

    per_block: how many of each 500 rows are of this kind.
    defect: id in the defect catalogue; empty for a row that is only reserved (the sound half of a pair).
    columns: the damaged cells, one line of ground truth each.
    expected: cleaned, rejected, merged, dropped or loaded.
    change: (clean value,
        row number) → damaged value; None when the generator of the table makes the value itself.
    pairs_with: name of the kind that holds the other half, always at a lower row number of the same block.
    referenced: whether rows of other tables may refer to such a row.
    home: the party is Chinese, the document is in CNY.
    also: further lines of ground truth for the same cells, as (defect, expected).
    """

    name: str
    per_block: int
    defect: str = ""
    columns: tuple[str, ...] = ()
    expected: str = ""
    note: str = ""
    change: Callable[[str, int], str] | None = None
    pairs_with: str = ""
    referenced: bool = True
    home: bool = False
    also: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, eq=False)
class Layout:
    """The places of the kinds within a block. Kind 0 is a sound row, kind n is `injections[n - 1]`."""

    injections: tuple[Injection, ...]
    kind_of_slot: Ints
    partner_of_slot: Ints
    referenced_slots: Ints
    ordinal_of_slot: Ints

    def kinds(self, rows: Ints) -> Ints:
        """The kind of each row."""
        return self.kind_of_slot[rows % BLOCK]

    def number(self, name: str) -> int:
        """The kind number of the injection `name`."""
        return 1 + [injection.name for injection in self.injections].index(name)

    def is_any(self, kinds: Ints, *names: str) -> Flags:
        """Where `kinds` is one of the named injections."""
        return np.isin(kinds, [self.number(name) for name in names])

    def is_home(self, kinds: Ints) -> Flags:
        """Where the kind asks for a Chinese party or a document in CNY."""
        home = [n for n, injection in enumerate(self.injections, start=1) if injection.home]
        return np.isin(kinds, home)

    def rows_of(self, name: str, blocks: int) -> Ints:
        """The rows of one kind in the first `blocks` blocks, ascending."""
        slots = np.flatnonzero(self.kind_of_slot == self.number(name))
        return (np.arange(blocks)[:, None] * BLOCK + slots[None, :]).ravel().astype(np.int64)

    def partner(self, rows: Ints) -> Ints:
        """The other half of each row's pair; the row itself when it has none."""
        return rows - rows % BLOCK + self.partner_of_slot[rows % BLOCK]

    def referenced(self, ordinals: Ints) -> Ints:
        """The rows behind running numbers that count only rows others may refer to."""
        per_block = len(self.referenced_slots)
        return ordinals // per_block * BLOCK + self.referenced_slots[ordinals % per_block]

    def ordinals(self, rows: Ints) -> Ints:
        """Inverse of `referenced`; meaningless for rows nobody may refer to."""
        return rows // BLOCK * len(self.referenced_slots) + self.ordinal_of_slot[rows % BLOCK]

    def count_referenced(self, rows: int) -> int:
        """How many of the first `rows` rows (a multiple of 500) others may refer to."""
        return rows // BLOCK * len(self.referenced_slots)


@lru_cache(maxsize=64)
def lay_out(seed: int, table: str, injections: tuple[Injection, ...]) -> Layout:
    """Distribute the injections of a table over the 500 places of a block, in an order fixed by the seed."""
    places = _places(shuffled(seed, f"{table}/places", BLOCK), injections)
    kinds, partners = np.zeros(BLOCK, np.int64), np.arange(BLOCK, dtype=np.int64)
    for number, injection in enumerate(injections, start=1):
        kinds[places[injection.name]] = number
        if injection.pairs_with:
            partners[places[injection.name]] = places[injection.pairs_with]
    hidden = [n for n, injection in enumerate(injections, start=1) if not injection.referenced]
    referenced = np.flatnonzero(~np.isin(kinds, hidden)).astype(np.int64)
    ordinals = np.zeros(BLOCK, np.int64)
    ordinals[referenced] = np.arange(len(referenced))
    return Layout(injections, kinds, partners, referenced, ordinals)


def _places(order: Ints, injections: tuple[Injection, ...]) -> dict[str, Ints]:
    # First halves take the lowest of the drawn places, so a copy always has the higher number.
    taken = order[: sum(injection.per_block for injection in injections)]
    firsts = {injection.pairs_with for injection in injections if injection.pairs_with}
    room = sum(injection.per_block for injection in injections if injection.name in firsts)
    low, rest = np.sort(taken)[:room], np.sort(taken)[room:]
    rest = rest[np.argsort(np.argsort(order[: len(rest)]), kind="stable")]
    places: dict[str, Ints] = {}
    for injection in injections:
        if injection.name in firsts:
            places[injection.name], low = low[: injection.per_block], low[injection.per_block :]
        else:
            places[injection.name], rest = rest[: injection.per_block], rest[injection.per_block :]
    return places
