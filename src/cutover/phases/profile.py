"""Profile: what every column of an entity's landed feed holds, set-wise, before anybody writes a mapping (DMC-04)."""

from typing import Any

import pyarrow as pa

from cutover.core.cleansing.texts import SECRET
from cutover.core.profiles import ColumnProfile, NumberProfile, shape_of, suspect
from cutover.core.rules import as_array
from cutover.phases.pages.profile_page import build_page
from cutover.phases.world import Step, World
from cutover.project.model import Mapping
from cutover.systems import datasets
from cutover.systems.setwise import SetWise, open_setwise, quote
from cutover.systems.staging import Dataset

TOP, MASKS, BINS = 20, 10, 24
PROFILES = "profile"
# Detectors look at the most frequent values; beyond that a page would take minutes and say the same.
LOOKED_AT = 20_000
_SHAPE = """
    regexp_replace(regexp_replace(regexp_replace(regexp_replace(text,
        '\\p{Han}', '汉', 'g'), '\\p{Lu}', 'A', 'g'), '\\p{Ll}', 'a', 'g'), '\\d', '9', 'g')"""
_RUNS = """
    regexp_replace(regexp_replace(regexp_replace(regexp_replace(shape,
        '汉{2,}', '汉+', 'g'), 'A{2,}', 'A+', 'g'), 'a{2,}', 'a+', 'g'), '9{2,}', '9+', 'g')"""


def write_profile(world: World, snapshot: str, entity: str) -> str:
    """Write the profile of an entity as one HTML page without anything from outside, and return where it lies.

    Columns that the mapping names under `pii` show shapes, never values; so do texts elsewhere that look like a
    resident ID, a bank card, a mobile number or a password.

    Raises:
        InputError: there is no such entity, or the snapshot has not been landed.
    """
    return keep_profile(world, snapshot, world.specification.mapping(entity))[0]


def keep_profile(world: World, snapshot: str, mapping: Mapping) -> tuple[str, dict[str, Any]]:
    """Profile an entity, write its page, and keep its figures beside the staged data.

    Returns where the page lies, and column -> its counts and its commonest shapes, which hold no value.
    """
    profiles, entity = profile_entity(world, snapshot, mapping), mapping.entity
    page = build_page(entity, mapping.title or entity, snapshot, datasets.feed_name(mapping.source), profiles)
    file = world.staging.write_file(f"reports/profiles/{snapshot}/{entity}.html", page.encode())
    columns = {
        one.name: {"rows": one.rows, "nulls": one.nulls, "distinct": one.distinct, "masks": [*map(list, one.masks)]}
        for one in profiles
    }
    world.staging.seal(Dataset(snapshot, PROFILES, entity), {"columns": columns, "page": file})
    return file, columns


def profile_entity(world: World, snapshot: str, mapping: Mapping) -> list[ColumnProfile]:
    """Profile every landed column of an entity's feed, in its order."""
    raw = datasets.raw(snapshot, mapping.source)
    world.staging.require(raw, phase="land")
    profiles = []
    with open_setwise(world.staging) as setwise:
        names = setwise.select("select * from raw limit 0", raw=raw).column_names[1:]
        for place, name in enumerate(names, start=1):
            profiles.append(_profile(setwise, name, is_hidden=name in mapping.pii))
            world.progress(Step("profile", mapping.entity, place, len(names), unit="columns"))
    return profiles


def _profile(setwise: SetWise, name: str, *, is_hidden: bool) -> ColumnProfile:
    column = f"cast({quote(name)} as varchar)"
    counting = f"create or replace temp table counted as select {column} as text, count(*) as n from raw group by 1"
    setwise.connection.execute(counting).fetchall()
    (totals,) = setwise.select(_TOTALS).to_pylist()
    top = _pairs(setwise, f"select text, n from counted where text is not null order by n desc, text limit {TOP}")
    frequent = f"select text, n from counted where text is not null order by n desc, text limit {LOOKED_AT}"
    values, numbers = setwise.select(frequent), _numbers(setwise, totals["rows"] - totals["nulls"])
    rows = as_array(values["n"]).cast(pa.int64())
    return ColumnProfile(
        name=name,
        **{key: totals[key] for key in ("rows", "nulls", "blanks", "distinct")},
        least=_shown(totals["least"], is_hidden=is_hidden),
        greatest=_shown(totals["greatest"], is_hidden=is_hidden),
        lengths=dict(_pairs(setwise, _LENGTHS)),
        top=[] if is_hidden else [(str(_shown(text, is_hidden=False)), count) for text, count in top],
        masks=_pairs(setwise, _MASKS),
        numbers=None if is_hidden else numbers,
        suspects=suspect(as_array(values["text"]), rows, are_numbers=numbers is not None),
        is_hidden=is_hidden,
    )


def _pairs(setwise: SetWise, sql: str) -> list[tuple[Any, int]]:
    return [tuple(line.values()) for line in setwise.select(sql).to_pylist()]


def _shown(text: str | None, *, is_hidden: bool) -> str | None:
    return shape_of(text) if text is not None and (is_hidden or SECRET.search(text)) else text


def _numbers(setwise: SetWise, values: int) -> NumberProfile | None:
    (found,) = setwise.select(_NUMBERS).to_pylist()
    # A column is one of numbers when nearly all of its texts are.
    if not values or found["count"] < 0.9 * values:
        return None
    bins = dict(_pairs(setwise, _BINS))
    texts = {key: f"{found[key].normalize():f}" for key in ("least", "median", "greatest")}
    counts = tuple(bins.get(n, 0) for n in range(BINS))
    return NumberProfile(found["count"], **texts, outliers=found["outliers"], bins=counts)


_TOTALS = """
    select cast(coalesce(sum(n), 0) as bigint) as rows,
           cast(coalesce(sum(n) filter (text is null), 0) as bigint) as nulls,
           cast(coalesce(sum(n) filter (trim(text) = ''), 0) as bigint) as blanks,
           count(text) as "distinct", min(text) as least, max(text) as greatest
    from counted"""
_LENGTHS = """
    select length(text) as size, cast(sum(n) as bigint) as n
    from counted where text is not null group by 1 order by 1"""
_MASKS = f"""
    select {_RUNS} as mask, cast(sum(n) as bigint) as n
    from (select {_SHAPE} as shape, n from counted where text is not null)
    group by 1 order by n desc, mask limit {MASKS}"""
_VALUES = (
    "select try_cast(text as decimal(38, 9)) as x, n from counted where try_cast(text as decimal(38, 9)) is not null"
)
_NUMBERS = f"""
    with numbers as ({_VALUES}),
    running as (select x, n, sum(n) over (order by x) as upto, sum(n) over () as total from numbers),
    marks as (
        select min(x) filter (upto * 4 >= total) as low, min(x) filter (upto * 2 >= total) as median,
               min(x) filter (upto * 4 >= total * 3) as high
        from running
    )
    select cast(coalesce(sum(n), 0) as bigint) as count, min(x) as least, any_value(median) as median,
           max(x) as greatest,
           cast(coalesce(sum(n) filter (x > high + 3 * (high - low) or x < low - 3 * (high - low)), 0) as bigint)
               as outliers
    from numbers, marks"""
_BINS = f"""
    with numbers as ({_VALUES}), ends as (select min(x) as least, max(x) as greatest from numbers)
    select least({BINS - 1}, cast(floor({BINS} * (x - least)::double / (greatest - least)::double) as int)) as bin,
           cast(sum(n) as bigint) as n
    from numbers, ends where greatest > least group by 1"""
