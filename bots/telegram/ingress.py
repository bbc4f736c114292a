"""Updates on their way in: kept before they are confirmed, then seen to in order per chat, many chats at once.

An update is never lost: it leaves the inbox only after it was seen to. Where a process dies between the two it is seen
to again, so whatever handles it must take its `update_id` for the same wish: `service.submit(asked_by=...)` does.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Final

import structlog
import telegram

from bots.telegram.updates import read_update
from core import inbox
from core.db import Database, DatabaseUnavailableError
from core.inbox import Waiting

CHATS_AT_ONCE: Final = 64
URGENT_AT_ONCE: Final = 64
LOOK_SECONDS: Final = 5.0
"""How often the inbox is looked at when nobody rings: for what another process put there."""
FIRST_PAUSE_SECONDS: Final = 1.0
LONGEST_PAUSE_SECONDS: Final = 60.0
LONGEST_SECONDS: Final = 600.0
"""How long one update may hold up its chat."""
TRIES: Final = 5
"""How often an update is begun before it is taken for what kills us."""
SWEEP_SECONDS: Final = 3600.0

Handle = Callable[[telegram.Update], Awaitable[None]]
"""Does what an update asks for. May raise `DatabaseUnavailableError`: the same update comes again a moment later."""

_log = structlog.get_logger(__name__)


class Ingress:
    """The inbox of one bot. Whoever fetches updates calls `receive`; `run` sees to what is there."""

    def __init__(
        self,
        database: Database,
        source: str,
        bot: telegram.Bot,
        handle: Handle,
        *,
        now: Callable[[], datetime],
    ) -> None:
        self._database = database
        self._source = source
        self._bot = bot
        self._handle = handle
        self._now = now
        self._bell = asyncio.Event()
        self._in_hand: dict[int, bool] = {}  # whether it is urgent, by its number in the inbox
        self._over: set[int] = set()

    async def receive(self, raws: Sequence[object]) -> int:
        """Keep updates; only afterwards may they be confirmed. How many were new. Raises `DatabaseUnavailableError`."""
        arrived = []
        for raw in raws:
            try:
                arrived.append(read_update(raw))
            except ValueError:
                _log.warning("Telegram sent what is no update")
        async with self._database.begin() as tx:
            new = await inbox.put(tx, self._source, arrived, now=self._now())
        if new:
            self._bell.set()
        return new

    async def run(self) -> None:
        """See to what is in the inbox until called off. What is then unfinished is seen to by the next who runs."""
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._sweep(), name="telegram: sweep")
                while True:
                    self._bell.clear()
                    for waiting, urgent in await self._next():
                        self._in_hand[waiting.id] = urgent
                        tasks.create_task(self._see_to(waiting), name=f"telegram: update {waiting.update_id}")
                    with suppress(TimeoutError):
                        async with asyncio.timeout(LOOK_SECONDS):
                            await self._bell.wait()
        finally:
            with suppress(DatabaseUnavailableError):
                async with self._database.begin() as tx:
                    await inbox.done(tx, self._over, now=self._now())
            self._in_hand.clear()
            self._over.clear()

    async def _next(self) -> list[tuple[Waiting, bool]]:
        """Note what is over and take what comes next, in one transaction."""
        over = set(self._over)
        busy = {number: urgent for number, urgent in self._in_hand.items() if number not in over}
        urgent_now = sum(busy.values())
        try:
            async with self._database.begin() as tx:
                await inbox.done(tx, over, now=self._now())
                urgent = await inbox.take(
                    tx, self._source, urgent=True, limit=max(0, URGENT_AT_ONCE - urgent_now), besides=busy
                )
                ordered = await inbox.take(
                    tx, self._source, limit=max(0, CHATS_AT_ONCE - len(busy) + urgent_now), besides=busy
                )
        except DatabaseUnavailableError as error:
            _log.warning("the inbox cannot be looked into; trying again", reason=str(error))
            return []
        self._over -= over
        self._in_hand = busy
        return [*((waiting, True) for waiting in urgent), *((waiting, False) for waiting in ordered)]

    async def _see_to(self, waiting: Waiting) -> None:
        """See to one update; whatever comes of it, it holds up nobody any longer."""
        if waiting.tries > TRIES:
            _log.error("an update was given up: nobody survived it", update=waiting.update_id, tries=waiting.tries)
        else:
            pause = FIRST_PAUSE_SECONDS
            while isinstance(error := await self._outcome(waiting), DatabaseUnavailableError):
                _log.warning("an update waits for the database", update=waiting.update_id, reason=str(error))
                await asyncio.sleep(pause)
                pause = min(2 * pause, LONGEST_PAUSE_SECONDS)
            if error is not None:
                _log.error("an update met a bug of ours", update=waiting.update_id, exc_info=error)
        self._over.add(waiting.id)
        self._bell.set()

    async def _outcome(self, waiting: Waiting) -> BaseException | None:
        """What went wrong, if anything. In a task of its own, so that a bug in one update is kept from the others."""
        work = asyncio.create_task(self._see_through(waiting), name=f"telegram: handle {waiting.update_id}")
        try:
            await asyncio.wait([work])
        finally:
            if not work.done():
                work.cancel()
                await asyncio.wait([work])
        return asyncio.CancelledError() if work.cancelled() else work.exception()

    async def _see_through(self, waiting: Waiting) -> None:
        update = telegram.Update.de_json(json.loads(waiting.body), self._bot)
        async with asyncio.timeout(LONGEST_SECONDS):
            await self._handle(update)

    async def _sweep(self) -> None:
        while True:
            with suppress(DatabaseUnavailableError):
                async with self._database.begin() as tx:
                    await inbox.sweep(tx, before=self._now() - inbox.REMEMBERED)
            await asyncio.sleep(SWEEP_SECONDS)
