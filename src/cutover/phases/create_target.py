"""Create the empty target: the project's own SQL files, in one transaction, into a database that has none of it."""

from contextlib import closing

from sqlalchemy import Connection

from cutover.errors import InputError, TargetError
from cutover.phases.world import World
from cutover.systems.queries import run
from cutover.systems.target import connect_target, run_setup


def create_target(world: World) -> tuple[str, ...]:
    """Run the files of `target.setup`, all or none of them; returns the schemas that are there now.

    Raises:
        InputError: the project names no such files, or one of its schemas is there already.
        TargetError: the target refuses a statement, or a schema is missing afterwards. ConnectionLost: no answer.
    """
    declared, specification = world.specification.project.target, world.specification
    if not declared.setup:
        raise InputError(
            "project.yaml names no SQL files that create the target",
            fix="list them under target.setup, or let the new system create its own tables",
        )
    statements = {f"sql/{name}": specification.sql(name) for name in declared.setup}
    engine = connect_target(world.connect(declared.connection))
    try:
        with engine.begin() as connection:
            if there := _there(connection, declared.schemas):
                raise InputError(
                    f"the target has {_named(there)} already; nothing was changed",
                    fix="name an empty database in the connection, or drop what is there yourself",
                )
            with closing(connection.connection.cursor()) as cursor:
                run_setup(cursor, statements)
            if missing := set(declared.schemas) - _there(connection, declared.schemas):
                raise TargetError(
                    f"the files of target.setup do not create {_named(missing)}; nothing was changed",
                    fix="create it there, or correct target.schemas",
                )
    finally:
        engine.dispose()
    return declared.schemas


def _there(connection: Connection, schemas: tuple[str, ...]) -> set[str]:
    return {schema for schema in schemas if run(connection, "find_schema", schema=schema).scalar()}


def _named(schemas: set[str]) -> str:
    return f"the schema{'s' if len(schemas) > 1 else ''} {', '.join(sorted(schemas))}"
