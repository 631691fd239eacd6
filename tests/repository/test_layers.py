"""The contract of who may import whom finds what it forbids."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

LAYERS = ["cli", "orchestration", "runtime", "example", "phases", "project", "systems", "core"]


def lint_imports(repository: Path, folder: Path, files: dict[str, str]) -> str:
    """Run the repository's contracts on a package `cutover` of empty layers with some files in it."""
    for layer in LAYERS:
        (folder / "cutover" / layer).mkdir(parents=True)
    for module in ["__init__", "errors", *[f"{layer}/__init__" for layer in LAYERS]]:
        (folder / "cutover" / f"{module}.py").touch()
    for name, source in files.items():
        (folder / "cutover" / name).write_text(source, encoding="utf-8")
    shutil.copy(repository / "pyproject.toml", folder)
    program = "import sys; from importlinter.cli import lint_imports; sys.exit(lint_imports(no_cache=True))"
    environment = {**os.environ, "PYTHONPATH": str(folder)}
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode == 0) == ("0 broken" in done.stdout), done.stdout + done.stderr
    return done.stdout


def test_what_the_layers_allow_passes(repository: Path, tmp_path: Path):
    files = {
        "orchestration/tasks.py": "import airflow.sdk\nimport fastapi\nfrom cutover.phases import load\n",
        "phases/load.py": "from cutover.core import rules\nfrom cutover.systems import target\n",
        "core/rules.py": "from cutover.errors import CutoverError\n",
        "systems/target.py": "",
    }
    assert "2 kept, 0 broken" in lint_imports(repository, tmp_path, files)


@pytest.mark.parametrize(
    ("name", "source"),
    [
        ("core/rules.py", "import cutover.phases\n"),
        ("phases/load.py", "import airflow\n"),
        ("phases/load.py", "from airflow.sdk import task\n"),
        ("cli/web.py", "import fastapi\n"),
        ("cli/demo.py", "import cutover.orchestration\n"),
        ("errors.py", "import cutover.core\n"),
        ("helpers.py", ""),
    ],
)
def test_what_they_forbid_is_found(repository: Path, tmp_path: Path, name: str, source: str):
    assert "1 broken" in lint_imports(repository, tmp_path, {name: source})
