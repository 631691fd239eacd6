"""Import every module that the direct dependencies install; exit 1 and name those that fail.

usage: import_all.py REQUIREMENTS_IN...
"""

import importlib
import sys
from importlib.metadata import files
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

# Packages of command-line tools or stubs: they have no module to import.
NOTHING_TO_IMPORT = {
    "ruff",
    "pandas-stubs",
    "pyarrow-stubs",
    "types-networkx",
    "types-psycopg2",
    "types-pyyaml",
}
# The distribution is a namespace or loads its parts lazily: the parts are named here.
PARTS = {
    "apache-airflow": ["airflow", "airflow.sdk", "airflow.api_fastapi.app", "airflow.dag_processing.dagbag"],
    "apache-airflow-providers-celery": ["airflow.providers.celery.executors.celery_executor"],
    "apache-airflow-providers-postgres": ["airflow.providers.postgres.hooks.postgres"],
    "apache-airflow-providers-standard": ["airflow.providers.standard.operators.hitl"],
    "celery": ["celery", "celery.backends.database", "celery.backends.redis"],
    "duckdb": ["duckdb"],
    "pandera": ["pandera", "pandera.pandas"],
    "ruamel-yaml": ["ruamel.yaml"],
    "sqlalchemy": ["sqlalchemy", "sqlalchemy.dialects.postgresql.psycopg2"],
}


def read_names(requirements: Path) -> list[str]:
    """Return the normalised names of the packages a requirements file asks for on this platform."""
    lines = [line.partition(" #")[0] for line in requirements.read_text(encoding="utf-8").splitlines()]
    asked = [Requirement(line) for line in lines if line[:1].isalpha()]
    return [canonicalize_name(one.name) for one in asked if not one.marker or one.marker.evaluate()]


def find_modules(name: str) -> list[str]:
    """Return the top-level modules of a distribution, or the parts named above.

    Raises:
        PackageNotFoundError: it is not installed.
    """
    if name in PARTS:
        return PARTS[name]
    sources = [path for path in files(name) or [] if path.suffix in {".py", ".so", ".pyd"}]
    tops = {path.parts[0].partition(".")[0] for path in sources}
    return sorted(top for top in tops if top and not top.startswith("_"))


def find_failures(name: str) -> list[str]:
    """Import all of one package; return a line when that fails."""
    try:
        modules = find_modules(name)
        for module in modules:
            importlib.import_module(module)
    except Exception as error:
        return [f"{name}: {type(error).__name__}: {error}"]
    return [] if modules else [f"{name}: no module found"]


def main(requirements: list[str]) -> int:
    """Return the exit status."""
    names = [name for file in requirements for name in read_names(Path(file)) if name not in NOTHING_TO_IMPORT]
    failures = [line for name in names for line in find_failures(name)]
    print("\n".join(failures), file=sys.stderr, end="\n" if failures else "")
    print(f"imports: {len(names)} packages, {len(failures)} failed")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
