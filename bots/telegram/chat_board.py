"""The board of a busy group: one message that tells how all its jobs stand, in the place of progress in each."""

import asyncio
import json
import math
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Protocol

import structlog

from bots.telegram.entities import Piece, Text, bold, compose, cut, paragraphs, plain
from bots.telegram.faults import FaultError, Means
from bots.telegram.limits import CROWD, TEXT_UNITS
from bots.telegram.pace import Pace
from bots.telegram.place import Place
from bots.telegram.render import harmless
from core.model import JobId, Phase, Status
from core.texts import ENGLISH, phase_words, say, speaking

LINES: Final = 30
"""Jobs that are named on a board; the others are counted."""
WORDS: Final = 40
"""UTF-16 units of each one's prompt."""
INTERVAL_SECONDS: Final = 8.0
LOOK_SECONDS: Final = 2.0
"""So often it is looked whether there is a turn for a board."""
SETTLE_SECONDS: Final = 30.0
"""After a start, so long it takes until every job has shown itself."""
MUTE_SECONDS: Final = 60.0
"""So long after a post that may or may not have arrived it is not posted again."""
_MARK: Final = "telegram boards"

_log = structlog.get_logger(__name__)


class Speaks(Protocol):
    """What boards need of the wire."""

    pace: Pace

    @property
    def now(self) -> Callable[[], datetime]:
        """The clock."""
        ...

    @property
    def recall(self) -> Callable[[str], Awaitable[str | None]]:
        """What was remembered under a name."""
        ...

    @property
    def remember(self) -> Callable[[str, str], Awaitable[None]]:
        """Remember something for the next start."""
        ...

    async def post_words(self, chat: int, thread: int | None, text: Text) -> int:
        """Send a message, and return its number. Raises `FaultError`."""
        ...

    async def edit_words(self, chat: int, message: int, text: Text) -> None:
        """Change a message. Raises `FaultError`."""
        ...

    async def flooded(self, chat: int, seconds: float) -> None:
        """Telegram wants to hear nothing from this chat for so long."""
        ...

    def go(self, work: Coroutine[Any, Any, None], name: str) -> asyncio.Task[None]:
        """Do something beside everything else, for as long as the process speaks with Telegram."""
        ...


@dataclass(slots=True)
class _Crowd:
    """The jobs of one group that are under way, and their board."""

    thread: int | None
    language: str | None = None
    """What everybody reads whose jobs these are; English as soon as they differ, None while there is nobody."""
    under_way: dict[JobId, Status] = field(default_factory=dict)
    changed: asyncio.Event = field(default_factory=asyncio.Event)
    message: int | None = None
    shown: Text | None = None
    is_one: bool = False
    """Whether so many run that the board speaks for all of them, also for those that wait."""
    mute_until: float = -math.inf
    """In the loop's time: nothing can be posted here, or nobody knows whether something was."""
    task: asyncio.Task[None] | None = None

    @property
    def is_mute(self) -> bool:
        return asyncio.get_running_loop().time() < self.mute_until

    def count(self) -> None:
        """Look again whether this is a crowd; one that is stays one while as many wait or run.

        A line behind few that run is none: each one's own place in it changes seldom, and is told in its own message.
        """
        running = sum(status.phase is not Phase.WAITING for status in self.under_way.values())
        self.is_one = running > CROWD or (self.is_one and len(self.under_way) > CROWD)
        self.changed.set()


