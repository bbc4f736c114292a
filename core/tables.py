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
    Column("ticket", Text),
    Column("source_url", Text),
    Column("video_path", Text),
    Column("video_size", BigInteger),
    Column("video_sha256", Text),
    Column("video_url", Text),
    Column("failure", Text),
    Column("failure_subject", Text),
    Column("failure_message", Text),
    Column("undelivered", Text),
    Column("transcript", Text),
    # Whether the person has seen its end
    Column("told", Boolean, nullable=False, server_default=false()),
    # When it is looked whether its chat still shows its end; null: never, or it was seen
    Column("confirm_at", Moment),
    Column("removed_at", Moment),
    CheckConstraint("price >= 0", name="price"),
    Index(None, "state", "created_at"),
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
    Column("reason", Text, nullable=False),
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

# The ledger: `reservations` say what a job holds, `lines` on which allowances, `counters` what these add up to, and
# `postings` are the journal from which all of it can be told again (double entry: those of one step sum to zero).
reservations = Table(
    "reservations",
    metadata,
    Column("job", String(64), ForeignKey("jobs.id"), primary_key=True),
    Column("amount", Integer, nullable=False),
    Column("state", Text, nullable=False),
    Column("held_at", Moment, nullable=False),
    Column("closed_at", Moment),
    CheckConstraint("amount >= 0", name="amount"),
)
counters = Table(
    "counters",
    metadata,
    Column("account", Text, primary_key=True),
    Column("rule", Text, primary_key=True),
    Column("window_start", Moment, primary_key=True),
    Column("held", Integer, nullable=False, server_default="0"),
    Column("spent", Integer, nullable=False, server_default="0"),
    CheckConstraint("held >= 0", name="held"),
    CheckConstraint("spent >= 0", name="spent"),
)
lines = Table(
    "lines",
    metadata,
    Column("job", String(64), ForeignKey("reservations.job"), primary_key=True),
    Column("account", Text, primary_key=True),
    Column("rule", Text, primary_key=True),
    Column("window_start", Moment, nullable=False),
    Column("amount", Integer, nullable=False),
)
postings = Table(
    "postings",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("job", String(64), ForeignKey("reservations.job"), nullable=False),
    Column("step", Text, nullable=False),
    Column("account", Text, nullable=False),
    Column("rule", Text, nullable=False),
    Column("side", Text, nullable=False),
    Column("amount", Integer, nullable=False),
    Column("at", Moment, nullable=False),
    Index(None, "job"),
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
