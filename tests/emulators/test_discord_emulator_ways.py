"""Other ways in which discord.py is used: a worker without a gateway, a token alone, DMs, reactions, menus."""

import asyncio
from typing import Any

import aiohttp
import discord
import pytest
from discord import ui
from typing_extensions import override

from tests.emulators.discord import at_work, emulated_discord
from tests.emulators.discord_bot import Bot, Status

pytestmark = pytest.mark.virtual_time

Interaction = discord.Interaction[Any]


async def test_a_worker_without_a_gateway_edits_what_the_bot_has_posted() -> None:
    async with emulated_discord() as server:
        mia = server.person("mia")
        channel = server.guild("Film club", mia).channel("videos")
        bot = Bot()
        kept: list[str] = []

        @bot.tree.command(description="Make a video")
        async def video(interaction: Interaction) -> None:
            await interaction.response.defer(thinking=True)
            kept.append(interaction.token)

        async with at_work(bot, server):
            asked = await mia.slash(channel, "video")
        assert asked.message is not None
        async with discord.Client(intents=discord.Intents.none()) as worker:
            await worker.login(server.token)
            partial = worker.get_partial_messageable(channel.id).get_partial_message(asked.message.id)
            await partial.edit(content="by the channel", allowed_mentions=discord.AllowedMentions.none())
        async with aiohttp.ClientSession() as session:
            webhook = discord.Webhook.partial(server.application_id, kept[0], session=session)
            await webhook.edit_message(asked.message.id, content="by the token alone")
        assert [version.look.content for version in asked.message.history] == [
            "",
            "by the channel",
            "by the token alone",
        ]


async def test_somebody_is_written_to_and_answers() -> None:
    async with emulated_discord() as server:
        mia = server.person("mia")
        server.guild("Film club", mia)
        bot = Bot(intents=discord.Intents(guilds=True, dm_messages=True))
        heard: list[str] = []

        @bot.event
        async def on_message(message: discord.Message) -> None:
            heard.append(message.content)

        async with at_work(bot, server):
            person = await bot.fetch_user(mia.id)
            await person.send("your film is ready", nonce="n")
            mia.say(server.dm(mia), "thank you")
            await server.until(lambda: len(heard) == 2)
            mia.takes_dms = False
            with pytest.raises(discord.Forbidden) as caught:
                await person.send("more")
        assert heard == ["your film is ready", "thank you"]
        assert caught.value.code == 50007


async def test_reactions_come_and_go() -> None:
    async with emulated_discord() as server:
        mia = server.person("mia")
        channel = server.guild("Film club", mia).channel("videos")
        bot = Bot()
        async with at_work(bot, server):
            said = mia.say(channel, "make one")
            partial = bot.get_partial_messageable(channel.id).get_partial_message(said.id)
            await partial.add_reaction("🎬")
            assert said.reactions == {"🎬": [server.bot]}
            assert bot.user is not None
            await partial.remove_reaction("🎬", bot.user)
            assert said.reactions == {}


async def test_a_menu_of_people_tells_whom_it_means() -> None:
    async with emulated_discord() as server:
        mia, ben = server.person("mia"), server.person("ben")
        channel = server.guild("Film club", mia, ben).channel("videos")
        bot = Bot()
        chosen: list[str] = []

        class Whose(ui.View):
            @ui.select(cls=ui.UserSelect, placeholder="Whose")
            async def whose(self, interaction: Interaction, select: ui.UserSelect[Any]) -> None:
                chosen.extend(user.name for user in select.values)
                await interaction.response.edit_message(view=None)

        @bot.tree.context_menu(name="Quota")
        async def quota(interaction: Interaction, member: discord.Member) -> None:
            await interaction.response.send_message(f"{member.name} has 5", ephemeral=True)

        async with at_work(bot, server):
            await bot.get_partial_messageable(channel.id).send("whose?", view=Whose())
            await mia.select(channel.messages[0], "Whose", ben)
            assert chosen == ["ben"]
            assert (await mia.context_menu(ben, "Quota", channel=channel)).sees == "ben has 5"


