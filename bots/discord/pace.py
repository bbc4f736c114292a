"""How often Discord may be spoken to: buckets for progress in a channel and over all, in the event loop's time."""

import asyncio
from collections import OrderedDict
from typing import Final

from bots.discord.limits import CHANNEL_A_SECOND, CHANNEL_CAPACITY, GLOBAL_A_SECOND, GLOBAL_CAPACITY

_CHANNELS_KEPT: Final = 10_000
_TICK: Final = 0.001


class Bucket:
    """Holds up to `capacity` turns and gains `a_second` of them; what is taken ahead is paid off first."""

    __slots__ = ("_at", "_level", "a_second", "capacity")

    def __init__(self, capacity: float, a_second: float) -> None:
        self.capacity = capacity
        self.a_second = a_second
        self._level = capacity
        self._at = asyncio.get_running_loop().time()

    def wait_seconds(self) -> float:
        """How long until there is a turn; 0 where there is one now, or will be sooner than a clock can tell."""
        self._fill()
        wait = (1 - self._level) / self.a_second
        return wait if wait > _TICK else 0.0

    def take(self) -> None:
        """Take one, also where there is none left: what must not wait does not wait, and progress waits for it."""
        self._fill()
        self._level -= 1

    def shut(self, seconds: float) -> None:
        """No turn for so long: Discord said so."""
        self._fill()
        self._level = min(self._level, 1 - seconds * self.a_second)

    def _fill(self) -> None:
        now = asyncio.get_running_loop().time()
        self._level = min(self.capacity, self._level + (now - self._at) * self.a_second)
        self._at = now


class Pace:
    """All buckets of one process."""

    def __init__(self) -> None:
        self._over_all = Bucket(GLOBAL_CAPACITY, GLOBAL_A_SECOND)
        self._channels: OrderedDict[int, Bucket] = OrderedDict()

    def channel(self, channel_id: int) -> Bucket:
        """The bucket of a channel; those that nobody asks for are forgotten, and begin full again."""
        bucket = self._channels.get(channel_id)
        if bucket is None:
            bucket = self._channels[channel_id] = Bucket(CHANNEL_CAPACITY, CHANNEL_A_SECOND)
            if len(self._channels) > _CHANNELS_KEPT:
                self._channels.popitem(last=False)
        self._channels.move_to_end(channel_id)
        return bucket

    async def turn(self, channel_id: int) -> None:
        """Wait until a progress edit fits in, and take its turn."""
        bucket = self.channel(channel_id)
        while True:
            wait = max(bucket.wait_seconds(), self._over_all.wait_seconds())
            if not wait:
                break
            await asyncio.sleep(wait)
        bucket.take()
        self._over_all.take()

    def took(self, channel_id: int) -> None:
        """Something that did not wait was sent by the bot's own token."""
        self.channel(channel_id).take()
        self._over_all.take()
