"""The emulator's gateway: what discord.py does when the line breaks, and what it is told and not told."""

import asyncio
import json
from typing import Any

import aiohttp
import discord
import pytest
from typing_extensions import override

from tests.emulators.discord import DiscordEmulator, Intent, Permission, at_work, emulated_discord
from tests.emulators.discord.emulator import TOKEN
from tests.emulators.discord_bot import Bot

pytestmark = pytest.mark.virtual_time


class Listening(Bot):
    """Writes down what it is told."""

    def __init__(self, **choices: Any) -> None:
        super().__init__(**choices)
        self.heard: list[str] = []

        @self.tree.command(description="Make a video")
        async def video(interaction: discord.Interaction[Any]) -> None:
            await interaction.response.send_message("x")

    @override
    def dispatch(self, event: str, /, *args: Any, **kwargs: Any) -> None:
        self.heard.append(event)
        super().dispatch(event, *args, **kwargs)


async def test_after_a_cut_line_discord_py_resumes_and_misses_nothing() -> None:
    async with emulated_discord() as server:
        guild = server.guild()
        bot = Listening()
        async with at_work(bot, server):
            for code in (None, 1001, 4000):
                server.gateway.disconnect(code)
                guild.channel(f"made while away {code}")
                await server.until_ready()
            await server.until(lambda: bot.heard.count("guild_channel_create") == 3)
            assert bot.heard.count("resumed") == 3
            assert len(server.gateway.identifies) == 1


async def test_who_is_asked_to_reconnect_comes_back_by_resume() -> None:
    async with emulated_discord() as server:
        mia = server.person("mia")
        channel = server.guild("Film club", mia).channel("videos")
        bot = Listening()
        async with at_work(bot, server):
            server.gateway.ask_to_reconnect()
            await server.until(lambda: "resumed" in bot.heard)
            assert (await mia.slash(channel, "video")).sees == "x"


async def test_a_session_that_is_no_longer_valid_is_begun_anew() -> None:
    async with emulated_discord() as server:
        bot = Listening()
        async with at_work(bot, server):
            server.gateway.refuse_resumes = 1
            server.gateway.disconnect(4000)
            await server.until(lambda: len(server.gateway.identifies) == 2)
            await server.until_ready()
            server.gateway.invalidate(resumable=False)
            await server.until(lambda: len(server.gateway.identifies) == 3)
            await server.until_ready()


async def test_what_is_done_while_nobody_listens_gets_no_answer() -> None:
    async with emulated_discord() as server:
        mia = server.person("mia")
        channel = server.guild("Film club", mia).channel("videos")
        async with at_work(Listening(), server):
            pass
        await server.until(lambda: not server.gateway.connections)
        asked = await mia.slash(channel, "video")
        assert not asked.arrived
        assert not asked.acknowledged


@pytest.mark.parametrize(
    ("intents", "code"), [(discord.Intents.all(), None), (discord.Intents(guilds=True), "the.wrong.token")]
)
async def test_who_may_not_come_in_is_told_by_a_code(intents: discord.Intents, code: str | None) -> None:
    async with emulated_discord() as server:
        bot = Listening(intents=intents)
        if code is None:
            with pytest.raises(discord.PrivilegedIntentsRequired):
                async with at_work(bot, server):
                    pass
        else:
            async with bot:
                with pytest.raises(discord.LoginFailure):
                    await bot.login(code)


async def test_events_are_told_by_intent_and_interactions_always() -> None:
    async with emulated_discord() as server:
        mia = server.person("mia")
        channel = server.guild("Film club", mia).channel("videos")
        bot = Listening(intents=discord.Intents.none())
        async with at_work(bot, server):
            mia.say(channel, "hello")
            channel.deny(mia, Permission.ATTACH_FILES)
            assert (await mia.slash(channel, "video")).sees == "x"
            assert not {"guild_channel_update", "message", "guild_join"} & set(bot.heard)


async def test_a_message_has_its_content_only_with_the_intent_or_where_the_bot_is_meant() -> None:
    read: list[str] = []
    for privileged in (False, True):
        intents = discord.Intents(guilds=True, guild_messages=True, message_content=privileged)
        async with emulated_discord(privileged=Intent.MESSAGE_CONTENT) as server:
            mia = server.person("mia")
            channel = server.guild("Film club", mia).channel("videos")
            bot = Listening(intents=intents)

            @bot.event
            async def on_message(message: discord.Message) -> None:
                read.append(message.content)

            async with at_work(bot, server):
                mia.say(channel, "hello")
                mia.say(channel, f"hello {server.bot.mention}")
                await server.until(lambda: len(read) == (4 if privileged else 2))  # noqa: B023 - awaited at once
    assert [text.split(" ")[0] for text in read] == ["", "hello", "hello", "hello"]


