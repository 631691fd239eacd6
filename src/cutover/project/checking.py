"""What can be wrong between the files of a specification, found without any system: names, orders, expressions."""

from collections.abc import Callable, Iterator, Sequence
from collections.abc import Mapping as ReadOnly
from pathlib import Path

from cutover.core.expression import BadExpression, check_expression, check_order, columns_of
from cutover.core.ordering import Cycle, order_entities
from cutover.core.validators import VALIDATORS
from cutover.project import fitting, kinds, mending, naming, never
from cutover.project.control_totals import FOLDER, read_pairs
from cutover.project.crosswalk import Crosswalk
from cutover.project.model import Mapping, ProjectFile, Reference, Rule, Source, Split, Target, located_fields
from cutover.project.reading import Document, Finding, Location, suggest
from cutover.project.text_files import check_text_files

_PLACES = ("table", "extract", "csv", "fixed", "excel", "json")
Problems = Iterator[tuple[Location, str, str]]
Checker = Callable[[Mapping], Problems]


def parents_of(mapping: Mapping) -> frozenset[str]:
    """Return the entities a mapping references: by a key, or because their rows may survive its own."""
    fields = [field for _, field in located_fields(mapping) if isinstance(field, Reference)]
    keys = {entity for field in fields for entity in field.entities}
    return frozenset(keys | set(mapping.merge.into if mapping.merge else ()))


def check_specification(
    root: Path,
    project_document: Document,
    project: ProjectFile | None,
    documents: ReadOnly[str, Document],
    mappings: ReadOnly[str, Mapping],
    crosswalks: ReadOnly[str, Crosswalk],
) -> list[Finding]:
    """Return every contradiction between the files of a project, each with its place and mend.

    project: None when it is not readable; what depends on it is not judged then. documents: every mapping file.
    mappings: those that are readable; what the others hold is not judged.
    """
    findings: list[Finding] = []
    checkers = _checkers(documents, mappings, crosswalks)
    if project is not None:
        findings += _check_project(root, project_document, project, documents)
        findings += _check_pairs(root, project, documents)
        checkers += [
            lambda mapping: _check_source(root, project, mapping),
            lambda mapping: kinds.check_stores(mapping, project),
        ]
    for entity, mapping in mappings.items():
        for checker in checkers:
            findings += [documents[entity].finding(*problem) for problem in checker(mapping)]
    fields = (located for mapping in mappings.values() for located in located_fields(mapping))
    findings += fitting.check_factors(fields, crosswalks)
    findings += naming.check_ambiguous(mappings, crosswalks)
    findings += naming.check_rule_ids(documents, mappings)
    findings += _check_order(documents, mappings)
    return findings


def _checkers(
    documents: ReadOnly[str, Document], mappings: ReadOnly[str, Mapping], crosswalks: ReadOnly[str, Crosswalk]
) -> list[Checker]:
    return [
        lambda mapping: naming.check_references(mapping, documents, mappings),
        lambda mapping: naming.check_crosswalks(mapping, crosswalks),
        mending.check_remedies,
        _check_expressions,
        _check_tests,
        _check_test_columns,
        _check_targets,
        lambda mapping: fitting.check_values(located_fields(mapping)),
        lambda mapping: fitting.check_casts(located_fields(mapping)),
        lambda mapping: fitting.check_sources(mapping, located_fields(mapping)),
        fitting.check_tests,
        kinds.check_patterns,
        kinds.check_numbers,
        kinds.check_derived,
        kinds.check_postings,
        _check_unique,
        never.check_readings,
        never.check_made_up,
        lambda mapping: never.check_merges(mapping, mappings),
    ]


