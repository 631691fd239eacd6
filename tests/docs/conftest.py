"""The throw-away databases of the tests of projects serve here too."""

from tests.projects.conftest import scratch_database

__all__ = ["scratch_database"]
