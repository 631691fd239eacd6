"""The local servers of one project: PostgreSQL and Airflow on loopback, started and stopped as one."""
