"""What a remedy is: a pure function from a text column to a text column, and what may be asked of it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Literal, TypeAlias

import pyarrow as pa
import pyarrow.compute as pc

Texts: TypeAlias = pa.Array
Mode = Literal["A", "P"]


@dataclass(frozen=True)
class Parameters:
    """What a cleansing rule may state for its remedies; each remedy says in `needs` which of them it cannot do without.

    beside: the column of the same row that the remedy reads too, such as the currency of an amount.
    """

    length: int | None = None
    values: dict[str, str | None] = field(default_factory=dict)
    locale: str | None = None
    scale: int | None = None
    factor: Decimal | None = None
    formats: tuple[str, ...] = ()
    epoch: int | None = None
    pivot: int | None = None
    region: str | None = None
    validator: str | None = None
    beside: str | None = None


@dataclass(frozen=True)
class Remedy:
    """A named mend.

    apply: from the texts and the parameters of the rule; with `beside` in `needs`, from the texts, the texts of that
        column, and the parameters. It never looks at a single row, keeps nothing as nothing, and leaves alone what it
        is not sure of.
    mends: the catalogue numbers of the defects that it mends.
    mode: A may run by itself; P only proposes, until a steward or an approver of the rule says yes.
    says: whether it may change what a text says as an identity (and not only how it is written).
    each: every single proposal needs a decision, one of the whole rule is not enough.
    once: it would change its own result, so a rule must not meet a cell twice.
    keys_only: it loses what a reader wants to see, so it is for columns that name rows, not for values that move.
    codes_only: it runs by itself on codes, numbers and days; what it makes of free text, somebody approves.
    holds: what every part of the column must satisfy as it was landed; where one does not, the remedy is not tried.
    """

    apply: Callable[..., Texts]
    mends: str
    text: str
    needs: tuple[str, ...] = ()
    mode: Mode = "A"
    says: bool = False
    each: bool = False
    once: bool = False
    keys_only: bool = False
    codes_only: bool = False
    holds: Callable[[Texts], bool] | None = None


def per_distinct(function: Callable[[Any], str | None], values: Texts) -> Texts:
    """Make texts by applying `function` once to each distinct value; null stays null."""
    encoded = values.dictionary_encode()
    mended = pa.array([function(value) for value in encoded.dictionary.to_pylist()], pa.string())
    return mended.take(encoded.indices)


def per_pair(function: Callable[[str, str], str | None], texts: Texts, beside: Texts) -> Texts:
    """Apply `function` once to each distinct pair of texts; a text whose neighbour is null stays as it is."""
    one, other = texts.dictionary_encode(), beside.dictionary_encode()
    left, right = one.dictionary.to_pylist(), other.dictionary.to_pylist()
    pairs = pc.add(pc.multiply(one.indices.cast(pa.int64()), len(right)), other.indices.cast(pa.int64()))
    encoded = pairs.dictionary_encode()
    told = (divmod(pair, len(right)) for pair in encoded.dictionary.to_pylist())
    mended = pa.array([function(left[a], right[b]) for a, b in told], pa.string()).take(encoded.indices)
    return pc.if_else(pc.is_valid(pairs), mended, texts)


def mended_by(pattern: str, replacement: str) -> Callable[[Texts, Parameters], Texts]:
    """Return the remedy that replaces what a regular expression matches."""
    return lambda texts, _: pc.replace_substring_regex(texts, pattern, replacement)


def emptied_where(pattern: str) -> Callable[[Texts, Parameters], Texts]:
    """Return the remedy that takes away whole texts that a regular expression matches."""
    nothing = pa.scalar(None, pa.string())
    return lambda texts, _: pc.if_else(pc.match_substring_regex(texts, pattern), nothing, texts)
