"""The credit code is judged as stdnum judges it, only faster."""

from random import Random

import pytest
from stdnum.cn import uscc

from cutover.core.validators import is_uscc

SIGNS = "0123456789ABCDEFGHJKLMNPQRTUWXY"


@pytest.mark.parametrize(
    ("text", "valid"),
    [
        ("91110000600037341L", True),
        ("9 1 110000 600037341L", True),  # stdnum takes blanks
        ("91110000600037341l", True),  # and small letters
        ("91110000600037341M", False),  # another check digit
        ("A1110000600037341L", False),  # a letter among the first eight
        ("9111000060003734IL", False),  # I is none of its signs
        ("9111000060003734", False),
        ("", False),
    ],
)
def test_known_codes(text: str, valid: bool) -> None:
    assert is_uscc(text) is valid


def test_drawn_codes_are_judged_as_stdnum_does() -> None:
    random = Random(7)
    drawn = ["91" + "".join(random.choices("0123456789", k=6) + random.choices(SIGNS, k=9)) for _ in range(500)]
    right = [text + uscc.calc_check_digit(text) for text in drawn]
    changed = [text[:9] + random.choice(SIGNS + "IO -l") + text[10:] for text in right]
    assert all(map(is_uscc, right))
    assert [is_uscc(text) for text in changed] == [uscc.is_valid(text) for text in changed]
