"""The emulator fails where a test asks it to, before or after the effect, and discord.py shows what it makes of it."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import aiohttp
import discord
import pytest

from tests.emulators.discord import Channel, DiscordEmulator, at_work, emulated_discord
from tests.emulators.discord_bot import Bot

pytestmark = pytest.mark.virtual_time

POSTS = r"/channels/\d+/messages$"
EDITS = r"/channels/\d+/messages/\d+$"


@asynccontextmanager
async def a_channel() -> AsyncGenerator[tuple[DiscordEmulator, Channel, discord.PartialMessageable]]:
    """A channel, as Discord has it and as the bot has it."""
    async with emulated_discord() as server:
        channel = server.guild().channel("videos")
        bot = Bot()
        async with at_work(bot, server):
            yield server, channel, bot.get_partial_messageable(channel.id)


async def test_an_error_before_the_effect_is_tried_again_and_nothing_doubles() -> None:
    async with a_channel() as (server, channel, target):
        server.fail("POST", POSTS, status=502, times=2)
        await target.send("x")
        assert [message.content for message in channel.messages] == ["x"]
        assert [call.status for call in server.requests("POST", POSTS)] == [502, 502, 200]


async def test_an_error_after_the_effect_is_healed_by_the_nonce() -> None:
    async with a_channel() as (server, channel, target):
        server.fail("POST", POSTS, after_effect=True)
        sent = await target.send("x", nonce="f" * 25)
        assert [message.id for message in channel.messages] == [sent.id]


async def test_a_line_cut_before_the_effect_leaves_nothing() -> None:
    async with a_channel() as (server, channel, target):
        server.drop("POST", POSTS)
        with pytest.raises((aiohttp.ClientError, OSError)):
            await target.send("x")
        assert channel.messages == []
        assert server.requests("POST", POSTS)[0].status == 0


async def test_a_line_cut_after_the_effect_leaves_the_message() -> None:
    async with a_channel() as (server, channel, target):
        sent = await target.send("x")
        server.drop("PATCH", EDITS, after_effect=True)
        with pytest.raises((aiohttp.ClientError, OSError)):
            await target.get_partial_message(sent.id).edit(content="y")
        assert channel.messages[0].content == "y"


async def test_a_slow_answer_takes_its_time_before_or_after_the_effect() -> None:
    async with a_channel() as (server, channel, target):
        began = asyncio.get_running_loop().time()
        for after_effect, there in ((False, 0), (True, 2)):
            server.slow("POST", POSTS, 20, after_effect=after_effect)
            waiting = asyncio.create_task(target.send("x"))
            await asyncio.sleep(10)
            assert len(channel.messages) == there
            await waiting
        assert asyncio.get_running_loop().time() - began >= 40


async def test_every_request_is_written_down_with_its_files_and_its_right() -> None:
    async with a_channel() as (server, channel, target):
        await target.send("x", file=discord.File(__file__, "a.py"))
        (call,) = server.requests("POST", POSTS)
        assert call.right.value == "bot token"
        assert call.body["content"] == "x"
        assert call.files[0].filename == "a.py"
        assert call.answer["id"] == str(channel.messages[0].id)
        assert call.answered_at is not None
        assert call.answered_at >= call.at
