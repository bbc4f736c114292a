"""How Telegram says no: a code, one sentence, and sometimes what to do about it."""

from typing import Any

from typing_extensions import override

_NAMES = {400: "Bad Request", 401: "Unauthorized", 403: "Forbidden", 404: "Not Found", 409: "Conflict"}


class TelegramError(Exception):
    """A refusal as it goes over the wire; `parameters` is Telegram's ResponseParameters."""

    def __init__(self, code: int, description: str, **parameters: int) -> None:
        super().__init__(description)
        self.code = code
        self.description = description
        self.parameters = parameters

    @property
    def body(self) -> dict[str, Any]:
        told: dict[str, Any] = {"ok": False, "error_code": self.code, "description": self.description}
        return told | ({"parameters": self.parameters} if self.parameters else {})

    @override
    def __str__(self) -> str:
        return f"{self.code}: {self.description}"


def bad_request(sentence: str, **parameters: int) -> TelegramError:
    """400, for what was asked wrongly."""
    return TelegramError(400, f"{_NAMES[400]}: {sentence}", **parameters)


def forbidden(sentence: str) -> TelegramError:
    """403, for what this bot may not do."""
    return TelegramError(403, f"{_NAMES[403]}: {sentence}")


def conflict(sentence: str) -> TelegramError:
    """409, where two want the updates."""
    return TelegramError(409, f"{_NAMES[409]}: {sentence}")


def too_many(retry_after: int) -> TelegramError:
    """429, with the seconds to keep quiet."""
    return TelegramError(429, f"Too Many Requests: retry after {retry_after}", retry_after=retry_after)


UNAUTHORIZED = TelegramError(401, "Unauthorized")
NOT_FOUND = TelegramError(404, "Not Found")
TOO_LARGE = TelegramError(413, "Request Entity Too Large")
