"""The tables: what each holds, and how moments are written into them."""

from datetime import UTC, datetime, timedelta
from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    false,
    text,
)
from typing_extensions import override

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)


class Moment(TypeDecorator[datetime]):
    """An aware time as whole microseconds since 1970, in UTC: exact, sortable, the same on every database."""

    impl = BigInteger
    cache_ok = True

    @override
    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without a zone is no moment")
        return (value - _EPOCH) // _MICROSECOND

    @override
    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        return None if value is None else _EPOCH + value * _MICROSECOND


class Words(TypeDecorator[str]):
    """Text from an upstream or a stranger, without the NUL that PostgreSQL does not take."""

    impl = Text
    cache_ok = True

    @override
    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        return None if value is None else value.replace("\0", "")


metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

jobs = Table(
    "jobs",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("person", Text, nullable=False),
    Column("community", Text, nullable=False),
    Column("platform", Text, nullable=False),
    Column("address", Text, nullable=False),
    # What is to be made
    Column("prompt", Text, nullable=False),
    Column("model", Text, nullable=False),
    Column("seconds", Integer, nullable=False),
    Column("shape", Text, nullable=False),
    Column("image", LargeBinary),
    Column("image_type", Text),
    Column("style", Text),
    Column("price", Integer, nullable=False),
    # How they want to have it
    Column("visibility", Text, nullable=False, server_default="everyone"),
    Column("quiet", Boolean, nullable=False, server_default=false()),
    Column("parent", String(64)),
    # What they did to ask for it, so that the same is not taken twice
    Column("asked_by", Text),
    # Its place in line; `finish` is its person's tag once it is served, `tries` counts what was tried again for nothing
    Column("weight", Integer, nullable=False, server_default="1000"),
    Column("relaxed", Boolean, nullable=False, server_default=false()),
    Column("front", Boolean, nullable=False, server_default=false()),
    Column("finish", BigInteger, nullable=False, server_default="0"),
    Column("tries", Integer, nullable=False, server_default="1"),
    Column("roles", Text, nullable=False, server_default="[]"),
    # Where it stands, and who has it
    Column("state", Text, nullable=False),
    Column("owner", Text),
    Column("lease_until", Moment),
    Column("fence", Integer, nullable=False, server_default="0"),
    Column("starts", Integer, nullable=False, server_default="0"),
    Column("postponed", Integer, nullable=False, server_default="0"),
    Column("cancel_requested_at", Moment),
    Column("created_at", Moment, nullable=False),
    Column("started_at", Moment),
    Column("finished_at", Moment),
    # What became of it
    Column("ticket", Words),
    Column("source_url", Words),
    Column("video_path", Text),
    Column("video_size", BigInteger),
    Column("video_sha256", Text),
    Column("video_url", Words),
    Column("failure", Text),
    Column("failure_subject", Text),
    Column("failure_message", Words),
    Column("undelivered", Text),
    Column("transcript", Words),
    # Whether the person has seen its end
    Column("told", Boolean, nullable=False, server_default=false()),
    # When it is looked whether its chat still shows its end; null: never, or it was seen
    Column("confirm_at", Moment),
    Column("removed_at", Moment),
    CheckConstraint("price >= 0", name="price"),
    Index(None, "state", "created_at"),
    Index("ix_jobs_line", "state", "front", "community", "relaxed", "finish", "model", "person"),
    Index(None, "state", "person"),
    Index(None, "parent"),
    Index(None, "owner", "state"),
    Index(None, "state", "lease_until"),
    Index(None, "person", "created_at"),
    Index(None, "told", "state"),
    Index(None, "confirm_at"),
    Index(None, "model", "finished_at"),
    Index(None, "asked_by", unique=True),
)

