"""Duplicates: pairs of rows that may be one real thing, and what a machine may decide about them.

Blocking keeps the work small: rows are compared that share an official number, or an end of what is left of their names
without legal form and in simplified characters. The score is rapidfuzz's; below `review` there is no match, above it a
steward looks. `automatic` is no threshold but a law: the same checksum-valid official number and the same match key, in
which a legal form counts, and a traditional character is not a simplified one.
"""

from collections.abc import Callable, Iterator

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from cutover.core.cleansing.remedy import Texts, per_distinct
from cutover.core.cleansing.texts import fold_company, fold_text, simplify

PAIRS = pa.schema(
    [
        ("first", pa.int64()),
        ("second", pa.int64()),
        ("score", pa.int64()),
        ("same_identity", pa.bool_()),
        ("automatic", pa.bool_()),
    ]
)
# A block of more rows than this would cost its square. Such a beginning says nothing; the rows of one number or of one
# name are all paired with the first of them.
BLOCK_LIMIT = 200
_PAIRS_AT_ONCE = 100_000
_CANDIDATES = """
    with keyed as (select * from given where core <> ''),
    blocks as (
        select 'i' || identity as block, place from keyed where identity <> ''
        union select 'n' || core, place from keyed
        union select 'h' || left(core, 4), place from keyed
        union select 't' || right(core, 4), place from keyed
    ),
    sized as (
        select block, place, count(*) over (partition by block) as rows, min(place) over (partition by block) as lead
        from blocks
    ),
    small as (select block, place from sized where rows <= getvariable('block_limit'))
    select a.place as first, b.place as second
    from small as a join small as b on a.block = b.block and a.place < b.place
    union select lead, place from sized
    where rows > getvariable('block_limit') and left(block, 1) in ('i', 'n') and lead < place
    order by first, second"""


def match_keys(names: Texts) -> Texts:
    """Return the match key of each name, once per distinct name."""
    return pc.fill_null(per_distinct(fold_text, names), "")


def likely_pairs(
    names: Texts, identities: Texts, *, review: int, is_valid: Callable[[str], bool] | None = None
) -> pa.Table:
    """Return the pairs of places (0, 1, ...) whose rows may be one party: as in PAIRS, `first` < `second`.

    names, identities: one text per row; null for none. review: the least score from 0 to 100 that is worth a look; rows
    that share an identity are always worth it. is_valid: whether an identity's check digits hold; without it nothing is
    automatic.
    """
    keys, told = match_keys(names), _valid(identities, is_valid)
    # A long legal form would make strangers alike.
    cores = per_distinct(lambda key: fold_company(simplify(key)), keys)
    found = [_judge(block, keys, cores, identities, told, review) for block in _candidates(cores, identities)]
    return pa.concat_tables([PAIRS.empty_table(), *found])


def _judge(
    pairs: pa.RecordBatch, keys: Texts, cores: Texts, identities: Texts, told: pa.BooleanArray, review: int
) -> pa.Table:
    first, second = pairs["first"], pairs["second"]
    scores = _scores(cores.take(first), cores.take(second))
    same = pc.fill_null(pc.equal(identities.take(first), identities.take(second)), False)
    same = pc.and_(same, pc.fill_null(pc.not_equal(identities.take(first), ""), False))
    automatic = pc.and_(pc.and_(same, told.take(first)), pc.equal(keys.take(first), keys.take(second)))
    found = pa.table([first, second, scores, same, automatic], schema=PAIRS)
    return found.filter(pc.or_(pc.greater_equal(scores, review), same))


def _candidates(cores: Texts, identities: Texts) -> Iterator[pa.RecordBatch]:
    # A name comes with a hundred others, whose texts are Python's while they are scored: a block of pairs at a time.
    given = {"place": pa.array(range(len(cores)), pa.int64()), "core": cores, "identity": pc.fill_null(identities, "")}
    with duckdb.connect(":memory:", config={"threads": "2", "enable_external_access": "false"}) as connection:
        connection.register("given", pa.table(given))
        connection.execute(f"set variable block_limit = {BLOCK_LIMIT}").fetchall()
        yield from connection.query(_CANDIDATES).to_arrow_reader(_PAIRS_AT_ONCE)


def _scores(left: Texts, right: Texts) -> pa.Array:
    from rapidfuzz import fuzz
    from rapidfuzz.process import cpdist

    if not len(left):
        return pa.array([], pa.int64())
    return pa.array(cpdist(left.to_pylist(), right.to_pylist(), scorer=fuzz.ratio).round().astype("int64"))


def _valid(identities: Texts, is_valid: Callable[[str], bool] | None) -> pa.BooleanArray:
    if is_valid is None:
        return pa.repeat(pa.scalar(False), len(identities))
    encoded = identities.dictionary_encode()
    told = pa.array([is_valid(text) for text in encoded.dictionary.to_pylist()], pa.bool_())
    return pc.fill_null(told.take(encoded.indices), False)
