"""Codes of several columns, translated by entries in which `*` stands for any value: the most exact entry wins."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import combinations

import pyarrow as pa
import pyarrow.compute as pc

from cutover.core.rules import Filled, truth, where_null

ANY = "*"
Entries = Sequence[tuple[tuple[str, ...], str]]
_JOINER = "\x1f"


def translate_composite(columns: Sequence[pa.Array], entries: Entries) -> Filled:
    """Translate the values of each row by the entry with the most exact parts.

    No entry fails (`no_entry`); two that match equally well and say different things fail (`ambiguous`). A row whose
    columns are all empty stays empty.
    """
    texts = [column.cast(pa.string()) for column in columns]
    rows = len(texts[0])
    values, ambiguous = pa.nulls(rows, pa.string()), pa.repeat(pa.scalar(False), rows)
    empty, _ = empty_codes(texts)
    for level in range(len(texts), -1, -1):
        found, clash = _match_level(texts, entries, level)
        ambiguous = pc.or_(ambiguous, pc.and_(values.is_null(), clash))
        values = pc.coalesce(values, found)
    missing = pc.and_(values.is_null(), pc.invert(empty))
    return Filled(where_null(values, pc.or_(empty, ambiguous)), (("no_entry", missing), ("ambiguous", ambiguous)))


def empty_codes(columns: Sequence[pa.Array]) -> tuple[pa.BooleanArray, pa.BooleanArray]:
    """Say where all parts of a code are empty, and where some of them are and others are not."""
    every = some = columns[0].is_null()
    for column in columns[1:]:
        every, some = pc.and_(every, column.is_null()), pc.or_(some, column.is_null())
    return every, pc.and_not(some, every)


def _match_level(texts: Sequence[pa.Array], entries: Entries, level: int) -> tuple[pa.Array, pa.BooleanArray]:
    """Match the entries with so many exact parts; where two of them differ, the second mask holds."""
    values, clash = pa.nulls(len(texts[0]), pa.string()), pa.repeat(pa.scalar(False), len(texts[0]))
    for exact, lines in _by_shape(entries):
        if len(exact) != level:
            continue
        codes = pa.array([_JOINER.join(source[place] for place in exact) for source, _ in lines], pa.string())
        targets = pa.array([target for _, target in lines], pa.string())
        found = targets.take(pc.index_in(_key(texts, exact), value_set=codes, skip_nulls=True))
        clash = pc.or_(clash, truth(pc.not_equal(values, found)))
        values = pc.coalesce(values, found)
    return values, clash


def _key(texts: Sequence[pa.Array], exact: tuple[int, ...]) -> pa.Array:
    if not exact:
        return pa.repeat(pa.scalar(""), len(texts[0]))
    return pc.binary_join_element_wise(*(texts[place] for place in exact), _JOINER)


def _by_shape(entries: Entries) -> Iterator[tuple[tuple[int, ...], list[tuple[tuple[str, ...], str]]]]:
    """Group entries by the places of their exact parts."""
    shapes: dict[tuple[int, ...], list[tuple[tuple[str, ...], str]]] = {}
    for source, target in entries:
        exact = tuple(place for place, part in enumerate(source) if part != ANY)
        shapes.setdefault(exact, []).append((source, target))
    yield from shapes.items()


def find_ambiguous(entries: Entries) -> Iterator[tuple[int, int]]:
    """Yield pairs of entries (by their places) that match a common key equally well and differ in their target.

    A pair is fine when an entry that is more exact than both decides every key that they have in common.
    """
    sources = {source for source, _ in entries}
    for (first, one), (second, other) in _pairs(entries):
        if one[1] != other[1] and _meet(one[0], other[0]):
            common = tuple(b if a == ANY else a for a, b in zip(one[0], other[0], strict=True))
            if not any(_decides(source, common, one[0]) for source in sources):
                yield first, second


def _pairs(entries: Entries) -> Iterable[tuple[tuple[int, tuple[tuple[str, ...], str]], ...]]:
    wild = [(place, entry) for place, entry in enumerate(entries) if ANY in entry[0]]
    return (pair for pair in combinations(wild, 2) if _exact(pair[0][1][0]) == _exact(pair[1][1][0]))


def _exact(source: tuple[str, ...]) -> int:
    return sum(part != ANY for part in source)


def _meet(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    return all(ANY in (a, b) or a == b for a, b in zip(one, other, strict=True))


def _decides(source: tuple[str, ...], common: tuple[str, ...], rival: tuple[str, ...]) -> bool:
    covers = all(part in (ANY, wanted) for part, wanted in zip(source, common, strict=True))
    return covers and _exact(source) > _exact(rival)
