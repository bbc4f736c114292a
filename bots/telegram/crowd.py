"""How many may wait at once for what takes its time, and what is asked for again within a short while; in memory."""

import asyncio
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

_ANSWERS_OF_ONE: Final = 4
_ANSWERS_IN_CHAT: Final = 40
"""In a group that is under three minutes of all that may be said there: nobody waits for longer."""
_TALK_OF_ONE: Final = 3
_TALK_IN_CHAT: Final = 10
"""In a group so many answers take forty seconds."""
_PRESSES_OF_ONE: Final = 8
_PRESSES_IN_CHAT: Final = 256
_OVER_ALL: Final = 2000


class Crowd:
    """Whoever waits for one kind of thing. In a private chat only the chat counts: there is one person in it."""

    def __init__(self, *, of_one: int, in_chat: int, over_all: int = _OVER_ALL) -> None:
        self._of_one = of_one
        self._in_chat = in_chat
        self._over_all = over_all
        self._people: Counter[tuple[int, int]] = Counter()
        self._chats: Counter[int] = Counter()
        self._all = 0

    def has_room(self, chat: int, person: int) -> bool:
        """Whether one more of this person in this chat may wait."""
        alone = chat > 0 or self._people[chat, person] < self._of_one
        return alone and self._chats[chat] < self._in_chat and self._all < self._over_all

    @contextmanager
    def joined(self, chat: int, person: int) -> Iterator[None]:
        """One more waits, until the block ends."""
        self._count(chat, person, 1)
        try:
            yield
        finally:
            self._count(chat, person, -1)

    def _count(self, chat: int, person: int, more: int) -> None:
        self._all += more
        self._chats[chat] += more
        self._people[chat, person] += more
        if not self._chats[chat]:
            del self._chats[chat]
        if not self._people[chat, person]:
            del self._people[chat, person]


def of_answers() -> Crowd:
    """All that is said to people besides the status of jobs: what goes beyond is not said."""
    return Crowd(of_one=_ANSWERS_OF_ONE, in_chat=_ANSWERS_IN_CHAT)


def of_talk() -> Crowd:
    """What only comes to an answer in the chat, and can be asked for again as well: that is begun only for so many."""
    return Crowd(of_one=_TALK_OF_ONE, in_chat=_TALK_IN_CHAT)


def of_presses() -> Crowd:
    """Presses that were not seen to to their end yet."""
    return Crowd(of_one=_PRESSES_OF_ONE, in_chat=_PRESSES_IN_CHAT)


class Once:
    """What one person asked for in a chat within the latest so many seconds."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._latest: dict[tuple[int, int, str], tuple[float, int]] = {}

    def is_again(self, chat: int, person: int, what: str, update: int) -> bool:
        """Whether they ask for it once more; an update that is told again is the same request."""
        now = asyncio.get_running_loop().time()
        self._latest = {key: known for key, known in self._latest.items() if now - known[0] < self._seconds}
        _, first = self._latest.setdefault((chat, person, what), (now, update))
        return first != update

    def forget(self, chat: int, person: int) -> None:
        """They did something since: whatever they ask for now may have another answer."""
        self._latest = {key: known for key, known in self._latest.items() if key[:2] != (chat, person)}
