"""Whether every name in a mapping means something: entities, crosswalks, and rule ids that mean one thing each."""

from collections.abc import Iterator
from collections.abc import Mapping as ReadOnly

from cutover.core.composite import find_ambiguous
from cutover.project.crosswalk import Crosswalk
from cutover.project.model import (
    Codes,
    Currency,
    Hierarchy,
    LookupComposite,
    LookupEffective,
    Mapping,
    Reference,
    Rule,
    Unit,
    Xref,
    located_fields,
)
from cutover.project.reading import Document, Finding, Location, suggest

RATE = ("currency", "target currency", "rate type")
Problems = Iterator[tuple[Location, str, str]]


def check_references(mapping: Mapping, known: ReadOnly[str, Document], mappings: ReadOnly[str, Mapping]) -> Problems:
    """Find references to entities that are not there, or that cannot be referred to so."""
    for place, field in located_fields(mapping):
        if isinstance(field, Reference):
            yield from _check_named(place, field, ("entity",), field.entity, mapping.entity, known, mappings)
        if isinstance(field, Hierarchy) and field.entity != mapping.entity:
            yield (*place, "entity"), f"a hierarchy stays within {mapping.entity!r}", "use kind xref for other entities"
        if isinstance(field, Xref):
            for index, entity in enumerate(field.otherwise):
                yield from _check_named(place, field, ("otherwise", index), entity, mapping.entity, known, mappings)
            yield from _check_alike(place, field, mappings)
    if mapping.acyclic is not None and mapping.acyclic.nodes is not None and mapping.acyclic.nodes not in known:
        nodes = mapping.acyclic.nodes
        yield ("acyclic", "nodes"), f"there is no entity {nodes!r}", suggest(nodes, list(known))
    for index, entity in enumerate(mapping.merge.into if mapping.merge else ()):
        if entity not in known:
            yield ("merge", "into", index), f"there is no entity {entity!r}", suggest(entity, list(known))
        elif entity in mappings and _terms(mappings[entity]) != _terms(mapping):
            yield (
                ("merge", "into", index),
                f"{entity!r} merges by {_terms(mappings[entity])} expressions, not by {_terms(mapping)}",
                "match by the same terms in both, so that their rows can be found equal",
            )


def _check_named(
    place: Location,
    field: Reference,
    key: Location,
    entity: str,
    of: str,
    known: ReadOnly[str, Document],
    mappings: ReadOnly[str, Mapping],
) -> Problems:
    if entity not in known:
        yield (*place, *key), f"there is no entity {entity!r}", suggest(entity, list(known))
    elif entity not in mappings:
        return
    elif mappings[entity].target.id is None and not named_by_key(mappings[entity]):
        yield (*place, *key), f"{entity!r} has no `target.id` to refer to", "give it one, or copy its key"
    elif mappings[entity].target.id is None and (isinstance(field, Hierarchy) or entity == of):
        yield (*place, *key), f"{entity!r} has no `target.id` to refer to itself by", "give it one"
    elif mappings[entity].target.id is None and field.type is None:
        problem = f"{entity!r} has no `target.id`: its rows are named by {mappings[entity].target.key[0]!r}"
        yield (*place, *key), problem, "declare the `type` of this column, as that column has it"
    elif len(mappings[entity].source.key) != len(field.source):
        wanted = ", ".join(mappings[entity].source.key)
        problem = f"{entity!r} is named by {wanted}, not by {len(field.source)} columns"
        yield (*place, "source"), problem, "list as many"


def named_by_key(mapping: Mapping) -> bool:
    """Whether rows of an entity without an identity can be referred to by the only column of their key."""
    return len(mapping.target.key) == 1 and not (mapping.merge and mapping.merge.into)


def _check_alike(place: Location, field: Xref, mappings: ReadOnly[str, Mapping]) -> Problems:
    known = [mappings[entity] for entity in field.entities if entity in mappings]
    if len({mapping.target.id is None for mapping in known}) > 1:
        problem = "some of these entities are named by an identity, some by their own key"
        yield (*place, "otherwise"), problem, "refer to entities of one sort"


def _terms(mapping: Mapping) -> int:
    return len(mapping.merge.match) if mapping.merge else 0


def check_crosswalks(mapping: Mapping, crosswalks: ReadOnly[str, Crosswalk]) -> Problems:
    """Find crosswalks that are not there, or that are used as another kind than they are."""
    for place, field in located_fields(mapping):
        for key, name in field.crosswalks():
            if name in crosswalks:
                yield from _check_use(place, field, crosswalks[name])
            else:
                fix = f"add mappings/crosswalks/{name}.csv, or: {suggest(name, list(crosswalks))}"
                yield (*place, key), f"there is no crosswalk {name!r}", fix


def _check_use(place: Location, field: Rule, crosswalk: Crosswalk) -> Problems:
    name, parts = crosswalk.name, crosswalk.parts
    if crosswalk.effective and not isinstance(field, LookupEffective | Currency):
        problem = f"crosswalk {name!r} has validity dates"
        yield (*place, "kind"), problem, "use kind lookup_effective with `as_of`"
    elif isinstance(field, Currency) and parts != len(RATE):
        problem = f"crosswalk {name!r} has {parts} source columns, rates have {len(RATE)}"
        yield (*place, "rates"), problem, f"let source, source_2, source_3 be {', '.join(RATE)}"
    elif isinstance(field, Codes | Unit) and parts != len(field.looked_up()):
        yield (*place, field.looks_up), f"crosswalk {name!r} has {parts} source columns", f"list {parts} columns"
    elif crosswalk.wild and not isinstance(field, LookupComposite):
        problem = f"crosswalk {name!r} holds `*` for any value"
        yield (*place, "kind"), problem, "use kind lookup_composite"


def check_ambiguous(mappings: ReadOnly[str, Mapping], crosswalks: ReadOnly[str, Crosswalk]) -> Iterator[Finding]:
    """Find confirmed entries with `*` that match a common key equally well and say different things."""
    fields = (field for mapping in mappings.values() for _, field in located_fields(mapping))
    names = {field.crosswalk for field in fields if isinstance(field, LookupComposite)}
    for name in sorted(names & crosswalks.keys()):
        entries = crosswalks[name].confirmed
        for first, second in find_ambiguous([(entry.source, entry.target) for entry in entries]):
            one, other = entries[first], entries[second]
            problem = f"{'|'.join(other.source)!r} and {'|'.join(one.source)!r} of line {one.line} match equally well"
            fix = "add the entry that is more exact than both, or let one of them say less"
            yield Finding(f"mappings/crosswalks/{name}.csv", other.line, 1, problem, fix)


def check_rule_ids(documents: ReadOnly[str, Document], mappings: ReadOnly[str, Mapping]) -> Iterator[Finding]:
    """Find rule ids that are used twice in a project."""
    seen: dict[str, str] = {}
    for entity, mapping in mappings.items():
        for place, rule in _rule_ids(mapping):
            here = documents[entity].name
            if rule in seen:
                yield documents[entity].finding(
                    place, f"rule {rule!r} exists already in {seen[rule]}", "give it a new id"
                )
            seen[rule] = here


def _rule_ids(mapping: Mapping) -> Iterator[tuple[Location, str]]:
    for name in ("cleanse", "exclude", "checks", "also"):
        for index, item in enumerate(getattr(mapping, name)):
            yield (name, index, "rule"), item.rule
    for place, field in located_fields(mapping):
        yield (*place, "rule"), field.rule
    for name in ("merge", "history", "all_or_none", "acyclic"):
        item = getattr(mapping, name)
        if item is not None:
            yield (name, "rule"), item.rule
