"""What rules look things up in: crosswalks, keys of other rows, and what was computed for the whole entity before."""

from collections.abc import Callable
from collections.abc import Mapping as ReadOnly
from dataclasses import dataclass, field, replace
from functools import cache

import pyarrow as pa
import pyarrow.compute as pc

from cutover.core import rules
from cutover.core.composite import Entries
from cutover.core.rules import CodeTable, KeyIndex, as_array
from cutover.errors import TerminalError
from cutover.phases.world import World
from cutover.project.crosswalk import Crosswalk
from cutover.project.model import Hierarchy, Mapping, Sequence, located_fields
from cutover.project.specification import Specification
from cutover.systems import datasets, given_numbers
from cutover.systems.attachments import Store
from cutover.systems.setwise import SetWise, quote


def _no_keys(entity: str, keys: pa.Array) -> KeyIndex:
    raise LookupError(f"nobody prepared the keys of {entity}")


def _no_files(store: str, paths: pa.Array) -> pa.Table:
    raise LookupError(f"nobody prepared the store {store}")


@dataclass(frozen=True)
class Lookups:
    """What the rules of one entity look things up in.

    codes, entries: crosswalk -> its confirmed entries, joined and in parts. keys: the rows of an entity that have some
    of the given keys. by_row: rule id -> `_row` and `value`, computed for the whole entity before any part.
    files: store and paths -> `path`, `sha256` and `size` of the files that are there.
    """

    codes: ReadOnly[str, CodeTable]
    entries: ReadOnly[str, Entries]
    keys: Callable[[str, pa.Array], KeyIndex] = _no_keys
    by_row: ReadOnly[str, pa.Table] = field(default_factory=dict)
    files: Callable[[str, pa.Array], pa.Table] = _no_files

    def value_of(self, rule: str, rows: pa.Table) -> pa.Array:
        """Return what was computed for each row, null where nothing was."""
        table = self.by_row[rule]
        place = pc.index_in(as_array(rows["_row"]), value_set=as_array(table["_row"]))
        return as_array(table["value"]).take(place)


def build_lookups(
    world: World,
    setwise: SetWise,
    snapshot: str,
    mapping: Mapping,
    keys: Callable[[str, pa.Array], KeyIndex],
    *,
    reserve: bool,
) -> Lookups:
    """Prepare the lookups of an entity whose identities are staged.

    Raises:
        TerminalError: the range of a sequence is exhausted.
    """
    by_row: dict[str, pa.Table] = {}
    for _, rule in located_fields(mapping):
        if isinstance(rule, Hierarchy):
            by_row[rule.rule] = _levels(setwise, snapshot, mapping, rule)
        if isinstance(rule, Sequence):
            by_row[rule.rule] = _numbers(world, setwise, snapshot, mapping, rule, keep=reserve)

    @cache
    def store_of(system: str) -> Store:
        return Store(world.connect(world.specification.project.systems[system].connection).folder)

    def files(store: str, paths: pa.Array) -> pa.Table:
        return store_of(store).measure(paths)

    return replace(crosswalk_lookups(world.specification), keys=keys, by_row=by_row, files=files)


def crosswalk_lookups(specification: Specification) -> Lookups:
    """Prepare lookups that know crosswalks only: what translates codes needs nothing else."""
    crosswalks = specification.crosswalks
    return Lookups(
        {name: code_table(crosswalk) for name, crosswalk in crosswalks.items()},
        {name: parts_table(crosswalk) for name, crosswalk in crosswalks.items()},
    )


def code_table(crosswalk: Crosswalk) -> CodeTable:
    """Make a crosswalk ready for use; only confirmed entries translate."""
    entries = crosswalk.confirmed
    return CodeTable(
        tuple(rules.JOINER.join(entry.source) for entry in entries),
        tuple(entry.target for entry in entries),
        tuple((entry.valid_from, entry.valid_to) for entry in entries),
    )


def parts_table(crosswalk: Crosswalk) -> Entries:
    """Make a crosswalk ready for use part by part; only confirmed entries translate."""
    return tuple((entry.source, entry.target) for entry in crosswalk.confirmed)


def _levels(setwise: SetWise, snapshot: str, mapping: Mapping, rule: Hierarchy) -> pa.Table:
    """Return the level of each row that hangs on a root; rows on a circle, or below one, have none."""
    parent = " || '|' || ".join(f"cast(clean.{quote(column)} as varchar)" for column in rule.source)
    return setwise.select(
        _LEVELS.format(parent=parent),
        clean=datasets.clean(snapshot, mapping.entity),
        identities=datasets.identities(snapshot, mapping.entity),
    )


# A row whose parent is unknown is a root here: its own rule rejects it, and what hangs on it is dragged down.
_LEVELS = """
    with recursive
    named as (
        select _key, coalesce(cast(_id as varchar), _key) as node from identities where outcome in ('loaded', 'merged')
    ),
    edges as (
        select identities._row, coalesce(cast(identities._id as varchar), identities._key) as node, named.node as parent
        from identities join clean on clean._row = identities._row left join named on named._key = {parent}
        where identities.outcome = 'loaded'
    ),
    tree as (
        select _row, node, 1 as level from edges where parent is null
        union all
        select edges._row, edges.node, tree.level + 1 from edges join tree on edges.parent = tree.node
    )
    select _row, cast(level as bigint) as value from tree order by _row"""


def _numbers(
    world: World, setwise: SetWise, snapshot: str, mapping: Mapping, rule: Sequence, *, keep: bool
) -> pa.Table:
    """Return the number of each row that moves, the one that its source key was given before if there is one."""
    rows = setwise.select(_MOVING, identities=datasets.identities(snapshot, mapping.entity))
    if rule.above is not None:
        sql = _HIGHEST.format(column=quote(rule.above))
        highest = setwise.select(sql, clean=datasets.clean(snapshot, mapping.entity))["highest"][0].as_py()
        if highest is not None and int(highest) >= rule.first:
            raise TerminalError(
                f"rule {rule.rule} gives numbers from {rule.first}, the legacy system has them up to {highest}",
                fix="let the range begin above that",
            )
    with world.target.begin() as connection:
        given = given_numbers.give_numbers(
            connection, rule.rule, as_array(rows["_key"]), first=rule.first, last=rule.last, keep=keep
        )
    return pa.table({"_row": rows["_row"], "value": given})


# The digits at the end of a number: what stands before them is a prefix.
_HIGHEST = """
    select cast(max(try_cast(regexp_extract(cast({column} as varchar), '([0-9]+)$', 1) as hugeint)) as varchar)
        as highest
    from clean"""
_MOVING = "select _row, _key from identities where outcome = 'loaded' and _key is not null order by _key, _row"
