"""Add what waits for a steward: proposed changes of cells, and pairs of rows that may be one thing."""

from pathlib import Path

from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Create the queue."""
    op.get_bind().exec_driver_sql(Path(__file__).with_suffix(".sql").read_text(encoding="utf-8"))


def downgrade() -> None:
    """Remove the queue with all decisions in it."""
    op.get_bind().exec_driver_sql("drop table cutover.proposal; drop table cutover.pair")
