"""An update of Telegram's as it is kept: which of them we hear, what each has to be in order with, what is urgent."""

import json
from collections.abc import Mapping
from typing import Any, Final

from core.inbox import Arrived

HEARD: Final = ("message", "channel_post", "callback_query", "my_chat_member")
"""All that Telegram is asked to tell us (Bot API, getUpdates: allowed_updates)."""

_URGENT: Final = frozenset({"callback_query"})
"""Answered at once whatever waits in the chat: Telegram gives each 150 s, and people less."""
_LARGEST: Final = 2**63 - 1


def read_update(raw: object) -> Arrived:
    """What is kept of an update as it came in. Raises `ValueError` for what is none.

    Of text that no database takes, half a surrogate pair becomes a question mark: as long as before, so that the
    entities that point into it stay right.
    """
    number = raw.get("update_id") if isinstance(raw, Mapping) else None
    if not isinstance(raw, Mapping) or not isinstance(number, int) or not 0 <= number <= _LARGEST:
        raise ValueError("not an update")
    body = json.dumps(raw, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace").decode()
    return Arrived(number, _chat_of(raw), body, urgent=not _URGENT.isdisjoint(raw))


def _chat_of(raw: Mapping[str, Any]) -> str:
    """The chat it belongs to; where it has none, whoever sent it."""
    for value in raw.values():
        if not isinstance(value, Mapping):
            continue
        for within in (value, value.get("message")):
            if isinstance(within, Mapping) and isinstance(chat := within.get("chat"), Mapping):
                return f"{chat.get('id')}"
        if isinstance(sender := value.get("from"), Mapping):
            return f"from {sender.get('id')}"
    return "nowhere"
