"""What goes wrong on demand: answers that fail before or after the effect, cut lines, slow ones, wrong bodies."""

import json
import re
import socket
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from aiohttp import web

from tests.emulators.telegram.calls import Call

_NAMES = {
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    409: "Conflict",
    500: "Internal Server Error",
    502: "Bad Gateway",
    503: "Service Unavailable",
    504: "Gateway Timeout",
}


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
    location: str | None = None
    """Where whoever asks is sent instead."""
    times: int = 1
    skip: int = 0
    where: dict[str, Any] = field(default_factory=dict)

    @property
    def only_slow(self) -> bool:
        return self.status is None and self.body is None and not self.drop

    def fits(self, call: Call) -> bool:
        return (
            self.times > 0
            and self.pattern.fullmatch(call.method) is not None
            and all(str(call.params.get(name)) == str(value) for name, value in self.where.items())
        )


class Faults:
    """Those that are still to come."""

    def __init__(self) -> None:
        self._waiting: list[Fault] = []

    def add(self, fault: Fault) -> None:
        self._waiting.append(fault)

    def fail(
        self,
        method: str,
        status: int = 500,
        *,
        description: str | None = None,
        retry_after: int | None = None,
        after_effect: bool = False,
        seconds: float = 0.0,
        times: int = 1,
        skip: int = 0,
        **where: Any,
    ) -> None:
        """Answer the next requests that fit with an error, before or after they had their effect.

        `method` is a regular expression for the whole name, `file` a download; `where` are parameters that must be so.
        """
        body: dict[str, Any] = {"ok": False, "error_code": status, "description": description or _NAMES.get(status, "")}
        if retry_after is not None:
            body["description"] = f"Too Many Requests: retry after {retry_after}"
            body["parameters"] = {"retry_after": retry_after}
        fault = Fault(re.compile(method), after_effect, seconds, status=status, body=json.dumps(body).encode())
        self.add(replace(fault, times=times, skip=skip, where=where))

    def garble(
        self,
        method: str,
        body: bytes = b"<html>502 Bad Gateway</html>",
        *,
        status: int = 200,
        after_effect: bool = False,
        times: int = 1,
        skip: int = 0,
        **where: Any,
    ) -> None:
        """Answer with something that is no answer of the Bot API."""
        kind = "text/html" if body.startswith(b"<") else "application/json"
        fault = Fault(re.compile(method), after_effect, status=status, body=body, content_type=kind)
        self.add(replace(fault, times=times, skip=skip, where=where))

    def redirect(self, method: str, location: str, *, times: int = 1) -> None:
        """Send the next requests that fit elsewhere."""
        self.add(Fault(re.compile(method), status=302, location=location, times=times))

    def drop(
        self,
        method: str,
        *,
        after_effect: bool = False,
        seconds: float = 0.0,
        times: int = 1,
        skip: int = 0,
        **where: Any,
    ) -> None:
        """Cut the line instead of answering."""
        fault = Fault(re.compile(method), after_effect, seconds, drop=True, times=times, skip=skip, where=where)
        self.add(fault)

    def slow(
        self,
        method: str,
        seconds: float,
        *,
        after_effect: bool = False,
        times: int = 1,
        skip: int = 0,
        **where: Any,
    ) -> None:
        """Answer, but late: the effect comes late too, unless it comes first."""
        self.add(Fault(re.compile(method), after_effect, seconds, times=times, skip=skip, where=where))

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
