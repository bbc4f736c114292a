"""What Discord's own codes mean: each is told apart from what its HTTP status alone would say."""

import json

import discord
import pytest

from bots.discord.faults import FaultError, Means, faults_become_ours
from core.errors import DeliveryReason
from tests.emulators.discord import emulated_discord

pytestmark = pytest.mark.virtual_time

CLOSED, ANSWERED = Means.CLOSED, Means.ANSWERED
GONE, FORBIDDEN = DeliveryReason.CHAT_GONE, DeliveryReason.NOT_PERMITTED

OUTCOMES = [
    # The status beside each is one that by itself would mean something else.
    (10003, 403, CLOSED, GONE),
    (10004, 403, CLOSED, GONE),
    (10008, 403, CLOSED, GONE),
    (10013, 403, CLOSED, GONE),
    (10015, 403, Means.TOKEN_DEAD, GONE),
    (10062, 403, CLOSED, GONE),
    (40060, 400, ANSWERED, DeliveryReason.CHAT_UNREACHABLE),
    (40005, 400, Means.TOO_LARGE, DeliveryReason.TOO_LARGE_FOR_CHAT),
    (50001, 404, CLOSED, FORBIDDEN),
    (50007, 404, CLOSED, FORBIDDEN),
    (50013, 404, CLOSED, FORBIDDEN),
    (50027, 403, Means.TOKEN_DEAD, GONE),
    (50083, 404, CLOSED, FORBIDDEN),
    (50278, 404, CLOSED, FORBIDDEN),
    (160002, 404, CLOSED, FORBIDDEN),
    (200000, 400, Means.WORDS_REFUSED, FORBIDDEN),
    (200001, 400, Means.WORDS_REFUSED, FORBIDDEN),
]


def said(code: int) -> str:
    """A refusal as Discord words it."""
    return json.dumps({"message": "no", "code": code})


async def test_every_code_has_its_own_outcome() -> None:
    async with emulated_discord() as server, discord.Client(intents=discord.Intents.none()) as client:
        await client.login(server.token)
        channel = client.get_partial_messageable(server.guild().channel("videos").id)
        for code, status, means, reason in OUTCOMES:
            server.fail("POST", "/messages$", status=status, body=said(code))
            with pytest.raises(FaultError, match=rf"^HTTP {status}, code {code}$") as fault, faults_become_ours():
                await channel.send("x")
            assert (fault.value.means, fault.value.reason) == (means, reason), code
