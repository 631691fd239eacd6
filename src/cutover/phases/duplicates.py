"""Duplicates: find pairs of rows that may be one thing, queue them for a steward, and hold merges to the law of K04."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from typing import Any, Literal

import pyarrow as pa
import pyarrow.compute as pc

from cutover.core.cleansing.texts import fold_text
from cutover.core.duplicates import likely_pairs
from cutover.core.rules import as_array
from cutover.core.validators import VALIDATORS
from cutover.core.verdicts import CheckResult, none_of
from cutover.errors import InputError
from cutover.phases.mapping.surviving import count_lost_values
from cutover.phases.world import World
from cutover.project.model import Duplicates, Mapping
from cutover.systems import datasets, pairs
from cutover.systems.pairs import Pair, PairState
from cutover.systems.setwise import open_setwise, quote, quote_text

# Rows of a record beyond these are looked at by a person, whatever they share.
CLUSTER_TO_REVIEW = 10


def find_pairs(world: World, snapshot: str, mapping: Mapping) -> pa.Table:
    """Return the pairs of cleansed rows that may be one thing, rows left out on purpose not among them.

    Returns rule, first_key, second_key, score, same_identity, likely, automatic; the keys of a pair are in order.
    """
    asked = mapping.duplicates
    assert asked is not None  # only asked for entities that declare it
    rows = _rows(world, snapshot, mapping, asked)
    valid = VALIDATORS[asked.valid] if asked.valid else None
    found = likely_pairs(as_array(rows["name"]), as_array(rows["identity"]), review=asked.review, is_valid=valid)
    one, other = (as_array(rows["_key"]).take(as_array(found[end])) for end in ("first", "second"))
    distinct = pc.fill_null(pc.not_equal(one, other), False)
    ids = [pc.fill_null(as_array(rows["identity"]).take(as_array(found[end])), "") for end in ("first", "second")]
    against = pc.and_(pc.not_equal(*ids), pc.and_(*(pc.not_equal(one, "") for one in ids)))
    likely = pc.and_(pc.greater_equal(found["score"], asked.likely), pc.invert(against))
    told = pa.table(
        {
            "rule": pa.repeat(pa.scalar(asked.rule), len(found)),
            "first_key": pc.min_element_wise(one, other),
            "second_key": pc.max_element_wise(one, other),
            "score": found["score"],
            "same_identity": found["same_identity"],
            "likely": likely,
            "automatic": found["automatic"],
        }
    )
    return told.filter(distinct)


def _rows(world: World, snapshot: str, mapping: Mapping, asked: Duplicates) -> pa.Table:
    left_out = " or ".join(f"coalesce(({drop.when}), false)" for drop in mapping.exclude) or "false"
    identity = f"cast({quote(asked.identity)} as varchar)" if asked.identity else "cast(null as varchar)"
    with open_setwise(world.staging) as setwise:
        return setwise.select(
            f"""select _row, _key, cast({quote(asked.name)} as varchar) as name, {identity} as identity
                from clean where _key is not null and not ({left_out}) order by _row""",
            clean=datasets.clean(snapshot, mapping.entity),
        )


def list_pairs(world: World, entity: str | None = None, state: PairState | None = "open") -> list[Pair]:
    """Return the pairs of an entity, or of all, in a state, or in any; the likeliest first."""
    if entity is not None:
        world.specification.mapping(entity)
    with world.target.connect() as connection:
        return pairs.list_pairs(connection, entity, state)


def decide_pair(world: World, named: str, state: Literal["same", "different"], *, by: str) -> Pair:
    """Record what a person says of a pair, named by the beginning of its id; returns the pair as it was.

    Raises:
        InputError: nobody is named, or no pair, or several, begin like that.
    """
    if not by.strip():
        raise InputError("a decision needs a person", fix="say who decides with --by")
    found = [pair for pair in list_pairs(world, state=None) if named and pair.pair_id.startswith(named)]
    if len(found) != 1:
        raise InputError(
            f"{len(found)} pairs begin with {named!r}", fix="`cutover duplicates` lists them with their ids"
        )
    with world.target.begin() as connection:
        pairs.decide_pair(connection, found[0].pair_id, state, by=by.strip(), at=world.now())
    return found[0]


def duplicate_checks(world: World, snapshot: str, mapping: Mapping) -> Iterator[CheckResult]:
    """Check that every pair is decided, that what merged had the right to, and that it can be taken apart again.

    What became one of more than ten rows was looked at by somebody, row by row.
    """
    if mapping.merge is not None:
        yield none_of("UNMERGE", mapping.entity, *count_lost_values(world, snapshot, mapping))
    if mapping.duplicates is None:
        return
    listed = list_pairs(world, mapping.entity, state=None)
    states = Counter(str(pair.state) for pair in listed)
    facts: dict[str, Any] = dict(states)
    yield none_of("DUPLICATES", mapping.entity, states["open"], len(listed), severity="major", **facts)
    said = [(pair.first_key, pair.second_key) for pair in listed if pair.state == "same"]
    merged = _merged_rows(world, snapshot, mapping)
    unlawful = _count_apart(merged, said, valid=_validator(mapping.duplicates))
    yield none_of("MERGED", mapping.entity, unlawful, len(merged))
    large = [rows for rows in _clusters(merged).values() if len(rows) >= CLUSTER_TO_REVIEW]
    unseen = sum(_count_apart(rows, said, valid=lambda _: False) > 0 for rows in large)
    yield none_of("CLUSTERS", mapping.entity, unseen, len(large))


def _validator(asked: Duplicates) -> Callable[[str], bool]:
    return VALIDATORS[asked.valid] if asked.valid else lambda _: False


def _merged_rows(world: World, snapshot: str, mapping: Mapping) -> list[dict[str, Any]]:
    """Return each merged row with its survivor, also one of an earlier entity: key, name and identity of both."""
    assert mapping.duplicates is not None
    found: list[dict[str, Any]] = []
    for entity in (mapping.entity, *(mapping.merge.into if mapping.merge else ())):
        survivors = world.specification.mapping(entity)
        # Without a search of its own, an earlier entity is asked for the columns that ours names.
        asked = survivors.duplicates or mapping.duplicates
        with open_setwise(world.staging) as setwise:
            setwise.connection.register("rows", _rows(world, snapshot, mapping, mapping.duplicates))
            setwise.connection.register("survivors", _rows(world, snapshot, survivors, asked))
            merged = setwise.select(
                f"""select {quote_text(mapping.entity + "#")} || rows._row as row, rows._key as key,
                           rows.name, rows.identity, outcome.survivor as other_row, other._key as other_key,
                           other.name as other_name, other.identity as other_identity
                    from outcome join rows using (_row)
                    join survivors as other on outcome.survivor = {quote_text(entity + "#")} || other._row
                    where outcome.outcome = 'merged'""",
                outcome=datasets.outcome(snapshot, mapping.entity),
            )
        # What a steward said is of rows of one entity.
        said = entity == mapping.entity
        found += [line | {"said": said} for line in merged.to_pylist()]
    return found


def _clusters(merged: list[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    """Return survivor -> the rows that became one with it; counted with it, they are one more."""
    found: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
    for line in merged:
        found[line["other_row"]].append(line)
    return dict(found)


def _count_apart(merged: list[dict[str, Any]], said: list[tuple[str, str]], *, valid: Callable[[str], bool]) -> int:
    """Count the merged rows that nothing joins to their survivor: no chain of valid numbers and names, nor a word."""
    import networkx

    graph: networkx.Graph[Any] = networkx.Graph((("key", one), ("key", other)) for one, other in said)
    for line in merged:
        ends = [(line["row"], line["key"], line["name"], line["identity"], line["said"])]
        ends += [(line["other_row"], line["other_key"], line["other_name"], line["other_identity"], line["said"])]
        for row, key, name, number, is_own in ends:
            graph.add_node(row)
            if is_own:
                graph.add_edge(row, ("key", key))
            if number and valid(number):
                graph.add_edge(row, ("thing", number, fold_text(name or "")))
    part_of = {node: place for place, part in enumerate(networkx.connected_components(graph)) for node in part}
    return sum(part_of[line["row"]] != part_of[line["other_row"]] for line in merged)
