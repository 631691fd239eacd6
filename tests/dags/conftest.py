"""The DAGs of this repository, drawn from the small project beside this file."""

import shutil
from collections.abc import Iterator

import pytest
from tests.support.airflow_home import ROOT, move_in

home = move_in()

from airflow.dag_processing.dagbag import DagBag  # noqa: E402
from airflow.sdk import DAG  # noqa: E402


@pytest.fixture(scope="session", autouse=True)
def airflow_home() -> Iterator[None]:
    """Remove what Airflow wrote."""
    yield
    shutil.rmtree(home, ignore_errors=True)


@pytest.fixture(scope="session")
def bag() -> DagBag:
    """All DAGs of this repository."""
    return DagBag(dag_folder=str(ROOT / "dags"))


@pytest.fixture(scope="session")
def dags(bag: DagBag) -> dict[str, DAG]:
    """DAG id -> DAG."""
    return dict(bag.dags)


@pytest.fixture(scope="session")
def metadata() -> None:
    """An empty metadata database."""
    from airflow.utils.db import initdb

    initdb()
