"""A mapping workbook that came back against what was exported: every change, and every cell that cannot be taken."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import date

from cutover.core.rules import constant
from cutover.project.mapping_workbook.book import CHOICES, EDITABLE, Book, Line
from cutover.project.mapping_workbook.changes import (
    BadCell,
    Change,
    EntryChange,
    NewEntry,
    RuleChange,
    ValueChange,
    told,
)
from cutover.project.mapping_workbook.pages import KEYS, NO_RULE, Page
from cutover.project.model import Constant, DefaultAudited, Rule, located_fields
from cutover.project.reading import suggest
from cutover.project.specification import Specification
from cutover.project.spreadsheet import column_letter

Cells = dict[str, str | None]
_KEYS = {"entity": ("rule",), "crosswalk": ("line",), "cleansing": ("rule", "before"),
         "decisions": ("what", "where", "name")}  # fmt: skip
_FREE = {"decisions": ("comment",)}
_RENEWED = ("about", "signoff")  # written for people, and not read back


def find_changes(book: Book, specification: Specification) -> tuple[list[Change], list[BadCell]]:
    """Return what was changed in a workbook since its export, and every cell that cannot be taken.

    specification: as it is now; it knows the rules whose defaults must fit their types.
    """
    found: list[Change | BadCell] = []
    pages = {page.sheet: page for page in book.pages}
    for name in book.sheets:
        if name not in pages:
            fix = "delete it; a new crosswalk begins as a file of the project"
            found.append(BadCell(f"{name}!A1", "the sheet is none of the specification", fix))
    for page in book.pages:
        if page.kind in _RENEWED:
            continue
        if page.sheet not in book.sheets:
            found.append(BadCell(f"{page.sheet}!A1", "the sheet is missing", "put it back from another export"))
        else:
            found += _Comparison(page, book, specification).run()
    return (
        [each for each in found if not isinstance(each, BadCell)],
        [each for each in found if isinstance(each, BadCell)],
    )


class _Comparison:
    """One page against its sheet."""

    def __init__(self, page: Page, book: Book, specification: Specification) -> None:
        self.page, self.sheet, self.specification = page, book.sheets[page.sheet], specification
        self.editable = EDITABLE.get(page.kind, ())
        self.key = _KEYS[page.kind]
        self.sources = tuple(column for column in page.columns if column.startswith("source"))

    def run(self) -> Iterator[Change | BadCell]:
        bad = list(self._check_header())
        if bad:
            yield from bad
            return
        exported = {self._key(cells): cells for cells in self._exported()}
        expected = Counter(map(self._key, self._exported()))
        seen: Counter[tuple[str | None, ...]] = Counter()
        for line in self.sheet.lines:
            key = self._key(line.cells)
            line = _without_blanks(line, exported.get(key, {}))
            yield from self._check_line(line)
            if self.page.kind == "crosswalk" and line.cells["line"] is None:
                yield from self._new_entry(line)
                continue
            seen[key] += 1
            if seen[key] > max(1, expected[key]):
                yield self._bad(line, self.key[0], f"{_named(self.key, key)} stands twice", self._mend_twice())
            elif key in exported:
                yield from self._compare(line, exported[key])
            else:
                yield from self._unknown(line, key, exported)
        for key in exported:
            if key not in seen and not (self.page.kind == "crosswalk" and key == (None,)):
                problem = f"the line of {_named(self.key, key)} is gone"
                yield BadCell(f"{self.page.sheet}!A1", problem, "put it back; lines are removed in the project's files")
        yield from self._overlaps()

    def _exported(self) -> Iterator[Cells]:
        for row in self.page.rows:
            yield {name: normal(cell) for name, cell in zip(self.page.columns, row, strict=True)}

    def _key(self, cells: Cells) -> tuple[str | None, ...]:
        return tuple(cells[column] for column in self.key)

    def _check_header(self) -> Iterator[BadCell]:
        for index, name in enumerate(self.sheet.header):
            place = f"{self.page.sheet}!{column_letter(index)}1"
            if name not in self.page.columns:
                yield BadCell(place, f"the column {name!r} is unknown", "delete it; remarks go to comment or note")
            elif name in self.sheet.header[:index]:
                yield BadCell(place, f"the column {name!r} stands twice", "delete one of them")
        for name in self.page.columns:
            if name not in self.sheet.header:
                yield BadCell(f"{self.page.sheet}!A1", f"the column {name!r} is missing", "put it back")

    def _check_line(self, line: Line) -> Iterator[BadCell]:
        for column in line.cells:
            if column not in self.page.columns:
                yield BadCell(f"{self.page.sheet}!A{line.number}", f"{column} has no name", "clear what stands there")

    def _bad(self, line: Line, column: str, problem: str, fix: str) -> BadCell:
        return BadCell(self._cell(line, column), problem, fix)

    def _cell(self, line: Line, column: str) -> str:
        return f"{self.page.sheet}!{column_letter(self.sheet.header.index(column))}{line.number}"

    def _mend_twice(self) -> str:
        return "empty `line` in the new one" if self.page.kind == "crosswalk" else "delete one of them"

    def _compare(self, line: Line, exported: Cells) -> Iterator[Change | BadCell]:
        for column in self.page.columns:
            before, after = exported[column], line.cells.get(column)
            if (before == after and column not in line.unread) or column in _FREE.get(self.page.kind, ()):
                continue
            if column not in self.editable:
                mend = f"put {told(before)} back" if before is not None and column != "sample" else "undo the edit"
                yield self._bad(line, column, f"{column!r} cannot be changed here", mend)
                continue
            problem = self._problem(line, column, after)
            yield self._bad(line, column, *problem) if problem else self._change(line, column, exported, after)

    def _change(self, line: Line, column: str, exported: Cells, after: str | None) -> Change:
        cell, before = self._cell(line, column), exported[column]
        if self.page.kind == "entity":
            return RuleChange(cell, self.page.about, str(exported["rule"]), KEYS.get(column, column), before, after)
        if self.page.kind == "cleansing":
            entity, rule, value = (str(exported[name]) for name in ("entity", "rule", "before"))
            return ValueChange(cell, entity, rule, value, before, str(after))
        source = tuple(str(exported[name]) for name in self.sources)
        return EntryChange(cell, self.page.about, int(str(exported["line"])), source, column, before, after)

    def _problem(self, line: Line, column: str, after: str | None) -> tuple[str, str] | None:
        """Return what is wrong with an edited cell, and its mend; None when it can be taken."""
        if column in line.unread:
            return line.unread[column], "type it as a text"
        if any(_is_control(letter) for letter in after or ""):
            return "the text holds a control character", "type it again"
        if self.page.kind == "entity" and line.cells["kind"] in NO_RULE:
            return "this source column has no rule", "write a rule for it, or drop it, in the project's files"
        if after is not None and after != after.strip():
            return f"{told(after)} begins or ends with a blank", "remove the blank"
        if column in CHOICES and after not in CHOICES[column]:
            return f"{column} is {told(after)}", f"write one of {', '.join(CHOICES[column])}"
        if self.page.kind == "crosswalk" and line.cells["state"] == "refused":
            if column in ("target", "state") and line.cells["target"] is not None:
                return "a refused code has a target", "clear the target, or write another state"
        elif column in ("target", "after") and after is None:
            return f"{column!r} is empty", "fill it; what is no longer wanted is refused, or removed in the files"
        if column in ("valid_from", "valid_to") and after is not None and not _is_date(after):
            return f"{after!r} is no date", "write YYYY-MM-DD, or clear the cell"
        if column == "default":
            return self._default_problem(str(line.cells["rule"]), after)
        return None

    def _default_problem(self, rule_id: str, after: str | None) -> tuple[str, str] | None:
        mapping = self.specification.mappings.get(self.page.about)
        fields = [field for _, field in located_fields(mapping)] if mapping else []
        rule = next((field for field in fields if isinstance(field, Rule) and field.rule == rule_id), None)
        if not isinstance(rule, Constant | DefaultAudited):
            return f"rule {rule_id} has no default", "clear the cell, or ask for another kind of rule under comment"
        if after is None:
            return "the default is empty", "fill it; a rule without a default is another kind of rule"
        try:
            constant(after, rule.type, 1)
        except ValueError as error:
            return str(error), "correct the default"
        return None

    def _unknown(
        self, line: Line, key: tuple[str | None, ...], exported: dict[tuple[str | None, ...], Cells]
    ) -> Iterator[Change | BadCell]:
        if self.page.kind != "cleansing":
            known = [str(other[0]) for other in exported]
            yield self._bad(line, self.key[0], f"{_named(self.key, key)} is unknown", suggest(str(key[0]), known))
            return
        rule, value = key
        owner = next((cells for (other, _), cells in exported.items() if other == rule), None)
        if owner is None:
            known = sorted({str(other[0]) for other in exported})
            yield self._bad(line, "rule", f"no rule {told(rule)} replaces values", suggest(str(rule), known))
        elif value is None or line.cells["after"] is None:
            yield self._bad(line, "before" if value is None else "after", "the cell is empty", "fill before and after")
        elif problem := self._problem(line, "before", value) or self._problem(line, "after", line.cells["after"]):
            yield self._bad(line, "after", *problem)
        else:
            cell, after = self._cell(line, "after"), str(line.cells["after"])
            yield ValueChange(cell, str(owner["entity"]), str(rule), value, None, after)

    def _new_entry(self, line: Line) -> Iterator[Change | BadCell]:
        source = tuple(line.cells[name] for name in self.sources)
        unmapped = (cells for cells in self._exported() if cells["line"] is None)
        waiting = {tuple(cells[name] for name in self.sources): cells for cells in unmapped}
        if not any(line.cells[name] for name in self.editable):
            if source not in waiting:
                yield self._bad(line, "target", "the line has no target", "fill it, or clear the line")
            return
        shown = waiting[source]["rows"] if source in waiting else None
        if line.cells["rows"] not in (None, shown):
            yield self._bad(line, "rows", "'rows' is counted, not written", "clear the cell")
        bad = list(self._entry_problems(line))
        yield from bad
        if not bad:
            cells = tuple((name, text) for name in self.editable if (text := line.cells[name]) is not None)
            yield NewEntry(self._cell(line, "target"), self.page.about, tuple(map(str, source)), cells)

    def _entry_problems(self, line: Line) -> Iterator[BadCell]:
        for name in self.sources:
            if line.cells[name] is None:
                yield self._bad(line, name, "the source code is empty", "fill it")
        for column in (*self.sources, *self.editable):
            after = line.cells[column]
            if column == "target" or after is not None:
                problem = self._problem(line, column, after)
                if problem:
                    yield self._bad(line, column, *problem)

    def _overlaps(self) -> Iterator[BadCell]:
        """Find lines of a crosswalk that would both hold on a day."""
        spans: dict[tuple[str | None, ...], list[tuple[str, str]]] = {}
        for line in self.sheet.lines if self.page.kind == "crosswalk" else ():
            source = tuple(line.cells[name] for name in self.sources)
            first, last = line.cells["valid_from"] or str(date.min), line.cells["valid_to"] or str(date.max)
            if line.cells["target"] is None or not (_is_date(first) and _is_date(last)):
                continue
            if first > last:
                yield self._bad(line, "valid_to", f"it lies before valid_from {first}", "swap or correct the dates")
            if any(first <= other_last and other_first <= last for other_first, other_last in spans.get(source, ())):
                mend = "let valid_to of the earlier one be the day before valid_from of the later one"
                yield self._bad(line, "valid_from", "the line overlaps another one of the same code", mend)
            spans.setdefault(source, []).append((first, last))


_LOOSE = ("status", "state", "owner", "comment", "note", "valid_from", "valid_to")


def _without_blanks(line: Line, exported: Cells) -> Line:
    """Return a line without the blanks around what somebody typed, in the columns in which blanks mean nothing."""
    typed = {name: text for name, text in line.cells.items() if name in _LOOSE and text != exported.get(name)}
    return replace(line, cells={**line.cells, **{name: text and text.strip() for name, text in typed.items()}})


def normal(text: str | None) -> str | None:
    """Return a text as a cell can hold it: line breaks are line feeds, blanks alone are nothing."""
    plain = text.replace("\r\n", "\n") if text else None
    return plain if plain and plain.strip() else None


def _named(columns: tuple[str, ...], key: tuple[str | None, ...]) -> str:
    return " ".join(f"{column} {told(text)}" for column, text in zip(columns, key, strict=True))


def _is_control(letter: str) -> bool:
    return (ord(letter) < 32 and letter not in "\n\t") or 127 <= ord(letter) < 160 or letter in "\u2028\u2029\ufeff"


def _is_date(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False
