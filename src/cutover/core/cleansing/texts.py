"""Remedies for texts: blanks, width, accents, mojibake, names, and what must not be read by everyone."""

import re
import unicodedata
from functools import cache
from typing import Any

import pyarrow.compute as pc

from cutover.core.cleansing.remedy import Parameters, Remedy, Texts, emptied_where, per_distinct

_SPACES = "[\\u0085\\u00A0\\u1680\\u2000-\\u200A\\u2028\\u2029\\u202F\\u205F\\u3000\\t\\r\\n\\v\\f]"
# Zero-width signs, soft hyphens, marks of the direction of writing, and control characters.
_INVISIBLE = (
    "[\\u00AD\\u061C\\u180E\\u200B-\\u200F\\u202A-\\u202E\\u2060\\u2066-\\u2069\\uFEFF\\x00-\\x08\\x0E-\\x1F\\x7F]"
)
_WIDE = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: 0x20}
_BRACKETS = re.compile(r"[\s()\[\]<>{}（）【】〔〕《》「」·•・,，.。'\"“”‘’_—–\-/\\]+")
_LEGAL_FORM = re.compile("(股份)?有限(责任)?公司|集团|公司$")
_SPLIT_NAME = r"^\s*(\p{Han})[\s\x{3000}\x{00A0}]+(\p{Han})[\s\x{3000}\x{00A0}]*(\p{Han})?\s*$"
# Resident IDs, bank cards, mobile numbers, and what follows a word for a secret. A Chinese text has no blanks, so no
# boundary of a word may be asked for: what counts is that no Latin letter and no digit stands beside.
SECRET = re.compile(
    r"(?<![0-9A-Za-z])(?:"
    r"[1-9]\d{5}(?:18|19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}[\dXx]"
    r"|[1-9]\d{15,18}|(?<!-)\d{4}([ -])\d{4}\1\d{4}\1\d{4}(?:\1\d{1,3})?(?!-)"
    r"|(?:(?:\+|00)?86[ -]?)?1[3-9]\d(?:[ -]?\d{4}){2}"
    r")(?![0-9A-Za-z])"
    r"|(?:密码|口令|(?<![A-Za-z])(?:password|passwd|pwd|pin))\s*[:：=是]\s*[^\s,;，；。]+",
    re.IGNORECASE,
)


def literal(pattern: str) -> str:
    """Write the \\u and \\x escapes of a pattern as RE2 reads them."""
    return re.sub(r"\\u([0-9A-F]{4})|\\x([0-9A-F]{2})", lambda m: rf"\x{{{m[1] or m[2]}}}", pattern)


ODD_BLANKS = literal(_SPACES)
INVISIBLE = literal(_INVISIBLE)


def _without_invisible(texts: Texts) -> Texts:
    return pc.replace_substring_regex(texts, INVISIBLE, "")


def _visible(texts: Texts) -> Texts:
    return pc.replace_substring_regex(_without_invisible(texts), ODD_BLANKS, " ")


def _trim(texts: Texts, _: Parameters) -> Texts:
    return pc.utf8_trim_whitespace(_without_invisible(texts))


def _collapse(texts: Texts, _: Parameters) -> Texts:
    return pc.utf8_trim_whitespace(pc.replace_substring_regex(_visible(texts), " {2,}", " "))


def _remove_spaces(texts: Texts, _: Parameters) -> Texts:
    return pc.replace_substring(_visible(texts), " ", "")


def fold_width(texts: Texts, _: Parameters) -> Texts:
    """Fold U+FF01-FF5E and U+3000 only: compatibility normalisation would also turn 10² into 102."""
    wide = pc.match_substring_regex(texts, literal("[\\uFF01-\\uFF5E\\u3000]"))
    if not pc.any(wide).as_py():
        return texts
    return per_distinct(lambda value: value.translate(_WIDE), texts)


def fold_text(text: str) -> str:
    """Return the match key of a name or a code: small letters, one width, x for × and *, no blanks, brackets, dashes.

    Two names with one match key look alike to a reader; the key is for finding them, never for showing.
    """
    narrow = unicodedata.normalize("NFC", text).translate(_WIDE).casefold()
    folded = _BRACKETS.sub("", re.sub(r"(?<=\d)\s*[×✕╳*]\s*(?=\d)", "x", narrow))
    # What a bracket kept apart may compose or fold once more.
    return folded if folded == text else fold_text(folded)


