"""The outline of a specification: waves, entities and their order, and nothing else.

Airflow reads DAG files all day, so what draws their graphs must be quick and light: the YAML is read, not
checked, and no model, frame or database is imported. `cutover check` and every task read the whole
specification.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from cutover.core.ordering import Cycle, order_entities
from cutover.errors import InputError, SpecificationError


@dataclass(frozen=True)
class Outline:
    """The shape of a cutover.

    waves: wave -> its entities in load order.
    parents: every entity, in load order -> the entities it references, by name.
    """

    waves: Mapping[str, tuple[str, ...]]
    parents: Mapping[str, tuple[str, ...]]

    @property
    def entities(self) -> tuple[str, ...]:
        """All entities of the project in load order."""
        return tuple(self.parents)


def read_outline(root: Path) -> Outline:
    """Read the outline of a project folder.

    Raises:
        InputError: the folder holds no project.yaml.
        SpecificationError: a file is not readable, or names something that is not there; the first such
        mistake.
    """
    if not (root / "project.yaml").is_file():
        raise InputError(f"{root} holds no project.yaml", fix="name the project folder with CUTOVER_PROJECT")
    parents = _order(_read_parents(root))
    waves = {wave: _members(wave, node, parents) for wave, node in _read_waves(root).items()}
    return Outline(waves, parents)


def _read_waves(root: Path) -> dict[str, Any]:
    waves = _read(root, "project.yaml").get("waves")
    if not isinstance(waves, dict) or not waves:
        raise _mistake("project.yaml", "there is no wave", "list entities that move together under `waves`")
    return waves


def _members(wave: str, node: Any, parents: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    entities = _names(node.get("entities")) if isinstance(node, dict) else ()
    for entity in entities:
        if entity not in parents:
            problem = f"wave {wave!r} names the unknown entity {entity!r}"
            raise _mistake("project.yaml", problem, "correct its name")
    return tuple(entity for entity in parents if entity in entities)


def _read_parents(root: Path) -> dict[str, set[str]]:
    paths = sorted((root / "mappings").glob("*.yaml"))
    if not paths:
        raise _mistake("mappings", "there is no mapping", "add one YAML file per entity")
    mappings = {path.stem: _read(root, f"mappings/{path.name}") for path in paths}
    parents = {entity: set(_references(mapping)) - {entity} for entity, mapping in mappings.items()}
    for entity, of in parents.items():
        for unknown in sorted(of - parents.keys()):
            problem = f"there is no entity {unknown!r}"
            raise _mistake(f"mappings/{entity}.yaml", problem, "correct its name, or add it")
    return parents


def _order(parents: Mapping[str, set[str]]) -> dict[str, tuple[str, ...]]:
    try:
        return {entity: tuple(sorted(parents[entity])) for entity in order_entities(parents)}
    except Cycle as cycle:
        place = f"mappings/{cycle.path[0]}.yaml"
        problem = f"entities reference each other in a circle: {cycle}"
        raise _mistake(place, problem, "drop one reference, or fill it later") from None


def _references(mapping: dict[str, Any]) -> Iterator[str]:
    merge = mapping.get("merge")
    if isinstance(merge, dict):
        yield from _names(merge.get("into"))
    for holder in (mapping, *_nodes(mapping.get("also"))):
        for field in _nodes(holder.get("fields")):
            if field.get("kind") in ("xref", "hierarchy"):
                yield from (*_names(field.get("entity")), *_names(field.get("otherwise")))


def _nodes(value: Any) -> list[dict[str, Any]]:
    return [node for node in value if isinstance(node, dict)] if isinstance(value, list) else []


def _names(value: Any) -> tuple[str, ...]:
    if isinstance(value, str):
        return (value,)
    return tuple(name for name in value if isinstance(name, str)) if isinstance(value, list) else ()


def _read(root: Path, name: str) -> dict[str, Any]:
    # All scalars stay text: an entity may be called `no` or `on`. The loader in C is the fast one.
    loader = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
    try:
        document = yaml.load((root / name).read_text(encoding="utf-8"), Loader=loader)
    except UnicodeDecodeError as error:
        raise _mistake(name, f"byte {error.start} is not UTF-8", "save the file as UTF-8") from None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        place = f"{name}:{mark.line + 1}:{mark.column + 1}" if mark else name
        raise _mistake(place, f"not readable as YAML: {error.problem}", "mend the syntax here") from None
    except yaml.YAMLError:
        problem = "it holds characters that YAML does not allow"
        raise _mistake(name, problem, "save the file as plain text") from None
    if not isinstance(document, dict):
        raise _mistake(f"{name}:1:1", "the file holds no mapping of keys", "start from an existing file")
    return document


def _mistake(place: str, problem: str, fix: str) -> SpecificationError:
    return SpecificationError(f"{place}: {problem}", fix=f"{fix}; `cutover check` lists every mistake")
