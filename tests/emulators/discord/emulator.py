"""Discord on this machine: one object that holds the world, serves the bot and lets people act."""

import asyncio
import re
from collections.abc import Callable, Iterable
from contextlib import suppress
from types import TracebackType
from typing import Any, Self

from tests.emulators.discord.account import Account
from tests.emulators.discord.answers import Answers
from tests.emulators.discord.buckets import RateLimited
from tests.emulators.discord.calls import Call
from tests.emulators.discord.cdn import Cdn
from tests.emulators.discord.channels import Channels
from tests.emulators.discord.commands import Commands, Sync
from tests.emulators.discord.events import Events, Intent
from tests.emulators.discord.faults import Fault
from tests.emulators.discord.gateway import Gateway
from tests.emulators.discord.ids import Snowflakes
from tests.emulators.discord.interactions import Interaction, Kind, interaction_json, token_for
from tests.emulators.discord.messages import Message
from tests.emulators.discord.openapi import Judge
from tests.emulators.discord.payloads import message_json
from tests.emulators.discord.people import Person
from tests.emulators.discord.post import Post
from tests.emulators.discord.server import API, Server
from tests.emulators.discord.world import MIB, Channel, Guild, Nitro, User, World

TOKEN = "the.bot.token"
NO_INTENT = Intent(0)


