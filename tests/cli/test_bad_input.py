"""Bad input gets one clear message each, exit status 1, and leaves nothing half-done."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
from scratch import execute
from tests.cli.conftest import Desk, Shown

from cutover import __version__
from cutover.cli import app

CUSTOMER, ORDER = "mappings/customer.yaml", "mappings/order.yaml"


def refused(shown: Shown, *words: str) -> None:
    """One message with the problem and its mend; no traceback."""
    assert shown.status == 1, shown
    assert "Traceback" not in shown.out + shown.err
    for word in words:
        assert word in shown.err + shown.out, (word, shown.err)


def snapshots(desk: Desk) -> list[str]:
    """The snapshots that are complete."""
    return [path.parts[-4] for path in (desk.toy.root / "staging").glob("*/raw/_snapshot/manifest.json")]


def test_an_unknown_column_in_a_mapping(desk: Desk) -> None:
    desk.toy.edit(CUSTOMER, "source: PHONE, target", "source: FON, target")
    desk.save()
    refused(desk.run("land"), "mappings/customer.yaml:18:", "the source has no column 'FON'", "Fix:")
    assert snapshots(desk) == []
    refused(desk.run("check", "--systems"), "mappings/customer.yaml:18:", "1 mistake")


def test_an_unknown_column_in_an_expression(desk: Desk) -> None:
    desk.toy.edit(CUSTOMER, "NAME ilike 'test%'", "STATE = 'X'")
    desk.save()
    desk.do("land", "cleanse")
    refused(desk.run("map"), "TerminalError", "STATE", "Fix:")
    assert list((desk.toy.root / "staging").glob("*/outcome/*/manifest.json")) == []


def test_a_crosswalk_with_overlapping_dates(desk: Desk) -> None:
    desk.toy.edit("mappings/crosswalks/tax.csv", "2018-05-01", "2018-04-01")
    desk.save()
    for verb in ("check", "land"):
        refused(desk.run(verb), "mappings/crosswalks/tax.csv:3:1: the entry of 'V1' overlaps that of line 2")
    assert not (desk.toy.root / "staging").exists()


def test_a_file_in_another_encoding(desk: Desk) -> None:
    path = desk.toy.root / "legacy" / "customer.csv"
    path.write_bytes(path.read_text(encoding="utf-8").replace("alpha", "阿尔法").encode("gb18030"))
    refused(desk.run("land"), "SourceError", "customer.csv", "utf-8", "Fix:")
    assert snapshots(desk) == []


def test_a_ragged_row(desk: Desk) -> None:
    path = desk.toy.root / "legacy" / "order.csv"
    path.write_text(path.read_text(encoding="utf-8") + "9,1,V1,2020-01-01\n", encoding="utf-8")
    desk.do("land", "cleanse", "map")
    shown = desk.run("rejects", "order")
    assert "order.csv:5" in shown.out


@pytest.mark.parametrize("name", ["CRM", "TARGET"])
def test_a_missing_connection(desk: Desk, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.delenv(f"AIRFLOW_CONN_{name}")
    verbs = {"CRM": ["land"], "TARGET": ["land", "cleanse"]}[name]
    for verb in verbs[:-1]:
        desk.do(verb)
    refused(desk.run(verbs[-1]), f"InputError: there is no connection '{name.lower()}'", f"set AIRFLOW_CONN_{name}")
    refused(desk.run("check", "--systems"), "project.yaml:", f"there is no connection '{name.lower()}'")


def test_a_connection_that_is_none(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_CRM", "{secret")
    shown = desk.run("land")
    refused(shown, "connection 'crm' is not readable")
    assert "secret" not in shown.err


def test_a_target_that_does_not_answer(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.do("land")
    monkeypatch.setenv("AIRFLOW_CONN_TARGET", "postgres://user:secret@127.0.0.1:1/db")
    shown = desk.run("cleanse")
    refused(shown, "ConnectionLost", "does not answer", "Fix:")
    assert "secret" not in shown.err


def test_a_target_column_that_is_too_short(desk: Desk) -> None:
    execute(desk.toy.target, "alter table app.partner alter name type varchar(3)")
    refused(
        desk.run("check", "--systems"), "mappings/customer.yaml:15:", "app.partner.name, which is character varying(3)"
    )
    desk.do("land", "cleanse", "map")
    shown = desk.run("gate")
    refused(shown, "GateClosed", "FIT.app.partner customer fail", "Fix:")
    assert "alpha" not in shown.err
    execute(desk.toy.target, "alter table app.partner alter name type varchar(40)")
    desk.do("gate", "load --without-pilot test")
    assert desk.rows("select count(*) from app.partner") == [(3,)]


def test_entities_in_a_circle(desk: Desk) -> None:
    desk.toy.edit(
        CUSTOMER, "also:\n", "  - {rule: CU-8, kind: xref, source: NR, entity: order, target: last_id}\nalso:\n"
    )
    desk.save()
    refused(desk.run("check"), "entities reference each other in a circle: customer -> order -> customer", "break it")


def test_a_full_disk(desk: Desk, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    small = tmp_path / "small"
    small.mkdir()
    mounted = os.geteuid() == 0 and not subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=64k", "none", str(small)], check=False, capture_output=True
    ).returncode  # fmt: skip
    monkeypatch.setenv("CUTOVER_STAGING", str(small))
    desk.toy.write("customer", [{"NR": str(number), "NAME": os.urandom(30).hex()} for number in range(3000)])
    if not mounted:
        _refuse_writes(monkeypatch)
    try:
        refused(desk.run("land"), "TerminalError: staging could not take", "make room", "it resumes")
        assert list(small.glob("*/raw/_snapshot/manifest.json")) == []
        assert list(small.glob("*/raw/crm.customer.csv/manifest.json")) == []
    finally:
        if mounted:
            subprocess.run(["umount", str(small)], check=True)
    monkeypatch.undo()


def _refuse_writes(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("pyarrow.parquet.write_table", full)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["map"], "no snapshot has been landed"),
        (["cleanse", "--snapshot", "x"], "there is no snapshot 'x'. Fix: `cutover land` takes one"),
        (["land", "--snapshot", "../../x"], "there is no snapshot '../../x'"),
        (["land", "--snapshot", ""], "there is no snapshot ''"),
        (["rejects", "replay", "--snapshot", "x"], "there is no snapshot 'x'"),
        (["trace", "customer", "1", "--snapshot", "a\0b"], "there is no snapshot"),
        (["night", "--wave", "x"], "there is no wave 'x'"),
        (["approve", "none.xlsx", "--by", "x"], "there is no file none.xlsx"),
        (["duplicates", "--same", "a", "--different", "b", "--by", "x"], "not both"),
        (["schema", "x"], "there is no entity 'x'"),
        (["gate", "--wave", "x"], "there is no wave 'x'"),
        (["verify", "9"], "there is no run 9"),
        (["rollback", "9", "--reason", "x"], "there is no run 9"),
        (["night"], "no full run of wave 'main' stands"),
        (["summary"], "no run of wave 'main' has been started"),
        (["load", "--resume", "9"], "there is no run 9"),
        (["load", "--resume", "0"], "there is no run 0"),
        (["example", "--erp-url", "secret"], "no URL of PostgreSQL"),
    ],
)
def test_a_name_that_is_none(desk: Desk, words: list[str], told: str) -> None:
    if words[0] == "gate":
        desk.do("land")
    refused(desk.run(*words), told, "Fix:")
    assert "secret" not in desk.run(*words).err


def test_a_folder_that_is_no_project(desk: Desk, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("CUTOVER_PROJECT", str(tmp_path / "nothing"))
    refused(desk.run("check"), "Fix:")


def test_what_nobody_mapped_is_not_called_free_of_rejects(desk: Desk) -> None:
    desk.do("land")
    for words in (["rejects"], ["rejects", "export", "--file", "x.xlsx"]):
        refused(desk.run(*words), "is mapped yet. Fix: run `cutover map")


@pytest.mark.parametrize("words", [["json-schemas", "in_the_way"], ["example", "--folder", "in_the_way"]])
def test_a_place_that_cannot_be_written(desk: Desk, words: list[str]) -> None:
    place = desk.toy.target
    url = f"postgresql://{place.login}:{place.password or ''}@{place.host}:{place.port}/{place.schema}"
    Path("in_the_way").write_text("a file", encoding="utf-8")
    more = ["--erp-url", url] if words[0] == "example" else []
    refused(desk.run(*words, *more), "error OSError: in_the_way", "Fix: make room, mend the rights")


def test_a_staging_place_that_is_no_folder(desk: Desk, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    monkeypatch.setenv("CUTOVER_STAGING", str(tmp_path / "file"))
    for verb in ("land", "map"):
        refused(desk.run(verb), "InputError: the staging place", "Fix: correct CUTOVER_STAGING")


@pytest.mark.parametrize("name", ["part-000000.parquet", "manifest.json"])
def test_a_damaged_file_in_staging(desk: Desk, name: str) -> None:
    desk.do("land")
    for path in (desk.toy.root / "staging").glob(f"*/raw/crm.*/{name}"):
        path.write_bytes(b"PAR1 damaged")
    refused(desk.run("cleanse"), "TerminalError", "in staging is damaged or gone", "Fix:")


def test_what_was_typed_in_another_encoding(desk: Desk) -> None:
    typed = os.fsdecode("客户".encode("gb18030"))
    for words in (["trace", "customer", typed], ["rollback", "1", "--reason", typed]):
        refused(desk.run(*words), "InputError: what was typed is not UTF-8", "encoding of the terminal")
    Path(typed).write_text("a;b\n1;2\n", encoding="utf-8")
    desk.do(f"sniff {typed}")
    assert desk.run("preview", "customer", "--rows", "9" * 30).status == 2


def test_ctrl_c_within_a_query_is_no_crash(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: object) -> None:
        raise RuntimeError("Query interrupted")

    monkeypatch.setattr("cutover.cli.phases.cleanse_entity", interrupt)
    desk.do("land")
    refused(desk.run("cleanse"), "error Interrupted: nothing is half-done", "Fix: run it again")
    monkeypatch.setattr("cutover.cli.phases.cleanse_entity", lambda *_: [][0])
    with pytest.raises(IndexError):
        desk.run("cleanse")


def test_no_run_yet_and_the_version_are_told(desk: Desk) -> None:
    assert desk.run("runs").out == "no run yet\nNext:  cutover land\n"
    assert desk.run("--version").out == f"cutover {__version__}\n"


def test_every_verb_has_an_example() -> None:
    def walk(command: Any, words: str) -> Iterator[tuple[str, str]]:
        for name, verb in getattr(command, "commands", {}).items():
            yield from walk(verb, f"{words} {name}")
        if not getattr(command, "commands", {}):
            yield words, command.help or ""

    verbs = dict(walk(typer.main.get_command(app), "cutover"))
    assert len(verbs) > 35
    assert [words for words, text in verbs.items() if f"Example:  {words.removesuffix(' list')}" not in text] == []


def test_a_mistake_in_the_call_is_status_two(desk: Desk) -> None:
    assert desk.run("rollback", "1").status == 2
    assert desk.run("no-such-verb").status == 2


def test_check_prints_all_mistakes_at_once_also_as_json(desk: Desk) -> None:
    desk.toy.edit(CUSTOMER, "kind: copy, source: NR,", "kind: cpy, source: NR,")
    desk.toy.edit(ORDER, "entity: customer", "entity: custmer")
    desk.toy.edit("mappings/crosswalks/country.csv", "D,DE,confirmed", "CN,DE,confirmed")
    desk.toy.files["mappings/line.yaml"] = "entity: [\n"
    desk.save()
    shown = desk.run("check")
    refused(shown, "4 mistakes")
    assert [line.split(":")[0] for line in shown.out.splitlines()] == [
        "mappings/crosswalks/country.csv", CUSTOMER, "mappings/line.yaml", ORDER,
    ]  # fmt: skip
    assert len(json.loads(desk.run("check", "--json").out)) == 4


def test_an_entity_that_nobody_loads_is_told(desk: Desk) -> None:
    assert "in no wave" not in desk.run("check").out
    desk.toy.edit("project.yaml", "order, line]", "order]")
    desk.save()
    assert "in no wave, so nothing loads them: line\n" in desk.run("check").out


def test_the_program_itself_ends_with_one_message(desk: Desk, repository: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": str(repository / "src")}
    done = subprocess.run(
        [sys.executable, "-c", "from cutover.cli import main; main()", "map"],
        env=environment, cwd=desk.toy.root, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert done.stderr.strip().splitlines()[-1].startswith("error InputError: no snapshot has been landed. Fix:")
    assert "Traceback" not in done.stderr
