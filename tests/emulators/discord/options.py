"""What Discord's client lets a person type: options checked against the command, then written as the bot gets them."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.emulators.discord.calls import Upload
from tests.emulators.discord.command_rules import (
    ATTACHMENT,
    BOOLEAN,
    CHANNEL,
    GROUP,
    INTEGER,
    MENTIONABLE,
    NUMBER,
    ROLE,
    STRING,
    SUB_COMMAND,
)
from tests.emulators.discord.command_rules import USER as USER_OPTION
from tests.emulators.discord.messages import Attachment
from tests.emulators.discord.modals import NotPossibleError
from tests.emulators.discord.payloads import channel_json, member_json, role_json, user_json
from tests.emulators.discord.world import Channel, Role, User


@dataclass
class Typed:
    """What a person has typed, as `data` of an interaction carries it."""

    channel: Channel
    person: User
    keep: Callable[[Upload], tuple[Attachment, dict[str, Any]]]
    """Uploads a file; how it is told."""
    resolved: dict[str, dict[str, Any]] = field(default_factory=dict)

    def options(
        self, known: list[dict[str, Any]], given: dict[str, Any], *, focused: str | None = None
    ) -> list[dict[str, Any]]:
        """The given ones, in the command's order; while one is being typed the rest need not be complete."""
        by_name = {option["name"]: option for option in known}
        if unknown := set(given) - set(by_name):
            raise NotPossibleError(f"no such option: {', '.join(sorted(unknown))}; there are {', '.join(by_name)}")
        told = []
        for name, option in by_name.items():
            if name == focused:
                told.append({"name": name, "type": option["type"], "value": given.get(name, ""), "focused": True})
            elif given.get(name) is not None:
                told.append({"name": name, "type": option["type"], "value": self._value(option, given[name])})
            elif option.get("required") and focused is None:
                raise NotPossibleError(f"{name} is required")
        return told

    def _value(self, option: dict[str, Any], value: Any) -> Any:
        kind = option["type"]
        if choices := option.get("choices"):
            return _chosen(option["name"], choices, value)
        if kind == STRING:
            return _text(option, value)
        if kind in {INTEGER, NUMBER}:
            return _number(option, value)
        if kind == BOOLEAN and isinstance(value, bool):
            return value
        if kind == ATTACHMENT and isinstance(value, Upload):
            attachment, told = self.keep(value)
            self.resolved.setdefault("attachments", {})[str(attachment.id)] = told
            return str(attachment.id)
        for taken, made in ((USER_OPTION, User), (ROLE, Role), (CHANNEL, Channel)):
            if isinstance(value, made) and (kind == taken or (kind == MENTIONABLE and taken != CHANNEL)):
                return self.resolve(value)
        raise NotPossibleError(f"{option['name']} does not take {value!r}")

    def resolve(self, thing: User | Role | Channel) -> str:
        """Write down who or what an id stands for; the id."""
        if isinstance(thing, User):
            self._resolve_user(thing)
        elif isinstance(thing, Role):
            self.resolved.setdefault("roles", {})[str(thing.id)] = role_json(thing)
        else:
            told = channel_json(thing, permissions=thing.may(self.person))
            self.resolved.setdefault("channels", {})[str(thing.id)] = told
        return str(thing.id)

    def _resolve_user(self, user: User) -> None:
        self.resolved.setdefault("users", {})[str(user.id)] = user_json(user)
        guild = self.channel.guild
        if guild is not None and user.id in guild.members:
            member = member_json(guild.members[user.id], self.channel.may(user))
            told = {name: value for name, value in member.items() if name not in {"user", "deaf", "mute"}}
            self.resolved.setdefault("members", {})[str(user.id)] = told


def find_options(command: dict[str, Any], path: list[str]) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The options of a command or of the subcommand that a path leads to, and the steps on the way."""
    options: list[dict[str, Any]] = command.get("options", [])
    steps = []
    for name in path:
        found = next((o for o in options if o["name"] == name and o["type"] in {SUB_COMMAND, GROUP}), None)
        if found is None:
            raise NotPossibleError(f"/{command['name']} has no {name}")
        steps.append(found)
        options = found.get("options", [])
    if any(option["type"] in {SUB_COMMAND, GROUP} for option in options):
        raise NotPossibleError(f"/{command['name']} is only used by its subcommands")
    return options, steps


def wrapped(steps: list[dict[str, Any]], options: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The options within the subcommands that were named."""
    for step in reversed(steps):
        options = [{"name": step["name"], "type": step["type"], "options": options}]
    return options


def _chosen(name: str, choices: list[dict[str, Any]], value: Any) -> Any:
    for choice in choices:
        if value in (choice["value"], choice["name"]):
            return choice["value"]
    raise NotPossibleError(f"{name} offers {json.dumps([choice['name'] for choice in choices])}, not {value!r}")


def _text(option: dict[str, Any], value: Any) -> str:
    least, most = option.get("min_length") or 0, option.get("max_length") or 6000
    if not isinstance(value, str) or not least <= len(value) <= most:
        raise NotPossibleError(f"{option['name']} takes {least} to {most} characters")
    return value


def _number(option: dict[str, Any], value: Any) -> int | float:
    whole = option["type"] == INTEGER
    if isinstance(value, bool) or not isinstance(value, int if whole else int | float):
        raise NotPossibleError(f"{option['name']} takes a number, not {value!r}")
    least, most = option.get("min_value"), option.get("max_value")
    if (least is not None and value < least) or (most is not None and value > most):
        raise NotPossibleError(f"{option['name']} takes {least} to {most}, not {value}")
    number: int | float = value
    return number
