"""The bot's commands and words about itself: by scope and language, as people's clients then show them."""

import re
from dataclasses import dataclass, field
from typing import Any

from tests.emulators.telegram.calls import Call
from tests.emulators.telegram.chats import Chat, Status
from tests.emulators.telegram.errors import bad_request
from tests.emulators.telegram.sending import Method
from tests.emulators.telegram.world import User, World

MOST_COMMANDS = 100
_SCOPES = {
    "default": (),
    "all_private_chats": (),
    "all_group_chats": (),
    "all_chat_administrators": (),
    "chat": ("chat_id",),
    "chat_administrators": ("chat_id",),
    "chat_member": ("chat_id", "user_id"),
}
_TEXTS = {"Name": ("name", 64), "Description": ("description", 512), "ShortDescription": ("short_description", 120)}
"""By the end of a method's name: the field, and how many characters it may have."""

Scope = tuple[str | int, ...]


@dataclass
class Commands:
    """What is set, by scope and language."""

    world: World
    set: dict[tuple[Scope, str], list[dict[str, str]]] = field(default_factory=dict)
    texts: dict[tuple[str, str], str] = field(default_factory=dict)
    menu_button: dict[str, Any] = field(default_factory=lambda: {"type": "commands"})

    @property
    def methods(self) -> dict[str, Method]:
        return {
            "setMyCommands": self.set_commands,
            "getMyCommands": self.get_commands,
            "deleteMyCommands": self.delete_commands,
            "setChatMenuButton": self.set_menu_button,
            "getChatMenuButton": lambda _: self.menu_button,
            **{f"setMy{name}": self.set_text for name in _TEXTS},
            **{f"getMy{name}": self.get_text for name in _TEXTS},
        }

    def set_commands(self, call: Call) -> bool:
        given = call.json("commands")
        if not isinstance(given, list):
            raise bad_request("can't parse commands: expected an Array of BotCommand")
        if len(given) > MOST_COMMANDS:
            raise bad_request("BOT_COMMANDS_TOO_MUCH")
        commands = [_command(one) for one in given]
        self.set[self._scope(call), _language(call)] = commands
        return True

    def get_commands(self, call: Call) -> list[dict[str, str]]:
        return self.set.get((self._scope(call), _language(call)), [])

    def delete_commands(self, call: Call) -> bool:
        self.set.pop((self._scope(call), _language(call)), None)
        return True

    def set_text(self, call: Call) -> bool:
        name, most = _TEXTS[call.method.removeprefix("setMy")]
        text = call.text(name)
        if len(text) > most:
            raise bad_request(f"{name.replace('_', ' ')} is too long")
        self.texts[name, _language(call)] = text
        return True

    def get_text(self, call: Call) -> dict[str, str]:
        name, _ = _TEXTS[call.method.removeprefix("getMy")]
        default = self.world.bot.first_name if name == "name" else ""
        return {name: self.texts.get((name, _language(call))) or self.texts.get((name, "")) or default}

    def set_menu_button(self, call: Call) -> bool:
        self.menu_button = call.json("menu_button") or {"type": "commands"}
        return True

    def offered(self, person: User, chat: Chat) -> dict[str, str]:
        """What somebody's client lists after `/`: the nearest scope that has something, the language first."""
        language = person.language_code or ""
        for scope in _scopes_for(person, chat):
            for spoken in (language, ""):
                if found := self.set.get((scope, spoken)):
                    return {command["command"]: command["description"] for command in found}
        return {}

    def _scope(self, call: Call) -> Scope:
        told = call.json("scope") or {"type": "default"}
        kind = told.get("type") if isinstance(told, dict) else None
        if kind not in _SCOPES:
            raise bad_request("can't parse BotCommandScope: unsupported type specified")
        scope: list[str | int] = [kind]
        for name in _SCOPES[kind]:
            if told.get(name) is None:
                raise bad_request(f"can't parse BotCommandScope: {name} is empty")
            number = self.world.find_chat(str(told[name])).id if name == "chat_id" else int(told[name])
            scope.append(number)
        return tuple(scope)


def _scopes_for(person: User, chat: Chat) -> list[Scope]:
    """In the order of core.telegram.org/bots/api, "Determining list of commands"."""
    if chat.is_private:
        return [("chat", chat.id), ("all_private_chats",), ("default",)]
    admin = chat.status(person) in {Status.CREATOR, Status.ADMINISTRATOR}
    return [
        ("chat_member", chat.id, person.id),
        *([("chat_administrators", chat.id)] if admin else []),
        ("chat", chat.id),
        *([("all_chat_administrators",)] if admin else []),
        ("all_group_chats",),
        ("default",),
    ]


def _command(one: Any) -> dict[str, str]:
    if not isinstance(one, dict):
        raise bad_request("can't parse BotCommand: expected an Object")
    command, description = str(one.get("command", "")).removeprefix("/"), str(one.get("description", "")).strip()
    if not command or len(command) > 32 or re.fullmatch(r"[a-z0-9_]+", command) is None:
        raise bad_request("BOT_COMMAND_INVALID")
    if not 1 <= len(description) <= 256:
        raise bad_request("BOT_COMMAND_DESCRIPTION_INVALID")
    return {"command": command, "description": description}


def _language(call: Call) -> str:
    code = call.text("language_code")
    if re.fullmatch(r"(?:[a-z]{2})?", code) is None:
        raise bad_request("LANG_CODE_INVALID")
    return code
