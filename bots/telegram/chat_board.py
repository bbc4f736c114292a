"""The boards of a busy group: in each topic one message tells how its jobs stand, in the place of progress in each."""

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
LEAST: Final = 3
"""Jobs of a topic for which it gets a board."""
WORDS: Final = 40
"""UTF-16 units of each one's prompt."""
INTERVAL_SECONDS: Final = 8.0
"""Between two changes of boards in one group."""
LOOK_SECONDS: Final = 2.0
"""So often it is looked whether there is a turn for a board."""
SETTLE_SECONDS: Final = 30.0
"""After a start, so long it takes until every job has shown itself."""
MUTE_SECONDS: Final = 60.0
"""So long after a post that may or may not have arrived it is not posted again."""
_MARK: Final = "telegram boards by topic"

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
class _Board:
    """The jobs of one topic that are under way, and their board; a group without topics is all one."""

    thread: int | None
    language: str | None = None
    """What everybody reads whose jobs these are; English as soon as they differ, None while there is nobody."""
    under_way: dict[JobId, Status] = field(default_factory=dict)
    changed: asyncio.Event = field(default_factory=asyncio.Event)
    message: int | None = None
    shown: Text | None = None
    speaks: bool = False
    """Whether so many run in the group that this board speaks for all of its jobs, also for those that wait."""
    mute_until: float = -math.inf
    """In the loop's time: nothing can be posted here, or nobody knows whether something was."""
    task: asyncio.Task[None] | None = None

    @property
    def is_mute(self) -> bool:
        return asyncio.get_running_loop().time() < self.mute_until


