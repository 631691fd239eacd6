"""The world of the command line: the project around the current folder, its staging, and Airflow's connections."""

import os
import sys
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console

from cutover.cli.progress import Meter
from cutover.cli.runtime import find_home
from cutover.errors import InputError
from cutover.phases.snapshots import latest_snapshot
from cutover.phases.world import Progress, World
from cutover.project.specification import Specification, read_specification
from cutover.runtime.connections import read_environment
from cutover.systems.connections import Environment
from cutover.systems.staging import Staging


def find_specification(project: Path | None) -> Path:
    """Return the folder of the specification: the option, or `include` of the project around the current folder."""
    return find_home(project)[0].include


def open_specification(project: Path | None) -> Specification:
    """Read and check the specification."""
    return read_specification(find_specification(project))


def open_world(project: Path | None, progress: Progress | None = None) -> World:
    """Build the world from the environment; what it lacks is taken from what `cutover up` wrote down."""
    _, home = find_home(project)
    variables = {**read_environment(home), **os.environ}
    staging = Staging(variables.get("CUTOVER_STAGING") or str(home.staging))
    meter = progress or Meter(Console(stderr=True), sys.stderr.isatty())
    return World(open_specification(project), staging, Environment(variables), lambda: datetime.now(UTC), meter)


def pick_snapshot(world: World, snapshot: str) -> str:
    """Return a snapshot's name; `latest` is the last one that was landed.

    Raises:
        InputError: there is none, or none of that name.
    """
    return latest_snapshot(world) if snapshot == "latest" else require_snapshot(world, snapshot)


def require_snapshot(world: World, snapshot: str) -> str:
    """Return the name of a snapshot that was begun.

    Raises:
        InputError: there is none of that name.
    """
    known = world.staging.snapshots()
    if snapshot not in known:
        there = f"use one of {', '.join(known[-5:])}" if known else "`cutover land` takes one"
        raise InputError(f"there is no snapshot {snapshot!r}", fix=there)
    return snapshot


def write_file(file: Path, content: bytes) -> None:
    """Write what a person asked for where they asked for it, whole or not at all.

    Raises:
        InputError: it cannot be written there; what was there stays.
    """
    is_device = file.exists() and not file.is_file()
    fresh = file if is_device else file.with_name(f".{file.name}.new")
    try:
        fresh.write_bytes(content)
        fresh.replace(file)
    except OSError as error:
        if not is_device:
            fresh.unlink(missing_ok=True)
        raise InputError(f"{file} cannot be written: {error.strerror}", fix="name another file") from None
