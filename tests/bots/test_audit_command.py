"""`matinee audit`: one line says that the books are right, or one a fault; its exit code tells which."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncConnection

from bots.__main__ import USAGE, main
from core import ledger
from core.db import open_database
from core.errors import Refusal
from core.service import Service
from core.tables import counters
from tests.stand_ins import HERE, MIA, POLICY, REQUEST, catalogue

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


@pytest.fixture
def url(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MATINEE_DATABASE_URL", "sqlite:///data/matinee.sqlite")
    return f"sqlite:///{tmp_path / 'data' / 'matinee.sqlite'}"


def ask(url: str) -> None:
    async def submit() -> None:
        async with open_database(url) as database:
            await Service(database, catalogue(), POLICY, now=lambda: NOON).submit(REQUEST, MIA, HERE)

    asyncio.run(submit())


def change(url: str, work: Callable[[AsyncConnection], Awaitable[object]]) -> None:
    async def write() -> None:
        async with open_database(url) as database, database.begin() as tx:
            await work(tx)

    asyncio.run(write())


def held(amount: int) -> Callable[[AsyncConnection], Awaitable[object]]:
    return lambda tx: tx.execute(update(counters).values(held=amount))


def test_right_books_are_said_to_be_right(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    ask(url)
    assert main(["audit"]) == 0
    assert capsys.readouterr().out == "ok      The books are right.\n"


def test_each_fault_is_a_line_and_stops_what_spends_until_the_books_are_right(
    url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    ask(url)
    change(url, held(7))
    for _ in range(2):
        assert main(["audit"]) == 1
        lines = capsys.readouterr().out.splitlines()
        assert lines[0] == "not ok  counter of console:mia, own, from 2026-11-24 is not what it counts"
        assert lines[-1].startswith("note    Nothing new is taken until the books are right")
    with pytest.raises(Refusal):
        ask(url)
    change(url, held(1))
    assert main(["audit"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "ok      The books are right."
    assert lines[1].startswith("note    Requests are taken again")
    ask(url)


def test_where_there_are_no_books_none_are_made(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["audit"]) == USAGE
    assert "there are no books at data/matinee.sqlite" in capsys.readouterr().err
    assert not Path("data").exists()


def test_books_that_are_written_meanwhile_are_read_beside_that(url: str) -> None:
    async def beside() -> int:
        async with open_database(url) as database, database.begin() as tx:
            await ledger.grant(tx, MIA, 1, by="console:me", now=NOON)
            async with database.read() as look:
                return len(await ledger.audit(look))

    assert asyncio.run(beside()) == 0
