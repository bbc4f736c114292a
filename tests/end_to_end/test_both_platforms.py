"""Discord and Telegram in one process: side by side, stopped together, and one without the other."""

import asyncio
from pathlib import Path

from tests.emulators.discord import emulated_discord
from tests.emulators.telegram import emulated_telegram
from tests.end_to_end.programs import SECONDS
from tests.end_to_end.serving import serving, upstream


async def test_a_job_on_each_at_once_and_a_stop_that_waits_for_both(tmp_path: Path) -> None:
    async with emulated_discord() as discord, emulated_telegram() as telegram, upstream(speed=5) as provider:
        settings = {
            **provider,
            "MATINEE_DISCORD_TOKEN": discord.token,
            "MATINEE_DISCORD_API_URL": discord.api_url,
            "MATINEE_DISCORD_GATEWAY_URL": discord.gateway_url,
            "MATINEE_TELEGRAM_TOKEN": telegram.token,
            "MATINEE_TELEGRAM_API_URL": telegram.url,
        }
        mia, anna = discord.person("mia"), telegram.person("Anna", started=True)
        channel = discord.guild("Film club", mia).channel("videos")
        async with serving(tmp_path, settings) as program:
            await discord.until_ready()
            asked = await mia.slash(channel, "video", prompt="a boat on Discord")
            anna.write(anna.private, "/video a boat on Telegram")
            await telegram.until(lambda: anna.private.from_bot, SECONDS)
            await telegram.until(lambda: asked.message is not None and "a boat" in asked.message.text, SECONDS)
            assert await program.stop() == 0, program.log
        assert asked.message is not None
        assert [file.filename.rsplit(".")[-1] for file in asked.message.files] == ["mp4"]
        (film,) = anna.private.videos
        assert film.video is not None
        assert discord.complaints == []
        for token in (discord.token, telegram.token):
            assert token not in program.log


async def test_a_token_that_is_refused_does_not_stop_the_other_platform(tmp_path: Path) -> None:
    async with emulated_discord() as discord, emulated_telegram() as telegram, upstream(speed=0) as provider:
        settings = {
            **provider,
            "MATINEE_DISCORD_TOKEN": "not.the.token",
            "MATINEE_DISCORD_API_URL": discord.api_url,
            "MATINEE_DISCORD_GATEWAY_URL": discord.gateway_url,
            "MATINEE_TELEGRAM_TOKEN": telegram.token,
            "MATINEE_TELEGRAM_API_URL": telegram.url,
        }
        anna = telegram.person("Anna", started=True)
        async with serving(tmp_path, settings) as program:
            await program.until("a platform cannot be served; trying again")
            anna.write(anna.private, "/video a boat")
            await telegram.until(lambda: anna.private.videos, SECONDS)
            assert await program.stop() == 0, program.log
        refused = [line for line in program.lines if "cannot be served" in line]
        assert len(refused) == 1
        assert "MATINEE_DISCORD_TOKEN: Discord does not accept this token" in refused[0]


async def test_where_every_token_is_refused_it_leaves_and_says_why(tmp_path: Path) -> None:
    async with emulated_discord() as discord, emulated_telegram() as telegram, upstream(speed=0) as provider:
        settings = {
            **provider,
            "MATINEE_DISCORD_TOKEN": "not.the.token",
            "MATINEE_DISCORD_API_URL": discord.api_url,
            "MATINEE_DISCORD_GATEWAY_URL": discord.gateway_url,
            "MATINEE_TELEGRAM_TOKEN": "123456789:not-the-token-of-anybody",
            "MATINEE_TELEGRAM_API_URL": telegram.url,
        }
        async with serving(tmp_path, settings) as program:
            assert await program.over() == 2
            await asyncio.sleep(0)
        lines = sorted(line for line in program.lines if line.startswith("MATINEE_"))
        assert [line.partition(":")[0] for line in lines] == ["MATINEE_DISCORD_TOKEN", "MATINEE_TELEGRAM_TOKEN"]
        assert "Traceback" not in program.log
