"""Pages as tests read them: their fenced blocks, their links, and the commands in both."""

import re
import shlex
from dataclasses import dataclass
from pathlib import Path

_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)")
_SPAN = re.compile(r"`([^`]+)`", re.DOTALL)


@dataclass(frozen=True)
class Block:
    """A fenced block: what it says it is, and its text."""

    language: str
    text: str

    @property
    def title(self) -> str:
        """The comment of its first line, if it has one."""
        return self.text.split("\n", 1)[0].lstrip("#- ").strip()


def read_blocks(page: str) -> list[Block]:
    """Return the fenced blocks of a page, in order."""
    return [Block(language, text) for language, text in _FENCE.findall(page)]


def read_exchanges(block: Block) -> list[tuple[str, list[str]]]:
    """Return the commands of a console block, each with the lines that it must answer."""
    exchanges: list[tuple[str, list[str]]] = []
    for line in block.text.splitlines():
        if line.startswith("$ "):
            exchanges.append((line[2:], []))
        else:
            exchanges[-1][1].append(line)
    return exchanges


def read_links(page: str) -> list[str]:
    """Return where the links of a page lead."""
    return _LINK.findall(_FENCE.sub("", page))


def read_commands(page: str) -> list[list[str]]:
    """Return every `make` and `cutover` command of a page, in blocks and in running text, as words."""
    lines = [line.removeprefix("$ ") for block in read_blocks(page) for line in block.text.splitlines()]
    lines += [" ".join(span.split()) for span in _SPAN.findall(_FENCE.sub("", page))]
    found = []
    for line in lines:
        words = _words(line.split("  #")[0])
        words[:1] = [Path(words[0]).name] if words else []
        if len(words) > 1 and words[0] in ("make", "cutover"):
            found.append(words)
    return found


def _words(line: str) -> list[str]:
    try:
        return shlex.split(line)
    except ValueError:
        return []


def find_difference(expected: list[str], answer: str) -> str | None:
    """Return the first expected line that an answer lacks at its place; None when it has them all.

    A line `...` stands for any lines, `...` within a line for any text; runs of blanks are equal.
    """
    said = [_plain(line) for line in answer.splitlines()]
    place, is_gap = 0, False
    for line in expected:
        if line == "...":
            is_gap = True
            continue
        wanted = re.compile(".*".join(map(re.escape, _plain(line).split("..."))))
        ahead = range(place, len(said) if is_gap else min(place + 1, len(said)))
        hit = next((index for index in ahead if wanted.fullmatch(said[index])), None)
        if hit is None:
            return line
        place, is_gap = hit + 1, False
    return None if is_gap or not any(said[place:]) else f"nothing more, but: {said[place]}"


def _plain(line: str) -> str:
    return " ".join(line.split())
