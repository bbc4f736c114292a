"""When a job's ending is looked at once more, to see that the chat still shows it."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Add the column."""
    op.add_column("jobs", sa.Column("confirm_at", sa.BigInteger))
    op.create_index("ix_jobs_confirm_at", "jobs", ["confirm_at"])
