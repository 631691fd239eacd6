"""Whether every name in a mapping means something: entities, crosswalks, and rule ids that mean one thing each."""

from collections.abc import Iterator
from collections.abc import Mapping as ReadOnly

from cutover.project.crosswalk import Crosswalk
from cutover.project.model import DefaultAudited, Lookup, LookupEffective, Mapping, Unit, Xref, located_fields
from cutover.project.reading import Document, Finding, Location, suggest

Problems = Iterator[tuple[Location, str, str]]


def check_references(mapping: Mapping, known: ReadOnly[str, Document], mappings: ReadOnly[str, Mapping]) -> Problems:
    """Find references to entities that are not there, or that cannot be referred to so."""
    for place, field in located_fields(mapping):
        if isinstance(field, Xref):
            yield from _check_named(place, field, ("entity",), field.entity, known, mappings)
            for index, entity in enumerate(field.otherwise):
                yield from _check_named(place, field, ("otherwise", index), entity, known, mappings)
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
    field: Xref,
    key: Location,
    entity: str,
    known: ReadOnly[str, Document],
    mappings: ReadOnly[str, Mapping],
) -> Problems:
    if entity not in known:
        yield (*place, *key), f"there is no entity {entity!r}", suggest(entity, list(known))
    elif entity not in mappings:
        return
    elif mappings[entity].target.id is None:
        yield (*place, *key), f"{entity!r} has no `target.id` to refer to", "give it one, or copy its key"
    elif len(mappings[entity].source.key) != len(field.source):
        wanted = ", ".join(mappings[entity].source.key)
        problem = f"{entity!r} is named by {wanted}, not by {len(field.source)} columns"
        yield (*place, "source"), problem, "list as many"


def _terms(mapping: Mapping) -> int:
    return len(mapping.merge.match) if mapping.merge else 0


def check_crosswalks(mapping: Mapping, crosswalks: ReadOnly[str, Crosswalk]) -> Problems:
    """Find crosswalks that are not there, or that are used as another kind than they are."""
    for place, field in located_fields(mapping):
        name = _crosswalk_of(field)
        if name is None:
            continue
        key = "factors" if isinstance(field, Unit) else "crosswalk"
        if name not in crosswalks:
            fix = f"add mappings/crosswalks/{name}.csv, or: {suggest(name, list(crosswalks))}"
            yield (*place, key), f"there is no crosswalk {name!r}", fix
        elif crosswalks[name].effective and not isinstance(field, LookupEffective):
            yield (
                (*place, "kind"),
                f"crosswalk {name!r} has validity dates",
                "use kind lookup_effective with `as_of`",
            )
        elif isinstance(field, Lookup | LookupEffective) and crosswalks[name].parts != len(field.source):
            parts = crosswalks[name].parts
            yield (
                (*place, "source"),
                f"crosswalk {name!r} has {parts} source columns",
                f"list {parts} columns",
            )


def _crosswalk_of(field: object) -> str | None:
    if isinstance(field, Unit):
        return field.factors
    return field.crosswalk if isinstance(field, Lookup | LookupEffective | DefaultAudited) else None


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
        yield (*place, "rule"), field.rule  # type: ignore[attr-defined]
    for name in ("merge", "all_or_none", "acyclic"):
        item = getattr(mapping, name)
        if item is not None:
            yield (name, "rule"), item.rule
