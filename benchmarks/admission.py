"""How long one look at the line takes, with two thousand jobs that run and ten thousand that wait."""

import tempfile
import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from sqlalchemy import insert, text, update

from core import line
from core.db import Database, open_database
from core.fairness import Caps
from core.model import JobState
from core.tables import jobs, shares

RUNNING: Final = 2_000
WAITING: Final = 10_000
COMMUNITIES: Final = 50
PEOPLE: Final = 2_500
LOOKS: Final = 60

_BEGAN: Final = datetime(2026, 11, 24, tzinfo=UTC)


async def measure(urls: Mapping[str, str] | None = None) -> dict[str, list[float]]:
    """Milliseconds of each look, in order of length, by database; each look lets eight jobs begin.

    `urls`: other databases to measure, by name; they are written into.
    """
    with tempfile.TemporaryDirectory() as folder:
        named = {"SQLite": f"sqlite:///{Path(folder) / 'matinee.sqlite'}", **(urls or {})}
        return {name: await _looks(url) for name, url in named.items()}


async def _looks(url: str) -> list[float]:
    async with open_database(url) as database:
        await _fill(database)
        took = []
        for _ in range(LOOKS):
            before = time.perf_counter()
            async with database.begin() as tx:
                begun = await line.admit(tx, {}, Caps(2, 100), at_once=RUNNING + 8, now=_BEGAN)
            took.append((time.perf_counter() - before) * 1000)
            assert len(begun) == 8
            async with database.begin() as tx:
                over = update(jobs).where(jobs.c.id.in_(begun)).values(state=JobState.DELIVERED)
                await tx.execute(over)
        return sorted(took)


async def _fill(database: Database) -> None:
    rows = [_row(number) for number in range(RUNNING + WAITING)]
    async with database.begin() as tx:
        for start in range(0, len(rows), 1000):
            await tx.execute(insert(jobs), rows[start : start + 1000])
        waiting = {(row["community"], row["person"]) for row in rows[RUNNING:]}
        for flow in waiting:
            await line.stand(tx, [flow])
        flows = [*waiting, *(("", community) for community in {community for community, _ in waiting})]
        # As a server does by itself a minute later, and a file at its next opening.
        await tx.execute(text("ANALYZE"))
        await tx.execute(insert(shares), [{"level": level, "flow": flow, "tag": 0} for level, flow in flows])


def _row(number: int) -> dict[str, Any]:
    person = number * 7 % PEOPLE
    return {
        "id": f"J{number:07}",
        "person": f"discord:{person}",
        "community": f"discord:guild-{person % COMMUNITIES}",
        "platform": "discord",
        "address": "channel/message",
        "prompt": "a lighthouse in a storm " * 5,
        "model": "standard",
        "seconds": 5,
        "shape": "landscape",
        "price": 1 + number % 3,
        "state": JobState.ACTIVE if number < RUNNING else JobState.WAITING,
        "lease_until": _BEGAN + timedelta(days=1),
        "created_at": _BEGAN + timedelta(milliseconds=number),
    }
