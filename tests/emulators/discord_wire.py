"""Asks the emulator over plain HTTP what discord.py would never ask, so that its refusals can be seen."""

import asyncio
import io
import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import aiohttp

from tests.emulators.discord import Channel, DiscordEmulator, Guild, Interaction, Person

VIDEO = {"name": "video", "description": "Make a video", "type": 1}


@dataclass
class Told:
    """An answer."""

    status: int
    headers: dict[str, str]
    body: Any

    @property
    def code(self) -> int:
        """Discord's own number for a refusal; 0 where there is none."""
        return int(self.body.get("code", 0)) if isinstance(self.body, dict) else 0

    def mistakes(self) -> set[str]:
        """The names of all mistakes in a form."""

        def walk(node: Any) -> set[str]:
            if not isinstance(node, dict):
                return set()
            found = {error["code"] for error in node.get("_errors", ())}
            return found.union(*(walk(child) for child in node.values()))

        return walk(self.body.get("errors"))


@dataclass
class Wire:
    """A guild with Mia and a channel, and a bot that is only HTTP."""

    discord: DiscordEmulator
    session: aiohttp.ClientSession
    guild: Guild
    channel: Channel
    mia: Person

    async def ask(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        files: dict[str, bytes] | None = None,
        token: str | None = None,
    ) -> Told:
        """One request with the bot's token."""
        headers = {"Authorization": f"Bot {self.discord.token}" if token is None else token}
        data: Any = None
        if files:
            data = aiohttp.FormData(quote_fields=False)
            data.add_field("payload_json", json.dumps(body or {}), content_type="application/json")
            for index, (name, content) in enumerate(files.items()):
                media_type = "application/octet-stream"
                data.add_field(f"files[{index}]", io.BytesIO(content), filename=name, content_type=media_type)
        elif body is not None:
            headers["Content-Type"] = "application/json"
            data = json.dumps(body)
        url = self.discord.api_url + path
        async with self.session.request(method, url, headers=headers, data=data) as response:
            text = await response.text()
            is_json = response.headers.get("Content-Type") == "application/json"
            return Told(response.status, dict(response.headers), json.loads(text) if is_json else text)

    async def send(self, body: dict[str, Any], channel: Channel | None = None, /, **files: bytes) -> Told:
        named = {name.replace("_", "."): content for name, content in files.items()}
        return await self.ask("POST", f"/channels/{(channel or self.channel).id}/messages", body, files=named)

    async def edit(self, message_id: int | str, body: dict[str, Any], **files: bytes) -> Told:
        named = {name.replace("_", "."): content for name, content in files.items()}
        return await self.ask("PATCH", f"/channels/{self.channel.id}/messages/{message_id}", body, files=named)

    async def register(self, *commands: dict[str, Any]) -> Told:
        return await self.ask("PUT", f"/applications/{self.discord.application_id}/commands", list(commands))

    @staticmethod
    def keep(task: asyncio.Task[Interaction]) -> asyncio.Task[Interaction]:
        """Somebody waits for an answer meanwhile."""
        _waiting.add(task)
        task.add_done_callback(_waiting.discard)
        return task

    @staticmethod
    async def over(interaction: Interaction) -> None:
        """Until the person has seen that it was answered."""
        await interaction.until_answered()

    async def begin(self, person: Person | None = None, channel: Channel | None = None) -> Interaction:
        """`/video`, not yet answered."""
        slash = (person or self.mia).slash(channel or self.channel, "video")
        known = len(self.discord.interactions)
        task = self.keep(asyncio.create_task(slash, name="somebody waits"))
        while len(self.discord.interactions) == known and not task.done():  # noqa: ASYNC110 - one turn of the loop
            await asyncio.sleep(0)
        return self.discord.interactions[-1]

    async def call_back(self, interaction: Interaction, kind: int, data: Any = None, *, query: str = "") -> Told:
        path = f"/interactions/{interaction.id}/{interaction.token}/callback{query}"
        body = {"type": kind} | ({} if data is None else {"data": data})
        return await self.ask("POST", path, body, token="")

    async def by_token(
        self, interaction: Interaction, method: str, rest: str, body: Any = None, **files: bytes
    ) -> Told:
        named = {name.replace("_", "."): content for name, content in files.items()}
        path = f"/webhooks/{self.discord.application_id}/{interaction.token}{rest}"
        return await self.ask(method, path, body, files=named, token="")


_waiting: set[asyncio.Task[Interaction]] = set()


@asynccontextmanager
async def wired(**choices: Any) -> AsyncGenerator[Wire]:
    """The emulator with `/video` registered. Requests are not judged here: they are wrong on purpose."""
    async with DiscordEmulator(**choices) as server, aiohttp.ClientSession() as session:
        mia = server.person("mia")
        guild = server.guild("Film club", mia)
        wire = Wire(server, session, guild, guild.channel("videos"), mia)
        await wire.register(VIDEO)
        yield wire
        await asyncio.gather(*_waiting)
        broken = [line for line in server.complaints if line.startswith("the emulator")]
        assert not broken, "\n".join(broken)
