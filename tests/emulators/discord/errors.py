"""How Discord says no: a status, a code of its own, a sentence, and for a form the place of each mistake."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from typing_extensions import override

Mistake = tuple[tuple[str | int, ...], str, str]
"""Where in the form, Discord's name for it, its sentence."""

_KNOWN: dict[int, tuple[int, str]] = {
    10003: (404, "Unknown Channel"),
    10004: (404, "Unknown Guild"),
    10007: (404, "Unknown Member"),
    10008: (404, "Unknown Message"),
    10013: (404, "Unknown User"),
    10015: (404, "Unknown Webhook"),
    10062: (404, "Unknown interaction"),
    10063: (404, "Unknown application command"),
    30032: (400, "Maximum number of application commands reached (100)"),
    30034: (400, "Max number of daily application command creates has been reached (200)"),
    40005: (413, "Request entity too large"),
    40060: (400, "Interaction has already been acknowledged."),
    40094: (400, "This interaction has hit the maximum number of follow up messages"),
    50001: (403, "Missing Access"),
    50003: (403, "Cannot execute action on a DM channel"),
    50005: (403, "Cannot edit a message authored by another user"),
    50006: (400, "Cannot send an empty message"),
    50007: (403, "Cannot send messages to this user"),
    50013: (403, "Missing Permissions"),
    50027: (401, "Invalid Webhook Token"),
    50035: (400, "Invalid Form Body"),
    50083: (400, "Thread is archived"),
    50109: (400, "The request body contains invalid JSON."),
    50278: (403, "Cannot send messages to this user due to having no mutual guilds"),
    160002: (403, "Cannot reply without permission to read message history"),
    200000: (400, "Message was blocked by automatic moderation"),
}


class DiscordError(Exception):
    """A refusal as it goes over the wire."""

    def __init__(self, status: int, code: int, message: str, errors: dict[str, Any] | None = None) -> None:
        super().__init__(f"{status} {code}: {message}")
        self.status = status
        self.code = code
        self.body: dict[str, Any] = {"message": message, "code": code}
        if errors:
            self.body["errors"] = errors

    @override
    def __str__(self) -> str:
        return f"{self.status}: {self.body}"


def refusal(code: int) -> DiscordError:
    """One that Discord has a number for."""
    status, message = _KNOWN[code]
    return DiscordError(status, code, message)


def bad_form(*mistakes: Mistake) -> DiscordError:
    """50035, with each mistake at its place."""
    errors: dict[str, Any] = {}
    for place, code, message in mistakes:
        node = errors
        for step in place:
            node = node.setdefault(str(step), {})
        node.setdefault("_errors", []).append({"code": code, "message": message})
    status, message = _KNOWN[50035]
    return DiscordError(status, 50035, message, errors)


@contextmanager
def nested(place: str) -> Iterator[None]:
    """The mistakes of a form within a form, at their place."""
    try:
        yield
    except DiscordError as error:
        if "errors" in error.body:
            error.body["errors"] = {place: error.body["errors"]}
        raise


NOT_FOUND = DiscordError(404, 0, "404: Not Found")
UNAUTHORIZED = DiscordError(401, 0, "401: Unauthorized")
NOT_ALLOWED = DiscordError(405, 0, "405: Method Not Allowed")
