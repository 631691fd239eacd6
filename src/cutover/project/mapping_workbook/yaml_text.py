"""YAML as text: one scalar of a rule replaced or added, and not a character of the file besides.

The places come from the parser; writing a whole tree back would change the spelling of what nobody edited.
"""

import json
from collections.abc import Iterator
from typing import Any

import yaml
from yaml import MappingNode, Node, ScalarNode, SequenceNode, YAMLError

_NULL = "tag:yaml.org,2002:null"
_BOOL = "tag:yaml.org,2002:bool"
# As in cutover.project.reading: the loader in C is ten times as fast, and gives places too.
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class NotEditable(Exception):
    """The place cannot be edited as text alone; the message says why."""


def read_tree(text: str) -> Node:
    """Return the nodes of a text, each with its place in it.

    Raises:
        NotEditable: it holds nothing. YAMLError: it is no YAML.
    """
    tree = yaml.compose(text, Loader=_LOADER)
    if tree is None:
        raise NotEditable("the file is empty now")
    return tree


def plain(node: Node) -> Any:
    """Return what a node holds; scalars are the texts that were written, None where nothing was."""
    if isinstance(node, MappingNode):
        return {plain(key): plain(value) for key, value in node.value}
    if isinstance(node, SequenceNode):
        return [plain(item) for item in node.value]
    return None if node.tag == _NULL else node.value


def find_rule(text: str, rule: str) -> MappingNode:
    """Return the node of a rule.

    Raises:
        NotEditable: there is none.
    """
    found = next((node for node in _mappings(read_tree(text)) if _scalar(node, "rule") == rule), None)
    if found is None:
        raise NotEditable(f"there is no rule {rule!r} any more")
    return found


def _mappings(node: Node) -> Iterator[MappingNode]:
    if isinstance(node, MappingNode):
        yield node
        for _, value in node.value:
            yield from _mappings(value)
    elif isinstance(node, SequenceNode):
        for item in node.value:
            yield from _mappings(item)


def value_of(node: MappingNode, key: str) -> Node | None:
    """Return the node that a mapping has under a key."""
    return next((value for name, value in node.value if plain(name) == key), None)


def _scalar(node: MappingNode, key: str) -> str | None:
    found = value_of(node, key)
    return plain(found) if isinstance(found, ScalarNode) else None


def set_scalar(text: str, node: MappingNode, key: str, after: str | None) -> str:
    """Return the text with another scalar under a key of a mapping, or with the key added; None is an empty text.

    Raises:
        NotEditable: what stands there is no scalar, or an anchor that others share.
    """
    found = value_of(node, key)
    if found is None:
        return _insert(text, node, write_scalar(key), write_scalar(after or ""))
    start, end = found.start_mark.index, found.end_mark.index
    old = text[start:end]
    if not isinstance(found, ScalarNode) or old.startswith(("&", "*", "!")):
        raise NotEditable(f"{key!r} is written in a way that only the file itself can change")
    new = write_scalar(after or "", found.style)
    if start == end:  # nothing was written behind the colon
        new = " " + new if text[start - 1 : start] == ":" else new
    if found.style in ("|", ">"):
        kept = old.rstrip("\r\n ")
        new += old[len(kept) :]
    return text[:start] + new + text[end:]


def write_scalar(text: str, style: str | None = None) -> str:
    """Write a text as a YAML scalar on one line, in its old style where that can hold it."""
    if style == "'" and "\n" not in text:
        return "'" + text.replace("'", "''") + "'"
    if style != '"' and _is_plain(text):
        return text
    return json.dumps(text, ensure_ascii=False)


def _is_plain(text: str) -> bool:
    if not text or text != text.strip() or "\n" in text:
        return False
    try:
        (found,) = read_tree(f"[{text}]").value
        (_, value) = read_tree(f"{{k: {text}, l: m}}").value[0]
        (_, block) = read_tree(f"k: {text}\nl: m\n").value[0]
    except (YAMLError, ValueError, TypeError, AttributeError):
        return False
    return all(
        isinstance(node, ScalarNode) and not node.style and node.tag not in (_NULL, _BOOL) and node.value == text
        and node.end_mark.index - node.start_mark.index == len(text)
        for node in (found, value, block)
    )  # fmt: skip


def _insert(text: str, node: MappingNode, key: str, value: str) -> str:
    if node.flow_style:
        if not node.value:
            start = node.start_mark.index + 1
            return f"{text[:start]}{key}: {value}{text[start:]}"
        end = node.value[-1][1].end_mark.index
        gap = " " if text[end - 1 : end] == ":" else ""
        return f"{text[:end]}{gap}, {key}: {value}{text[end:]}"
    last_key, last = node.value[-1]
    if not _on_one_line(last):
        last_key, last = next(((name, item) for name, item in reversed(node.value) if _on_one_line(item)), (None, None))
    if last is None:
        raise NotEditable("the rule is written in a way that only the file itself can change")
    newline = "\r\n" if "\r\n" in text else "\n"
    end = text.find("\n", last.end_mark.index)
    line = f"{' ' * last_key.start_mark.column}{key}: {value}"
    return text + newline + line if end < 0 else f"{text[: end + 1]}{line}{newline}{text[end + 1 :]}"


def _on_one_line(node: Node) -> bool:
    written = isinstance(node, ScalarNode) and node.style not in ("|", ">")
    return (written or bool(getattr(node, "flow_style", False))) and node.start_mark.line == node.end_mark.line
