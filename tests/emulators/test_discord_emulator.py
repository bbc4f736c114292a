"""The emulator of Discord, driven by the real discord.py: a bot answers, edits, uploads, and people see it."""

import asyncio
import io
from typing import Any

import discord
import pytest
from discord import ui
from typing_extensions import override

from tests.emulators.discord import NO_ANSWER, Flag, Upload, at_work, emulated_discord
from tests.emulators.discord_bot import Bot, Status, cancel_view

pytestmark = pytest.mark.virtual_time

Interaction = discord.Interaction[Any]
FILM = b"not really a film"


async def test_a_slash_command_is_deferred_and_its_message_edited_by_its_token() -> None:
    async with emulated_discord() as server:
        mia = server.person("mia", locale="de")
        channel = server.guild("Film club", mia).channel("videos")
        bot = Bot()

        @bot.tree.command(description="Make a video")
        async def video(interaction: Interaction, prompt: str, image: discord.Attachment) -> None:
            assert interaction.locale is discord.Locale.german
            await interaction.response.defer(thinking=True)
            picture = await image.read()
            await asyncio.sleep(10)
            await interaction.edit_original_response(content=f"{prompt}: {picture.decode()}")

        async with at_work(bot, server):
            asked = await mia.slash(channel, "video", prompt="a lighthouse", image=Upload("a.png", b"a picture"))
            assert asked.acknowledged
            assert asked.deferred
            await server.until(lambda: not asked.deferred)
        assert asked.sees == "a lighthouse: a picture"
        assert channel.messages == [asked.message]
        assert [version.look.is_loading for version in channel.messages[0].history] == [True, False]


async def test_who_does_not_answer_within_three_seconds_is_too_late() -> None:
    async with emulated_discord() as server:
        mia = server.person("mia")
        channel = server.guild("Film club", mia).channel("videos")
        bot = Bot()

        @bot.tree.command(description="Think first")
        async def slow(interaction: Interaction) -> None:
            await asyncio.sleep(3.5)
            await interaction.response.defer()

        async with at_work(bot, server):
            asked = await mia.slash(channel, "slow")
            assert asked.sees == NO_ANSWER
            await server.until(lambda: bot.errors)
        assert isinstance(bot.errors[0], discord.NotFound)
        assert bot.errors[0].code == 10062


async def test_a_token_dies_after_fifteen_minutes_and_the_channel_route_goes_on() -> None:
    async with emulated_discord() as server:
        mia = server.person("mia")
        channel = server.guild("Film club", mia).channel("videos")
        bot = Bot()
        codes: list[int] = []

        @bot.tree.command(description="Make a video")
        async def video(interaction: Interaction) -> None:
            answer = await interaction.response.defer(thinking=True)
            assert answer is not None
            assert answer.message_id is not None
            await asyncio.sleep(899)
            await interaction.edit_original_response(content="still by the token")
            await asyncio.sleep(2)
            try:
                await interaction.edit_original_response(content="too late")
            except discord.HTTPException as error:
                codes.append(error.code)
            partial = bot.get_partial_messageable(channel.id).get_partial_message(answer.message_id)
            await partial.edit(content="by the channel", allowed_mentions=discord.AllowedMentions.none())

        async with at_work(bot, server):
            asked = await mia.slash(channel, "video")
            await server.until(lambda: asked.sees == "by the channel", seconds=1000)
        assert codes == [50027]
        assert [call.status for call in server.requests("PATCH", "webhooks")] == [200, 401]


async def test_a_persistent_button_edits_the_message_in_place_after_a_restart() -> None:
    async with emulated_discord() as server:
        mia = server.person("mia")
        channel = server.guild("Film club", mia).channel("videos")
        first = Bot()
        async with at_work(first, server):
            target = first.get_partial_messageable(channel.id)
            await target.send("working", view=cancel_view(7))
        message = channel.messages[0]
        assert message.labels == ["Cancel"]
        async with at_work(Bot(), server):
            pressed = await mia.press(message, "Cancel")
        assert pressed.message is message
        assert message.content == "cancelled 7"
        assert message.labels == []


async def test_a_message_becomes_components_v2_and_gets_its_film_in_an_edit() -> None:
    async with emulated_discord() as server:
        mia = server.person("mia")
        channel = server.guild("Film club", mia).channel("videos")
        bot = Bot()

        @bot.tree.command(description="Make a video")
        async def video(interaction: Interaction) -> None:
            await interaction.response.defer(thinking=True)
            await interaction.edit_original_response(view=Status("12 %"))
            film = discord.File(io.BytesIO(FILM), "out.mp4", description="a lighthouse")
            await interaction.edit_original_response(view=Status("done", "out.mp4"), attachments=[film])

        async with at_work(bot, server):
            asked = await mia.slash(channel, "video")
            await server.until(lambda: asked.sees == "done")
        (message,) = channel.messages
        assert message.look.is_v2
        assert [(film.filename, film.data, film.description) for film in message.files] == [
            ("out.mp4", FILM, "a lighthouse")
        ]
        assert [version.look.text for version in message.history] == ["", "12 %", "done"]


