"""What all processes of one bot share: its turns, its silences, and the boards of busy chats."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Add the tables."""
    op.create_table(
        "turns",
        sa.Column("id", sa.Integer, nullable=False, autoincrement=True),
        sa.Column("bot", sa.Text, nullable=False),
        sa.Column("chat", sa.BigInteger, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("many", sa.Integer, nullable=False, server_default="1"),
        sa.PrimaryKeyConstraint("id", name="pk_turns"),
    )
    op.create_index("ix_turns_bot_at", "turns", ["bot", "at"])
    op.create_table(
        "silences",
        sa.Column("bot", sa.Text, nullable=False),
        sa.Column("chat", sa.BigInteger, nullable=False),
        sa.Column("heard_at", sa.BigInteger, nullable=False),
        sa.Column("until", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("bot", "chat", name="pk_silences"),
    )
    op.create_table(
        "boards",
        sa.Column("bot", sa.Text, nullable=False),
        sa.Column("chat", sa.BigInteger, nullable=False),
        sa.Column("thread", sa.BigInteger, nullable=False),
        sa.Column("message", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("bot", "chat", "thread", name="pk_boards"),
    )
    op.create_table(
        "board_lines",
        sa.Column("job", sa.String(64), nullable=False),
        sa.Column("bot", sa.Text, nullable=False),
        sa.Column("chat", sa.BigInteger, nullable=False),
        sa.Column("owner", sa.Text, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.ForeignKeyConstraint(["job"], ["jobs.id"], name="fk_board_lines_job"),
        sa.PrimaryKeyConstraint("job", name="pk_board_lines"),
    )
    op.create_index("ix_board_lines_bot_chat", "board_lines", ["bot", "chat"])
