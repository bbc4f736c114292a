"""Discord as a platform: the connection, and a messenger for every address that was stored with a job."""

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

import discord
import structlog
import yarl
from discord.gateway import DiscordWebSocket
from discord.http import Route

from bots.discord.client import MatineeClient, Shards
from bots.discord.desk import Desk
from bots.discord.faults import FaultError, faults_become_ours
from bots.discord.messenger import build as build_messenger
from bots.discord.pace import Pace
from bots.discord.place import NAME, read_place
from bots.discord.wire import Wire
from core.catalogue import Catalogue
from core.errors import ConfigurationError
from core.model import Address
from core.ports import Messenger, Platform
from core.service import Service

FIRST_PAUSE_SECONDS: Final = 5.0
LONGEST_PAUSE_SECONDS: Final = 60.0

_log = structlog.get_logger(__name__)


class DiscordPlatform:
    """Stays connected until it is called off; a token that Discord does not accept ends it with one clear line.

    It may be run again after that.
    """

    def __init__(self, renew: Callable[[], MatineeClient], wire: Wire, token: str, client: MatineeClient) -> None:
        self._renew = renew
        self._wire = wire
        self._token = token
        self._client = client

    @property
    def name(self) -> str:
        """The word before the colon in its ids and addresses."""
        return NAME

    def messenger(self, address: Address) -> Messenger:
        """Reopen a conversation from what was stored with a job."""
        return build_messenger(read_place(address), self._wire)

    async def run(self) -> None:
        """Connect, and hear what people ask. Raises `ConfigurationError`."""
        if self._client.is_closed():
            self._client = self._wire.client = self._renew()
            self._client.wire_up(self._wire)
        try:
            async with self._client:
                await self._log_in()
                await self._client.connect()
        except discord.LoginFailure as error:
            raise ConfigurationError(
                "MATINEE_DISCORD_TOKEN: Discord does not accept this token; take a new one from the application's Bot "
                "page, for example MATINEE_DISCORD_TOKEN=MTA…"
            ) from error
        except discord.PrivilegedIntentsRequired as error:
            raise ConfigurationError("MATINEE_DISCORD_TOKEN: Discord asks for intents that we do not use") from error
        except discord.ConnectionClosed as error:
            # What discord.py does not answer by connecting anew (Gateway close event codes: reconnect false).
            raise ConfigurationError(
                f"MATINEE_DISCORD_TOKEN: Discord has closed the connection for good (code {error.code}); take a new "
                "token from the application's Bot page, for example MATINEE_DISCORD_TOKEN=MTA…"
            ) from error
        finally:
            self._wire.opened.clear()

    async def _log_in(self) -> None:
        """Try until Discord answers: afterwards discord.py reconnects by itself, here it would give up at once."""
        pause = FIRST_PAUSE_SECONDS
        while True:
            try:
                with faults_become_ours():
                    return await self._client.login(self._token)
            except FaultError as fault:
                _log.warning("Discord cannot be reached; trying again", reason=str(fault), seconds=pause)
            await self._client.http.close()
            self._client.http.connector = discord.utils.MISSING  # closed with it; the next try opens its own
            await asyncio.sleep(pause)
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
) -> Platform:
    """Make the platform. `gate` is a file that all processes under this token share; the addresses are for a proxy.

    Must be called in a running event loop.
    """
    speak_through(api_url, gateway_url)
    discord.VoiceClient.warn_nacl = discord.VoiceClient.warn_dave = False  # nobody speaks here
    # discord.py's DEBUG lines quote whole payloads, and with them the tokens of interactions.
    logging.getLogger("discord").setLevel(max(logging.INFO, logging.getLogger().getEffectiveLevel()))
    desk = Desk(service, catalogue, zone, now)

    def renew() -> MatineeClient:
        return MatineeClient(desk, service, gate, shards or Shards())

    client = renew()
    wire = Wire(client, Pace(), now, service.move)
    client.wire_up(wire)
    return DiscordPlatform(renew, wire, token, client)


def speak_through(api_url: str | None, gateway_url: str | None) -> None:
    """Have all of this process speak with Discord at other addresses, as hosts with a proxy need it."""
    if api_url is not None:
        Route.BASE = api_url.rstrip("/")
    if gateway_url is not None:
        DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(gateway_url)
