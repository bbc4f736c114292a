"""The list of commands that Telegram's clients offer: told once, and again only when it has changed."""

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
from core.db import DatabaseUnavailableError
from core.service import Service
from core.texts import say

MENU_MARK: Final = "telegram.commands"
"""Under which the fingerprint is remembered of the commands that Telegram was last told."""

_EVERYWHERE: Final = ("video", "animate", "jobs", "quota", "queue", "models", "settings", "cancel", "help")
_SCOPES: Final = (
    BotCommandScopeDefault(),
    BotCommandScopeAllPrivateChats(),
    BotCommandScopeAllGroupChats(),
    BotCommandScopeAllChatAdministrators(),
)

_log = structlog.get_logger(__name__)


def menu() -> Sequence[BotCommand]:
    """The commands in the order in which people meet them."""
    return [BotCommand(name, say(f"command-{name}")) for name in _EVERYWHERE]


async def tell_commands(bot: telegram.Bot, service: Service) -> bool:
    """Tell Telegram the commands, if they are others than it was told last; whether that was so."""
    commands = menu()
    told = [bot.id, [scope.to_dict() for scope in _SCOPES], [command.to_dict() for command in commands]]
    print_ = hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()
    try:
        if await service.mark(MENU_MARK) == print_:
            return False
        with faults_become_ours():
            for scope in _SCOPES:
                await bot.set_my_commands(commands, scope=scope)
        await service.set_mark(MENU_MARK, print_)
    except (FaultError, DatabaseUnavailableError) as error:
        # Those that Telegram knows go on working; the next start tells it again.
        _log.warning("the commands were not told to Telegram", reason=str(error))
        return False
    _log.info("the commands were told to Telegram", commands=len(commands))
    return True
