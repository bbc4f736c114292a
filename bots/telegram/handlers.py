"""An update from Telegram, and who sees to it: commands, captions, replies, presses, and what happens to chats."""

from contextlib import suppress
from dataclasses import replace
from typing import Final

import structlog
import telegram
from telegram.constants import ChatMemberStatus, ChatType

from bots.telegram.answers import answer
from bots.telegram.asking import NOWHERE, Asked
from bots.telegram.asks import Asks
from bots.telegram.card import Cards
from bots.telegram.commands import Commands, read_command
from bots.telegram.desk import Desk
from bots.telegram.entities import plain
from bots.telegram.ingress import PutOffError
from bots.telegram.languages import language_of
from bots.telegram.menu import tell_commands
from bots.telegram.moderating import Moderating
from bots.telegram.presses import Presses
from bots.telegram.returning import Returns
from core.db import DatabaseUnavailableError
from core.errors import Refusal, RefusalReason
from core.ordering import OptionError
from core.texts import say, speaking

_OUTSIDE: Final = frozenset({ChatMemberStatus.LEFT, ChatMemberStatus.BANNED})

_log = structlog.get_logger(__name__)


class Handlers:
    """Sees to one update at a time of each chat, and to presses beside them. The same update may come again."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._cards = Cards(desk)
        self._asks = Asks(desk, self._cards)
        moderating = Moderating(desk)
        self._commands = Commands(desk, self._cards, self._asks, moderating)
        self._presses = Presses(desk, self._cards, self._asks, moderating)
        self._returns = Returns(desk)

    async def open(self) -> None:
        """Before the first update and the first message: read the key of the buttons.

        Raises `DatabaseUnavailableError`.
        """
        await self._desk.open()

    async def tell_commands(self) -> bool:
        """Tell Telegram what can be typed, if that is not what it was told last; whether that was so."""
        return await tell_commands(self._desk.wire.bot, self._desk.service)

    async def handle(self, update: telegram.Update) -> None:
        """Do what an update asks for, and say everything in the language of whoever asks; no edit is heard.

        Raises `DatabaseUnavailableError` and `PutOffError`: nothing was done that may not be done again.
        """
        with speaking(language_of(update.effective_user)):
            if update.callback_query is not None:
                await self._presses.answer(update, update.callback_query)
            elif update.my_chat_member is not None:
                await self._came_or_went(update, update.my_chat_member)
            elif (message := update.message or update.channel_post) is not None:
                await self._hear(update, message)

    async def _hear(self, update: telegram.Update, message: telegram.Message) -> None:
        if message.migrate_to_chat_id is not None:
            await self._desk.wire.migrated(message.chat.id, message.migrate_to_chat_id)
            return
        if message.migrate_from_chat_id is not None:
            await self._desk.wire.migrated(message.migrate_from_chat_id, message.chat.id)
            return
        # A post comes once from its channel and once more into the group that is linked with it.
        asked = Asked.by_message(update, message) if not message.is_automatic_forward else None
        if asked is None:
            return
        try:
            await self._see_to(asked, message)
        except (Refusal, OptionError) as refusal:
            # A message can wait, and nobody has to write it again; a press cannot: its person looks on for an answer.
            if isinstance(refusal, Refusal) and refusal.reason is RefusalReason.DRAINING:
                raise PutOffError from refusal
            await answer(self._desk.wire, asked, [plain(self._desk.refused(refusal, asked))])
        if asked.private:
            # Last: what was just asked for may have been one of these films. Nothing is done twice on their account.
            with suppress(DatabaseUnavailableError):
                await self._returns.wrote(asked)

    async def _see_to(self, asked: Asked, message: telegram.Message) -> None:
        typed = read_command(message.text or message.caption or "")
        if typed is not None:
            if typed.bot is None or typed.bot.casefold() == self._desk.wire.bot.username.casefold():
                await self._commands.obey(asked, message, typed)
        elif not await self._asks.hear(asked, message) and asked.private and _says_something(message):
            await self._commands.begin(asked, message)

    async def _came_or_went(self, update: telegram.Update, change: telegram.ChatMemberUpdated) -> None:
        """Somebody let the bot into a chat, or sent it away; a person does that by blocking it."""
        before, after = change.old_chat_member.status, change.new_chat_member.status
        here = Asked(update=update.update_id, chat=change.chat.id, person=change.from_user.id, message=NOWHERE)
        if after in _OUTSIDE:
            _log.info("the bot was sent away", chat=change.chat.id, kind=change.chat.type)
        elif before in _OUTSIDE and change.chat.type in {ChatType.GROUP, ChatType.SUPERGROUP}:
            _log.info("the bot was let in", chat=change.chat.id, kind=change.chat.type)
            await answer(self._desk.wire, here, [plain(say("telegram-hello", bot=self._desk.wire.bot.username))])
        elif before in _OUTSIDE and change.chat.type == ChatType.PRIVATE:
            await self._returns.came_back(replace(here, private=True))


def _says_something(message: telegram.Message) -> bool:
    return bool(message.text or message.photo or message.document)
