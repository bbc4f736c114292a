"""People and wishes: how they want their videos, what they reported, and what a platform was told."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Add the columns and tables."""
    op.add_column("jobs", sa.Column("style", sa.Text))
    op.add_column("jobs", sa.Column("visibility", sa.Text, nullable=False, server_default="everyone"))
    op.add_column("jobs", sa.Column("quiet", sa.Boolean, nullable=False, server_default=sa.false()))
    op.add_column("jobs", sa.Column("parent", sa.String(64)))
    op.add_column("jobs", sa.Column("asked_by", sa.Text))
    op.add_column("jobs", sa.Column("removed_at", sa.BigInteger))
    op.create_index("ix_jobs_model_finished_at", "jobs", ["model", "finished_at"])
    op.create_index("ix_jobs_asked_by", "jobs", ["asked_by"], unique=True)
    op.create_table(
        "reports",
        sa.Column("job", sa.String(64), nullable=False),
        sa.Column("person", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("job", "person", name="pk_reports"),
        sa.ForeignKeyConstraint(["job"], ["jobs.id"], name="fk_reports_job"),
    )
    op.create_table(
        "people",
        sa.Column("person", sa.Text, nullable=False),
        sa.Column("quiet", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.Column("shape", sa.Text),
        sa.Column("model", sa.Text),
        sa.PrimaryKeyConstraint("person", name="pk_people"),
    )
    op.create_table(
        "marks",
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("value", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_marks"),
    )
