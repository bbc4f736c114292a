"""The routes about the bot itself and about what it may look up: account, application, guilds, members, DMs."""

from collections.abc import Callable
from typing import Any

from tests.emulators.discord.answers import Route
from tests.emulators.discord.calls import Call, Right
from tests.emulators.discord.errors import bad_form, refusal
from tests.emulators.discord.events import told_user
from tests.emulators.discord.gateway import IDENTIFY_SECONDS, Gateway
from tests.emulators.discord.payloads import channel_json, guild_json, member_json, role_json, user_json
from tests.emulators.discord.permissions import Permission
from tests.emulators.discord.world import Guild, World


class Account:
    """What the bot asks about."""

    def __init__(self, world: World, gateway: Gateway, shards: int) -> None:
        self._world = world
        self._gateway = gateway
        self._shards = shards

    @property
    def routes(self) -> list[Route]:
        def get(route: str, answer: Callable[[Call], Any]) -> Route:
            return ("GET", route, Right.BOT, answer)

        guild = "/guilds/{guild_id}"
        return [
            get("/users/@me", lambda _: told_user(self._world.bot)),
            get("/users/@me/guilds", self._guilds),
            get("/users/{user_id}", self._user),
            ("POST", "/users/@me/channels", Right.BOT, self._dm),
            get("/oauth2/applications/@me", lambda _: self._application()),
            get("/applications/@me", lambda _: self._application()),
            get("/gateway", lambda _: {"url": self._gateway.url}),
            get("/gateway/bot", lambda _: self._start()),
            get(guild, lambda call: guild_json(self._guild(call))),
            get(f"{guild}/channels", self._channels),
            get(f"{guild}/roles", lambda call: [role_json(role) for role in self._guild(call).roles.values()]),
            get(f"{guild}/members/{{user_id}}", self._member),
            get("/users/@me/guilds/{guild_id}/member", self._me),
        ]

    def _guild(self, call: Call) -> Guild:
        guild = self._world.guilds.get(call.number("guild_id"))
        if guild is None:
            raise refusal(10004)
        if not guild.has_bot:
            raise refusal(50001)
        return guild

    def _application(self) -> dict[str, Any]:
        bot = self._world.bot
        return {
            "id": str(bot.id),
            "name": bot.name,
            "description": "",
            "icon": None,
            "bot_public": True,
            "bot_require_code_grant": False,
            "summary": "",
            "verify_key": "0" * 64,
            "flags": 0,
            "flags_new": "0",
            "hook": True,
            "type": None,
            "max_participants": None,
            "rpc_origins": [],
            "redirect_uris": [],
            "interactions_endpoint_url": None,
            "role_connections_verification_url": None,
            "approximate_guild_count": len(self._world.guilds),
            "approximate_user_install_count": 0,
            "approximate_user_authorization_count": 0,
            "eligible_oauth2_scopes": [],
            "integration_types_config": {"0": {}, "1": {}},
            "explicit_content_filter": 0,
            "owner": user_json(bot),
            "bot": user_json(bot),
            "team": None,
            "tags": [],
        }

    def _start(self) -> dict[str, Any]:
        gateway = self._gateway
        return {
            "url": gateway.url,
            "shards": self._shards,
            "session_start_limit": {
                "total": 1000,
                "remaining": gateway.starts_left,
                "reset_after": round(IDENTIFY_SECONDS * 1000),
                "max_concurrency": gateway.max_concurrency,
            },
        }

    def _guilds(self, call: Call) -> Any:
        names = ("id", "name", "icon", "banner", "features")
        return [
            {name: guild_json(guild)[name] for name in names}
            | {"owner": False, "permissions": str(int(guild.everyone.permissions))}
            for guild in self._world.guilds.values()
            if guild.has_bot
        ]

    def _user(self, call: Call) -> Any:
        user = self._world.users.get(call.number("user_id"))
        if user is None:
            raise refusal(10013)
        return user_json(user)

    def _member(self, call: Call) -> Any:
        member = self._guild(call).members.get(call.number("user_id"))
        if member is None:
            raise refusal(10007)
        return member_json(member)

    def _me(self, call: Call) -> Any:
        return member_json(self._guild(call).members[self._world.bot.id])

    def _channels(self, call: Call) -> Any:
        bot = self._world.bot
        rooms = [channel for channel in self._guild(call).channels.values() if not channel.is_thread]
        return [channel_json(channel) for channel in rooms if Permission.VIEW_CHANNEL in channel.may(bot)]

    def _dm(self, call: Call) -> Any:
        """The conversation with somebody; whether it takes messages shows when one is sent."""
        wanted = call.body.get("recipient_id")
        if not isinstance(wanted, str | int) or not str(wanted).isdecimal():
            raise bad_form((("recipient_id",), "BASE_TYPE_REQUIRED", "This field is required"))
        user = self._world.users.get(int(wanted))
        if user is None:
            raise refusal(10013)
        if user.bot:
            raise refusal(50007)
        return channel_json(self._world.dm(self._world.bot, user))
