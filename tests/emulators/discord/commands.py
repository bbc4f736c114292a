"""The commands that the bot has registered, for everybody or for one guild, and how often it did so."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tests.emulators.discord.answers import Route
from tests.emulators.discord.calls import Call, Right
from tests.emulators.discord.command_rules import CHAT_INPUT, MOST, command_mistakes
from tests.emulators.discord.errors import Mistake, bad_form, refusal
from tests.emulators.discord.world import Guild, World
from tests.virtual_time import now

CREATED_PER_DAY = 200
_GLOBAL = "/applications/{application_id}/commands"
_OF_GUILD = "/applications/{application_id}/guilds/{guild_id}/commands"


@dataclass(frozen=True)
class Sync:
    """One time that the bot has set all of its commands at once."""

    at: datetime
    guild: Guild | None
    names: tuple[str, ...]


class Commands:
    """Kept by the place where they are known: None is everywhere."""

    def __init__(self, world: World) -> None:
        self.syncs: list[Sync] = []
        self._world = world
        self._known: dict[int | None, list[dict[str, Any]]] = {}
        self._created: Counter[int | None] = Counter()

    @property
    def routes(self) -> list[Route]:
        return [
            (method, f"{base}{rest}", Right.BOT, act)
            for base in (_GLOBAL, _OF_GUILD)
            for method, rest, act in (
                ("GET", "", self._list),
                ("PUT", "", self._overwrite),
                ("POST", "", self._create),
                ("GET", "/{command_id}", self._get),
                ("PATCH", "/{command_id}", self._edit),
                ("DELETE", "/{command_id}", self._delete),
            )
        ]

    def offered(self, guild: Guild | None) -> list[dict[str, Any]]:
        """What the client lists here: the guild's own first."""
        own = [] if guild is None else self._known.get(guild.id, [])
        return [*own, *self._known.get(None, [])]

    def _place(self, call: Call) -> int | None:
        if call.number("application_id") != self._world.bot.id:
            raise refusal(50001)
        if "guild_id" not in call.params:
            return None
        guild = self._world.guilds.get(call.number("guild_id"))
        if guild is None or not guild.has_bot:
            raise refusal(50001)
        return guild.id

    def _list(self, call: Call) -> Any:
        commands = self._known.get(self._place(call), [])
        if call.query.get("with_localizations", "").lower() in {"1", "true"}:
            return commands
        hidden = {"name_localizations", "description_localizations"}
        return [{name: value for name, value in command.items() if name not in hidden} for command in commands]

    def _overwrite(self, call: Call) -> Any:
        place = self._place(call)
        wanted = call.json if isinstance(call.json, list) else []
        known = self._set(place, wanted)
        guild = None if place is None else self._world.guilds[place]
        self.syncs.append(Sync(now(), guild, tuple(command["name"] for command in known)))
        return known

    def _create(self, call: Call) -> Any:
        place = self._place(call)
        wanted = call.body
        others = [command for command in self._known.get(place, []) if _key(command) != _key(wanted)]
        return self._set(place, [*others, wanted])[-1]

    def _edit(self, call: Call) -> Any:
        place = self._place(call)
        changed = self._get(call) | call.body
        wanted = [changed if command["id"] == changed["id"] else command for command in self._known[place]]
        return next(command for command in self._set(place, wanted) if _key(command) == _key(changed))

    def _get(self, call: Call) -> Any:
        wanted = str(call.number("command_id"))
        for command in self._known.get(self._place(call), []):
            if command["id"] == wanted:
                return command
        raise refusal(10063)

    def _delete(self, call: Call) -> None:
        place = self._place(call)
        self._known[place].remove(self._get(call))

    def _set(self, place: int | None, wanted: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Check all, then keep all; who was known keeps its id."""
        mistakes: list[Mistake] = []
        for index, command in enumerate(wanted):
            mistakes += command_mistakes(command, (index,))
        names = Counter(_key(command) for command in wanted)
        for index, command in enumerate(wanted):
            if names[_key(command)] > 1:
                sentence = "Application command names must be unique"
                mistakes.append(((index,), "APPLICATION_COMMANDS_DUPLICATE_NAME", sentence))
        if mistakes:
            raise bad_form(*mistakes)
        for kind, count in Counter(command.get("type") or CHAT_INPUT for command in wanted).items():
            if count > MOST[kind]:
                raise refusal(30032)
        old = {_key(command): command["id"] for command in self._known.get(place, [])}
        new = sum(key not in old for key in names)
        if self._created[place] + new > CREATED_PER_DAY:
            raise refusal(30034)
        self._created[place] += new
        self._known[place] = [self._kept(command, place, old.get(_key(command))) for command in wanted]
        return self._known[place]

    def _kept(self, command: dict[str, Any], place: int | None, known_id: str | None) -> dict[str, Any]:
        kind = command.get("type") or CHAT_INPUT
        wanted = command.get("default_member_permissions")
        kept: dict[str, Any] = {
            "id": known_id or str(self._world.ids.new()),
            "application_id": str(self._world.bot.id),
            "version": str(self._world.ids.new()),
            "type": kind,
            "name": command["name"],
            "name_localizations": command.get("name_localizations"),
            "description": command.get("description", ""),
            "description_localizations": command.get("description_localizations"),
            "default_member_permissions": None if wanted is None else str(wanted),
            "dm_permission": True,
            "nsfw": bool(command.get("nsfw")),
            "integration_types": command.get("integration_types") or [0],
            "contexts": command.get("contexts"),
        }
        if kind == CHAT_INPUT:
            kept["options"] = command.get("options") or []
        if place is not None:
            kept["guild_id"] = str(place)
        return kept


def _key(command: dict[str, Any]) -> tuple[int, str]:
    return command.get("type") or CHAT_INPUT, command.get("name", "")
