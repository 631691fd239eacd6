"""Airflow's settings, before anything imports it."""

from tests.support.airflow_home import move_in

move_in()
