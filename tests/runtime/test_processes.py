"""Which processes are ours, that all of them end, and which ports are free."""

import os
import socket
import subprocess
import sys
import time
from dataclasses import replace

import pytest

from cutover.runtime.processes import (
    MARK,
    PORTS,
    choose_port,
    find_in_session,
    find_marked,
    is_alive,
    is_port_free,
    read_birth,
    stop_groups,
)

SLEEP = "import time; time.sleep(60)"
# A leader that ignores SIGTERM, with a child in a process group of its own that ignores it too.
STUBBORN = f"""
import os, signal, subprocess, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
deaf = "import signal; signal.signal(15, signal.SIG_IGN); {SLEEP}"
subprocess.Popen([sys.executable, "-c", deaf], process_group=0)
print("ready", flush=True)
time.sleep(60)
"""


def start(code: str, mark: str = "") -> subprocess.Popen[str]:
    environment = {**os.environ, **({MARK: mark} if mark else {})}
    return subprocess.Popen(
        [sys.executable, "-c", code],
        env=environment,
        start_new_session=True,
        stdout=subprocess.PIPE,
        text=True,
    )


def test_process_is_told_from_a_later_one_with_its_id() -> None:
    process = start(SLEEP)
    birth = read_birth(process.pid)
    assert is_alive(birth)
    assert not is_alive(replace(birth, started=birth.started - 3600))
    process.kill()
    deadline = time.monotonic() + 10
    while is_alive(birth) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not is_alive(birth), "a zombie is not alive"
    process.communicate()


def test_only_marked_processes_are_found() -> None:
    mark = f"/test/{os.getpid()}"
    ours, others = start(SLEEP, mark), start(SLEEP, mark + "/other")
    time.sleep(0.3)
    assert [process.pid for process in find_marked(mark)] == [ours.pid]
    for process in (ours, others):
        process.kill()
        process.communicate()


def test_stubborn_leader_and_its_child_are_killed() -> None:
    leader = start(STUBBORN)
    assert leader.stdout is not None and leader.stdout.readline() == "ready\n"
    birth = read_birth(leader.pid)
    assert len(find_in_session([birth])) == 2
    assert stop_groups([birth], lambda: find_in_session([birth]), patience=0.5) == 2
    assert find_in_session([birth]) == []
    leader.communicate()


def test_children_of_a_killed_leader_are_found_and_ended() -> None:
    leader = start(f"import subprocess, sys; subprocess.Popen([sys.executable, '-c', '{SLEEP}']); {SLEEP}")
    birth = read_birth(leader.pid)
    deadline = time.monotonic() + 10
    while len(find_in_session([birth])) < 2 and time.monotonic() < deadline:
        time.sleep(0.05)
    leader.kill()
    # Not waited for: a killed leader may stay a zombie for long.
    time.sleep(0.3)
    assert len(find_in_session([birth])) == 1
    assert stop_groups([birth], lambda: find_in_session([birth]), patience=5) == 0, "it ends politely"
    assert find_in_session([birth]) == []
    leader.wait()
    assert leader.stdout is not None
    leader.stdout.close()


def test_session_of_another_process_with_the_same_id_is_left_alone() -> None:
    process = start(SLEEP)
    birth = read_birth(process.pid)
    assert find_in_session([replace(birth, started=birth.started - 3600)]) == []
    process.kill()
    process.communicate()


@pytest.mark.parametrize("address", ["127.0.0.1", "0.0.0.0"])
def test_taken_port_is_not_chosen_again(address: str) -> None:
    port = choose_port()
    assert port in PORTS and is_port_free(port)
    assert choose_port(port) == port
    with socket.create_server((address, port)):
        assert not is_port_free(port)
        assert choose_port(port) != port


def test_port_that_another_of_ours_will_use_is_not_chosen() -> None:
    free = choose_port()
    taken = set(PORTS) - {free}
    assert choose_port(taken=taken) == free
