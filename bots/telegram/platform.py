"""Telegram as a platform: the bot, its updates, and a messenger for every address that was stored with a job."""

import asyncio
import logging
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import structlog
import telegram
from telegram.error import InvalidToken, TelegramError
from telegram.request import HTTPXRequest

from bots.telegram.desk import Desk
from bots.telegram.handlers import Handlers
from bots.telegram.ingress import Ingress
from bots.telegram.limits import LOCAL_UPLOAD_BYTES, UPLOAD_BYTES
from bots.telegram.messenger import build as build_messenger
from bots.telegram.place import NAME, read_place
from bots.telegram.polling import Poller, UpdatesRequest, refused_token
from bots.telegram.signing import Signer
from bots.telegram.webhook import Webhook
from bots.telegram.wire import Wire, source_of
from bots.web import WebServer
from core.catalogue import Catalogue
from core.db import Database, DatabaseUnavailableError
from core.duty import LIFE, Duty
from core.errors import ConfigurationError
from core.model import Address
from core.ports import Messenger, Platform
from core.service import Service

FIRST_PAUSE_SECONDS: Final = 5.0
LONGEST_PAUSE_SECONDS: Final = 60.0

CONNECT_SECONDS: Final = 10.0
READ_SECONDS: Final = 30.0
"""Telegram may think so long: after the 5 s of the library a message that was sent would pass for one that was not."""
UPLOAD_SECONDS: Final = 300.0
POOL: Final = 64
POOL_SECONDS: Final = 30.0
POLL_MARGIN_SECONDS: Final = 15.0
"""How much longer than it was asked to wait the answer of a long poll may take."""

_TOKEN: Final = re.compile(r"\d{1,20}:[\w-]{10,}", re.ASCII)
_TALKATIVE: Final = {"telegram": logging.CRITICAL, "httpx": logging.WARNING, "httpcore": logging.WARNING}
"""Loggers that write addresses with the token in them, or whole answers: what matters of it is in the errors we get."""

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Server:
    """Where the Bot API is: a host's own server, or else Telegram's. `local`: it runs with --local."""

    api_url: str = ""
    file_url: str = ""
    local: bool = False

    def bot(self, token: str, updates: UpdatesRequest) -> telegram.Bot:
        """The bot of this token, over connections that wait long enough."""
        api = (self.api_url or "https://api.telegram.org").rstrip("/")
        files = (self.file_url or f"{api}/file").rstrip("/")
        request = HTTPXRequest(
            connection_pool_size=POOL,
            connect_timeout=CONNECT_SECONDS,
            read_timeout=READ_SECONDS,
            write_timeout=READ_SECONDS,
            pool_timeout=POOL_SECONDS,
            media_write_timeout=UPLOAD_SECONDS,
        )
        return telegram.Bot(
            token,
            f"{api}/bot",
            f"{files}/bot",
            request=request,
            get_updates_request=updates,
            local_mode=self.local,
        )


