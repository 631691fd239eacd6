"""YAML with positions: every finding about a project file can name its file, line and column."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError
from yaml.constructor import SafeConstructor

from cutover.errors import SpecificationError
from cutover.project.model.words import NOT_BLANK

M = TypeVar("M", bound=BaseModel)
Location = tuple[str | int, ...]
_NULL = "tag:yaml.org,2002:null"
# More than anybody writes: levels of nesting, and values after every anchor is put where it is named.
_DEEPEST, _MOST = 50, 100_000
# The loader in C is ten times as fast; every task reads every file.
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_MERGER = SafeConstructor()


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
    """A YAML file as read: `name` relative to the project, `root` the tree of its nodes, each with its place.

    `root` is None where the file is empty or not readable.
    """

    name: str
    root: yaml.Node | None

    def position(self, location: Location) -> tuple[int, int]:
        """Return line and column (from 1) of the deepest node on the way to `location`."""
        node, place = self.root, (1, 1)
        for step in location:
            found = _step(node, step)
            if found is not None:
                node, mark = found
                place = (mark.line + 1, mark.column + 1)
        return place

    def finding(self, location: Location, problem: str, fix: str) -> Finding:
        """Build a finding that points at `location`."""
        return Finding(self.name, *self.position(location), problem, fix)


def _step(node: yaml.Node | None, step: str | int) -> tuple[yaml.Node, yaml.Mark] | None:
    # pydantic puts the kind of a rule into a location; such a step is no key of the document and is passed over.
    if isinstance(node, yaml.MappingNode):
        return next(((value, key.start_mark) for key, value in reversed(node.value) if _key(key) == step), None)
    if isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
        return node.value[step], node.value[step].start_mark
    return None


def read_document(path: Path, name: str) -> Document:
    """Read one YAML file; strict: no duplicate keys, and scalars stay the text that was written.

    Raises:
        SpecificationError: the file is not UTF-8 or no YAML; the message names the place.
    """
    document, findings = inspect_document(path, name)
    stop_on(findings)
    return document


def read_text(path: Path, name: str) -> str | Finding:
    """Return a project file's text without its byte order mark, or what keeps it from being read."""
    try:
        if not path.is_file():
            return Finding(name, 0, 0, "it is no file that can be read", "put the file there, or remove this")
        return path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        return Finding(name, line, 1, f"byte {error.start} is not UTF-8", "save the file as UTF-8")
    except OSError as error:
        return Finding(name, 0, 0, f"it cannot be read: {error.strerror}", "mend its rights")


def inspect_document(path: Path, name: str) -> tuple[Document, list[Finding]]:
    """Read one YAML file; returns it (without content where it is not readable) and what is wrong with it."""
    text = read_text(path, name)
    if isinstance(text, Finding):
        return Document(name, None), [text]
    try:
        _refuse_depth(text)
        root = yaml.compose(text, Loader=_LOADER)
        _settle(root, settled={})
        return Document(name, root), []
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        finding = Finding(name, line, column, f"not readable as YAML: {error.problem}", "mend the syntax here")
    except yaml.YAMLError:
        problem = "it holds characters that YAML does not allow"
        finding = Finding(name, 0, 0, problem, "save the file as plain text")
    return Document(name, None), [finding]


def _refuse_depth(text: str) -> None:
    """Refuse levels without end, before the loader descends into them: it would take the whole process down."""
    depth = 0
    for event in yaml.parse(text, Loader=_LOADER):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > _DEEPEST:
            problem = f"nested deeper than {_DEEPEST} levels"
            raise yaml.MarkedYAMLError(problem=problem, problem_mark=event.start_mark)  # type: ignore[arg-type]


def _settle(node: yaml.Node | None, above: tuple[yaml.Node, ...] = (), *, settled: dict[yaml.Node, int]) -> int:
    """Put merged keys (<<) in their places, and count the values that a node unfolds to.

    Refuses keys that are there twice or are no plain text, and anchors that hold themselves or unfold without end.
    """
    if node in above:
        raise yaml.MarkedYAMLError(problem="an anchor holds itself", problem_mark=node.start_mark)
    if node is None or isinstance(node, yaml.ScalarNode):
        return 1
    if node in settled:
        return settled[node]
    children = node.value
    if isinstance(node, yaml.MappingNode):
        _refuse_keys([key for key, _ in node.value])
        children = [value for _, value in node.value]
    settled[node] = count = 1 + sum(_settle(child, (*above, node), settled=settled) for child in children)
    if count > _MOST:
        problem = f"its anchors unfold to more than {_MOST} values"
        raise yaml.MarkedYAMLError(problem=problem, problem_mark=node.start_mark)
    if isinstance(node, yaml.MappingNode):
        _MERGER.flatten_mapping(node)
    return count


def _refuse_keys(keys: Iterable[yaml.Node]) -> None:
    seen: set[str] = set()
    for key in keys:
        if not isinstance(key, yaml.ScalarNode):
            raise yaml.MarkedYAMLError(problem="a key is no plain text", problem_mark=key.start_mark)
        if _key(key) in seen:
            raise yaml.MarkedYAMLError(problem=f"found duplicate key {_key(key)!r}", problem_mark=key.start_mark)
        seen.add(_key(key))


