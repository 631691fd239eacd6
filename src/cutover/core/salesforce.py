"""Salesforce ids: 15 characters in which upper and lower case differ, and three more that say which are upper case."""

import re

_ID = re.compile("[A-Za-z0-9]{15}[A-Z0-5]{3}")
_SHORT_ID = re.compile("[A-Za-z0-9]{15}")
_SUFFIX = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"


def is_salesforce_id(text: str) -> bool:
    """Say whether a text is an id of 18 characters whose suffix is right; one of 15 has nothing to be judged by.

    The suffix has a character for each five of the id: its place in the alphabet is the number whose n-th bit says that
    the n-th of the five is upper case (Salesforce, "Convert 15 Character Ids to 18 Character Ids").
    """
    return _ID.fullmatch(text) is not None and _suffix(text[:15]) == text[15:]


def lengthen_salesforce_id(text: str) -> str:
    """Give an id of 15 characters its suffix, so that it still is one of its own where case is lost; others stay."""
    return text + _suffix(text) if _SHORT_ID.fullmatch(text) else text


def _suffix(text: str) -> str:
    chunks = (text[start : start + 5] for start in (0, 5, 10))
    return "".join(_SUFFIX[sum(1 << place for place, sign in enumerate(chunk) if sign.isupper())] for chunk in chunks)
