"""How long to wait for what: the first byte, silence, no news, the whole; one clock a stream."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from core.catalogue import ProviderEntry
from core.dialects.reader import StreamReader
from core.errors import ErrorKind, ProviderError

GRACE_SECONDS: Final = 2.0
"""After `[DONE]`: long enough for what a relay still holds back, short enough not to keep anyone waiting."""


class Patience:
    """Deadlines of one stream, in the event loop's time. Comments break the silence, but they are no news."""

    def __init__(self, entry: ProviderEntry, reader: StreamReader) -> None:
        self._entry = entry
        self._reader = reader
        self._now = asyncio.get_running_loop().time
        self._started = self._asked = self._told = self._now()
        self._news = reader.news
        self._heard = False
        self._done: float | None = None

    def asked(self) -> None:
        """The request goes out (again): the wait for the first byte begins."""
        self._asked = self._told = self._now()

    def heard(self) -> None:
        """Bytes came, and the reader has taken them."""
        self._heard = True
        if self._reader.news != self._news:
            self._news = self._reader.news
            self._told = self._now()
        if self._reader.done_seen and self._done is None:
            self._done = self._now()

    @property
    def satisfied(self) -> bool:
        """Whether the upstream said that this is all; what may still come is waited for, but not missed."""
        return self._done is not None

    @asynccontextmanager
    async def limit(self) -> AsyncIterator[None]:
        """Bound one wait for bytes by whichever clock ends first. Raises `ProviderError(TIMEOUT)`."""
        deadline, reason = min(self._deadlines())
        try:
            async with asyncio.timeout_at(deadline):
                yield
        except TimeoutError as error:
            raise ProviderError(ErrorKind.TIMEOUT, reason) from error

    def _deadlines(self) -> list[tuple[float, str]]:
        entry = self._entry
        deadlines = [(self._started + entry.total_seconds, f"not over after {entry.total_seconds:g} s")]
        if self._done is not None:
            deadlines.append((self._done + min(GRACE_SECONDS, entry.idle_seconds), "no end after [DONE]"))
        elif self._heard:
            deadlines.append((self._now() + entry.idle_seconds, f"not a byte for {entry.idle_seconds:g} s"))
            deadlines.append((self._told + entry.quiet_seconds, f"no news for {entry.quiet_seconds:g} s"))
        else:
            deadlines.append((self._asked + entry.first_byte_seconds, f"no answer for {entry.first_byte_seconds:g} s"))
        return deadlines
