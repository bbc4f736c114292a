"""Books as earlier versions kept them: the same people have the same left, and the audit finds nothing."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import AsyncEngine

import core
from core import ledger
from core.db import _sqlite, file_of, open_database, postgresql
from core.model import JobId
from core.quota import Account, Kind, Rule, Window
from tests.postgresql import Server

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
MICROSECONDS = int(NOON.timestamp()) * 1_000_000
JOBS = {
    # state of the job, its price, state of what it holds
    "AAAA0001": ("waiting", 2, "held"),
    "AAAA0002": ("delivered", 3, "captured"),
    "AAAA0003": ("failed", 4, "released"),
    "AAAA0004": ("interrupted", 1, "released"),
    "AAAA0005": ("waiting", 0, "held"),
}

_JOB = """
INSERT INTO jobs (id, person, community, platform, address, prompt, model, seconds, shape, price, state, created_at)
VALUES (:job, 't:mia', 't:here', 't', 'x', 'a dog', 'standard', 5, 'square', :price, :state, :at)
"""
_RESERVATION = "INSERT INTO reservations (job, amount, state, held_at) VALUES (:job, :price, :hold, :at)"


def as_it_was(connection: Connection) -> None:
    """The tables of version 0005, with what that version wrote."""
    config = Config()
    config.set_main_option("script_location", str(Path(core.__file__).parent / "migrations"))
    config.attributes["connection"] = connection
    command.upgrade(config, "0005")
    for job, (state, price, hold) in JOBS.items():
        values = {"job": job, "state": state, "price": price, "hold": hold, "at": MICROSECONDS}
        for statement in (_JOB, _RESERVATION):
            connection.execute(text(statement), values)
        if price:
            line = (
                "INSERT INTO lines (job, account, rule, window_start, amount) "
                "VALUES (:job, 't:mia', 'person', :at, :price)"
            )
            connection.execute(text(line), values)
            steps = {"held": [], "captured": [("capture", "held", "spent")], "released": [("release", "held", "free")]}
            for step, source, target in [("hold", "free", "held"), *steps[hold]]:
                post(connection, job, step, "t:mia", source, -price)
                post(connection, job, step, "t:mia", target, price)
    post(connection, "AAAA0004", "write off", "operator", "paid", -1)
    post(connection, "AAAA0004", "write off", "operator", "lost", 1)
    connection.execute(
        text("INSERT INTO counters (account, rule, window_start, held, spent) VALUES ('t:mia', 'person', :at, 2, 3)"),
        {"at": MICROSECONDS},
    )


def post(connection: Connection, job: str, step: str, account: str, side: str, amount: int) -> None:
    connection.execute(
        text(
            "INSERT INTO postings (job, step, account, rule, side, amount, at) "
            "VALUES (:job, :step, :account, :rule, :side, :amount, :at)"
        ),
        {
            "job": job,
            "step": step,
            "account": account,
            "rule": "lost renders" if account == "operator" else "person",
            "side": side,
            "amount": amount,
            "at": MICROSECONDS,
        },
    )


@pytest.fixture
def old_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'matinee.sqlite'}"
    server: Server = request.getfixturevalue("postgresql")
    return server.database()


@pytest.mark.parametrize("old_url", ["sqlite", "postgresql"], indirect=True)
async def test_books_of_before_are_taken_over_as_they_stood(old_url: str) -> None:
    engines: tuple[AsyncEngine, AsyncEngine]
    engines = _sqlite.engines(file_of(old_url)) if old_url.startswith("sqlite") else postgresql.engines(old_url)
    async with engines[0].begin() as tx:
        await tx.run_sync(as_it_was)
    for engine in engines:
        await engine.dispose()
    rules = [
        Rule(Kind.PERSON, account, 9, window, ZoneInfo("UTC"))
        for account in (Account("t:here", "t:mia"), Account(person="t:mia"), Account("t:here"), Account())
        for window in (Window.DAY, Window.WEEK, Window.LAST_DAY)
    ]
    async with open_database(old_url) as database:
        async with database.begin() as tx:
            assert await ledger.audit(tx) == []
            assert [each.used for each in await ledger.standings(tx, rules, NOON)] == [5] * len(rules)
            assert await ledger.written_off(tx) == 1
            later = NOON + timedelta(minutes=1)
            assert await ledger.release(tx, JobId("AAAA0001"), later) == 2
            await ledger.capture(tx, JobId("AAAA0005"), later)
            assert [each.used for each in await ledger.standings(tx, rules, later)] == [3] * len(rules)
        async with database.begin() as tx:
            await tx.execute(text("UPDATE jobs SET state = 'cancelled' WHERE id = 'AAAA0001'"))
            await tx.execute(text("UPDATE jobs SET state = 'delivered' WHERE id = 'AAAA0005'"))
            assert await ledger.audit(tx) == []
