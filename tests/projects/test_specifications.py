"""The projects as text: free of mistakes and complete."""

import shutil
from pathlib import Path

import pytest
from tests.projects.journey import ADVENTUREWORKS, MALL, NORTHWIND, OPENBOXES, UK_LEDGERS

from cutover.errors import SpecificationError
from cutover.project.specification import read_specification

PROJECTS = [NORTHWIND, ADVENTUREWORKS, MALL, OPENBOXES, *UK_LEDGERS]


@pytest.mark.parametrize("project", PROJECTS, ids=lambda path: path.name)
def test_the_specification_holds_no_mistake_and_moves_every_entity(project: Path) -> None:
    specification = read_specification(project)
    assert sorted(specification.entities("main")) == sorted(path.stem for path in (project / "mappings").glob("*.yaml"))


@pytest.mark.parametrize("project", [NORTHWIND, ADVENTUREWORKS], ids=lambda path: path.name)
def test_a_misspelt_parent_is_found_with_its_place(project: Path, tmp_path: Path) -> None:
    copy = tmp_path / project.name
    shutil.copytree(project, copy)
    (lines,) = (copy / "mappings").glob("*_line.yaml")
    lines.write_text(lines.read_text(encoding="utf-8").replace("_order,", "_ordre,", 1), encoding="utf-8")
    with pytest.raises(SpecificationError, match=rf"mappings/{lines.name}:\d+:\d+: there is no entity .*did you mean"):
        read_specification(copy)


def test_a_unique_key_whose_column_nobody_fills_is_found_with_its_place(tmp_path: Path) -> None:
    copy = tmp_path / "northwind"
    shutil.copytree(NORTHWIND, copy)
    region = copy / "mappings" / "region.yaml"
    region.write_text(region.read_text(encoding="utf-8").replace("unique: [name]", "unique: [[code, nam]]"), "utf-8")
    told = r"mappings/region.yaml:4:\d+: no field fills 'nam' of the unique key code, nam.*did you mean 'name'"
    with pytest.raises(SpecificationError, match=told):
        read_specification(copy)