class DiscordEmulator:
    """`async with DiscordEmulator() as discord:`; see `point_at` for how discord.py finds it.

    It is as strict as Discord, and its clock is that of the running loop. `complaints` is what the bot did that
    Discord's description does not allow: a test asserts that there is none.
    """

    def __init__(
        self,
        *,
        token: str = TOKEN,
        privileged: Intent = NO_INTENT,
        shards: int = 1,
        max_concurrency: int = 1,
        upload_limit: int = 10 * MIB,
    ) -> None:
        self.token = token
        self.cdn = Cdn()
        ids = Snowflakes()
        self.bot = User(ids.new(), "matinee", bot=True)
        events = Events(self.cdn)
        self.world = World(ids, self.bot, events, upload_limit, users={self.bot.id: self.bot})
        self.gateway = Gateway(self.world, token, privileged=privileged, max_concurrency=max_concurrency)
        self.post = Post(self.world, self.cdn)
        self.commands = Commands(self.world)
        self._answers = Answers(self.world, self.post)
        self._channels = Channels(self.world, self.post, reads_content=Intent.MESSAGE_CONTENT in privileged)
        account = Account(self.world, self.gateway, shards)
        routes = [*account.routes, *self.commands.routes, *self._channels.routes, *self._answers.routes]
        self._server = Server(token=token, routes=routes, cdn=self.cdn, gateway=self.gateway, judge=Judge())
        self._url = ""
        events.ears = self.gateway

    async def __aenter__(self) -> Self:
        self._url = await self._server.start()
        self.cdn.base = f"{self._url}/cdn"
        self.gateway.url = self.gateway_url
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._server.stop()

    @property
    def api_url(self) -> str:
        return self._url + API

    @property
    def gateway_url(self) -> str:
        return self._url.replace("http://", "ws://") + "/gateway/"

    @property
    def application_id(self) -> int:
        return self.bot.id

    # The world

    def person(
        self, name: str, *, locale: str = "en-US", nitro: Nitro = Nitro.NONE, installed_app: bool = False
    ) -> Person:
        """Somebody new."""
        id_ = self.world.ids.new()
        person = Person(id_, name, locale, nitro, installed_app=installed_app, discord=self)
        self.world.users[id_] = person
        return person

    def guild(
        self,
        name: str = "Film club",
        *people: User,
        with_bot: bool = True,
        tier: int = 0,
        features: Iterable[str] = (),
        locale: str = "en-US",
    ) -> Guild:
        """A community with these people and, unless said otherwise, the bot."""
        owner = self.person("owner")
        guild = self.world.new_guild(name, owner, with_bot=with_bot, tier=tier, features=features, locale=locale)
        guild.join(*people)
        return guild

    def dm(self, person: User, *others: User) -> Channel:
        """The bot's conversation with somebody; with `others`, people's own, in which the bot has no part."""
        return self.world.dm(*((person, *others) if others else (self.bot, person)))

    # What the bot did

    @property
    def complaints(self) -> list[str]:
        """Where a request was not as Discord describes it, or met a route that is not emulated."""
        return self._server.complaints

    @property
    def rate_limited(self) -> list[RateLimited]:
        """Every 429 there was."""
        return self._server.buckets.refusals

    @property
    def invalid_requests(self) -> int:
        """How many of the last ten minutes' requests were answered with 401, 403 or 429."""
        return self._server.buckets.invalid

    @property
    def syncs(self) -> list[Sync]:
        """Each time that the bot has set its commands."""
        return self.commands.syncs

    def requests(self, method: str = "*", pattern: str = "") -> list[Call]:
        """The requests so far, by method and by what their path contains (a regular expression)."""
        return [call for call in self._server.calls if method in {"*", call.method} and re.search(pattern, call.path)]

    async def until(self, condition: Callable[[], Any], seconds: float = 60) -> None:
        """Let everybody go on until something is so; looked at after every request, and once a second."""
        async with asyncio.timeout(seconds):
            while not condition():
                self._server.answered.clear()
                with suppress(TimeoutError):
                    async with asyncio.timeout(1):
                        await self._server.answered.wait()

    async def until_ready(self, seconds: float = 60) -> None:
        """Until the bot is at the gateway."""
        await self.until(lambda: self.gateway.connections, seconds)

    @property
    def routes(self) -> list[tuple[str, str]]:
        """What is emulated, as method and route."""
        return list(self._server.routes)

    @property
    def interactions(self) -> list[Interaction]:
        """All that people did, oldest first."""
        return self._answers.known

    # What goes wrong

    def fail(
        self,
        method: str,
        pattern: str,
        *,
        status: int = 500,
        after_effect: bool = False,
        times: int = 1,
        seconds: float = 0,
        body: str = "",
        headers: dict[str, str] | None = None,
    ) -> None:
        """Answer the next requests that fit with an error, before or after they had their effect."""
        self._fault(method, pattern, status, after_effect, seconds, times, drop=False, body=body, headers=headers)

    def drop(
        self, method: str, pattern: str, *, after_effect: bool = False, times: int = 1, seconds: float = 0
    ) -> None:
        """Cut the line instead of answering."""
        self._fault(method, pattern, None, after_effect, seconds, times, drop=True)

    def slow(self, method: str, pattern: str, seconds: float, *, after_effect: bool = False, times: int = 1) -> None:
        """Answer, but late: the effect comes late too, unless it comes first."""
        self._fault(method, pattern, None, after_effect, seconds, times, drop=False)

    def _fault(
        self,
        method: str,
        pattern: str,
        status: int | None,
        after_effect: bool,
        seconds: float,
        times: int,
        *,
        drop: bool,
        body: str = "",
        headers: dict[str, str] | None = None,
    ) -> None:
        self._server.faults.add(
            Fault(
                method,
                re.compile(pattern),
                status,
                after_effect,
                seconds,
                drop=drop,
                times=times,
                body=body,
                headers=headers or {},
            )
        )

    # What people do

    async def interact(
        self,
        person: User,
        channel: Channel,
        kind: Kind,
        data: dict[str, Any],
        *,
        source: Message | None = None,
        opened_by: Interaction | None = None,
    ) -> Interaction:
        """Tell the bot, and wait for its acknowledgement as long as Discord waits."""
        id_ = self.world.ids.new()
        began = asyncio.get_running_loop().time()
        interaction = Interaction(
            id_, token_for(id_), kind, person, channel, data, began, source=source, opened_by=opened_by
        )
        self._answers.add(interaction)
        message = None if source is None else message_json(source, self.cdn, self.bot)
        guild = channel.guild
        interaction.arrived = self.gateway.dispatch(
            "INTERACTION_CREATE",
            interaction_json(interaction, self.world, message),
            guild_id=guild.id if guild is not None and guild.has_bot else None,
        )
        await interaction.until_answered()
        return interaction
