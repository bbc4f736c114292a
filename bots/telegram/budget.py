"""The rules of one flood budget: how long to wait for the next turn after those that were taken; nothing here waits."""

import math
from collections import deque
from collections.abc import Iterable
from enum import IntEnum

from bots.telegram.limits import (
    BURST,
    BURST_KEPT,
    BURST_SECONDS,
    FLOOD_MARGIN,
    FLOODED_CHATS,
    GROUP_A_MINUTE,
    GROUP_A_SECOND,
    GROUP_CAPACITY,
    GROUP_KEPT,
    GROUP_RESERVE,
    LONGEST_PAUSE,
    PRIVATE_A_SECOND,
    PRIVATE_CAPACITY,
    PRIVATE_RESERVE,
    WINDOW_SECONDS,
)


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

    def wait(self, now: float, rank: Rank) -> float:
        """Seconds until one more fits."""
        while self._times and self._times[0] <= now - self.seconds:
            self._times.popleft()
        over = len(self._times) + 1 + (0 if rank is Rank.FINAL else self.kept) - self.most
        return 0.0 if over <= 0 else self._times[over - 1] + self.seconds - now

    def take(self, now: float) -> None:
        """One more."""
        self._times.append(now)

    def give_back(self) -> None:
        """The latest was not needed."""
        if self._times:
            self._times.pop()


class Budget:
    """The budget of one chat. Times are seconds of any clock, the same throughout; it begins full."""

    def __init__(self, now: float, *, group: bool) -> None:
        self.windows = [Window(BURST, BURST_SECONDS, kept=BURST_KEPT)]
        if group:
            self.windows.append(Window(GROUP_A_MINUTE, WINDOW_SECONDS, kept=GROUP_KEPT))
        self.capacity, self.a_second, self.reserve = (
            (GROUP_CAPACITY, GROUP_A_SECOND, GROUP_RESERVE)
            if group
            else (PRIVATE_CAPACITY, PRIVATE_A_SECOND, PRIVATE_RESERVE)
        )
        self.level = self.capacity
        self.filled_at = now
        self.shut_until = -math.inf

    def wait(self, rank: Rank, now: float) -> float:
        """Seconds until one of this rank may send, as far as this chat is concerned."""
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
        """The latest turn was not needed."""
        self.level = min(self.capacity, self.level + 1)
        for window in self.windows:
            window.give_back()

    def _fill(self, now: float) -> None:
        self.level = min(self.capacity, self.level + (now - self.filled_at) * self.a_second)
        self.filled_at = now


def pause_after(floods: Iterable[tuple[int, float]]) -> float | None:
    """Seconds for which everything pauses after these floods of a few seconds: chats, and how long each is closed.

    None where they are each their chat's own affair.
    """
    lengths: dict[int, float] = {}
    for chat, seconds in floods:
        lengths[chat] = min(seconds, lengths.get(chat, math.inf))
    if len(lengths) < FLOODED_CHATS:
        return None
    return min(*lengths.values(), LONGEST_PAUSE) + FLOOD_MARGIN
