"""What goes wrong on demand: answers that fail before or after the effect, cut lines, slow ones."""

import re
import socket
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

from aiohttp import web

from tests.emulators.discord.calls import Call


@dataclass
class Fault:
    """One fault, for the next `times` requests that fit."""

    method: str
    pattern: re.Pattern[str]
    status: int | None
    """What is answered; None: nothing, the line is cut."""
    after_effect: bool
    seconds: float
    """How long the answer keeps people waiting; with a fault that has no other say, that is all."""
    drop: bool
    times: int
    body: str = ""
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def only_slow(self) -> bool:
        return self.status is None and not self.drop

    def fits(self, call: Call) -> bool:
        return self.times > 0 and self.method in {call.method, "*"} and self.pattern.search(call.path) is not None


class Faults:
    """Those that are still to come."""

    def __init__(self) -> None:
        self._waiting: list[Fault] = []

    def add(self, fault: Fault) -> None:
        self._waiting.append(fault)

    def take(self, call: Call) -> Iterator[Fault]:
        """Those that this request meets: at most one of each kind, the earliest first."""
        kinds: set[bool] = set()
        for fault in self._waiting:
            if fault.fits(call) and fault.only_slow not in kinds:
                kinds.add(fault.only_slow)
                fault.times -= 1
                yield fault


def cut(request: web.Request) -> None:
    """Break the connection off as a dying server does."""
    if request.transport is not None:
        linger = struct.pack("ii", 1, 0)
        request.transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        request.transport.abort()
