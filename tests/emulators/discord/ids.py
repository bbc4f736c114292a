"""Snowflakes: numbers that carry the emulator's time and never come twice."""

from datetime import UTC, datetime, timedelta

from tests.virtual_time import now

EPOCH = datetime(2015, 1, 1, tzinfo=UTC)


class Snowflakes:
    """Hands out ids. Within a millisecond they count on, so that later is always larger."""

    def __init__(self) -> None:
        self._latest = 0

    def new(self) -> int:
        self._latest = max(self._latest + 1, (now() - EPOCH) // timedelta(milliseconds=1) << 22)
        return self._latest

    def new_for_guild(self) -> int:
        """One with a millisecond of its own: what is made at once is still spread over all shards."""
        self._latest = max(((self._latest >> 22) + 1) << 22, (now() - EPOCH) // timedelta(milliseconds=1) << 22)
        return self._latest


def made_at(snowflake: int) -> datetime:
    """The time inside."""
    return EPOCH + timedelta(milliseconds=snowflake >> 22)


def stamp(moment: datetime) -> str:
    """As timestamps are written."""
    return moment.isoformat(timespec="microseconds")
