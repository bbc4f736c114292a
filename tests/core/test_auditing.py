"""The audit that never ends: it goes on where it was, a fault closes the books once, and a host hears of it."""

import asyncio
from datetime import UTC, datetime

import pytest
from sqlalchemy import event, update
from structlog.testing import capture_logs

from core import ledger, people
from core.auditing import AUDIT_SECONDS, Auditor
from core.db import Database
from core.errors import Refusal, RefusalReason
from core.service import Service
from core.tables import counters
from tests.stand_ins import HERE, MIA, POLICY, REQUEST, catalogue

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


def house(database: Database) -> Service:
    return Service(database, catalogue(), POLICY, now=lambda: NOON)


async def mark_of(database: Database) -> str | None:
    async with database.read() as tx:
        return await people.mark(tx, "ledger: audited")


async def spoil(database: Database) -> None:
    async with database.begin() as tx:
        await tx.execute(update(counters).values(spent=7))


@pytest.mark.both_databases
async def test_right_books_are_looked_through_once_also_after_a_restart(database: Database) -> None:
    service = house(database)
    await service.submit(REQUEST, MIA, HERE)
    assert await Auditor(database).look() == ()
    first = await mark_of(database)
    assert first is not None
    await spoil(database)  # where nobody has booked anything since, nobody looks again
    assert await Auditor(database).look() == ()
    assert await mark_of(database) == first
    async with database.read() as tx:
        assert await ledger.stopped(tx) is None


@pytest.mark.both_databases
async def test_a_fault_closes_the_books_and_is_told_once(database: Database) -> None:
    service, auditor = house(database), Auditor(database)
    heard: list[tuple[str, ...]] = []
    auditor.alarm = heard.append
    await service.submit(REQUEST, MIA, HERE)
    await spoil(database)
    with capture_logs() as logs:
        faults = await auditor.look()
        assert await auditor.look() == faults
    assert faults == auditor.faults
    assert heard == [faults]
    assert len([log for log in logs if log["log_level"] == "error"]) == 1
    with pytest.raises(Refusal) as refusal:
        await service.submit(REQUEST, MIA, HERE)
    assert refusal.value.reason is RefusalReason.BOOKS_CLOSED
    async with database.begin() as tx:
        await tx.execute(update(counters).values(spent=0))
        await ledger.resume(tx)
    assert await auditor.look() == auditor.faults == ()
    await service.submit(REQUEST, MIA, HERE)


@pytest.mark.virtual_time
async def test_it_looks_again_every_minute_whatever_goes_wrong_meanwhile(database: Database) -> None:
    auditor = Auditor(database)
    looks: list[str] = []

    def fail(_c: object, _cursor: object, statement: str, *_: object) -> None:
        looks.append(statement)
        if len(looks) == 1:
            raise OSError("the disk is gone")
        if len(looks) == 2:
            raise ZeroDivisionError("a bug")

    engine = database._readers.sync_engine
    event.listen(engine, "before_cursor_execute", fail)
    with capture_logs() as logs:
        running = asyncio.create_task(auditor.run())
        await asyncio.sleep(2.5 * AUDIT_SECONDS)
        running.cancel()
        await asyncio.wait([running])
    event.remove(engine, "before_cursor_execute", fail)
    assert [log["log_level"] for log in logs] == ["warning", "error"]
    assert len(looks) > 3
