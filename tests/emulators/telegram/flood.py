"""Flood control as Telegram counts it: sends and edits of a chat together, and a penalty that grows if ignored.

Numbers: core.telegram.org/bots/faq (one a second in a chat with short bursts, twenty a minute in a group, thirty a
second over all); edits share with sends (levlam, tdlib#3034); growth of the penalty by what bots have met.
"""

import math
from collections import deque
from dataclasses import dataclass, field

from tests.emulators.telegram.calls import Call
from tests.emulators.telegram.errors import too_many

GROUP_PER_MINUTE = 20
PRIVATE_PER_SECOND = 1.0
PRIVATE_BURST = 5
ALL_PER_SECOND = 30
SPACED_BYTES = 100_000
SPACED_SECONDS = 0.5
MOST_SPACED_SECONDS = 5.0
"""Files of one size above so many bytes are taken so far apart; with more than that ahead they are refused.

Of the official server (0.2 to 0.9 s apart, by how many there were)."""
SPACED_PENALTY_SECONDS = 60
LONGEST_PENALTY_SECONDS = 3 * 3600
"""What an ignored penalty grows to."""


@dataclass(frozen=True)
class Flooded:
    """A 429: when, for which chat (None: over all), to which request, how long to wait, how often it had grown."""

    second: float
    chat_id: int | None
    call: Call
    retry_after: int
    escalation: int


@dataclass
class _Penalty:
    until: float
    length: float
    escalation: int = 0


@dataclass
class _Counted:
    """What one chat has had."""

    group: bool
    times: deque[float] = field(default_factory=deque)
    tokens: float = PRIVATE_BURST
    at: float = 0.0

    def wait(self, at: float) -> float:
        """Seconds until one more fits; 0 where it does."""
        if self.group:
            while self.times and self.times[0] <= at - 60:
                self.times.popleft()
            return self.times[0] + 60 - at if len(self.times) >= GROUP_PER_MINUTE else 0.0
        self.tokens = min(PRIVATE_BURST, self.tokens + (at - self.at) * PRIVATE_PER_SECOND)
        self.at = at
        # a hair's breadth for sums of fractions
        return 0.0 if self.tokens >= 1 - 1e-6 else (1 - self.tokens) / PRIVATE_PER_SECOND

    def take(self, at: float) -> None:
        self.times.append(at)
        self.tokens -= 1


class FloodControl:
    """Counts one bot's sends and edits."""

    def __init__(self) -> None:
        self.refusals: list[Flooded] = []
        self.enforced = True
        self._chats: dict[int, _Counted] = {}
        self._all: deque[float] = deque()
        self._penalties: dict[int | None, _Penalty] = {}
        self._sizes: dict[int, float] = {}
        self._armed: dict[int | None, int] = {}

    def count(self, call: Call, chat_id: int, at: float, *, group: bool) -> None:
        """Take a send or an edit in.

        Raises TelegramError 429 where it is too many; asked again before the time, the penalty doubles.
        """
        if not self.enforced:
            return
        for key in (None, chat_id):
            penalty = self._penalties.get(key)
            if penalty is not None and at < penalty.until:
                penalty.length = min(penalty.length * 2, LONGEST_PENALTY_SECONDS)
                penalty.until = max(penalty.until, at + penalty.length)
                penalty.escalation += 1
                self._refuse(call, key, penalty, at)
        for key in (None, chat_id):
            if (length := self._armed.pop(key, None)) is not None:
                self._begin(call, key, length, at)
        counted = self._chats.setdefault(chat_id, _Counted(group, at=at))
        while self._all and self._all[0] <= at - 1:
            self._all.popleft()
        for key, wait in (
            (None, self._all[0] + 1 - at if len(self._all) >= ALL_PER_SECOND else 0.0),
            (chat_id, counted.wait(at)),
        ):
            if wait > 0:
                self._begin(call, key, math.ceil(wait), at)
        self._penalties.pop(chat_id, None)
        self._all.append(at)
        counted.take(at)

    def upload(self, call: Call, size: int, at: float) -> float:
        """Seconds that a file has to wait because another of its very size has just come.

        Raises TelegramError 429 where too many do.
        """
        if size <= SPACED_BYTES or not self.enforced:
            return 0.0
        free = max(self._sizes.get(size, at), at)
        if free - at > MOST_SPACED_SECONDS:
            self.refusals.append(Flooded(at, None, call, SPACED_PENALTY_SECONDS, 0))
            raise too_many(SPACED_PENALTY_SECONDS)
        self._sizes[size] = free + SPACED_SECONDS
        return free - at

    def arm(self, chat_id: int | None, length: int) -> None:
        """Begin a penalty of so many seconds at the next send or edit of a chat (None: of any)."""
        self._armed[chat_id] = length

    def penalty(self, chat_id: int | None, at: float) -> float:
        """Seconds of penalty that are left."""
        found = self._penalties.get(chat_id)
        return 0.0 if found is None else max(0.0, found.until - at)

    def _begin(self, call: Call, key: int | None, length: int, at: float) -> None:
        self._penalties[key] = penalty = _Penalty(at + length, length)
        self._refuse(call, key, penalty, at)

    def _refuse(self, call: Call, key: int | None, penalty: _Penalty, at: float) -> None:
        retry_after = max(1, math.ceil(penalty.until - at))
        self.refusals.append(Flooded(at, key, call, retry_after, penalty.escalation))
        raise too_many(retry_after)
