"""The fair line: where a job stands in it, what everybody had of it, and what they had lately."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Add the columns and tables."""
    op.add_column("jobs", sa.Column("weight", sa.Integer, nullable=False, server_default="1000"))
    op.add_column("jobs", sa.Column("relaxed", sa.Boolean, nullable=False, server_default=sa.false()))
    op.add_column("jobs", sa.Column("front", sa.Boolean, nullable=False, server_default=sa.false()))
    op.add_column("jobs", sa.Column("finish", sa.BigInteger, nullable=False, server_default="0"))
    op.add_column("jobs", sa.Column("tries", sa.Integer, nullable=False, server_default="1"))
    op.create_index("ix_jobs_line", "jobs", ["state", "front", "community", "relaxed", "finish", "model", "person"])
    op.create_index("ix_jobs_state_person", "jobs", ["state", "person"])
    op.create_index("ix_jobs_parent", "jobs", ["parent"])
    op.create_index("ix_jobs_owner_state", "jobs", ["owner", "state"])
    op.create_index("ix_jobs_state_lease_until", "jobs", ["state", "lease_until"])
    op.create_table(
        "shares",
        sa.Column("level", sa.Text, nullable=False),
        sa.Column("flow", sa.Text, nullable=False),
        sa.Column("tag", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("level", "flow", name="pk_shares"),
    )
    op.create_table(
        "clocks",
        sa.Column("level", sa.Text, nullable=False),
        sa.Column("tag", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("level", name="pk_clocks"),
    )
    op.create_table(
        "recent_use",
        sa.Column("person", sa.Text, nullable=False),
        sa.Column("amount", sa.BigInteger, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("person", name="pk_recent_use"),
    )
