"""Cutover's place in Airflow's UI, where the control room will register; it adds nothing yet."""

from airflow.plugins_manager import AirflowPlugin


class CutoverPlugin(AirflowPlugin):
    """Registers no view, route, macro or listener."""

    name = "cutover"
