"""Staging: a dataset is there when it is sealed, and not before."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pytest

from cutover.errors import InputError, TerminalError
from cutover.systems.setwise import open_setwise, quote
from cutover.systems.staging import Dataset, Staging

DATA = Dataset("20240101T000000Z", "raw", "crm.customer")


@pytest.fixture
def staging(tmp_path: Path) -> Staging:
    return Staging(str(tmp_path / "staging"))


def rows(*values: int) -> pa.Table:
    return pa.table({"n": pa.array(values, pa.int64()), "text": [str(value) for value in values]})


def test_parts_come_back_in_the_order_of_their_numbers(staging: Staging) -> None:
    for index in (10, 2, 0):
        staging.write_part(DATA, index, rows(index, index + 1))
    assert staging.parts(DATA) == [0, 2, 10]
    assert [(index, part["n"].to_pylist()) for index, part in staging.read_parts(DATA)] == [
        (0, [0, 1]), (2, [2, 3]), (10, [10, 11]),
    ]  # fmt: skip
    assert staging.read(DATA, ["n"]).column_names == ["n"]
    staging.write_part(DATA, 2, rows(7))
    assert staging.read_part(DATA, 2)["n"].to_pylist() == [7]


def test_what_is_not_sealed_is_not_there(staging: Staging) -> None:
    staging.write_part(DATA, 0, rows(1))
    assert staging.manifest(DATA) is None
    with pytest.raises(InputError, match=f"run `cutover land --snapshot {DATA.snapshot}` first"):
        staging.require(DATA, phase="land")
    staging.seal(DATA, {"rows": 1, "name": "客户"})
    assert staging.require(DATA, phase="land") == {"rows": 1, "name": "客户"}


def test_a_cleared_dataset_leaves_nothing(staging: Staging, tmp_path: Path) -> None:
    staging.write_part(DATA, 0, rows(1))
    staging.seal(DATA, {})
    staging.clear(DATA)
    assert (staging.manifest(DATA), staging.parts(DATA)) == (None, [])
    assert not (tmp_path / "staging" / DATA.path).exists()
    staging.clear(DATA)


def test_an_unfinished_part_is_no_part(staging: Staging, tmp_path: Path) -> None:
    staging.write_part(DATA, 0, rows(1))
    folder = tmp_path / "staging" / DATA.path
    (folder / ".part-000001.unfinished").write_bytes(b"half")
    assert staging.parts(DATA) == [0]
    with open_setwise(staging) as setwise:
        assert setwise.select("select count(*) as n from data", data=DATA)["n"].to_pylist() == [1]


def test_set_wise_connections_share_a_database_but_neither_views_nor_frames(staging: Staging) -> None:
    for number in (1, 2):
        staging.write_part(Dataset("20240101T000000Z", "raw", f"feed{number}"), 0, rows(number))
    with open_setwise(staging) as outer, open_setwise(staging) as inner:
        for number, setwise in ((1, outer), (2, inner)):
            setwise.connection.register("frame", rows(number * 10))
            setwise.select("select 1", data=Dataset("20240101T000000Z", "raw", f"feed{number}"))
        for number, setwise in ((1, outer), (2, inner)):
            found = setwise.select("select data.n, frame.n as m from data, frame").to_pylist()
            assert found == [{"n": number, "m": number * 10}]


def test_a_process_that_worked_set_wise_can_fork(tmp_path: Path) -> None:
    """As Airflow's executors do; the child has none of threads of its parent's database, and must not wait."""
    script = """
import os, sys
from cutover.systems.setwise import open_setwise
def count():
    with open_setwise(None) as setwise:
        return setwise.connection.query("select count(*) from range(100000) r(i) group by i % 3").fetchall()
count()
child = os.fork()
if child == 0:
    sys.exit(0 if count() else 1)
assert count()
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""
    environ = {**os.environ, "TMPDIR": str(tmp_path)}
    subprocess.run([sys.executable, "-c", script], env=environ, timeout=60, check=True)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("what", ["a part", "a manifest", "a file"])
def test_a_full_store_says_so_and_keeps_what_was(
    staging: Staging, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    staging.write_part(DATA, 0, rows(1))
    staging.seal(DATA, {"rows": 1})

    class Full:
        def __getattr__(self, name: str) -> object:
            if name in ("open_output_stream", "move"):
                return self._refuse
            return getattr(real, name)

        def _refuse(self, *_: object) -> None:
            raise OSError(28, "No space left on device")

    real = staging._files
    monkeypatch.setattr(staging, "_files", Full())
    act = {
        "a part": lambda: staging.write_part(DATA, 0, rows(2)),
        "a manifest": lambda: staging.seal(DATA, {"rows": 2}),
        "a file": lambda: staging.write_file("reports/x.html", b"x"),
    }[what]
    with pytest.raises(TerminalError, match="staging could not take .*No space left on device.*make room"):
        act()
    monkeypatch.setattr(staging, "_files", real)
    assert staging.manifest(DATA) == {"rows": 1}
    assert staging.read(DATA)["n"].to_pylist() == [1]


def test_snapshots_are_listed_by_their_time(staging: Staging) -> None:
    assert staging.snapshots() == []
    for name in ("20240102T000000Z", "20240101T000000Z-2", "20240101T000000Z", "reports"):
        staging.write_part(Dataset(name, "raw", "x"), 0, rows(1))
    assert staging.snapshots() == ["20240101T000000Z", "20240101T000000Z-2", "20240102T000000Z"]


def test_a_file_is_written_beside_the_datasets(staging: Staging, tmp_path: Path) -> None:
    place = staging.write_file("reports/main.html", b"first")
    assert staging.write_file("reports/main.html", b"second") == place == str(tmp_path / "staging/reports/main.html")
    assert Path(place).read_bytes() == b"second"


def test_a_url_serves_as_well_as_a_folder(tmp_path: Path) -> None:
    staging = Staging((tmp_path / "by url").as_uri())
    staging.write_part(DATA, 0, rows(1))
    staging.seal(DATA, {"rows": 1})
    assert json.loads((tmp_path / "by url" / DATA.path / "manifest.json").read_text()) == {"rows": 1}
    with open_setwise(staging) as setwise:
        assert len(setwise.select("select * from data", data=DATA)) == 1


def test_a_place_that_is_none_is_refused() -> None:
    with pytest.raises(InputError, match="no place for staging"):
        Staging("nowhere://x")


def test_set_wise_sql_tells_one_line_without_values(staging: Staging) -> None:
    staging.write_part(DATA, 0, pa.table({"text": ["a secret"]}))
    with open_setwise(staging) as setwise, pytest.raises(TerminalError, match="a set-wise step failed") as error:
        setwise.select("select cast(text as integer) from data", data=DATA)
    assert "\n" not in str(error.value)
    assert "secret" not in str(error.value)


def test_an_identifier_is_quoted() -> None:
    assert quote('a"b') == '"a""b"'
