"""`cutover sniff`: a first declaration of an unknown file, with reasons, for a person to accept."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer
import yaml

from cutover.cli.runtime import JsonOption
from cutover.systems import sniffing
from cutover.systems.sniffing import Proposal

_EXAMPLE = 40
# Where editors find what completes and checks a mapping in `mappings/`, as `cutover json-schemas` writes it.
_SCHEMA = "# yaml-language-server: $schema=../../schemas/mapping.schema.json"
_STYLE: dict[str, Any] = {"allow_unicode": True, "sort_keys": False, "width": 4096}


def register(app: typer.Typer) -> None:
    """Add the verb to `app`."""
    app.command("sniff")(sniff)


def sniff(
    file: Annotated[Path, typer.Argument(help="A delimited or fixed-width text file, or a workbook.")],
    as_json: JsonOption = False,
) -> None:
    """Propose how a file may be declared as a mapping's source, with the reasons.

    The output is YAML: paste it into a mapping, read the comments, correct what they doubt. Nothing is used unread.

    Example:  cutover sniff ledger.csv >> include/mappings/ledger.yaml        then:  cutover check
    """
    proposal = sniffing.sniff(file)
    typer.echo(json.dumps(asdict(proposal), indent=2, ensure_ascii=False) if as_json else render(proposal), nl=as_json)


def render(proposal: Proposal) -> str:
    """Write a proposal as YAML whose comments say why."""
    lines = [
        _SCHEMA,
        *(f"# {reason}" for reason in ("proposed by `cutover sniff`; accept it or correct it", *proposal.reasons)),
    ]
    lines += [f"# LOOK: {warning}" for warning in proposal.warnings]
    for column in proposal.columns:
        examples = ", ".join(repr(example[:_EXAMPLE]) for example in column.examples)
        lines.append(f"#   {column.name!r}: {column.type}, {column.reason}; {column.empty} empty; {examples}")
    lines = [" ".join(line.splitlines()) for line in lines]
    declaration: str = yaml.safe_dump({"source": proposal.source}, **_STYLE)
    return "\n".join(lines) + "\n" + declaration