reports = Table(
    "reports",
    metadata,
    Column("job", String(64), ForeignKey("jobs.id"), primary_key=True),
    Column("person", Text, primary_key=True),
    Column("reason", Words, nullable=False),
    Column("at", Moment, nullable=False),
)
people = Table(
    "people",
    metadata,
    Column("person", Text, primary_key=True),
    Column("quiet", Boolean, nullable=False, server_default=false()),
    Column("shape", Text),
    Column("model", Text),
)
# What the program has to remember about itself, such as which commands a platform was told of.
marks = Table(
    "marks",
    metadata,
    Column("name", Text, primary_key=True),
    Column("value", Text, nullable=False),
)

# The fair line (`core.fairness`): a tag a flow, a clock a level; and thousandths of credits that somebody had lately.
shares = Table(
    "shares",
    metadata,
    Column("level", Text, primary_key=True),
    Column("flow", Text, primary_key=True),
    Column("tag", BigInteger, nullable=False),
)
clocks = Table("clocks", metadata, Column("level", Text, primary_key=True), Column("tag", BigInteger, nullable=False))
recent_use = Table(
    "recent_use",
    metadata,
    Column("person", Text, primary_key=True),
    Column("amount", BigInteger, nullable=False),
    Column("at", Moment, nullable=False),
)

# The ledger: `reservations` say what a job holds of whose accounts, `counters` what these add up to in a window (made
# anew from them where one is missing), and `postings` are the journal from which all of it can be told again (double
# entry: those of one step sum to zero). `grants` are credits that a moderator gave.
reservations = Table(
    "reservations",
    metadata,
    Column("job", String(64), ForeignKey("jobs.id"), primary_key=True),
    Column("community", Text, nullable=False),
    Column("person", Text, nullable=False),
    Column("amount", Integer, nullable=False),
    # How much of it came out of what a moderator gave; and what the job costs the host, in minor units
    Column("bonus", Integer, nullable=False, server_default="0"),
    Column("money", Integer, nullable=False, server_default="0"),
    Column("state", Text, nullable=False),
    # Whether a moderator let it count no more; and whether its money was spent although it was given back
    Column("forgiven", Boolean, nullable=False, server_default=false()),
    Column("lost", Boolean, nullable=False, server_default=false()),
    Column("held_at", Moment, nullable=False),
    Column("closed_at", Moment),
    CheckConstraint("amount >= 0", name="amount"),
    CheckConstraint("bonus BETWEEN 0 AND amount", name="bonus"),
    CheckConstraint("money >= 0", name="money"),
    Index(None, "person", "held_at"),
    Index(None, "community", "held_at"),
    Index(None, "held_at"),
    Index("ix_reservations_held", "job", sqlite_where=text("state = 'held'"), postgresql_where=text("state = 'held'")),
)
counters = Table(
    "counters",
    metadata,
    Column("community", Text, primary_key=True),
    Column("person", Text, primary_key=True),
    Column("measure", Text, primary_key=True),
    Column("starts_at", Moment, primary_key=True),
    Column("ends_at", Moment, primary_key=True),
    Column("held", BigInteger, nullable=False, server_default="0"),
    Column("spent", BigInteger, nullable=False, server_default="0"),
    CheckConstraint("held >= 0", name="held"),
    CheckConstraint("spent >= 0", name="spent"),
)
postings = Table(
    "postings",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("job", String(64), ForeignKey("reservations.job")),
    Column("step", Text, nullable=False),
    Column("community", Text, nullable=False),
    Column("person", Text, nullable=False),
    Column("purse", Text, nullable=False),
    Column("side", Text, nullable=False),
    Column("amount", Integer, nullable=False),
    Column("at", Moment, nullable=False),
    Index(None, "job"),
)
grants = Table(
    "grants",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("community", Text, nullable=False),
    Column("person", Text, nullable=False),
    Column("amount", Integer, nullable=False),
    Column("by", Text, nullable=False),
    Column("at", Moment, nullable=False),
    CheckConstraint("amount > 0", name="amount"),
    Index(None, "community", "person"),
)

