"""Map: whatever the legacy rows are, each has exactly one outcome, and what is loaded fits together."""

from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from tests.phases.toy import FILES, mapped, offline, outcomes, stage, through, told

from cutover.errors import InputError, TerminalError
from cutover.phases.cleanse import cleanse_entity
from cutover.phases.map import map_entity
from cutover.phases.world import World
from cutover.systems import datasets

SNAPSHOT = "20240101T000000Z"
CHECKS = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large]


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> World:
    return offline(monkeypatch, tmp_path)


def edited(monkeypatch: pytest.MonkeyPatch, root: Path, file: str, before: str, after: str) -> World:
    assert FILES[file].count(before) == 1
    return offline(monkeypatch, root, {**FILES, file: FILES[file].replace(before, after)})


def test_a_parent_without_an_identity_is_named_by_its_own_key(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    files = dict(FILES)
    customer = files["mappings/customer.yaml"].replace("app.partner, id: id,", "app.partner,")
    customer = customer.replace(customer[customer.index("also:") : customer.index("checks:")], "")
    customer = customer.replace(
        "  - {rule: CU-7, kind: xref, source: PARENT, entity: customer, target: parent_id, optional: true}\n", ""
    )
    order = files["mappings/order.yaml"].replace(
        "entity: customer, otherwise: [supplier]", "entity: customer, type: text(10)"
    )
    files |= {"mappings/customer.yaml": customer, "mappings/order.yaml": order}
    world = offline(monkeypatch, tmp_path, files)
    stage(world, SNAPSHOT, "customer", [
        {"NR": "1", "TAX": "T"}, {"NR": "2", "TAX": "T", "SINCE": "2021-01-01"}, {"NR": "3", "LAND": "?"},
        {"NR": "4", "NAME": "test"},
    ])  # fmt: skip
    stage(world, SNAPSHOT, "order", [{"ID": str(n), "PARTNER": partner} for n, partner in enumerate("12349")])
    through(world, SNAPSHOT, "customer")
    through(world, SNAPSHOT, "order")
    assert told(world, SNAPSHOT, "order") == [
        ("loaded", None), ("loaded", None), ("rejected", "parent_rejected"), ("rejected", "parent_dropped"),
        ("rejected", "no_parent"),
    ]  # fmt: skip
    # 1 was merged into 2: whoever names it gets its survivor.
    assert [line["partner_id"] for line in mapped(world, SNAPSHOT, "order")] == ["2", "2"]


def test_a_target_column_may_have_an_apostrophe(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    customer = FILES["mappings/customer.yaml"].replace("target: parent_id", 'target: "mother\'s id"')
    customer = customer.replace("target: no,", 'target: "buyer\'s no",').replace(
        "id: id, key: no", 'id: id, key: "buyer\'s no"'
    )
    world = offline(monkeypatch, tmp_path, {**FILES, "mappings/customer.yaml": customer})
    lines = [{"NR": "1", "LAND": "?"}, {"NR": "2", "PARENT": "1"}, {"NR": "3", "PARENT": "2"}, {"NR": "4"}]
    stage(world, SNAPSHOT, "customer", lines)
    through(world, SNAPSHOT, "customer")
    assert [outcome for outcome, _ in told(world, SNAPSHOT, "customer")] == [*["rejected"] * 3, "loaded"]


# --- the law ---------------------------------------------------------------------------------------------------------

NUMBERS = st.none() | st.sampled_from(["1", "2", "03", "4", "000005", "6 ", "x"])
CUSTOMERS = st.fixed_dictionaries(
    {
        "NR": NUMBERS,
        "NAME": st.sampled_from(["n", None, "test", "much too long a name", "Ａ"]),
        "LAND": st.sampled_from(["CN", "D", "X", "??", None]),
        "SINCE": st.sampled_from(["2020-01-01", "2021-01-01", "2021-02-30", None]),
        "CREDIT": st.sampled_from(["5", "0.10", "7.00-", "x", None]),
        "PHONE": st.sampled_from([None, "1", "2"]),
        "TAX": st.sampled_from([None, None, "T1", "T2", ""]),
        "PARENT": NUMBERS,
    }
)
SUPPLIERS = st.fixed_dictionaries(
    {
        "NR": st.sampled_from(["1", "2", "3", None]),
        "NAME": st.sampled_from(["s", None]),
        "TAX": st.sampled_from([None, "T1", "T2"]),
    }
)
ORDERS = st.fixed_dictionaries(
    {
        "ID": st.sampled_from(["1", "2", "3", "4"]),
        "PARTNER": NUMBERS,
        "DAY": st.sampled_from(["2020-01-01", "1999-01-01", "2018-04-30"]),
    }
)
LINES = st.fixed_dictionaries(
    {
        "ID": st.sampled_from(["1", "2", "3"]),
        "POS": st.sampled_from(["10", "20", None]),
        "UOM": st.sampled_from(["KG", "NIL", "G"]),
    }
)


FED = st.fixed_dictionaries(
    {
        "customer": st.lists(CUSTOMERS, max_size=9),
        "supplier": st.lists(SUPPLIERS, max_size=4),
        "order": st.lists(ORDERS, max_size=5),
        "line": st.lists(LINES, max_size=6),
    }
)
ONE_KEY_TWICE = {
    "customer": [{"NR": "1", "TAX": "T1"}, {"NR": "2", "TAX": "T1", "SINCE": "2021-01-01"}, {"NR": "1"}],
    "supplier": [],
    "order": [{"ID": "1", "PARTNER": "1"}],
    "line": [],
}


@settings(max_examples=6, deadline=None, suppress_health_check=CHECKS, derandomize=True)
@given(fed=FED, part=st.integers(1, 4))
@example(fed=ONE_KEY_TWICE, part=2)
def test_every_row_has_one_outcome_and_what_is_loaded_fits_together(world: World, fed: Any, part: int) -> None:
    _attack(world, fed, part)


@pytest.mark.slow
@pytest.mark.timeout(1800)
@settings(max_examples=100, deadline=None, suppress_health_check=CHECKS)
@given(fed=FED, part=st.integers(1, 4))
def test_many_more_rows_have_one_outcome_and_fit_together(world: World, fed: Any, part: int) -> None:
    _attack(world, fed, part)


def _attack(world: World, fed: dict[str, list[Any]], part: int) -> None:
    for entity in world.specification.mappings:
        _clear(world, entity)
        stage(world, SNAPSHOT, entity, fed[entity], part=part)
        through(world, SNAPSHOT, entity)
    ids: dict[str, set[int]] = {}
    for entity, rows in fed.items():
        found = outcomes(world, SNAPSHOT, entity)
        assert [line["_row"] for line in found] == list(range(len(rows)))
        _each_is_told(world, entity, found)
        ids[entity] = {line["_id"] for line in found if line["outcome"] == "loaded"}
        _mapped_rows_are_those_loaded(world, entity, found)
    _survivors_live(world, fed)
    _references_hold(world, ids)
    _partners_have_their_roles(world)
    _groups_stand_together(world)
    _no_circle_is_loaded(world)


def _clear(world: World, entity: str) -> None:
    mapping = world.specification.mapping(entity)
    for name in (datasets.clean, datasets.changes, datasets.mapped, datasets.outcome, datasets.rejects):
        world.staging.clear(name(SNAPSHOT, entity))
    for dataset in datasets.further(SNAPSHOT, mapping):
        world.staging.clear(dataset)


def _each_is_told(world: World, entity: str, found: list[dict[str, Any]]) -> None:
    rejects = world.staging.read(datasets.rejects(SNAPSHOT, entity)).to_pylist()
    for line in found:
        assert line["outcome"] in datasets.OUTCOMES
        assert (line["reason"] is None) == (line["rule"] is None) == (line["outcome"] == "loaded")
        assert (line["survivor"] is None) == (line["outcome"] != "merged")
        if line["outcome"] in ("rejected", "dropped"):
            assert line["_id"] is None
    assert {line["_row"] for line in found if line["outcome"] == "rejected"} == {line["_row"] for line in rejects}
    told_twice = Counter((line["_row"], line["rule"], line["column"]) for line in rejects)
    assert max(told_twice.values(), default=1) == 1, told_twice


def _mapped_rows_are_those_loaded(world: World, entity: str, found: list[dict[str, Any]]) -> None:
    loaded = {line["_row"]: line["_id"] for line in found if line["outcome"] == "loaded"}
    rows = mapped(world, SNAPSHOT, entity)
    assert {row["_row"]: row["_id"] for row in rows} == loaded
    key = world.specification.mapping(entity).target.key
    names = Counter(tuple(row[column] for column in key) for row in rows)
    assert max(names.values(), default=1) == 1
    if world.specification.mapping(entity).target.id is not None:
        assert len(set(loaded.values())) == len(loaded)


def _survivors_live(world: World, fed: dict[str, Any]) -> None:
    all_of = {entity: outcomes(world, SNAPSHOT, entity) for entity in fed}
    for found in all_of.values():
        for line in found:
            if line["survivor"] is not None:
                entity, row = line["survivor"].split("#")
                survivor = all_of[entity][int(row)]
                assert (survivor["outcome"], survivor["_id"]) == ("loaded", line["_id"])


def _references_hold(world: World, ids: dict[str, set[int]]) -> None:
    partners = ids["customer"] | ids["supplier"]
    assert {row["parent_id"] for row in mapped(world, SNAPSHOT, "customer")} - {None} <= ids["customer"]
    assert {row["partner_id"] for row in mapped(world, SNAPSHOT, "order")} <= partners
    assert {row["order_id"] for row in mapped(world, SNAPSHOT, "line")} <= ids["order"]


def _partners_have_their_roles(world: World) -> None:
    for entity in ("customer", "supplier"):
        [dataset] = datasets.further(SNAPSHOT, world.specification.mapping(entity))
        moved = [line for line in outcomes(world, SNAPSHOT, entity) if line["outcome"] in ("loaded", "merged")]
        rows = {line["_row"] for line in moved}
        roles = [row["partner_id"] for row in world.staging.read(dataset).to_pylist() if row["_row"] in rows]
        assert sorted(roles) == sorted({line["_id"] for line in moved})


def _groups_stand_together(world: World) -> None:
    ids = world.staging.read(datasets.clean(SNAPSHOT, "line"), ["ID"])["ID"].to_pylist()
    fates: dict[str, set[str]] = {}
    for number, line in zip(ids, outcomes(world, SNAPSHOT, "line"), strict=True):
        fates.setdefault(number, set()).add(line["outcome"])
    assert all(len(found) == 1 for found in fates.values())


def _no_circle_is_loaded(world: World) -> None:
    parents = {row["_id"]: row["parent_id"] for row in mapped(world, SNAPSHOT, "customer")}
    for start in parents:
        here, steps = parents[start], 0
        while here is not None and steps <= len(parents):
            here, steps = parents.get(here), steps + 1
        assert here is None, "a partner is its own ancestor"


# --- each reason -----------------------------------------------------------------------------------------------------

GOOD = {"NR": "1"}


@pytest.mark.parametrize(
    ("entity", "row", "outcome", "rule", "reason"),
    [
        ("customer", {"NR": None}, "rejected", "KEY", "no_key"),
        ("customer", {"NR": "2", "NAME": "Test"}, "dropped", "CU-X", "test_record"),
        ("customer", {"NR": "2", "NAME": None}, "rejected", "CU-2", "required"),
        ("customer", {"NR": "2", "NAME": "thirteen long"}, "rejected", "CU-2", "too_long"),
        ("customer", {"NR": "2", "LAND": "??"}, "rejected", "CU-3", "no_entry"),
        ("customer", {"NR": "2", "LAND": "X"}, "rejected", "CU-3", "no_entry"),
        ("customer", {"NR": "2", "CREDIT": "abc"}, "rejected", "SOURCE", "not_a_decimal"),
        ("customer", {"NR": "2", "SINCE": "2021-02-30"}, "rejected", "SOURCE", "not_a_date"),
        ("customer", {"NR": "2", "CREDIT": "1.00-"}, "rejected", "CU-G1", "ge"),
        ("customer", {"NR": "2", "TERM": "N1000"}, "rejected", "CU-6", "too_long"),
        ("customer", {"NR": "2", "PARENT": "77"}, "rejected", "CU-7", "no_parent"),
        ("customer", {"NR": "2", "PARENT": "2"}, "rejected", "CU-A", "circle"),
        ("supplier", {"NR": "2", "TAX": "T9"}, "loaded", None, None),
        ("order", {"ID": "2", "PARTNER": None}, "rejected", "OR-2", "no_reference"),
        ("order", {"ID": "2", "PARTNER": "77"}, "rejected", "OR-2", "no_parent"),
        ("order", {"ID": "2", "PARTNER": "1", "TAXC": "V9"}, "rejected", "OR-3", "no_entry"),
        ("order", {"ID": "2", "PARTNER": "1", "DAY": "2015-12-31"}, "rejected", "OR-3", "no_entry"),
        ("order", {"ID": "2", "PARTNER": "1", "DAY": None}, "rejected", "OR-3", "no_date"),
        ("line", {"ID": "1", "UOM": "LB"}, "rejected", "LI-3", "no_factor"),
        ("line", {"ID": "1", "UOM": "NIL"}, "rejected", "LI-3", "no_factor"),
        ("line", {"ID": "1", "UOM": "G", "QTY": "0.5"}, "rejected", "LI-3", "does_not_fit"),
    ],
)
def test_a_row_is_rejected_or_dropped_for_its_reason(
    world: World, entity: str, row: dict[str, str | None], outcome: str, rule: str | None, reason: str | None
) -> None:
    others: dict[str, Any] = {"customer": [GOOD], "order": [{"ID": "1", "PARTNER": "1"}]}
    for name in world.specification.mappings:
        stage(world, SNAPSHOT, name, [*others.get(name, []), *([row] if name == entity else [])])
        through(world, SNAPSHOT, name)
    *before, last = outcomes(world, SNAPSHOT, entity)
    assert (last["outcome"], last["rule"], last["reason"]) == (outcome, rule, reason)
    assert [line["outcome"] for line in before] == ["loaded"] * len(before)


def test_two_live_rows_with_one_key_both_stay_behind(world: World) -> None:
    stage(world, SNAPSHOT, "customer", [{"NR": "000007"}, {"NR": "7"}, {"NR": "8"}])
    through(world, SNAPSHOT, "customer")
    assert told(world, SNAPSHOT, "customer") == [("rejected", "duplicate_key")] * 2 + [("loaded", None)]


def test_one_key_for_a_merged_row_and_for_another_one_names_neither(world: World) -> None:
    for entity, rows in ONE_KEY_TWICE.items():
        stage(world, SNAPSHOT, entity, rows)
        through(world, SNAPSHOT, entity)
    assert told(world, SNAPSHOT, "customer") == [
        ("rejected", "duplicate_key"),
        ("loaded", None),
        ("rejected", "duplicate_key"),
    ]
    assert told(world, SNAPSHOT, "order") == [("rejected", "parent_rejected")]


def test_one_key_twice_is_no_clash_where_both_rows_become_one(world: World) -> None:
    stage(world, SNAPSHOT, "customer", [{"NR": "7", "TAX": "T"}, {"NR": "07", "TAX": "T"}])
    through(world, SNAPSHOT, "customer")
    assert [outcome for outcome, _ in told(world, SNAPSHOT, "customer")] == ["loaded", "merged"]


def test_a_dropped_row_does_not_hide_a_live_one_with_its_key(world: World) -> None:
    stage(world, SNAPSHOT, "customer", [{"NR": "1", "NAME": "test"}, {"NR": "1"}, {"NR": "2", "PARENT": "1"}])
    stage(world, SNAPSHOT, "supplier", [{"NR": "x"}])
    stage(world, SNAPSHOT, "order", [{"ID": "1", "PARTNER": "1"}])
    for entity in ("customer", "supplier", "order"):
        through(world, SNAPSHOT, entity)
    assert [outcome for outcome, _ in told(world, SNAPSHOT, "customer")] == ["dropped", "loaded", "loaded"]
    assert told(world, SNAPSHOT, "order") == [("loaded", None)]


@pytest.mark.parametrize(
    ("parent", "reason"),
    [({"NAME": "test"}, "parent_dropped"), ({"NAME": None}, "parent_rejected"), ({"LAND": "??"}, "parent_rejected")],
)
def test_a_child_of_what_does_not_move_stays_behind(world: World, parent: dict[str, str | None], reason: str) -> None:
    rows = [{"NR": "2", "PARENT": "1"}, {"NR": "3", "PARENT": "2"}, {"NR": "1", **parent}]
    stage(world, SNAPSHOT, "customer", rows, part=1)
    stage(world, SNAPSHOT, "supplier", [])
    stage(world, SNAPSHOT, "order", [{"ID": "1", "PARTNER": "1"}])
    for entity in ("customer", "supplier", "order"):
        through(world, SNAPSHOT, entity)
    first, second, _ = told(world, SNAPSHOT, "customer")
    assert first == ("rejected", reason)
    assert second == ("rejected", "parent_rejected")
    assert told(world, SNAPSHOT, "order") == [("rejected", reason)]


def test_rows_on_a_circle_fall_with_all_below_them(world: World) -> None:
    rows = [
        {"NR": "1", "PARENT": "3"},
        {"NR": "2", "PARENT": "1"},
        {"NR": "3", "PARENT": "2"},
        {"NR": "4", "PARENT": "3"},
    ]
    stage(world, SNAPSHOT, "customer", [*rows, {"NR": "5"}])
    through(world, SNAPSHOT, "customer")
    assert [reason for _, reason in told(world, SNAPSHOT, "customer")] == ["circle"] * 3 + ["parent_rejected", None]


def test_merged_rows_fall_with_their_survivor(world: World) -> None:
    rows = [
        {"NR": "1", "TAX": "T", "LAND": "??", "SINCE": "2022-01-01"},
        {"NR": "2", "TAX": "T"},
        {"NR": "3", "PARENT": "2"},
    ]
    stage(world, SNAPSHOT, "customer", rows)
    through(world, SNAPSHOT, "customer")
    assert [reason for _, reason in told(world, SNAPSHOT, "customer")] == [
        "no_entry",
        "survivor_rejected",
        "parent_rejected",
    ]


def test_a_row_that_nothing_would_name_in_the_target_stays_behind(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Without an identity the business key finds a row again: to compare it, and to take it back."""
    optional = """{rule: LI-2, kind: derive, expression: "nullif(POS, '10')", target: pos, type: text(4)}"""
    required = "{rule: LI-2, kind: copy, source: POS, target: pos, type: text(4), required: true}"
    world = edited(monkeypatch, tmp_path, "mappings/line.yaml", required, optional)
    for entity, lines in {"customer": [{"NR": "1"}], "supplier": [], "order": [{"ID": "1", "PARTNER": "1"}]}.items():
        stage(world, SNAPSHOT, entity, lines)
        through(world, SNAPSHOT, entity)
    stage(world, SNAPSHOT, "line", [{"ID": "1"}])
    through(world, SNAPSHOT, "line")
    assert told(world, SNAPSHOT, "line") == [("rejected", "required")]


def test_rows_with_one_target_key_all_stay_behind(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    before = "{rule: CU-1, kind: copy, source: NR, target: no, type: text(10), required: true}"
    after = '{rule: CU-1, kind: derive, expression: "left(NR, 1)", target: no, type: text(10), required: true}'
    world = edited(monkeypatch, tmp_path, "mappings/customer.yaml", before, after)
    stage(world, SNAPSHOT, "customer", [{"NR": "11"}, {"NR": "12"}, {"NR": "2"}], part=1)
    through(world, SNAPSHOT, "customer")
    assert told(world, SNAPSHOT, "customer") == [("rejected", "duplicate_target_key")] * 2 + [("loaded", None)]


def test_a_group_stands_or_falls_together(world: World) -> None:
    stage(world, SNAPSHOT, "customer", [GOOD])
    stage(world, SNAPSHOT, "supplier", [])
    stage(world, SNAPSHOT, "order", [{"ID": "1", "PARTNER": "1"}, {"ID": "2", "PARTNER": "1"}])
    stage(world, SNAPSHOT, "line", [{"ID": "1"}, {"ID": "1", "POS": "20", "UOM": "LB"}, {"ID": "2"}], part=1)
    for entity in world.specification.mappings:
        through(world, SNAPSHOT, entity)
    assert told(world, SNAPSHOT, "line") == [
        ("rejected", "group_rejected"),
        ("rejected", "no_factor"),
        ("loaded", None),
    ]


def test_a_survivor_is_filled_from_the_rows_that_merge_into_it(world: World) -> None:
    rows = [
        {"NR": "1", "TAX": "T", "SINCE": "2022-01-01"},
        {"NR": "2", "TAX": "T", "PHONE": "555"},
        {"NR": "3", "PHONE": "9"},
    ]
    stage(world, SNAPSHOT, "customer", rows)
    through(world, SNAPSHOT, "customer")
    assert [row["phone"] for row in mapped(world, SNAPSHOT, "customer")] == ["555", "9"]


def test_a_shared_further_row_is_kept_as_long_as_one_of_its_rows_moves(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Two suppliers merge into one customer and share its role; the first of them falls later, with its group."""
    before = "also:\n  - rule: SU-R"
    world = edited(
        monkeypatch, tmp_path, "mappings/supplier.yaml", before, f"all_or_none: {{rule: SU-A, by: NAME}}\n{before}"
    )
    stage(world, SNAPSHOT, "customer", [{"NR": "1", "TAX": "T"}])
    suppliers = [
        {"NR": "1", "TAX": "T", "NAME": "a"},
        {"NR": "2", "TAX": "T", "NAME": "b"},
        {"NR": "a name too long", "NAME": "a"},
    ]
    stage(world, SNAPSHOT, "supplier", suppliers)
    for entity in ("customer", "supplier"):
        through(world, SNAPSHOT, entity)
    assert [outcome for outcome, _ in told(world, SNAPSHOT, "supplier")] == ["rejected", "merged", "rejected"]
    _partners_have_their_roles(world)


def test_a_value_that_a_default_replaces_need_not_be_right(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    before = "source: TERM, value: N30,"
    after = "source: TERM, value: CN, crosswalk: country, when: \"TERM = '?'\","
    world = edited(monkeypatch, tmp_path, "mappings/customer.yaml", before, after)
    stage(world, SNAPSHOT, "customer", [{"NR": "1", "TERM": "?"}, {"NR": "2", "TERM": "D"}, {"NR": "3", "TERM": "!"}])
    through(world, SNAPSHOT, "customer")
    assert told(world, SNAPSHOT, "customer") == [("loaded", None), ("loaded", None), ("rejected", "no_entry")]
    rows = mapped(world, SNAPSHOT, "customer")
    assert [(row["term"], row["defaulted"]) for row in rows] == [("CN", True), ("DE", False)]


def test_a_default_takes_the_type_of_its_column(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    before = "source: TERM, value: N30, target: term, audit: defaulted, type: text(4)}"
    world = edited(
        monkeypatch,
        tmp_path,
        "mappings/customer.yaml",
        before,
        "source: CREDIT, value: 0, target: term, audit: defaulted}",
    )
    stage(world, SNAPSHOT, "customer", [{"NR": "1", "CREDIT": None}])
    through(world, SNAPSHOT, "customer")
    assert [str(row["term"]) for row in mapped(world, SNAPSHOT, "customer")] == ["0.00"]


@pytest.mark.parametrize("expression", ["1", "length(NAME)", "LAND = 'CN'", "null", "date '2020-01-01'", "1.50"])
def test_a_column_without_a_declared_type_keeps_the_one_it_has(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, expression: str
) -> None:
    before = "{rule: CU-5, kind: copy, source: PHONE, target: phone, type: text(20)}"
    after = f'{{rule: CU-5, kind: derive, expression: "{expression}", target: phone}}'
    world = edited(monkeypatch, tmp_path, "mappings/customer.yaml", before, after)
    stage(world, SNAPSHOT, "customer", [GOOD])
    through(world, SNAPSHOT, "customer")
    assert told(world, SNAPSHOT, "customer") == [("loaded", None)]


def test_columns_named_like_our_own_words_do_no_harm(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    text = FILES["mappings/customer.yaml"].replace("PARENT", "OUTCOME").replace("TAX", "MATCH").replace("PHONE", "rule")
    files = {**FILES, "mappings/customer.yaml": f"{text}all_or_none: {{rule: CU-Z, by: OUTCOME}}\n"}
    world = offline(monkeypatch, tmp_path, files)
    rows = [
        {"NR": "1", "NAME": "n", "LAND": "CN", "SINCE": "2020-01-01", "CREDIT": "5", "rule": "5", "MATCH": "T",
         "TERM": "N",
         "OUTCOME": None, "NOTE": None},
    ]  # fmt: skip
    rows += [rows[0] | {"NR": "2", "rule": None}, rows[0] | {"NR": "3", "OUTCOME": "1", "MATCH": None}]
    stage(world, SNAPSHOT, "customer", [])
    raw = datasets.raw(SNAPSHOT, world.specification.mapping("customer").source)
    import pyarrow as pa

    table = pa.table({name: pa.array([row[name] for row in rows], pa.string()) for name in rows[0]})
    world.staging.write_part(raw, 0, table.add_column(0, "_row", pa.array(range(3), pa.int64())))
    world.staging.seal(raw, {"rows": 3})
    through(world, SNAPSHOT, "customer")
    assert [outcome for outcome, _ in told(world, SNAPSHOT, "customer")] == ["loaded", "merged", "loaded"]


# --- how it fails ----------------------------------------------------------------------------------------------------


def test_nothing_is_mapped_twice_and_anything_changed_is_mapped_anew(world: World) -> None:
    stage(world, SNAPSHOT, "customer", [GOOD])
    through(world, SNAPSHOT, "customer")
    dataset = datasets.outcome(SNAPSHOT, "customer")
    world.staging.write_part(dataset, 0, world.staging.read_part(dataset, 0).slice(0, 0))
    map_entity(world, SNAPSHOT, "customer")
    assert outcomes(world, SNAPSHOT, "customer") == []  # left alone: it is sealed
    map_entity(world, SNAPSHOT, "customer", reserve=False)
    assert len(outcomes(world, SNAPSHOT, "customer")) == 1


def test_a_parent_that_is_not_mapped_is_asked_for(world: World) -> None:
    stage(world, SNAPSHOT, "order", [{"ID": "1", "PARTNER": "1"}])
    cleanse_entity(world, SNAPSHOT, "order")
    with pytest.raises(InputError, match="outcome data of 'customer' is not there.*cutover map"):
        map_entity(world, SNAPSHOT, "order")
    assert world.staging.manifest(datasets.outcome(SNAPSHOT, "order")) is None


@pytest.mark.parametrize(
    ("before", "after", "problem"),
    [
        ("source: PHONE, target", "source: FON, target", "'FON', which is no column"),
        ("kind: copy, source: PHONE,", "kind: derive, expression: FON,", "CU-5.*FON"),
        ("kind: copy, source: PHONE,", "kind: derive, expression: cast(PHONE as integer),", "CU-5.*try_cast"),
        ("kind: copy, source: PHONE,", "kind: derive, expression: '[1, 2]',", "CU-5 cannot be computed"),
        ("type: text(20)", "type: text(20), required: true, on_error: stop", None),
        (
            "source: PHONE, target: phone, type: text(20)",
            "source: CREDIT, target: phone, type: date",
            "CU-5.*never date",
        ),
        ("key: [partner_id, role]", "key: [partner_id, role]\n    when: FON = 'x'", "CU-R.*FON"),
        ("NAME ilike 'test%'", "FON = 'x'", "FON"),
    ],
)
def test_a_rule_that_cannot_be_computed_stops_with_its_name(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, before: str, after: str, problem: str | None
) -> None:
    world = edited(monkeypatch, tmp_path, "mappings/customer.yaml", before, after)
    stage(world, SNAPSHOT, "customer", [{"NR": "1", "PHONE": "a secret"}])
    cleanse_entity(world, SNAPSHOT, "customer")
    if problem is None:
        map_entity(world, SNAPSHOT, "customer")
        return
    with pytest.raises(TerminalError, match=problem) as error:
        map_entity(world, SNAPSHOT, "customer")
    assert "secret" not in str(error.value)
    assert world.staging.manifest(datasets.outcome(SNAPSHOT, "customer")) is None


def test_a_rule_that_stops_the_run_stops_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    world = edited(
        monkeypatch,
        tmp_path,
        "mappings/customer.yaml",
        "crosswalk: country, type",
        "crosswalk: country, on_error: stop, type",
    )
    stage(world, SNAPSHOT, "customer", [{"NR": "1", "LAND": "??"}])
    cleanse_entity(world, SNAPSHOT, "customer")
    with pytest.raises(TerminalError, match="CU-3 stops the run: no_entry in 1 rows"):
        map_entity(world, SNAPSHOT, "customer")
