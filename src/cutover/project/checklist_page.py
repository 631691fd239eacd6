"""The migration checklist as a page: each item, the checks that compute its lines, and the tests in which it fails."""

from cutover.core.checklist import CHECKLIST, Item

_HEAD = """# The migration checklist (数据迁移检查清单)

Written by `cutover reference checklist` from the code that judges it; do not edit it. `cutover checklist` shows where a
snapshot stands. An item is as good as its worst check; `error` and `not_run` close a gate as `fail` does, and a line
that no check has answered was not run. Each check keeps its figures, threshold, severity and evidence in
`cutover.check_result`, and what it was computed from in a CSV file of its kind (`evidence/GATE` of the snapshot in the
staging), whose place and hash stand beside. A later evaluation writes another file.

A *blocker* is waived by steering alone, with a compensating control and a last day; a *major* result by data owner
and project manager for ten business days at most; what is *waived never*, by nobody (`cutover waive`). A waiver is
bound to the figure that was seen: another one closes the gate again. Five minor results weigh as a major one.
"""


def write_checklist() -> str:
    """Return the checklist as Markdown."""
    return "\n".join([_HEAD, *(_section(item) for item in CHECKLIST)])


def _section(item: Item) -> str:
    waived = "" if item.waivable else ", waived never"
    lines = [f"- {line.asks}: {_named(line.checks)}{_only(line.optional)}" for line in item.lines]
    tests = [f"- `{test}`" for test in item.fails_in]
    head = f"## {item.id} {item.name}\n\nProves that {item.proves}. Gate {item.gate}, {item.severity}{waived}."
    return "\n".join([head, "", *lines, "", "It fails in:", "", *tests, ""])


def _named(checks: tuple[str, ...]) -> str:
    return ", ".join(f"`{check}`" for check in checks)


def _only(optional: bool) -> str:
    return ", where something is declared to ask it of" if optional else ""
