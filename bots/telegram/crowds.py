"""The jobs of a busy group by topic, and when a board speaks for them: data, nothing is shown here."""

import asyncio
import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from bots.telegram.entities import Text
from bots.telegram.limits import CROWD
from bots.telegram.place import Place
from core.model import JobId, Phase, Status
from core.texts import ENGLISH

LEAST: Final = 3
"""Jobs of a topic for which it gets a board."""


@dataclass(slots=True)
class Board:
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

    def read_in(self, language: str) -> None:
        """Somebody who reads this has a job here."""
        self.language = language if self.language in {None, language} else ENGLISH


@dataclass(slots=True)
class Crowd:
    """The boards of one group, by topic. How many run is counted over all of them: they share one budget."""

    draws: bool
    """Whether this process draws the boards; where another one does, it only knows of them."""
    boards: dict[int | None, Board] = field(default_factory=dict)
    is_one: bool = False

    @property
    def under_way(self) -> int:
        return sum(len(board.under_way) for board in self.boards.values())

    def board(self, thread: int | None) -> Board:
        return self.boards.setdefault(thread, Board(thread))

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

    def begin_anew(self, told: Iterable[tuple[int | None, str, Status]]) -> None:
        """These are all jobs that are under way: their topics, what their people read, how they stand."""
        for board in self.boards.values():
            board.under_way.clear()
            board.language = None
        for thread, language, status in told:
            board = self.board(thread)
            board.under_way[status.job] = status
            board.read_in(language)

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
