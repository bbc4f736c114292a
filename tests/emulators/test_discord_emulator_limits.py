"""The emulator counts requests as Discord does, and discord.py lives with the answers."""

import asyncio
from typing import Any

import discord
import pytest

from tests.emulators.discord import at_work, emulated_discord
from tests.emulators.discord_bot import Bot
from tests.emulators.discord_wire import Told, Wire, wired

pytestmark = pytest.mark.virtual_time


def numbers(told: Told) -> tuple[str, str]:
    return told.headers["X-RateLimit-Limit"], told.headers["X-RateLimit-Remaining"]


async def test_posts_and_edits_share_a_hash_but_are_counted_apart() -> None:
    async with wired() as wire:
        posts = [await wire.send({"content": f"{n}"}) for n in range(6)]
        assert [told.status for told in posts] == [200] * 5 + [429]
        assert numbers(posts[0]) == ("5", "4")
        edits = [await wire.edit(posts[0].body["id"], {"content": f"{n}"}) for n in range(6)]
        assert [told.status for told in edits] == [200] * 5 + [429]
        assert posts[0].headers["X-RateLimit-Bucket"] == edits[0].headers["X-RateLimit-Bucket"]
        other = wire.guild.channel("other")
        assert (await wire.send({"content": "x"}, other)).status == 200
        await asyncio.sleep(5)
        assert (await wire.send({"content": "x"})).status == 200


async def test_a_429_says_how_long_and_bears_via() -> None:
    async with wired() as wire:
        await asyncio.gather(*(wire.send({"content": f"{n}"}) for n in range(5)))
        await asyncio.sleep(1)
        told = await wire.send({"content": "x"})
        assert told.status == 429
        assert told.body == {"message": "You are being rate limited.", "retry_after": 4.0, "global": False}
        assert told.headers["Via"]
        assert told.headers["X-RateLimit-Scope"] == "user"
        assert [refused.scope for refused in wire.discord.rate_limited] == ["user"]
        assert wire.discord.invalid_requests == 1


async def _edit_old(wire: Wire) -> list[Told]:
    (message,) = wire.channel.messages
    told = [await wire.edit(message.id, {"content": f"{n}"}) for n in range(4)]
    await asyncio.sleep(6)
    return [*told, await wire.edit(message.id, {"content": "x"})]


async def test_messages_older_than_an_hour_take_three_edits_in_six_seconds() -> None:
    async with wired() as wire:
        await wire.send({"content": "x"})
        await asyncio.sleep(3595)
        assert [told.status for told in await _edit_old(wire)] == [200] * 5
        await asyncio.sleep(6)
        told = await _edit_old(wire)
        assert [(answer.status, answer.code) for answer in told] == [(200, 0)] * 3 + [(429, 30046), (200, 0)]
        assert told[3].headers["X-RateLimit-Remaining"] != "0"


async def test_a_token_has_a_bucket_of_its_own_outside_the_global_limit() -> None:
    async with wired() as wire:
        asked = await wire.begin()
        await wire.call_back(asked, 5)
        other = await wire.begin()
        await wire.call_back(other, 5)
        told = [await wire.by_token(asked, "PATCH", "/messages/@original", {"content": f"{n}"}) for n in range(6)]
        assert [answer.status for answer in told] == [200] * 5 + [429]
        assert (await wire.by_token(other, "PATCH", "/messages/@original", {"content": "x"})).status == 200


async def test_more_than_fifty_a_second_are_too_many_over_all() -> None:
    async with wired() as wire:
        channels = [wire.guild.channel(f"c{n}") for n in range(51)]
        await asyncio.sleep(2)
        told = await asyncio.gather(*(wire.send({"content": "x"}, channel) for channel in channels))
        (refused,) = [answer for answer in told if answer.status == 429]
        assert refused.body["global"] is True
        assert refused.headers["X-RateLimit-Global"] == "true"
        asked = await wire.begin()
        assert (await wire.call_back(asked, 5)).status == 204


async def test_after_ten_thousand_invalid_requests_cloudflare_answers() -> None:
    async with wired() as wire:
        buckets = wire.discord._server.buckets
        for _ in range(9_999):
            buckets.note_invalid(403, asyncio.get_running_loop().time())
        assert (await wire.ask("GET", "/users/@me", token="Bot wrong")).status == 401
        told = await wire.ask("GET", "/users/@me")
        assert told.status == 429
        assert "Via" not in told.headers
        assert not isinstance(told.body, dict)


async def test_discord_py_waits_out_a_429_and_loses_nothing() -> None:
    async with emulated_discord() as server:
        channels = [server.guild().channel("videos")]
        bot = Bot()
        async with at_work(bot, server):
            target = bot.get_partial_messageable(channels[0].id)
            for number in range(12):
                await target.send(f"{number}")
        assert [message.content for message in channels[0].messages] == [f"{number}" for number in range(12)]
        assert server.rate_limited == []


async def test_discord_py_raises_at_a_429_without_via() -> None:
    async with emulated_discord() as server:
        channel = server.guild().channel("videos")
        bot = Bot()
        async with at_work(bot, server):
            server.fail("POST", r"/channels/\d+/messages", status=429, body="error code: 1015")
            with pytest.raises(discord.HTTPException) as caught:
                await bot.get_partial_messageable(channel.id).send("x")
        assert caught.value.status == 429


async def test_every_answer_bears_the_headers_of_its_bucket() -> None:
    async with wired() as wire:
        told: list[Any] = [await wire.ask("GET", "/users/@me"), await wire.ask("GET", "/channels/5")]
        for answer in told:
            assert answer.headers["Content-Type"] == "application/json"
            assert {"X-RateLimit-Bucket", "X-RateLimit-Reset-After", "X-RateLimit-Reset"} <= answer.headers.keys()
