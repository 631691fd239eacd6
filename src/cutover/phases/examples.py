"""Try the examples that rules carry: each is one row, filled as `map` would, without any system or data."""

from collections.abc import Iterator

import pyarrow as pa

from cutover.core.rules import as_array, constant, truth
from cutover.core.types import TEXT, type_of
from cutover.errors import TerminalError
from cutover.phases.mapping.filling import FilledColumn, fill_columns
from cutover.phases.mapping.lookups import Lookups, crosswalk_lookups
from cutover.project.columns import columns_read
from cutover.project.fitting import source_type
from cutover.project.model import Attachment, Example, Hierarchy, Mapping, Rule, Scalar, Sequence, Xref, located_fields
from cutover.project.reading import Finding, Location, read_document
from cutover.project.specification import Specification

Problems = Iterator[tuple[Location, str, str]]
# What these fill depends on other rows, or on files.
_UNTRIED = (Xref, Hierarchy, Sequence, Attachment)
_MEND = "correct the rule or its example"


def check_examples(specification: Specification) -> list[Finding]:
    """Return a finding for each example that does not come out as it says, at its place."""
    lookups, findings = crosswalk_lookups(specification), []
    for entity, mapping in specification.mappings.items():
        file = f"mappings/{entity}.yaml"
        problems = [problem for located in located_fields(mapping) for problem in _try_all(mapping, *located, lookups)]
        if problems:
            document = read_document(specification.root / file, file)
            findings += [document.finding(*problem) for problem in problems]
    return findings


def _try_all(mapping: Mapping, place: Location, rule: Rule, lookups: Lookups) -> Problems:
    if rule.examples and isinstance(rule, _UNTRIED):
        told = f"a rule of kind {rule.kind} fills by what other rows or files hold: no example can be tried"
        yield (*place, "examples"), told, "remove it; `cutover preview` shows what the rule makes of the data"
        return
    read = columns_read(rule)
    known = {name.casefold() for name in read}
    for index, example in enumerate(rule.examples):
        at: Location = (*place, "examples", index)
        strange = [name for name in example.given if name.casefold() not in known]
        if strange:
            told = f"rule {rule.rule} reads no column {strange[0]!r}"
            yield (*at, "given", strange[0]), told, f"use some of {', '.join(sorted(read))}"
            continue
        found = _try(mapping, rule, example, read, lookups)
        wanted = _wanted(example)
        if found != wanted:
            yield at, f"rule {rule.rule} {found}, the example says that it {wanted}", _MEND


def _wanted(example: Example) -> str:
    if example.rejects is not None:
        return f"rejects ({example.rejects})"
    return _gives(None if example.gives is None else str(example.gives))


def _gives(text: str | None) -> str:
    return "gives nothing" if text is None else f"gives {text!r}"


def _try(mapping: Mapping, rule: Rule, example: Example, read: set[str], lookups: Lookups) -> str:
    """Return what a rule makes of the values of an example."""
    try:
        (column, *_) = fill_columns([rule], _row(mapping, example, read), lookups)
    except (TerminalError, ValueError) as error:
        return f"cannot be computed: {error.problem if isinstance(error, TerminalError) else error}"
    return _came_out(column, example)


def _row(mapping: Mapping, example: Example, read: set[str]) -> pa.Table:
    given = {name.casefold(): value for name, value in example.given.items()}
    columns = {}
    for name in sorted(read):
        columns[name] = constant(given.get(name.casefold()), source_type(mapping, name) or TEXT, 1)
    return pa.table({"_row": pa.array([0], pa.int64()), **columns})


def _came_out(column: FilledColumn, example: Example) -> str:
    reasons = [reason for reason, mask in column.filled.failures if truth(mask)[0].as_py()]
    value = as_array(column.filled.values)[0]
    if not reasons and column.rule.required and value.as_py() is None:
        reasons = ["required"]
    if reasons:
        return f"rejects ({example.rejects if example.rejects in reasons else reasons[0]})"
    if example.gives is not None and _is(value, example.gives):
        # 1.5 and 1.50 are one number: told as the example has it.
        return _gives(str(example.gives))
    return _gives(None if value.as_py() is None else str(value.as_py()))


def _is(value: pa.Scalar, wanted: Scalar) -> bool:
    try:
        return bool(constant(wanted, type_of(value.type), 1)[0].equals(value))
    except ValueError:
        return False