class TelegramPlatform:
    """Stays connected until it is called off; a token that Telegram does not accept ends it with one clear line.

    It may be run again after that.
    """

    def __init__(self, bot: telegram.Bot, wire: Wire, handlers: Handlers, ingress: Ingress, duty: Duty) -> None:
        self._bot = bot
        self._wire = wire
        self._handlers = handlers
        self._ingress = ingress
        self._duty = duty
        self.poller: Poller | None = None
        """What fetches updates, unless Telegram brings them to the `webhook`."""
        self.hears = True
        """Whether this process hears people; where it does not, its messengers can write all the same."""
        self.webhook: Webhook | None = None

    @property
    def name(self) -> str:
        """The word before the colon in its ids and addresses."""
        return NAME

    def messenger(self, address: Address) -> Messenger:
        """Reopen a conversation from what was stored with a job."""
        return build_messenger(read_place(address), self._wire)

    async def run(self) -> None:
        """Connect, and hear what people ask. Raises `ConfigurationError`."""
        if not is_token(self._bot.token):
            raise ConfigurationError(
                "MATINEE_TELEGRAM_TOKEN: this is no bot's token, which has a number, a colon and 35 letters; for "
                "example MATINEE_TELEGRAM_TOKEN=123456789:AAH…"
            )
        try:
            await self._patiently(self._bot.initialize)
            await self._patiently(self._open)
            _log.info("Telegram is connected", bot=self._bot.username)
            if not self.hears:
                await asyncio.Event().wait()
            await self._handlers.tell_commands()
            if self.webhook is not None:
                await self._patiently(self._register)
            await self._duty.run(self._hear)
        finally:
            await self._wire.close()
            await self._bot.shutdown()

    async def _open(self) -> None:
        await self._handlers.open()
        await self._wire.open()

    async def _register(self) -> None:
        if self.webhook is not None:
            await self.webhook.register(self._bot)

    async def _hear(self) -> None:
        """Fetch what there is and see to it, alone among all processes."""
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._ingress.run(), name="telegram: ingress")
                if self.poller is not None:
                    tasks.create_task(self.poller.run(), name="telegram: poller")
        except* ConfigurationError as faults:
            lines = [
                line for fault in faults.exceptions if isinstance(fault, ConfigurationError) for line in fault.lines
            ]
            raise ConfigurationError(*lines) from None

    async def _patiently(self, step: Callable[[], Awaitable[None]]) -> None:
        """Try until it is done. Raises `ConfigurationError` where the token is refused."""
        pause = FIRST_PAUSE_SECONDS
        while True:
            try:
                return await step()
            except InvalidToken:
                raise refused_token() from None  # the library's error quotes it
            except (TelegramError, DatabaseUnavailableError) as error:
                reason = type(error).__name__
            _log.warning("Telegram cannot be reached; trying again", reason=reason, seconds=pause)
            await asyncio.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE_SECONDS)


def build(
    service: Service,
    catalogue: Catalogue,
    database: Database,
    *,
    token: str,
    owner: str,
    zone: ZoneInfo,
    now: Callable[[], datetime],
    server: Server = Server(),
    storage_chat: int | None = None,
    webhook_url: str = "",
    web: WebServer | None = None,
    hears: bool = True,
    works: bool = True,
    lease: timedelta = LIFE,
    shared: bool = False,
) -> Platform:
    """Make the platform. `owner` is a name no other process at this database has; without `hears` it only writes.

    Without `works` other processes show how jobs stand, and so keep the boards. `shared`: there may be other processes.

    With a `webhook_url`, Telegram calls us there, by way of `web`; otherwise it is asked. Must be called in a running
    event loop.
    """
    keep_quiet()
    updates = UpdatesRequest(
        connect_timeout=CONNECT_SECONDS, read_timeout=POLL_MARGIN_SECONDS, write_timeout=READ_SECONDS
    )
    bot = server.bot(token, updates)
    signer = Signer()
    wire = Wire.of(
        bot,
        service,
        now=now,
        sign=signer.sign,
        shared=shared,
        shows_jobs=works,
        storage_chat=storage_chat,
        upload_bytes=LOCAL_UPLOAD_BYTES if server.local else UPLOAD_BYTES,
    )
    source = source_of(bot)
    desk = Desk(service, catalogue, wire, zone, signer)
    handlers = Handlers(desk)
    ingress = Ingress(database, source, bot, handlers.handle, now=now)
    platform = TelegramPlatform(bot, wire, handlers, ingress, Duty(database, source, owner, now=now, life=lease))
    platform.hears = hears
    if webhook_url and web is not None and hears:
        platform.webhook = Webhook(webhook_url, token)
        platform.webhook.open(web, ingress.receive)
    else:
        platform.poller = Poller(bot, updates, ingress.receive)
    return platform


def is_token(text: str) -> bool:
    """Whether this has the looks of a bot's token."""
    return _TOKEN.fullmatch(text) is not None


def keep_quiet() -> None:
    """Have no library write down addresses with the token in them, at whatever level the host wants to hear of us."""
    for name, level in _TALKATIVE.items():
        logging.getLogger(name).setLevel(max(level, logging.getLogger().getEffectiveLevel()))
