"""The boards of a busy group: in each topic one message tells how its jobs stand, in the place of progress in each."""

import asyncio
import math
from collections.abc import Callable, Coroutine
from contextlib import suppress
from datetime import datetime
from typing import Any, Final, Protocol

import structlog

from bots.telegram.crowds import Board, Crowd
from bots.telegram.entities import Piece, Text, bold, compose, cut, paragraphs, plain
from bots.telegram.exchange import Exchange
from bots.telegram.faults import FaultError, Means
from bots.telegram.limits import TEXT_UNITS
from bots.telegram.pace import Pace
from bots.telegram.place import Place
from bots.telegram.render import harmless
from bots.telegram.shared_boards import BoardBook, SharedBoards
from core.model import JobId, Status
from core.texts import ENGLISH, phase_words, say, speaking

LINES: Final = 30
"""Jobs that are named on a board; the others are counted."""
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

_log = structlog.get_logger(__name__)


class Speaks(Protocol):
    """What boards need of the wire."""

    pace: Pace

    @property
    def now(self) -> Callable[[], datetime]:
        """The clock."""
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


class Boards:
    """The boards that one process knows of.

    `book`: where it is written which messages are boards; `shared`: what other processes have under way in the groups.
    """

    def __init__(self, wire: Speaks, book: BoardBook | None = None, shared: SharedBoards | None = None) -> None:
        self._wire = wire
        self._book = book
        self._crowds: dict[int, Crowd] = {}
        self._exchange = Exchange(shared, self._crowds, self._seen) if shared is not None else None

    def note(self, place: Place, status: Status) -> None:
        """This is how a job stands now."""
        if place.chat > 0:
            return
        if self._exchange is not None:
            if status.phase.final:
                self._exchange.over(status.job)
            else:
                self._exchange.note(place, status)
        crowd = self._crowds.get(place.chat)
        if status.phase.final:
            if crowd is None:
                return
            crowd.take(status.job)
        else:
            crowd = crowd or self._crowd(place.chat)
            crowd.put(place, status)
        if (board := crowd.boards.get(place.thread)) is not None:
            board.read_in(place.language)
        self._look_at(place.chat, crowd)

    def left(self, chat: int, job: JobId) -> None:
        """A job is shown elsewhere now."""
        if self._exchange is not None:
            self._exchange.over(job)
        crowd = self._crowds.get(chat)
        if crowd is not None and crowd.take(job):
            self._look_at(chat, crowd)

    def is_crowded(self, place: Place) -> bool:
        """Whether a board speaks for each of the jobs there."""
        crowd = self._crowds.get(place.chat)
        board = crowd.boards.get(place.thread) if crowd is not None else None
        if crowd is None or board is None or not board.speaks:
            return False
        return not board.is_mute if crowd.draws else board.message is not None

    async def settle(self, job: JobId) -> None:
        """Return once no process lists a job any more that is over."""
        if self._exchange is not None:
            await self._exchange.settle(job)

    def under_way(self, chat: int) -> int:
        """How many jobs of a chat are known to be under way."""
        crowd = self._crowds.get(chat)
        return crowd.under_way if crowd is not None else 0

    async def open(self) -> None:
        """Take over the boards that an earlier process left: one that is needed no more says so."""
        if self._exchange is not None:
            self._exchange.open()
            return
        for known in await self._book.known() if self._book is not None else ():
            board = self._crowd(known.chat).board(known.thread or None)
            board.message = known.message
            if board.task is None:
                self._start(known.chat, board, after=SETTLE_SECONDS)

    async def stop(self) -> None:
        """Leave them as they are."""
        if self._exchange is not None:
            await self._exchange.stop()

    async def close(self) -> None:
        """Leave them to others, where there are any."""
        if self._exchange is not None:
            await self._exchange.close()

    async def leave(self, chat: int) -> None:
        """A group goes on under another number: its boards cannot be changed any more."""
        if self._exchange is not None:
            self._exchange.leave(chat)
        crowd = self._crowds.pop(chat, None)
        for board in crowd.boards.values() if crowd is not None else ():
            if board.task is not None:
                board.task.cancel()
        if self._book is not None:
            await self._book.leave(chat)

    def _crowd(self, chat: int) -> Crowd:
        return self._crowds.setdefault(chat, Crowd(draws=self._exchange is None))

    def _seen(self, chat: int, crowd: Crowd, begins: bool) -> None:
        """A group is seen as all processes together see it; `begins`: from now on its boards are ours to draw."""
        for board in crowd.boards.values():
            if board.task is not None and not crowd.draws:
                board.task.cancel()
            if begins and board.task is None:
                board.shown = None
                if board.message is not None:
                    self._start(chat, board, after=SETTLE_SECONDS)
        self._look_at(chat, crowd)

    def _look_at(self, chat: int, crowd: Crowd) -> None:
        was_one = crowd.is_one
        crowd.count()
        if crowd.is_one and not was_one:
            self._wire.pace.tell(chat)
        for board in list(crowd.boards.values()):
            if crowd.draws and board.speaks and board.task is None and not board.is_mute:
                self._start(chat, board)
        self._forget(chat, crowd)

    def _forget(self, chat: int, crowd: Crowd) -> None:
        """Of what is over, nothing is kept."""
        crowd.boards = {
            thread: board for thread, board in crowd.boards.items() if board.under_way or board.task is not None
        }
        if not crowd.boards and self._crowds.get(chat) is crowd:
            del self._crowds[chat]

    def _start(self, chat: int, board: Board, *, after: float = 0) -> None:
        board.task = self._wire.go(self._keep(chat, board, after), name=f"board of {chat}")

    async def _keep(self, chat: int, board: Board, after: float) -> None:
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
            await self._write_down(chat, board)
            if (crowd := self._crowds.get(chat)) is not None:
                self._forget(chat, crowd)

    async def _ask_others(self) -> None:
        """What is drawn next is what all processes know by now."""
        if self._exchange is not None:
            await self._exchange.exchange()

    def _speaking(self, chat: int) -> int:
        """How many boards a group has: all of them together are changed as often as one would be."""
        crowd = self._crowds.get(chat)
        return sum(board.speaks for board in crowd.boards.values()) if crowd is not None else 0

    async def _quiet(self, board: Board, seconds: float) -> None:
        """Wait for the jobs of an earlier process to show themselves."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while not board.speaks:
                    board.changed.clear()
                    await board.changed.wait()

    async def _show(self, chat: int, board: Board) -> bool:
        """Show how it is once the chat takes it; False where there will be no board."""
        pace = self._wire.pace
        await self._turn(chat, board)
        await self._ask_others()
        text = self._text(board)
        if text == board.shown or (board.message is None and not board.speaks):
            pace.give_back(chat)
            return board.message is not None
        try:
            if board.message is None:
                board.message = await self._wire.post_words(chat, board.thread, text)
                board.shown = text
                await self._write_down(chat, board)
            else:
                await self._wire.edit_words(chat, board.message, text)
        except FaultError as fault:
            return await self._bear(chat, board, fault, text)
        board.shown = text
        return True

    async def _turn(self, chat: int, board: Board) -> None:
        """A board that is there waits for a turn that nobody else wants; its beginning and its end are answers."""
        while board.speaks and board.message is not None:
            if await self._wire.pace.take_now(chat):
                return
            await asyncio.sleep(LOOK_SECONDS)
        await self._wire.pace.first(chat)

    async def _bear(self, chat: int, board: Board, fault: FaultError, text: Text) -> bool:
        _log.info("a board was not shown", chat=chat, reason=str(fault))
        match fault.means:
            case Means.SAME:
                board.shown = text
            case Means.FLOODED:
                await self._wire.flooded(chat, fault.seconds)
            case Means.GONE:
                board.message = None
                await self._write_down(chat, board)
            case Means.NOT_SENT | Means.UNSURE if board.message is not None or fault.means is Means.NOT_SENT:
                await asyncio.sleep(INTERVAL_SECONDS)
            case _:
                again = MUTE_SECONDS if fault.means is Means.UNSURE else math.inf
                board.mute_until = asyncio.get_running_loop().time() + again
                return False
        board.changed.set()
        return True

    def _text(self, board: Board) -> Text:
        """What the board says now, in the language of all who read it."""
        with speaking(board.language or ENGLISH):
            return self._words(board)

    def _words(self, board: Board) -> Text:
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

    async def _write_down(self, chat: int, board: Board) -> None:
        """Which message is the board, for the next start and for others."""
        if self._book is not None:
            await self._book.put(chat, board.thread, board.message)
