"""Texts taken apart and put together, so that nothing of them is lost by the way."""

from collections.abc import Sequence

import pyarrow as pa
import pyarrow.compute as pc

from cutover.core.rules import Filled, truth, where_null


def groups_of(pattern: str) -> list[str]:
    """Return the names of the groups of a pattern.

    Raises:
        ValueError: the pattern is no regular expression, or has a group without a name.
    """
    try:
        found = pc.extract_regex(pa.array([""]), _whole(pattern))
    except pa.ArrowInvalid:
        raise ValueError("it is no regular expression whose groups all have a name, such as (?P<street>.+)") from None
    return [found.type.field(index).name for index in range(found.type.num_fields)]


def _whole(pattern: str) -> str:
    return f"(?s)^(?:{pattern})$"


def split_texts(texts: pa.Array, pattern: str, part: str) -> Filled:
    """Take one group out of each text; a text that the pattern does not match as a whole fails (`leftover`)."""
    found = pc.extract_regex(texts, _whole(pattern))
    leftover = pc.and_(pc.is_valid(texts), pc.is_null(found))
    values = pc.struct_field(found, part)
    return Filled(where_null(values, truth(pc.equal(values, ""))), (("leftover", leftover),))


def join_texts(columns: Sequence[pa.Array], separator: str, *, reversible: bool) -> Filled:
    """Join the values of each row that are not empty; with `reversible` a value that holds the separator fails."""
    texts = [where_null(text, truth(pc.equal(text, ""))) for text in (c.cast(pa.string()) for c in columns)]
    empty, within = pa.scalar(True), pa.repeat(pa.scalar(False), len(texts[0]))
    for text in texts:
        empty = pc.and_(empty, pc.is_null(text))
        if reversible and separator:
            within = pc.or_(within, truth(pc.match_substring(text, separator)))
    # Arrow leaves out a row that holds nothing at all, and the result is shorter then: it gets an empty text to hold.
    held = [pc.if_else(empty, "", texts[0]), *texts[1:]]
    joined = pc.binary_join_element_wise(*held, separator, null_handling="skip")
    return Filled(where_null(joined, pc.or_(empty, within)), (("holds_separator", within),))


def write_numbers(numbers: pa.Array, prefix: str, digits: int) -> pa.Array:
    """Write numbers as texts, with a prefix and padded with zeros."""
    padded = pc.utf8_lpad(numbers.cast(pa.string()), width=digits, padding="0")
    return pc.binary_join_element_wise(prefix, padded, "")
