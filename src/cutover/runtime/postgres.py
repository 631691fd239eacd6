"""The PostgreSQL server of one home: started, found again, looked at and stopped; loopback only, with a
password."""

import shutil
import signal
import time
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import psutil  # type: ignore[import-untyped]

from cutover.errors import ConnectionLost, RuntimeSetupError
from cutover.runtime import cluster
from cutover.runtime.binaries import find_binaries, make_reachable
from cutover.runtime.cluster import Place
from cutover.runtime.home import Home, read_state, remember
from cutover.runtime.processes import choose_port
from cutover.runtime.server import Server, read_given_server, read_server_version


@dataclass(frozen=True)
class ServerChoice:
    """Which server the caller wants: a URL, or one of ours from `system` or `wheel` programs (None: either).

    search_path: folders to look through for installed programs, as in PATH.
    """

    url: str | None = None
    origin: str | None = None
    search_path: str = ""


@dataclass(frozen=True)
class ServerStatus:
    """One look at the server: `alive` is about its process, `healthy` about its answer."""

    server: Server | None
    alive: bool
    healthy: bool
    pid: int | None = None
    log: Path | None = None


def find_place(home: Home) -> Place:
    """Return where the files of this home's own server lie or will lie."""
    return cluster.find_place(home.root, read_state(home).get("server_folder"))


def start_server(home: Home, choice: ServerChoice, *, patience: float = 120.0) -> Server:
    """Start the home's server, or find it running, and remember it; the given URL's server is only checked.

    The port stays the same from start to start unless somebody else has taken it meanwhile. `patience` in
    seconds.

    Raises:
        RuntimeSetupError: no programs, no space, no rights, data of another version, or the server does
        not start. InputError, ConnectionLost: the given URL is wrong or nobody answers there.
    """
    server = read_given_server(home, choice.url) if choice.url else _start_own(home, choice, patience)
    remember(home, server=_as_state(server))
    return server


def _start_own(home: Home, choice: ServerChoice, patience: float) -> Server:
    place = find_place(home)
    # A server that was killed a moment ago may still look alive; it ends while we wait, a new one starts.
    server = _await_answer(place, patience)
    if server is None:
        _launch(home, place, choice, patience)
        server = _await_answer(place, patience)
    if server is None:
        raise RuntimeSetupError("PostgreSQL has ended right after its start", fix=f"read {place.log}")
    return server


def _launch(home: Home, place: Place, choice: ServerChoice, patience: float) -> None:
    binaries = find_binaries(choice.origin, choice.search_path, major=cluster.read_data_major(place))
    cluster.make_place(place)
    remember(home, server_folder=str(place.folder))
    binaries = make_reachable(binaries, place.account, place.folder / "binaries")
    cluster.initialise(place, binaries)
    cluster.launch(place, binaries, _choose_port(home), patience=patience)


def _choose_port(home: Home) -> int:
    remembered = read_state(home).get("ports", {})
    port = choose_port(remembered.get("database"), taken=remembered.values())
    remember(home, ports={**remembered, "database": port})
    return port


def _await_answer(place: Place, patience: float) -> Server | None:
    """Return our running server as soon as it answers; None when it does not run or ends meanwhile."""
    deadline = time.monotonic() + patience
    while (server := _find_running(place)) is not None:
        try:
            return replace(server, version=read_server_version(server))
        except ConnectionLost:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.2)
    return None


def _find_running(place: Place) -> Server | None:
    pid, port = cluster.find_postmaster(place), cluster.read_postmaster_line(place, 3)
    if pid is None or port is None:
        return None
    try:
        programs = Path(psutil.Process(pid).cmdline()[0]).parent
    except (psutil.NoSuchProcess, IndexError):
        return None
    return Server(cluster.HOST, port, cluster.USER, place.password_file, "", place.data, programs)


def stop_server(home: Home, *, patience: float = 60.0) -> bool:
    """Stop our server and tell whether it ran; a server that was given by its URL is left alone.

    patience: seconds that each of the two polite ways gets; after them the processes are killed, which
    loses nothing.
    """
    if not read_state(home).get("server_folder"):
        return False
    place = find_place(home)
    pid = cluster.find_postmaster(place)
    # To a PostgreSQL server SIGINT means: end all sessions, write everything down and stop; SIGQUIT: stop
    # at once.
    for polite in (signal.SIGINT, signal.SIGQUIT) if pid else ():
        with suppress(psutil.NoSuchProcess):
            process = psutil.Process(pid)
            process.send_signal(polite)
        if _has_ended(place, patience):
            break
    cluster.end_remains(place)
    return pid is not None


def _has_ended(place: Place, patience: float) -> bool:
    deadline = time.monotonic() + patience
    while cluster.find_postmaster(place):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def remove_server(home: Home) -> None:
    """Remove the files of our stopped server, with the system folder that root needed for them."""
    folder = read_state(home).get("server_folder")
    if not folder:
        return
    shutil.rmtree(folder, ignore_errors=True)
    area = Path(folder).parent
    if area.name == "cutover" and area.parent in cluster.SYSTEM_AREAS:
        # Another checkout's server may lie there too.
        with suppress(OSError):
            area.rmdir()


def server_status(home: Home) -> ServerStatus:
    """Look at the server that was remembered, without changing anything."""
    remembered = read_state(home).get("server")
    if not remembered:
        return ServerStatus(None, alive=False, healthy=False)
    server = _from_state(remembered)
    place = find_place(home) if server.data else None
    pid = cluster.find_postmaster(place) if place else None
    try:
        read_server_version(server)
        healthy = True
    except (ConnectionLost, RuntimeSetupError, OSError):
        healthy = False
    return ServerStatus(
        server, alive=healthy or pid is not None, healthy=healthy, pid=pid, log=place.log if place else None
    )


def _as_state(server: Server) -> dict[str, Any]:
    return {name: str(part) if isinstance(part, Path) else part for name, part in asdict(server).items()}


def _from_state(state: dict[str, Any]) -> Server:
    paths = {name: Path(state[name]) if state[name] else None for name in ("password_file", "data", "binaries")}
    return Server(**{**state, **paths, "options": tuple((name, value) for name, value in state["options"])})