class Boards:
    """All boards of one process."""

    def __init__(self, wire: Speaks) -> None:
        self._wire = wire
        self._crowds: dict[int, _Crowd] = {}

    def note(self, place: Place, status: Status) -> None:
        """This is how a job stands now."""
        if place.chat > 0:
            return
        crowd = self._crowds.get(place.chat)
        if status.phase.final:
            if crowd is None:
                return
            crowd.under_way.pop(status.job, None)
        else:
            crowd = crowd or self._crowds.setdefault(place.chat, _Crowd(place.thread))
            crowd.under_way[status.job] = status
        crowd.language = place.language if crowd.language in {None, place.language} else ENGLISH
        crowd.count()
        if crowd.is_one and crowd.task is None and not crowd.is_mute:
            self._start(place.chat, crowd)
        elif not crowd.under_way and crowd.task is None:
            del self._crowds[place.chat]

    def left(self, chat: int, job: JobId) -> None:
        """A job is shown elsewhere now."""
        crowd = self._crowds.get(chat)
        if crowd is not None and crowd.under_way.pop(job, None) is not None:
            crowd.count()

    def is_crowded(self, chat: int) -> bool:
        """Whether the board speaks for each of the jobs there."""
        crowd = self._crowds.get(chat)
        return crowd is not None and crowd.is_one and not crowd.is_mute

    def under_way(self, chat: int) -> int:
        """How many jobs of a chat are known to be under way."""
        crowd = self._crowds.get(chat)
        return len(crowd.under_way) if crowd is not None else 0

    async def open(self) -> None:
        """Take over the boards that an earlier process left: one that is needed no more says so."""
        for chat, message in json.loads(await self._wire.recall(_MARK) or "{}").items():
            crowd = self._crowds.setdefault(int(chat), _Crowd(None))
            crowd.message = message
            if crowd.task is None:
                self._start(int(chat), crowd, after=SETTLE_SECONDS)

    def leave(self, chat: int) -> None:
        """A group goes on under another number: its board cannot be changed any more."""
        crowd = self._crowds.pop(chat, None)
        if crowd is not None and crowd.task is not None:
            crowd.task.cancel()

    def _start(self, chat: int, crowd: _Crowd, *, after: float = 0) -> None:
        crowd.task = self._wire.go(self._keep(chat, crowd, after), name=f"board of {chat}")

    async def _keep(self, chat: int, crowd: _Crowd, after: float) -> None:
        """Show the board for as long as there is a crowd, and how it ended."""
        try:
            await self._quiet(crowd, after)
            while True:
                crowd.changed.clear()
                if self._text(crowd) != crowd.shown and not await self._show(chat, crowd):
                    break
                if not crowd.is_one and crowd.shown == self._text(crowd):
                    break
                await crowd.changed.wait()
                if crowd.is_one:
                    await asyncio.sleep(INTERVAL_SECONDS)
        finally:
            crowd.task = None
        # Where some are left, the same message is the board again should there be a crowd again.
        if not crowd.under_way:
            crowd.message = None
            if self._crowds.get(chat) is crowd:
                del self._crowds[chat]
        await self._write_down()

    async def _quiet(self, crowd: _Crowd, seconds: float) -> None:
        """Wait for the jobs of an earlier process to show themselves."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while not crowd.is_one:
                    crowd.changed.clear()
                    await crowd.changed.wait()

    async def _show(self, chat: int, crowd: _Crowd) -> bool:
        """Show how it is once the chat takes it; False where there will be no board."""
        pace = self._wire.pace
        await self._turn(chat, crowd)
        text = self._text(crowd)
        if text == crowd.shown or (crowd.message is None and not crowd.is_one):
            pace.give_back(chat)
            return crowd.message is not None
        try:
            if crowd.message is None:
                crowd.message = await self._wire.post_words(chat, crowd.thread, text)
                crowd.shown = text
                await self._write_down()
            else:
                await self._wire.edit_words(chat, crowd.message, text)
        except FaultError as fault:
            return await self._bear(chat, crowd, fault, text)
        crowd.shown = text
        return True

    async def _turn(self, chat: int, crowd: _Crowd) -> None:
        """A board that is there waits for a turn that nobody else wants; its beginning and its end are answers."""
        while crowd.is_one and crowd.message is not None:
            if await self._wire.pace.take_now(chat):
                return
            await asyncio.sleep(LOOK_SECONDS)
        await self._wire.pace.first(chat)

    async def _bear(self, chat: int, crowd: _Crowd, fault: FaultError, text: Text) -> bool:
        _log.info("a board was not shown", chat=chat, reason=str(fault))
        match fault.means:
            case Means.SAME:
                crowd.shown = text
            case Means.FLOODED:
                await self._wire.flooded(chat, fault.seconds)
            case Means.GONE:
                crowd.message = None
            case Means.NO_THREAD if crowd.thread is not None:
                crowd.thread = None
            case Means.NOT_SENT | Means.UNSURE if crowd.message is not None or fault.means is Means.NOT_SENT:
                await asyncio.sleep(INTERVAL_SECONDS)
            case _:
                again = MUTE_SECONDS if fault.means is Means.UNSURE else math.inf
                crowd.mute_until = asyncio.get_running_loop().time() + again
                return False
        crowd.changed.set()
        return True

    def _text(self, crowd: _Crowd) -> Text:
        """What the board says now, in the language of all who read it."""
        with speaking(crowd.language or ENGLISH):
            return self._words(crowd)

    def _words(self, crowd: _Crowd) -> Text:
        if not crowd.is_one:
            few = len(crowd.under_way)
            return compose(
                [plain(say("telegram-board-few", count=few) if few else say("telegram-board-done"))], TEXT_UNITS
            )
        jobs = list(crowd.under_way.values())
        blocks: list[list[Piece]] = [[bold(say("telegram-board", count=len(jobs)))]]
        blocks += [[plain(self._line(status))] for status in jobs[:LINES]]
        if len(jobs) > LINES:
            blocks.append([plain(say("telegram-board-more", count=len(jobs) - LINES))])
        blocks.append([plain(say("telegram-board-why"))])
        return compose(paragraphs(blocks), TEXT_UNITS)

    def _line(self, status: Status) -> str:
        prompt = harmless(cut(status.request.prompt, WORDS))
        return say("telegram-board-line", phase=phase_words(status, self._wire.now()), prompt=prompt, job=status.job)

    async def _write_down(self) -> None:
        """Which messages are boards, for the next start."""
        boards = {chat: crowd.message for chat, crowd in self._crowds.items() if crowd.message is not None}
        await self._wire.remember(_MARK, json.dumps(boards))
