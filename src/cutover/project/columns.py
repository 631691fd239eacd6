"""Whether the source columns that the mappings name are there, found as soon as the sources can be asked."""

from collections.abc import Iterator, Sequence
from collections.abc import Mapping as ReadOnly

from cutover.core.expression import columns_of
from cutover.project.model import Mapping, Rule, located_fields
from cutover.project.reading import Finding, Location, read_document, suggest
from cutover.project.specification import Specification

Named = Iterator[tuple[Location, str]]


def check_columns(specification: Specification, columns: ReadOnly[str, Sequence[str]]) -> list[Finding]:
    """Return a finding for each source column that a mapping names and its source does not have.

    columns: entity -> the columns of its source; entities that are not in it are not checked. Columns inside
    expressions are left to their evaluation.
    """
    findings = []
    for entity, there in columns.items():
        unknown = [(place, name) for place, name in named_columns(specification.mappings[entity]) if name not in there]
        if unknown:
            file = f"mappings/{entity}.yaml"
            document = read_document(specification.root / file, file)
            findings += [
                document.finding(place, f"the source has no column {name!r}", suggest(name, list(there)))
                for place, name in unknown
            ]
    return findings


def columns_read(rule: Rule) -> set[str]:
    """Return the clean columns that a rule reads, those inside its expressions too, as they are written there."""
    inside = {name for _, expression in rule.expressions() for name in columns_of(expression)}
    return inside | {name for _, name in rule.columns()}


def named_columns(mapping: Mapping) -> Named:
    """Yield each source column that a mapping names outside of expressions, with its place in the file."""
    yield from ((("source", "key"), name) for name in mapping.source.key)
    yield from ((("source", "columns", name), name) for name in mapping.source.columns)
    for index, cleanse in enumerate(mapping.cleanse):
        yield from ((("cleanse", index, "column"), name) for name in cleanse.column)
        if cleanse.beside is not None:
            yield ("cleanse", index, "beside"), cleanse.beside
    for index, drop in enumerate(mapping.drops):
        yield from ((("drops", index, "column"), name) for name in drop.column)
    for index, control in enumerate(mapping.control):
        yield ("control", index, "source"), control.source
        if control.by is not None:
            yield ("control", index, "by"), control.by
    yield from ((("pilot", "strata", index), name) for index, name in enumerate(mapping.pilot.strata))
    for key in ("pii", "identities"):
        yield from (((key, index), name) for index, name in enumerate(getattr(mapping, key)))
    yield from _named_by_rows(mapping)
    for place, field in located_fields(mapping):
        yield from (((*place, *at), name) for at, name in field.columns())


def _named_by_rows(mapping: Mapping) -> Named:
    if mapping.merge is not None:
        yield from ((("merge", "fill", index), name) for index, name in enumerate(mapping.merge.fill))
        yield from ((("merge", "survive", name), name) for name in mapping.merge.survive)
    if mapping.duplicates is not None:
        named = ((key, getattr(mapping.duplicates, key)) for key in ("name", "identity"))
        yield from ((("duplicates", key), name) for key, name in named if name is not None)
    if mapping.acyclic is not None:
        for key in ("parent", "child"):
            yield from ((("acyclic", key), name) for name in getattr(mapping.acyclic, key))
    if mapping.history is not None:
        for key in ("day", "until"):
            if getattr(mapping.history, key) is not None:
                yield ("history", key), getattr(mapping.history, key)
        for key in ("by", "sum"):
            yield from ((("history", key), name) for name in getattr(mapping.history, key))
    if mapping.all_or_none is not None:
        yield from ((("all_or_none", "by"), name) for name in mapping.all_or_none.by)
