"""The specification of a cutover: a folder of YAML, CSV and SQL, read once, checked whole, and hashed."""

import hashlib
from collections.abc import Mapping as ReadOnly
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from cutover.core.ordering import order_entities
from cutover.errors import InputError
from cutover.project.checking import check_specification, parents_of
from cutover.project.crosswalk import Crosswalk, read_crosswalk
from cutover.project.files import check_files
from cutover.project.model import Mapping, Model, ProjectFile
from cutover.project.reading import Document, Finding, build_model, inspect_document, stop_on

M = TypeVar("M", bound=Model)
_HASHED = ("project.yaml", "mappings/*.yaml", "mappings/crosswalks/*.csv", "sql/**/*.sql")


@dataclass(frozen=True)
class Specification:
    """What is to be cut over, and how.

    root: the project folder. mappings: in load order, parents first. files: relative name -> SHA-256 of its bytes.
    """

    root: Path
    project: ProjectFile
    mappings: ReadOnly[str, Mapping]
    crosswalks: ReadOnly[str, Crosswalk]
    files: ReadOnly[str, str]

    @property
    def sha256(self) -> str:
        """The hash of the whole specification: names and contents of all its files."""
        listing = "".join(f"{digest}  {name}\n" for name, digest in sorted(self.files.items()))
        return hashlib.sha256(listing.encode()).hexdigest()

    def mapping(self, entity: str) -> Mapping:
        """Return one entity's mapping.

        Raises:
            InputError: there is no such entity.
        """
        if entity not in self.mappings:
            raise InputError(f"there is no entity {entity!r}", fix=f"use one of {', '.join(self.mappings)}")
        return self.mappings[entity]

    def entities(self, wave: str) -> tuple[str, ...]:
        """Return the entities of a wave in load order.

        Raises:
            InputError: there is no such wave.
        """
        if wave not in self.project.waves:
            raise InputError(f"there is no wave {wave!r}", fix=f"use one of {', '.join(self.project.waves)}")
        members = set(self.project.waves[wave].entities)
        return tuple(entity for entity in self.mappings if entity in members)

    def sql(self, name: str) -> str:
        """Return the text of a file in the project's sql folder, with or without its ending.

        Raises:
            InputError: there is no such file.
        """
        path = self.root / "sql" / (name if name.endswith(".sql") else f"{name}.sql")
        if not path.is_file():
            raise InputError(f"there is no SQL file {name!r}", fix=f"create sql/{path.name} in the project folder")
        return path.read_bytes().decode("utf-8-sig")

    def parents(self, entity: str) -> frozenset[str]:
        """Return the entities that `entity` references, itself left out."""
        return parents_of(self.mappings[entity]) - {entity}


def read_specification(root: Path) -> Specification:
    """Read and check a project folder.

    Raises:
        SpecificationError: anything in it is wrong; every mistake is listed at once.
        InputError: the folder holds no project.yaml.
    """
    specification, findings = inspect_specification(root)
    stop_on(findings)
    assert specification is not None  # no finding, so every file was readable
    return specification


def inspect_specification(root: Path) -> tuple[Specification | None, list[Finding]]:
    """Read a project folder; returns it (None when a file is unreadable) and everything that is wrong with it."""
    if not (root / "project.yaml").is_file():
        raise InputError(
            f"{root} holds no project.yaml", fix="name the project folder with --project or CUTOVER_PROJECT"
        )
    findings: list[Finding] = []
    project_document, project = _read_model(root, "project.yaml", ProjectFile, findings)
    documents, mappings = _read_mappings(root, findings)
    crosswalks = _read_crosswalks(root, findings)
    findings += check_files(root)
    findings += check_specification(root, project_document, project, documents, mappings, crosswalks)
    if findings or project is None:
        return None, findings
    order = order_entities({entity: parents_of(mapping) for entity, mapping in mappings.items()})
    ordered = {entity: mappings[entity] for entity in order}
    return Specification(root, project, ordered, crosswalks, _hash_files(root)), []


def _read_model(root: Path, name: str, model: type[M], findings: list[Finding]) -> tuple[Document, M | None]:
    document, unreadable = inspect_document(root / name, name)
    built, found = (None, unreadable) if unreadable else build_model(document, model)
    findings += found
    return document, built


def _read_mappings(root: Path, findings: list[Finding]) -> tuple[dict[str, Document], dict[str, Mapping]]:
    documents: dict[str, Document] = {}
    mappings: dict[str, Mapping] = {}
    for path in sorted((root / "mappings").glob("*.yaml")):
        document, mapping = _read_model(root, f"mappings/{path.name}", Mapping, findings)
        documents[path.stem] = document
        if mapping is not None and mapping.entity != path.stem:
            findings.append(
                document.finding(("entity",), f"entity {mapping.entity!r} in {path.name}", "name the file after it")
            )
        if mapping is not None:
            mappings[path.stem] = mapping
    if not documents:
        findings.append(Finding("mappings", 0, 0, "there is no mapping", "add one YAML file per entity"))
    return documents, mappings


def _read_crosswalks(root: Path, findings: list[Finding]) -> dict[str, Crosswalk]:
    crosswalks = {}
    for path in sorted((root / "mappings" / "crosswalks").glob("*.csv")):
        crosswalks[path.stem], found = read_crosswalk(path, f"mappings/crosswalks/{path.name}")
        findings += found
    return crosswalks


def _hash_files(root: Path) -> dict[str, str]:
    paths = sorted(path for pattern in _HASHED for path in root.glob(pattern))
    return {path.relative_to(root).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in paths}
