"""What holds for every DAG file: short, light, documented, deterministic, and readable when the project is not."""

import ast
import json
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from airflow.dag_processing.dagbag import DagBag
from airflow.sdk import DAG
from airflow.serialization.serialized_objects import DagSerialization
from airflow.timetables.base import TimeRestriction
from tests.support.airflow_home import PROJECT, ROOT, settings

FILES = sorted((ROOT / "dags").glob("*.py"))
IDS = [path.stem for path in FILES]
EXPECTED = [
    "cutover_cleansing",
    "cutover_dual_run",
    "cutover_full_migration",
    "cutover_implementation",
    "cutover_mapping",
    "cutover_pilot_migration",
    "cutover_quarantine",
    "cutover_rollback",
]
HEAVY = ("pandas", "numpy", "pyarrow", "pandera", "duckdb", "networkx", "psycopg2", "alembic", "cutover.phases")


def test_all_phases_are_there_and_nothing_else(bag: DagBag) -> None:
    assert bag.import_errors == {}
    assert sorted(bag.dags) == EXPECTED == IDS


@pytest.mark.parametrize("path", FILES, ids=IDS)
def test_a_file_holds_names_and_arrows(path: Path) -> None:
    source = path.read_text(encoding="utf-8")
    imported = {node.module for node in ast.walk(ast.parse(source)) if isinstance(node, ast.ImportFrom)}
    plain = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Import | ast.FunctionDef | ast.If)]
    assert len(source.splitlines()) <= 60
    assert plain == []
    assert {module.split(".")[0] for module in imported} <= {"airflow", "cutover", "datetime"}
    assert {m for m in imported if m.startswith("airflow")} == {"airflow.sdk"}
    assert all(m.startswith("cutover.orchestration") for m in imported if m.startswith("cutover"))


def imported_by(code: str) -> set[str]:
    tell = f"import json, sys; {code}; print(json.dumps(sorted(sys.modules)))"
    environ = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    done = subprocess.run([sys.executable, "-c", tell], env=environ, capture_output=True, text=True, check=True)
    return set(json.loads(done.stdout.splitlines()[-1]))


SDK = (
    "import airflow.sdk; from airflow.sdk import DAG, Asset, Param, TaskGroup, task;"
    "import airflow.providers.standard.operators.trigger_dagrun, airflow.providers.standard.operators.hitl"
)


def test_parsing_imports_nothing_heavy() -> None:
    """Beyond Airflow and the two operators that the DAGs are made of."""
    runs = "; ".join(f"runpy.run_path({str(path)!r})" for path in FILES)
    added = imported_by(f"{SDK}; import runpy; {runs}") - imported_by(SDK)
    assert [name for name in sorted(added) if name.startswith(HEAVY)] == []
    packages = {name.split(".")[0] for name in added if not name.startswith("_")} - set(sys.stdlib_module_names)
    assert packages <= {"cutover", "airflow", "yaml"}


def test_the_measure_of_lightness_sees_a_heavy_import() -> None:
    added = imported_by(f"{SDK}; import cutover.phases.map") - imported_by(SDK)
    assert [name for name in added if name.startswith(HEAVY)] != []


@pytest.mark.parametrize("dag_id", EXPECTED)
def test_a_dag_says_what_it_is(dags: dict[str, DAG], dag_id: str) -> None:
    dag = dags[dag_id]
    module = ast.parse(Path(dag.fileloc).read_text(encoding="utf-8"))
    assert Path(dag.fileloc).name == f"{dag_id}.py"
    assert dag.doc_md is not None and dag.doc_md.strip() == ast.get_docstring(module)
    assert "**Run it**" in dag.doc_md or "**It runs**" in dag.doc_md
    assert "fail" in dag.doc_md
    assert dag.tags == {"cutover"} and dag.description
    assert {task.owner for task in dag.tasks} == {"cutover"}
    assert not dag.catchup and dag.max_active_runs == 1


