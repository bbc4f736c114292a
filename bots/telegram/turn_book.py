"""Turns and silences in the database: how a budget outlives its process, and how several processes share one."""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import structlog

from bots.telegram.budget import Budget, Rank, Window, pause_after
from bots.telegram.limits import (
    ALL_A_SECOND,
    ALL_KEPT,
    ALL_SECONDS,
    BURST,
    FLOOD_MARGIN,
    FLOODED_WITHIN,
    GROUP_A_MINUTE,
    WINDOW_SECONDS,
)
from core import db, turns
from core.db import Database, DatabaseUnavailableError, take_turn
from core.turns import EVERYWHERE, Silence, Turn

WRITE_SECONDS: Final = 2.0
"""Between two writes of a process that is alone; so much may be lost when it dies."""
KEPT: Final = timedelta(seconds=2 * WINDOW_SECONDS)
TICK: Final = 0.001
"""Seconds that are not waited for."""
_GIVEN_BACK_OF: Final = 10_000
"""Chats of which the latest turns are known by their numbers."""

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Remembered:
    """What was known at the start."""

    turns: Sequence[Turn]
    silences: Sequence[Silence]


@dataclass(frozen=True, slots=True)
class Told:
    """How many seconds to wait; within a `TICK` the turn is taken. And where it is silent."""

    wait: float
    silences: Sequence[Silence]


