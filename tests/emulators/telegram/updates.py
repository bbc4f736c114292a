"""What the bot is told: numbered, kept for so long, handed out by long polling and confirmed by offsets."""

import asyncio
import itertools
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from tests.emulators.telegram.calls import Call
from tests.emulators.telegram.clock import seconds
from tests.emulators.telegram.errors import bad_request, conflict

DAY = 24 * 3600.0
LIFETIMES = {"callback_query": 150.0, "inline_query": 30.0, "pre_checkout_query": 150.0, "chosen_inline_result": 600.0}
"""Seconds that an update waits in the official server; what is not named waits a day."""
LONGEST_POLL_SECONDS = 50
SHORT_POLL_SECONDS = 3
"""What a poll is made to last that repeats the one before within this time."""
KINDS = frozenset(
    {
        *("message", "edited_message", "channel_post", "edited_channel_post", "callback_query", "inline_query"),
        *("chosen_inline_result", "pre_checkout_query", "shipping_query", "my_chat_member", "chat_member"),
        *("chat_join_request", "message_reaction", "message_reaction_count", "poll", "poll_answer", "chat_boost"),
        *("removed_chat_boost", "purchased_paid_media", "business_connection", "business_message"),
        *("edited_business_message", "deleted_business_messages", "managed_bot", "guest_message"),
    }
)
UNASKED = KINDS - {"chat_member", "message_reaction", "message_reaction_count"}
"""What a bot gets that has not said what it wants."""


@dataclass(eq=False)
class Update:
    """One update on its way to the bot."""

    id: int
    kind: str
    payload: dict[str, Any]
    until: float
    handed: int = 0
    """How often it went out."""
    confirmed: bool = False

    @property
    def json(self) -> dict[str, Any]:
        return {"update_id": self.id, self.kind: self.payload}


class Updates:
    """The queue of one bot."""

    def __init__(self) -> None:
        self.every: list[Update] = []
        """All that there ever was, oldest first."""
        self.allowed = UNASKED
        self.unasked = UNASKED
        self.webhook_active = False
        self.judge: Callable[[dict[str, Any]], None] = lambda _: None
        self.on_new: Callable[[], None] = lambda: None
        self._numbers = itertools.count(730_000_001)
        self._polling: asyncio.Future[None] | None = None
        self._poll_number = 0
        self._last_poll = (0, -float(SHORT_POLL_SECONDS))

    def put(self, kind: str, payload: dict[str, Any]) -> Update | None:
        """Tell the bot, where it wants to know."""
        if kind not in self.allowed:
            return None
        update = Update(next(self._numbers), kind, payload, seconds() + LIFETIMES.get(kind, DAY))
        self.judge(update.json)
        self.every.append(update)
        self._wake()
        self.on_new()
        return update

    @property
    def pending(self) -> list[Update]:
        """What waits and is not too old."""
        return [update for update in self.every if not update.confirmed and update.until > seconds()]

    @property
    def is_polled(self) -> bool:
        """Whether somebody waits for updates right now."""
        return self._polling is not None

    async def get(self, call: Call) -> list[dict[str, Any]]:
        """getUpdates: what lies from the offset on; with nothing there, waits up to `timeout` seconds.

        Raises TelegramError 409 while a webhook is set, and when another poller or a webhook comes in between.
        """
        if self.webhook_active:
            sentence = (
                "can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first"
            )
            raise conflict(sentence)
        self.allow(call)
        limit = call.integer("limit", 100)
        limit = limit if 1 <= limit <= 100 else 100
        offset, timeout, at = call.integer("offset"), min(call.integer("timeout"), LONGEST_POLL_SECONDS), seconds()
        if (
            offset == self._last_poll[0]
            and timeout < SHORT_POLL_SECONDS
            and at < self._last_poll[1] + SHORT_POLL_SECONDS
        ):
            # who asks for the same again and again is made to wait
            timeout = SHORT_POLL_SECONDS
        self._last_poll = (offset, at)
        self._confirm(offset)
        self._poll_number += 1
        mine = self._poll_number
        self._wake()
        if not self.pending:
            waiting = self._polling = asyncio.get_running_loop().create_future()
            with suppress(TimeoutError):
                async with asyncio.timeout(max(timeout, 0)):
                    await waiting
            if self._polling is waiting:
                self._polling = None
        if mine != self._poll_number:
            sentence = "terminated by other getUpdates request; make sure that only one bot instance is running"
            raise conflict(sentence)
        if self.webhook_active:
            raise conflict("terminated by setWebhook request")
        chosen = self.pending[:limit]
        for update in chosen:
            update.handed += 1
        return [update.json for update in chosen]

    def allow(self, call: Call) -> None:
        """Remember which kinds the bot wants; an empty list stands for the usual ones, none for the last."""
        wanted = call.json("allowed_updates")
        if wanted is None:
            return
        if not isinstance(wanted, list) or not all(isinstance(kind, str) for kind in wanted):
            raise bad_request("can't parse allowed updates: expected an Array of String")
        # what the server does not know it leaves out
        self.allowed = frozenset(wanted) & KINDS or UNASKED

    def drop_pending(self) -> None:
        """Forget all that waits."""
        for update in self.every:
            update.confirmed = True

    def interrupt(self) -> None:
        """Let the poller look again: a webhook has come."""
        self._wake()

    def _confirm(self, offset: int) -> None:
        pending = self.pending
        if offset < 0:
            offset = pending[offset].id if len(pending) >= -offset else 0
        for update in pending:
            update.confirmed = update.id < offset

    def _wake(self) -> None:
        if self._polling is not None and not self._polling.done():
            self._polling.set_result(None)
        self._polling = None
