"""Which enterprise is cut over here: the project folder, its outline, and where staging is."""

import os
from pathlib import Path

from airflow.sdk import conf

from cutover.errors import CutoverError, InputError
from cutover.project.outline import Outline, read_outline


def project_folder() -> Path:
    """Return the folder named by CUTOVER_PROJECT, else `include` beside Airflow's DAGs folder."""
    named = os.environ.get("CUTOVER_PROJECT")
    return Path(named) if named else Path(conf.get("core", "dags_folder")).parent / "include"


def staging_url() -> str:
    """Return the folder or URL named by CUTOVER_STAGING.

    Raises:
        InputError: nobody named one; a default would differ from worker to worker.
    """
    named = os.environ.get("CUTOVER_STAGING")
    if not named:
        fix = "set CUTOVER_STAGING to a folder or an object store URL"
        raise InputError("nobody said where staging is", fix=fix)
    return named


def read_enterprise() -> Outline:
    """Return the outline of the project; called while a DAG file is parsed.

    Raises:
        CutoverError: the project is broken; Airflow shows the message as the import error of the DAG file.
    """
    try:
        return read_outline(project_folder())
    except CutoverError as error:
        # Airflow shows the innermost frames: those of the reading are gone, the DAG file's is left.
        raise error.with_traceback(None) from None
