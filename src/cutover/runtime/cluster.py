"""The files and processes of our own PostgreSQL server, one level below `postgres`.

PostgreSQL refuses to run as root. There it is dropped to the account `nobody`, which cannot enter a
checkout under a 0700 folder; so its files then lie in a folder of their own in a system area, named after
the home's path:

    /var/lib/cutover/<hash of the home's path>/    root, 0755; remembered in state.json, removed by
    `cutover clean`
      password    root, 0600
      run/        nobody, 0700: data/ and server.log
      binaries/   a copy of the wheel's programs, when the wheel itself is out of that account's reach

For any other user the same files lie in <home>/postgres.
"""

import hashlib
import os
import pwd
import shutil
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil  # type: ignore[import-untyped]

from cutover.errors import RuntimeSetupError
from cutover.runtime.binaries import Account, Binaries
from cutover.runtime.home import keep_secret, write_private
from cutover.runtime.processes import find_in_folder
from cutover.runtime.server import NO_SPACE

# /var/tmp is the second choice: some systems clear it of files that are a month old.
SYSTEM_AREAS = (Path("/var/lib"), Path("/var/tmp"), Path("/tmp"))
USER = "postgres"
HOST = "127.0.0.1"

# For bulk loads on a small machine. fsync and synchronous commits stay on: a kill -9 must not lose a batch.
SETTINGS = {
    "listen_addresses": HOST,
    "unix_socket_directories": "",
    "max_connections": "200",
    "shared_buffers": "256MB",
    "maintenance_work_mem": "128MB",
    "work_mem": "16MB",
    "max_wal_size": "2GB",
    "checkpoint_timeout": "10min",
    "timezone": "UTC",
    "log_timezone": "UTC",
}


@dataclass(frozen=True)
class Place:
    """Where our server's files lie, and the account that runs it (None: we ourselves)."""

    folder: Path
    account: Account | None

    @property
    def run(self) -> Path:
        return self.folder / "run"

    @property
    def data(self) -> Path:
        return self.run / "data"

    @property
    def log(self) -> Path:
        return self.run / "server.log"

    @property
    def password_file(self) -> Path:
        return self.folder / "password"


def find_place(home_root: Path, remembered: str | None = None, *, areas: Sequence[Path] = SYSTEM_AREAS) -> Place:
    """Return where the files of a home's server lie (`remembered`) or will lie.

    Raises:
        RuntimeSetupError: we are root and there is no account `nobody`.
    """
    if os.geteuid() != 0:
        return Place(Path(remembered) if remembered else home_root / "postgres", None)
    try:
        nobody = pwd.getpwnam("nobody")
    except KeyError as error:
        raise RuntimeSetupError(
            "PostgreSQL does not run as root and there is no account `nobody` to run it",
            fix="run cutover as a normal user, or give a server with CUTOVER_DATABASE_URL",
        ) from error
    area = next((area for area in areas if os.access(area, os.W_OK | os.X_OK)), areas[-1])
    name = hashlib.sha256(str(home_root).encode()).hexdigest()[:16]
    folder = Path(remembered) if remembered else area / "cutover" / name
    return Place(folder, Account(nobody.pw_uid, nobody.pw_gid))


def make_place(place: Place) -> None:
    """Create the server's folders with the rights that its account needs.

    Raises:
        RuntimeSetupError: a folder cannot be made, or another user has made it before us.
    """
    open_to = 0o700 if place.account is None else 0o755
    try:
        for folder in (place.folder.parent, place.folder):
            folder.mkdir(mode=open_to, exist_ok=True)
            if folder.is_symlink() or folder.stat().st_uid != os.geteuid():
                raise RuntimeSetupError(f"{folder} belongs to another user", fix="remove it, or see who made it")
        if place.account:
            place.folder.parent.chmod(open_to)
            place.folder.chmod(open_to)
        place.run.mkdir(mode=0o700, exist_ok=True)
        _hand_over(place.run, place.account)
    except OSError as error:
        raise RuntimeSetupError(
            f"the database's folder {place.folder} cannot be made: {error.strerror}",
            fix="free space or mend its rights",
        ) from error


def _hand_over(path: Path, account: Account | None) -> None:
    if account:
        os.chown(path, account.uid, account.gid)


def run_as(command: Sequence[str | Path], account: Account | None) -> subprocess.CompletedProcess[str]:
    """Run a PostgreSQL program as `account`, untouched by the caller's PG* variables and language.

    Raises:
        RuntimeSetupError: we may not become that account.
    """
    who = {"user": account.uid, "group": account.gid, "extra_groups": []} if account else {}
    try:
        return subprocess.run(  # type: ignore[call-overload,no-any-return]
            command,
            text=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            cwd="/",
            env={"PATH": os.defpath, "LC_ALL": "C"},
            **who,
        )
    except OSError as error:
        raise RuntimeSetupError(
            f"{command[0]} cannot be run: {error.strerror}",
            fix="run cutover as a normal user, or mend its rights",
        ) from error


