"""Files of a feed: found by pattern, decoded strictly block by block, hashed while they are read."""

import codecs
import hashlib
import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cutover.errors import SourceError
from cutover.project.reading import suggest

BLOCK = 8 << 20
Blocks = Iterator[tuple[bytes, bool]]
# A footer is shorter than this.
_TAIL = 1 << 16
_LINE_END = re.compile(rb"\r\n|\n|\r")


@dataclass(frozen=True)
class SourceFile:
    """A legacy file and the name to call it by, relative to the folder of its system."""

    path: Path
    name: str


def find_files(folder: Path, pattern: str) -> list[SourceFile]:
    """Return the files that match, in the order of their names.

    Raises:
        SourceError: there is none, or the pattern leads out of the folder.
    """
    if Path(pattern).is_absolute() or ".." in Path(pattern).parts:
        raise SourceError(f"the path {pattern!r} leads out of the system's folder", fix="name a file below the folder")
    found = sorted(path for path in folder.glob(pattern) if path.is_file())
    if not found:
        there = [path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()]
        raise SourceError(f"no file matches {pattern!r} in the system's folder", fix=suggest(pattern, there))
    return [SourceFile(path, path.relative_to(folder).as_posix()) for path in found]


def hash_file(file: SourceFile) -> dict[str, Any]:
    """Return name, size and SHA-256 of a file."""
    with file.path.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
    return {"name": file.name, "bytes": file.path.stat().st_size, "sha256": digest}


def read_bytes(file: SourceFile, facts: dict[str, Any], block: int = BLOCK) -> Blocks:
    """Yield a file block by block, each with whether it is the last, which is empty.

    facts: receives name, bytes and sha256 of the file before the last block.

    Raises:
        SourceError: somebody wrote to the file meanwhile.
    """
    digest, read = hashlib.sha256(), 0
    with file.path.open("rb") as stream:
        begun = os.fstat(stream.fileno())
        while raw := stream.read(block):
            digest.update(raw)
            read += len(raw)
            yield raw, False
        _check_unchanged(file, begun, os.fstat(stream.fileno()), read)
    facts.update(name=file.name, bytes=read, sha256=digest.hexdigest())
    yield b"", True


def _check_unchanged(file: SourceFile, begun: os.stat_result, ended: os.stat_result, read: int) -> None:
    if (begun.st_mtime_ns, begun.st_size, read) != (ended.st_mtime_ns, ended.st_size, ended.st_size):
        raise SourceError(f"{file.name} changed while it was read", fix="land again when nobody writes to it any more")


def read_decoded(file: SourceFile, encoding: str, facts: dict[str, Any], block: int = BLOCK) -> Blocks:
    """Yield a file's text as UTF-8, block by block, each with whether it is the last.

    facts: receives name, bytes and sha256 of the file once the last block was read.

    Raises:
        SourceError: a byte is not of the declared encoding, there is no such encoding, or the file changed meanwhile.
    """
    decoder = _decoder(encoding)
    read, lines = 0, 1
    for raw, final in read_bytes(file, facts, block):
        read += len(raw)
        try:
            text = decoder.decode(raw, final=final)
        except UnicodeDecodeError as error:
            raise _undecodable(file, encoding, error, read, lines) from None
        except UnicodeError:
            raise _unmarked(file, encoding) from None
        lines += text.count("\n")
        yield text.encode(), final


def check_encoding(encoding: str) -> None:
    """Return when there is such an encoding.

    Raises:
        SourceError: there is none; the message names the nearest.
    """
    _decoder(encoding)


def _decoder(encoding: str) -> codecs.IncrementalDecoder:
    try:
        "".encode(encoding)  # refuses what Python calls a codec and is no encoding of texts, such as hex
        return codecs.getincrementaldecoder(encoding)(errors="strict")
    except LookupError:
        known = ("utf-8", "utf-8-sig", "gb18030", "gbk", "big5", "latin-1", "cp1252", "utf-16", "shift_jis")
        raise SourceError(f"there is no encoding {encoding!r}", fix=suggest(encoding, known)) from None


def _undecodable(file: SourceFile, encoding: str, error: UnicodeDecodeError, read: int, lines: int) -> SourceError:
    # The decoder's own input began with what it had kept of the block before.
    offset = read - len(error.object) + error.start
    line = lines + error.object[: error.start].decode(encoding, "replace").count("\n")
    return SourceError(
        f"{file.name}:{line}: byte {offset} is not {encoding}",
        fix=f"declare its true encoding ({_candidates(error.object, encoding)}), or export it again",
    )


