"""The empty target is created whole or not at all, and never over something that is there."""

from pathlib import Path

import pytest
from scratch import empty_database, execute
from small_world import make_world
from sqlalchemy import text

from cutover.errors import InputError, TargetError
from cutover.phases.create_target import create_target
from cutover.phases.world import World
from cutover.project.model import ProjectFile
from cutover.project.specification import Specification
from cutover.systems.connections import Connection
from cutover.systems.target import connect_target

__all__ = ["empty_database"]
FIRST = "create schema shop; create table shop.item (code text check (code like 'A%')); -- 100 % of it"


def world_of(folder: Path, target: Connection, *files: str, schemas: tuple[str, ...] = ("shop",)) -> World:
    """A world whose project has these setup files, and only what this phase reads."""
    (folder / "sql").mkdir()
    names = [f"{number}.sql" for number in range(len(files))]
    for name, content in zip(names, files, strict=True):
        (folder / "sql" / name).write_text(content, encoding="utf-8")
    declared = {"connection": "target", "schemas": schemas, "setup": names}
    systems, waves = {"old": {"connection": "old"}}, {"main": {"entities": ["item"]}}
    project = ProjectFile.model_validate({"name": "x", "systems": systems, "target": declared, "waves": waves})
    known = make_world(folder / "staging", target)
    return World(Specification(folder, project, {}, {}, {}), known.staging, known.connect, known.now)


def schemas_of(target: Connection) -> set[str]:
    engine = connect_target(target)
    with engine.connect() as connection:
        found = connection.execute(
            text("select nspname from pg_namespace where nspname in ('shop', 'extra', 'cutover')")
        )
        names = set(found.scalars())
    engine.dispose()
    return names


def test_the_files_run_in_their_order_and_make_every_schema(tmp_path: Path, empty_database: Connection) -> None:  # noqa: F811
    world = world_of(tmp_path, empty_database, FIRST, "insert into shop.item values ('A1')")
    assert create_target(world) == ("shop",)
    assert schemas_of(empty_database) == {"shop"}
    execute(empty_database, "insert into shop.item values ('A2')")


@pytest.mark.parametrize(
    ("files", "schemas", "error", "told"),
    [
        ((), ("shop",), InputError, "names no SQL files that create the target"),
        ((FIRST, "insert into shop.item values ('B secret')"), ("shop",), TargetError, "file sql/1.sql"),
        ((FIRST, "selekt 1"), ("shop",), TargetError, 'syntax error at or near "selekt"'),
        ((FIRST,), ("shop", "extra"), TargetError, "do not create the schema extra"),
    ],
)
def test_what_goes_wrong_is_told_and_leaves_nothing(
    tmp_path: Path,
    empty_database: Connection,  # noqa: F811
    files: tuple[str, ...],
    schemas: tuple[str, ...],
    error: type[Exception],
    told: str,
) -> None:
    with pytest.raises(error, match=told) as caught:
        create_target(world_of(tmp_path, empty_database, *files, schemas=schemas))
    assert "secret" not in str(caught.value)
    assert schemas_of(empty_database) == set()


def test_a_schema_that_is_there_is_left_alone(tmp_path: Path, empty_database: Connection) -> None:  # noqa: F811
    execute(
        empty_database, "create schema shop; create table shop.precious (n int); insert into shop.precious values (1)"
    )
    with pytest.raises(InputError, match="the target has the schema shop already; nothing was changed"):
        create_target(world_of(tmp_path, empty_database, "drop schema shop cascade; " + FIRST))
    execute(empty_database, "do $$ begin assert (select array_agg(n) from shop.precious) = array[1]; end $$")
