"""Properties of the kinds of rule that fill a column by themselves: what they fill, and what they refuse."""

import hashlib
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from cutover.core.types import parse_type
from cutover.phases.mapping.filling import fill_columns, rejects_of
from cutover.phases.mapping.lookups import Lookups
from cutover.project.model import Attachment, Cast, Conditional, Constant, DefaultAudited, Derive, Rule, Sequence
from cutover.systems.attachments import Store

WORDS = st.none() | st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), max_size=6)
FEW = settings(max_examples=50, deadline=None)


def filled(rule: Rule, columns: dict[str, Any], **lookups: Any) -> tuple[dict[str, list[Any]], dict[int, str]]:
    """Fill by one rule; returns its columns by name, and row -> why it was refused first."""
    rows = pa.table({"_row": pa.array(range(len(next(iter(columns.values()))))), **columns})
    found = fill_columns([rule], rows, Lookups({}, {}, **lookups))
    refused: dict[int, str] = {}
    for line in rejects_of(found, rows["_row"].combine_chunks()).to_pylist():
        refused.setdefault(line["_row"], line["reason"])
    return {column.name: column.filled.values.to_pylist() for column in found}, refused


def texts(values: list[str | None]) -> pa.Array:
    return pa.array(values, pa.string())


@FEW
@given(value=st.integers(-(10**6), 10**6) | st.booleans() | st.text("abc", min_size=1), rows=st.integers(1, 5))
def test_a_constant_is_the_same_in_every_row(value: Any, rows: int) -> None:
    kind = "boolean" if isinstance(value, bool) else "integer" if isinstance(value, int) else "text"
    rule = Constant(rule="R", target="t", kind="constant", value=value, type=parse_type(kind))
    assert filled(rule, {"a": texts([None] * rows)}) == ({"t": [value] * rows}, {})


FORMATS = ["%Y%m%d", "%d.%m.%Y", "%Y-%m-%d %H:%M"]


@FEW
@given(days=st.lists(st.dates(date(1900, 1, 1), date(2100, 1, 1)), min_size=1), written=st.sampled_from(FORMATS[:2]))
def test_a_cast_reads_what_was_written_in_one_of_its_formats(days: list[date], written: str) -> None:
    rule = Cast(rule="R", target="t", kind="cast", source="a", type=parse_type("date"), formats=tuple(FORMATS[:2]))
    found, refused = filled(rule, {"a": texts([day.strftime(written) for day in days] + ["soon", None])})
    assert (found["t"], refused) == ([*days, None, None], {len(days): "no_format_matches"})


@FEW
@given(moment=st.datetimes(datetime(1950, 1, 1), datetime(2050, 1, 1)))  # noqa: DTZ001 - local times are meant
def test_a_cast_takes_a_local_time_to_its_instant(moment: datetime) -> None:
    moment = moment.replace(second=0, microsecond=0)
    zone = "Asia/Shanghai"
    rule = Cast(
        rule="R", target="t", kind="cast", source="a", type=parse_type("timestamp"), formats=(FORMATS[2],), zone=zone
    )
    found, refused = filled(rule, {"a": texts([f"{moment:%Y-%m-%d %H:%M}"])})
    assert refused == {}
    assert found["t"][0].astimezone(UTC) == moment.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


@FEW
@given(rows=st.lists(st.tuples(st.sampled_from(["A", "B", "C", None]), WORDS), min_size=1))
def test_a_conditional_fills_by_its_first_branch_and_refuses_the_rest(
    rows: list[tuple[str | None, str | None]],
) -> None:
    branches: list[Any] = [{"when": "k = 'A'", "value": "x"}, {"when": "k in ('A', 'B')", "source": "v"}]
    rule = Conditional.model_validate({
        "rule": "R", "target": "t", "kind": "conditional", "type": "text(5)", "else": "reject", "branches": branches
    })  # fmt: skip
    found, refused = filled(rule, {"k": texts([k for k, _ in rows]), "v": texts([v for _, v in rows])})
    for number, (key, value) in enumerate(rows):
        long = key == "B" and value is not None and len(value) > 5
        reason = "no_branch" if key in ("C", None) else "too_long" if long else None
        assert refused.get(number) == reason
        assert found["t"][number] == (None if reason else "x" if key == "A" else value)


