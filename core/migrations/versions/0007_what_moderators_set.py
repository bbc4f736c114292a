"""What moderators set: limits, a community's zone, channels and pause, who is blocked, and the log of all that."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Add the tables, and to jobs what their people were."""
    op.add_column("jobs", sa.Column("roles", sa.Text, nullable=False, server_default="[]"))
    op.create_table(
        "names",
        sa.Column("person", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("handle", sa.Text),
        sa.PrimaryKeyConstraint("person", name="pk_names"),
    )
    op.create_index("ix_names_handle", "names", ["handle"])
    op.create_table(
        "limits",
        sa.Column("community", sa.Text, nullable=False),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("limit", sa.Text, nullable=False),
        sa.Column("value", sa.Integer, nullable=False),
        sa.Column("by", sa.Text, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("community", "source", "subject", "limit", name="pk_limits"),
        sa.CheckConstraint("value >= 0", name="ck_limits_value"),
    )
    op.create_table(
        "communities",
        sa.Column("community", sa.Text, nullable=False),
        sa.Column("zone", sa.Text),
        sa.Column("channels", sa.Text),
        sa.Column("paused_at", sa.BigInteger),
        sa.Column("paused_by", sa.Text),
        sa.Column("pause_reason", sa.Text),
        sa.PrimaryKeyConstraint("community", name="pk_communities"),
    )
    op.create_index("ix_communities_paused_at", "communities", ["paused_at"])
    op.create_table(
        "blocks",
        sa.Column("community", sa.Text, nullable=False),
        sa.Column("person", sa.Text, nullable=False),
        sa.Column("until", sa.BigInteger),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("by", sa.Text, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("community", "person", name="pk_blocks"),
    )
    op.create_table(
        "actions",
        sa.Column("id", sa.Integer, autoincrement=True, nullable=False),
        sa.Column("community", sa.Text, nullable=False),
        sa.Column("by", sa.Text, nullable=False),
        sa.Column("action", sa.Text, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("details", sa.Text, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_actions"),
    )
    op.create_index("ix_actions_community", "actions", ["community"])
