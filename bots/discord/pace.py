"""How often Discord may be spoken to: buckets for progress in a channel and over all, in the event loop's time."""

import asyncio
from collections import OrderedDict
from collections.abc import Sequence
from typing import Final

from bots.discord.limits import (
    CHANNEL_A_SECOND,
    CHANNEL_CAPACITY,
    GLOBAL_A_SECOND,
    GLOBAL_CAPACITY,
    OLD_CHANNEL_A_SECOND,
    WRITTEN_A_SECOND,
    WRITTEN_CAPACITY,
)

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
        self._old: OrderedDict[int, Bucket] = OrderedDict()
        self._written: OrderedDict[int, Bucket] = OrderedDict()
        """What Discord itself counts in a channel: progress, films and pings together."""
        self._hushed: dict[int, float] = {}
        """Until when, by the loop's clock, a message is left alone."""
        self._all_hushed = 0.0

    async def quiet(self, message: int) -> None:
        """Wait until Discord may hear of this message again."""
        loop = asyncio.get_running_loop()
        until = max(self._hushed.get(message, 0.0), self._all_hushed)
        self._hushed = {id_: at for id_, at in self._hushed.items() if at > loop.time()}
        if until > loop.time():
            await asyncio.sleep(until - loop.time())

    def hush(self, message: int, seconds: float) -> None:
        """No progress of this message for so long."""
        self._hushed[message] = asyncio.get_running_loop().time() + seconds

    def hush_all(self, seconds: float) -> None:
        """No progress of any message for so long."""
        self._all_hushed = asyncio.get_running_loop().time() + seconds

    async def turn(self, channel: int, *, old: bool = False) -> None:
        """Wait until a progress edit fits in, and take its turn. `old`: of a message older than an hour."""
        buckets = [self._over_all, _bucket(self._channels, channel, CHANNEL_CAPACITY, CHANNEL_A_SECOND)]
        if old:
            buckets.append(_bucket(self._old, channel, 1, OLD_CHANNEL_A_SECOND))
        await _take(buckets)
        self._all_written(channel).take()

    async def ping(self, channel: int) -> None:
        """Wait until a ping fits in beside everything else: films go before it."""
        await _take([self._over_all, self._all_written(channel)])

    def took(self, channel: int) -> None:
        """Something that did not wait was sent by the bot's own token."""
        _bucket(self._channels, channel, CHANNEL_CAPACITY, CHANNEL_A_SECOND).take()
        self._all_written(channel).take()
        self._over_all.take()

    def shut(self, channel: int, seconds: float) -> None:
        """No progress in a channel for so long: Discord said so."""
        if seconds:
            _bucket(self._channels, channel, CHANNEL_CAPACITY, CHANNEL_A_SECOND).shut(seconds)

    def _all_written(self, channel: int) -> Bucket:
        return _bucket(self._written, channel, WRITTEN_CAPACITY, WRITTEN_A_SECOND)


def _bucket(buckets: OrderedDict[int, Bucket], channel: int, capacity: float, a_second: float) -> Bucket:
    """The bucket of a channel; those that nobody asks for are forgotten, and begin full again."""
    bucket = buckets.get(channel)
    if bucket is None:
        bucket = buckets[channel] = Bucket(capacity, a_second)
        if len(buckets) > _CHANNELS_KEPT:
            buckets.popitem(last=False)
    buckets.move_to_end(channel)
    return bucket


async def _take(buckets: Sequence[Bucket]) -> None:
    """A turn of each, once all of them have one."""
    while True:
        wait = max(bucket.wait_seconds() for bucket in buckets)
        if not wait:
            break
        await asyncio.sleep(wait)
    for bucket in buckets:
        bucket.take()
