"""Ctrl-C and /cancel come at any moment: whatever step of a transaction they meet, the database stays usable."""

import asyncio

import pytest

from core import jobs, line
from core.db import Database
from core.fairness import Caps
from tests.virtual_time import BEGINNING

STEPS = 60
SECONDS = 10
"""How long a database lets somebody wait for its lock, at least."""


@pytest.mark.both_databases
async def test_a_transaction_that_is_cancelled_at_any_step_keeps_nobody_waiting(database: Database) -> None:
    async def transaction() -> None:
        async with database.begin() as tx:
            await line.admit(tx, {}, Caps(), at_once=2, now=BEGINNING)
            await jobs.waiting(tx)

    cancelled = []
    for steps in range(0, STEPS * 10, 10):
        task = asyncio.create_task(transaction(), name=f"cancelled after {steps} steps")
        for _ in range(steps):
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.wait([task])
        cancelled.append(task)  # with all that it held: what is let go must not depend on the collector
        async with asyncio.timeout(SECONDS):
            await transaction()
    assert any(task.cancelled() for task in cancelled)
