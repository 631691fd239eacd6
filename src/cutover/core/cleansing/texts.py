"""Remedies for texts: blanks, width, accents, mojibake, names, and what must not be read by everyone."""

import re
import unicodedata
from functools import cache
from typing import Any

import pyarrow.compute as pc

from cutover.core.cleansing.remedy import Parameters, Remedy, Texts, emptied_where, per_distinct

_SPACES = "[\\u00A0\\u1680\\u2000-\\u200A\\u202F\\u205F\\u3000\\t\\r\\n\\v\\f]"
_INVISIBLE = "[\\u200B-\\u200D\\u2060\\uFEFF\\x00-\\x08\\x0E-\\x1F\\x7F]"
_WIDE = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: 0x20}
_BRACKETS = re.compile(r"[\s()\[\]<>{}（）【】〔〕《》「」·•・,，.。'\"“”‘’_—–\-/\\]+")
# Resident IDs, bank cards, mobile numbers, and what follows a word for a secret.
_SPLIT_NAME = r"^\s*(\p{Han})[\s\x{3000}\x{00A0}]+(\p{Han})[\s\x{3000}\x{00A0}]*(\p{Han})?\s*$"
SECRET = re.compile(
    r"\b[1-9]\d{5}(?:18|19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}[\dXx]\b|\b\d{16,19}\b|\b1[3-9]\d{9}\b"
    r"|(?:密码|口令|password|passwd|pwd|pin)\s*[:：=是]\s*[^\s,;，；]+",
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


@cache
def _converter() -> Any:
    # The dictionaries take a moment to open, and most batches never need them.
    import opencc

    return opencc.OpenCC("t2s")


def simplify(text: str) -> str:
    """Return a text in simplified Chinese characters, word by word as OpenCC knows them."""
    return str(_converter().convert(text))


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

    return str(ftfy.fix_encoding(text))


def _unmix_column(texts: Texts, _: Parameters) -> Texts:
    # One value alone may come out as some word by chance; the whole column does not.
    odd = [value for value in pc.unique(texts).to_pylist() if value is not None and not value.isascii()]
    if any(unmix(value) is None for value in odd):
        return texts
    return per_distinct(lambda value: unmix(value) or value, texts)


def _join_names(texts: Texts, _: Parameters) -> Texts:
    return pc.replace_substring_regex(texts, _SPLIT_NAME, "\\1\\2\\3")


def _mask(texts: Texts, _: Parameters) -> Texts:
    return per_distinct(lambda value: SECRET.sub("***", value), texts)


REMEDIES: dict[str, Remedy] = {
    "trim": Remedy(_trim, "T06", "remove invisible characters, and blanks of any kind at both ends only"),
    "collapse_spaces": Remedy(_collapse, "T06", "trim, and make one blank of several"),
    "remove_spaces": Remedy(_remove_spaces, "T06 C07", "remove all blanks"),
    "fold_width": Remedy(
        fold_width, "T07", "full-width Latin letters, digits and signs become ordinary ones; nothing else"
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
        _unmix_column,
        "T03",
        "UTF-8 that had been read as GB18030 (涓婃捣 for 上海), if all texts of a batch are",
        mode="P",
        says=True,
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
