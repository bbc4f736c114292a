"""Sockets under a clock that jumps: no timer overtakes bytes that are on their way, and waiting costs nothing."""

import asyncio
import time
from typing import Any

import discord
import pytest
from discord import ui
from typing_extensions import override

from tests.emulators.discord import at_work, emulated_discord
from tests.emulators.discord_bot import Bot
from tests.virtual_time import now


@pytest.mark.virtual_time
async def test_an_answer_on_its_way_is_never_overtaken_by_a_timeout() -> None:
    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(1 << 16):
            writer.write(data)
            await writer.drain()
        writer.close()

    async with await asyncio.start_server(echo, "127.0.0.1", 0) as server:
        reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
        began = asyncio.get_running_loop().time()
        for size in [1, 1 << 20] * 20:
            async with asyncio.timeout(0.001):
                writer.write(bytes(size))
                await reader.readexactly(size)
        assert asyncio.get_running_loop().time() == began
        writer.close()
        await writer.wait_closed()


@pytest.mark.virtual_time
async def test_a_quarter_of_a_day_with_open_sockets_passes_in_no_time() -> None:
    began = time.perf_counter()
    async with emulated_discord() as server, at_work(Bot(), server):
        await asyncio.sleep(6 * 3600)
        assert server.gateway.resumes == 0
        assert len(server.gateway.identifies) == 1
    assert time.perf_counter() - began < 10


@pytest.mark.virtual_time
async def test_the_librarys_own_clocks_follow_the_emulators() -> None:
    over: list[float] = []

    class Short(ui.View):
        @override
        async def on_timeout(self) -> None:
            over.append(asyncio.get_running_loop().time())

    async with emulated_discord() as server:
        channel = server.guild().channel("videos")
        bot = Bot()
        async with at_work(bot, server):
            view = Short(timeout=60)
            view.add_item(ui.Button(label="x"))
            sent = await bot.get_partial_messageable(channel.id).send("x", view=view)
            assert sent.created_at <= now()
            began = asyncio.get_running_loop().time()
            await asyncio.sleep(61)
            assert over == [began + 60]


async def test_bot_and_emulator_also_live_in_real_time() -> None:
    async with emulated_discord() as server:
        mia = server.person("mia")
        channel = server.guild("Film club", mia).channel("videos")
        bot = Bot()

        @bot.tree.command(description="Make a video")
        async def video(interaction: discord.Interaction[Any]) -> None:
            await interaction.response.send_message("x")

        async with at_work(bot, server):
            assert (await mia.slash(channel, "video")).sees == "x"