async def test_a_modal_with_a_label_and_a_file_is_sent_from_a_button() -> None:
    async with emulated_discord() as server:
        mia = server.person("mia")
        channel = server.guild("Film club", mia).channel("videos")
        bot = Bot()

        class Remix(ui.Modal, title="Remix"):
            style: ui.Label[Any] = ui.Label(
                text="Style",
                component=ui.Select(options=[discord.SelectOption(label=name) for name in ("film", "ink")]),
            )

            @override
            async def on_submit(self, interaction: Interaction) -> None:
                assert isinstance(self.style.component, ui.Select)
                await interaction.response.edit_message(view=Status(f"in {self.style.component.values[0]}"))

        class Opens(ui.LayoutView):
            row: ui.ActionRow[Any] = ui.ActionRow()

            @row.button(label="Remix")
            async def remix(self, interaction: Interaction, button: ui.Button[Any]) -> None:
                await interaction.response.send_modal(Remix())

        async with at_work(bot, server):
            await bot.get_partial_messageable(channel.id).send(view=Opens())
            opened = await mia.press(channel.messages[0], "Remix")
            sent = await mia.submit(opened, Style="ink")
        assert sent.message is channel.messages[0]
        assert channel.messages[0].text == "in ink"


async def test_ten_people_ask_at_once_and_each_gets_an_answer() -> None:
    async with emulated_discord() as server:
        people = [server.person(f"person{number}") for number in range(10)]
        channel = server.guild("Film club", *people).channel("videos")
        bot = Bot()

        @bot.tree.command(description="Make a video")
        async def video(interaction: Interaction) -> None:
            await interaction.response.defer(thinking=True)
            for step in range(20):
                await asyncio.sleep(2.5)
                await interaction.edit_original_response(content=f"{interaction.user.name}: {step}")

        async with at_work(bot, server):
            asked = await asyncio.gather(*(person.slash(channel, "video") for person in people))
            await server.until(lambda: all(one.sees.endswith(": 19") for one in asked), seconds=200)
        assert [one.sees for one in asked] == [f"{person.name}: 19" for person in people]
        assert server.rate_limited == []


async def test_what_the_bot_looks_up_is_told() -> None:
    async with emulated_discord() as server:
        mia = server.person("mia")
        guild = server.guild("Film club", mia)
        channel = guild.channel("videos")
        thread = channel.thread("one film")
        said = mia.say(channel, f"hello {server.bot.mention}")
        bot = Bot()
        async with at_work(bot, server):
            assert (await bot.application_info()).id == server.application_id
            assert isinstance(await bot.fetch_channel(channel.id), discord.TextChannel)
            assert isinstance(await bot.fetch_channel(thread.id), discord.Thread)
            found = await bot.fetch_guild(guild.id, with_counts=False)
            assert [member.name for member in (await found.fetch_member(mia.id), bot.guilds[0].me)] == [
                "mia",
                "matinee",
            ]
            assert [room.name for room in await found.fetch_channels()] == ["videos"]
            assert [role.name for role in await found.fetch_roles()] == ["@everyone"]
            read = await bot.get_partial_messageable(channel.id).fetch_message(said.id)
            assert read.content.startswith("hello")
            assert [one.name async for one in bot.fetch_guilds(limit=5)] == ["Film club"]
            with pytest.raises(discord.NotFound):
                await bot.fetch_user(5)
            with pytest.raises(discord.Forbidden):
                await bot.fetch_guild(server.guild(with_bot=False).id)


async def test_a_guild_that_is_deleted_takes_its_channels_along() -> None:
    async with emulated_discord() as server:
        guild = server.guild()
        channel = guild.channel("videos")
        bot = Bot()
        async with at_work(bot, server):
            guild.delete()
            await server.until(lambda: not bot.guilds)
            with pytest.raises(discord.NotFound) as caught:
                await bot.get_partial_messageable(channel.id).send("x")
        assert caught.value.code == 10003
