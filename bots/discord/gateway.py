"""Where the gateway is, and what it means when Discord ends a connection to it for good."""

from typing import Any, Final

import discord
import yarl
from discord.http import HTTPClient

from core.errors import ConfigurationError

_REFUSED: Final = (
    "MATINEE_DISCORD_TOKEN: Discord {} this token; take a new one from the application's Bot page, for example "
    "MATINEE_DISCORD_TOKEN=MTA…"
)
_INTENTS: Final = "MATINEE_DISCORD_TOKEN: Discord asks for intents that we do not use"

# The close codes after which no reconnecting helps (Opcodes and status codes, gateway).
_FOR_GOOD: Final = {
    4004: _REFUSED.format("no longer accepts"),
    4010: "MATINEE_DISCORD_SHARDS: Discord does not have this shard; for example MATINEE_DISCORD_SHARDS=0-1/4",
    4011: "MATINEE_DISCORD_SHARDS: Discord wants more shards for so many servers; leave it empty for all of them, or "
    "say how many, for example MATINEE_DISCORD_SHARDS=0-1/4",
    4012: "MATINEE_DISCORD_GATEWAY_URL: the gateway no longer speaks our version; leave it empty, or install a newer "
    "Matinee, for example MATINEE_DISCORD_GATEWAY_URL=wss://proxy.example.com/",
    4013: _INTENTS,
    4014: _INTENTS,
}


def refused_token() -> ConfigurationError:
    """Discord does not know the token."""
    return ConfigurationError(_REFUSED.format("does not accept"))


def closed_for_good(error: discord.DiscordException) -> ConfigurationError | None:
    """What the host has to do about a connection that Discord ended; None where reconnecting is all there is to do."""
    match error:
        case discord.LoginFailure():
            return refused_token()
        case discord.PrivilegedIntentsRequired():
            return ConfigurationError(_INTENTS)
        case discord.ConnectionClosed(code=code) if code in _FOR_GOOD:
            return ConfigurationError(_FOR_GOOD[code])
        case discord.GatewayNotFound(__cause__=discord.HTTPException(status=401)):
            return refused_token()
    return None


def speak_at(http: HTTPClient, address: str) -> None:
    """Have a client's every gateway connection go there, whatever Discord names for the start or for a RESUME.

    discord.py takes the address of a start from GET /gateway/bot, that of a RESUME from READY.
    """
    connect, there = http.ws_connect, yarl.URL(address)

    async def ws_connect(url: str, **more: Any) -> Any:
        return await connect(str(there.update_query(yarl.URL(url).query)), **more)

    http.ws_connect = ws_connect  # type: ignore[method-assign] # the one place that all of them come by
