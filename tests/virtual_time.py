"""An event loop whose clock jumps to the next timer as soon as nothing else can happen: waiting costs no time.

Threads are waited for in real time (the database's and the executor's), and so is a server that was asked something,
so that no timer overtakes a write. So is the loopback: where both ends of a connection live on this loop, no timer
overtakes bytes that are on their way.
"""

import asyncio
import selectors
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from typing_extensions import override

BEGINNING = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
"""What the clock shows when a test begins."""
ON_THE_WIRE_SECONDS = 0.001
"""Real seconds that bytes have to get from one socket of this process to another."""
_DRIVERS = ("aiosqlite", "asyncpg.", "sqlalchemy.dialects.postgresql.asyncpg")
_FRAMES = 12
STUCK_SECONDS = 20.0
"""Real seconds after which a test that waits for nothing is told so."""


class VirtualTimeLoop(asyncio.SelectorEventLoop):
    """An ordinary loop, but for its clock."""

    def __init__(self) -> None:
        self.ahead = 0.0
        self.in_threads = 0
        super().__init__(_JumpingSelector(self))

    @override
    def time(self) -> float:
        return self.ahead

    @override
    def create_future(self) -> asyncio.Future[Any]:
        future = super().create_future()
        if _a_database_waits():
            self._count(future)
        return future

    @override
    def run_in_executor(  # type: ignore[override]
        self, executor: Any, func: Callable[..., Any], *args: Any
    ) -> asyncio.Future[Any]:
        # typeshed binds the arguments to the function, the standard library does not
        future = super().run_in_executor(executor, func, *args)
        self._count(future)
        return future

    def _count(self, future: asyncio.Future[Any]) -> None:
        self.in_threads += 1

        def over(_: asyncio.Future[Any]) -> None:
            self.in_threads -= 1

        future.add_done_callback(over)


def _a_database_waits() -> bool:
    """Whether whoever asks is a driver, or what a driver asked in its turn, such as the loop that connects it."""
    frame = sys._getframe(2)
    for _ in range(_FRAMES):
        if frame.f_globals["__name__"].startswith(_DRIVERS):
            return True
        if frame.f_back is None:
            return False
        frame = frame.f_back
    return False


class _JumpingSelector(selectors.DefaultSelector):
    """Looks at what is ready; where nothing is and no thread is at work, moves the clock instead of sleeping."""

    def __init__(self, loop: VirtualTimeLoop) -> None:
        super().__init__()
        self._loop = loop

    @property
    def _on_the_wire(self) -> float:
        """How long to look before the clock moves: not at all where only the loop's own pipe is open."""
        return ON_THE_WIRE_SECONDS if len(self.get_map()) > 1 else 0

    @override
    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is not None and timeout <= 0:
            return super().select(0)
        if timeout is None or self._loop.in_threads:
            ready = super().select(STUCK_SECONDS)
            if not ready:
                raise RuntimeError("nothing will ever happen in this test")
            return ready
        ready = super().select(0) or super().select(self._on_the_wire)
        if not ready:
            self._loop.ahead += timeout
        return ready


def now() -> datetime:
    """The time as the running loop has it."""
    return BEGINNING + timedelta(seconds=asyncio.get_running_loop().time())
