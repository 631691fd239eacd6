"""T01 to T14: text and encoding."""

import re
import unicodedata

import pyarrow as pa
import pyarrow.compute as pc

from cutover.core.cleansing.remedy import Parameters, Texts
from cutover.core.cleansing.texts import INVISIBLE, ODD_BLANKS, fold_text, simplify, unmix, unmix_latin
from cutover.core.defects.defect import Cells, Defect, colliding, judged, matching, unlisted
from cutover.core.validators import VALIDATORS

_HAN = re.compile(r"[\u4e00-\u9fff]")
_HIGH = re.compile(r"[\u0080-\u00ff\u0152-\u2122]{4,}")
# Ideographs outside GBK: extension A beyond the few in GBK, and the planes behind the first.
_PLACEHOLDERS = (
    r"(?i)^\s*(test|测试|无|暂无|未知|待定|/|-+|\.+|x{2,}|n/a|none|null|tbd|unknown|dummy|9{3,}|0{3,})\s*$"
    r"|^\s*(?i:test)[ _-]|^测试|作废|(?i:do not use)|(?i:don't use)"
)


def _is_misread(text: str, _: Parameters) -> bool:
    """Whether bytes of GB18030 or UTF-8 stand here letter by letter: they become Chinese when they are read again."""
    if not _HIGH.search(text):
        return False
    for encoding in ("utf-8", "gb18030"):
        for letters in ("latin-1", "cp1252"):
            try:
                found = text.encode(letters).decode(encoding)
                found.encode("gb2312")
            except UnicodeError:
                continue
            return len(_HAN.findall(found)) >= 2
    return False


def _is_rare(text: str, _: Parameters) -> bool:
    odd = (sign for sign in text if unicodedata.category(sign) == "Lo" and "CJK UNIFIED" in unicodedata.name(sign, ""))
    return any(not _fits_gbk(sign) for sign in odd) or bool(
        re.fullmatch(r"[\u4e00-\u9fff]{1,2}\?[\u4e00-\u9fff]?", text)
    )


def _fits_gbk(sign: str) -> bool:
    try:
        sign.encode("gbk")
    except UnicodeError:
        return False
    return True


def _cut(texts: Texts, parameters: Parameters) -> pa.BooleanArray:
    """Find the texts that are as long as the limit, if so many different ones are that chance does not explain it.

    A column whose texts are nearly all of one length is made like that: at most half of them may be so long.
    """
    if parameters.length is not None:
        return pc.equal(pc.utf8_length(texts), parameters.length)
    # Codes are made of one length: only words are cut.
    words = pc.invert(pc.match_substring_regex(texts, "^[A-Z0-9._/-]*$"))
    lengths = pc.utf8_length(pc.unique(texts.filter(pc.fill_null(words, False))))
    longest = pc.max(lengths).as_py() or 0
    at, below = (pc.sum(pc.equal(lengths, n)).as_py() or 0 for n in (longest, longest - 1))
    spike = longest >= 10 and 3 <= at <= len(lengths) / 2 and at > 2 * below
    return pc.and_(pc.and_(words, pc.equal(pc.utf8_length(texts), longest)), spike)


def _looks_alike(text: str, parameters: Parameters) -> bool:
    if parameters.validator and VALIDATORS[parameters.validator](text):
        return False
    for word in re.findall(r"\w+", text):
        scripts = {unicodedata.name(sign, "").split(" ")[0] for sign in word if sign.isalpha()}
        if {"LATIN"} < scripts & {"LATIN", "CYRILLIC", "GREEK"}:
            return True
        # A lone O or I among five digits and more is a slip of the hand.
        if re.search(r"\d[OIl]\d", word) and sum(sign.isdigit() for sign in word) >= 5:
            return True
    return False