@pytest.mark.parametrize("dag_id", EXPECTED)
def test_every_field_of_a_form_is_explained(dags: dict[str, DAG], dag_id: str) -> None:
    for name in dags[dag_id].params:
        schema = dags[dag_id].params.get_param(name)
        assert schema.description and schema.schema.get("title"), name


def test_two_readings_draw_the_same_dags() -> None:
    first, second = (DagBag(dag_folder=str(ROOT / "dags")) for _ in range(2))
    assert [DagSerialization.to_dict(first.dags[i]) for i in EXPECTED] == [
        DagSerialization.to_dict(second.dags[i]) for i in EXPECTED
    ]


def test_no_dag_names_a_place_of_this_machine(dags: dict[str, DAG]) -> None:
    for dag in dags.values():
        serialized = DagSerialization.to_dict(dag)
        places = ("fileloc", "relative_fileloc", "_processor_dags_folder")
        drawn = {name: value for name, value in serialized["dag"].items() if name not in places}
        text = json.dumps(drawn, default=str)
        assert str(ROOT) not in text


def test_nothing_waits_in_a_paused_phase(dags: dict[str, DAG]) -> None:
    assert {dag.is_paused_upon_creation for dag in dags.values()} == {False}


def test_the_night_has_a_time_zone_of_its_own_and_no_past(dags: dict[str, DAG]) -> None:
    """A schedule with a start date in the past would compare at once when Airflow first sees the DAG."""
    drawn = DagSerialization.from_dict(DagSerialization.to_dict(dags["cutover_dual_run"]))
    first = drawn.timetable.next_dagrun_info(
        last_automated_data_interval=None, restriction=TimeRestriction(drawn.start_date, None, catchup=False)
    )
    assert drawn.start_date is None
    assert first.run_after.astimezone(ZoneInfo("Asia/Shanghai")).strftime("%H:%M") == "01:30"
    assert first.run_after > datetime.now(UTC) - timedelta(minutes=5)


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("project.yaml", None, "holds no project.yaml"),
        ("project.yaml", "waves: [", "not readable as YAML"),
        ("project.yaml", "name: x", "project.yaml: there is no wave"),
        ("mappings/order.yaml", "fields: [{kind: xref, entity: custmer}]", "there is no entity 'custmer'"),
    ],
)
def test_a_broken_project_is_one_clear_import_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, text: str | None, message: str
) -> None:
    for path in PROJECT.rglob("*.yaml"):
        copy = tmp_path / path.relative_to(PROJECT)
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_text(path.read_text(encoding="utf-8"), encoding="utf-8")
    (tmp_path / name).unlink() if text is None else (tmp_path / name).write_text(text, encoding="utf-8")
    monkeypatch.setenv("CUTOVER_PROJECT", str(tmp_path))
    bag = DagBag(dag_folder=str(ROOT / "dags" / "cutover_mapping.py"))
    [shown] = bag.import_errors.values()
    assert message in shown and "Fix: " in shown
    assert shown.count("Traceback") == 1
    assert "yaml.scanner" not in shown and "outline.py" not in shown


def test_airflow_leaves_all_but_the_plugin_alone(tmp_path: Path) -> None:
    """The scan of the plugins folder runs what it finds; a module called email.py would hide the library's."""
    folder = tmp_path / "plugins"
    folder.mkdir()
    for name in (".airflowignore", "cutover_plugin.py"):
        (folder / name).write_bytes((ROOT / "plugins" / name).read_bytes())
    (folder / "email.py").write_text("raise SystemExit('it was run')")
    tell = (
        "from airflow import plugins_manager as m; import email;"
        "p = m._get_plugins() if hasattr(m, '_get_plugins') else m.get_plugins();"
        "print([x.name for x in p[0] if x.name == 'cutover'], 'plugins' in email.__file__)"
    )
    environ = {**os.environ, **settings(tmp_path), "AIRFLOW__CORE__PLUGINS_FOLDER": str(folder)}
    done = subprocess.run([sys.executable, "-c", tell], env=environ, capture_output=True, text=True, check=False)
    assert done.stdout.splitlines()[-1:] == ["['cutover'] False"], done.stderr
