"""Quarantine: owner, due date and stage of a reject; corrections."""

from pathlib import Path

from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Extend the rejects, and make room for corrections."""
    op.get_bind().exec_driver_sql(Path(__file__).with_suffix(".sql").read_text(encoding="utf-8"))


def downgrade() -> None:
    """Forget what this version knew of the rejects."""
    op.get_bind().exec_driver_sql(
        "alter table cutover.reject drop column seq, drop column src_key, drop column stage,"
        " drop column constraint_name, drop column owner, drop column due, drop column last_correction;"
        " drop table cutover.correction"
    )
