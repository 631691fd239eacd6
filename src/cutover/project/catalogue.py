"""The catalogue of defects as a page, from the registry that finds them and the vocabulary that mends them."""

from cutover.core.cleansing import NEVER, REMEDIES
from cutover.core.defects import CELL, DEFECTS, FAMILIES, Cells, Defect, Whole

_HEAD = f"""# The defects of legacy data

Written by `cutover reference defects` from the code that finds and mends them; do not edit it. There are
{len(DEFECTS)} of them. **A**: mended automatically by a rule that names the remedy, each cell logged. **P**: a machine
proposes, a steward decides. **X**: never by a machine; a mapping that asks for it does not load. Dimensions are those
of ISO/IEC 25012.

`cutover profile` looks for the defects that show in a single column; those that need several name them in brackets.
"""


def write_catalogue() -> str:
    """Return the catalogue as Markdown: one line per defect, and what no machine may do."""
    parts = [_HEAD, *(_family(title, defects) for title, defects in FAMILIES.items()), _never()]
    return "\n".join(parts)


def _family(title: str, defects: tuple[Defect, ...]) -> str:
    head = ["| # | defect | example | found | mode | remedies | what is done | dimension | reference |"]
    return "\n".join([f"## {title}\n", *head, "|---" * 9 + "|", *(_line(defect) for defect in defects), ""])


def _line(defect: Defect) -> str:
    remedies = ", ".join(f"`{name}` ({REMEDIES[name].mode})" for name in defect.remedies) or "none"
    cells = [
        defect.id, defect.name, f"`{_visible(defect.example)}`", _found(defect), defect.mode, remedies, defect.cure,
        defect.dimension, defect.reference or "-",
    ]  # fmt: skip
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _visible(text: str) -> str:
    return "".join(sign if sign.isprintable() else f"\\u{ord(sign):04x}" for sign in text)


def _found(defect: Defect) -> str:
    if isinstance(defect.detector, Cells):
        return "per cell"
    how = "whole column" if isinstance(defect.detector, Whole) else "SQL"
    roles = [role for role in defect.detector.roles if role != CELL]
    return f"{how} ({', '.join(roles)})" if roles else how


def _never() -> str:
    lines = [
        "## Never automatic\n",
        "What a `cleanse` rule may not ask for, under these names or by a defect's number.\n",
    ]
    lines += ["| wish | defects | why not | instead |", "|---|---|---|---|"]
    lines += [f"| `{name}` | {never.defects} | {never.why} | {never.instead} |" for name, never in NEVER.items()]
    return "\n".join([*lines, ""])