def _unmarked(file: SourceFile, encoding: str) -> SourceError:
    # Python's decoders of UTF-16 and UTF-32 leave the order of the bytes to the mark, and refuse to go without it.
    return SourceError(
        f"{file.name}:1: the file does not begin with a byte order mark, as {encoding} needs it",
        fix=f"declare the order of its bytes, {encoding}-le or {encoding}-be; or its true encoding",
    )


def _candidates(sample: bytes, declared: str) -> str:
    return ", ".join(
        name for name in ("utf-8", "gb18030", "cp1252", "latin-1") if name != declared and _reads(sample, name)
    )


def _reads(sample: bytes, encoding: str) -> bool:
    try:
        codecs.getincrementaldecoder(encoding)(errors="strict").decode(sample, final=False)
    except UnicodeDecodeError:
        return False
    return True


def skip_lines(text: bytes, count: int, ending: bytes | None, *, final: bool) -> int | None:
    """Return where the text behind its first lines begins; None while it is too short to tell."""
    pattern = _LINE_END if ending is None else re.compile(re.escape(ending))
    start = 0
    for _ in range(count):
        end = pattern.search(text, start)
        # A carriage return at the very end may be half of a line end.
        if end is None or (not final and end.end() == len(text)):
            return None
        start = end.end()
    return start


def without_footer(file: SourceFile, blocks: Blocks, footer: int | str, ending: bytes | None, encoding: str) -> Blocks:
    """Yield the blocks of a file without the lines below its data; `encoding` is that of the blocks.

    Raises:
        SourceError: the file does not end with a line of the declared pattern, or has fewer lines than declared.
    """
    if not footer:
        yield from blocks
        return
    held = b""
    for text, final in blocks:
        held += text
        if final:
            break
        yield held[:-_TAIL], False
        held = held[-_TAIL:]
    yield held[: _footer_start(file, held, footer, ending, encoding)], True


def _footer_start(file: SourceFile, tail: bytes, footer: int | str, ending: bytes | None, encoding: str) -> int:
    lines = tail.splitlines(keepends=True) if ending is None else re.split(b"(?<=%b)" % re.escape(ending), tail)
    start, found = len(tail), 0
    for line in reversed(lines):
        text = line.removesuffix(ending).strip() if ending else line.strip()
        if text and not _is_footer(text.decode(encoding, "replace"), footer, found):
            break
        start, found = start - len(line), found + bool(text)
    if found < (footer if isinstance(footer, int) else 1):
        told = f"has fewer than {footer} lines" if isinstance(footer, int) else f"does not end with {footer!r}"
        raise SourceError(
            f"{file.name}: the file {told}, its declared footer; it may have been cut off",
            fix="export the file again, or correct `footer` in the mapping",
        )
    return start


def _is_footer(line: str, footer: int | str, found: int) -> bool:
    return found < footer if isinstance(footer, int) else re.fullmatch(footer, line) is not None


def check_header(file: SourceFile, names: Sequence[str], line: int) -> list[str]:
    """Return the names of a header when each is there and unique.

    Raises:
        SourceError: a name is empty, stands twice, or begins with a byte order mark.
    """
    place = f"{file.name}:{line}"
    if names and names[0].startswith("\ufeff"):
        raise SourceError(f"{place}: the file begins with a byte order mark", fix="declare the encoding utf-8-sig")
    for index, name in enumerate(names, 1):
        if not name.strip():
            raise SourceError(
                f"{place}: column {index} of {len(names)} has no name in the header",
                fix="name it in the file, or skip the header and list the columns in the mapping",
            )
        if "\0" in name:
            raise SourceError(
                f"{place}: the name of column {index} holds a NUL", fix="declare the true encoding, or mend the file"
            )
        if name in names[: index - 1]:
            raise SourceError(
                f"{place}: the column {name!r} stands twice in the header",
                fix="rename one in the file, or skip the header and list the columns in the mapping",
            )
    return list(names)


def check_same_header(first: SourceFile, expected: Sequence[str], file: SourceFile, names: Sequence[str]) -> None:
    """Return when two files of a feed have the same header.

    Raises:
        SourceError: they differ; the message names the first column that does.
    """
    if list(names) == list(expected):
        return
    pairs = list(zip(expected, names, strict=False))
    index = next((i for i, (a, b) in enumerate(pairs) if a != b), len(pairs))
    ours, theirs = (repr(h[index]) if index < len(h) else "nothing" for h in (names, expected))
    raise SourceError(
        f"{file.name}: column {index + 1} of the header is {ours}, in {first.name} it is {theirs}",
        fix="state where the table of that sheet stands (`header_row`, `first_column`) under `sheets`, or give files "
        "with another header a mapping or a folder of their own",
    )
