"""Which encoding a file may have: those that were tried, where each failed, and why one of the rest is likely."""

import codecs
import re
from dataclasses import dataclass

# The mark of utf-32 begins with that of utf-16, so it is looked for first.
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_HIGH_RUN = re.compile(rb"[\x80-\xff]+")
# Of a Chinese text nearly every character is in the small set of GB2312; of Western text few bytes stand in pairs.
_MOST = 0.9


@dataclass(frozen=True)
class Encoding:
    """A proposed encoding, why, and what is doubtful about it; `whole`: the file was seen to its end."""

    name: str
    reasons: tuple[str, ...]
    warnings: tuple[str, ...] = ()
    whole: bool = True

    def decode(self, raw: bytes) -> str:
        """Decode the bytes that were looked at, but for a character cut off at their end."""
        return codecs.getincrementaldecoder(self.name)(errors="strict").decode(raw, final=self.whole)


def find_encoding(raw: bytes, *, whole: bool) -> Encoding:
    """Propose an encoding that reads every byte."""
    for mark, name in _MARKS:
        if raw.startswith(mark) and _failure(raw, name, whole) is None:
            return Encoding(name, (f"encoding: the file begins with the byte order mark of {name}",), (), whole)
    zeros = raw[:4096].count(0)
    if zeros * 4 > len(raw[:4096]):
        name = "utf-16-le" if raw[1:4096:2].count(0) > raw[:4096:2].count(0) else "utf-16-be"
        if _failure(raw, name, whole) is None:
            return Encoding(name, ("encoding: every second byte is zero, and there is no byte order mark",), (), whole)
    if raw.isascii():
        return Encoding(
            "utf-8", ("encoding: every byte is ASCII, which utf-8, gb18030 and cp1252 read alike",), (), whole
        )
    tried = {name: _failure(raw, name, whole) for name in ("utf-8", "gb18030", "cp1252")}
    failed = tuple(f"encoding: {name} fails at {place}" for name, place in tried.items() if place)
    if tried["utf-8"] is None:
        return Encoding("utf-8", ("encoding: every byte is utf-8, which other encodings hardly ever are",), (), whole)
    return _by_shape(raw, tried, failed, whole)


def _failure(raw: bytes, name: str, whole: bool) -> str | None:
    try:
        codecs.getincrementaldecoder(name)(errors="strict").decode(raw, final=whole)
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        return f"byte {error.start} (line {line})"
    return None


def _by_shape(raw: bytes, tried: dict[str, str | None], failed: tuple[str, ...], whole: bool) -> Encoding:
    runs = _HIGH_RUN.findall(raw)
    single = sum(len(run) == 1 for run in runs) / len(runs)
    western = "cp1252" if tried["cp1252"] is None else "latin-1"
    told = f"{round(single * 100)} % of the {len(runs)} places with bytes above 127 are single bytes"
    if tried["gb18030"] is None:
        foreign = [character for character in raw.decode("gb18030", "ignore") if ord(character) > 127]
        common = sum(_in_gb2312(character) for character in foreign) / max(len(foreign), 1)
        chinese = f"{round(common * 100)} % of its characters are common Chinese ones when read as gb18030"
        if common >= _MOST and single < 1 - _MOST:
            return Encoding("gb18030", (*failed, f"encoding: {chinese}"), (), whole)
        if single < _MOST:
            doubt = f"encoding undecided between gb18030 and {western}: {told}; {chinese}; look at a name in the file"
            return Encoding("gb18030" if common > single else western, failed, (doubt,), whole)
    doubts = () if single >= _MOST else (f"encoding doubtful: {told}; look at a name in the file",)
    return Encoding(western, (*failed, f"encoding: {western} reads every byte; {told}"), doubts, whole)


def _in_gb2312(character: str) -> bool:
    try:
        character.encode("gb2312")
    except UnicodeEncodeError:
        return False
    return True
