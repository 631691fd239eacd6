"""What only the target knows: which columns must have a value, and which codes are alive."""

from collections.abc import Iterator, Sequence

from sqlalchemy import Connection

from cutover.core.verdicts import CheckResult, all_of
from cutover.errors import TargetError
from cutover.phases.world import World
from cutover.project.model import Codes, DefaultAudited, Mapping, Rule
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
                if isinstance(field, Codes) or (isinstance(field, DefaultAudited) and field.crosswalk):
                    yield _alive(world, connection, snapshot, mapping, field, table)


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
    world: World, connection: Connection, snapshot: str, mapping: Mapping, field: Rule, table: TableFacts
) -> CheckResult:
    """Hold the codes that a crosswalk yields and that live in the target against all of them."""
    ((_, name),) = field.crosswalks()
    targets = {entry.target for entry in world.specification.crosswalks[name].confirmed}
    targets |= {str(field.value)} if isinstance(field, DefaultAudited) else set()
    home = _home(connection, field, table)
    check = f"DANGLING.{field.rule}"
    if home is None:
        told = "no foreign key and no `codes_in` says where these codes live"
        return CheckResult(check, mapping.entity, "not_applicable", "blocker", message=told)
    active = getattr(field, "active", None)
    query, columns = ("list_active_codes", {"active": [active]}) if active else ("list_codes", {})
    found = run(connection, query, {"table": home[0], "code": [home[1]], **columns}).scalars()
    codes = {str(code) for code in found} | _arriving(world, connection, snapshot, home)
    dead = sorted(targets - codes)
    facts = {"table": home[0], "crosswalk": name, "dead": dead}
    return all_of(check, mapping.entity, len(targets) - len(dead), len(targets), evidence=facts)


def _home(connection: Connection, field: Rule, table: TableFacts) -> tuple[str, str] | None:
    """Return the table and the column in which a rule's codes live; None where nobody says so."""
    named = getattr(field, "codes_in", None)
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
