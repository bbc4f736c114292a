"""What an edit on Discord costs: through our board and messenger, and in a bare loop over discord.py, side by side.

The far end is a process of its own that answers every edit at once, so what is measured is this side alone: CPU time.
"""

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Final

import discord
from aiohttp import web
from discord.http import Route
from typing_extensions import override

from bots.discord.messenger import DiscordMessenger
from bots.discord.pace import Pace
from bots.discord.place import Place
from bots.discord.wire import Wire
from core.board import Board
from core.model import Address, GenerationRequest, JobId, Phase, Status
from core.ports import Limits

EDITS: Final = 400
_CHANNEL, _MESSAGE, _BOT = 1001, 1002, 1003
_AUTHOR: Final = {"id": str(_BOT), "username": "matinee", "discriminator": "0000", "avatar": None, "bot": True}


class _AtOnce(DiscordMessenger):
    """Takes an edit whenever there is one: the pace is what is not measured here."""

    @property
    @override
    def limits(self) -> Limits:
        return Limits(upload_bytes=1, edit_interval=timedelta(0), step_percent=0, stale_after=timedelta(0))

    @override
    async def turn(self) -> None:
        """No bucket."""


async def measure() -> dict[str, float]:
    """CPU microseconds an edit, by what makes it."""
    async with _far_end() as url, discord.Client(intents=discord.Intents.none()) as client:
        Route.BASE = url
        await client.login("nobody.looks.at-it")
        bare, ours = [], []
        for _ in range(3):
            bare.append(await _cpu(lambda: _bare(client)))
            ours.append(await _cpu(lambda: _through_the_board(client)))
    return {"bare PartialMessage.edit loop": min(bare), "matinee: status, board, Components V2": min(ours)}


async def _cpu(work: Callable[[], Awaitable[None]]) -> float:
    before = time.process_time()
    await work()
    return (time.process_time() - before) / EDITS * 1e6


async def _bare(client: discord.Client) -> None:
    message = client.get_partial_messageable(_CHANNEL).get_partial_message(_MESSAGE)
    for number in range(EDITS):
        await message.edit(content=f"Rendering {number} %", allowed_mentions=discord.AllowedMentions.none())


async def _through_the_board(client: discord.Client) -> None:
    async def moved(_job: JobId, _address: Address) -> None:
        """Nobody looks for it afterwards."""

    def now() -> datetime:
        return datetime.now(UTC)

    wire = Wire(client, Pace(), now, moved)
    wire.opened.set()
    place = Place(_BOT, "none", now() - timedelta(hours=1), _CHANNEL, _MESSAGE, 7, guild=8)
    status = Status(
        job=JobId("7F3K7F3K"),
        phase=Phase.RENDERING,
        request=GenerationRequest("a lighthouse in a storm", "standard", 5),
        model_label="standard",
        price=1,
        started_at=now(),
    )
    messenger = _AtOnce(place, wire)
    shown = asyncio.Semaphore(0)
    show = messenger.show

    async def counted(status: Status) -> None:
        await show(status)
        shown.release()

    messenger.show = counted  # type: ignore[method-assign] # counts what passes
    async with Board(messenger, now=now) as board:
        for number in range(EDITS):
            board.post(replace(status, percent=number / EDITS * 100, attempt=number))
            await shown.acquire()


@asynccontextmanager
async def _far_end() -> AsyncGenerator[str]:
    server = await asyncio.create_subprocess_exec(sys.executable, "-m", "benchmarks.edits", stdout=subprocess.PIPE)
    try:
        assert server.stdout
        yield (await server.stdout.readline()).decode().strip()
    finally:
        server.terminate()
        await server.wait()


async def _serve() -> None:
    """Answer what discord.py asks, at once and always the same."""
    message = {
        "id": str(_MESSAGE),
        "channel_id": str(_CHANNEL),
        "author": _AUTHOR,
        "content": "",
        "type": 0,
        "timestamp": "2026-11-24T12:00:00+00:00",
        "edited_timestamp": None,
        "tts": False,
        "flags": 0,
        "mention_everyone": False,
        "mentions": [],
        "mention_roles": [],
        "attachments": [],
        "embeds": [],
        "pinned": False,
        "components": [],
    }
    application = {"id": str(_BOT), "name": "matinee", "description": "", "flags": 0, "bot_public": True}
    application |= {"bot_require_code_grant": False, "icon": None, "verify_key": "", "owner": _AUTHOR, "team": None}

    async def answer(request: web.Request) -> web.Response:
        body = message if request.method == "PATCH" else application if "oauth2" in request.path else _AUTHOR
        # Without a charset, or discord.py takes it for text.
        return web.Response(body=json.dumps(body).encode(), headers={"Content-Type": "application/json"})

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", answer)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    sys.stdout.write(f"http://127.0.0.1:{runner.addresses[0][1]}/api/v10\n")
    sys.stdout.flush()
    await asyncio.sleep(120)


if __name__ == "__main__":
    asyncio.run(_serve())
