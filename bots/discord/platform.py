"""Discord as a platform: the connection, and a messenger for every address that was stored with a job."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterator
from contextlib import aclosing
from datetime import datetime
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

import aiohttp
import discord
import structlog
from discord.http import Route

from bots.discord.client import MatineeClient, Shards
from bots.discord.desk import Desk
from bots.discord.faults import FaultError, faults_become_ours
from bots.discord.gateway import closed_for_good, speak_at
from bots.discord.messenger import build as build_messenger
from bots.discord.pace import Pace
from bots.discord.place import NAME, read_place
from bots.discord.wire import Wire
from core.catalogue import Catalogue
from core.db import DatabaseUnavailableError
from core.duty import Duty
from core.errors import Refusal
from core.model import Address, JobId
from core.ports import Messenger, Platform
from core.service import Service

FIRST_PAUSE_SECONDS: Final = 5.0
LONGEST_PAUSE_SECONDS: Final = 60.0

_log = structlog.get_logger(__name__)


class DiscordPlatform:
    """Stays connected until it is called off; a token that Discord does not accept ends it with one clear line.

    It may be run again after that.
    """

    def __init__(
        self,
        renew: Callable[[], MatineeClient],
        wire: Wire,
        token: str,
        client: MatineeClient,
        shards: Shards,
        duty: Callable[[str], Duty] | None,
    ) -> None:
        """`shards`: what it hears; nothing: it only logs in, so that its messengers can write."""
        self._renew = renew
        self._client = client
        self._wire = wire
        self._token = token
        self._shards = shards
        self._duty = duty

    @property
    def name(self) -> str:
        """The word before the colon in its ids and addresses."""
        return NAME

    def messenger(self, address: Address) -> Messenger:
        """Reopen a conversation from what was stored with a job."""
        return build_messenger(read_place(address), self._wire)

    async def run(self) -> None:
        """Connect and hear what people ask, or where this process hears nothing, stay. Raises `ConfigurationError`."""
        try:
            while not await self._serve():
                _log.warning("another process hears this part of Discord now", shards=self._shards.name)
        except discord.DiscordException as error:
            ours = closed_for_good(error)
            if ours is None:
                raise
            raise ours from error
        finally:
            self._wire.opened.clear()

    async def _serve(self) -> bool:
        """Be there with one client; whether the conversation is over, rather than another process's from now on."""
        if self._client.is_closed():
            self._client = self._wire.client = self._renew()
            self._client.wire_up(self._wire)
        async with self._client, aclosing(self._wire):
            await self._log_in()
            if self._shards.none:
                await asyncio.Event().wait()
            if self._duty is not None:
                return await self._duty(f"{NAME}:{self._client.application_id}:{self._shards.name}").once(self._hear)
            await self._hear()
            return True

    async def _hear(self) -> None:
        """Hear people until Discord ends that, or we are called off: then no line of ours stays open."""
        try:
            await self._client.tell_what_there_is()
            await self._connect()
        finally:
            await self._client.settle()
            await self._client.close()

    async def _log_in(self) -> None:
        """Try until Discord answers: afterwards discord.py reconnects by itself, here it would give up at once."""
        for pause in _pauses():
            try:
                with faults_become_ours():
                    await self._client.login(self._token)
            except FaultError as fault:
                _log.warning("Discord cannot be reached; trying again", reason=str(fault), seconds=pause)
            else:
                return
            await self._client.http.close()
            self._client.http.connector = discord.utils.MISSING  # closed with it; the next try opens its own
            await asyncio.sleep(pause)

    async def _connect(self) -> None:
        """Stay connected; where the gateway is, Discord is asked until it answers."""
        for pause in _pauses():
            try:
                await self._client.connect()
            except (discord.GatewayNotFound, aiohttp.ClientError, OSError, TimeoutError) as error:
                fatal = isinstance(error, discord.GatewayNotFound) and closed_for_good(error)
                if fatal or self._client.is_closed():
                    raise
                _log.warning("Discord's gateway cannot be asked for", reason=type(error).__name__, seconds=pause)
            else:
                return
            await asyncio.sleep(pause)


def _pauses() -> Iterator[float]:
    """Seconds between tries, without end."""
    pause = FIRST_PAUSE_SECONDS
    while True:
        yield pause
        pause = min(2 * pause, LONGEST_PAUSE_SECONDS)


def build(
    service: Service,
    catalogue: Catalogue,
    *,
    token: str,
    zone: ZoneInfo,
    now: Callable[[], datetime],
    gate: Path,
    shards: Shards | None = None,
    api_url: str | None = None,
    gateway_url: str | None = None,
    duty: Callable[[str], Duty] | None = None,
) -> Platform:
    """Make the platform. `gate` is a file that all processes under this token share; the addresses are for a proxy.

    With `shards=NOTHING` it hears nobody and only writes, for a process that works on what others have taken in.
    `duty` makes the right to hear a part of Discord, which one process has at a time; None: there is no other.

    Must be called in a running event loop.
    """
    speak_through(api_url)
    discord.VoiceClient.warn_nacl = discord.VoiceClient.warn_dave = False  # nobody speaks here
    # discord.py's DEBUG lines quote whole payloads, and with them the tokens of interactions.
    logging.getLogger("discord").setLevel(max(logging.INFO, logging.getLogger().getEffectiveLevel()))
    desk = Desk(service, catalogue, zone, now)
    served = shards or Shards()

    def renew() -> MatineeClient:
        client = MatineeClient(desk, service, gate, served)
        if gateway_url is not None:
            speak_at(client.http, gateway_url)
        return client

    client = renew()
    wire = Wire(client, Pace(), now, service.move, _books(service))
    client.wire_up(wire)
    return DiscordPlatform(renew, wire, token, client, served, duty)


def _books(service: Service) -> Callable[[JobId], Awaitable[Address | None]]:
    async def current(job: JobId) -> Address | None:
        try:
            return (await service.job(job)).address
        except (Refusal, DatabaseUnavailableError) as error:
            _log.info("where an answer goes was not looked up", job=job, reason=str(error))
            return None

    return current


def speak_through(api_url: str | None) -> None:
    """Have all of this process speak with Discord's API at another address, as hosts with a proxy need it."""
    if api_url is not None:
        Route.BASE = api_url.rstrip("/")