DEFECTS = (
    Defect(
        "T01",
        "bytes of GBK or UTF-8 read as Latin-1",
        "ÉÏº£·Ö¹«Ë¾",
        judged(_is_misread),
        "A",
        "read the bytes again with the declared encoding: UTF-8 strictly, then GB18030 strictly",
        "accuracy",
        reference="Python codecs",
    ),
    Defect(
        "T02",
        "encoding guessed wrongly: a header that nobody declared",
        "諦誧晤鎢",
        unlisted(),
        "A/X",
        "declare `source.csv.encoding`; a detector never decides",
        "accuracy",
        reference="charset-normalizer, short texts",
    ),
    Defect(
        "T03",
        "text stored as mojibake",
        "涓婃捣",
        judged(lambda text, _: unmix(text) is not None or unmix_latin(text) != text),
        "P",
        "undo it where every text of the column comes out well; else extract again",
        "accuracy",
        ("unmix_gb", "unmix_latin"),
        "ftfy for Latin only: its author judged GB mixtures infeasible",
    ),
    Defect(
        "T04",
        "information lost: replacement signs, question marks among Chinese",
        "锟斤拷公司",
        matching(r"锟斤|斤拷|\x{FFFD}|烫烫|屯屯|\p{Han}\?+\p{Han}|\?{3,}"),
        "X",
        "extract again, or ask the owner",
        "accuracy",
    ),
    Defect(
        "T05",
        "byte order mark in the first header",
        "\ufeff客户编码",
        matching("^(\\x{FEFF}|ï»¿|Ã¯Â»Â¿)"),
        "A",
        "declare the encoding utf-8-sig",
        "consistency",
    ),
    Defect(
        "T06",
        "odd, invisible or trailing blanks",
        "上海\u3000分公司 ",
        matching(f"{ODD_BLANKS}|{INVISIBLE}|^ | $|  "),
        "A",
        "strip in codes, one blank in names",
        "consistency",
        ("trim", "collapse_spaces", "remove_spaces"),
        "Unicode character classes",
    ),
    Defect(
        "T07",
        "full-width letters and digits in codes",
        "ＡＢ１２",
        # A comma or a bracket of that width belongs into a Chinese text.
        matching("[０-９Ａ-Ｚａ-ｚ]|^[^\\p{Han}]*[\\x{FF01}-\\x{FF5E}][^\\p{Han}]*$"),
        "A/P",
        "fold U+FF01-FF5E and U+3000 only; compatibility normalisation would read 10² as 102",
        "consistency",
        ("fold_width",),
        "Unicode, Halfwidth and Fullwidth Forms",
    ),
    Defect(
        "T08",
        "variants of brackets, dashes and dots in names",
        "华信（上海） / 华信(上海)",
        colliding(fold_text),
        "A",
        "keep what is shown; the match key alone is folded",
        "consistency",
        ("fold_key", "nfc"),
    ),
    Defect(
        "T09",
        "traditional beside simplified characters",
        "華信 / 华信",
        colliding(simplify),
        "P",
        "match key only",
        "consistency",
        ("simplify",),
        "OpenCC",
    ),
    Defect(
        "T10",
        "rare characters that GBK has not, or a question mark in their place",
        "张䶮",
        judged(_is_rare),
        "X",
        "the owner corrects; the target must hold four-byte UTF-8",
        "accuracy",
        reference="GB 18030",
    ),
    Defect(
        "T11",
        "line breaks and quotes within a text",
        "第一行\n第二行",
        matching('[\\r\\n"]'),
        "A",
        "a strict reader; ragged rows are rejected with their line, never padded",
        "consistency",
    ),
    Defect(
        "T12",
        "cut at the limit of the legacy column",
        "上海华信智能装备有限责任公",
        Cells(_cut),
        "X",
        "flag; complete from another source",
        "completeness",
    ),
    Defect(
        "T13",
        "look-alike letters: O and 0, Cyrillic А",
        "9111O000600037341L",
        judged(_looks_alike),
        "P",
        "propose where one exchange alone satisfies the check digit",
        "accuracy",
        ("look_alike",),
        "python-stdnum",
    ),
    Defect(
        "T14",
        "placeholders and test records",
        "测试客户",
        matching(_PLACEHOLDERS),
        "P",
        "listed placeholders become no value (`replace_values`), test records are left out (`exclude`)",
        "credibility",
        ("replace_values",),
    ),
)
