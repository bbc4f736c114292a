"""The ledger: reservations carry whose and what of, counters are by account and window, and gifts have a table."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Give each reservation its job's names, and tell the journal anew; counters are made when they are asked for."""
    op.rename_table("reservations", "old_reservations")
    op.rename_table("postings", "old_postings")
    op.drop_table("lines")
    op.drop_table("counters")
    _let_go_of_their_names()
    _make()
    _take_over()
    op.drop_table("old_postings")
    op.drop_table("old_reservations")


def _let_go_of_their_names() -> None:
    """What a server calls by name beside the table keeps it when the table has another."""
    op.drop_index("ix_postings_job", "old_postings")
    if op.get_bind().dialect.name == "postgresql":
        for table in ("reservations", "postings"):
            op.execute(f"ALTER INDEX pk_{table} RENAME TO pk_old_{table}")
        op.execute("ALTER SEQUENCE postings_id_seq RENAME TO old_postings_id_seq")


def _make() -> None:
    op.create_table(
        "reservations",
        sa.Column("job", sa.String(64), nullable=False),
        sa.Column("community", sa.Text, nullable=False),
        sa.Column("person", sa.Text, nullable=False),
        sa.Column("amount", sa.Integer, nullable=False),
        sa.Column("bonus", sa.Integer, nullable=False, server_default="0"),
        sa.Column("money", sa.Integer, nullable=False, server_default="0"),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("forgiven", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.Column("lost", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.Column("held_at", sa.BigInteger, nullable=False),
        sa.Column("closed_at", sa.BigInteger),
        sa.PrimaryKeyConstraint("job", name="pk_reservations"),
        sa.ForeignKeyConstraint(["job"], ["jobs.id"], name="fk_reservations_job"),
        sa.CheckConstraint("amount >= 0", name="ck_reservations_amount"),
        sa.CheckConstraint("bonus BETWEEN 0 AND amount", name="ck_reservations_bonus"),
        sa.CheckConstraint("money >= 0", name="ck_reservations_money"),
    )
    op.create_index("ix_reservations_person_held_at", "reservations", ["person", "held_at"])
    op.create_index("ix_reservations_community_held_at", "reservations", ["community", "held_at"])
    op.create_index("ix_reservations_held_at", "reservations", ["held_at"])
    held = sa.text("state = 'held'")
    op.create_index("ix_reservations_held", "reservations", ["job"], sqlite_where=held, postgresql_where=held)
    op.create_table(
        "counters",
        sa.Column("community", sa.Text, nullable=False),
        sa.Column("person", sa.Text, nullable=False),
        sa.Column("measure", sa.Text, nullable=False),
        sa.Column("starts_at", sa.BigInteger, nullable=False),
        sa.Column("ends_at", sa.BigInteger, nullable=False),
        sa.Column("held", sa.BigInteger, nullable=False, server_default="0"),
        sa.Column("spent", sa.BigInteger, nullable=False, server_default="0"),
        sa.PrimaryKeyConstraint("community", "person", "measure", "starts_at", "ends_at", name="pk_counters"),
        sa.CheckConstraint("held >= 0", name="ck_counters_held"),
        sa.CheckConstraint("spent >= 0", name="ck_counters_spent"),
    )
    op.create_table(
        "postings",
        sa.Column("id", sa.Integer, nullable=False, autoincrement=True),
        sa.Column("job", sa.String(64)),
        sa.Column("step", sa.Text, nullable=False),
        sa.Column("community", sa.Text, nullable=False),
        sa.Column("person", sa.Text, nullable=False),
        sa.Column("purse", sa.Text, nullable=False),
        sa.Column("side", sa.Text, nullable=False),
        sa.Column("amount", sa.Integer, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_postings"),
        sa.ForeignKeyConstraint(["job"], ["reservations.job"], name="fk_postings_job"),
    )
    op.create_index("ix_postings_job", "postings", ["job"])
    op.create_table(
        "grants",
        sa.Column("id", sa.Integer, nullable=False, autoincrement=True),
        sa.Column("community", sa.Text, nullable=False),
        sa.Column("person", sa.Text, nullable=False),
        sa.Column("amount", sa.Integer, nullable=False),
        sa.Column("by", sa.Text, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_grants"),
        sa.CheckConstraint("amount > 0", name="ck_grants_amount"),
    )
    op.create_index("ix_grants_community_person", "grants", ["community", "person"])


def _take_over() -> None:
    """The names are the job's, which went along whenever a community was renamed; the host's losses were an account."""
    op.execute(
        "INSERT INTO reservations (job, community, person, amount, state, held_at, closed_at) "
        "SELECT old.job, jobs.community, jobs.person, old.amount, old.state, old.held_at, old.closed_at "
        "FROM old_reservations AS old JOIN jobs ON jobs.id = old.job"
    )
    op.execute(
        "INSERT INTO postings (job, step, community, person, purse, side, amount, at) "
        "SELECT old.job, old.step, jobs.community, jobs.person, "
        "CASE WHEN old.account = 'operator' THEN 'loss' ELSE 'credits' END, old.side, old.amount, old.at "
        "FROM old_postings AS old JOIN jobs ON jobs.id = old.job WHERE old.amount <> 0 ORDER BY old.id"
    )
    op.execute("UPDATE reservations SET lost = (1 = 1) WHERE job IN (SELECT job FROM postings WHERE purse = 'loss')")
