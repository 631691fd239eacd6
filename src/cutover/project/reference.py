"""The mapping language as a page, from the models that read it: what a file may say, and what each word does."""

import inspect
import json
from typing import Any, get_args

from cutover.core.cleansing import PRESETS, REMEDIES
from cutover.core.validators import VALIDATORS
from cutover.project import control_totals, crosswalk, model

_SECTIONS: dict[type[model.Model], str] = {
    model.Mapping: "The file",
    model.Source: "`source`",
    model.Csv: "`source.csv`",
    model.Fixed: "`source.fixed`",
    model.FixedColumn: "a column of `source.fixed`",
    model.Excel: "`source.excel`",
    model.Sheet: "`source.excel.sheets`",
    model.Json: "`source.json`",
    model.Cleanse: "`cleanse`",
    model.Exclude: "`exclude`",
    model.Merge: "`merge`",
    model.Duplicates: "`duplicates`",
    model.History: "`history`",
    model.AllOrNone: "`all_or_none`",
    model.Acyclic: "`acyclic`",
    model.Target: "`target`",
    model.Split: "`also`",
    model.DropColumn: "`drops`",
    model.Check: "`checks`",
    model.ControlTotal: "`control`",
    model.Pilot: "`pilot`",
}
_HEAD = """# The mapping language

Written by `cutover reference` from the models that read the files; do not edit it. One YAML file per entity lies in
`mappings/`; the same, for editors, is in `schemas/mapping.schema.json`. A row that a rule cannot handle is rejected
with the rule's id and a reason, and counted; nothing is guessed or repaired on the way.
"""
_MOST_SHOWN = 12
_PRESETS_HEAD = "A preset is a habit of a known system: it stands for its remedies, and needs what they need.\n"
_REMEDIES_HEAD = """## Remedies and validators

What `do` of a `cleanse` rule may name; each changed cell is logged. A remedy of mode A runs by itself. One of mode P
only proposes: say `propose: true`, and a steward decides cell by cell (`cutover proposals`), or name the `approver` of
the rule. [defects.md](defects.md) lists the defects, and what no machine may do.
"""
_BELOW = "an entry, see below"
_CROSSWALK = """```csv
source,target,valid_from,valid_to,note
V1,VAT16,2018-05-01,2019-03-31,standard rate of 16 %
V1,VAT13,2019-04-01,,standard rate of 13 %
V6,VAT6,,,services
```
"""


def write_reference() -> str:
    """Return the reference of mappings, crosswalks and control totals as Markdown."""
    parts = [
        _HEAD,
        *(_section(entry, title) for entry, title in _SECTIONS.items()),
        _rules(),
        _remedies(),
        _crosswalks(),
        _totals(),
    ]
    return "\n".join(parts)


def _section(entry: type[model.Model], title: str) -> str:
    return f"## {title}\n\n{inspect.getdoc(entry)}\n\n{_table(entry, set())}"


def _table(entry: type[model.Model], hidden: set[str]) -> str:
    schema = entry.model_json_schema()
    rows = [
        f"| `{name}` | {_type(shown, schema)} | {_default(name, shown, schema)} | {_told(shown)} |"
        for name, shown in schema["properties"].items()
        if name not in hidden
    ]
    return "\n".join(["| key | is | if absent | what |", "|---|---|---|---|", *rows, ""])


def _type(shown: dict[str, Any], schema: dict[str, Any]) -> str:
    shown = _resolved(shown, schema)
    if "anyOf" in shown or "oneOf" in shown:
        kinds = [_type(kind, schema) for kind in shown.get("anyOf", shown.get("oneOf", ()))]
        return " or ".join(dict.fromkeys(kind for kind in kinds if kind != "nothing"))
    if "const" in shown:
        return f"`{shown['const']}`"
    if "enum" in shown and len(shown["enum"]) > _MOST_SHOWN:
        return "text"
    if "enum" in shown:
        return " or ".join(f"`{value}`" for value in shown["enum"])
    if shown.get("type") == "array":
        inner = _type(shown.get("items", {}), schema)
        return "entries, see below" if inner == _BELOW else f"list of {f'({inner})' if ' or ' in inner else inner}"
    if shown.get("type") == "object":
        return _BELOW if "properties" in shown else "key: value pairs"
    words = {"string": "text", "integer": "number", "number": "number", "boolean": "true or false", "null": "nothing"}
    kind = shown.get("type", "")
    # Of several kinds that an editor takes, the first is what it becomes.
    return words.get(kind[0] if isinstance(kind, list) else kind, "value")


def _resolved(shown: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    reference = shown.get("$ref", "").rpartition("/")[2]
    found: dict[str, Any] = schema.get("$defs", {}).get(reference, shown) if reference else shown
    return found


def _default(name: str, shown: dict[str, Any], schema: dict[str, Any]) -> str:
    if name in schema.get("required", ()):
        return "must be there"
    value = shown.get("default")
    if value in (None, "", [], {}) or isinstance(value, dict):
        return "-"
    return f"`{_cell(json.dumps(value) if isinstance(value, bool | list) else str(value))}`"


def _told(shown: dict[str, Any]) -> str:
    return _cell(shown.get("description", ""))


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def _rules() -> str:
    kinds = get_args(get_args(model.FieldRule)[0])
    common = set(model.Rule.model_fields)
    lines = ["## Rules\n\nThe entries of `fields`: one per target column. What each has:\n", _table(model.Rule, set())]
    lines.append(f"### `examples`\n\n{inspect.getdoc(model.Example)}\n\n{_table(model.Example, set())}")
    for kind in kinds:
        (name,) = get_args(kind.model_fields["kind"].annotation)
        # A kind that narrows what every rule has, such as a type that must be there, shows it.
        hidden = {key for key in common if kind.model_fields[key].annotation == model.Rule.model_fields[key].annotation}
        lines.append(f"### {name}\n\n{inspect.getdoc(kind)}\n\n{_table(kind, hidden | {'kind'})}")
    return "\n".join(lines)


def _remedies() -> str:
    lines = [_REMEDIES_HEAD, "| remedy | mode | does | needs | mends |", "|---|---|---|---|---|"]
    for name, found in REMEDIES.items():
        needs = ", ".join(f"`{need}`" for need in found.needs) or "-"
        lines.append(f"| `{name}` | {found.mode} | {_cell(found.text)} | {needs} | {found.mends} |")
    lines += ["\n" + _PRESETS_HEAD, "| preset | stands for | for |", "|---|---|---|"]
    for name, preset in PRESETS.items():
        lines.append(f"| `{name}` | {', '.join(f'`{each}`' for each in preset.remedies)} | {_cell(preset.text)} |")
    names = ", ".join(f"`{name}`" for name in VALIDATORS)
    return "\n".join([*lines, f"\nWhat `valid` of a check may name: {names}.\n"])


def _crosswalks() -> str:
    told = [inspect.getdoc(thing) for thing in (crosswalk, crosswalk.Entry, crosswalk.read_crosswalk)]
    return "\n\n".join(["## Crosswalks", "They lie in `mappings/crosswalks/`.", *filter(None, told), _CROSSWALK])


def _totals() -> str:
    title, _, example = (inspect.getdoc(control_totals) or "").partition("\n\n")
    pair = inspect.getdoc(control_totals.Pair)
    return f"## Pairs of control totals\n\n{title}\n\n{pair}\n\n```sql\n{example.strip()}\n```\n"
