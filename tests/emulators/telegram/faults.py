"""What goes wrong on demand: answers that fail before or after the effect, cut lines, slow ones, wrong bodies."""

import re
import socket
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from tests.emulators.telegram.calls import Call


@dataclass
class Fault:
    """One fault, for the next `times` requests that fit after `skip` that did."""

    pattern: re.Pattern[str]
    """The method, whole."""
    after_effect: bool = False
    seconds: float = 0.0
    """How long the answer keeps people waiting; with a fault that has no other say, that is all."""
    drop: bool = False
    status: int | None = None
    body: bytes | None = None
    content_type: str = "application/json"
    times: int = 1
    skip: int = 0
    chat_id: int | None = None
    where: dict[str, Any] = field(default_factory=dict)

    @property
    def only_slow(self) -> bool:
        return self.status is None and self.body is None and not self.drop

    def fits(self, call: Call) -> bool:
        return (
            self.times > 0
            and self.pattern.fullmatch(call.method) is not None
            and self.chat_id in {None, call.chat_id}
            and all(str(call.params.get(name)) == str(value) for name, value in self.where.items())
        )


class Faults:
    """Those that are still to come."""

    def __init__(self) -> None:
        self._waiting: list[Fault] = []

    def add(self, fault: Fault) -> None:
        self._waiting.append(fault)

    def clear(self) -> None:
        """All is well again."""
        self._waiting.clear()

    def take(self, call: Call) -> Iterator[Fault]:
        """Those that this request meets: at most one of each kind, the earliest first."""
        kinds: set[bool] = set()
        for fault in self._waiting:
            if fault.fits(call) and fault.only_slow not in kinds:
                if fault.skip:
                    fault.skip -= 1
                    continue
                kinds.add(fault.only_slow)
                fault.times -= 1
                yield fault


def cut(request: web.Request) -> None:
    """Break the connection off as a dying server does."""
    if request.transport is not None:
        linger = struct.pack("ii", 1, 0)
        request.transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        request.transport.abort()
