"""Rate limits as Discord counts them: by bucket, fifty a second over all, edits of old messages, and the last wall.

The sizes are what has been observed; Discord does not publish them and says so. Clients are to read the headers.
"""

import hashlib
from collections import deque
from dataclasses import dataclass
from typing import Any

from tests.emulators.discord.calls import Call, Right
from tests.virtual_time import now

GLOBAL_PER_SECOND = 50
INVALID_SECONDS = 600.0
MOST_INVALID = 10_000
OLD_SECONDS = 3600.0
"""Age from which edits of a message are counted apart."""


@dataclass(frozen=True)
class Size:
    """So many in so many seconds; a bucket's `name` is what its hash is made of."""

    name: str
    limit: int
    seconds: float


_MESSAGES = Size("channel messages", 5, 5.0)
_TOKEN = Size("webhook token", 5, 2.0)
_SIZES: dict[tuple[str, str], Size] = {
    # the same hash, counted apart: discord-api-docs#8073
    ("POST", "/channels/{channel_id}/messages"): _MESSAGES,
    ("PATCH", "/channels/{channel_id}/messages/{message_id}"): _MESSAGES,
    ("DELETE", "/channels/{channel_id}/messages/{message_id}"): Size("delete messages", 5, 1.0),
    ("PUT", "/channels/{channel_id}/messages/{message_id}/reactions/{emoji_name}/@me"): Size("reactions", 1, 0.25),
    ("DELETE", "/channels/{channel_id}/messages/{message_id}/reactions/{emoji_name}/@me"): Size("reactions", 1, 0.25),
    ("GET", "/channels/{channel_id}/messages"): Size("read messages", 5, 5.0),
}
_OLD_EDITS = Size("edits of old messages", 3, 6.0)
_OTHERS = Size("others", 10, 2.0)


@dataclass
class _Window:
    """From the first request on, until it is over."""

    ends: float
    left: int


@dataclass(frozen=True)
class RateLimited:
    """A 429: when, to which request, and why."""

    at: float
    call: Call
    scope: str
    retry_after: float
    code: int = 0


@dataclass(frozen=True)
class Verdict:
    """The headers that every answer bears, and the 429 where it is one."""

    headers: dict[str, str]
    refused: RateLimited | None = None

    @property
    def body(self) -> dict[str, Any]:
        assert self.refused is not None
        told: dict[str, Any] = {
            "message": "You are being rate limited.",
            "retry_after": round(self.refused.retry_after, 3),
            "global": self.refused.scope == "global",
        }
        if self.refused.code:
            told["code"] = self.refused.code
            told["message"] = "Maximum number of edits to messages older than 1 hour reached. Try again later"
        return told


class Buckets:
    """Counts the requests of one bot."""

    def __init__(self) -> None:
        self.refusals: list[RateLimited] = []
        self.banned = False
        self._windows: dict[tuple[str, ...], _Window] = {}
        self._second: deque[float] = deque()
        self._invalid: deque[float] = deque()

    def count(self, call: Call, at: float, *, age: float | None = None) -> Verdict:
        """Take a request in, or refuse it. `age` is that of the message it edits, in seconds."""
        self._forget(at)
        size = self._size(call)
        headers = {"X-RateLimit-Bucket": hashlib.md5(size.name.encode(), usedforsecurity=False).hexdigest()}
        if call.right is Right.BOT and len(self._second) >= GLOBAL_PER_SECOND:
            wait = self._second[0] + 1 - at
            headers = {"X-RateLimit-Global": "true", "X-RateLimit-Scope": "global"}
            return self._refuse(RateLimited(at, call, "global", wait), headers)
        window = self._window((*self._key(call), call.method), size, at)
        old = age is not None and age > OLD_SECONDS
        sub = self._window((*self._key(call), _OLD_EDITS.name), _OLD_EDITS, at) if old else None
        if window.left == 0 or (sub is not None and sub.left == 0):
            refused = (
                RateLimited(at, call, "user", window.ends - at)
                if window.left == 0 or sub is None
                else RateLimited(at, call, "user", sub.ends - at, 30046)
            )
            return self._refuse(refused, headers | _numbers(size, window, at) | {"X-RateLimit-Scope": "user"})
        window.left -= 1
        if sub is not None:
            sub.left -= 1
        if call.right is Right.BOT:
            self._second.append(at)
        return Verdict(headers | _numbers(size, window, at))

    def note_invalid(self, status: int, at: float) -> None:
        """401, 403 and 429 are counted; ten thousand within ten minutes, and Cloudflare answers instead."""
        if status in {401, 403, 429}:
            self._invalid.append(at)
        self._forget(at)
        self.banned = len(self._invalid) >= MOST_INVALID

    @property
    def invalid(self) -> int:
        """How many invalid requests the last ten minutes saw."""
        return len(self._invalid)

    def _refuse(self, refused: RateLimited, headers: dict[str, str]) -> Verdict:
        self.refusals.append(refused)
        told = {"Retry-After": str(max(1, round(refused.retry_after))), "Via": "1.1 google"}
        return Verdict(headers | told, refused)

    def _forget(self, at: float) -> None:
        for past, seconds in ((self._second, 1.0), (self._invalid, INVALID_SECONDS)):
            while past and past[0] <= at - seconds:
                past.popleft()

    def _window(self, key: tuple[str, ...], size: Size, at: float) -> _Window:
        window = self._windows.get(key)
        if window is None or window.ends <= at:
            window = self._windows[key] = _Window(at + size.seconds, size.limit)
        return window

    @staticmethod
    def _size(call: Call) -> Size:
        return _TOKEN if call.right is Right.INTERACTION else _SIZES.get((call.method, call.route), _OTHERS)

    @staticmethod
    def _key(call: Call) -> tuple[str, ...]:
        """What is counted together: by token, by channel, by guild; else by route."""
        params = call.params
        if call.right is Right.INTERACTION:
            return (call.route.split("/")[1], params.get("webhook_token") or params["interaction_token"])
        route = call.route
        if call.route.startswith("/channels/{channel_id}/messages"):
            route = Buckets._size(call).name
        return (route, params.get("channel_id", ""), params.get("guild_id", ""))


def _numbers(size: Size, window: _Window, at: float) -> dict[str, str]:
    return {
        "X-RateLimit-Limit": str(size.limit),
        "X-RateLimit-Remaining": str(window.left),
        "X-RateLimit-Reset": f"{now().timestamp() + window.ends - at:.3f}",
        "X-RateLimit-Reset-After": f"{max(0.0, window.ends - at):.3f}",
    }