async def test_the_bot_hears_of_deletions_kicks_and_boosts() -> None:
    async with emulated_discord() as server:
        mia = server.person("mia")
        guild = server.guild("Film club", mia)
        channel = guild.channel("videos")
        bot = Listening(intents=discord.Intents(guilds=True, guild_messages=True, guild_reactions=True))
        async with at_work(bot, server):
            said = mia.say(channel, "hello")
            mia.react(said, "🎬")
            mia.edit(said, "hello there")
            mia.delete(said)
            guild.boost(2)
            channel.delete()
            guild.leave(server.bot)
            await server.until(lambda: "guild_remove" in bot.heard)
        heard = [event for event in bot.heard if event.startswith(("raw_", "guild_")) and event != "guild_available"]
        assert heard == [
            "raw_reaction_add",
            "raw_message_edit",
            "raw_message_delete",
            "guild_update",
            "guild_channel_delete",
            "guild_remove",
        ]


async def test_shards_hear_of_their_guilds_and_the_first_of_what_has_none() -> None:
    async with emulated_discord(shards=2) as server:
        mia = server.person("mia")
        guilds = [server.guild(f"guild {number}", mia) for number in range(12)]
        bot = discord.AutoShardedClient(intents=discord.Intents(guilds=True))
        tree = discord.app_commands.CommandTree(bot)

        @tree.command(description="Make a video")
        async def video(interaction: discord.Interaction[Any]) -> None:
            shard = "none" if interaction.guild is None else str(interaction.guild.shard_id)
            await interaction.response.send_message(shard)

        async with at_work(bot, server):
            await tree.sync()
            assert len(bot.guilds) == 12
            assert len(server.gateway.connections) == 2
            seen = {(await mia.slash(guild.channel("videos"), "video")).sees for guild in guilds}
            assert seen == {"0", "1"}
            assert (await mia.slash(server.dm(mia), "video")).sees == "none"
        (first, _), (second, _) = server.gateway.identifies
        assert second - first >= 5


async def test_who_identifies_too_fast_is_sent_away_for_a_while() -> None:
    async with emulated_discord() as server:
        first, second = Listening(), Listening()
        async with at_work(first, server), at_work(second, server):
            times = [at for at, _ in server.gateway.identifies]
            assert len(times) > 2
            assert times[-1] - times[0] >= 5
            assert len(server.gateway.connections) == 2


async def test_who_does_not_answer_heartbeats_is_parted_from() -> None:
    async with DiscordEmulator() as server, aiohttp.ClientSession() as session:
        async with session.ws_connect(server.gateway_url) as socket:
            told = [message.json()["op"] async for message in socket]
        assert told == [10, 1]
        assert socket.close_code == 4009
        assert 80 < asyncio.get_running_loop().time() < 85


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        ("no JSON", 4002),
        ({"op": 99}, 4001),
        ({"op": 3, "d": {}}, 4003),
        ({"op": 2, "d": {"token": "wrong", "intents": 0}}, 4004),
        ({"op": 2, "d": {"token": TOKEN, "intents": 0, "shard": [2, 2]}}, 4010),
        ({"op": 2, "d": {"token": TOKEN, "intents": 1 << 30}}, 4013),
        ({"op": 2, "d": {"token": TOKEN, "intents": int(Intent.GUILD_MEMBERS)}}, 4014),
        ({"op": 6, "d": {"token": "wrong", "session_id": "x", "seq": 1}}, 4004),
    ],
)
async def test_what_the_gateway_does_not_understand_it_hangs_up_on(sent: Any, code: int) -> None:
    async with DiscordEmulator() as server, aiohttp.ClientSession() as session:
        async with session.ws_connect(server.gateway_url) as socket:
            await socket.send_str(sent if isinstance(sent, str) else json.dumps(sent))
            async for _ in socket:
                pass
        assert socket.close_code == code


async def test_who_has_no_starts_left_is_not_let_in() -> None:
    identify = {"op": 2, "d": {"token": TOKEN, "intents": 0}}
    async with DiscordEmulator() as server, aiohttp.ClientSession() as session:
        server.gateway.starts_left = 0
        async with session.ws_connect(server.gateway_url) as socket:
            await socket.send_json(identify)
            told = [await socket.receive_json() for _ in range(2)]
        assert [message["op"] for message in told] == [10, 9]


async def test_an_outage_takes_a_guild_away_for_a_while() -> None:
    async with emulated_discord() as server:
        guild = server.guild()
        bot = Listening()
        async with at_work(bot, server):
            guild.outage()
            await server.until(lambda: "guild_unavailable" in bot.heard)
            guild.outage_ends()
            await server.until(lambda: bot.heard.count("guild_available") == 2)
