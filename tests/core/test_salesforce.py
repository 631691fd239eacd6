"""Salesforce ids: the suffix tells every single change of case."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cutover.core.gates import VALIDATORS
from cutover.core.salesforce import is_salesforce_id, lengthen_salesforce_id


@pytest.mark.parametrize("text", ["0019000000B98deAAB", "500x000000003TRAAY", "a0D30000001n7PiEAI"])
def test_published_ids_are_right(text: str) -> None:
    assert VALIDATORS["salesforce_id"](text)


@pytest.mark.parametrize(
    "text", ["", "0019000000B98de", "0019000000B98deAAC", "0019000000B98deAAB ", "00190000 0B98deAAB"]
)
def test_others_are_not(text: str) -> None:
    assert not is_salesforce_id(text)


@given(st.text("abcXYZ", min_size=15, max_size=15), st.integers(0, 14))
def test_a_letter_in_the_other_case_is_found(text: str, place: int) -> None:
    signs = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"
    # As published: of each five characters, which are capitals, the first being the lowest bit.
    capitals = [sum(text[at + bit].isupper() << bit for bit in range(5)) for at in (0, 5, 10)]
    whole = text + "".join(signs[number] for number in capitals)
    assert is_salesforce_id(whole)
    spoilt = whole[:place] + whole[place].swapcase() + whole[place + 1 :]
    assert not is_salesforce_id(spoilt)


@given(st.text("aAbBzZ059", min_size=15, max_size=15))
def test_an_id_with_its_suffix_is_one_of_its_own_where_case_is_lost(text: str) -> None:
    whole = lengthen_salesforce_id(text)
    assert is_salesforce_id(whole) and whole[:15] == text
    other = text.swapcase()
    assert other == text or lengthen_salesforce_id(other).upper() != whole.upper()
