"""`make help` names every target; the environment is made from a Python that fits, or the user hears why."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

TARGET = re.compile(r"^([a-z][a-z-]*):(?!=)", re.MULTILINE)


def run_make(folder: Path, *arguments: str) -> str:
    done = subprocess.run(
        ["make", "--no-print-directory", *arguments], cwd=folder, capture_output=True, text=True, check=True
    )
    return done.stdout


def find_unnamed(makefile: str, shown: str) -> set[str]:
    """The targets of a makefile that a help text has no line for."""
    named = set(re.findall(r"^ *make ([a-z-]+) +\S", shown, flags=re.MULTILINE))
    return set(TARGET.findall(makefile)) - named


def test_help_names_every_target_in_one_line_each(repository: Path):
    makefile = (repository / "Makefile").read_text(encoding="utf-8")
    shown = run_make(repository, "help")
    assert find_unnamed(makefile, shown) == set()
    assert len(shown.splitlines()) == len(set(TARGET.findall(makefile)))
    assert shown == run_make(repository)


def test_a_target_without_a_line_is_found(repository: Path, tmp_path: Path):
    makefile = (repository / "Makefile").read_text(encoding="utf-8") + "\nforgotten:\n\ttrue\n"
    (tmp_path / "Makefile").write_text(makefile, encoding="utf-8")
    assert find_unnamed(makefile, run_make(tmp_path, "help")) == {"forgotten"}


def test_every_target_is_phony_so_that_no_file_of_its_name_stops_it(repository: Path):
    makefile = (repository / "Makefile").read_text(encoding="utf-8")
    phony = re.search(r"^\.PHONY: (.+)$", makefile, flags=re.MULTILINE)
    assert phony and set(phony.group(1).split()) == set(TARGET.findall(makefile))


def test_down_in_a_fresh_clone_installs_nothing(repository: Path, tmp_path: Path):
    (tmp_path / "Makefile").write_bytes((repository / "Makefile").read_bytes())
    assert run_make(tmp_path, "down") == "nothing is installed here, so nothing runs\n"
    assert [path.name for path in tmp_path.iterdir()] == ["Makefile"]


def test_the_targets_and_make_variables_of_the_documents_exist(repository: Path):
    targets = set(TARGET.findall((repository / "Makefile").read_text(encoding="utf-8")))
    for page in [*repository.glob("*.md"), *(repository / "docs").rglob("*.md")]:
        asked = re.findall(r"(?:`|^)make ([a-z][a-z-]*)", page.read_text(encoding="utf-8"), flags=re.MULTILINE)
        assert set(asked) <= targets, page


def make_venv(repository: Path, folder: Path, *arguments: str, path: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["/bin/bash", str(repository / ".ci/make_venv"), ".venv", *arguments],
        cwd=folder,
        env={"PATH": path},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("arguments", [[], ["/nowhere/python"]])
def test_without_a_fitting_python_the_message_says_what_to_do_and_nothing_is_made(
    repository: Path, tmp_path: Path, arguments: list[str]
):
    # A Python that is too old, and a shim without a version behind it.
    for name, answer in (("python3", 1), ("python3.12", 127)):
        (tmp_path / name).write_text(f"#!/bin/sh\nexit {answer}\n", encoding="utf-8")
        (tmp_path / name).chmod(0o755)
    done = make_venv(repository, tmp_path, *arguments, path=str(tmp_path))
    assert done.returncode == 1
    assert "needs Python 3.11, 3.12 or 3.13" in done.stderr and "Fix:" in done.stderr
    assert not (tmp_path / ".venv").exists()


def test_compose_secrets_are_fresh_private_and_never_overwritten(repository: Path, tmp_path: Path):
    (tmp_path / "docker").mkdir()
    shutil.copy(repository / "docker/make-env", tmp_path / "docker/make-env")
    subprocess.run([tmp_path / "docker/make-env"], check=True, capture_output=True)
    first = (tmp_path / ".env").read_text(encoding="utf-8")
    values = [line.split("=", 1)[1] for line in first.splitlines()]
    assert len(set(values)) == len(values) and min(map(len, values)) >= 44
    assert (tmp_path / ".env").stat().st_mode & 0o777 == 0o600
    subprocess.run([tmp_path / "docker/make-env"], check=True, capture_output=True)
    assert (tmp_path / ".env").read_text(encoding="utf-8") == first
