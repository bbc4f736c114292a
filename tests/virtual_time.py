"""An event loop whose clock jumps to the next timer as soon as nothing else can happen: waiting costs no time.

Threads are waited for in real time (the database's and the executor's), and so is a server that was asked something,
so that no timer overtakes a write. So is the loopback: where both ends of a connection live on this loop, no timer
overtakes bytes that are on their way. Where the kernel counts them (Linux does), a loop whose connections are quiet
does not wait at all.
"""

import asyncio
import selectors
import socket
import struct
import sys
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

from typing_extensions import override

BEGINNING = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
"""What the clock shows when a test begins."""
ON_THE_WIRE_SECONDS = 0.001
"""Real seconds of one look at the wire, while bytes are or may be on their way."""
LOOKS = 1000
"""So often at most bytes are looked for that were sent and have not arrived."""
_DRIVERS = (
    "core.db._sqlite",
    "aiosqlite",
    "asyncpg.",
    "sqlalchemy.dialects.sqlite.aiosqlite",
    "sqlalchemy.dialects.postgresql.asyncpg",
)
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
        self._wire = _Wire()

    @override
    def register(self, fileobj: Any, events: int, data: Any = None) -> selectors.SelectorKey:
        key = super().register(fileobj, events, data)
        self._wire.add(key.fd)
        return key

    @override
    def unregister(self, fileobj: Any) -> selectors.SelectorKey:
        key = super().unregister(fileobj)
        self._wire.drop(key.fd)
        return key

    @override
    def close(self) -> None:
        self._wire.clear()
        super().close()

    @override
    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is not None and timeout <= 0:
            return super().select(0)
        if timeout is None or self._loop.in_threads:
            ready = super().select(STUCK_SECONDS)
            if not ready:
                raise RuntimeError("nothing will ever happen in this test")
            return ready
        # The wire is always asked before the look: what lands between the two is then seen by the look.
        owed, looked = self._wire.looks_owed(), 0
        ready = super().select(0)
        while not ready and looked < owed:
            owed, looked = self._wire.looks_owed(), looked + 1
            ready = super().select(ON_THE_WIRE_SECONDS)
        if not ready:
            self._loop.ahead += timeout
        return ready


_TCP_INFO: int | None = getattr(socket, "TCP_INFO", None)
# Bytes received, not yet sent, sent, sent again: where they stand in Linux's `struct tcp_info` (linux/tcp.h, 4.19).
_COUNTERS = struct.Struct("=128xQ8xI52xQQ")


class _End:
    """One end of a connection; without a name where nothing is known of the other end."""

    def __init__(self, fd: int) -> None:
        self._socket: socket.socket | None = None
        self.name: object = None
        self.other: object = None
        self.is_door = False
        """Whether it only lets others in: that is done at once, and needs no look."""
        try:
            opened = socket.socket(fileno=fd)
        except OSError:
            return  # a pipe
        self._socket = opened
        if opened.type is socket.SOCK_STREAM and opened.family in {socket.AF_INET, socket.AF_INET6}:
            self.is_door = bool(opened.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN))
            with suppress(OSError):  # not connected yet, or no more
                self.name, self.other = opened.getsockname(), opened.getpeername()

    def count(self, info: int) -> tuple[int, int]:
        """How many bytes it was given to send, and how many have arrived at it."""
        assert self._socket
        told = self._socket.getsockopt(socket.IPPROTO_TCP, info, _COUNTERS.size)
        received, not_sent, sent, sent_again = _COUNTERS.unpack(told)
        return sent - sent_again + not_sent, received

    def let_go(self) -> None:
        """The socket is others', who close it."""
        if self._socket is not None:
            self._socket.detach()


class _Wire:
    """What a loop listens to, and whether bytes are under way from one of its sockets to another."""

    def __init__(self) -> None:
        self._ends: dict[int, _End] = {}

    def add(self, fd: int) -> None:
        """Know one more."""
        self._ends[fd] = _End(fd)

    def drop(self, fd: int) -> None:
        """It is listened to no more."""
        self._ends.pop(fd).let_go()

    def clear(self) -> None:
        """Nothing is."""
        while self._ends:
            self._ends.popitem()[1].let_go()

    def looks_owed(self) -> int:
        """How often to look before the clock moves: not at all where what was sent on this loop has arrived."""
        _, *ends = self._ends.values()  # the first is what wakes the loop: threads are waited for by their count
        ends = [end for end in ends if not end.is_door]
        if _TCP_INFO is None or any(end.name is None or end.other is None for end in ends):
            return min(len(ends), 1)
        counted = {(end.name, end.other): end.count(_TCP_INFO) for end in ends}
        if any(sent > counted.get((other, name), (0, sent))[1] for (name, other), (sent, _) in counted.items()):
            return LOOKS
        return int(any((other, name) not in counted for name, other in counted))


def now() -> datetime:
    """The time as the running loop has it; on an ordinary one that of this machine, which other processes share."""
    loop = asyncio.get_running_loop()
    return BEGINNING + timedelta(seconds=loop.time()) if isinstance(loop, VirtualTimeLoop) else datetime.now(UTC)
