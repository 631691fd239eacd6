"""Create the ledger."""

from pathlib import Path

from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Create every table of the ledger."""
    op.get_bind().exec_driver_sql(Path(__file__).with_suffix(".sql").read_text(encoding="utf-8"))


def downgrade() -> None:
    """Remove the ledger; only an empty target should ever see this."""
    op.get_bind().exec_driver_sql("drop schema cutover cascade; create schema cutover")
