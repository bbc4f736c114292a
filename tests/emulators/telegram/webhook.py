"""Updates by webhook: each chat's in order, chats side by side, tried again until they are taken or too old."""

import asyncio
import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import aiohttp

from tests.emulators.telegram.calls import Call
from tests.emulators.telegram.clock import now, seconds
from tests.emulators.telegram.errors import TelegramError, bad_request, too_many
from tests.emulators.telegram.sending import Method
from tests.emulators.telegram.updates import Update, Updates

PORTS = frozenset({80, 88, 443, 8443})
CONNECTIONS = 40
ANSWER_SECONDS = 60.0
LONGEST_RETRY_SECONDS = 60.0
"""Between tries: none after the first failure, then 2 s, 4 s and so on up to this (the official server: 60-120)."""
LONGEST_RETRY_AFTER = 3600.0
SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"


@dataclass(frozen=True)
class Delivery:
    """One try to hand an update over, and what came back; 0: nothing."""

    update: Update
    at: datetime
    status: int


class Webhook:
    """One bot's webhook. `routes` says where a public address really listens."""

    def __init__(self, updates: Updates, complain: Callable[[str], None], *, local: bool) -> None:
        self.url = ""
        self.secret = ""
        self.deliveries: list[Delivery] = []
        self.routes: dict[str, str] = {}
        self._updates = updates
        self._complain = complain
        self._local = local
        self._connections = CONNECTIONS
        self._free = asyncio.Semaphore(CONNECTIONS)
        self._tasks: dict[tuple[str, int], asyncio.Task[None]] = {}
        self._last_error: tuple[int, str] | None = None
        self._next_set = 0.0
        self._session: aiohttp.ClientSession | None = None
        updates.on_new = self._pump

    @property
    def methods(self) -> dict[str, Method]:
        return {
            "setWebhook": self.set_webhook,
            "deleteWebhook": self.delete_webhook,
            "getWebhookInfo": self.get_webhook_info,
        }

    def resolve(self, url: str) -> str | None:
        """Where a public address listens on this machine."""
        for public, local in self.routes.items():
            if url.startswith(public):
                return local + url.removeprefix(public)
        return url if self._local and urlsplit(url).hostname in {"127.0.0.1", "localhost"} else None

    async def set_webhook(self, call: Call) -> bool:
        url = call.text("url")
        if not url:
            return await self.delete_webhook(call)
        if seconds() < self._next_set:
            raise too_many(1)
        self._next_set = seconds() + 1
        self._check(url, call)
        await self._close_tasks()
        self.url, self.secret = url, call.text("secret_token")
        self._connections = min(max(call.integer("max_connections", CONNECTIONS), 1), 100_000 if self._local else 100)
        self._free = asyncio.Semaphore(self._connections)
        self._last_error = None
        self._updates.allow(call)
        self._updates.webhook_active = True
        self._updates.interrupt()
        if call.flag("drop_pending_updates"):
            self._updates.drop_pending()
        self._pump()
        return True

    async def delete_webhook(self, call: Call) -> bool:
        await self._close_tasks()
        self.url = self.secret = ""
        self._updates.webhook_active = False
        if call.flag("drop_pending_updates"):
            self._updates.drop_pending()
        return True

    def get_webhook_info(self, call: Call) -> dict[str, Any]:
        told: dict[str, Any] = {
            "url": self.url,
            "has_custom_certificate": False,
            "pending_update_count": len(self._updates.pending),
        }
        if self.url:
            told["max_connections"] = self._connections
        if self._last_error is not None:
            told["last_error_date"], told["last_error_message"] = self._last_error
        if self._updates.allowed != self._updates.unasked:
            told["allowed_updates"] = sorted(self._updates.allowed)
        return told

    async def aclose(self) -> None:
        """Stop handing over."""
        await self._close_tasks()
        if self._session is not None:
            await self._session.close()

    def _check(self, url: str, call: Call) -> None:
        parts = urlsplit(url)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise bad_request("invalid webhook URL specified")
        if not self._local:
            if parts.scheme != "https":
                raise bad_request("bad webhook: An HTTPS URL must be provided for webhook")
            if (parts.port or 443) not in PORTS:
                raise bad_request("bad webhook: Webhook can be set up only on ports 80, 88, 443 or 8443")
        if self.resolve(url) is None:
            raise bad_request("bad webhook: Failed to resolve host: Name or service not known")
        secret = call.text("secret_token")
        if len(secret) > 256:
            raise bad_request("secret token is too long")
        if re.fullmatch(r"[A-Za-z0-9_-]*", secret) is None:
            raise bad_request("secret token contains unallowed characters")

    def _pump(self) -> None:
        """See that every queue with something in it is worked on."""
        if not self._updates.webhook_active:
            return
        for update in self._updates.pending:
            key = _queue(update)
            if key not in self._tasks:
                self._tasks[key] = asyncio.create_task(self._work(key), name=f"webhook of {key}")

    async def _work(self, key: tuple[str, int]) -> None:
        """One queue, in order, until it is empty."""
        try:
            while waiting := [update for update in self._updates.pending if _queue(update) == key]:
                await self._hand_over(waiting[0])
        finally:
            self._tasks.pop(key, None)

    async def _hand_over(self, update: Update) -> None:
        delay, failures = 1.0, 0
        while not update.confirmed and update.until > seconds():
            async with self._free:
                status, retry_after = await self._post(update)
            self.deliveries.append(Delivery(update, now(), status))
            if 200 <= status < 300:
                update.confirmed = True
                return
            reason = f"Wrong response from the webhook: {status}" if status else "Connection closed"
            self._last_error = (int(now().timestamp()), reason)
            wait = min(retry_after, LONGEST_RETRY_AFTER)
            if not wait and failures:
                wait = delay = min(LONGEST_RETRY_SECONDS, delay * 2)
            failures += 1
            await asyncio.sleep(wait)

    async def _post(self, update: Update) -> tuple[int, float]:
        """Status and Retry-After."""
        target = self.resolve(self.url)
        assert target is not None
        if self._session is None:
            self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=ANSWER_SECONDS))
        update.handed += 1
        headers = {SECRET_HEADER: self.secret} if self.secret else {}
        try:
            async with self._session.post(target, json=update.json, headers=headers, allow_redirects=False) as answer:
                body = await answer.read()
                if 200 <= answer.status < 300 and b'"method"' in body:
                    self._complain("a method in the answer to a webhook is not emulated")
                after = answer.headers.get("Retry-After", "")
                return answer.status, float(after) if after.isdecimal() else 0.0
        except (aiohttp.ClientError, TimeoutError, OSError):
            return 0, 0.0

    async def _close_tasks(self) -> None:
        tasks = [task for task in self._tasks.values() if task is not asyncio.current_task()]
        for task in tasks:
            task.cancel()
        for task in tasks:
            with suppress(asyncio.CancelledError, TelegramError):
                await task
        self._tasks.clear()


def _queue(update: Update) -> tuple[str, int]:
    """What is kept in order: a chat's messages; a person's presses and queries."""
    chat = update.payload.get("chat")
    if chat is not None:
        return "chat", int(chat["id"])
    return update.kind, int(update.payload["from"]["id"])
