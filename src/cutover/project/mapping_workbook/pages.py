"""What the mapping workbook shows: one page per entity and per crosswalk, cleansing values, decisions, sign-off."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Any, Literal

from cutover.core.cells import MASKED
from cutover.core.composite import ANY
from cutover.core.expression import BadExpression, columns_of
from cutover.project import model
from cutover.project.mapping_workbook.csv_text import read_records
from cutover.project.model import Rule, located_fields
from cutover.project.specification import Specification
from cutover.project.spreadsheet import sheet_name

Kind = Literal["about", "entity", "crosswalk", "cleansing", "decisions", "signoff"]
Row = tuple[str | None, ...]
Code = tuple[str, ...]

RULE_COLUMNS = ("rule", "source", "source type", "fill rate", "sample", "kind", "does", "table", "target", "type",
                "required", "default", "status", "owner", "comment")  # fmt: skip
KEYS = {"default": "value", "comment": "rationale"}  # columns that the files call otherwise
NO_RULE = ("drop", "undecided")  # kinds of lines that tell of a source column without a rule
ENTRY_COLUMNS = ("target", "valid_from", "valid_to", "state", "note")
VALUE_COLUMNS = ("entity", "rule", "column", "before", "after")
CLEANSING = "cleansing values"
_HIDDEN_KEYS = {
    "rule",
    "kind",
    "target",
    "type",
    "required",
    "value",
    "status",
    "owner",
    "rationale",
    "source",
    "examples",
}
_ABOUT = (
    "Edit the yellow columns; everything else is told by the specification and the data.",
    "New lines: on crosswalk sheets leave `line` empty; on the sheet of cleansing values fill rule, before, after.",
    "Lines are never deleted here. `cutover workbook import` shows what was changed before anything is applied.",
    "What is written on the sheets of decisions and sign-off is for people: it is not read back.",
)


@dataclass(frozen=True)
class Figure:
    """A source column in the latest snapshot: its share of filled rows, a sample (masked when personal), its type."""

    fill_rate: str
    sample: str | None
    type: str = ""


@dataclass(frozen=True)
class Figures:
    """What the latest snapshot tells about a specification; all empty when there is none.

    columns: entity -> source column -> its figure. codes: crosswalk -> source code, one text per part -> rows that
    have it; parts that are `***` stand for all codes of personal data that the crosswalk does not know.
    undecided: entity -> source columns that no rule reads and nobody dropped.
    """

    snapshot: str | None = None
    columns: Mapping[str, Mapping[str, Figure]] = field(default_factory=dict)
    codes: Mapping[str, Mapping[tuple[str, ...], int]] = field(default_factory=dict)
    undecided: Mapping[str, Sequence[str]] = field(default_factory=dict)


@dataclass(frozen=True)
class Page:
    """A sheet: what it is about (an entity, a crosswalk), and its rows, one cell per column."""

    sheet: str
    kind: Kind
    about: str
    columns: tuple[str, ...]
    rows: tuple[Row, ...]


def build_pages(specification: Specification, figures: Figures) -> list[Page]:
    """Return the pages of the mapping workbook, in the order of its sheets."""
    taken: set[str] = set()
    pages = [_about(specification, figures, taken)]
    for entity, mapping in specification.mappings.items():
        rows = [_rule_row(mapping, place, rule, figures) for place, rule in located_fields(mapping)]
        rows += _columns_without_rule(mapping, figures)
        pages.append(Page(sheet_name(entity, taken), "entity", entity, RULE_COLUMNS, tuple(rows)))
    values = tuple(chain.from_iterable(map(_value_rows, specification.mappings.values())))
    pages.append(Page(sheet_name(CLEANSING, taken), "cleansing", "", VALUE_COLUMNS, values))
    pages += [_crosswalk_page(specification, name, figures, taken) for name in specification.crosswalks]
    open_rows = tuple(_decisions(specification, figures))
    columns = ("what", "where", "name", "rows", "comment")
    pages.append(Page(sheet_name("open decisions", taken), "decisions", "", columns, open_rows))
    return [*pages, _signoff(specification, taken)]


def _about(specification: Specification, figures: Figures, taken: set[str]) -> Page:
    told = [("project", specification.project.name), ("specification", specification.sha256)]
    told += [("snapshot", figures.snapshot or "none: fill rates, samples and counts are empty")]
    rows = (*told, *(("how to", line) for line in _ABOUT))
    return Page(sheet_name("about", taken), "about", "", ("what", "told"), rows)


def _rule_row(mapping: model.Mapping, place: tuple[str | int, ...], rule: Any, figures: Figures) -> Row:
    split = mapping.also[int(place[1])] if place[0] == "also" else None
    return (
        rule.rule,
        *_source_cells(mapping.entity, sources_of(rule), figures),
        rule.kind,
        _does(rule),
        split.table if split else mapping.target.table,
        rule.target,
        str(rule.type) if rule.type else None,
        "yes" if rule.required else None,
        default_of(rule),
        rule.status,
        rule.owner or None,
        rule.rationale or None,
    )


def _source_cells(entity: str, sources: Sequence[str], figures: Figures) -> Row:
    """Return the cells of source, source type, fill rate and sample."""
    known = {name.casefold(): figure for name, figure in figures.columns.get(entity, {}).items()}
    shown = [known[name.casefold()] for name in sources if name.casefold() in known]
    return (
        ", ".join(sources) or None,
        " | ".join(figure.type for figure in shown).strip(" |") or None,
        " | ".join(figure.fill_rate for figure in shown) or None,
        " | ".join(figure.sample or "" for figure in shown)[:200].strip(" |") or None,
    )


def _columns_without_rule(mapping: model.Mapping, figures: Figures) -> Iterator[Row]:
    """Yield a line for each source column that is dropped, or that nobody decided on yet."""
    told = [(column, "drop", f"reason: {drop.reason}; approver: {drop.approver}")
            for drop in mapping.drops for column in drop.column]  # fmt: skip
    told += [(column, "undecided", "no rule reads it, and nobody dropped it")
             for column in figures.undecided.get(mapping.entity, ())]  # fmt: skip
    for column, kind, does in told:
        empty = (None,) * (len(RULE_COLUMNS) - 7)
        yield f"({kind}) {column}", *_source_cells(mapping.entity, [column], figures), kind, does, *empty


def sources_of(rule: Rule) -> tuple[str, ...]:
    """Return the source columns that a rule reads, those of its expressions too."""
    named = [name for _, name in rule.columns()]
    for _, expression in rule.expressions():
        named += sorted(_columns_of(expression))
    return tuple(dict.fromkeys(named))


def _columns_of(expression: str) -> set[str]:
    try:
        return set(columns_of(expression))
    except BadExpression:
        return set()


def _does(rule: Any) -> str | None:
    told = rule.model_dump(exclude=_HIDDEN_KEYS, exclude_defaults=True, mode="json")
    parts = [f"{key}: {_listed(value)}" for key, value in told.items()]
    shown = "; ".join(map(_example, rule.examples))
    return "; ".join([*parts, *([f"such as {shown}"] if shown else [])]) or None


def _example(example: model.Example) -> str:
    given = ", ".join(f"{column} = {'nothing' if value is None else value}" for column, value in example.given.items())
    end = f"is rejected ({example.rejects})" if example.rejects else f"gives {example.gives or 'nothing'}"
    return f"{given or 'nothing'} {end}"


def _listed(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def default_of(rule: Any) -> str | None:
    """Return the declared value of a constant or a default as text; None where a rule has none."""
    value = getattr(rule, "value", None)
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return None if value is None else text or None


def _value_rows(mapping: model.Mapping) -> Iterator[Row]:
    for rule in mapping.cleanse:
        for before, after in rule.values.items():
            yield mapping.entity, rule.rule, ", ".join(rule.column), before, after


def _crosswalk_page(specification: Specification, name: str, figures: Figures, taken: set[str]) -> Page:
    text = (specification.root / "mappings" / "crosswalks" / f"{name}.csv").read_text(encoding="utf-8-sig")
    header, *records = read_records(text)
    sources = [column for column in header.fields if column.startswith("source")]
    places = [header.fields.index(column) for column in sources]
    entries = [tuple(record.fields[place] for place in places) for record in records]
    counts, unmapped = share_out(specification, name, figures.codes.get(name, {}), entries)
    rows: list[Row] = []
    for record in records:
        cells = dict(zip(header.fields, record.fields, strict=True))
        code = tuple(cells[column] for column in sources)
        entry = {**cells, "state": cells.get("state") or "confirmed"}
        found = str(counts.get(code, 0)) if name in figures.codes else None
        rows.append((str(record.line), *code, *(entry.get(column) or None for column in ENTRY_COLUMNS), found))
    for code, count in sorted(unmapped.items()):
        if MASKED not in code:
            rows.append((None, *code, *(None,) * len(ENTRY_COLUMNS), str(count)))
    columns = ("line", *sources, *ENTRY_COLUMNS, "rows")
    return Page(sheet_name(f"codes {name}", taken), "crosswalk", name, columns, tuple(rows))


def share_out(
    specification: Specification, crosswalk: str, codes: Mapping[Code, int], entries: Sequence[Code]
) -> tuple[dict[Code, int], dict[Code, int]]:
    """Return the rows of each entry, the most exact one of those that match a code, and those of codes without one."""
    rules = (rule for mapping in specification.mappings.values() for _, rule in located_fields(mapping))
    wild = any(isinstance(rule, model.LookupComposite) and rule.crosswalk == crosswalk for rule in rules)
    known = set(entries)
    counts: Counter[Code] = Counter()
    unmapped: dict[Code, int] = {}
    for code, rows in codes.items():
        fitting = [entry for entry in known if wild and _matches(entry, code)]
        entry = code if code in known else max(fitting, key=_exactness, default=None)
        if entry is None:
            unmapped[code] = rows
        else:
            counts[entry] += rows
    return dict(counts), unmapped


def _matches(entry: Code, code: Code) -> bool:
    return all(part in (ANY, given) for part, given in zip(entry, code, strict=True))


def _exactness(entry: Code) -> int:
    return sum(part != ANY for part in entry)


def _decisions(specification: Specification, figures: Figures) -> Iterator[Row]:
    for entity, mapping in specification.mappings.items():
        for _, rule in located_fields(mapping):
            if rule.status == "draft":
                yield "draft rule", entity, rule.rule, None, None
        for column in figures.undecided.get(entity, ()):
            yield "unmapped column", entity, column, None, None
    for name, crosswalk in specification.crosswalks.items():
        for entry in crosswalk.entries:
            if entry.state == "proposed":
                yield "proposed entry", name, "|".join(entry.source), None, None
        entries = [entry.source for entry in crosswalk.entries]
        _, unmapped = share_out(specification, name, figures.codes.get(name, {}), entries)
        for code, count in sorted(unmapped.items()):
            yield "unmapped code", name, "|".join(code), str(count), None


def _signoff(specification: Specification, taken: set[str]) -> Page:
    columns = ("scope", "role", "name", "decision", "date", "comment")
    roles = ("data owner", "target functional lead")
    scopes = ("the whole specification", *specification.mappings)
    rows = tuple((scope, role, None, None, None, None) for scope in scopes for role in roles)
    return Page(sheet_name("sign-off", taken), "signoff", "", columns, rows)
