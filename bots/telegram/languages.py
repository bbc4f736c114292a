"""The languages of Telegram: which one a person reads, and what the commands are called in it."""

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Final

import telegram

from core.texts import ENGLISH, language_for, languages, say, speaking

COMMANDS: Final = ("video", "animate", "jobs", "quota", "queue", "models", "settings", "cancel", "help")
"""By their English names, in the order in which people meet them."""
MODERATORS: Final = ("videomod",)
"""What is listed for administrators of groups besides."""

_NAME: Final = re.compile(r"[a-z0-9_]{1,32}")
"""What Telegram takes for a command (Bot API, BotCommand)."""
_CODE: Final = re.compile(r"[a-z]{2}")
"""What Telegram takes for a language (Bot API, setMyCommands): it tells no countries apart."""


def language_of(person: telegram.User | None) -> str:
    """The language that somebody has set in their Telegram, as far as we speak it; a chat has none."""
    return language_for((person and person.language_code) or "") or ENGLISH


def name_of(command: str) -> str:
    """What Telegram calls a command in the language that is spoken: as in English where it would not take the name."""
    name = say(f"command-name-{command}")
    return name if _NAME.fullmatch(name) else command


def command_named(name: str) -> str:
    """The command that bears this name in any language; what none of them is called stays as it is."""
    return _names().get(name, name)


def listed_languages() -> Sequence[str]:
    """The languages beside English in which Telegram can list commands."""
    return sorted(language for language in languages() - {ENGLISH} if _CODE.fullmatch(language))


@lru_cache
def _names() -> dict[str, str]:
    names: dict[str, str] = {}
    for language in sorted(languages()):
        with speaking(language):
            names.update((say(f"command-name-{command}"), command) for command in (*COMMANDS, *MODERATORS))
    return names | {command: command for command in (*COMMANDS, *MODERATORS)}
