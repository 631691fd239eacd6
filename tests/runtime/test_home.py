"""Where a project is found, what a home keeps, and that one command works on it at a time."""

import stat
import subprocess
import sys
from pathlib import Path

import pytest

from cutover.errors import Busy, InputError, RuntimeSetupError
from cutover.runtime.connections import read_environment
from cutover.runtime.home import (
    Home,
    find_project,
    hold_lock,
    keep_secret,
    make_home,
    read_state,
    remember,
    remove_home,
    write_private,
)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def make_include(root: Path, name: str = "include") -> Path:
    (root / name).mkdir(parents=True)
    (root / name / "project.yaml").write_text("", encoding="utf-8")
    return root / name


def test_project_is_found_from_a_folder_inside_it(tmp_path: Path) -> None:
    make_include(tmp_path)
    (tmp_path / "a" / "b").mkdir(parents=True)
    found = find_project(tmp_path / "a" / "b")
    assert (found.root, found.include) == (tmp_path, tmp_path / "include")
    assert (found.dags, found.plugins) == (tmp_path / "dags", tmp_path / "plugins")


def test_named_specification_keeps_the_root_around_the_caller(tmp_path: Path) -> None:
    make_include(tmp_path)
    other = make_include(tmp_path / "tests", "northwind")
    found = find_project(tmp_path, other)
    assert (found.root, found.include) == (tmp_path, other)


def test_no_project_is_one_clear_message(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no include/project\.yaml.*Fix: .*--project"):
        find_project(tmp_path)
    with pytest.raises(InputError, match=r"no project\.yaml in"):
        find_project(tmp_path, tmp_path)


def test_home_is_private(tmp_path: Path) -> None:
    home = make_home(tmp_path / "home")
    assert mode(home.root) == 0o700
    keep_secret(home.secrets / "one")
    assert mode(home.secrets / "one") == 0o600
    remember(home, ports={"api": 1})
    assert mode(home.state_file) == 0o600


def test_home_that_cannot_be_made_is_one_clear_message(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(RuntimeSetupError, match="cannot be made"):
        make_home(tmp_path / "file" / "home")


def test_private_file_loses_the_rights_that_an_older_one_had(tmp_path: Path) -> None:
    target = tmp_path / "secret"
    target.write_text("old", encoding="utf-8")
    target.chmod(0o644)
    write_private(target, "new")
    assert (mode(target), target.read_text(encoding="utf-8")) == (0o600, "new")


def test_secret_is_made_once_and_differs_from_others(tmp_path: Path) -> None:
    first = keep_secret(tmp_path / "one")
    assert keep_secret(tmp_path / "one") == first
    assert keep_secret(tmp_path / "two") != first
    assert len(first) >= 40


def test_state_is_merged_and_forgotten(tmp_path: Path) -> None:
    home = make_home(tmp_path / "home")
    assert read_state(home) == {}
    remember(home, ports={"api": 1}, server_folder="x")
    remember(home, server_folder=None)
    assert read_state(home) == {"ports": {"api": 1}}


DAMAGES = [b"", b"{", b"[]", b"5", b"\xff\xfe", b'{"ports": 3}', b'{"components": []}', b'{"server": "x"}']


@pytest.mark.parametrize("content", DAMAGES)
def test_damaged_state_is_one_clear_message(tmp_path: Path, content: bytes) -> None:
    home = make_home(tmp_path / "home")
    home.state_file.write_bytes(content)
    with pytest.raises(RuntimeSetupError, match=r"state\.json is damaged\. Fix: run `cutover down`"):
        read_state(home)


@pytest.mark.parametrize("content", [b"export A='open\n", b"hello\n", b"\xff\xfe"])
def test_damaged_environment_is_one_clear_message(tmp_path: Path, content: bytes) -> None:
    home = make_home(tmp_path / "home")
    home.env_file.write_bytes(content)
    with pytest.raises(RuntimeSetupError, match="env is damaged. Fix: remove it and run `cutover up`"):
        read_environment(home)


def test_folder_with_other_things_does_not_become_a_home(tmp_path: Path) -> None:
    (tmp_path / "letters").mkdir()
    with pytest.raises(RuntimeSetupError, match="is no home of cutover: it holds letters.*CUTOVER_HOME"):
        make_home(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["letters"]


def test_removal_takes_nothing_that_is_not_ours(tmp_path: Path) -> None:
    home = make_home(tmp_path / "home")
    remember(home, ports={"api": 1})
    (home.root / "letters").mkdir()
    assert remove_home(make_home(home.root)) == ["letters"]
    assert [path.name for path in home.root.iterdir()] == ["letters"]
    (home.root / "letters").rmdir()
    (home.root / "env.new").write_text("half-written", encoding="utf-8")
    assert remove_home(home) == [] and not home.root.exists()


def test_second_command_is_refused_while_the_first_works(tmp_path: Path) -> None:
    home = make_home(tmp_path / "home")
    with hold_lock(home), pytest.raises(Busy, match="another cutover command"), hold_lock(Home(home.root)):
        pass
    with hold_lock(home):
        pass


def test_lock_dies_with_its_process(tmp_path: Path) -> None:
    home = make_home(tmp_path / "home")
    hold = (
        "import sys, time; from pathlib import Path; from cutover.runtime.home import Home, hold_lock\n"
        "with hold_lock(Home(Path(sys.argv[1]))):\n    print('held', flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", hold, home.root], stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None and holder.stdout.readline() == "held\n"
        with pytest.raises(Busy), hold_lock(home):
            pass
        holder.kill()
    with hold_lock(home):
        pass
