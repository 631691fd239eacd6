"""An Airflow of the tests' own: its settings must be in the environment before anything imports Airflow."""

import os
import tempfile
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
PROJECT = ROOT / "tests" / "dags" / "project"


def settings(home: Path) -> dict[str, str]:
    """Return the environment of an Airflow that lives in `home` and reads this repository's DAGs."""
    return {
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__DAGS_FOLDER": str(ROOT / "dags"),
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(ROOT / "plugins"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{home}/airflow.db",
        "AIRFLOW__LOGGING__BASE_LOG_FOLDER": str(home / "logs"),
        "AIRFLOW__LOGGING__LOGGING_LEVEL": "ERROR",
        "CUTOVER_PROJECT": str(PROJECT),
        "CUTOVER_STAGING": str(home / "staging"),
    }


def move_in() -> Path:
    """Settle in a temporary folder, once per process."""
    if "CUTOVER_TEST_AIRFLOW" not in os.environ:
        home = tempfile.mkdtemp(prefix="cutover-airflow-")
        os.environ |= settings(Path(home)) | {"CUTOVER_TEST_AIRFLOW": str(os.getpid())}
    return Path(os.environ["AIRFLOW_HOME"])