# What platforms told us and we have promised them to see to: written down before it is confirmed to them.
inbox = Table(
    "inbox",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("source", Text, nullable=False),
    Column("update_id", BigInteger, nullable=False),
    Column("chat", Text, nullable=False),
    Column("urgent", Boolean, nullable=False, server_default=false()),
    Column("body", Text, nullable=False),
    Column("tries", Integer, nullable=False, server_default="0"),
    Column("received_at", Moment, nullable=False),
    Column("done_at", Moment),
    Index(None, "source", "update_id", unique=True),
    Index(None, "source", "done_at", "chat"),
)
# Requests that somebody is still putting together.
drafts = Table(
    "drafts",
    metadata,
    Column("id", Text, primary_key=True),
    Column("person", Text, nullable=False),
    Column("address", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("picture", LargeBinary),
    Column("picture_type", Text),
    Column("created_at", Moment, nullable=False),
    Index(None, "person", "created_at"),
)
# Which process does what only one may do.
leases = Table(
    "leases",
    metadata,
    Column("name", Text, primary_key=True),
    Column("owner", Text, nullable=False),
    Column("until", Moment, nullable=False),
)

# What moderators have set (`core.limits`).
limits = Table(
    "limits",
    metadata,
    Column("community", Text, primary_key=True),
    Column("source", Text, primary_key=True),
    Column("subject", Text, primary_key=True),
    Column("limit", Text, primary_key=True),
    Column("value", Integer, nullable=False),
    Column("by", Text, nullable=False),
    Column("at", Moment, nullable=False),
    CheckConstraint("value >= 0", name="value"),
)
communities = Table(
    "communities",
    metadata,
    Column("community", Text, primary_key=True),
    Column("zone", Text),
    Column("channels", Text),
    Column("paused_at", Moment),
    Column("paused_by", Text),
    Column("pause_reason", Words),
    Index(None, "paused_at"),
)
blocks = Table(
    "blocks",
    metadata,
    Column("community", Text, primary_key=True),
    Column("person", Text, primary_key=True),
    Column("until", Moment),
    Column("reason", Words, nullable=False),
    Column("by", Text, nullable=False),
    Column("at", Moment, nullable=False),
)
# What people are called who have used the bot, where a platform lets them be named but does not say who that is.
names = Table(
    "names",
    metadata,
    Column("person", Text, primary_key=True),
    Column("name", Words, nullable=False),
    Column("handle", Text),
    Index(None, "handle"),
)
actions = Table(
    "actions",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("community", Text, nullable=False),
    Column("by", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("subject", Words, nullable=False),
    Column("details", Words, nullable=False),
    Column("at", Moment, nullable=False),
    Index(None, "community"),
)
# How one bot has used what its platform lets it say, and where it must be silent: what all processes share. Chat 0
# stands for all chats.
turns = Table(
    "turns",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("bot", Text, nullable=False),
    Column("chat", BigInteger, nullable=False),
    Column("at", Moment, nullable=False),
    Column("many", Integer, nullable=False, server_default="1"),
    Index(None, "bot", "at"),
)
silences = Table(
    "silences",
    metadata,
    Column("bot", Text, primary_key=True),
    Column("chat", BigInteger, primary_key=True),
    Column("heard_at", Moment, nullable=False),
    Column("until", Moment, nullable=False),
)
# Messages that speak for many jobs of a chat, by topic (0: none), and what each process has to say there of its jobs.
boards = Table(
    "boards",
    metadata,
    Column("bot", Text, primary_key=True),
    Column("chat", BigInteger, primary_key=True),
    Column("thread", BigInteger, primary_key=True),
    Column("message", BigInteger, nullable=False),
)
board_lines = Table(
    "board_lines",
    metadata,
    Column("job", String(64), ForeignKey("jobs.id"), primary_key=True),
    Column("bot", Text, nullable=False),
    Column("chat", BigInteger, nullable=False),
    Column("owner", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("at", Moment, nullable=False),
    Index(None, "bot", "chat"),
)
