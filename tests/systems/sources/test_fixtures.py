"""JSON fixtures: the real ones of a planning system, and what JSON can say that a table cannot."""

import json
from collections import Counter
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cutover.errors import SourceError
from cutover.systems.sources import fixtures
from cutover.systems.sources.files import SourceFile
from cutover.systems.sources.fixtures import _leaves, _parse

FILES = {"distribution_demo": 3401, "flow_line": 537, "jobshop": 254, "manufacturing_demo": 384}


@pytest.fixture
def fail(read_json: Any, tmp_path: Path) -> Callable[..., str]:
    """Write a file, read it, and return the message of the error."""

    def message(text: str, **declared: Any) -> str:
        with pytest.raises(SourceError) as caught:
            read_json(write(tmp_path, text), **declared)
        return str(caught.value)

    return message


def write(path: Path, text: str, name: str = "f.json") -> Path:
    (path / name).write_text(text, encoding="utf-8")
    return path / name


@pytest.mark.parametrize("name", FILES)
def test_all_objects_of_the_planning_system_land_model_by_model(shared_data: Path, name: str, read_json: Any) -> None:
    path = shared_data / "6_frepple_manufacturing" / f"{name}.json"
    plain = json.loads(path.read_bytes(), parse_float=str, parse_int=str)
    models = Counter(record["model"] for record in plain)
    landed = {}
    for model in models:
        rows, reading = read_json(path, where={"model": model})
        landed[model] = reading.files[0]["rows"]
        # pandas flattens by itself; numbers are texts here.
        ours = [record for record in plain if record["model"] == model]
        expected = pd.json_normalize(ours)
        if "fields" in rows.column_names:  # an empty object, which pandas leaves out
            assert rows["fields"].to_pylist() == ["{}" if record["fields"] == {} else None for record in ours]
            rows = rows.drop_columns(["fields"])
            expected = expected.drop(columns="fields", errors="ignore")
        assert sorted(rows.column_names) == sorted(expected.columns)
        for column in rows.column_names:
            cells = [None if cell is None or cell != cell else cell for cell in expected[column]]
            texts = [json.dumps(cell) if isinstance(cell, bool | list | dict) else cell for cell in cells]
            assert rows[column].to_pylist() == texts, column
    assert landed == models
    assert sum(landed.values()) == FILES[name]


def test_all_files_together_are_the_4576_objects_of_the_readme(shared_data: Path, read_json: Any) -> None:
    rows, reading = read_json(shared_data / "6_frepple_manufacturing" / "*.json")
    assert (len(rows), [file["rows"] for file in reading.files]) == (4576, list(FILES.values()))
    demands, _ = read_json(shared_data / "6_frepple_manufacturing" / "*.json", where={"model": "input.demand"})
    assert len(demands) == 3294 + 220 + 20
    assert sum(map(Decimal, demands["fields.quantity"].to_pylist())) == Decimal("73238")


def test_values_land_as_they_are_written(tmp_path: Path, read_json: Any) -> None:
    text = """[{"a": 1.50, "b": {"c": 12345678901234567890, "d": [1.0, "ä", {"e": null}], "x": {}}, "t": true},
               {"t": false, "a": 1e3, "b": {"c": null}, "n": "007"}, {"a": -2.5E-3}]"""
    assert read_json(write(tmp_path, '[{"a": "\\ud83d\\ude00"}]'))[0]["a"].to_pylist() == ["😀"]
    rows, _ = read_json(write(tmp_path, text))
    assert rows.to_pylist() == [
        {"a": "1.50", "b.c": "12345678901234567890", "b.d": '[1.0, "ä", {"e": null}]', "b.x": "{}", "t": "true"}
        | {"n": None},
        {"a": "1000", "b.c": None, "b.d": None, "b.x": None, "t": "false", "n": "007"},
        {"a": "-0.0025", "b.c": None, "b.d": None, "b.x": None, "t": None, "n": None},
    ]  # fmt: skip


def test_blocks_and_files_join(tmp_path: Path, read_json: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fixtures, "_BLOCK_ROWS", 2)
    write(tmp_path, '[{"id": 1}, {"id": 2}, {"id": 3}]', "a.json")
    write(tmp_path, '[{"id": 4, "more": "x"}]', "b.json")
    rows, reading = read_json(tmp_path / "*.json")
    assert rows["id"].to_pylist() == ["1", "2", "3", "4"]
    assert rows["more"].to_pylist() == [None, None, None, "x"]
    assert [file["rows"] for file in reading.files] == [3, 1]


def test_records_may_lie_deeper(tmp_path: Path, read_json: Any, fail: Any) -> None:
    text = '{"meta": 1, "data": {"items": [{"id": 1, "kind": "a"}, {"id": 2, "kind": "b"}]}}'
    rows, _ = read_json(write(tmp_path, text), records="data.items", where={"kind": "b"})
    assert rows["id"].to_pylist() == ["2"]
    assert "has no 'item' on the way to its records. Fix: did you mean 'items'" in fail(text, records="data.item")
    assert "holds no list of records" in fail(text)
    assert "correct 'kind' under `where`: use one of: a, b" in fail(text, records="data.items", where={"kind": "z"})


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('[{"a": 1},]', "f.json:1:11: not readable as JSON"),
        ('[{"a": 1, "a": 2}]', "an object has the name 'a' twice"),
        ('[{"a": NaN}]', "NaN is no number of JSON"),
        ('[{"a": 1e999999999}]', "a number of more than 400 digits"),
        ('[{"a": 1}, 2]', "record 2 is no object"),
        ('[{"a": {"b": 1}, "a.b": 2}]', "record 1 has 'a.b' both as a name with a dot and nested"),
        ("[]", "no record of f.json is of the feed"),
        ('\ufeff[{"a": 1}]', "begins with a byte order mark. Fix: declare the encoding utf-8-sig"),
        ("[" * 100_000, "it is nested too deeply"),
        ('[{"": 1}]', "column 1 of 1 has no name"),
        ('[{"a": ["\\ud83d"]}]', "f.json: a text holds half of a character"),
    ],
)
def test_what_is_wrong_is_named(text: str, message: str, fail: Any) -> None:
    assert message in fail(text)


LEAVES = st.none() | st.booleans() | st.text() | st.integers()


@given(
    st.recursive(LEAVES, lambda nested: st.dictionaries(st.text("abc", min_size=1), nested, min_size=1), max_leaves=9)
)
def test_every_leaf_lands_once_and_exactly(tmp_path_factory: pytest.TempPathFactory, node: Any) -> None:
    path = write(tmp_path_factory.mktemp("json"), json.dumps([{"r": node}]))
    (record,) = _parse(SourceFile(path, "f.json"), fixtures.Json(path="f.json"))
    leaves = list(_leaves(record, ""))

    def expected(value: Any, name: str) -> Any:
        if isinstance(value, dict):
            for key, each in value.items():
                yield from expected(each, f"{name}.{key}")
        elif isinstance(value, bool):
            yield name, str(value).lower()
        else:
            yield name, value if value is None else str(value)

    assert leaves == list(expected(node, "r"))
