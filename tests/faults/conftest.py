"""The throw-away databases of tests/support."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "support"))

from scratch import empty_database, engine, scratch_database, template_database  # noqa: E402

__all__ = ["empty_database", "engine", "scratch_database", "template_database"]
