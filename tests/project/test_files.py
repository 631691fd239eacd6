"""Files of a project that cannot be read, or that nobody would read, are found like any other mistake."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.project.conftest import Toy

from cutover.project.specification import inspect_specification, read_specification

MAPPING, CROSSWALK = "mappings/customer.yaml", "mappings/crosswalks/country.csv"
SQL, TOTAL = "sql/orders.sql", "sql/control_totals/credit.old.sql"


def told(root: Path) -> list[str]:
    """What `cutover check` says of the files as such."""
    return [str(finding) for finding in inspect_specification(root)[1] if "there is no" not in finding.problem]


def _link_to_nothing(path: Path) -> None:
    path.symlink_to(path.with_name("nowhere"))


@pytest.mark.parametrize("name", [MAPPING, CROSSWALK, SQL])
@pytest.mark.parametrize("put", [Path.mkdir, _link_to_nothing, os.mkfifo])
def test_what_is_no_file_is_named(toy: Toy, name: str, put: Callable[[Path], None]) -> None:
    root = toy()
    (root / name).unlink()
    put(root / name)
    assert f"{name}: it is no file that can be read. Fix: put the file there, or remove this" in told(root)


@pytest.mark.parametrize("name", ["project.yaml", MAPPING, CROSSWALK, SQL, TOTAL])
def test_a_file_in_another_encoding_is_named_with_its_line(toy: Toy, name: str) -> None:
    root = toy()
    (root / name).write_bytes((root / name).read_bytes() + "客户".encode("gb18030"))
    line = (root / name).read_bytes().count(b"\n") + 1
    assert any(finding.startswith(f"{name}:{line}:1: byte ") for finding in told(root))


def test_a_file_without_rights_is_named(toy: Toy, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: Path) -> bytes:
        raise PermissionError(13, "Permission denied")

    root = toy()
    monkeypatch.setattr(Path, "read_bytes", refuse)
    assert f"{MAPPING}: it cannot be read: Permission denied. Fix: mend its rights" in told(root)


@pytest.mark.parametrize(
    ("name", "mend"),
    [
        ("mappings/supplier.yml", "mappings/*.yaml"),
        ("mappings/sales/supplier.yaml", "mappings/*.yaml"),
        ("mappings/crosswalks/unit.CSV", "mappings/crosswalks/*.csv"),
    ],
)
def test_a_file_that_nothing_reads_is_named(toy: Toy, name: str, mend: str) -> None:
    assert told(toy((name, "entity: supplier\n"))) == [f"{name}: nothing reads this file. Fix: name it {mend}"]


def test_a_note_beside_the_mappings_is_nobodys_business(toy: Toy) -> None:
    read_specification(toy(("mappings/README.md", "hello"), ("mappings/crosswalks/source.xlsx", "")))


def test_a_byte_that_no_database_keeps_is_found_in_a_crosswalk(toy: Toy) -> None:
    problem = f"{CROSSWALK}:3:1: a character that no database keeps. Fix: remove it"
    assert told(toy((CROSSWALK, "source,target\nCN,CN\nD\0,DE\n"))) == [problem]


def test_a_byte_order_mark_is_no_part_of_any_file(toy: Toy) -> None:
    root = toy()
    for path in [path for path in root.rglob("*") if path.is_file()]:
        path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    assert read_specification(root).sql("orders") == "select * from orders\n"
