"""What all conversations of one process share: the client, its pace, and what was learnt about their messages."""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

import discord
import msgspec

from bots.discord.limits import TOKEN_LIFE
from bots.discord.pace import Pace
from bots.discord.place import NAME, Place, read_place
from core.model import Address, JobId

_REMEMBERED: Final = 10_000


async def _as_it_was(_job: JobId) -> Address | None:
    """For a wire without books."""
    return None


@dataclass(slots=True)
class Wire:
    """One for each client."""

    client: discord.Client
    pace: Pace
    now: Callable[[], datetime]
    moved: Callable[[JobId, Address], Awaitable[None]]
    """Writes down that a job's message is another one now."""
    current: Callable[[JobId], Awaitable[Address | None]] = _as_it_was
    """Where a job's answer goes by the books; None where that is not known."""
    opened: asyncio.Event = field(default_factory=asyncio.Event)
    """Set once the client has logged in: before that nothing can be sent."""
    deaf: OrderedDict[int, None] = field(default_factory=OrderedDict)
    """The latest messages that get no more progress: their job is over, or it did not reach them, and vain requests are
    counted against us."""
    wordless: set[int] = field(default_factory=set)
    """Messages in which Discord would not have the person's words."""
    unsure: set[int] = field(default_factory=set)
    """Messages of which we gave up on an edit without knowing what became of it."""
    tokenless: OrderedDict[int, None] = field(default_factory=OrderedDict)
    """Messages whose token died before its time."""
    _renewed: dict[int, Place] = field(default_factory=dict)

    def renew(self, place: Place) -> None:
        """Somebody has pressed a button under a message: that brought a new token for it."""
        now = self.now()
        self._renewed = {id_: known for id_, known in self._renewed.items() if now - known.token_from < TOKEN_LIFE}
        self._renewed[place.message] = place
        self.tokenless.pop(place.message, None)
        self.deaf.pop(place.message, None)

    def no_more_progress(self, message: int) -> None:
        """What is shown of this message from now on is final."""
        _remember(self.deaf, message)

    def token_died(self, message: int) -> None:
        """No token that we have opens this message any more."""
        _remember(self.tokenless, message)

    async def look_up(self, job: JobId, place: Place) -> Place:
        """Where a job's answer goes by now: a press that another process has heard may have brought a new token."""
        address = await self.current(job)
        if address is None or address.platform != NAME:
            return place
        there = read_place(address)
        if there.token_from > place.token_from:
            self.tokenless.pop(there.message, None)
            self.deaf.pop(there.message, None)
        return there

    def newest(self, place: Place) -> Place:
        """The place as it is known now."""
        newest = self._with_newest_token(place)
        if place.message not in self.tokenless:
            return newest
        never = datetime.min.replace(tzinfo=newest.token_from.tzinfo)
        return msgspec.structs.replace(newest, token_from=never, posted=newest.message_from)

    def _with_newest_token(self, place: Place) -> Place:
        """What a press brought is a token and what it can carry; whoever pressed, the message stays its person's."""
        renewed = self._renewed.get(place.message)
        if renewed is None or renewed.token_from <= place.token_from:
            return place
        return msgspec.structs.replace(
            place,
            token=renewed.token,
            token_from=renewed.token_from,
            upload_bytes=renewed.upload_bytes,
            posted=place.message_from,
        )


def _remember(messages: OrderedDict[int, None], message: int) -> None:
    messages[message] = None
    while len(messages) > _REMEMBERED:
        messages.popitem(last=False)
