"""The steward's queue: what cleansing proposes, as a list and as a workbook, and the decisions that come back."""

from collections.abc import Iterator, Sequence
from io import BytesIO
from pathlib import Path
from typing import Literal

import xlsxwriter
from python_calamine import CalamineError, CalamineWorkbook

from cutover.core.cleansing import REMEDIES
from cutover.errors import InputError
from cutover.phases.world import World
from cutover.project.never import identity_columns
from cutover.project.spreadsheet import CELL_LENGTH, SHEET_ROWS, TEXTS_STAY
from cutover.systems import stewards
from cutover.systems.stewards import Decision, Proposal, State

_SHEET = "proposals"
_COLUMNS = ("proposal", "entity", "rule", "key", "column", "before", "after", "decision", "instead")
_DECISIONS: dict[str, Literal["approved", "rejected"]] = {
    "yes": "approved", "approve": "approved", "approved": "approved", "是": "approved", "批准": "approved",
    "no": "rejected", "reject": "rejected", "rejected": "rejected", "否": "rejected", "拒绝": "rejected",
}  # fmt: skip
_HEADER_ROW = 1


def list_proposals(world: World, entity: str | None = None, state: State | None = "open") -> list[Proposal]:
    """Return the proposals of an entity, or of all, in a state, or in any.

    Raises:
        InputError: there is no such entity.
    """
    if entity is not None:
        world.specification.mapping(entity)
    with world.target.connect() as connection:
        return stewards.list_proposals(connection, entity, state)


def write_proposal_workbook(world: World, entity: str | None = None) -> str:
    """Write the open proposals as a workbook for stewards and return where it lies; it holds personal data.

    Raises:
        InputError: there is no such entity, or there are more proposals than a sheet has rows.
    """
    open_ = list_proposals(world, entity)
    if len(open_) >= SHEET_ROWS:
        raise InputError(
            f"{len(open_):,} proposals are more than a sheet takes",
            fix="export one entity with --entity, or decide a whole rule with `cutover approve --rule`",
        )
    return world.staging.write_file(f"reports/proposals{f'-{entity}' if entity else ''}.xlsx", _book(open_))


def _book(open_: Sequence[Proposal]) -> bytes:
    buffer = BytesIO()
    book = xlsxwriter.Workbook(buffer, TEXTS_STAY)
    sheet = book.add_worksheet(_SHEET)
    sheet.write_row(0, 0, _COLUMNS, book.add_format({"bold": True, "bg_color": "#DDEBF7"}))
    sheet.freeze_panes(_HEADER_ROW, 0)
    sheet.set_column(1, len(_COLUMNS) - 1, 18)
    for place, found in enumerate(open_, start=_HEADER_ROW):
        named = (found.proposal_id, found.entity, found.rule, found.src_key, found.column)
        for column, text in enumerate((*named, found.before, found.after or "")):
            sheet.write_string(place, column, text[:CELL_LENGTH])
    choice = {"validate": "list", "source": ["approve", "reject"]}
    decision = _COLUMNS.index("decision")
    sheet.data_validation(_HEADER_ROW, decision, max(len(open_), 1), decision, choice)
    book.close()
    return buffer.getvalue()


def decide_workbook(world: World, path: Path, *, by: str) -> dict[str, int]:
    """Record the decisions of a workbook, all or none; returns how many were approved, rejected and left open.

    Raises:
        InputError: nobody is named, the file is no such workbook, or a cell says what nobody can use: every such cell
            is listed; or somebody else decided one of them meanwhile.
    """
    lines = _read(path)
    known = {found.proposal_id: found for found in list_proposals(world, state=None)}
    problems = [problem for place, line in lines for problem in _problems(place, line, known)]
    if problems:
        shown = "\n".join(f"  {problem}" for problem in problems)
        raise InputError(f"cells of {path.name} that cannot be used ({len(problems)}):\n{shown}\nNothing was recorded")
    decisions = [_decision(line, known) for _, line in lines if line["decision"]]
    counts = _record(world, decisions, by)
    return {**counts, "open": len(lines) - len(decisions)}


