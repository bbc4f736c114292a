"""The commands that Telegram's clients list, a list for each language: told once, and again when one has changed."""

import hashlib
import json
from collections.abc import Sequence
from typing import Final

import structlog
import telegram
from telegram import (
    BotCommand,
    BotCommandScopeAllChatAdministrators,
    BotCommandScopeAllGroupChats,
    BotCommandScopeAllPrivateChats,
    BotCommandScopeDefault,
)

from bots.telegram.faults import FaultError, faults_become_ours
from bots.telegram.languages import COMMANDS, MODERATORS, listed_languages, name_of
from core.db import DatabaseUnavailableError
from core.service import Service
from core.texts import ENGLISH, say, speaking

MENU_MARK: Final = "telegram.commands"
"""Under which it is remembered what Telegram was last told: a fingerprint of the commands, and their languages."""
_UNSETTLED: Final = "telling"
"""In the place of the fingerprint while Telegram is told, so that a death meanwhile forgets none of the languages."""

_SCOPES: Final = (
    BotCommandScopeDefault(),
    BotCommandScopeAllPrivateChats(),
    BotCommandScopeAllGroupChats(),
    BotCommandScopeAllChatAdministrators(),
)

_log = structlog.get_logger(__name__)


def menu(language: str = ENGLISH, *, moderators: bool = False) -> Sequence[BotCommand]:
    """The commands in the order in which people meet them, as they are called in this language."""
    commands = (*COMMANDS, *MODERATORS) if moderators else COMMANDS
    with speaking(language):
        return [BotCommand(name_of(command), say(f"command-{command}")) for command in commands]


async def tell_commands(bot: telegram.Bot, service: Service) -> bool:
    """Tell Telegram the commands in all languages, if it was told others last; whether that was so.

    A language that we speak no more is taken back: whoever reads it is offered the English commands again.
    """
    # English goes to everybody who reads none of the others. A scope's own default comes before the languages of a
    # wider scope, so that each scope is told every language.
    languages = listed_languages()
    menus = [
        (scope, language, menu(language or ENGLISH, moderators=isinstance(scope, BotCommandScopeAllChatAdministrators)))
        for scope in _SCOPES
        for language in (None, *languages)
    ]
    told = [
        bot.id,
        [
            [scope.to_dict(), language, [command.to_dict() for command in commands]]
            for scope, language, commands in menus
        ],
    ]
    now = " ".join([hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest(), *languages])
    try:
        before = await service.mark(MENU_MARK) or ""
        if before == now:
            return False
        gone = set(before.split()[1:]) - set(languages)
        await service.set_mark(MENU_MARK, " ".join([_UNSETTLED, *sorted(gone.union(languages))]))
        with faults_become_ours():
            for scope, language, commands in menus:
                await bot.set_my_commands(commands, scope=scope, language_code=language)
            for scope in _SCOPES:
                for language in sorted(gone):
                    await bot.delete_my_commands(scope=scope, language_code=language)
        await service.set_mark(MENU_MARK, now)
    except (FaultError, DatabaseUnavailableError) as error:
        # Those that Telegram knows go on working; the next start tells it again.
        _log.warning("the commands were not told to Telegram", reason=str(error))
        return False
    _log.info("the commands were told to Telegram", commands=len(COMMANDS), lists=len(menus))
    return True