def build_model(document: Document, model: type[M]) -> tuple[M | None, list[Finding]]:
    """Validate a document against a model; returns the model, or None and every finding."""
    if not isinstance(document.root, yaml.MappingNode):
        fix = "write `key: value` lines, as docs/tour.md shows"
        return None, [Finding(document.name, 1, 1, "the file holds no mapping of keys", fix)]
    try:
        return model.model_validate(_plain(document.root)), []
    except ValidationError as error:
        return None, [_finding(document, item) for item in error.errors(include_url=False)]


def _plain(node: yaml.Node) -> Any:
    """Return what a node holds; a scalar (007, 1.50, 2024-01-01) stays the text that was written."""
    if isinstance(node, yaml.MappingNode):
        return {_key(key): _plain(value) for key, value in node.value}
    if isinstance(node, yaml.SequenceNode):
        return [_plain(value) for value in node.value]
    return _text(node)


def _key(node: yaml.Node) -> str:
    text = _text(node)
    return "null" if text is None else text


def _text(node: yaml.Node) -> str | None:
    return None if node.tag == _NULL else str(node.value)


# How a mapping says what each must say, for those who begin with a source alone.
_FORMS = {
    "entity": "add it, as the file is named: `entity: customer`",
    "source": "add it; for a text file `cutover sniff FILE` proposes it, a table is "
    "`source: {system: erp, table: KNA1, key: KUNNR}`",
    "target": "add it, the table and what names a row in it: `target: {table: app.customer, key: customer_no}`",
    "fields": "add it, a rule for each column of the target: `fields: [{rule: CUST-010, kind: copy, source: KUNNR, "
    "target: customer_no, type: text(10)}]`",
}


def _finding(document: Document, item: Any) -> Finding:
    location: Location = tuple(item["loc"])
    key = next((str(step) for step in reversed(location) if isinstance(step, str)), "")
    problem, fix = _wording(item["type"], key, item)
    if item["type"] == "missing" and len(location) == 1 and document.name.startswith("mappings/"):
        fix = _FORMS.get(key, fix)
    return document.finding(location, problem, fix)


# What is wrong with a value, by the beginning of pydantic's name for it: {0} is the value; and the mend.
_WORDS = {
    "bool": ("{0} is neither true nor false", "write true or false"),
    "int": ("{0} is no whole number", "write digits, such as 5"),
    "decimal": ("{0} is no number", "write a number, such as 0.98"),
    "date": ("{0} is no date", "write it as 2024-12-31"),
    "string_type": ("{0} is no text", "write a single value"),
    "tuple": ("{0} is no list", "write a list, such as [a, b]"),
    "dict": ("{0} holds no keys", "write `key: value` lines, or {{key: value}}"),
    "model": ("{0} holds no keys", "write `key: value` lines, or {{key: value}}"),
}
_LIMITS = {
    "greater_than_equal": ("ge", "at least"), "greater_than": ("gt", "more than"),
    "less_than_equal": ("le", "at most"), "less_than": ("lt", "less than"),
}  # fmt: skip
_SHOWN = 60


def _wording(kind: str, key: str, item: Any) -> tuple[str, str]:
    context, given = item.get("ctx") or {}, "nothing" if item["input"] is None else repr(item["input"])
    given = given if len(given) <= _SHOWN else f"{given[:_SHOWN]}..."
    if kind == "extra_forbidden":
        return f"unknown key {key!r}", "remove it or correct its spelling; the editor completes the keys there are"
    if kind == "missing":
        return f"{key!r} is missing", "add it"
    if kind == "too_short" or (kind == "string_pattern_mismatch" and context.get("pattern") == NOT_BLANK):
        return f"{key!r} is empty", "fill it"
    if kind.startswith("union_tag"):
        known = re.findall(r"'([^']+)'", str(context.get("expected_tags", "")))
        if "tag" not in context:
            return "its kind is missing", f"add `kind:`, one of {', '.join(known)}"
        return f"there is no kind {context['tag']!r}", suggest(str(context["tag"]), known)
    if kind == "literal_error":
        known = re.findall(r"'([^']+)'", str(context["expected"]))
        return f"{key}: {given} is not one of {', '.join(known)}", suggest(str(item["input"]), known)
    if kind in _LIMITS:
        name, words = _LIMITS[kind]
        return f"{key}: {given} is not {words} {context[name]}", f"write a number of {words} {context[name]}"
    for begin, (problem, fix) in _WORDS.items():
        if kind.startswith(begin):
            return f"{key}: {problem.format(given)}", fix.format()
    return f"{key}: {item['msg'].removeprefix('Value error, ')}", "correct the value"


def suggest(word: str, known: Sequence[str]) -> str:
    """Return a mend for an unknown name: the nearest known one, or what there is."""
    from difflib import get_close_matches

    near = [name for name in known if name.casefold() == word.casefold()] or get_close_matches(word, known, n=1)
    if near:
        return f"did you mean {near[0]!r}?"
    shown = ", ".join(sorted(known)[:12])
    return f"use one of: {shown}" if shown else "declare it first"
