"""The spine: jobs, and the ledger of what they hold and cost."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make the first tables."""
    op.create_table(
        "jobs",
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("person", sa.Text, nullable=False),
        sa.Column("community", sa.Text, nullable=False),
        sa.Column("platform", sa.Text, nullable=False),
        sa.Column("address", sa.Text, nullable=False),
        sa.Column("prompt", sa.Text, nullable=False),
        sa.Column("model", sa.Text, nullable=False),
        sa.Column("seconds", sa.Integer, nullable=False),
        sa.Column("shape", sa.Text, nullable=False),
        sa.Column("image", sa.LargeBinary),
        sa.Column("image_type", sa.Text),
        sa.Column("price", sa.Integer, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("owner", sa.Text),
        sa.Column("lease_until", sa.BigInteger),
        sa.Column("fence", sa.Integer, nullable=False, server_default="0"),
        sa.Column("starts", sa.Integer, nullable=False, server_default="0"),
        sa.Column("postponed", sa.Integer, nullable=False, server_default="0"),
        sa.Column("cancel_requested_at", sa.BigInteger),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("started_at", sa.BigInteger),
        sa.Column("finished_at", sa.BigInteger),
        sa.Column("ticket", sa.Text),
        sa.Column("source_url", sa.Text),
        sa.Column("video_path", sa.Text),
        sa.Column("video_size", sa.BigInteger),
        sa.Column("video_sha256", sa.Text),
        sa.Column("video_url", sa.Text),
        sa.Column("failure", sa.Text),
        sa.Column("failure_subject", sa.Text),
        sa.Column("failure_message", sa.Text),
        sa.Column("undelivered", sa.Text),
        sa.Column("transcript", sa.Text),
        sa.Column("told", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.PrimaryKeyConstraint("id", name="pk_jobs"),
        sa.CheckConstraint("price >= 0", name="ck_jobs_price"),
    )
    op.create_index("ix_jobs_state_created_at", "jobs", ["state", "created_at"])
    op.create_index("ix_jobs_person_created_at", "jobs", ["person", "created_at"])
    op.create_index("ix_jobs_told_state", "jobs", ["told", "state"])
    op.create_table(
        "reservations",
        sa.Column("job", sa.String(64), nullable=False),
        sa.Column("amount", sa.Integer, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("held_at", sa.BigInteger, nullable=False),
        sa.Column("closed_at", sa.BigInteger),
        sa.PrimaryKeyConstraint("job", name="pk_reservations"),
        sa.ForeignKeyConstraint(["job"], ["jobs.id"], name="fk_reservations_job"),
        sa.CheckConstraint("amount >= 0", name="ck_reservations_amount"),
    )
    op.create_table(
        "counters",
        sa.Column("account", sa.Text, nullable=False),
        sa.Column("rule", sa.Text, nullable=False),
        sa.Column("window_start", sa.BigInteger, nullable=False),
        sa.Column("held", sa.Integer, nullable=False, server_default="0"),
        sa.Column("spent", sa.Integer, nullable=False, server_default="0"),
        sa.PrimaryKeyConstraint("account", "rule", "window_start", name="pk_counters"),
        sa.CheckConstraint("held >= 0", name="ck_counters_held"),
        sa.CheckConstraint("spent >= 0", name="ck_counters_spent"),
    )
    op.create_table(
        "lines",
        sa.Column("job", sa.String(64), nullable=False),
        sa.Column("account", sa.Text, nullable=False),
        sa.Column("rule", sa.Text, nullable=False),
        sa.Column("window_start", sa.BigInteger, nullable=False),
        sa.Column("amount", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("job", "account", "rule", name="pk_lines"),
        sa.ForeignKeyConstraint(["job"], ["reservations.job"], name="fk_lines_job"),
    )
    op.create_table(
        "postings",
        sa.Column("id", sa.Integer, nullable=False, autoincrement=True),
        sa.Column("job", sa.String(64), nullable=False),
        sa.Column("step", sa.Text, nullable=False),
        sa.Column("account", sa.Text, nullable=False),
        sa.Column("rule", sa.Text, nullable=False),
        sa.Column("side", sa.Text, nullable=False),
        sa.Column("amount", sa.Integer, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_postings"),
        sa.ForeignKeyConstraint(["job"], ["reservations.job"], name="fk_postings_job"),
    )
    op.create_index("ix_postings_job", "postings", ["job"])