@FEW
@given(values=st.lists(WORDS, min_size=1))
def test_a_default_stands_exactly_where_its_flag_is_true(values: list[str | None]) -> None:
    rule = DefaultAudited(rule="R", target="t", kind="default_audited", source="a", value="N30", audit="f")
    found, refused = filled(rule, {"a": texts(values)})
    assert refused == {}
    assert found["f"] == [value is None for value in values]
    assert found["t"] == ["N30" if value is None else value for value in values]


NUMBERS = st.none() | st.integers(-1000, 1000)


@FEW
@given(rows=st.lists(st.tuples(NUMBERS, NUMBERS), min_size=1))
def test_a_derived_value_needs_all_its_inputs_but_the_declared_ones(rows: list[tuple[int | None, int | None]]) -> None:
    rule = Derive(rule="R", target="t", kind="derive", expression="A * 2 + coalesce(b, 7)", may_be_empty=("B",))
    columns = {"a": pa.array([a for a, _ in rows], pa.int64()), "b": pa.array([b for _, b in rows], pa.int64())}
    found, refused = filled(rule, columns)
    assert refused == {number: "empty_input" for number, (a, _) in enumerate(rows) if a is None}
    assert found["t"] == [None if a is None else a * 2 + (7 if b is None else b) for a, b in rows]


def test_a_condition_over_nothing_is_not_taken_for_an_answer() -> None:
    rule = Derive(rule="R", target="t", kind="derive", expression="case when a = 'X' then 'blocked' else 'open' end")
    assert filled(rule, {"a": texts(["X", "", None])}) == ({"t": ["blocked", "open", None]}, {2: "empty_input"})


@FEW
@given(numbers=st.lists(st.none() | st.integers(0, 10**9), min_size=1), digits=st.integers(0, 12))
def test_a_number_of_a_sequence_can_be_read_back(numbers: list[int | None], digits: int) -> None:
    rule = Sequence(
        rule="R", target="t", kind="sequence", first=0, last=10**9, prefix="D", digits=digits, type=parse_type("text")
    )
    given_ = pa.table({"_row": pa.array(range(len(numbers))), "value": pa.array(numbers, pa.int64())})
    found, refused = filled(rule, {"a": texts([None] * len(numbers))}, by_row={"R": given_})
    assert refused == {number: "no_key" for number, value in enumerate(numbers) if value is None}
    read = [None if text is None else int(text.removeprefix("D")) for text in found["t"]]
    assert read == numbers


@FEW
@given(wanted=st.lists(st.none() | st.sampled_from(["a", "b", "gone", "../a"]), min_size=1), right=st.booleans())
def test_an_attachment_is_the_file_that_is_there(tmp_path_factory: Any, wanted: list[str | None], right: bool) -> None:
    folder: Path = tmp_path_factory.getbasetemp() / "attached"
    folder.mkdir(exist_ok=True)
    bytes_of = {"a": b"first", "b": b"second"}
    for name, content in bytes_of.items():
        (folder / name).write_bytes(content)
    sums = {name: hashlib.sha256(content).hexdigest() for name, content in bytes_of.items()}
    told = [None if name is None else sums.get(name, "0" * 64) if right else "f" * 64 for name in wanted]
    rule = Attachment(
        rule="R", target="t", kind="attachment", source="p", store="dms", expected="e", sha256="h", size="n"
    )
    store = Store(folder)
    found, refused = filled(rule, {"p": texts(wanted), "e": texts(told)}, files=lambda _, paths: store.measure(paths))
    for number, name in enumerate(wanted):
        there = name in bytes_of
        reason = None if name is None else "no_file" if not there else None if right else "other_hash"
        assert refused.get(number) == reason
        assert found["h"][number] == (sums[str(name)] if there else None)
        assert found["n"][number] == (len(bytes_of[str(name)]) if there else None)
