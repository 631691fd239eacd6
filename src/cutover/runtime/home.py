"""Where a project lies, and the folder that holds everything its local servers remember.

<root>/.cutover/         0700, the home
  state.json             ports, process ids, which server: what the next command has to know
  env                    shell `export` lines: the same connections for a person's own commands
  lock                   held while `up`, `down` or `clean` is at work
  secrets/               one generated secret per 0600 file
  logs/                  one log per component, the previous one as *.log.1
  airflow/  staging/     Airflow's own folder; the Parquet datasets
  legacy/                the example's legacy files
  postgres/              the database, unless we are root (see `postgres`)
"""

import fcntl
import json
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cutover.errors import Busy, InputError, RuntimeSetupError

_FILES = ("state.json", "env", "lock")
_PARTS = ("ports", "components", "server")
_FOLDERS = ("secrets", "logs", "airflow", "staging", "legacy", "postgres")


@dataclass(frozen=True)
class Project:
    """The folders of one enterprise: repository root, specification (`include`), DAGs and plugins."""

    root: Path
    include: Path

    @property
    def dags(self) -> Path:
        return self.root / "dags"

    @property
    def plugins(self) -> Path:
        return self.root / "plugins"


@dataclass(frozen=True)
class Home:
    """The folder of one project's local state; `root` is absolute and without links."""

    root: Path

    @property
    def state_file(self) -> Path:
        return self.root / "state.json"

    @property
    def env_file(self) -> Path:
        return self.root / "env"

    @property
    def lock_file(self) -> Path:
        return self.root / "lock"

    @property
    def secrets(self) -> Path:
        return self.root / "secrets"

    @property
    def logs(self) -> Path:
        return self.root / "logs"

    @property
    def airflow(self) -> Path:
        return self.root / "airflow"

    @property
    def staging(self) -> Path:
        return self.root / "staging"

    @property
    def legacy(self) -> Path:
        return self.root / "legacy"


def find_project(start: Path, include: Path | None = None) -> Project:
    """Find the project that `start` lies in.

    The root is the nearest folder, upwards from `start`, with `include/project.yaml`. When `include` names
    another specification, a folder with `dags` will do as root, and without one `start` itself.

    Raises:
        InputError: no such folder, or `include` holds no project.yaml.
    """
    folders = [start, *start.parents]
    root = next((folder for folder in folders if (folder / "include" / "project.yaml").is_file()), None)
    if include is None:
        if root is None:
            raise InputError(
                f"no include/project.yaml in {start} or above it",
                fix="run the command inside a project, or name its specification with --project FOLDER",
            )
        return Project(root, root / "include")
    if not (include / "project.yaml").is_file():
        raise InputError(f"no project.yaml in {include}", fix="name the folder that holds it with --project")
    return Project(root or next((f for f in folders if (f / "dags").is_dir()), start), include.resolve())


def make_home(root: Path) -> Home:
    """Create the home's folders, readable by their owner only; an existing home is left as it is.

    Raises:
        RuntimeSetupError: the folder cannot be written, or it holds other things and was no home so far.
    """
    home = Home(root.resolve())
    try:
        if home.root.exists() and not home.state_file.exists() and (others := _list_others(home)):
            raise RuntimeSetupError(
                f"{home.root} is no home of cutover: it holds {others[0]}",
                fix="name a folder of its own with CUTOVER_HOME",
            )
        for folder in (home.root, home.secrets, home.logs, home.airflow, home.staging, home.legacy):
            folder.mkdir(mode=0o700, parents=folder == home.root, exist_ok=True)
    except OSError as error:
        raise RuntimeSetupError(
            f"the folder for local state {home.root} cannot be made: {error.strerror}",
            fix="free space or mend its rights, or name another folder with CUTOVER_HOME",
        ) from error
    return home


def remove_home(home: Home) -> list[str]:
    """Remove what a home holds, and the home itself if nothing else lies in it; returns the names of what stays."""
    for name in _FOLDERS:
        shutil.rmtree(home.root / name, ignore_errors=True)
    for name in _FILES:
        for path in (home.root / name, home.root / f"{name}.new"):
            path.unlink(missing_ok=True)
    others = _list_others(home)
    if not others:
        shutil.rmtree(home.root, ignore_errors=True)
    return others


def _list_others(home: Home) -> list[str]:
    names = (path.name for path in home.root.iterdir())
    return sorted(name for name in names if name.removesuffix(".new") not in (*_FILES, *_FOLDERS))


def write_private(path: Path, text: str) -> None:
    """Replace a file whole or not at all; only its owner may read it.

    Raises:
        RuntimeSetupError: the disk is full or the folder cannot be written.
    """
    fresh = path.with_name(path.name + ".new")
    try:
        fresh.unlink(missing_ok=True)
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)
    except OSError as error:
        raise RuntimeSetupError(f"{path} cannot be written: {error.strerror}", fix="free space there") from error


def keep_secret(path: Path, value: str | None = None) -> str:
    """Return the secret kept in `path`; when there is none yet, keep `value` or a random one of 256 bits."""
    if path.is_file() and (kept := path.read_text(encoding="utf-8").strip()):
        return kept
    secret = value or secrets.token_urlsafe(32)
    write_private(path, secret + "\n")
    return secret


def read_state(home: Home) -> dict[str, Any]:
    """Return what the last command remembered; empty when there is no home or nothing was remembered.

    Raises:
        RuntimeSetupError: the file is damaged.
    """
    if not home.state_file.is_file():
        return {}
    try:
        state = json.loads(home.state_file.read_bytes())
    except ValueError:
        state = None
    if not isinstance(state, dict) or not all(isinstance(state.get(name, {}), dict) for name in _PARTS):
        raise RuntimeSetupError(
            f"{home.state_file} is damaged",
            fix="run `cutover down`, which finds the servers without it, then `cutover up`",
        )
    return state


def remember(home: Home, **parts: Any) -> None:
    """Merge `parts` into the remembered state; a part given as None is forgotten."""
    state = {**read_state(home), **parts}
    kept = {name: part for name, part in state.items() if part is not None}
    write_private(home.state_file, json.dumps(kept, indent=2, sort_keys=True) + "\n")


@contextmanager
def hold_lock(home: Home) -> Iterator[None]:
    """Let one `up`, `down` or `clean` work on a home at a time; the lock dies with its process.

    Raises:
        Busy: another command holds it.
    """
    with home.lock_file.open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise Busy(
                f"another cutover command is starting or stopping the servers of {home.root}",
                fix="wait until it has ended, then run this one again",
            ) from error
        yield
