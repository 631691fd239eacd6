"""Duplicates: find pairs of rows that may be one thing, queue them for a steward, and hold merges to the law of K04."""

from collections import Counter
from collections.abc import Iterator
from typing import Literal

import pyarrow as pa
import pyarrow.compute as pc

from cutover.core.duplicates import likely_pairs, match_keys
from cutover.core.rules import as_array
from cutover.core.validators import VALIDATORS
from cutover.core.verdicts import CheckResult, must_equal
from cutover.errors import InputError
from cutover.phases.surviving import count_lost_values
from cutover.phases.world import World
from cutover.project.model import Duplicates, Mapping
from cutover.systems import datasets, pairs
from cutover.systems.pairs import Pair, PairState
from cutover.systems.setwise import open_setwise, quote

# So many rows and the one that they merge into are more than ten: a person looks at such a cluster.
LARGE = 10


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
    """Check that every pair is decided, that what merged had the right to, and that it can be taken apart again."""
    if mapping.duplicates is None:
        return
    listed = list_pairs(world, mapping.entity, state=None)
    states = Counter(pair.state for pair in listed)
    yield must_equal("DUPLICATES", mapping.entity, states["open"], 0, severity="major", **dict(states))
    unlawful, merged = _count_unlawful(world, snapshot, mapping, mapping.duplicates, listed)
    yield must_equal("MERGED", mapping.entity, unlawful, 0, merged=merged)
    said = _said(listed)
    large = [key for key in _large_clusters(world, snapshot, mapping) if key not in said]
    yield must_equal("CLUSTERS", mapping.entity, len(large), 0, rows_without_a_decision=len(large))
    yield must_equal("UNMERGE", mapping.entity, count_lost_values(world, snapshot, mapping), 0)


def _said(listed: list[Pair]) -> set[str]:
    return {key for pair in listed if pair.state == "same" for key in (pair.first_key, pair.second_key)}


def _large_clusters(world: World, snapshot: str, mapping: Mapping) -> list[str]:
    """Return the keys of the rows that merged into one that took more than a person may leave to a machine."""
    sql = f"""select _key from outcome where outcome.outcome = 'merged' and survivor in (
                select survivor from outcome where outcome.outcome = 'merged'
                group by survivor having count(*) >= {LARGE}) order by _row"""
    with open_setwise(world.staging) as setwise:
        found = setwise.select(sql, outcome=datasets.outcome(snapshot, mapping.entity))
    return list(found["_key"].to_pylist())


def _count_unlawful(
    world: World, snapshot: str, mapping: Mapping, asked: Duplicates, listed: list[Pair]
) -> tuple[int, int]:
    """Count the rows that merged within their entity without one valid identity and name, or a steward's word.

    Returns them, and how many rows merged within the entity.
    """
    said = _said(listed)
    with open_setwise(world.staging) as setwise:
        setwise.connection.register("rows", _rows(world, snapshot, mapping, asked))
        entity = mapping.entity.replace("'", "''")
        merged = setwise.select(
            f"""select rows._key, rows.name, rows.identity, other.name as other_name, other.identity as other_identity
                from outcome join rows using (_row)
                join rows as other on outcome.survivor = '{entity}#' || other._row
                where outcome.outcome = 'merged'""",
            outcome=datasets.outcome(snapshot, mapping.entity),
        )
    valid = VALIDATORS[asked.valid] if asked.valid else lambda _: False
    names = [match_keys(as_array(merged[name])) for name in ("name", "other_name")]
    same = pc.and_(pc.equal(*names), pc.fill_null(pc.equal(merged["identity"], merged["other_identity"]), False))
    told = zip(merged["_key"].to_pylist(), same.to_pylist(), merged["identity"].to_pylist(), strict=True)
    lawful = [key in said or (is_same and valid(number)) for key, is_same, number in told]
    return lawful.count(False), len(lawful)
