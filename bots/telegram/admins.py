"""Who looks after a group, as Telegram says: asked once a minute, and where it cannot be asked, nobody does."""

import asyncio
from collections import OrderedDict
from dataclasses import dataclass
from typing import Final

import structlog

from bots.telegram.asking import Asked
from bots.telegram.faults import FaultError, faults_become_ours
from bots.telegram.place import NAME
from bots.telegram.wire import Wire
from core.errors import Refusal, RefusalReason

ROLE: Final = f"{NAME}:admins"
"""What administrators of a group are, by the name that limits are set for."""
KNOWN_SECONDS: Final = 60.0
"""So long what Telegram said holds: whoever is no administrator any more is none within this."""
_CHATS_MOST: Final = 1000

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Known:
    at: float
    users: frozenset[int]
    handles: dict[str, int]


class Admins:
    """Knows the administrators of groups."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self._known: OrderedDict[int, _Known] = OrderedDict()

    async def check(self, asked: Asked) -> None:
        """Make sure that somebody moderates where they are. Raises `Refusal`.

        It is `NOT_IN_A_COMMUNITY`, `NOT_A_MODERATOR`, or `MODERATORS_UNKNOWN` where Telegram does not say.
        """
        if asked.private:
            raise Refusal(RefusalReason.NOT_IN_A_COMMUNITY)
        try:
            moderates = await self.is_one(asked)
        except FaultError as fault:
            _log.info("nobody says who moderates", chat=asked.chat, reason=str(fault))
            raise Refusal(RefusalReason.MODERATORS_UNKNOWN) from fault
        if not moderates:
            raise Refusal(RefusalReason.NOT_A_MODERATOR, {"platform": NAME})

    async def is_one(self, asked: Asked) -> bool:
        """Whether somebody is an administrator where they are. Raises `FaultError`.

        Who writes in the chat's own name is: Telegram lets nobody else. Who writes in a channel's may be anybody.
        """
        if asked.private:
            return False
        if asked.person == asked.chat:
            return True
        return asked.person in (await self._of(asked.chat)).users

    async def named(self, chat: int, handle: str) -> int | None:
        """The administrator who has this handle. Raises `FaultError`."""
        return (await self._of(chat)).handles.get(handle.casefold())

    async def _of(self, chat: int) -> _Known:
        now = asyncio.get_running_loop().time()
        known = self._known.get(chat)
        if known is not None and now - known.at < KNOWN_SECONDS:
            return known
        self._known.pop(chat, None)
        with faults_become_ours():
            members = await self._wire.bot.get_chat_administrators(chat)
        users = [member.user for member in members]
        handles = {user.username.casefold(): user.id for user in users if user.username is not None}
        known = self._known[chat] = _Known(now, frozenset(user.id for user in users), handles)
        if len(self._known) > _CHATS_MOST:
            self._known.popitem(last=False)
        return known