def read_data_major(place: Place) -> int | None:
    """Return the major version that wrote the data, or None when there are none yet."""
    mark = place.data / "PG_VERSION"
    return int(mark.read_text(encoding="ascii").split(".")[0]) if mark.is_file() else None


def initialise(place: Place, binaries: Binaries) -> None:
    """Create the data with a generated password, whole or not at all; existing data are left as they are.

    Raises:
        RuntimeSetupError: initdb fails; says why.
    """
    if place.data.exists():
        return
    password = keep_secret(place.password_file)
    fresh, handed = place.run / "data.new", place.run / "password.new"
    shutil.rmtree(fresh, ignore_errors=True)
    write_private(handed, password)
    _hand_over(handed, place.account)
    command: list[str | Path] = [binaries.folder / "initdb", "-D", fresh, "-U", USER, "-E", "UTF8"]
    command += ["--no-locale", "--auth=scram-sha-256", f"--pwfile={handed}"]
    done = run_as(command, place.account)
    handed.unlink()
    if done.returncode != 0:
        shutil.rmtree(fresh, ignore_errors=True)
        raise explain_failure(done.stdout, place)
    fresh.rename(place.data)


def launch(place: Place, binaries: Binaries, port: int, *, patience: float) -> None:
    """Start the server process and wait until it takes connections.

    After a kill -9 the dead server's children need a moment to end, until then a new one refuses to start:
    such a refusal is tried again for ten seconds.

    Raises:
        RuntimeSetupError: it does not start; says why.
    """
    settings = " ".join(f"-c {name}='{value}'" for name, value in {**SETTINGS, "port": str(port)}.items())
    seconds = str(int(patience))
    command: list[str | Path] = [binaries.folder / "pg_ctl", "-D", place.data, "-w", "-t", seconds]
    deadline = time.monotonic() + 10
    while True:
        _discard_stale_lock(place)
        seen = place.log.stat().st_size if place.log.exists() else 0
        done = run_as([*command, "-l", place.log, "-o", settings, "start"], place.account)
        if done.returncode == 0:
            return
        said = done.stdout + read_since(place.log, seen)
        held = "postmaster.pid" in said or "pre-existing shared memory" in said
        if not held or time.monotonic() > deadline:
            raise explain_failure(said, place)
        time.sleep(0.5)


def find_postmaster(place: Place) -> int | None:
    """Return the id of the server process that has the data open, or None."""
    pid = read_postmaster_line(place, 0)
    if pid is None or not psutil.pid_exists(pid):
        return None
    try:
        process = psutil.Process(pid)
        # Its working directory would tell as well, but root in a container may not read another account's.
        ours = str(place.data) in process.cmdline() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return None
    return pid if ours else None


def read_postmaster_line(place: Place, number: int) -> int | None:
    """Return a number from the server's lock file: line 0 its process id, line 3 its port."""
    try:
        return int((place.data / "postmaster.pid").read_text(encoding="utf-8").splitlines()[number])
    except (OSError, IndexError, ValueError):
        return None


def _discard_stale_lock(place: Place) -> None:
    # PostgreSQL discards the lock of a dead process itself, but not when another process has got that id
    # meanwhile.
    pid = read_postmaster_line(place, 0)
    if pid and psutil.pid_exists(pid) and not find_postmaster(place) and not find_in_folder(str(place.data)):
        (place.data / "postmaster.pid").unlink(missing_ok=True)


def end_remains(place: Place) -> None:
    """Kill what still works in the data folder without a server process above it."""
    remaining = find_in_folder(str(place.data))
    for process in remaining:
        process.kill()
    psutil.wait_procs(remaining, timeout=10)


def read_since(log: Path, offset: int) -> str:
    """Return what a log has got since it was `offset` bytes long."""
    if not log.exists():
        return ""
    with log.open("rb") as file:
        file.seek(offset)
        return file.read().decode("utf-8", "replace")


def explain_failure(said: str, place: Place) -> RuntimeSetupError:
    """Turn what PostgreSQL printed into one clear message."""
    if NO_SPACE in said:
        return RuntimeSetupError(f"the disk of {place.folder} is full", fix="free 200 MB there, then run it again")
    if "could not bind" in said or "could not create any TCP/IP sockets" in said:
        return RuntimeSetupError("another program has taken PostgreSQL's port meanwhile", fix="run the command again")
    if "Permission denied" in said:
        return RuntimeSetupError(f"PostgreSQL may not read or write {place.run}", fix="mend the rights of that folder")
    if "could not look up effective user ID" in said:
        return RuntimeSetupError(
            "the user that runs this has no name on this machine, and initdb insists on one",
            fix="add the user to /etc/passwd, or give a server with CUTOVER_DATABASE_URL",
        )
    last = " | ".join(line.strip() for line in said.strip().splitlines()[-4:]) or "it said nothing"
    return RuntimeSetupError(f"PostgreSQL does not start: {last}", fix=f"read {place.log}")
