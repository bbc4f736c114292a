"""The border to python-telegram-bot: what its exceptions mean for what was to be shown."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from enum import Enum, auto
from typing import Final

from telegram.error import (
    BadRequest,
    ChatMigrated,
    Forbidden,
    InvalidToken,
    NetworkError,
    RetryAfter,
    TelegramError,
    TimedOut,
)

from core.errors import DeliveryReason


class Means(Enum):
    """What a refusal or a failure leaves open."""

    SAME = auto()
    """It looks like that already: what was to be reached is reached."""
    GONE = auto()
    """The message is no more, or will never be changed again: a new one may stand in for it."""
    CLOSED = auto()
    """This chat leads nowhere now."""
    NO_THREAD = auto()
    """The topic is gone, or closed, where it is not permitted; the chat is neither."""
    MIGRATED = auto()
    """The group is a supergroup now, under another number."""
    FLOODED = auto()
    """Nothing was done, and nothing may be asked for a while."""
    TOO_LARGE = auto()
    WRONG_FILE = auto()
    """What Telegram had of the film is good for nothing any more: it has to be uploaded again."""
    OTHER_KIND = auto()
    """The message holds a film, or does not, other than was thought: its words are a caption or a text."""
    LOOKS_REFUSED = auto()
    """The same words may do without their looks."""
    NOT_SENT = auto()
    """It surely did not arrive."""
    UNSURE = auto()
    """Nobody knows whether it arrived."""


class FaultError(Exception):
    """Something could not be shown. Telegram's own words are for the log."""

    def __init__(
        self,
        means: Means,
        reason: DeliveryReason,
        words: str,
        *,
        seconds: float = 0,
        new_chat: int | None = None,
    ) -> None:
        super().__init__(words)
        self.means = means
        self.reason = reason
        self.seconds = seconds
        """For how long Telegram wants to hear nothing."""
        self.new_chat = new_chat
        """Under which number the group goes on."""


_GONE: Final = (Means.GONE, DeliveryReason.CHAT_GONE)
_NO_RIGHT: Final = (Means.CLOSED, DeliveryReason.NOT_PERMITTED)
_NO_CHAT: Final = (Means.CLOSED, DeliveryReason.CHAT_GONE)

# Telegram names its refusals by sentences alone; these are pieces of them, in small letters, the telling ones first.
_SENTENCES: Final = (
    ("message is not modified", (Means.SAME, DeliveryReason.CHAT_UNREACHABLE)),
    ("message to edit not found", _GONE),
    ("message_id_invalid", _GONE),
    ("message to delete not found", _GONE),
    ("message identifier is not specified", _GONE),
    ("message can't be edited", _GONE),
    ("message thread not found", (Means.NO_THREAD, DeliveryReason.CHAT_GONE)),
    ("topic_deleted", (Means.NO_THREAD, DeliveryReason.CHAT_GONE)),
    ("topic_id_invalid", (Means.NO_THREAD, DeliveryReason.CHAT_GONE)),
    ("topic_closed", (Means.NO_THREAD, DeliveryReason.NOT_PERMITTED)),
    ("no text in the message to edit", (Means.OTHER_KIND, DeliveryReason.CHAT_UNREACHABLE)),
    ("no caption in the message to edit", (Means.OTHER_KIND, DeliveryReason.CHAT_UNREACHABLE)),
    ("can't parse entities", (Means.LOOKS_REFUSED, DeliveryReason.NOT_PERMITTED)),
    ("inline keyboard expected", (Means.LOOKS_REFUSED, DeliveryReason.NOT_PERMITTED)),
    ("entity_", (Means.LOOKS_REFUSED, DeliveryReason.NOT_PERMITTED)),
    ("button_", (Means.LOOKS_REFUSED, DeliveryReason.NOT_PERMITTED)),
    ("wrong file identifier", (Means.WRONG_FILE, DeliveryReason.CHAT_UNREACHABLE)),
    ("wrong remote file", (Means.WRONG_FILE, DeliveryReason.CHAT_UNREACHABLE)),
    ("can't use file of type", (Means.WRONG_FILE, DeliveryReason.CHAT_UNREACHABLE)),
    ("file is too big", (Means.TOO_LARGE, DeliveryReason.TOO_LARGE_FOR_CHAT)),
    ("too large", (Means.TOO_LARGE, DeliveryReason.TOO_LARGE_FOR_CHAT)),
    ("not enough rights", _NO_RIGHT),
    ("need administrator rights", _NO_RIGHT),
    ("have no rights", _NO_RIGHT),
    ("chat_write_forbidden", _NO_RIGHT),
    ("chat_send_", _NO_RIGHT),
    ("chat_restricted", _NO_RIGHT),
    ("chat not found", _NO_CHAT),
    ("user not found", _NO_CHAT),
    ("peer_id_invalid", _NO_CHAT),
    ("was kicked", _NO_CHAT),
    ("not a member", _NO_CHAT),
    ("was deleted", _NO_CHAT),
    ("is deactivated", _NO_CHAT),
)
_NEVER_LEFT: Final = frozenset({"ConnectError", "ConnectTimeout", "PoolTimeout"})
"""Failures of the HTTP client before a byte was sent."""


@contextmanager
def faults_become_ours() -> Iterator[None]:
    """Raise `FaultError` for whatever python-telegram-bot raises inside."""
    try:
        yield
    except RetryAfter as error:
        seconds = seconds_of(error)
        raise FaultError(
            Means.FLOODED, DeliveryReason.CHAT_UNREACHABLE, f"retry after {seconds:.0f} s", seconds=seconds
        ) from error
    except ChatMigrated as error:
        raise FaultError(
            Means.MIGRATED, DeliveryReason.CHAT_GONE, "it is a supergroup now", new_chat=error.new_chat_id
        ) from error
    except (Forbidden, BadRequest) as error:
        # What is refused for a reason that we do not know will not be taken however often it is asked.
        means, reason = _by_sentence(error.message) or _NO_RIGHT
        raise FaultError(means, reason, error.message) from error
    except InvalidToken as error:
        raise FaultError(Means.NOT_SENT, DeliveryReason.CHAT_UNREACHABLE, "the token is not accepted") from error
    except (TimedOut, NetworkError) as error:
        if "too large" in error.message.lower():  # 413 is a failure of the line to the library
            raise FaultError(Means.TOO_LARGE, DeliveryReason.TOO_LARGE_FOR_CHAT, error.message) from error
        never_left = type(error.__cause__).__name__ in _NEVER_LEFT
        means = Means.NOT_SENT if never_left else Means.UNSURE
        raise FaultError(means, DeliveryReason.CHAT_UNREACHABLE, type(error.__cause__ or error).__name__) from error
    except (TelegramError, OSError) as error:
        raise FaultError(Means.UNSURE, DeliveryReason.CHAT_UNREACHABLE, type(error).__name__) from error


def seconds_of(error: RetryAfter) -> float:
    """For how long Telegram wants to hear nothing."""
    told = error.retry_after
    return told.total_seconds() if isinstance(told, timedelta) else float(told)


def _by_sentence(words: str) -> tuple[Means, DeliveryReason] | None:
    said = words.lower()
    return next((meaning for piece, meaning in _SENTENCES if piece in said), None)