@dataclass(slots=True)
class _Crowd:
    """The boards of one group, by topic. How many run is counted over all of them: they share one budget."""

    boards: dict[int | None, _Board] = field(default_factory=dict)
    is_one: bool = False

    @property
    def under_way(self) -> int:
        return sum(len(board.under_way) for board in self.boards.values())

    def board(self, thread: int | None) -> _Board:
        return self.boards.setdefault(thread, _Board(thread))

    def put(self, place: Place, status: Status) -> None:
        """This is how a job stands now; one whose topic is gone is in another."""
        board = self.board(place.thread)
        for other in self.boards.values():
            if other is not board:
                other.under_way.pop(status.job, None)
        board.under_way[status.job] = status

    def take(self, job: JobId) -> bool:
        """A job is over, or shown elsewhere; whether it was here."""
        holders = [board for board in self.boards.values() if job in board.under_way]
        for board in holders:
            del board.under_way[job]
        return bool(holders)

    def count(self) -> None:
        """Look again whether this is a crowd; one that is stays one while as many wait or run.

        A line behind few that run is none: each one's own place in it changes seldom, and is told in its own message.
        So are one or two jobs of a topic: to edit their messages costs hardly more than a board, which is one more.
        """
        running = sum(
            status.phase is not Phase.WAITING for board in self.boards.values() for status in board.under_way.values()
        )
        self.is_one = running > CROWD or (self.is_one and self.under_way > CROWD)
        for board in self.boards.values():
            board.speaks = self.is_one and len(board.under_way) >= (1 if board.speaks else LEAST)
            board.changed.set()


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
            crowd.take(status.job)
        else:
            crowd = crowd or self._crowds.setdefault(place.chat, _Crowd())
            crowd.put(place, status)
        if (board := crowd.boards.get(place.thread)) is not None:
            board.language = place.language if board.language in {None, place.language} else ENGLISH
        self._look_at(place.chat, crowd)

    def left(self, chat: int, job: JobId) -> None:
        """A job is shown elsewhere now."""
        crowd = self._crowds.get(chat)
        if crowd is not None and crowd.take(job):
            self._look_at(chat, crowd)

    def is_crowded(self, place: Place) -> bool:
        """Whether a board speaks for each of the jobs there."""
        crowd = self._crowds.get(place.chat)
        board = crowd.boards.get(place.thread) if crowd is not None else None
        return board is not None and board.speaks and not board.is_mute

    def under_way(self, chat: int) -> int:
        """How many jobs of a chat are known to be under way."""
        crowd = self._crowds.get(chat)
        return crowd.under_way if crowd is not None else 0

    async def open(self) -> None:
        """Take over the boards that an earlier process left: one that is needed no more says so."""
        for chat, known in json.loads(await self._wire.recall(_MARK) or "{}").items():
            for thread, message in known.items():
                board = self._crowds.setdefault(int(chat), _Crowd()).board(int(thread) if thread else None)
                board.message = message
                if board.task is None:
                    self._start(int(chat), board, after=SETTLE_SECONDS)

    def leave(self, chat: int) -> None:
        """A group goes on under another number: its boards cannot be changed any more."""
        crowd = self._crowds.pop(chat, None)
        for board in crowd.boards.values() if crowd is not None else ():
            if board.task is not None:
                board.task.cancel()

    def _look_at(self, chat: int, crowd: _Crowd) -> None:
        crowd.count()
        for board in list(crowd.boards.values()):
            if board.speaks and board.task is None and not board.is_mute:
                self._start(chat, board)
        self._forget(chat, crowd)

    def _forget(self, chat: int, crowd: _Crowd) -> None:
        """Of what is over, nothing is kept."""
        crowd.boards = {
            thread: board for thread, board in crowd.boards.items() if board.under_way or board.task is not None
        }
        if not crowd.boards and self._crowds.get(chat) is crowd:
            del self._crowds[chat]

    def _start(self, chat: int, board: _Board, *, after: float = 0) -> None:
        board.task = self._wire.go(self._keep(chat, board, after), name=f"board of {chat}")

    async def _keep(self, chat: int, board: _Board, after: float) -> None:
        """Show the board for as long as there is a crowd, and how it ended."""
        try:
            await self._quiet(board, after)
            while True:
                board.changed.clear()
                if self._text(board) != board.shown and not await self._show(chat, board):
                    break
                if not board.speaks and board.shown == self._text(board):
                    break
                await board.changed.wait()
                if board.speaks:
                    await asyncio.sleep(INTERVAL_SECONDS * self._speaking(chat))
        finally:
            board.task = None
        # Where some are left, the same message is the board again should there be a crowd again.
        if not board.under_way:
            board.message = None
            if (crowd := self._crowds.get(chat)) is not None:
                self._forget(chat, crowd)
        await self._write_down()

    def _speaking(self, chat: int) -> int:
        """How many boards a group has: all of them together are changed as often as one would be."""
        crowd = self._crowds.get(chat)
        return sum(board.speaks for board in crowd.boards.values()) if crowd is not None else 0

    async def _quiet(self, board: _Board, seconds: float) -> None:
        """Wait for the jobs of an earlier process to show themselves."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while not board.speaks:
                    board.changed.clear()
                    await board.changed.wait()

    async def _show(self, chat: int, board: _Board) -> bool:
        """Show how it is once the chat takes it; False where there will be no board."""
        pace = self._wire.pace
        await self._turn(chat, board)
        text = self._text(board)
        if text == board.shown or (board.message is None and not board.speaks):
            pace.give_back(chat)
            return board.message is not None
        try:
            if board.message is None:
                board.message = await self._wire.post_words(chat, board.thread, text)
                board.shown = text
                await self._write_down()
            else:
                await self._wire.edit_words(chat, board.message, text)
        except FaultError as fault:
            return await self._bear(chat, board, fault, text)
        board.shown = text
        return True

    async def _turn(self, chat: int, board: _Board) -> None:
        """A board that is there waits for a turn that nobody else wants; its beginning and its end are answers."""
        while board.speaks and board.message is not None:
            if await self._wire.pace.take_now(chat):
                return
            await asyncio.sleep(LOOK_SECONDS)
        await self._wire.pace.first(chat)

    async def _bear(self, chat: int, board: _Board, fault: FaultError, text: Text) -> bool:
        _log.info("a board was not shown", chat=chat, reason=str(fault))
        match fault.means:
            case Means.SAME:
                board.shown = text
            case Means.FLOODED:
                await self._wire.flooded(chat, fault.seconds)
            case Means.GONE:
                board.message = None
            case Means.NOT_SENT | Means.UNSURE if board.message is not None or fault.means is Means.NOT_SENT:
                await asyncio.sleep(INTERVAL_SECONDS)
            case _:
                again = MUTE_SECONDS if fault.means is Means.UNSURE else math.inf
                board.mute_until = asyncio.get_running_loop().time() + again
                return False
        board.changed.set()
        return True

    def _text(self, board: _Board) -> Text:
        """What the board says now, in the language of all who read it."""
        with speaking(board.language or ENGLISH):
            return self._words(board)

    def _words(self, board: _Board) -> Text:
        if not board.speaks:
            few = len(board.under_way)
            return compose(
                [plain(say("telegram-board-few", count=few) if few else say("telegram-board-done"))], TEXT_UNITS
            )
        jobs = list(board.under_way.values())
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
        boards = {
            chat: {thread or "": board.message for thread, board in crowd.boards.items() if board.message is not None}
            for chat, crowd in self._crowds.items()
        }
        await self._wire.remember(_MARK, json.dumps({chat: known for chat, known in boards.items() if known}))
