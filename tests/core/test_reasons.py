"""Reasons in words: every code that a row can be rejected for, in both languages, and nothing else told."""

import pytest

from cutover.core.reasons import in_words, known_reasons
from cutover.systems import refusals


def test_a_reason_is_said_in_both_languages() -> None:
    told = in_words("no_entry", "en", rule="R-1", column="country")
    assert told == "the code in country has no counterpart in the new system"
    assert in_words("no_entry", "zh", rule="R-1", column="country") == "country 的代码在新系统中没有对应值"
    assert in_words("check_constraint", "en", rule="TARGET", column="", constraint="odd").endswith("(odd)")


def test_a_reason_that_nobody_worded_is_named_with_its_rule() -> None:
    assert in_words("brand_new", "en", rule="R-1", column="x") == "rule R-1 refuses the row: brand_new"
    assert "R-1" in in_words("brand_new", "zh", rule="R-1", column="x")


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_known_reason_has_words_without_a_gap(language: str) -> None:
    for reason in known_reasons():
        told = in_words(reason, language, rule="R-1", column="", constraint="")  # type: ignore[arg-type]
        assert told and "{" not in told and reason in known_reasons()


def test_every_refusal_of_the_target_has_words() -> None:
    assert set(refusals._REASONS.values()) <= known_reasons()