def _check_project(
    root: Path, document: Document, project: ProjectFile, known: ReadOnly[str, Document]
) -> Iterator[Finding]:
    for wave, members in project.waves.items():
        for index, entity in enumerate(members.entities):
            if entity not in known:
                place: Location = ("waves", wave, "entities", index)
                yield document.finding(
                    place,
                    f"wave {wave!r} names the unknown entity {entity!r}",
                    suggest(entity, list(known)),
                )
    for index, name in enumerate(project.target.setup):
        if not (root / "sql" / name).is_file():
            yield document.finding(
                ("target", "setup", index), f"there is no sql/{name}", "create the file or drop the line"
            )


def _check_source(root: Path, project: ProjectFile, mapping: Mapping) -> Problems:
    source = mapping.source
    if source.system not in project.systems:
        yield (
            ("source", "system"),
            f"there is no system {source.system!r}",
            suggest(source.system, list(project.systems)),
        )
    named = [place for place in _PLACES if _declares(source, place)]
    if len(named) != 1:
        found = " and ".join(named) or "none"
        yield ("source",), f"a source is one of {', '.join(_PLACES)}, here {found}", "keep exactly one"
    if source.extract is not None and not (root / "sql" / source.extract).is_file():
        yield ("source", "extract"), f"there is no sql/{source.extract}", "create the file or use `table`"
    yield from check_text_files(source)


def _declares(source: Source, kind: str) -> bool:
    return getattr(source, "json_" if kind == "json" else kind) is not None


def _check_expressions(mapping: Mapping) -> Problems:
    for place, expression in located_expressions(mapping):
        try:
            check_expression(expression)
        except BadExpression as error:
            yield place, str(error), "write one SQL expression, such as: STATUS = 'X' and MENGE > 0"
    if mapping.acyclic is not None and mapping.acyclic.released is not None:
        try:
            check_expression(mapping.acyclic.released)
        except BadExpression as error:
            yield ("acyclic", "released"), str(error), "write one SQL expression, such as: STATUS = 'R'"
    for index, term in enumerate(mapping.merge.order if mapping.merge else ()):
        try:
            check_order(term)
        except BadExpression as error:
            yield ("merge", "order", index), str(error), "write an order term, such as: CHANGED desc nulls last"
    for column, terms in (mapping.merge.survive if mapping.merge else {}).items():
        for term in terms:
            try:
                check_order(term)
            except BadExpression as error:
                yield ("merge", "survive", column), str(error), "write an order term, such as: CHANGED desc nulls last"


def located_expressions(mapping: Mapping) -> Iterator[tuple[Location, str]]:
    """Yield each expression of a mapping with its place; those of `checks` read target columns, others clean ones."""
    for index, cleanse in enumerate(mapping.cleanse):
        if cleanse.when:
            yield ("cleanse", index, "when"), cleanse.when
    for index, drop in enumerate(mapping.exclude):
        yield ("exclude", index, "when"), drop.when
    for index, check in enumerate(mapping.checks):
        yield from (
            (("checks", index, name), text) for name in ("expression", "when") if (text := getattr(check, name))
        )
    for index, split in enumerate(mapping.also):
        if split.when:
            yield ("also", index, "when"), split.when
    for index, term in enumerate(mapping.merge.match if mapping.merge else ()):
        yield ("merge", "match", index), term
    for place, field in located_fields(mapping):
        yield from (((*place, *at), text) for at, text in field.expressions())


def _check_tests(mapping: Mapping) -> Problems:
    columns = [field.target for field in mapping.fields]
    for index, check in enumerate(mapping.checks):
        tests = [check.pattern, check.valid, check.one_of, check.expression]
        bounded = check.minimum is not None or check.maximum is not None
        if sum(test is not None for test in tests) + bounded != 1:
            yield ("checks", index), "a check has exactly one test", "split it into one check per test"
        if check.expression is None and check.column not in columns:
            yield (
                ("checks", index, "column"),
                f"no field fills {check.column!r}",
                suggest(str(check.column), columns),
            )
        if check.valid is not None and check.valid not in VALIDATORS:
            yield (
                ("checks", index, "valid"),
                f"there is no validator {check.valid!r}",
                suggest(check.valid, list(VALIDATORS)),
            )


