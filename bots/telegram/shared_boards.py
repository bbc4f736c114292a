"""What all processes at one bot have under way in groups, as rows: who draws a group's boards draws all of it."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Self

import msgspec

from bots.telegram.place import Place
from core import chat_boards, leases
from core.chat_boards import Board, Line
from core.db import Database
from core.model import GenerationRequest, JobId, Phase, Status

LIFE: Final = timedelta(seconds=30)
"""After so long without a word what a process said counts no more, and another draws its boards."""
_STALE: Final = timedelta(hours=1)


class Told(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a board has to know of one job."""

    job: str
    phase: Phase
    prompt: str
    model: str
    seconds: int
    language: str
    thread: int | None = None
    position: int | None = None
    waiting: int | None = None
    percent: float | None = None
    estimate: bool = False
    attempt: int = 1
    quiet_since: datetime | None = None

    @classmethod
    def of(cls, place: Place, status: Status) -> Self:
        """As it is written down."""
        return cls(
            status.job,
            status.phase,
            status.request.prompt,
            status.request.model,
            status.request.seconds,
            place.language,
            place.thread,
            status.position,
            status.waiting,
            status.percent,
            status.estimate,
            status.attempt,
            status.quiet_since,
        )

    def status(self, *, waits: bool) -> Status:
        """As it is drawn; who left the line is not said to stand in it."""
        left = self.phase is Phase.WAITING and not waits
        return Status(
            JobId(self.job),
            Phase.STARTING if left else self.phase,
            GenerationRequest(self.prompt, self.model, self.seconds),
            self.model,
            0,
            position=None if left else self.position,
            waiting=None if left else self.waiting,
            percent=self.percent,
            estimate=self.estimate,
            attempt=self.attempt,
            quiet_since=self.quiet_since,
        )


_decode: Final = msgspec.json.Decoder(Told).decode


@dataclass(frozen=True, slots=True)
class Seen:
    """One group as all processes together see it, and whether this one draws its boards."""

    draws: bool
    told: list[tuple[Told, Status]]
    messages: dict[int | None, int]


class SharedBoards:
    """This process's part in it. `owner` is a name that no other process has."""

    def __init__(self, database: Database, bot: str, owner: str, *, now: Callable[[], datetime]) -> None:
        self._database = database
        self._bot = bot
        self._owner = owner
        self._now = now
        self.drawn: set[int] = set()
        """The groups whose boards this process draws."""

    async def exchange(
        self, own: Mapping[JobId, tuple[int, Told]], over: Collection[JobId], chats: Collection[int], *, orphans: bool
    ) -> tuple[dict[int, Seen], set[JobId]]:
        """Say what this process knows, and hear the others, in one transaction.

        `over`: jobs of which nothing more is said; `chats`: the groups that this process has to do with; with
        `orphans`, also those whose board nobody draws any more. Tells what there is in each of them, and
        of which jobs others have the word. Raises `DatabaseUnavailableError`.
        """
        lines = [
            Line(job, chat, told.phase is Phase.WAITING, msgspec.json.encode(told).decode())
            for job, (chat, told) in own.items()
        ]
        wanted = set(chats)
        async with self._database.begin() as tx:
            now = self._now()
            await chat_boards.take_back(tx, over)
            others = await chat_boards.write(tx, self._bot, self._owner, lines, now=now)
            for chat in self.drawn - wanted:
                await leases.release(tx, self._lease(chat), self._owner)
            if orphans:
                wanted |= {board.chat for board in await chat_boards.known(tx, self._bot)}
                await chat_boards.sweep(tx, before=now - _STALE)
            drawn = {
                chat for chat in wanted if await leases.take(tx, self._lease(chat), self._owner, now=now, life=LIFE)
            }
            seen = wanted & (drawn | set(chats))
            said = await chat_boards.read(tx, self._bot, seen, since=now - LIFE)
            boards = await chat_boards.known(tx, self._bot, seen)
        self.drawn = drawn
        found = {chat: Seen(chat in drawn, [], {}) for chat in seen}
        for board in boards:
            found[board.chat].messages[board.thread or None] = board.message
        for line in said:
            told = _decode(line.body)
            found[line.chat].told.append((told, told.status(waits=line.waits)))
        return found, others

    async def leave(self) -> None:
        """Say nothing more, and let others draw. Raises `DatabaseUnavailableError`."""
        async with self._database.begin() as tx:
            await chat_boards.take_back(tx, (), owner=self._owner)
            for chat in self.drawn:
                await leases.release(tx, self._lease(chat), self._owner)
        self.drawn = set()

    def _lease(self, chat: int) -> str:
        return f"{self._bot}: boards of {chat}"


class BoardBook:
    """Which messages are boards, beyond one process."""

    def __init__(self, database: Database, bot: str) -> None:
        self._database = database
        self._bot = bot

    async def known(self) -> list[Board]:
        """All of them. Raises `DatabaseUnavailableError`."""
        async with self._database.read() as tx:
            return await chat_boards.known(tx, self._bot)

    async def put(self, chat: int, thread: int | None, message: int | None) -> None:
        """This is the board there, or none is. Raises `DatabaseUnavailableError`."""
        async with self._database.begin() as tx:
            if message is None:
                await chat_boards.drop(tx, self._bot, chat, thread=thread or 0)
            else:
                await chat_boards.put(tx, self._bot, Board(chat, thread or 0, message))

    async def leave(self, chat: int) -> None:
        """There are none in a chat any more. Raises `DatabaseUnavailableError`."""
        async with self._database.begin() as tx:
            await chat_boards.drop(tx, self._bot, chat)
