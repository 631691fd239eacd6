"""Every real text file: its sniffed declaration, pasted into a mapping, passes the check and lands every row."""

import csv
import io
import json
import re
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft7Validator
from tests.projects.journey import folder_connection
from typer.testing import CliRunner

from cutover.cli import app
from cutover.phases.land import land
from cutover.phases.world import World
from cutover.project.json_schema import write_schemas
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


def land_project(project: Path, folder: Path) -> dict[str, dict[str, Any]]:
    """Land every entity of a project whose files lie in a folder; returns their manifests."""
    specification, findings = inspect_specification(project)
    assert specification is not None and findings == []
    known: dict[str, Connection] = {"files": folder_connection("files", folder)}
    staging = Staging(str(project.parent / "staging"))
    world = World(specification, staging, known.__getitem__, lambda: datetime.now(UTC))
    snapshot = land(world)
    return {
        entity: staging.manifest(datasets.raw(snapshot, mapping.source)) or {}
        for entity, mapping in specification.mappings.items()
    }


def land_sniffed(files: list[Path], root: Path) -> dict[str, dict[str, Any]]:
    """Land the files by their sniffed declarations; returns the manifest of each."""
    (root / "project/mappings").mkdir(parents=True)
    names = {f"e{number}": file for number, file in enumerate(files)}
    (root / "project/project.yaml").write_text(PROJECT.format(entities=", ".join(names)))
    for entity, file in names.items():
        (root / "project/mappings" / f"{entity}.yaml").write_text(pasted(file, entity), encoding="utf-8")
    return {names[e].name: manifest for e, manifest in land_project(root / "project", files[0].parent).items()}


UNSEEN = "导出 2024-05\n\n客户编号;客户名称;余额\n" + "".join(
    f"K{n:03};上海机床厂第{n}分厂;{n * 17},50\n" for n in range(1, 40)
)


def test_a_newcomer_writes_a_mapping_by_what_sniff_and_check_say(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data/unseen.csv").write_bytes(UNSEEN.encode("gb18030"))
    project = tmp_path / "project"
    (project / "mappings").mkdir(parents=True)
    (project / "project.yaml").write_text(PROJECT.format(entities="customer"))
    runner, mapping = CliRunner(), project / "mappings/customer.yaml"

    mapping.write_text(runner.invoke(app, ["sniff", str(tmp_path / "data/unseen.csv")]).stdout, encoding="utf-8")
    checked = runner.invoke(app, ["check", "--project", str(project)])
    # Nothing but what the messages say: each names a key and, in backticks, the YAML to add.
    forms = dict(re.findall(r"'(\w+)' is missing. Fix: [^`]+`([^`]+)`", checked.output))
    assert (checked.exit_code, list(forms)) == (1, ["entity", "fields", "target"])
    remedy = "cleanse: [{rule: CUST-C1, column: 余额, do: locale_number, locale: de_DE}]"  # as sniff says of 余额
    assert "# LOOK: 余额: a comma before the decimals (remedy locale_number, locale de_DE" in mapping.read_text("utf-8")
    added = [*forms.values(), remedy]
    mapping.write_text(
        mapping.read_text("utf-8") + "\n".join(added).replace("KUNNR", "客户编号").replace("app.", "t."), "utf-8"
    )
    assert runner.invoke(app, ["check", "--project", str(project)]).exit_code == 0
    schema = json.loads(write_schemas(tmp_path / "schemas")[0].read_text("utf-8"))
    assert list(Draft7Validator(schema).iter_errors(yaml.safe_load(mapping.read_text("utf-8")))) == []

    (manifest,) = land_project(project, tmp_path / "data").values()
    assert (manifest["rows"], manifest["ragged"], manifest["files"][0]["rows"]) == (39, 0, 39)


# Rows of each folder of the ledgers; together those of the data's own README.
LEDGERS = {"leeds": 35_858, "tfl": 41_006, "salford": 4_707}


def check_totals(file: Path, manifest: dict[str, Any], rows: list[list[str]]) -> int:
    """Compare each control total of a manifest with the sum of the same cells by Python; returns how many there are."""
    names = [column["name"] for column in manifest["columns"]]
    for name, total in manifest["totals"].items():
        cells = [row[names.index(name)] for row in rows]
        numbers = [Decimal(cell) for cell in cells if cell]
        found = (Decimal(total["sum"]), Decimal(total["minimum"]), Decimal(total["maximum"]), total["unread"])
        assert found == (sum(numbers), min(numbers), max(numbers), 0), (file.name, name)
    return len(manifest["totals"])


def check_hash(file: Path, manifest: dict[str, Any]) -> None:
    """Compare the hash in a manifest with the one that came with the data."""
    data = next(folder for folder in file.parents if (folder / "SHA256SUMS").is_file())
    hashes = dict(line.split()[::-1] for line in (data / "SHA256SUMS").read_text().splitlines())
    assert manifest["files"][0]["sha256"] == hashes[f"./{file.relative_to(data).as_posix()}"]


def test_every_adventureworks_file(adventureworks_folder: Path, tmp_path: Path) -> None:
    files = [path for path in sorted(adventureworks_folder.glob("*.csv")) if path.name != UNDECIDABLE]
    landed = land_sniffed(files, tmp_path)
    counted = {path.name: path.read_bytes().count(b"&|\n") or path.read_bytes().count(b"\n") for path in files}
    assert {name: found["rows"] for name, found in landed.items()} == counted
    assert sum(found["ragged"] for found in landed.values()) == 0
    totals = 0
    for path in files:
        text = path.read_text(encoding="utf-8")
        bulk = text.endswith("&|\n")
        separator, ending = ("+|", "&|\n") if bulk else ("\t", "\n")
        rows = [row.split(separator) for row in text.removesuffix(ending).split(ending)]
        totals += check_totals(path, landed[path.name], rows)
        check_hash(path, landed[path.name])
    assert totals > 80
    assert sniff(adventureworks_folder / UNDECIDABLE).warnings


@pytest.mark.parametrize("folder", [f"{by}/{of}" for by, own in PUBLISHED for of in (own, "processed")])
def test_every_ledger(shared_data: Path, folder: str, tmp_path: Path) -> None:
    files = sorted((shared_data / "4_uk_public_ap_ledgers" / folder).glob("*.csv"))
    landed = land_sniffed(files, tmp_path)
    assert sum(found["rows"] for found in landed.values()) == LEDGERS[folder.partition("/")[0]]
    assert 2 * sum(LEDGERS.values()) == 163_142
    for path in files:
        raw = path.read_bytes()
        text = raw.decode("cp1252" if b"\x96" in raw or b"\xa0" in raw.replace(b"\xc2\xa0", b"") else "utf-8")
        header, *rows = csv.reader(io.StringIO(text, newline=""))
        assert landed[path.name]["rows"] == len(rows)
        assert landed[path.name]["ragged"] == 0
        assert len(header) == len(landed[path.name]["columns"])
        check_hash(path, landed[path.name])
        # In one file an amount is a part of the key, which is text.
        assert check_totals(path, landed[path.name], rows) or path.name == "2022-P10.csv"