def _check_test_columns(mapping: Mapping) -> Problems:
    filled = [field.target for field in mapping.fields]
    filled += [name for field in mapping.fields for _, name, _ in field.further_targets()]
    known = {column.casefold() for column in (*filled, "_row", "_key", "_id")}
    for place, expression in located_expressions(mapping):
        for column in _columns_of(expression) if place[0] == "checks" else ():
            if column.casefold() not in known:
                yield place, f"no field fills {column!r}", suggest(column, filled)


def _columns_of(expression: str) -> list[str]:
    try:
        return sorted(columns_of(expression))
    except BadExpression:
        return []  # told elsewhere


def _check_targets(mapping: Mapping) -> Problems:
    tables: list[tuple[Location, Location, Sequence[Rule], Sequence[str], str | None]] = [
        (("fields",), ("target",), mapping.fields, mapping.target.key, mapping.target.id),
        *(
            (("also", index, "fields"), ("also", index), split.fields, split.key, split.id)
            for index, split in enumerate(mapping.also)
        ),
    ]
    for place, table, fields, keys, identity in tables:
        filled = [field.target for field in fields]
        yield from _filled_twice(place, fields, identity)
        for key in keys:
            if key not in filled:
                yield (*table, "key"), f"no field fills the key column {key!r}", suggest(key, filled)
    splits = {split.rule: split.fields for split in mapping.also}
    for index, control in enumerate(mapping.control):
        if control.also is not None and control.also not in splits:
            yield (
                ("control", index, "also"),
                f"there is no further row {control.also!r}",
                suggest(control.also, list(splits)),
            )
        elif control.target not in [field.target for field in splits.get(control.also or "", mapping.fields)]:
            yield (
                ("control", index, "target"),
                f"no field fills {control.target!r}",
                "name a filled target column",
            )


def _filled_twice(place: Location, fields: Sequence[Rule], identity: str | None) -> Problems:
    seen = {identity}
    for index, field in enumerate(fields):
        beside = [(key, column) for key, column, _ in field.further_targets()]
        for key, column in (("target", field.target), *beside):
            if column in seen:
                told = "is the identity" if column == identity else "is filled already"
                yield (*place, index, key), f"{column!r} {told}", "keep one rule per target column"
            seen.add(column)


def _check_unique(mapping: Mapping) -> Problems:
    entries: list[tuple[Location, Target | Split]] = [(("target",), mapping.target)]
    entries += [(("also", index), split) for index, split in enumerate(mapping.also)]
    for place, table in entries:
        filled = [field.target for field in (table.fields if isinstance(table, Split) else mapping.fields)]
        for index, key in enumerate(table.unique):
            for column in key:
                if column not in filled:
                    problem = f"no field fills {column!r} of the unique key {', '.join(key)}"
                    yield (*place, "unique", index), problem, suggest(column, filled)


def _check_pairs(root: Path, project: ProjectFile, known: ReadOnly[str, Document]) -> Iterator[Finding]:
    pairs, findings = read_pairs(root)
    yield from findings
    for pair in pairs:
        file = f"{FOLDER}/{pair.name}.old.sql"
        if pair.system not in project.systems:
            yield Finding(
                file, 1, 1, f"there is no system {pair.system!r}", suggest(pair.system, list(project.systems))
            )
        for told in pair.explanations:
            if told.entity not in known:
                yield Finding(file, 1, 1, f"there is no entity {told.entity!r}", suggest(told.entity, list(known)))


def _check_order(documents: ReadOnly[str, Document], mappings: ReadOnly[str, Mapping]) -> Iterator[Finding]:
    try:
        order_entities({entity: parents_of(mapping) for entity, mapping in mappings.items()})
    except Cycle as cycle:
        yield documents[cycle.path[0]].finding(
            ("entity",),
            f"entities reference each other in a circle: {cycle}",
            "break it: drop one reference, or fill it later",
        )
