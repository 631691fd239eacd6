"""Check a specification against the systems it speaks of: feeds and their columns, target tables, types and keys.

Nothing is landed, and nothing is written anywhere, not even the ledger. Every finding names file, line and column.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from sqlalchemy import Connection as TargetConnection

from cutover.core.expression import columns_of, order_expression
from cutover.core.types import DataType
from cutover.errors import CutoverError, TargetError
from cutover.phases.land import feeds_of
from cutover.phases.world import World
from cutover.project import model
from cutover.project.checking import located_expressions
from cutover.project.columns import check_columns
from cutover.project.fitting import target_type
from cutover.project.reading import Document, Finding, Location, read_document, suggest
from cutover.systems.catalogue import ColumnFacts, TableFacts, read_catalogue
from cutover.systems.datasets import feed_name
from cutover.systems.refusals import refusals
from cutover.systems.sources import Feed, Legacy, open_legacy, read_feed
from cutover.systems.target import connect_target

Problems = Iterator[tuple[Location, str, str]]
_DIGITS = {"smallint": 4, "integer": 9, "bigint": 18}
_TEXTS = ("character varying", "character", "text")
_ONLY = {
    "boolean": ("boolean",),
    "date": ("date",),
    "timestamp with time zone": ("timestamp", "date"),
    "timestamp without time zone": ("timestamp", "date"),
}


@dataclass(frozen=True)
class Place:
    """A table as a mapping fills it, and where in the file its facts and its fields stand."""

    table: model.Table
    id: str | None
    key: tuple[str, ...]
    fields: tuple[model.Rule, ...]
    at: Location
    fields_at: Location


def check_systems(world: World) -> list[Finding]:
    """Return everything that the systems do not have or cannot take; empty when the cutover can begin.

    Raises:
        SpecificationError: mappings that share a feed declare it differently.
    """
    documents = {entity: _document(world, f"mappings/{entity}.yaml") for entity in world.specification.mappings}
    return sorted({*_check_sources(world, documents), *_check_target(world, documents)})


def _document(world: World, name: str) -> Document:
    return read_document(world.specification.root / name, name)


# --- sources ---------------------------------------------------------------------------------------------------------


def _check_sources(world: World, documents: Mapping[str, Document]) -> list[Finding]:
    feeds = feeds_of(world.specification)
    columns: dict[str, list[str]] = {}
    findings: list[Finding] = []
    for system in sorted({feed.source.system for feed in feeds.values()}):
        of_system = {name: feed for name, feed in feeds.items() if feed.source.system == system}
        try:
            with open_legacy(world.connect(world.specification.project.systems[system].connection)) as legacy:
                columns |= _read_columns(world, legacy, of_system, documents, findings)
        except CutoverError as error:
            place: Location = ("systems", system, "connection")
            findings.append(_document(world, "project.yaml").finding(place, error.problem, error.fix))
    entities = world.specification.mappings.items()
    known = {entity: columns[feed_name(m.source)] for entity, m in entities if feed_name(m.source) in columns}
    findings += check_columns(world.specification, known)
    for entity, there in known.items():
        problems = _unknown_in_expressions(world.specification.mappings[entity], there)
        findings += [documents[entity].finding(*problem) for problem in problems]
    return findings


def _read_columns(
    world: World,
    legacy: Legacy,
    feeds: Mapping[str, Feed],
    documents: Mapping[str, Document],
    findings: list[Finding],
) -> dict[str, list[str]]:
    columns: dict[str, list[str]] = {}
    for name, feed in feeds.items():
        try:
            columns[name] = read_feed(legacy, feed).schema.names
        except CutoverError as error:
            entity = next(e for e, m in world.specification.mappings.items() if feed_name(m.source) == name)
            findings.append(documents[entity].finding(("source",), error.problem, error.fix))
    return columns


def _unknown_in_expressions(mapping: model.Mapping, there: list[str]) -> Problems:
    # Expressions do not tell upper from lower case.
    known = {column.casefold() for column in (*there, "_row", "_key")}
    orders = mapping.merge.order if mapping.merge else ()
    located = [(place, text) for place, text in located_expressions(mapping) if place[0] != "checks"]
    located += [(("merge", "order", index), order_expression(term)) for index, term in enumerate(orders)]
    for place, text in located:
        for column in sorted(columns_of(text)):
            if column.casefold() not in known:
                yield place, f"the source has no column {column!r}", suggest(column, there)


# --- target ----------------------------------------------------------------------------------------------------------


def _check_target(world: World, documents: Mapping[str, Document]) -> list[Finding]:
    target = world.specification.project.target
    try:
        engine = connect_target(world.connect(target.connection))
    except CutoverError as error:
        place: Location = ("target", "connection")
        return [_document(world, "project.yaml").finding(place, error.problem, error.fix)]
    try:
        # Each statement is a transaction of its own: a table that we may not see keeps no other from being judged.
        alone = engine.execution_options(isolation_level="AUTOCOMMIT")
        with refusals(), alone.connect() as connection:
            return [
                documents[entity].finding(*problem)
                for entity, mapping in world.specification.mappings.items()
                for place in _places(mapping)
                for problem in _check_table(connection, mapping, place, target.schemas)
            ]
    except CutoverError as error:
        return [_document(world, "project.yaml").finding(("target", "connection"), error.problem, error.fix)]
    finally:
        engine.dispose()


def _places(mapping: model.Mapping) -> Iterator[Place]:
    own = mapping.target
    yield Place(own.table, own.id, own.key, mapping.fields, ("target",), ("fields",))
    for index, split in enumerate(mapping.also):
        at: Location = ("also", index)
        yield Place(split.table, split.id, split.key, split.fields, at, (*at, "fields"))


def _check_table(
    connection: TargetConnection, mapping: model.Mapping, place: Place, schemas: tuple[str, ...]
) -> Problems:
    try:
        facts = read_catalogue(connection, place.table)
    except TargetError as error:
        yield (*place.at, "table"), error.problem, error.fix
        return
    if facts.table.split(".")[0] not in schemas:
        problem = f"no fingerprint covers {facts.table}: its schema is not among {', '.join(schemas)}"
        yield (*place.at, "table"), problem, "add the schema to target.schemas in project.yaml"
    yield from _check_identity(facts, place)
    yield from _check_fields(connection, facts, mapping, place)
    yield from _check_required(facts, place)
    if set(place.key) <= set(facts.names) and not any(set(key) <= set(place.key) for key in facts.unique_keys):
        problem = f"{', '.join(place.key)} is not unique in {facts.table}"
        yield (*place.at, "key"), problem, "name the columns of a unique key, or create one in the target"


def _check_identity(facts: TableFacts, place: Place) -> Problems:
    if place.id is None:
        return
    if place.id not in facts.names:
        yield (*place.at, "id"), f"{facts.table} has no column {place.id!r}", suggest(place.id, facts.names)
    elif facts.column(place.id).sequence is None:
        problem = f"column {place.id!r} of {facts.table} has no sequence to reserve keys from"
        yield (*place.at, "id"), problem, "make it an identity column, or leave out `id`"


def _check_codes(connection: TargetConnection, facts: TableFacts, field: model.Codes, at: Location) -> Problems:
    """Find tables of codes that are not there, and columns of theirs that do not say which codes are alive."""
    homes = [key.parent for key in facts.references if key.child_columns == (field.target,)]
    home = field.codes_in or next(iter(homes), None)
    if home is None:
        if field.active is not None:
            yield (*at, "active"), "nothing says which table the codes are in", "name it in `codes_in`"
        return
    try:
        codes = read_catalogue(connection, home)
    except TargetError as error:
        yield (*at, "codes_in"), error.problem, error.fix
        return
    if field.active is not None and field.active not in codes.names:
        yield (*at, "active"), f"{codes.table} has no column {field.active!r}", suggest(field.active, codes.names)


def _check_fields(connection: TargetConnection, facts: TableFacts, mapping: model.Mapping, place: Place) -> Problems:
    for index, field in enumerate(place.fields):
        at = (*place.fields_at, index)
        if isinstance(field, model.Codes):
            yield from _check_codes(connection, facts, field, at)
        yield from _check_column(facts, field.target, target_type(mapping, field), (*at, "target"))
        for key, name, kind in field.further_targets():
            yield from _check_column(facts, name, kind, (*at, key))


def _check_column(facts: TableFacts, name: str, kind: DataType | None, at: Location) -> Problems:
    if name not in facts.names:
        yield at, f"{facts.table} has no column {name!r}", suggest(name, facts.names)
        return
    column = facts.column(name)
    if column.generated:
        yield at, f"{facts.table}.{name} is computed by the target", "drop the rule"
    elif kind is not None and not fits(kind, column):
        problem = f"{kind} does not fit {facts.table}.{name}, which is {tell(column)}"
        yield at, problem, "declare the type that the column has, or widen the column"


def fits(kind: DataType, column: ColumnFacts) -> bool:
    """Whether each value of a declared type can be kept by a column as it is; types we do not carry take any text.

    An integer is taken to fit every number column: how large it gets only the data tell.
    """
    if column.type in _TEXTS:
        return kind.name != "text" or column.length is None or (kind.length or column.length + 1) <= column.length
    if column.type in _ONLY:
        return kind.name in _ONLY[column.type]
    if column.type in _DIGITS:
        return kind.name == "integer" or (kind.scale == 0 and (kind.precision or 0) <= _DIGITS[column.type])
    if column.type == "numeric":
        return kind.name == "integer" or (kind.name == "decimal" and _holds(kind, column))
    return kind.name == "text"


def _holds(kind: DataType, column: ColumnFacts) -> bool:
    if column.precision is None or column.scale is None:
        return True
    whole = (kind.precision or 0) - (kind.scale or 0)
    return whole <= column.precision - column.scale and (kind.scale or 0) <= column.scale


def tell(column: ColumnFacts) -> str:
    """Write the type of a column as PostgreSQL does."""
    if column.length is not None:
        return f"{column.type}({column.length})"
    return f"numeric({column.precision},{column.scale})" if column.precision is not None else column.type


def _check_required(facts: TableFacts, place: Place) -> Problems:
    beside = {name for field in place.fields for _, name, _ in field.further_targets()}
    filled = {place.id, *beside, *(field.target for field in place.fields)}
    for column in facts.columns:
        if not column.nullable and not column.is_filled_by_target and column.name not in filled:
            problem = f"no rule fills {facts.table}.{column.name}, which must have a value"
            yield (*place.at, "table"), problem, "add a rule, or give the column a default in the target"
