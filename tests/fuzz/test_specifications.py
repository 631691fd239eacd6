"""Any specification is refused with the place of each mistake, or it moves rows without losing one."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import strategies as st

from cutover.errors import CutoverError
from cutover.project.specification import inspect_specification
from cutover.systems.connections import Connection
from tests.fuzz.cases import CASES, amounts, attack
from tests.fuzz.moving import move
from tests.phases.toy import FILES, Toy, simple, write_project

Path_ = tuple[str | int, ...]
BAD_WORDS = [
    "", " ", "null", "~", "0", "-1", "1e999", "NaN", "true", "(", "[", "*", "((", "a.b.c", "NR", "nr", "no", "customer",
    "CU-1", "decimal(99,2)", "decimal(5,9)", "text(0)", "text(-1)", "integer", "date", "timestamp", "1/0", "NR / 0",
    "cast(NAME as int)", "no such column", "'", '"', "x" * 300, "é中𠮷", "\u0000", "../x.csv", "*.csv", "**x", ".",
    "99999999999999999999", "2024-02-30", "%Q", "utf-9", "gb18030", "hex", "idna", "select 1", "NAME; drop table x",
    "count(*)", "NR over ()", "(select 1)", "N\nR", "copy", "lookup", "split_entity",
]  # fmt: skip
SIGNS = "{}[]:,-#&*!|>%@`'\"\t\n \\0aNé中\x00\x07"
WORDS = st.sampled_from(BAD_WORDS)
VALUES: Any = WORDS | st.lists(WORDS, max_size=3) | st.dictionaries(WORDS, WORDS, max_size=2) | st.text(max_size=5)


@st.composite
def projects(draw: st.DrawFn) -> dict[str, str]:
    """Draw the toy's project with one to three mistakes, each in one of its files."""
    files = dict(FILES)
    for _ in range(draw(st.integers(1, 3))):
        name = draw(st.sampled_from([name for name in sorted(files) if not name.endswith(".sql")]))
        is_tree = name.endswith(".yaml") and draw(st.integers(0, 3)) > 0
        files[name] = _other_tree(draw, files[name]) if is_tree else _other_text(draw, files[name])
    return files


def _other_text(draw: st.DrawFn, text: str) -> str:
    lines = text.splitlines(keepends=True) or [""]
    at = draw(st.integers(0, len(lines) - 1))
    what = draw(st.sampled_from(["remove", "repeat", "sign", "word", "cut"]))
    if what == "remove":
        del lines[at]
    elif what == "repeat":
        lines.insert(at, lines[at])
    elif what == "cut":
        return text[: draw(st.integers(0, len(text)))]
    else:
        place = draw(st.integers(0, len(lines[at])))
        added = draw(st.sampled_from(SIGNS) if what == "sign" else WORDS)
        lines[at] = lines[at][:place] + added + lines[at][place + draw(st.integers(0, 3)) :]
    return "".join(lines)


def _other_tree(draw: st.DrawFn, text: str) -> str:
    try:
        tree = yaml.load(text, Loader=yaml.BaseLoader)
    except yaml.YAMLError:
        return text
    if not isinstance(tree, dict | list):
        return text
    path = draw(st.sampled_from(list(_paths(tree)) or [()]))
    if not path:
        return text
    parent = tree
    for step in path[:-1]:
        parent = parent[step]
    what = draw(st.sampled_from(["replace", "remove", "repeat", "add"]))
    if what == "remove":
        del parent[path[-1]]
    elif what == "repeat" and isinstance(parent, list):
        parent.append(parent[int(path[-1])])
    elif what == "add" and isinstance(parent, dict):
        parent[draw(st.sampled_from(_KEYS))] = draw(VALUES)
    else:
        parent[path[-1]] = draw(VALUES)
    return str(yaml.safe_dump(tree, sort_keys=False, allow_unicode=True, width=1000))


_KEYS = [
    "when", "type", "required", "optional", "source", "target", "rule", "kind", "minimum", "pattern",
    "expression", "footer", "skip_rows", "separator", "quote", "unique", "by", "length", "values", "owner",
    "due_days", "pii", "history", "duplicates", "group_by", "severity", "hard", "goal", "fill", "survive",
    "as_of", "active", "columns", "header", "no_such_key", "until", "path", "encoding", "header_row",
]  # fmt: skip


def _paths(tree: Any, above: Path_ = ()) -> Iterator[Path_]:
    items = tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ()
    for step, child in items:
        yield (*above, step)
        yield from _paths(child, (*above, step))


@amounts("yaml")
def test_a_specification_is_refused_with_places_or_moves_every_row(
    cases_wanted: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    toy = Toy(tmp_path, Connection("target", "fs"))
    simple(toy)

    @attack(cases_wanted, projects())
    def run(files: dict[str, str]) -> None:
        root = write_project(tmp_path / "project", files)
        try:
            specification, findings = inspect_specification(root)
        except CutoverError as refusal:
            assert "Fix: " in str(refusal)
            return
        assert (specification is None) == bool(findings)
        for finding in findings:
            assert (root / finding.file).exists() or finding.file == "mappings", finding
            assert finding.problem and finding.fix
        if specification is not None:
            move(monkeypatch, tmp_path, files)


def test_ci_tries_at_least_ten_thousand_cases() -> None:
    assert sum(CASES.values()) >= 10_000