def fold_company(text: str) -> str:
    """Return the match key of a company: without its legal form. A branch keeps its name: it is another party."""
    folded = fold_text(text)
    return _LEGAL_FORM.sub("", folded) or folded


@cache
def _converter() -> Any:
    # The dictionaries take a moment to open, and most batches never need them.
    import opencc

    return opencc.OpenCC("t2s")


def simplify(text: str) -> str:
    """Return a text in simplified Chinese characters, word by word as OpenCC knows them."""
    return text if text.isascii() else str(_converter().convert(text))


def unmix(text: str) -> str | None:
    """Return the Chinese text that was UTF-8 and had been read as GB18030, None when it is nothing of the kind.

    ftfy leaves this mixture alone on purpose. The result must consist of common characters (those of GB2312).
    """
    try:
        found = text.encode("gb18030").decode("utf-8")
        found.encode("gb2312")
    except UnicodeError:
        return None
    return found if found != text else None


def unmix_latin(text: str) -> str:
    """Return a Latin text whose UTF-8 had been read as Latin-1 or CP1252, as ftfy undoes it; others as they are."""
    import ftfy

    return text if text.isascii() else str(ftfy.fix_encoding(text))


def are_unmixed(texts: Texts) -> bool:
    """Say whether every text that is not plain ASCII comes out well: one may do so by chance, a column does not."""
    odd = [value for value in pc.unique(texts).to_pylist() if value is not None and not value.isascii()]
    return all(unmix(value) is not None for value in odd)


def _join_names(texts: Texts, _: Parameters) -> Texts:
    return pc.replace_substring_regex(texts, _SPLIT_NAME, "\\1\\2\\3")


def _mask(texts: Texts, _: Parameters) -> Texts:
    return per_distinct(lambda value: SECRET.sub("***", value), texts)


REMEDIES: dict[str, Remedy] = {
    "trim": Remedy(_trim, "T06", "remove invisible characters, and blanks of any kind at both ends only"),
    "collapse_spaces": Remedy(_collapse, "T06", "trim, and make one blank of several"),
    "remove_spaces": Remedy(_remove_spaces, "T06 C07", "remove all blanks"),
    "fold_width": Remedy(
        fold_width,
        "T07",
        "full-width Latin letters, digits and signs become ordinary ones; of free text, somebody approves it",
        codes_only=True,
    ),
    "upper": Remedy(lambda texts, _: pc.utf8_upper(texts), "K02", "upper case"),
    "nfc": Remedy(
        lambda texts, _: per_distinct(lambda value: unicodedata.normalize("NFC", value), texts),
        "T08",
        "compose accents",
    ),
    "fold_key": Remedy(
        lambda texts, _: per_distinct(fold_text, texts),
        "K02 T08",
        "the match key: small letters, × and * as x between digits, no blanks, brackets or dashes",
        keys_only=True,
    ),
    "empty_to_null": Remedy(emptied_where("^\\s*$"), "K09", "an empty text becomes no value"),
    "unmix_gb": Remedy(
        lambda texts, _: per_distinct(lambda value: unmix(value) or value, texts),
        "T03",
        "UTF-8 that had been read as GB18030 (涓婃捣 for 上海), if all texts of the column are",
        mode="P",
        says=True,
        holds=are_unmixed,
    ),
    "unmix_latin": Remedy(
        lambda texts, _: per_distinct(unmix_latin, texts),
        "T03",
        "UTF-8 that had been read as Latin-1 or CP1252 (MÃ¼ller for Müller)",
        mode="P",
        says=True,
    ),
    "simplify": Remedy(
        lambda texts, _: per_distinct(simplify, texts),
        "T09",
        "traditional Chinese becomes simplified",
        mode="P",
        says=True,
    ),
    "join_name": Remedy(_join_names, "C13", "a Chinese name loses the blank inside (张 三)", mode="P"),
    "mask_secrets": Remedy(
        _mask, "M10", "resident IDs, cards, mobile numbers and passwords in remarks become ***", mode="P", says=True
    ),
}
