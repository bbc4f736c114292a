"""The border to discord.py: what its exceptions mean for one way of showing something."""

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
    LATER = auto()
    """Nobody knows whether it arrived, or it would not now: the same may work later."""


class FaultError(Exception):
    """Something could not be shown by one way. Discord's own words are for the log."""

    def __init__(self, means: Means, reason: DeliveryReason, words: str, seconds: float = 0) -> None:
        super().__init__(words)
        self.means = means
        self.reason = reason
        self.seconds = seconds
        """For how long Discord wants to hear nothing."""


# Discord's JSON error codes (Opcodes and status codes, JSON): what is not here is judged by its HTTP status.
_CODES: Final = {
    10003: (Means.CLOSED, DeliveryReason.CHAT_GONE),  # unknown channel
    10004: (Means.CLOSED, DeliveryReason.CHAT_GONE),  # unknown guild
    10008: (Means.CLOSED, DeliveryReason.CHAT_GONE),  # unknown message
    10013: (Means.CLOSED, DeliveryReason.CHAT_GONE),  # unknown user
    10015: (Means.CLOSED, DeliveryReason.CHAT_GONE),  # unknown webhook: the interaction is gone
    10062: (Means.CLOSED, DeliveryReason.CHAT_GONE),  # unknown interaction
    40060: (Means.ANSWERED, DeliveryReason.CHAT_UNREACHABLE),  # acknowledged already
    40005: (Means.TOO_LARGE, DeliveryReason.TOO_LARGE_FOR_CHAT),
    50001: (Means.CLOSED, DeliveryReason.NOT_PERMITTED),  # missing access
    50007: (Means.CLOSED, DeliveryReason.NOT_PERMITTED),  # direct messages are closed
    50013: (Means.CLOSED, DeliveryReason.NOT_PERMITTED),  # missing permissions
    50027: (Means.CLOSED, DeliveryReason.CHAT_GONE),  # the interaction's token is dead
    50083: (Means.CLOSED, DeliveryReason.NOT_PERMITTED),  # the thread is archived
    50278: (Means.CLOSED, DeliveryReason.NOT_PERMITTED),  # no server in common
    160002: (Means.CLOSED, DeliveryReason.NOT_PERMITTED),  # no reply without reading the channel's history
    200000: (Means.WORDS_REFUSED, DeliveryReason.NOT_PERMITTED),  # AutoMod
    200001: (Means.WORDS_REFUSED, DeliveryReason.NOT_PERMITTED),
}
_LATER: Final = (Means.LATER, DeliveryReason.CHAT_UNREACHABLE)


@contextmanager
def faults_become_ours() -> Iterator[None]:
    """Raise `FaultError` for whatever discord.py and its sockets raise inside."""
    try:
        yield
    except discord.HTTPException as error:
        means, reason = _CODES.get(error.code) or _by_status(error.status)
        raise FaultError(means, reason, f"HTTP {error.status}, code {error.code}") from error
    except discord.RateLimited as error:
        raise FaultError(*_LATER, type(error).__name__, error.retry_after) from error
    except (aiohttp.ClientError, TimeoutError, OSError) as error:
        raise FaultError(*_LATER, type(error).__name__) from error


def _by_status(status: int) -> tuple[Means, DeliveryReason]:
    if status == 413:
        return Means.TOO_LARGE, DeliveryReason.TOO_LARGE_FOR_CHAT
    if status in {401, 403}:
        return Means.CLOSED, DeliveryReason.NOT_PERMITTED
    if status == 404:
        return Means.CLOSED, DeliveryReason.CHAT_GONE
    if 400 <= status < 500 and status not in {408, 429}:
        return Means.CLOSED, DeliveryReason.NOT_PERMITTED  # it will not be taken in this form, however often
    return _LATER
