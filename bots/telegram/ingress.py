"""Updates on their way in: kept before they are confirmed, then seen to in order per chat, many chats at once.

An update is never lost: it leaves the inbox only after it was seen to. Where a process dies between the two it is seen
to again, so whatever handles it must take its `update_id` for the same wish: `service.submit(asked_by=...)` does.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from contextvars import ContextVar
from datetime import datetime
from functools import partial
from typing import Final

import structlog
import telegram
from telegram.error import TelegramError

from bots.telegram.updates import press_in, read_update
from core import inbox
from core.db import Database, DatabaseUnavailableError
from core.inbox import Arrived, Waiting

CHATS_AT_ONCE: Final = 64
URGENT_AT_ONCE: Final = 64
"""So many presses may wait for being answered; what is done after that holds up nobody."""
LOOK_SECONDS: Final = 5.0
"""How often the inbox is looked at when nobody rings: for what another process put there."""
FIRST_PAUSE_SECONDS: Final = 1.0
LONGEST_PAUSE_SECONDS: Final = 60.0
LONGEST_SECONDS: Final = 600.0
"""How long one update may hold up its chat."""
TRIES: Final = 5
"""How often an update is begun before it is taken for what kills us."""
EARLIER_SECONDS: Final = 60.0
"""So long a press waits for what came before it."""
SWEEP_SECONDS: Final = 3600.0
PRESS_SECONDS: Final = 1.0
"""So long a press may wait for being kept before it is answered without words."""
CALM_SECONDS: Final = 5.0
"""How long such answers may hold up what brought the presses."""
CALMED_AT_MOST: Final = 10_000
"""So many presses are known to be answered that were not seen to yet."""

Handle = Callable[[telegram.Update], Awaitable[None]]
"""Does what an update asks for. May raise `DatabaseUnavailableError`: the same update comes again a moment later; or
`PutOffError`: whoever is on duty next sees to it."""

calmed: ContextVar[bool] = ContextVar("calmed", default=False)
"""Whether the press that is being seen to was answered without words: what is to be said goes into the chat."""

Fits = Callable[[telegram.Update], Awaitable[bool]]


async def _nothing_came(_: Fits) -> None:
    """As it is for what came by no inbox."""


_earlier: ContextVar[Callable[[Fits], Awaitable[None]]] = ContextVar("earlier", default=_nothing_came)
_pass: ContextVar[Callable[[], None]] = ContextVar("pass", default=lambda: None)

_log = structlog.get_logger(__name__)


class PutOffError(Exception):
    """This process begins nothing any more. The update stays in the inbox, and what came after it in its chat too."""


def let_pass() -> None:
    """Hold up nobody any longer: what comes after the update that is being seen to may be seen to beside it.

    It stays in the inbox until it is over, so what is still to be done must bear to be done again after what passed it.
    """
    _pass.get()()


async def seen_to_earlier(fits: Fits) -> bool:
    """Wait for what came into the chat before the press that is being seen to, as far as it `fits`; whether it is over.

    Only that waits which nothing has to wait for any more (`let_pass`). Raises `DatabaseUnavailableError`.
    """
    try:
        async with asyncio.timeout(EARLIER_SECONDS):
            await _earlier.get()(fits)
    except TimeoutError:
        return False
    return True


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
        self._put_off: set[int] = set()  # left for the next process
        self._passed: set[int] = set()  # what is still in hand, and holds up nobody
        self._stirred = asyncio.Event()  # set and replaced when anything is over, passed or put off
        self._calmed: dict[str, None] = {}  # presses by Telegram's id, the oldest first

    async def receive(self, raws: Sequence[object]) -> int:
        """Keep updates; only afterwards may they be confirmed. How many were new. Raises `DatabaseUnavailableError`.

        Presses that cannot be kept at once are answered meanwhile, so that no button turns for as long as that takes.
        """
        arrived = []
        for raw in raws:
            try:
                arrived.append(read_update(raw))
            except ValueError:
                _log.warning("Telegram sent what is no update")
        presses = [press for raw in raws if (press := press_in(raw)) is not None]
        if not presses:
            return await self._keep(arrived)
        keeping = asyncio.create_task(self._keep(arrived), name="telegram: keep")
        try:
            await asyncio.wait({keeping}, timeout=PRESS_SECONDS)
            if not keeping.done():
                await self._calm(presses)
            return await keeping
        finally:
            if not keeping.done():
                keeping.cancel()
                await asyncio.wait({keeping})

    async def _keep(self, arrived: Sequence[Arrived]) -> int:
        async with self._database.begin() as tx:
            new = await inbox.put(tx, self._source, arrived, now=self._now())
        if new:
            self._bell.set()
        return new

    async def _calm(self, presses: Sequence[str]) -> None:
        """Answer presses without words, each once; where that does not succeed nothing is lost."""
        fresh = [press for press in presses if press not in self._calmed]
        self._calmed.update(dict.fromkeys(fresh))
        while len(self._calmed) > CALMED_AT_MOST:
            del self._calmed[next(iter(self._calmed))]

        async def calm(press: str) -> None:
            with suppress(TelegramError):
                await self._bot.answer_callback_query(press)

        with suppress(TimeoutError):
            async with asyncio.timeout(CALM_SECONDS):
                await asyncio.gather(*(calm(press) for press in fresh))

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
            self._put_off.clear()
            self._passed.clear()

    async def _next(self) -> list[tuple[Waiting, bool]]:
        """Note what is over and take what comes next, in one transaction."""
        over = set(self._over)
        busy = {number: urgent for number, urgent in self._in_hand.items() if number not in over | self._put_off}
        besides = busy.keys() | self._put_off
        passed = self._passed & busy.keys()
        urgent_now = sum(urgent for number, urgent in busy.items() if number not in passed)
        ordered_now = len(busy) - len(passed) - urgent_now
        try:
            async with self._database.begin() as tx:
                await inbox.done(tx, over, now=self._now())
                urgent = await inbox.take(
                    tx, self._source, urgent=True, limit=max(0, URGENT_AT_ONCE - urgent_now), besides=besides
                )
                ordered = await inbox.take(
                    tx, self._source, limit=max(0, CHATS_AT_ONCE - ordered_now), besides=besides, passed=passed
                )
        except DatabaseUnavailableError as error:
            _log.warning("the inbox cannot be looked into; trying again", reason=str(error))
            return []
        self._over -= over
        self._passed -= over
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
            if isinstance(error, PutOffError):
                _log.info("an update was left for the next start", update=waiting.update_id)
                self._put_off.add(waiting.id)
                self._stir()
                return
            if error is not None:
                _log.error("an update met a bug of ours", update=waiting.update_id, exc_info=error)
        self._over.add(waiting.id)
        self._stir()

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
        raw = json.loads(waiting.body)
        update = telegram.Update.de_json(raw, self._bot)
        press = press_in(raw) or ""
        calmed.set(press in self._calmed)
        _pass.set(partial(self._let_pass, waiting.id))
        _earlier.set(partial(self._wait_for_earlier, waiting))
        async with asyncio.timeout(LONGEST_SECONDS):
            await self._handle(update)
        self._calmed.pop(press, None)

    def _let_pass(self, number: int) -> None:
        if number in self._in_hand and number not in self._passed | self._over:
            self._passed.add(number)
            self._stir()

    def _stir(self) -> None:
        self._bell.set()
        self._stirred.set()
        self._stirred = asyncio.Event()

    async def _wait_for_earlier(self, waiting: Waiting, fits: Fits) -> None:
        """Until what came before it in its chat and fits is seen to; what is put off no process sees to while we are.

        What is known to be over is noted before the books are read, so that nothing falls between the two.
        """
        fitting: dict[int, bool] = {}
        while not self._put_off:
            stirred, settled = self._stirred, self._over | self._passed
            async with self._database.read() as tx:
                ahead = await inbox.ahead(tx, self._source, waiting.chat, waiting.id)
            for row in ahead:
                if row.id not in fitting:
                    fitting[row.id] = await fits(telegram.Update.de_json(json.loads(row.body), self._bot))
            if not any(fitting[row.id] and row.id not in settled for row in ahead):
                return
            await stirred.wait()

    async def _sweep(self) -> None:
        while True:
            with suppress(DatabaseUnavailableError):
                async with self._database.begin() as tx:
                    await inbox.sweep(tx, before=self._now() - inbox.REMEMBERED)
            await asyncio.sleep(SWEEP_SECONDS)
