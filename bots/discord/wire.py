"""What all conversations of one process share: the client, its pace, and what was learnt about their messages."""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

import discord
import msgspec

from bots.discord.limits import TOKEN_LIFE
from bots.discord.pace import Pace
from bots.discord.place import NAME, Place, read_place
from core.errors import DeliveryError, DeliveryReason
from core.model import Address, JobId

_REMEMBERED: Final = 10_000
OPENS_WITHIN: Final = 5.0
"""Seconds for which what is to be said waits for a connection that is just being made."""
_LEAVE_SECONDS: Final = 5.0
"""So long what was begun may take to end before the process leaves."""


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
    wordless: OrderedDict[int, None] = field(default_factory=OrderedDict)
    """Messages in which Discord would not have the person's words."""
    tokenless: OrderedDict[int, None] = field(default_factory=OrderedDict)
    """Messages whose token died before its time."""
    _renewed: dict[int, Place] = field(default_factory=dict)
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    async def until_open(self) -> None:
        """Wait a moment for the connection: whoever waits for longer keeps others waiting. Raises `DeliveryError`."""
        try:
            async with asyncio.timeout(OPENS_WITHIN):
                await self.opened.wait()
        except TimeoutError as error:
            raise DeliveryError(DeliveryReason.CHAT_UNREACHABLE) from error

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

    def no_more_words(self, message: int) -> None:
        """Discord will not have the person's words in this message."""
        _remember(self.wordless, message)

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

    def go(self, work: Coroutine[Any, Any, None], name: str) -> asyncio.Task[None]:
        """Do something that nobody needs to wait for."""
        task = asyncio.create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def aclose(self) -> None:
        """Let what was begun end, for a little while, and stop the rest."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=_LEAVE_SECONDS)
        for task in list(self._tasks):
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)

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
