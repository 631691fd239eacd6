"""Validators of addresses: by syntax and by length, and, for a rule that is not hard, whether a range is in use."""

import pytest

from cutover.core.validators import IDENTITIES, OFFICIAL, VALIDATORS


@pytest.mark.parametrize(
    ("text", "possible", "valid"),
    [
        ("+8613800138000", True, True),
        ("+862161234567", True, True),
        # Of the right length, in a range that nobody has: a new prefix looks like that for a while.
        ("+8610000000000", True, False),
        ("+86138001380", True, False),
        ("+8613", False, False),
        ("13800138000", False, False),
        ("+86 138 0013 8000", False, False),
        ("+９９", False, False),
        ("", False, False),
        ("+9999999999", False, False),
    ],
)
def test_a_phone_is_possible_by_length_and_valid_by_range(text: str, possible: bool, valid: bool) -> None:
    assert (VALIDATORS["phone_possible"](text), VALIDATORS["phone_valid"](text)) == (possible, valid)


@pytest.mark.parametrize("text", ["a@b.com", "vertrieb@müller.de", "a.b+c@example.org"])
def test_an_email_is_judged_by_its_syntax(text: str) -> None:
    assert VALIDATORS["email"](text)


@pytest.mark.parametrize("text", ["", "a", "a@", "a@b", "a@b.com; c@d.org", " a@b.com", "a b@c.de", "@b.com"])
def test_what_is_no_email(text: str) -> None:
    assert not VALIDATORS["email"](text)


def test_addresses_are_no_identities_and_official_numbers_are() -> None:
    assert set(VALIDATORS) - IDENTITIES == {"email", "phone_possible", "phone_valid"}
    assert set(OFFICIAL) < IDENTITIES
