"""How often Telegram may be spoken to: one flood budget a chat for edits and sends alike, in the event loop's time."""

import asyncio
import itertools
import math
from collections import OrderedDict, deque
from collections.abc import Callable, Iterable
from typing import Final

import structlog

from bots.telegram.budget import Budget, Rank, Window, pause_after
from bots.telegram.limits import (
    ALL_A_SECOND,
    ALL_KEPT,
    ALL_SECONDS,
    FLOOD_MARGIN,
    FLOODED_WITHIN,
    PATIENCE,
    WINDOW_SECONDS,
)
from bots.telegram.turn_book import TICK, WRITE_SECONDS, TurnBook
from core.db import DatabaseUnavailableError
from core.turns import EVERYWHERE, Silence

_CHATS_KEPT: Final = 10_000
_AGAIN_SECONDS: Final = 2.0
"""Between two tries to ask for a turn while the database cannot be asked."""

_log = structlog.get_logger(__name__)


class GatedError(Exception):
    """Telegram wants to hear nothing in this chat, for longer than whoever asks can wait."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"the chat is closed for {seconds:.0f} s")
        self.seconds = seconds


class _Chat:
    """The budget of one chat, and who of this process waits for it."""

    def __init__(self, budget: Budget) -> None:
        self.budget = budget
        self.waiting: list[tuple[Rank, int]] = []
        self.changed = asyncio.Event()

    def tell(self) -> None:
        """Something has changed: whoever waits looks again."""
        self.changed.set()
        self.changed = asyncio.Event()


class Pace:
    """All budgets of one bot. Answers to button presses are free and do not come by here.

    With a `book` they outlive the process. Where it is shared, they are what all processes have left over; otherwise
    they are this process's own, and only written down.
    """

    def __init__(self, book: TurnBook | None = None) -> None:
        self._book = book
        self._shared = book is not None and book.shared
        self._chats: OrderedDict[int, _Chat] = OrderedDict()
        self._over_all = Window(ALL_A_SECOND, ALL_SECONDS, kept=ALL_KEPT)
        self._paused_until = -math.inf
        self._anywhere: list[float] = []
        self._floods: deque[tuple[float, int, float]] = deque()
        self._numbers = itertools.count()

    async def open(self) -> None:
        """Take over what is known of earlier processes. Raises `DatabaseUnavailableError`."""
        if self._book is None:
            return
        known = await self._book.open()
        moment, now = self._book.now(), self._now()
        of_chats: dict[int, list[float]] = {}
        for turn in known.turns if not self._shared else ():
            at = min(now, now - (moment - turn.at).total_seconds())
            of_chats.setdefault(turn.chat, []).extend([at] * turn.many)
        self._anywhere = of_chats.pop(EVERYWHERE, [])
        for chat, times in of_chats.items():
            self._chat(chat, times)
        self._hear(known.silences)

    async def close(self) -> None:
        """Write down what is not yet."""
        if self._book is not None:
            await self._book.close()

    async def final(self, chat: int) -> None:
        """Wait for a turn that ends a job; it goes before all others. Raises `GatedError`."""
        await self._take(chat, Rank.FINAL, patient=False)

    async def answer(self, chat: int) -> None:
        """Wait for a turn that answers somebody. Raises `GatedError`."""
        await self._take(chat, Rank.ANSWER, patient=False)

    async def ping(self, chat: int) -> None:
        """Wait for a turn that tells somebody to look. Raises `GatedError`."""
        await self._take(chat, Rank.PING, patient=False)

    async def first(self, chat: int) -> None:
        """Wait, however long, for a turn in which a job is first shown."""
        await self._take(chat, Rank.ANSWER, patient=True)

    async def progress(self, chat: int, *, is_wanted: Callable[[], bool] = lambda: True) -> bool:
        """Wait, however long, for a turn that nobody would miss; False where it is not wanted any more.

        `is_wanted` is asked again whenever something changes in the chat, as by `tell`.
        """
        return await self._take(chat, Rank.PROGRESS, patient=True, is_wanted=is_wanted)

    def tell(self, chat: int) -> None:
        """Something has changed in a chat: whoever waits there looks again."""
        self._chat(chat).tell()

    async def take_now(self, chat: int) -> bool:
        """Take a turn for progress where there is one at this moment, and nobody waits."""
        found = self._chat(chat)
        return not found.waiting and await self._try(chat, found, Rank.PROGRESS) <= TICK

    def give_back(self, chat: int) -> None:
        """A turn was taken and not needed."""
        found = self._chat(chat)
        if not self._shared:
            self._over_all.give_back()
            found.budget.give_back()
        if self._book is not None:
            self._book.give_back(chat)
        found.tell()

    async def flooded(self, chat: int, seconds: float) -> None:
        """Telegram said so: nothing in this chat for so long; that is remembered beyond this process."""
        self.shut(chat, seconds)
        if self._book is None:
            return
        try:
            self._hear(await self._book.silence(chat, seconds))
        except DatabaseUnavailableError as error:
            _log.warning("a flood was not written down", chat=chat, reason=str(error))

    def shut(self, chat: int, seconds: float) -> bool:
        """Say nothing in this chat for so long. Tells whether everything pauses with it."""
        now = self._now()
        self._shut_until(chat, now + seconds + FLOOD_MARGIN)
        self._floods.append((now, chat, seconds))
        while self._floods[0][0] < now - FLOODED_WITHIN:
            self._floods.popleft()
        pause = pause_after((flooded, length) for _, flooded, length in self._floods)
        if pause is not None:
            self._shut_until(EVERYWHERE, now + pause)
        return pause is not None

    def shut_for(self, chat: int) -> float:
        """Seconds for which nothing may be said in this chat."""
        return max(0.0, self._chat(chat).budget.shut_until - self._now(), self._paused_until - self._now())

    async def _take(
        self, chat: int, rank: Rank, *, patient: bool, is_wanted: Callable[[], bool] = lambda: True
    ) -> bool:
        found = self._chat(chat)
        ticket = (rank, next(self._numbers))
        found.waiting.append(ticket)
        found.tell()
        try:
            while is_wanted():
                if not patient and (seconds := self.shut_for(chat)) > PATIENCE:
                    raise GatedError(seconds)
                changed = found.changed
                wait = await self._try(chat, found, rank) if min(found.waiting) == ticket else math.inf
                if wait <= TICK:
                    return True
                await _until(changed, wait)
            return False
        finally:
            found.waiting.remove(ticket)
            found.tell()

    async def _try(self, chat: int, found: _Chat, rank: Rank) -> float:
        """Take a turn where there is one; otherwise the seconds after which to look again."""
        if self._shared:
            return await self._ask(chat, rank)
        now = self._now()
        wait = max(found.budget.wait(rank, now), self._over_all.wait(now, rank), self._paused_until - now)
        if wait <= TICK:
            found.budget.take(now)
            self._over_all.take(now)
            if self._book is not None:
                self._book.took(chat)
        return wait

    async def _ask(self, chat: int, rank: Rank) -> float:
        """The same where every process asks: what cannot be asked for is waited for."""
        if self._book is None:
            raise RuntimeError("turns are asked for in a book")
        try:
            told = await self._book.ask(chat, rank)
        except DatabaseUnavailableError as error:
            _log.warning("nobody knows whether there is a turn; asking again", chat=chat, reason=str(error))
            return _AGAIN_SECONDS
        self._hear(told.silences)
        return told.wait

    def _hear(self, silences: Iterable[Silence]) -> None:
        """What is written down of silences counts here too."""
        if self._book is None:
            return
        moment, now = self._book.now(), self._now()
        for silence in silences:
            self._shut_until(silence.chat, now + (silence.until - moment).total_seconds())

    def _shut_until(self, chat: int, until: float) -> None:
        if chat == EVERYWHERE:
            if until > self._paused_until + TICK:
                self._paused_until = until
                for known in self._chats.values():
                    known.tell()
            return
        found = self._chat(chat)
        if until > found.budget.shut_until + TICK:
            found.budget.shut_until = until
            found.tell()

    def _chat(self, chat: int, taken: Iterable[float] = ()) -> _Chat:
        """The budget of a chat; those that nobody needs are forgotten, and begin full again.

        Whatever the last process may have said and not written down before it died was said in each of them.
        """
        found = self._chats.get(chat)
        if found is None:
            now = self._now()
            budget = Budget(now - WINDOW_SECONDS - WRITE_SECONDS, group=chat < 0)
            for at in sorted(at for at in (*taken, *self._anywhere) if at > now - WINDOW_SECONDS):
                budget.take(at)
            found = self._chats[chat] = _Chat(budget)
            if len(self._chats) > _CHATS_KEPT:
                self._forget_one()
        self._chats.move_to_end(chat)
        return found

    def _forget_one(self) -> None:
        now = self._now()
        for chat, known in self._chats.items():
            if not known.waiting and known.budget.shut_until <= now:
                del self._chats[chat]
                return

    def _now(self) -> float:
        return asyncio.get_running_loop().time()


async def _until(changed: asyncio.Event, seconds: float) -> None:
    """Wait for a change, and no longer than `seconds`."""
    try:
        async with asyncio.timeout(None if seconds == math.inf else seconds):
            await changed.wait()
    except TimeoutError:
        return