async def test_a_film_is_uploaded_by_the_channel_route_and_read_back_from_history() -> None:
    async with emulated_discord() as server:
        channel = server.guild().channel("videos")
        bot = Bot()
        async with at_work(bot, server):
            target = bot.get_partial_messageable(channel.id)
            sent = await target.send("working")
            await target.get_partial_message(sent.id).edit(attachments=[discord.File(io.BytesIO(FILM), "a.mp4")])
            (seen,) = [message async for message in target.history(limit=10)]
            assert await seen.attachments[0].read() == FILM
            assert seen.attachments[0].content_type == "video/mp4"


async def test_a_modal_is_opened_filled_in_and_answered() -> None:
    async with emulated_discord() as server:
        mia = server.person("mia")
        channel = server.guild("Film club", mia).channel("videos")
        bot = Bot()

        class Remix(ui.Modal, title="Remix"):
            prompt: ui.TextInput[Any] = ui.TextInput(label="Prompt", max_length=100, default="a lighthouse")

            @override
            async def on_submit(self, interaction: Interaction) -> None:
                await interaction.response.send_message(f"remix of {self.prompt.value}", ephemeral=True)

        @bot.tree.context_menu(name="Remix this video")
        async def remix(interaction: Interaction, message: discord.Message) -> None:
            assert message.content == "look at this"
            await interaction.response.send_modal(Remix())

        async with at_work(bot, server):
            opened = await mia.context_menu(mia.say(channel, "look at this"), "Remix this video")
            assert opened.modal is not None
            assert opened.modal.title == "Remix"
            sent = await mia.submit(opened, {"Prompt": "a lighthouse at night"})
        assert sent.sees == "remix of a lighthouse at night"
        assert sent.ephemeral
        assert sent.message in mia.sees(channel)
        assert sent.message not in channel.messages


async def test_autocomplete_offers_choices_and_the_command_takes_one() -> None:
    async with emulated_discord() as server:
        mia = server.person("mia")
        channel = server.guild("Film club", mia).channel("videos")
        bot = Bot()

        @bot.tree.command(description="Make a video")
        async def video(interaction: Interaction, style: str) -> None:
            await interaction.response.send_message(style)

        @video.autocomplete("style")
        async def styles(interaction: Interaction, current: str) -> list[discord.app_commands.Choice[str]]:
            return [discord.app_commands.Choice(name=current + "ema", value="cinema")]

        async with at_work(bot, server):
            typed = await mia.autocomplete(channel, "video", "style", "cin")
            assert typed.choices == [{"name": "cinema", "value": "cinema"}]
            asked = await mia.slash(channel, "video", style=typed.choices[0]["value"])
        assert asked.sees == "cinema"


async def test_a_selection_reaches_the_view() -> None:
    async with emulated_discord() as server:
        mia = server.person("mia")
        channel = server.guild("Film club", mia).channel("videos")
        bot = Bot()

        class Lengths(ui.View):
            @ui.select(
                placeholder="Length", options=[discord.SelectOption(label="5 s"), discord.SelectOption(label="9")]
            )
            async def length(self, interaction: Interaction, select: ui.Select[Any]) -> None:
                await interaction.response.defer()
                await interaction.followup.send(f"chosen: {select.values[0]}", ephemeral=True)

        async with at_work(bot, server):
            await bot.get_partial_messageable(channel.id).send("how long?", view=Lengths())
            chosen = await mia.select(channel.messages[0], "Length", "5 s")
            await server.until(lambda: chosen.followups)
        assert chosen.followups[0].text == "chosen: 5 s"
        assert Flag.EPHEMERAL in chosen.followups[0].look.flags


async def test_twenty_minutes_of_edits_and_heartbeats_pass_at_once() -> None:
    async with emulated_discord() as server:
        mia = server.person("mia")
        channel = server.guild("Film club", mia).channel("videos")
        bot = Bot()

        @bot.tree.command(description="Make a video")
        async def video(interaction: Interaction) -> None:
            answer = await interaction.response.defer(thinking=True)
            assert answer is not None
            assert answer.message_id is not None
            partial = bot.get_partial_messageable(channel.id).get_partial_message(answer.message_id)
            for step in range(240):
                await asyncio.sleep(5)
                await partial.edit(content=f"{step}", allowed_mentions=discord.AllowedMentions.none())

        async with at_work(bot, server):
            asked = await mia.slash(channel, "video")
            await server.until(lambda: asked.sees == "239", seconds=1300)
            assert server.gateway.connections[0].beats > 25
            assert server.gateway.resumes == 0
        assert server.rate_limited == []
        assert asked.message is not None
        assert len(asked.message.history) == 241
