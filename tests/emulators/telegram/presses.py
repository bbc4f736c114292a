"""Buttons that people press, and what the bot answers them."""

import asyncio
import secrets
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from tests.emulators.telegram.calls import Call
from tests.emulators.telegram.clock import now, seconds
from tests.emulators.telegram.errors import bad_request
from tests.emulators.telegram.files import Files
from tests.emulators.telegram.messages import Message
from tests.emulators.telegram.payloads import message_json, user_json
from tests.emulators.telegram.updates import LIFETIMES, Updates
from tests.emulators.telegram.world import User

TOAST_LIMIT = 200
_TOO_OLD = "query is too old and response timeout expired or query ID is invalid"


@dataclass(eq=False)
class Press:
    """One press of a button, as the person who did it sees it."""

    id: str
    person: User
    message: Message
    data: str
    at: datetime
    second: float
    answered_at: datetime | None = None
    toast: str = ""
    """What is shown for a moment, or in a box where it is an alert."""
    alert: bool = False
    url: str | None = None
    _over: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def is_answered(self) -> bool:
        """Whether the button has stopped to turn."""
        return self.answered_at is not None

    async def answered(self, seconds: float = 30) -> bool:
        """Wait for the answer; whether it came."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._over.wait()
        return self.is_answered

    def close(self) -> None:
        """Nobody waits any longer."""
        self._over.set()


@dataclass
class Presses:
    """All of them, and the method that answers them."""

    files: Files
    updates: Updates
    every: list[Press] = field(default_factory=list)

    def new(self, person: User, message: Message, data: str) -> Press:
        """Tell the bot of a press."""
        person.known = True
        press = Press(str(secrets.randbits(62)), person, message, data, now(), seconds())
        self.every.append(press)
        told = {
            "id": press.id,
            "from": user_json(person),
            "message": message_json(message, self.files),
            "chat_instance": str(abs(hash(message.chat.id))),
            "data": data,
        }
        self.updates.put("callback_query", told)
        return press

    def answer(self, call: Call) -> bool:
        """answerCallbackQuery: never too many, but soon too late."""
        found = [press for press in self.every if press.id == call.text("callback_query_id")]
        if not found or found[0].is_answered or seconds() - found[0].second > LIFETIMES["callback_query"]:
            raise bad_request(_TOO_OLD)
        text = call.text("text")
        if len(text) > TOAST_LIMIT:
            raise bad_request("MESSAGE_TOO_LONG")
        press = found[0]
        press.toast, press.alert, press.url = text, call.flag("show_alert"), call.text("url") or None
        press.answered_at = now()
        press.close()
        return True

    @property
    def methods(self) -> dict[str, Any]:
        return {"answerCallbackQuery": self.answer}
