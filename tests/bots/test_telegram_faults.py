"""Each refusal of Telegram means something for what was to be shown: the real library's exceptions, one by one."""

import httpx
import pytest
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

from bots.telegram.faults import FaultError, Means, faults_become_ours
from core.errors import DeliveryReason

GONE, CLOSED = DeliveryReason.CHAT_GONE, DeliveryReason.NOT_PERMITTED


def fault(error: Exception, cause: Exception | None = None) -> FaultError:
    error.__cause__ = cause
    with pytest.raises(FaultError) as raised, faults_become_ours():
        raise error
    return raised.value


@pytest.mark.parametrize(
    ("sentence", "means", "reason"),
    [
        ("Message to edit not found", Means.GONE, GONE),
        ("MESSAGE_ID_INVALID", Means.GONE, GONE),
        ("Message can't be edited", Means.GONE, GONE),
        ("Message thread not found", Means.NO_THREAD, GONE),
        ("TOPIC_CLOSED", Means.NO_THREAD, CLOSED),
        ("There is no text in the message to edit", Means.OTHER_KIND, None),
        ("There is no caption in the message to edit", Means.OTHER_KIND, None),
        ("Can't parse entities: unsupported entity type", Means.LOOKS_REFUSED, CLOSED),
        ("Wrong file identifier/HTTP URL specified", Means.WRONG_FILE, None),
        ("Not enough rights to send videos to the chat", Means.CLOSED, CLOSED),
        ("Chat not found", Means.CLOSED, GONE),
        ("File is too big", Means.TOO_LARGE, DeliveryReason.TOO_LARGE_FOR_CHAT),
        ("Something that nobody has ever said", Means.CLOSED, CLOSED),
    ],
)
def test_a_bad_request_is_known_by_its_sentence(sentence: str, means: Means, reason: DeliveryReason | None) -> None:
    found = fault(BadRequest(f"Bad Request: {sentence}"))
    assert found.means is means
    assert reason in {None, found.reason}


@pytest.mark.parametrize(
    ("sentence", "reason"),
    [
        ("Forbidden: bot was blocked by the user", CLOSED),
        ("Forbidden: bot can't initiate conversation with a user", CLOSED),
        ("Forbidden: bot was kicked from the supergroup chat", GONE),
        ("Forbidden: bot is not a member of the channel chat", GONE),
        ("Forbidden: user is deactivated", GONE),
    ],
)
def test_a_closed_door_says_whether_the_chat_is_gone(sentence: str, reason: DeliveryReason) -> None:
    found = fault(Forbidden(sentence))
    assert (found.means, found.reason) == (Means.CLOSED, reason)


def test_what_looks_so_already_is_no_loss() -> None:
    assert fault(BadRequest("Bad Request: message is not modified: …")).means is Means.SAME


def test_a_flood_says_for_how_long() -> None:
    found = fault(RetryAfter(3600))
    assert (found.means, found.seconds) == (Means.FLOODED, 3600)


def test_a_migration_says_where_to() -> None:
    found = fault(ChatMigrated(-1009))
    assert (found.means, found.new_chat) == (Means.MIGRATED, -1009)


@pytest.mark.parametrize(
    ("error", "cause", "means"),
    [
        (TimedOut(), httpx.ReadTimeout("late"), Means.UNSURE),
        (TimedOut(), httpx.PoolTimeout("full"), Means.NOT_SENT),
        (TimedOut(), httpx.ConnectTimeout("nobody"), Means.NOT_SENT),
        (NetworkError("httpx.ConnectError"), httpx.ConnectError("refused"), Means.NOT_SENT),
        (NetworkError("httpx.RemoteProtocolError"), httpx.RemoteProtocolError("cut"), Means.UNSURE),
        (NetworkError("Bad Gateway"), None, Means.UNSURE),
        (NetworkError("Request Entity Too Large"), None, Means.TOO_LARGE),
        (TelegramError("Invalid server response"), None, Means.UNSURE),
        (InvalidToken(), None, Means.NOT_SENT),
        (OSError("disk"), None, Means.UNSURE),
    ],
)
def test_a_broken_line_says_whether_anything_can_have_arrived(
    error: Exception, cause: Exception | None, means: Means
) -> None:
    assert fault(error, cause).means is means


def test_a_token_is_never_quoted() -> None:
    assert "123:secret" not in str(fault(InvalidToken("The token `123:secret` was rejected by the server.")))
