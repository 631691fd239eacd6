"""Every real text file: its sniffed declaration, pasted into a mapping, passes the check and lands every row."""

import csv
import io
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from tests.projects.journey import folder_connection
from typer.testing import CliRunner

from cutover.cli import app
from cutover.phases.land import land
from cutover.phases.world import World
from cutover.project.specification import inspect_specification
from cutover.systems import datasets
from cutover.systems.connections import Connection
from cutover.systems.sniffing import sniff
from cutover.systems.staging import Staging

PROJECT = """name: Unseen files
systems: {{files: {{connection: files}}}}
target: {{connection: target, schemas: [t]}}
waves: {{main: {{entities: [{entities}]}}}}
"""
# Its comments break lines without quotes: nobody can tell where a row ends without knowing what a row is.
PUBLISHED = (("leeds", "raw"), ("tfl", "clean"), ("salford", "clean"))
UNDECIDABLE = "ProductReview.csv"


def pasted(file: Path, entity: str) -> str:
    """Write the mapping that a newcomer would: the proposal pasted, and the key copied."""
    proposed = CliRunner().invoke(app, ["sniff", str(file)])
    assert proposed.exit_code == 0, proposed.output
    key = sniff(file).source["key"]
    first = key if isinstance(key, str) else key[0]
    return (
        f"entity: {entity}\n{proposed.stdout}target: {{table: t.{entity}, key: code}}\n"
        f'fields:\n  - {{rule: {entity.upper()}-1, kind: copy, target: code, type: text, source: "{first}"}}\n'
    )


def land_sniffed(files: list[Path], root: Path) -> dict[str, dict[str, Any]]:
    """Land the files by their sniffed declarations; returns the manifest of each."""
    (root / "project/mappings").mkdir(parents=True)
    names = {f"e{number}": file for number, file in enumerate(files)}
    (root / "project/project.yaml").write_text(PROJECT.format(entities=", ".join(names)))
    for entity, file in names.items():
        (root / "project/mappings" / f"{entity}.yaml").write_text(pasted(file, entity), encoding="utf-8")
    specification, findings = inspect_specification(root / "project")
    assert specification is not None and findings == []
    known: dict[str, Connection] = {"files": folder_connection("files", files[0].parent)}
    world = World(specification, Staging(str(root / "staging")), known.__getitem__, lambda: datetime.now(UTC))
    snapshot = land(world)
    raw = {e: datasets.raw(snapshot, specification.mapping(e).source) for e in names}
    return {names[entity].name: world.staging.manifest(dataset) or {} for entity, dataset in raw.items()}


def test_every_adventureworks_file(adventureworks_folder: Path, tmp_path: Path) -> None:
    files = [path for path in sorted(adventureworks_folder.glob("*.csv")) if path.name != UNDECIDABLE]
    landed = land_sniffed(files, tmp_path)
    counted = {path.name: path.read_bytes().count(b"&|\n") or path.read_bytes().count(b"\n") for path in files}
    assert {name: found["rows"] for name, found in landed.items()} == counted
    assert sum(found["ragged"] for found in landed.values()) == 0
    assert sniff(adventureworks_folder / UNDECIDABLE).warnings


@pytest.mark.parametrize("folder", [f"{by}/{of}" for by, own in PUBLISHED for of in (own, "processed")])
def test_every_ledger(shared_data: Path, folder: str, tmp_path: Path) -> None:
    files = sorted((shared_data / "4_uk_public_ap_ledgers" / folder).glob("*.csv"))
    landed = land_sniffed(files, tmp_path)
    for path in files:
        raw = path.read_bytes()
        text = raw.decode("cp1252" if b"\x96" in raw or b"\xa0" in raw.replace(b"\xc2\xa0", b"") else "utf-8")
        assert landed[path.name]["rows"] == sum(1 for _ in csv.reader(io.StringIO(text, newline=""))) - 1
        assert landed[path.name]["ragged"] == 0
