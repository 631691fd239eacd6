"""The executor of the local runtime: workers that hold the engine's heavy packages before the first task needs them.

A task runs in a fork of its worker. What the worker has imported costs the task nothing; what it has not costs each
of about a hundred tasks of a journey a second and a half of processor time.
"""

from importlib import import_module

from airflow.executors.local_executor import LocalExecutor

# Packages only, and none that starts threads before it is used: a fork must not inherit a thread's locks. Nothing of
# `cutover` itself, so that the next task runs what a person has just changed.
PACKAGES = (
    "airflow.dag_processing.dagbag",
    "airflow.providers.standard.operators.hitl",
    "airflow.providers.standard.operators.trigger_dagrun",
    "airflow.sdk.execution_time.task_runner",
    "alembic.command",
    "alembic.config",
    "duckdb",
    "networkx",
    "pandas",
    "pandera.pandas",
    "psycopg2.sql",
    "pyarrow.compute",
    "pyarrow.csv",
    "pyarrow.fs",
    "pyarrow.pandas_compat",
    "pyarrow.parquet",
    "pydantic",
    "python_calamine",
    "sqlalchemy.dialects.postgresql.psycopg2",
    "stdnum.cn.ric",
    "stdnum.cn.uscc",
    "stdnum.eu.vat",
    "stdnum.iban",
    "stdnum.luhn",
    "xlrd",
    "xlsxwriter",
    "yaml",
)


class WarmExecutor(LocalExecutor):
    """Airflow's own LocalExecutor; its workers are forked after the imports."""

    def start(self) -> None:
        """Import, then fork the workers."""
        for name in PACKAGES:
            import_module(name)
        super().start()
