"""What only the target knows: which columns must have a value, and which codes are alive."""

from collections.abc import Iterator, Sequence

from sqlalchemy import Connection

from cutover.core.rules import constant
from cutover.core.verdicts import CheckResult, all_of
from cutover.errors import TargetError
from cutover.phases.world import World
from cutover.project.model import Coded, Conditional, Constant, DefaultAudited, Mapping, Rule, Scalar
from cutover.systems import datasets
from cutover.systems.catalogue import TableFacts, read_catalogue
from cutover.systems.queries import run

Place = tuple[str, str | None, Sequence[Rule]]


def check_target(world: World, snapshot: str, mapping: Mapping) -> Iterator[CheckResult]:
    """Check the mandatory columns and the codes of every table that an entity fills."""
    places: list[Place] = [(mapping.target.table, mapping.target.id, mapping.fields)]
    places += [(split.table, split.id, split.fields) for split in mapping.also]
    with world.target.connect() as connection:
        facts = [read_catalogue(connection, table) for table, _, _ in places]
        yield _mandatory(mapping, places, facts)
        for (_, _, fields), table in zip(places, facts, strict=True):
            for field in fields:
                if isinstance(field, Coded):
                    yield from _alive(world, connection, snapshot, mapping, field, table)


def _mandatory(mapping: Mapping, places: Sequence[Place], facts: Sequence[TableFacts]) -> CheckResult:
    """Hold the columns that must have a value and that a rule fills against all of them."""
    wanted: list[str] = []
    without: list[str] = []
    for (_, identity, fields), table in zip(places, facts, strict=True):
        filled = {identity, *(field.target for field in fields)}
        filled |= {name for field in fields for _, name, _ in field.further_targets()}
        must = [column.name for column in table.columns if not column.nullable and not column.is_filled_by_target]
        wanted += [f"{table.table}.{name}" for name in must]
        without += [f"{table.table}.{name}" for name in must if name not in filled]
    covered = len(wanted) - len(without)
    return all_of("MANDATORY", mapping.entity, covered, len(wanted), evidence={"without": sorted(set(without))})


def _alive(
    world: World, connection: Connection, snapshot: str, mapping: Mapping, field: Coded, table: TableFacts
) -> Iterator[CheckResult]:
    """Hold the codes that a rule yields and that live in the target against all of them."""
    crosswalks = [name for _, name in field.crosswalks()]
    targets = {entry.target for name in crosswalks for entry in world.specification.crosswalks[name].confirmed}
    targets |= _declared(field)
    home = _home(connection, field, table)
    check = f"DANGLING.{field.rule}"
    if home is None:
        told = "no foreign key and no `codes_in` says where these codes live"
        if crosswalks:  # a value that is no code lives nowhere
            yield CheckResult(check, mapping.entity, "not_applicable", "blocker", message=told)
        return
    query, columns = ("list_active_codes", {"active": [field.active]}) if field.active else ("list_codes", {})
    found = run(connection, query, {"table": home[0], "code": [home[1]], **columns}).scalars()
    codes = {str(code) for code in found} | _arriving(world, connection, snapshot, home)
    dead = sorted(targets - codes)
    facts = {"table": home[0], "crosswalk": ", ".join(crosswalks), "dead": dead}
    yield all_of(check, mapping.entity, len(targets) - len(dead), len(targets), evidence=facts)


def _declared(field: Coded) -> set[str]:
    """Return the values that a rule declares itself, as their column has them."""
    given: list[Scalar | None] = [field.value] if isinstance(field, Constant | DefaultAudited) else []
    if isinstance(field, Conditional):
        given = [branch.value for branch in field.branches]
    return {str(constant(value, field.type, 1)[0].as_py()) for value in given if value is not None}


def _home(connection: Connection, field: Coded, table: TableFacts) -> tuple[str, str] | None:
    """Return the table and the column in which a rule's codes live; None where nobody says so."""
    named = field.codes_in
    if named is not None:
        facts = read_catalogue(connection, named)
        single = [key[0] for key in facts.unique_keys if len(key) == 1]
        same = [key for key in single if key == field.target] or [key for key in single if "code" in key] or single
        if not same:
            raise TargetError(f"{named} has no unique column of codes", fix=f"drop `codes_in` of rule {field.rule}")
        return facts.table, same[0]
    for key in table.references:
        if key.child_columns == (field.target,):
            return key.parent, key.parent_columns[0]
    return None


def _arriving(world: World, connection: Connection, snapshot: str, home: tuple[str, str]) -> set[str]:
    """Return the codes that other entities of this project bring into the table themselves."""
    codes: set[str] = set()
    for entity, mapping in world.specification.mappings.items():
        fills = any(field.target == home[1] for field in mapping.fields)
        if not fills or read_catalogue(connection, mapping.target.table).table != home[0]:
            continue
        for _, rows in world.staging.read_parts(datasets.mapped(snapshot, entity), [home[1]]):
            codes |= set(rows[home[1]].unique().cast("string").to_pylist())
    return codes
