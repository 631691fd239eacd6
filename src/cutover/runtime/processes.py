"""Processes and ports of this machine: which still live, which belong to us, and how they end."""

import os
import secrets
import signal
import socket
import time
from collections.abc import Callable, Collection, Iterable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial

import psutil  # type: ignore[import-untyped]

from cutover.errors import RuntimeSetupError

# Every process of the supervisor inherits this; its value is the home's path. The person's shell never has
# it.
MARK = "CUTOVER_RUNTIME"

# Below Linux's ephemeral range (32768 and up), so that no outgoing connection borrows a remembered port.
PORTS = range(20_000, 32_000)

# The start time is derived from the boot time, which a clock correction can move by a second.
START_TOLERANCE = 5.0

# Seconds after a SIGKILL in which the kernel has to remove a process.
KILL_PATIENCE = 30.0


@dataclass(frozen=True)
class Birth:
    """A process by its id and start time (seconds since the epoch): an id alone is used again by others."""

    pid: int
    started: float


def read_birth(pid: int) -> Birth:
    """Name the living process `pid` so that it can be told from a later one with the same id."""
    return Birth(pid, psutil.Process(pid).create_time())


def is_alive(birth: Birth) -> bool:
    """Tell whether that very process still runs; a zombie does not."""
    try:
        process = psutil.Process(birth.pid)
        same = abs(process.create_time() - birth.started) < START_TOLERANCE
        return bool(same and process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def find_marked(home: str) -> list[psutil.Process]:
    """Return every living process that the supervisor of `home` started, at any depth, except this one."""
    return [process for process in psutil.process_iter() if _is_marked(process, home)]


def _is_marked(process: psutil.Process, home: str) -> bool:
    with suppress(psutil.Error, OSError):
        if process.pid != os.getpid() and process.status() != psutil.STATUS_ZOMBIE:
            return bool(process.environ().get(MARK) == home)
    return False


def find_in_session(births: Iterable[Birth]) -> list[psutil.Process]:
    """Return the living processes of the sessions that `births` lead or led."""
    ours = {birth.pid for birth in births if not _is_reused(birth)}
    return [process for process in psutil.process_iter() if _session(process.pid) in ours and _lives(process)]


def _is_reused(birth: Birth) -> bool:
    try:
        return bool(abs(psutil.Process(birth.pid).create_time() - birth.started) >= START_TOLERANCE)
    except psutil.NoSuchProcess:
        return False


def _session(pid: int) -> int | None:
    try:
        return os.getsid(pid)
    except (ProcessLookupError, PermissionError):
        return None


def _lives(process: psutil.Process) -> bool:
    try:
        return bool(process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def find_in_folder(folder: str) -> list[psutil.Process]:
    """Return the living processes whose working directory is `folder`: every PostgreSQL process's is its
    data."""
    return [process for process in psutil.process_iter() if _works_in(process, folder)]


def _works_in(process: psutil.Process, folder: str) -> bool:
    with suppress(psutil.Error, OSError):
        return process.cwd() == folder and _lives(process)
    return False


def stop_groups(leaders: Collection[Birth], find: Callable[[], list[psutil.Process]], *, patience: float) -> int:
    """End the leaders' process groups politely and everything that `find` still sees after `patience`
    seconds by force.

    Returns how many processes had to be killed.

    Raises:
        RuntimeSetupError: one survives even that.
    """
    living = [leader.pid for leader in leaders if is_alive(leader)]
    orphans = [process for process in find() if _session(process.pid) not in living]
    for end in [
        *(partial(os.killpg, pid, signal.SIGTERM) for pid in living),
        *(each.terminate for each in orphans),
    ]:
        with suppress(ProcessLookupError, psutil.NoSuchProcess):
            end()
    killed: set[int] = set()
    deadline = time.monotonic() + patience
    while remaining := find():
        _, stubborn = psutil.wait_procs(remaining, timeout=0.2)
        late = time.monotonic() - deadline
        if stubborn and late > KILL_PATIENCE:
            raise RuntimeSetupError(
                f"processes {sorted(process.pid for process in stubborn)} do not end even when killed",
                fix="look what they wait for (a dead network file system?), then run `cutover down` again",
            )
        for process in stubborn if late > 0 else ():
            with suppress(psutil.NoSuchProcess):
                process.kill()
                killed.add(process.pid)
    return len(killed)


def is_port_free(port: int) -> bool:
    """Tell whether a server could listen on `port` of any of this machine's IPv4 addresses."""
    with socket.socket() as probe:
        # Without this a connection that has just ended would make the port look taken for a minute.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("", port))
        except OSError:
            return False
    return True


def choose_port(remembered: int | None = None, *, taken: Collection[int] = ()) -> int:
    """Return the remembered port when it is still free, or else a random free one that is not in `taken`."""
    if remembered and is_port_free(remembered):
        return remembered
    while True:
        port = PORTS.start + secrets.randbelow(len(PORTS))
        if port not in taken and is_port_free(port):
            return port
