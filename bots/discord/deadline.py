"""The last moment at which a request may leave: discord.py repeats what failed by itself, and knows no such moment."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime
from types import SimpleNamespace
from typing import Final

import aiohttp

from bots.discord.faults import FaultError, Means
from core.errors import DeliveryReason

_LATEST: Final[ContextVar[datetime | None]] = ContextVar("latest", default=None)


@contextmanager
def leaving_before(latest: datetime) -> Iterator[None]:
    """No request of this task leaves from then on: the one that would raises `FaultError`. One under way may end."""
    reset = _LATEST.set(latest)
    try:
        yield
    finally:
        _LATEST.reset(reset)


def watch(now: Callable[[], datetime]) -> aiohttp.TraceConfig:
    """What a client's session is given, so that it keeps to `leaving_before`."""

    async def about_to_leave(
        _session: aiohttp.ClientSession, _context: SimpleNamespace, _request: aiohttp.TraceRequestStartParams
    ) -> None:
        latest = _LATEST.get()
        if latest is not None and now() >= latest:
            raise FaultError(Means.CLOSED, DeliveryReason.CHAT_UNREACHABLE, "its token is not used any more")

    trace = aiohttp.TraceConfig()
    trace.on_request_start.append(about_to_leave)
    return trace
