"""What the pages tell people to type exists, their links lead somewhere, and the house looks as README draws it."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
from tests.docs.pages import read_blocks, read_commands, read_links

from cutover.cli import app

DOCUMENTED = ("tour", "mapping", "coverage", "cleansing", "quarantine", "text-files")
PAGES = ["README.md", "CONTRIBUTING.md", "CHANGELOG.md", *(f"docs/{name}.md" for name in DOCUMENTED)]
QUOTED = re.compile(r"`(cutover [a-z][^`\n]*)`")


def find_make_faults(words: list[str], makefile: str) -> list[str]:
    """The targets of a `make` command that the Makefile does not have."""
    named = [word for word in words[1:] if "=" not in word and not word.startswith("-")]
    return [f"make {name}" for name in named if not re.search(rf"^{re.escape(name)}:", makefile, re.MULTILINE)]


def find_verb_faults(words: list[str]) -> list[str]:
    """What the command line does not know of a `cutover` command: its verb, or an option."""
    verbs: dict[str, Any] = typer.main.get_command(app).commands  # type: ignore[attr-defined]
    verb = words[1]
    if verb.startswith("-"):
        return [] if verb == "--help" else [f"cutover {verb}"]
    if verb not in verbs:
        return [f"cutover {verb}"]
    named, rest = verbs[verb], words[2:]
    if hasattr(named, "commands"):
        # A group of verbs: the next word is one of them, or the group lists, or only the group was named.
        follows = rest[0] if rest and rest[0] in named.commands else "list"
        named = named.commands.get(follows, named)
    known = {"--help"} | {option for param in named.params for option in param.opts}
    asked = [word.split("=")[0] for word in rest if word.startswith("--")]
    return [f"cutover {verb} {option}" for option in asked if option not in known]


def find_faults(commands: list[list[str]], makefile: str) -> list[str]:
    """What none of the commands of a page may be."""
    faults = []
    for words in commands:
        faults += find_make_faults(words, makefile) if words[0] == "make" else find_verb_faults(words)
    return faults


def quoted_commands(source: str) -> Iterator[list[str]]:
    """The commands that messages and docstrings of our own code tell people to type."""
    for command in QUOTED.findall(source):
        yield from ([*command.split()[:1], verb.strip()] for verb in " ".join(command.split()[1:2]).split("|"))


@pytest.fixture
def makefile(repository: Path) -> str:
    return (repository / "Makefile").read_text(encoding="utf-8")


@pytest.mark.parametrize("page", PAGES)
def test_every_command_of_a_page_exists(repository: Path, makefile: str, page: str) -> None:
    assert find_faults(read_commands((repository / page).read_text(encoding="utf-8")), makefile) == []


def test_readme_and_tour_do_hold_commands(repository: Path) -> None:
    for page, least in (("README.md", 10), ("CONTRIBUTING.md", 5), ("docs/tour.md", 25)):
        assert len(read_commands((repository / page).read_text(encoding="utf-8"))) >= least


def test_every_command_that_a_message_names_exists(repository: Path) -> None:
    found = {}
    for path in sorted((repository / "src").rglob("*.py")):
        if faults := find_faults(list(quoted_commands(path.read_text(encoding="utf-8"))), ""):
            found[path.name] = faults
    assert found == {}


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("```bash\nmake dmeo\n```\n", "make dmeo"),
        ("type `make dmeo` now", "make dmeo"),
        ("```bash\n.venv/bin/cutover lnad\n```\n", "cutover lnad"),
        ("```console\n$ cutover load --wvae main\n```\n", "cutover load --wvae"),
        ("type `cutover\nload --wvae main` now", "cutover load --wvae"),
        ("type `cutover --hlep` now", "cutover --hlep"),
    ],
)
def test_a_command_that_does_not_exist_is_found(text: str, fault: str) -> None:
    assert find_faults(read_commands(text), "demo: install\n") == [fault]


@pytest.mark.parametrize("page", ["README.md", "CONTRIBUTING.md", "CHANGELOG.md", "docs"])
def test_every_link_leads_somewhere(repository: Path, page: str) -> None:
    files = sorted((repository / page).rglob("*.md")) if (repository / page).is_dir() else [repository / page]
    assert [fault for file in files for fault in find_dead_links(file)] == []


def find_dead_links(file: Path) -> list[str]:
    """The links of a page that lead to no file, or to no heading of it; addresses on the web are not followed."""
    dead = []
    for link in read_links(file.read_text(encoding="utf-8")):
        if re.match(r"https?://", link):
            continue
        path, _, heading = link.partition("#")
        there = (file.parent / path) if path else file
        if not there.exists() or (heading and heading not in headings_of(there)):
            dead.append(f"{file.name}: {link}")
    return dead


def headings_of(file: Path) -> set[str]:
    """The anchors of a page's headings, as code hosts make them."""
    titles = re.findall(r"^#+ (.+)$", file.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def test_a_dead_link_is_found(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("# A title\n[a](page.md#a-title) [b](page.md#b) [c](c.md) [d](https://example.org/x)\n", "utf-8")
    assert find_dead_links(page) == ["page.md: page.md#b", "page.md: c.md"]


def read_tree(page: str) -> dict[str, str]:
    """The paths that the drawing of the house names, each with what it says of them."""
    block = next(block for block in read_blocks(page) if block.text.startswith("dags/"))
    paths, outer = {}, ""
    for indent, name, told in re.findall(r"^( *)(\S+) *(.*)$", block.text, re.MULTILINE):
        outer = outer if indent else name
        paths[f"{outer}{name}" if indent else name] = told
    return paths


def test_the_house_is_as_readme_draws_it(repository: Path) -> None:
    drawn = read_tree((repository / "README.md").read_text(encoding="utf-8"))
    assert len(drawn) > 12
    assert [path for path in drawn if not (repository / path).exists()] == []
    package = {f"src/cutover/{path.name}/" for path in (repository / "src" / "cutover").iterdir() if path.is_dir()}
    assert {path for path in package if "__pycache__" not in path} == {
        path for path in drawn if re.fullmatch(r"src/cutover/\w+/", path)
    }


def test_readme_explains_every_variable_that_the_code_reads(repository: Path) -> None:
    read = {
        name
        for path in (repository / "src").rglob("*.py")
        for name in re.findall(r"\bCUTOVER_[A-Z_]+", path.read_text(encoding="utf-8"))
    }
    explained = re.findall(
        r"^\| `(CUTOVER_[A-Z_]+)`", (repository / "README.md").read_text(encoding="utf-8"), re.MULTILINE
    )
    # The first marks our own processes, the second is the end of the example's AIRFLOW_CONN_CUTOVER_TARGET.
    assert set(explained) == read - {"CUTOVER_RUNTIME", "CUTOVER_TARGET"}


def test_every_page_of_docs_is_listed(repository: Path) -> None:
    listed = read_links((repository / "docs" / "README.md").read_text(encoding="utf-8"))
    pages = {path.name for path in (repository / "docs").glob("*.md")} - {"README.md"}
    assert pages - set(listed) == set()
