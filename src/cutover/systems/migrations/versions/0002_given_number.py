"""Keep the numbers that rules of kind sequence have given."""

from pathlib import Path

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Create the table of given numbers."""
    op.get_bind().exec_driver_sql(Path(__file__).with_suffix(".sql").read_text(encoding="utf-8"))


def downgrade() -> None:
    """Forget the numbers; rows that come again would get others."""
    op.get_bind().exec_driver_sql("drop table cutover.given_number")