class TurnBook:
    """What one bot has said lately. `shared`: others may speak with the same bot, so that each turn is asked for."""

    def __init__(self, database: Database, bot: str, *, now: Callable[[], datetime], shared: bool) -> None:
        self.shared = shared
        self.now = now
        self._database = database
        self._bot = bot
        self._taken: list[Turn] = []
        self._returned: list[int] = []
        self._numbers: dict[int, deque[int]] = {}
        self._something = asyncio.Event()
        self._forgot_at: datetime | None = None
        self._task: asyncio.Task[None] | None = None

    async def open(self) -> Remembered:
        """Begin to write. Raises `DatabaseUnavailableError`."""
        now = self.now()
        async with self._database.begin() as tx:
            await turns.forget(tx, self._bot, before=now - KEPT)
            await turns.forget_silences(tx, self._bot, before=now - KEPT)
            since = now - timedelta(seconds=WINDOW_SECONDS + WRITE_SECONDS)
            known = await turns.since(tx, self._bot, since)
            if known and not self.shared and not (known[-1].chat == EVERYWHERE and not known[-1].many):
                # It died: what it said after its last write fits into this.
                lost = Turn(EVERYWHERE, min(now, known[-1].at + timedelta(seconds=WRITE_SECONDS)), BURST)
                await turns.spend(tx, self._bot, [lost])
                known.append(lost)
            silences = await turns.silent(tx, self._bot, now=now)
        if self._task is None:
            self._task = asyncio.create_task(self._keep_writing(), name="turns")
        return Remembered(known, silences)

    async def close(self) -> None:
        """Write what is left, and that nothing is."""
        if self._task is None:
            return
        self._task.cancel()
        await asyncio.wait([self._task])
        self._task = None
        if not self.shared:
            self._taken.append(Turn(EVERYWHERE, self.now(), 0))
        with suppress(DatabaseUnavailableError):
            await self._write()

    # Alone

    def took(self, chat: int) -> None:
        """A turn was taken: it is written down soon."""
        if self._task is not None:
            self._taken.append(Turn(chat, self.now()))
            self._something.set()

    def give_back(self, chat: int) -> None:
        """The latest turn of a chat was not needed. One that is written down by now counts on, if nobody shares it."""
        if self.shared:
            if numbers := self._numbers.get(chat):
                self._returned.append(numbers.pop())
                self._something.set()
            return
        for index in reversed(range(len(self._taken))):
            if self._taken[index].chat == chat:
                del self._taken[index]
                return

    async def _keep_writing(self) -> None:
        while True:
            await self._something.wait()
            self._something.clear()
            try:
                await self._write()
            except DatabaseUnavailableError as error:
                _log.warning("turns were not written down; trying again", reason=str(error))
                self._something.set()
            await asyncio.sleep(WRITE_SECONDS)

    async def _write(self) -> None:
        taken, returned = list(self._taken), list(self._returned)
        now = self.now()
        async with self._database.begin() as tx:
            await turns.give_back(tx, returned)
            await turns.spend(tx, self._bot, taken)
            if self._forgot_at is None or now - self._forgot_at > KEPT:
                await turns.forget(tx, self._bot, before=now - KEPT)
                self._forgot_at = now
        del self._taken[: len(taken)], self._returned[: len(returned)]

    # Shared

    async def ask(self, chat: int, rank: Rank) -> Told:
        """Take a turn, if all that was said by any process leaves room. Raises `DatabaseUnavailableError`."""
        returned = list(self._returned)
        async with self._database.begin() as tx:
            await take_turn(tx, db.Turn.SPEECH)
            now = self.now()
            await turns.give_back(tx, returned)
            since = now - timedelta(seconds=WINDOW_SECONDS)
            here = await turns.since(tx, self._bot, since, chat=chat)
            over_all = await turns.since(tx, self._bot, now - timedelta(seconds=ALL_SECONDS))
            silences = await turns.silent(tx, self._bot, now=now, chats=[chat, EVERYWHERE])
            wait = _wait(chat, rank, _ages(here, now), _ages(over_all, now))
            wait = max(wait, *((silence.until - now).total_seconds() for silence in silences), 0.0)
            if wait <= TICK:
                (number,) = await turns.spend(tx, self._bot, [Turn(chat, now)])
                self._remember(chat, number)
            if self._forgot_at is None or now - self._forgot_at > KEPT:
                await turns.forget(tx, self._bot, before=now - KEPT)
                self._forgot_at = now
        self._returned = [number for number in self._returned if number not in returned]
        return Told(wait, silences)

    def _remember(self, chat: int, number: int) -> None:
        if chat not in self._numbers and len(self._numbers) >= _GIVEN_BACK_OF:
            self._numbers.clear()
        self._numbers.setdefault(chat, deque(maxlen=GROUP_A_MINUTE)).append(number)

    # Both

    async def silence(self, chat: int, seconds: float) -> list[Silence]:
        """A chat wants to hear nothing; with others that do, everything pauses. What lasts there and everywhere.

        Raises `DatabaseUnavailableError`.
        """
        async with self._database.begin() as tx:
            now = self.now()
            until = now + timedelta(seconds=seconds + FLOOD_MARGIN)
            await turns.silence(tx, self._bot, Silence(chat, now, until))
            lately = await turns.heard_since(tx, self._bot, now - timedelta(seconds=FLOODED_WITHIN))
            floods = [(heard.chat, (heard.until - heard.heard_at).total_seconds() - FLOOD_MARGIN) for heard in lately]
            if (pause := pause_after(floods)) is not None:
                await turns.silence(tx, self._bot, Silence(EVERYWHERE, now, now + timedelta(seconds=pause)))
            return await turns.silent(tx, self._bot, now=now, chats=[chat, EVERYWHERE])


def _ages(known: Sequence[Turn], now: datetime) -> list[float]:
    """Seconds before now, as negative numbers; another's clock may go before ours."""
    return [min(0.0, (turn.at - now).total_seconds()) for turn in known for _ in range(turn.many)]


def _wait(chat: int, rank: Rank, here: Sequence[float], over_all: Sequence[float]) -> float:
    """Seconds until a turn of a rank is there, after these; now is 0."""
    budget = Budget(-WINDOW_SECONDS, group=chat < 0)
    for at in here:
        budget.take(at)
    window = Window(ALL_A_SECOND, ALL_SECONDS, kept=ALL_KEPT)
    for at in over_all:
        window.take(at)
    return max(budget.wait(rank, 0.0), window.wait(0.0, rank))
