"""JSON files that hold lists of records, such as Django fixtures: every value lands as the exact text of the file."""

import json
import re
from collections.abc import Iterator, Sequence
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import Any, NoReturn

import pyarrow as pa

from cutover.errors import SourceError
from cutover.project.model import Json
from cutover.project.reading import suggest
from cutover.systems.sources.exact import exact_text
from cutover.systems.sources.feed import Feed, Reading
from cutover.systems.sources.files import SourceFile, check_header, find_files, hash_file, read_decoded

_BLOCK_ROWS = 10_000
_LARGEST = 400  # digits: more than any number a database holds
_HALF = re.compile(r"\\u[dD][89a-fA-F]")
Record = dict[str, str | None]


class _Number(str):
    """A number as it is written in the file."""


class _Malformed(ValueError):
    """JSON that leaves open what it says."""


def read_json(feed: Feed, folder: Path) -> Reading:
    """Open the files of a feed; its columns are all that its records have, in the order of their first appearance.

    Raises:
        SourceError: no file, one that is no JSON of the declared encoding, no list of records where one is declared,
            a record that says a name twice, no record at all that `where` wants.
    """
    declared = feed.source.json_
    assert declared is not None  # read_feed chose this module by it
    files = find_files(folder, declared.path)
    names: dict[str, None] = {}
    for file in files:
        for record in _wanted(file, declared):
            names.update(dict.fromkeys(record))
    if not names:
        raise SourceError(f"no record of {declared.path} is of the feed", fix=_nearest(files, declared))
    check_header(files[0], list(names), 1)
    schema = pa.schema([(name, pa.string()) for name in names])
    facts: list[dict[str, Any]] = []
    return Reading(schema, _read_files(files, declared, schema, facts), files=facts)


def _nearest(files: Sequence[SourceFile], declared: Json) -> str:
    for name, text in declared.where.items():
        there = {record[name] or "" for file in files for record in _flat(file, declared) if name in record}
        if text not in there:
            return f"correct {name!r} under `where`: {suggest(text, sorted(there))}"
    return "correct `path`, `records` or `where`"


def _read_files(
    files: Sequence[SourceFile], declared: Json, schema: pa.Schema, facts: list[dict[str, Any]]
) -> Iterator[pa.Table]:
    for file in files:
        records, count = _wanted(file, declared), 0
        while block := list(islice(records, _BLOCK_ROWS)):
            count += len(block)
            yield pa.Table.from_pylist(block, schema)
        facts.append(hash_file(file) | {"rows": count})


def _wanted(file: SourceFile, declared: Json) -> Iterator[Record]:
    for record in _flat(file, declared):
        if all(record.get(name) == text for name, text in declared.where.items()):
            yield record


def _flat(file: SourceFile, declared: Json) -> Iterator[Record]:
    for place, record in enumerate(_records(file, declared), 1):
        if not isinstance(record, dict):
            raise SourceError(
                f"{file.name}: record {place} is no object", fix="state where the list is under `records`"
            )
        flat: Record = {}
        for name, value in _leaves(record, ""):
            if name in flat:
                raise SourceError(
                    f"{file.name}: record {place} has {name!r} both as a name with a dot and nested",
                    fix="rename one of them in the file",
                )
            flat[name] = value
        yield flat


def _leaves(node: dict[str, Any], before: str) -> Iterator[tuple[str, str | None]]:
    for name, value in node.items():
        if isinstance(value, dict) and value:
            yield from _leaves(value, f"{before}{name}.")
        else:
            yield before + name, _text(value)


def _text(value: Any) -> str | None:
    return _written(value) if isinstance(value, list | dict) else exact_text(value)


def _written(value: Any) -> str:
    """Write a list or an object again as JSON, numbers as they were."""
    if isinstance(value, list):
        return f"[{', '.join(map(_written, value))}]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_written(name)}: {_written(each)}" for name, each in value.items()) + "}"
    return str(value) if isinstance(value, _Number) else json.dumps(value, ensure_ascii=False)


def _records(file: SourceFile, declared: Json) -> list[Any]:
    node = _parse(file, declared)
    for step in declared.records.split(".") if declared.records else ():
        if not isinstance(node, dict) or step not in node:
            known = list(node) if isinstance(node, dict) else []
            raise SourceError(f"{file.name} has no {step!r} on the way to its records", fix=suggest(step, known))
        node = node[step]
    if not isinstance(node, list):
        raise SourceError(f"{file.name} holds no list of records there", fix="state where it is under `records`")
    return node


def _parse(file: SourceFile, declared: Json) -> Any:
    text = b"".join(text for text, _ in read_decoded(file, declared.encoding, {})).decode()
    if text.startswith("\ufeff"):
        raise SourceError(f"{file.name}: the file begins with a byte order mark", fix="declare the encoding utf-8-sig")
    try:
        parsed = json.loads(
            text, parse_float=_number, parse_int=_number, parse_constant=_refuse, object_pairs_hook=_object
        )
        if _HALF.search(text):
            json.dumps(parsed, ensure_ascii=False).encode()
        return parsed
    except json.JSONDecodeError as error:
        place = f"{file.name}:{error.lineno}:{error.colno}"
        raise SourceError(f"{place}: not readable as JSON: {error.msg}", fix="export the file again") from None
    except UnicodeEncodeError:
        half = f"{file.name}: a text holds half of a character, as \\ud83d without its other half"
        raise SourceError(half, fix="export the file again") from None
    except (_Malformed, RecursionError) as error:
        told = error if isinstance(error, _Malformed) else "it is nested too deeply"
        raise SourceError(f"{file.name}: not readable as records: {told}", fix="export the file again") from None


def _number(text: str) -> _Number:
    number = Decimal(text)
    if abs(number.adjusted()) > _LARGEST:
        raise _Malformed(f"it holds a number of more than {_LARGEST} digits")
    return _Number(format(number, "f"))


def _refuse(text: str) -> NoReturn:
    raise _Malformed(f"{text} is no number of JSON")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        twice = next(name for index, (name, _) in enumerate(pairs) if name in dict(pairs[:index]))
        raise _Malformed(f"an object has the name {twice!r} twice")
    return found
