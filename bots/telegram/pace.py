"""How often Telegram may be spoken to: one flood budget a chat for edits and sends alike, in the event loop's time."""

import asyncio
import itertools
import math
from collections import OrderedDict, deque
from enum import IntEnum
from typing import Final

from bots.telegram.limits import (
    ALL_A_SECOND,
    ALL_KEPT,
    ALL_SECONDS,
    BURST,
    BURST_KEPT,
    BURST_SECONDS,
    FLOOD_MARGIN,
    FLOODED_CHATS,
    FLOODED_WITHIN,
    GROUP_A_MINUTE,
    GROUP_A_SECOND,
    GROUP_CAPACITY,
    GROUP_KEPT,
    GROUP_RESERVE,
    LONGEST_PAUSE,
    PATIENCE,
    PRIVATE_A_SECOND,
    PRIVATE_CAPACITY,
    PRIVATE_RESERVE,
    WINDOW_SECONDS,
)

_CHATS_KEPT: Final = 10_000
_TICK: Final = 0.001


class GatedError(Exception):
    """Telegram wants to hear nothing in this chat, for longer than whoever asks can wait."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"the chat is closed for {seconds:.0f} s")
        self.seconds = seconds


class Rank(IntEnum):
    """Who goes first where several wait."""

    FINAL = 0
    ANSWER = 1
    PING = 2
    PROGRESS = 3


class Window:
    """No more than `most` within `seconds`, wherever one begins to count; the last `kept` of them are for finals."""

    __slots__ = ("_times", "kept", "most", "seconds")

    def __init__(self, most: int, seconds: float, *, kept: int) -> None:
        self.most = most
        self.seconds = seconds
        self.kept = kept
        self._times: deque[float] = deque()

    def wait(self, now: float, rank: "Rank") -> float:
        """Seconds until one more fits."""
        while self._times and self._times[0] <= now - self.seconds:
            self._times.popleft()
        over = len(self._times) + 1 + (0 if rank is Rank.FINAL else self.kept) - self.most
        return 0.0 if over <= 0 else self._times[over - 1] + self.seconds - now

    def take(self, now: float, times: int = 1) -> None:
        """One more, or several."""
        self._times.extend([now] * times)

    def give_back(self) -> None:
        """The latest was not needed."""
        if self._times:
            self._times.pop()


class _Chat:
    """The budget of one chat, and who waits for it."""

    def __init__(self, now: float, *, group: bool, spent: int = 0, spent_at: float = 0.0) -> None:
        self.windows = [Window(BURST, BURST_SECONDS, kept=BURST_KEPT)]
        if group:
            minute = Window(GROUP_A_MINUTE, WINDOW_SECONDS, kept=GROUP_KEPT)
            minute.take(spent_at, spent)
            self.windows.append(minute)
        self.capacity, self.a_second, self.reserve = (
            (GROUP_CAPACITY, GROUP_A_SECOND, GROUP_RESERVE)
            if group
            else (PRIVATE_CAPACITY, PRIVATE_A_SECOND, PRIVATE_RESERVE)
        )
        self.level = self.capacity
        self.filled_at = now
        self.shut_until = -math.inf
        self.waiting: list[tuple[Rank, int]] = []
        self.changed = asyncio.Event()

    def wait(self, rank: Rank, now: float) -> float:
        """Seconds until whoever is first in line may send, as far as this chat is concerned."""
        self._fill(now)
        waits = [self.shut_until - now, *(window.wait(now, rank) for window in self.windows)]
        if rank is not Rank.FINAL:
            needed = 1 + (self.reserve if rank is Rank.PROGRESS else 0)
            waits.append((needed - self.level) / self.a_second)
        return max(waits)

    def take(self, now: float) -> None:
        """Finals take what is not there yet: everything else waits until that is made up for."""
        self._fill(now)
        self.level -= 1
        for window in self.windows:
            window.take(now)

    def give_back(self) -> None:
        self.level = min(self.capacity, self.level + 1)
        for window in self.windows:
            window.give_back()

    def tell(self) -> None:
        """Something has changed: whoever waits looks again."""
        self.changed.set()
        self.changed = asyncio.Event()

    def _fill(self, now: float) -> None:
        self.level = min(self.capacity, self.level + (now - self.filled_at) * self.a_second)
        self.filled_at = now


class Pace:
    """All budgets of one bot in this process. Answers to button presses are free and do not come by here."""

    def __init__(self) -> None:
        self._chats: OrderedDict[int, _Chat] = OrderedDict()
        self._over_all = Window(ALL_A_SECOND, ALL_SECONDS, kept=ALL_KEPT)
        self._paused_until = -math.inf
        self._floods: deque[tuple[float, int, float]] = deque()
        self._numbers = itertools.count()
        self._spent, self._spent_at = 0, -math.inf

    def begin(self, spent: int) -> None:
        """Before the first turn: take it that an earlier process has just had so many of each group's minute."""
        self._spent, self._spent_at = spent, self._now()

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

    async def progress(self, chat: int) -> None:
        """Wait, however long, for a turn that nobody would miss."""
        await self._take(chat, Rank.PROGRESS, patient=True)

    def take_now(self, chat: int) -> bool:
        """Take a turn for progress where there is one at this moment, and nobody waits."""
        found = self._chat(chat)
        if found.waiting or self._wait(found, Rank.PROGRESS) > _TICK:
            return False
        found.take(self._now())
        self._over_all.take(self._now())
        return True

    def give_back(self, chat: int) -> None:
        """A turn was taken and not needed."""
        self._over_all.give_back()
        found = self._chat(chat)
        found.give_back()
        found.tell()

    def shut(self, chat: int, seconds: float) -> bool:
        """Telegram said so: nothing in this chat for so long. Tells whether everything pauses with it."""
        now = self._now()
        found = self._chat(chat)
        found.shut_until = max(found.shut_until, now + seconds + FLOOD_MARGIN)
        self._floods.append((now, chat, seconds))
        while self._floods[0][0] < now - FLOODED_WITHIN:
            self._floods.popleft()
        every = len({flooded for _, flooded, _ in self._floods}) >= FLOODED_CHATS
        if every:
            shortest = min(length for *_, length in self._floods)
            self._paused_until = max(self._paused_until, now + min(shortest, LONGEST_PAUSE) + FLOOD_MARGIN)
        for known in self._chats.values() if every else [found]:
            known.tell()
        return every

    def shut_for(self, chat: int) -> float:
        """Seconds for which nothing may be said in this chat."""
        return max(0.0, self._chat(chat).shut_until - self._now(), self._paused_until - self._now())

    async def _take(self, chat: int, rank: Rank, *, patient: bool) -> None:
        found = self._chat(chat)
        ticket = (rank, next(self._numbers))
        found.waiting.append(ticket)
        found.tell()
        try:
            while True:
                if not patient and (seconds := self.shut_for(chat)) > PATIENCE:
                    raise GatedError(seconds)
                changed = found.changed
                wait = self._wait(found, rank) if min(found.waiting) == ticket else math.inf
                if wait <= _TICK:
                    found.take(self._now())
                    self._over_all.take(self._now())
                    return
                await _until(changed, wait)
        finally:
            found.waiting.remove(ticket)
            found.tell()

    def _wait(self, found: _Chat, rank: Rank) -> float:
        now = self._now()
        return max(found.wait(rank, now), self._over_all.wait(now, rank), self._paused_until - now)

    def _chat(self, chat: int) -> _Chat:
        """The budget of a chat; those that nobody needs are forgotten, and begin full again."""
        found = self._chats.get(chat)
        if found is None:
            found = _Chat(self._now(), group=chat < 0, spent=self._spent, spent_at=self._spent_at)
            self._chats[chat] = found
            if len(self._chats) > _CHATS_KEPT:
                self._forget_one()
        self._chats.move_to_end(chat)
        return found

    def _forget_one(self) -> None:
        now = self._now()
        for chat, known in self._chats.items():
            if not known.waiting and known.shut_until <= now:
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
