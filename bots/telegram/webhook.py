"""The other way in: Telegram calls us, proves that it is Telegram, and hears that all is well once we kept it."""

import hashlib
import hmac
import json
from collections.abc import Awaitable, Callable, Sequence
from typing import Final
from urllib.parse import urlsplit

import structlog
import telegram
from aiohttp import web

from bots.telegram.updates import HEARD, read_update
from bots.web import WebServer
from core.db import DatabaseUnavailableError

PROOF: Final = "X-Telegram-Bot-Api-Secret-Token"
"""In which Telegram sends back what setWebhook told it (Bot API, setWebhook: secret_token)."""

_log = structlog.get_logger(__name__)


class Webhook:
    """What Telegram calls. Its secret is drawn from the token: nobody keeps another, and every process knows it."""

    def __init__(self, url: str, token: str) -> None:
        self.url = url
        self._secret = hmac.new(token.encode(), b"matinee: telegram webhook", hashlib.sha256).hexdigest()

    def open(self, server: WebServer, receive: Callable[[Sequence[object]], Awaitable[int]]) -> None:
        """Be reachable, before the server listens. `receive` keeps updates; it may raise `DatabaseUnavailableError`."""

        async def called(request: web.Request) -> web.Response:
            given = request.headers.get(PROOF, "")
            if not hmac.compare_digest(given.encode("utf-8", "replace"), self._secret.encode()):
                return web.Response(status=403)
            try:
                raw = json.loads(await request.read())
                read_update(raw)
            except (ValueError, RecursionError):
                _log.warning("the webhook was given what is no update")
                return web.Response(status=400)
            try:
                await receive([raw])
            except DatabaseUnavailableError as error:
                _log.warning("an update cannot be kept; Telegram will bring it again", reason=str(error))
                return web.Response(status=503)
            return web.Response()

        server.post(urlsplit(self.url).path, called)

    async def register(self, bot: telegram.Bot) -> None:
        """Tell Telegram where to call. Raises `telegram.error.TelegramError`."""
        await bot.set_webhook(self.url, secret_token=self._secret, allowed_updates=HEARD)