def decide_rule(world: World, rule: str, state: Literal["approved", "rejected"], *, by: str) -> dict[str, int]:
    """Record one decision for all open proposals of a rule, as they are proposed; returns the counts.

    Raises:
        InputError: nobody is named, nothing of this rule is open, or it changes identities: those are approved one by
            one.
    """
    if state == "approved" and _changes_identities(world, rule):
        raise InputError(
            f"rule {rule} changes identities: each cell needs a decision of its own",
            fix="`cutover proposals --export`, decide line by line, then `cutover approve FILE --by ...`",
        )
    found = [one for one in list_proposals(world) if one.rule == rule]
    if not found:
        raise InputError(f"nothing of rule {rule} is open", fix="`cutover proposals` lists what is")
    return _record(world, [Decision(one.proposal_id, state, one.after) for one in found], by)


def withdraw_rule(world: World, rule: str, *, by: str, reason: str) -> int:
    """Open again all that was decided about the proposals of a rule; returns how many.

    What was decided, by whom and when, stays in the ledger. Rows that are loaded keep what was approved: to cleanse
    their snapshot otherwise asks for a rollback, or for a new snapshot.

    Raises:
        InputError: nobody is named, no reason is given, or nothing of this rule was decided.
    """
    if not by.strip() or not reason.strip():
        raise InputError("a decision is taken back by a person, for a reason", fix="say so with --by and --reason")
    with world.target.begin() as connection:
        count = stewards.withdraw(connection, rule, by=by.strip(), at=world.now(), reason=reason.strip())
    if not count:
        raise InputError(f"nothing of rule {rule} was decided", fix="`cutover proposals --all` lists what was")
    return count


def _changes_identities(world: World, named: str) -> bool:
    found = ((mapping, rule) for mapping in world.specification.mappings.values() for rule in mapping.cleanse)
    return any(
        REMEDIES[name].each or (REMEDIES[name].says and identity_columns(mapping) & set(rule.column))
        for mapping, rule in found
        if rule.rule == named
        for name in rule.do
    )


def _record(world: World, decisions: list[Decision], by: str) -> dict[str, int]:
    if not by.strip():
        raise InputError("a decision needs a person", fix="say who decides with --by")
    now = world.now()
    with world.target.begin() as connection:
        late = [one for one in decisions if not stewards.decide(connection, one, by=by.strip(), at=now)]
        if late:
            raise InputError(
                f"{len(late)} of these proposals were decided by somebody else, or are no longer made",
                fix="export the workbook again; nothing of this one was recorded",
            )
    return {state: sum(one.state == state for one in decisions) for state in ("approved", "rejected")}


def _read(path: Path) -> list[tuple[int, dict[str, str]]]:
    """Return the lines of a workbook with their Excel row numbers."""
    try:
        workbook = CalamineWorkbook.from_path(str(path))
        rows = (
            workbook.get_sheet_by_name(_SHEET).to_python(skip_empty_area=False)
            if _SHEET in workbook.sheet_names
            else []
        )
    except (CalamineError, OSError) as error:
        raise InputError(f"{path.name} is not readable as a workbook: {error}", fix="save it as .xlsx") from None
    if not rows or tuple(str(cell) for cell in rows[0][: len(_COLUMNS)]) != _COLUMNS:
        raise InputError(f"{path.name} is no workbook of proposals", fix="export one with `cutover proposals --export`")
    lines = (dict(zip(_COLUMNS, map(_text, row), strict=False)) for row in rows[1:])
    return [(place, line) for place, line in enumerate(lines, start=_HEADER_ROW + 1) if line["proposal"]]


def _text(cell: object) -> str:
    # A key that was retyped as a number comes back as 12.0; only what people type here may be such a cell.
    return str(int(cell)) if isinstance(cell, float) and cell.is_integer() else str(cell)


def _problems(place: int, line: dict[str, str], known: dict[str, Proposal]) -> Iterator[str]:
    if line["proposal"] not in known:
        yield f"{_SHEET}!A{place}: there is no such proposal"
        return
    if line["decision"] and line["decision"].strip().casefold() not in _DECISIONS:
        yield f"{_SHEET}!H{place}: a decision is approve or reject"
    if line["instead"] and _DECISIONS.get(line["decision"].strip().casefold()) != "approved":
        yield f"{_SHEET}!I{place}: another text needs the decision approve"
    if line["before"] != known[line["proposal"]].before[:CELL_LENGTH]:
        yield f"{_SHEET}!F{place}: the text before was edited; write the right one into column I"


def _decision(line: dict[str, str], known: dict[str, Proposal]) -> Decision:
    state = _DECISIONS[line["decision"].strip().casefold()]
    return Decision(line["proposal"], state, line["instead"] or known[line["proposal"]].after)
