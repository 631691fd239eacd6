"""YAML with positions: every finding about a project file can name its file, line and column."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.constructor import RoundTripConstructor
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import ScalarNode

from cutover.errors import SpecificationError

M = TypeVar("M", bound=BaseModel)
Location = tuple[str | int, ...]


@dataclass(frozen=True, order=True)
class Finding:
    """One mistake in a project file; `line` and `column` count from 1, 0 where the whole file is meant."""

    file: str
    line: int
    column: int
    problem: str
    fix: str

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}:{self.column}" if self.line else self.file
        return f"{place}: {self.problem}. Fix: {self.fix}"


def stop_on(findings: Iterable[Finding]) -> None:
    """Raise one SpecificationError that holds every finding, or return when there is none."""
    listed = sorted(set(findings))
    if listed:
        lines = "\n".join(f"  {finding}" for finding in listed)
        raise SpecificationError(
            f"{len(listed)} mistake{'s' if len(listed) > 1 else ''} in the specification:\n{lines}\n"
            "Nothing was run; `cutover check` shows this list again"
        )


@dataclass(frozen=True)
class Document:
    """A YAML file as read: `name` relative to the project, `root` with the position of every node.

    `root` is None where the file is empty or not readable.
    """

    name: str
    root: Any

    def position(self, location: Location) -> tuple[int, int]:
        """Return line and column (from 1) of the deepest node on the way to `location`."""
        node, place = self.root, (1, 1)
        for step in location:
            found = _step(node, step)
            if found is not None:
                node, place = found
        return place

    def finding(self, location: Location, problem: str, fix: str) -> Finding:
        """Build a finding that points at `location`."""
        return Finding(self.name, *self.position(location), problem, fix)


def _step(node: Any, step: str | int) -> tuple[Any, tuple[int, int]] | None:
    # pydantic puts the kind of a rule into a location; such a step is no key of the document and is passed over.
    if isinstance(node, CommentedMap) and step in node:
        # A key that came in by a YAML merge (<<) has no place of its own here.
        line, column = node.lc.key(step) if step in node.lc.data else (node.lc.line, node.lc.col)
    elif isinstance(node, CommentedSeq) and isinstance(step, int) and step < len(node):
        line, column = node.lc.item(step)
    else:
        return None
    return node[step], (line + 1, column + 1)


class _AsWritten(RoundTripConstructor):
    """Keeps every scalar as it was written: 007 and 1.50 and 2024-01-01 stay texts until a model types them."""


def _written(_: RoundTripConstructor, node: ScalarNode) -> str:
    return str(node.value)


for _kind in ("int", "float", "bool", "timestamp"):
    _AsWritten.add_constructor(f"tag:yaml.org,2002:{_kind}", _written)


def read_document(path: Path, name: str) -> Document:
    """Read one YAML file; strict: no duplicate keys, and scalars stay the text that was written.

    Raises:
        SpecificationError: the file is not UTF-8 or no YAML; the message names the place.
    """
    document, findings = inspect_document(path, name)
    stop_on(findings)
    return document


def inspect_document(path: Path, name: str) -> tuple[Document, list[Finding]]:
    """Read one YAML file; returns it (without content where it is not readable) and what is wrong with it."""
    reader = YAML(typ="rt")
    reader.Constructor = _AsWritten
    try:
        return Document(name, reader.load(path.read_text(encoding="utf-8"))), []
    except UnicodeDecodeError as error:
        finding = Finding(name, 0, 0, f"byte {error.start} is not UTF-8", "save the file as UTF-8")
    except MarkedYAMLError as error:
        mark = error.problem_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        problem = (error.problem or "").split(" with value")[0]
        finding = Finding(name, line, column, f"not readable as YAML: {problem}", "mend the syntax here")
    except YAMLError:
        problem = "it holds characters that YAML does not allow"
        finding = Finding(name, 0, 0, problem, "save the file as plain text")
    return Document(name, None), [finding]


def build_model(document: Document, model: type[M]) -> tuple[M | None, list[Finding]]:
    """Validate a document against a model; returns the model, or None and every finding."""
    if not isinstance(document.root, CommentedMap):
        return None, [Finding(document.name, 1, 1, "the file holds no mapping of keys", "start from an existing file")]
    try:
        return model.model_validate(_plain(document.root)), []
    except ValidationError as error:
        return None, [_finding(document, item) for item in error.errors(include_url=False)]


def _plain(node: Any) -> Any:
    if isinstance(node, CommentedMap):
        return {"null" if key is None else str(key): _plain(value) for key, value in node.items()}
    if isinstance(node, CommentedSeq):
        return [_plain(value) for value in node]
    return node


def _finding(document: Document, item: Any) -> Finding:
    location: Location = tuple(item["loc"])
    key = next((str(step) for step in reversed(location) if isinstance(step, str)), "")
    problem, fix = _wording(item["type"], key, item["msg"], item.get("ctx") or {})
    return document.finding(location, problem, fix)


def _wording(kind: str, key: str, message: str, context: dict[str, Any]) -> tuple[str, str]:
    if kind == "extra_forbidden":
        return (
            f"unknown key {key!r}",
            "remove it or correct its spelling; the editor completes the keys there are",
        )
    if kind == "missing":
        return f"{key!r} is missing", "add it"
    if kind.startswith("union_tag"):
        return (
            f"unknown or missing kind: {message}",
            f"use one of {context.get('expected_tags', 'the kinds there are')}",
        )
    return f"{key}: {message.removeprefix('Value error, ')}", "correct the value"


def suggest(word: str, known: Sequence[str]) -> str:
    """Return a mend for an unknown name: the nearest known one, or what there is."""
    from difflib import get_close_matches

    near = get_close_matches(word, known, n=1)
    if near:
        return f"did you mean {near[0]!r}?"
    shown = ", ".join(sorted(known)[:12])
    return f"use one of: {shown}" if shown else "declare it first"
