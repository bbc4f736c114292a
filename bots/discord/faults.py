"""The border to discord.py: what its exceptions mean for one way of showing something."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from enum import Enum, auto
from typing import Final

import aiohttp
import discord

from core.errors import DeliveryReason


class Means(Enum):
    """What a refusal or a failure leaves open."""

    CLOSED = auto()
    """This way leads nowhere now; another may."""
    TOO_LARGE = auto()
    ANSWERED = auto()
    """It was acknowledged before: what was to be reached is reached."""
    WORDS_REFUSED = auto()
    """Discord will not have the person's own words there."""
    TOKEN_DEAD = auto()
    """The token that was used opens nothing any more."""
    LATER = auto()
    """Nobody knows whether it arrived, or it would not now: the same may work later."""


class FaultError(Exception):
    """Something could not be shown by one way. Discord's own words are for the log."""

    def __init__(
        self, means: Means, reason: DeliveryReason, words: str, seconds: float = 0, *, everywhere: bool = False
    ) -> None:
        super().__init__(words)
        self.means = means
        self.reason = reason
        self.seconds = seconds
        """For how long Discord wants to hear nothing."""
        self.everywhere = everywhere
        """Whether it wants to hear nothing at all from us, not only nothing more of this."""


# Discord's JSON error codes (Opcodes and status codes, JSON): what is not here is judged by its HTTP status.
_CODES: Final = {
    10003: (Means.CLOSED, DeliveryReason.CHAT_GONE),  # unknown channel
    10004: (Means.CLOSED, DeliveryReason.CHAT_GONE),  # unknown guild
    10008: (Means.CLOSED, DeliveryReason.CHAT_GONE),  # unknown message
    10013: (Means.CLOSED, DeliveryReason.CHAT_GONE),  # unknown user
    10015: (Means.TOKEN_DEAD, DeliveryReason.CHAT_GONE),  # unknown webhook: the interaction is gone
    10062: (Means.CLOSED, DeliveryReason.CHAT_GONE),  # unknown interaction
    40060: (Means.ANSWERED, DeliveryReason.CHAT_UNREACHABLE),  # acknowledged already
    40005: (Means.TOO_LARGE, DeliveryReason.TOO_LARGE_FOR_CHAT),
    50001: (Means.CLOSED, DeliveryReason.NOT_PERMITTED),  # missing access
    50007: (Means.CLOSED, DeliveryReason.NOT_PERMITTED),  # direct messages are closed
    50013: (Means.CLOSED, DeliveryReason.NOT_PERMITTED),  # missing permissions
    50027: (Means.TOKEN_DEAD, DeliveryReason.CHAT_GONE),  # the interaction's token is dead
    50083: (Means.CLOSED, DeliveryReason.NOT_PERMITTED),  # the thread is archived
    50278: (Means.CLOSED, DeliveryReason.NOT_PERMITTED),  # no server in common
    160002: (Means.CLOSED, DeliveryReason.NOT_PERMITTED),  # no reply without reading the channel's history
    200000: (Means.WORDS_REFUSED, DeliveryReason.NOT_PERMITTED),  # AutoMod
    200001: (Means.WORDS_REFUSED, DeliveryReason.NOT_PERMITTED),
}
OLD_MESSAGE_LIMIT: Final = 30046
"""Too many edits of messages older than an hour."""
OLD_MESSAGE_PAUSE: Final = 60.0
UNSAID_PAUSE: Final = 5.0
"""Seconds, where a 429 names none: as long as Discord's usual bucket takes to fill."""
_SECONDS: Final = re.compile(r"\d{1,5}(?:\.\d+)?")
_LATER: Final = (Means.LATER, DeliveryReason.CHAT_UNREACHABLE)


@contextmanager
def faults_become_ours() -> Iterator[None]:
    """Raise `FaultError` for whatever discord.py and its sockets raise inside."""
    try:
        yield
    except discord.HTTPException as error:
        means, reason = _CODES.get(error.code) or _by_status(error.status)
        said = f"HTTP {error.status}, code {error.code}"
        raise FaultError(means, reason, said, _pause_of(error), everywhere=_is_for_all(error)) from error
    except discord.RateLimited as error:
        raise FaultError(*_LATER, type(error).__name__, error.retry_after) from error
    except (aiohttp.ClientError, TimeoutError, OSError) as error:
        raise FaultError(*_LATER, type(error).__name__) from error


def _by_status(status: int) -> tuple[Means, DeliveryReason]:
    if status == 413:
        return Means.TOO_LARGE, DeliveryReason.TOO_LARGE_FOR_CHAT
    if status == 401:  # an interaction's token is dead; the bot's own may come back, when its host mends it
        return Means.TOKEN_DEAD, DeliveryReason.CHAT_UNREACHABLE
    if status == 403:
        return Means.CLOSED, DeliveryReason.NOT_PERMITTED
    if status == 404:
        return Means.CLOSED, DeliveryReason.CHAT_GONE
    if 400 <= status < 500 and status not in {408, 429}:
        return Means.CLOSED, DeliveryReason.NOT_PERMITTED  # it will not be taken in this form, however often
    return _LATER


def _pause_of(error: discord.HTTPException) -> float:
    """Seconds for which a 429 wants to hear nothing; 0 for everything else, and where it does not say."""
    if error.status != 429:
        return 0.0
    if error.code == OLD_MESSAGE_LIMIT:
        return OLD_MESSAGE_PAUSE
    said = error.response.headers.get("Retry-After", "")
    return float(said) if _SECONDS.fullmatch(said) else UNSAID_PAUSE


def _is_for_all(error: discord.HTTPException) -> bool:
    """A 429 that comes from before Discord's own servers, or says so, counts for everything that we send."""
    headers = error.response.headers
    return error.status == 429 and ("Via" not in headers or headers.get("X-RateLimit-Scope") == "global")
